"""The pages behind the links of messages: in the language of their reader, whole in each."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from newswatch.ids import ulid
from newswatch.model import Verdict
from newswatch.notify.links import Claim, Links, Purpose
from newswatch.pipeline.feedback import Shown, Subscriber, ToldStories
from newswatch.store.feedback import Flagged, ToldStory
from newswatch.web import asking
from newswatch.web.asking import Trouble, language_of
from newswatch.web.pages import _TEMPLATES
from tests.notify.test_phrases import OTHERS, ROOT, catalogue, phrases_in

NOW = datetime(2026, 1, 13, 12, tzinfo=UTC)
LINKS = Links("https://nw.example", (b"k" * 32,), timedelta(days=30))
FLAGGED = Flagged(
    "r", "폭풍", "0", 1, 2, 3, "제목", "https://news.example/1", "연합뉴스", "ko", "desk", "key", Verdict.RELEVANT
)
NOT_SAID = re.compile(r"<style>.*?</style>|<[^>]*>|https?://\S+|a@x\.example|newswatch|KST", re.DOTALL)
LENGTHS = (129600, 3600, 604800, 1800)


def shown(language: str) -> Shown:
    other = replace(FLAGGED, rule_id="s", rule_name="항구", verdict=Verdict.IRRELEVANT)
    third = replace(FLAGGED, rule_id="t", rule_name="배", verdict=None)
    return Shown("desk", "독자", "Asia/Seoul", language, (FLAGGED, other, third), {"s": NOW})


def pages(language: str) -> list[str]:
    """Return every page in a language."""
    whole = shown(language)
    one = replace(whole, flagged=(FLAGGED,))
    reader = Subscriber("팀", "a@x.example", "Asia/Seoul", language, None)
    answers = [asking.trouble_page(trouble, language) for trouble in Trouble]
    answers += [asking.subscription_page(reader), asking.subscription_page(replace(reader, stopped_at=NOW))]
    told = ToldStories(language, (ToldStory(3, "제목", "ko", "desk"),))
    for purpose in Purpose:
        if purpose is not Purpose.UNSUBSCRIBE:
            claim = Claim(purpose, ulid(NOW, "x"), 3, NOW)
            answers += [
                asking.story_page(claim, given, LINKS, lengths=LENGTHS, nothing_chosen=nothing_chosen, done=done)
                for given in (whole, one)
                for nothing_chosen, done in ((False, False), (True, False), (False, True))
            ]
            answers.append(asking.stories_page(claim, told, LINKS))
    return [bytes(answer.body).decode() for answer in answers]


@pytest.mark.parametrize("language", OTHERS)
def test_every_phrase_is_translated_and_none_is_left_over(language: str) -> None:
    entries = catalogue(language, "newswatch.web")
    assert entries.keys() == set(phrases_in(ROOT.glob("web/*.py"), _TEMPLATES))
    for phrase, entry in entries.items():
        for string in (entry.string,) if isinstance(entry.string, str) else entry.string or ():
            assert string, phrase
            assert sorted(re.findall(r"\{\w+\}", string)) == sorted(re.findall(r"\{\w+\}", phrase))


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_on_a_page_is_english(language: str) -> None:
    for text in pages(language):
        assert f'<html lang="{language}">' in text
        visible = NOT_SAID.sub(" ", text)
        assert not re.search("[A-Za-z]{2}", visible), visible


def test_the_pages_in_english() -> None:
    text = "\n".join(pages("en"))
    for said in (
        "1 day 12 hours",
        "7 days",
        "30 minutes",
        "항구: marked as not relevant, muted until 2026-01-13 21:00 KST",
    ):
        assert said in text


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("ko-KR,ko;q=0.9,en;q=0.8", "ko"),
        ("fr, ja;q=0.5", "ja"),
        ("JA", "ja"),
        ("", "en"),
        ("de", "en"),
        ("*;q=0.1,,;;", "en"),
    ],
)
def test_what_a_browser_asks_for(accepted: str, language: str) -> None:
    assert language_of(accepted) == language
