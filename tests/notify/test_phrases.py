"""Messages in Korean and Japanese: every phrase is there, with the same values in it, in every kind of message."""

import ast
import email
import email.policy
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import get_args

import pytest
from babel.messages.catalog import Message as Entry
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

import newswatch
from newswatch.model import FeedbackLinks, Message, Notice, NotificationKind, Published
from newswatch.notify import changes
from newswatch.notify.channels.chat_text import Form, chat_text
from newswatch.notify.channels.feed_item import item_of
from newswatch.notify.channels.mail_message import build_mail
from newswatch.notify.channels.slack_blocks import plain_payload, slack_payload
from newswatch.notify.listing import compose_listing, line_of
from newswatch.notify.phrases import Language, phrases
from newswatch.notify.templating import TEMPLATES
from newswatch.notify.wording import _KIND_MARKS, NO_SOURCE, SEVERITY_WORDS, in_words
from newswatch.pipeline import digests
from tests.notify.values import KEY, NOW, article, follow_up, message

OTHERS = [language for language in get_args(Language) if language != "en"]
ELSEWHERE = {  # said by their names in code, or by what stands in a stored message
    NO_SOURCE,
    "What was held",
    *SEVERITY_WORDS.values(),
    *_KIND_MARKS.values(),
    *changes._LANGUAGES.values(),
    *digests._TITLES.values(),
} - {"newswatch"}


def catalogue(language: str, package: str = "newswatch.notify") -> dict[str, Entry]:
    with (files(package) / "locale" / f"{language}.po").open("rb") as file:
        return {entry.id if isinstance(entry.id, str) else entry.id[0]: entry for entry in read_po(file) if entry.id}


ROOT = Path(newswatch.__file__).parent


def said() -> Iterator[str]:
    """Yield every phrase of messages."""
    yield from phrases_in([*ROOT.glob("notify/**/*.py"), *ROOT.glob("pipeline/*.py")], TEMPLATES)


def phrases_in(code: Iterable[Path], templates: Environment) -> Iterator[str]:
    """Yield every phrase of code and templates."""
    for path in code:
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and getattr(call.func, "attr", getattr(call.func, "id", "")) in (
                "say",
                "several",
            ):
                yield from (
                    part.value
                    for part in ast.walk(call.args[0])
                    if isinstance(part, ast.Constant) and isinstance(part.value, str)
                )
    for name in templates.list_templates():
        assert templates.loader is not None
        source, _, _ = templates.loader.get_source(templates, name)
        for node in templates.parse(source).find_all(nodes.Call):
            if isinstance(node.node, nodes.Name) and node.node.name == "say" and isinstance(node.args[0], nodes.Const):
                yield node.args[0].value


@cache
def every_phrase() -> frozenset[str]:
    return frozenset(said())


@pytest.mark.parametrize("language", OTHERS)
def test_every_phrase_is_translated_and_none_is_left_over(language: str) -> None:
    assert catalogue(language).keys() == {*every_phrase(), *ELSEWHERE}


@pytest.mark.parametrize("language", OTHERS)
def test_translations_have_the_values_of_their_phrases(language: str) -> None:
    for phrase, entry in catalogue(language).items():
        for string in (entry.string,) if isinstance(entry.string, str) else entry.string or ():
            assert string, phrase
            assert sorted(re.findall(r"\{\w+\}", string)) == sorted(re.findall(r"\{\w+\}", phrase))
            assert not re.search("[<>&*_]", string), "it stands in HTML, in Slack's markup and in Markdown"
        assert not entry.fuzzy


def test_what_is_not_there_is_said_in_english() -> None:
    assert phrases("ko").say("no such {thing}", thing="phrase") == "no such phrase"
    assert phrases("xx").several("{n} source", "{n} sources", 2) == "2 sources"


def test_a_message_in_korean_and_japanese() -> None:
    value = message(
        article(1, credited=("NHK",), published=Published("minute", "text", at=NOW, zone_assumed=True)),
        article(2, language="ja", source_name=None),
    )
    korean, japanese = (in_words(value, "Asia/Seoul", language) for language in ("ko", "ja"))

    assert korean.fallback == "[높음] Headline 1 — Source 1 (NHK 인용), +1"
    assert (korean.published, korean.seen) == ("2026-01-13 14:17 KST 발행 (시간대 추정)", "1초 뒤 수집")
    assert korean.counts == "기사 2건, 매체 2곳, 언어 2개 (en, ja)"
    assert korean.reasons[0].score == "점수 0.83, 기준 0.50"
    assert korean.others[0].source == "출처 미상"
    assert japanese.counts == "記事2件、媒体2社、2言語 (en, ja)".replace("、", ", ")
    assert in_words(follow_up(ref=None), "UTC", "ja").mark == "続報"


NOTICE = replace(
    message(),
    kind=NotificationKind.OPS,
    story_id=None,
    notice=Notice("disk_low", "", ("1 MB",), "make room", over=False),
)
LINKS = FeedbackLinks("https://n.example/r", "https://n.example/i", "https://n.example/m")
KINDS = [
    replace(message(article(1), article(2)), via="desk", feedback=LINKS, unsubscribe_url="https://n.example/u"),
    follow_up(ref=None),
    replace(NOTICE, notice=replace(NOTICE.notice or Notice("", "", ()), over=True)),
    compose_listing(
        NotificationKind.DIGEST,
        "Daily digest",
        [line_of(replace(message(article(1), article(2, language="ja")), backfill=True)), line_of(message(article(3)))],
        ends_at=NOW,
        total=9,
    ),
]
NEWS = re.compile(  # what the messages above tell, and what is the same in every language
    r"Headline \d|Source \d|Leaders sign|The leaders met in|\d+ → \d+ sources|first leading source: Reuters"
    r"|leader near leader|newswatch alerts list|https?://\S+|make room|<!date.*?>"
)
ENGLISH = re.compile(
    r"\b(?:published|seen|articles?|sources?|languages?|rules|why|also|found|score|needed|and|more|about|via|fallback"
    r"|You|because|Delivery|Daily|digest|stories|high|High|Over|Update|What|before|feed|watched|relevant|Mute|Unsubscribe)\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("value", KINDS, ids=["story", "update", "notice", "digest"])
def test_no_channel_says_anything_in_english(value: Message, language: str) -> None:
    mail = build_mail(
        value, key=KEY, now=NOW, sender="n@example.org", recipients=["d@example.org"], zone="UTC", destination="desk",
        language=language,
    )  # fmt: skip
    plain = email.message_from_bytes(mail.as_bytes(), policy=email.policy.default).get_body(("plain",))
    assert plain is not None
    told = [
        plain.get_content(),
        plain_payload(slack_payload(value, key=KEY, zone="UTC", language=language))["text"],
        *(chat_text(value, zone="UTC", form=form, limit=4000, language=language) for form in Form),
        re.sub("<[^>]*>", " ", item_of(value, key=KEY, now=NOW, zone="UTC", language=language)["content_html"]),
    ]
    for text in told:
        assert not ENGLISH.search(NEWS.sub("", text)), text
