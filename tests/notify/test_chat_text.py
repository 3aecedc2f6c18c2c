"""Chat messages: whole within every limit, no markup and no calls out of a headline, in each form."""

import re
from dataclasses import replace

import pytest
from lxml import html as lxml_html
from markdown_it import MarkdownIt

from newswatch.model import FeedbackLinks, Message, NotificationKind
from newswatch.notify.channels.chat_text import Form, chat_text
from newswatch.notify.listing import compose_listing, line_of
from tests.notify.hostile import HEADLINES, hostile
from tests.notify.values import NOW, article, follow_up, message

LIMITS = (160, 980, 1980, 4076)  # an SMS, Teams, Discord, Telegram, less the room for what is added
STORY = message(article(1), article(2, headline="日韓首脳会談", language="ja"))


def told(value: Message, form: Form = Form.TEXT, limit: int = 4076) -> str:
    return chat_text(value, zone="Asia/Seoul", form=form, limit=limit)


def digest(*stories: Message) -> Message:
    return compose_listing(NotificationKind.DIGEST, "Daily digest", map(line_of, stories), ends_at=NOW)


def test_text() -> None:
    assert told(STORY) == (
        "High Headline 1\n"
        "https://news.example/1\n"
        "Source 1 · en · published 2026-01-13 14:05 KST · seen 12 min later · "
        "2 articles, 2 sources, 2 languages (en, ja)\n"
        "“The leaders met in Nara.” (Source 1)\n"
        "why: Summit (High, score 0.83 of 0.50 needed); found: Nara\n"
        "Source 2: 日韓首脳会談\n"
        "https://news.example/2"
    )


def test_markdown_and_html() -> None:
    assert told(STORY, Form.MARKDOWN).split("\n\n")[0] == "**High** [Headline 1](https://news.example/1)"
    assert "“The leaders met in **Nara**.” (Source 1)" in told(STORY, Form.MARKDOWN)
    assert told(STORY, Form.HTML).split("<br/>")[0] == '<b>High</b> <a href="https://news.example/1">Headline 1</a>'
    assert "met in <b>Nara</b>." in told(STORY, Form.HTML)


def test_a_follow_up_says_what_is_new_first() -> None:
    lines = told(follow_up(ref=None)).split("\n")

    assert lines[0] == "High Update: Leaders sign"
    assert lines[2:4] == ["1 → 3 sources", "first leading source: Reuters"]


def test_readers_can_answer() -> None:
    links = FeedbackLinks("https://n.example/r", "https://n.example/i", "https://n.example/m")
    value = replace(STORY, feedback=links)

    assert "\nRelevant\nhttps://n.example/r\nNot relevant\nhttps://n.example/i\n" in told(value)
    assert "[Relevant](https://n.example/r) · [Not relevant](https://n.example/i)" in told(value, Form.MARKDOWN)


@pytest.mark.parametrize("form", Form)
def test_a_digest_says_how_many_do_not_fit(form: Form) -> None:
    stories = [replace(message(article(n)), story_id=n) for n in range(1, 41)]
    short = told(digest(*stories), form, 980)

    shown = len(re.findall(r"Headline \d+", short))
    assert 3 <= shown < 40
    assert f"and {40 - shown} more stories" in short
    assert len(short) <= 980
    assert "more stories" not in told(digest(*stories[:3]), form, 1980)


def test_what_matters_less_is_left_out_first() -> None:
    short = told(STORY, limit=160)

    assert short.startswith("High Headline 1\nhttps://news.example/1\nSource 1 · en")
    assert "\nwhy" not in short


@pytest.mark.parametrize("headline", HEADLINES, ids=range(len(HEADLINES)))
@pytest.mark.parametrize("form", Form)
def test_no_headline_calls_anybody_or_is_markup(headline: str, form: Form) -> None:
    value = hostile(headline)
    for limit in LIMITS:
        for one in (value, digest(value, value)):
            short = told(one, form, limit)
            assert 0 < len(short) <= limit
            assert not re.search(r"@\w|<[!#&]", short.replace("&lt;", "<"))
            if form is Form.HTML:
                tree = lxml_html.fragment_fromstring(short, create_parent=True)
                assert {element.tag for element in tree.iter()} <= {"div", "b", "a", "br"}
                assert {name for element in tree.iter() for name in element.attrib} <= {"href"}
                assert all(link.startswith("https://n.example/?q=") for link in tree.xpath("//a/@href"))
            if form is Form.MARKDOWN:
                found = [part for token in MarkdownIt().parse(short) for part in (token.children or [])]
                assert {part.type for part in found} <= {
                    "text", "text_special", "strong_open", "strong_close", "link_open", "link_close", "softbreak",
                }  # fmt: skip
                links = [str(part.attrs["href"]) for part in found if part.type == "link_open"]
                assert all(link.startswith("https://n.example/?q=") for link in links)


@pytest.mark.parametrize("form", Form)
def test_addresses_call_nobody_and_end_no_link(form: Form) -> None:
    url = "https://n.example:8443/@everyone/a_(b)?x=@here&y=[1]#z"

    written = told(message(article(1, url=url)), form)

    assert "https://n.example:8443/%40everyone/a_%28b%29?x=%40here" in written
    assert "@everyone" not in written
