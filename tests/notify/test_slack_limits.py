from typing import Any

import pytest

from newswatch.notify.channels.slack_blocks import slack_payload
from newswatch.notify.channels.slack_limits import check_blocks, escape, fit, live_mentions, shorten
from tests.notify.values import KEY, article, message


def mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


def section(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "section", "text": mrkdwn(text), **more}


def rich(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(parts)}]}


def button(**more: Any) -> dict[str, Any]:
    return {"type": "button", "text": {"type": "plain_text", "text": "Open"}, **more}


GOOD: list[dict[str, Any]] = [
    section("x" * 3000),
    {"type": "section", "fields": [mrkdwn("y")] * 10},
    {"type": "header", "text": {"type": "plain_text", "text": "h" * 150}},
    {"type": "context", "elements": [mrkdwn("c")] * 10},
    rich({"type": "text", "text": "a & <b>", "style": {"bold": True}}, {"type": "emoji", "name": "wave"}),
    {"type": "actions", "elements": [button(url="https://a.example/")] * 25},
    {"type": "markdown", "text": "m" * 12_000},
    {"type": "divider"},
    section("&amp; &lt;x&gt; <https://a.example/?a=1&amp;b=2|link> <!date^1^{date}|d>"),
]


@pytest.mark.parametrize("block", GOOD)
def test_at_the_limit_is_fine(block: dict[str, Any]) -> None:
    assert check_blocks({"text": "t", "blocks": [block]}) == []


BAD: list[tuple[dict[str, Any], str]] = [
    (section("x" * 3001), "blocks[0].text: 3001 characters, 1 to 3000 are allowed"),
    (section(""), "blocks[0].text: 0 characters"),
    ({"type": "section"}, "blocks[0]: a section needs text or fields"),
    ({"type": "section", "text": "bare"}, "blocks[0].text: must be a text object"),
    ({"type": "section", "fields": [mrkdwn("y")] * 11}, "blocks[0]: 1 to 10 fields"),
    ({"type": "section", "fields": [mrkdwn("y" * 2001)]}, "blocks[0].fields[0]: 2001 characters"),
    ({"type": "header", "text": {"type": "plain_text", "text": "h" * 151}}, "blocks[0].text: 151 characters"),
    ({"type": "header", "text": mrkdwn("h")}, "blocks[0].text: must be a text object of type plain_text"),
    ({"type": "context", "elements": []}, "blocks[0]: 1 to 10 elements"),
    ({"type": "context", "elements": [mrkdwn("c")] * 11}, "blocks[0]: 1 to 10 elements"),
    ({"type": "context", "elements": [{"type": "image"}]}, "blocks[0].elements[0]: an image needs alt_text"),
    (rich(), "blocks[0].elements[0]: needs elements"),
    (rich({"type": "text", "text": ""}), "text must not be empty"),
    (rich({"type": "text", "text": "a", "style": {"blink": True}}), "style may hold"),
    (rich({"type": "text", "text": "a", "style": "bold"}), "style may hold"),
    (rich({"type": "button"}), "type 'button' is not part of rich text"),
    (rich({"type": "link", "url": "https://a.example/" + "x" * 3000}), "at most 3000"),
    ({"type": "actions", "elements": [button()] * 26}, "blocks[0]: 1 to 25 elements"),
    ({"type": "actions", "elements": [button(value="v" * 2001)]}, "value has at most 2000"),
    ({"type": "markdown", "text": "m" * 12_001}, "blocks[0]: 1 to 12000 characters"),
    ({"type": "carousel"}, "blocks[0]: type 'carousel' is not a message block"),
    (section("a", block_id="b" * 256), "block_id must have 1 to 255"),
    (section("Tom & Jerry"), "blocks[0].text: holds an unescaped & or <"),
    (section("1 < 2"), "blocks[0].text: holds an unescaped & or <"),
]


@pytest.mark.parametrize(("block", "problem"), BAD)
def test_over_the_limit_is_named(block: dict[str, Any], problem: str) -> None:
    (found,) = check_blocks({"text": "t", "blocks": [block]})

    assert problem in found


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        ({"blocks": []}, "text: is missing"),
        ({"text": "x" * 40_001}, "text: 40001 characters"),
        ({"text": "t", "blocks": "no"}, "blocks: must be a list"),
        ({"text": "t", "blocks": ["no"]}, "blocks[0]: must be an object"),
        ({"text": "t", "blocks": [section("a")] * 51}, "blocks: 51 of them, at most 50"),
        ({"text": "t", "blocks": [section("a", block_id="b")] * 2}, "block_id 'b' is used twice"),
        ({"text": "t", "blocks": [section("x" * 2700)] * 5}, "13500 characters of text together"),
        ({"text": "t", "metadata": {}}, "metadata: needs an event_type"),
        ({"text": "t", "metadata": {"event_type": "e"}}, "metadata: needs an event_payload"),
        ({"text": "t", "metadata": {"event_type": "e", "event_payload": {"k": "v" * 8000}}}, "metadata: more than"),
    ],
)
def test_whole_messages(payload: dict[str, Any], problem: str) -> None:
    (found,) = check_blocks(payload)

    assert problem in found


@pytest.mark.parametrize("text", ["<!channel>", "<!here|here>", "<@U1>", "<#C1>", "<!subteam^S1>"])
def test_mentions_are_live_only_where_slack_looks_for_them(text: str) -> None:
    assert live_mentions({"text": text}) == [text]
    assert live_mentions({"text": "t", "blocks": [section(f"a {text} b")]}) == [text]
    assert live_mentions({"text": "t", "blocks": [rich({"type": "text", "text": text})]}) == []
    assert live_mentions({"text": escape(text), "blocks": [section(escape(text))]}) == []
    assert live_mentions({"text": "t", "metadata": {"event_type": text, "event_payload": {}}}) == []


def test_mention_elements_are_live_in_rich_text_too() -> None:
    assert len(live_mentions({"text": "t", "blocks": [rich({"type": "broadcast", "range": "channel"})]})) == 1


@pytest.mark.parametrize(
    ("markup", "limit", "short"),
    [
        ("plain", 5, "plain"),
        ("plain text", 8, "plain t…"),
        ("see <https://a.example/|the link> now", 20, "see…"),
        ("see <https://a.example/|x> now", 29, "see <https://a.example/|x> n…"),
        ("a &amp; b", 5, "a…"),
        ("a &amp; b", 8, "a &amp;…"),
    ],
)
def test_shortening_keeps_links_and_escapes_whole(markup: str, limit: int, short: str) -> None:
    result = shorten(markup, limit)

    assert result == short
    assert len(result) <= limit
    assert check_blocks({"text": "t", "blocks": [section(result)]}) == []


def test_fit_drops_the_last_blocks_first() -> None:
    blocks = [section(f"{number} " + "x" * 4000) for number in range(60)]

    fitted = fit({"text": "&lt;" * 20_000, "blocks": blocks})

    assert check_blocks(fitted) == []
    assert [block["text"]["text"][0] for block in fitted["blocks"]] == ["0", "1", "2", "3"]


def test_the_largest_message_fits() -> None:
    long = "<&> " * 75
    members = [
        article(n, headline=long, url="https://n.example/" + "x" * 1900, credited=(long,) * 5) for n in range(1, 40)
    ]

    payload = slack_payload(message(*members, body=f"Nara {long * 50}"), key=KEY, zone="UTC")

    assert check_blocks(payload) == []
    assert live_mentions(payload) == []


def test_highlights_are_bold_and_nothing_is_lost() -> None:
    for body, word in [
        ("高市早苗首相と李在明大統領が奈良市で会談した。", "李在明"),
        ("이재명 대통령이 나라에서 회담했다.", "나라"),
        ("韩国总统李在明在奈良。", "奈良"),
    ]:
        value = message(article(1, source_name=None), body=body, words=word)
        (quote,) = next(
            block for block in slack_payload(value, key=KEY, zone="UTC")["blocks"] if block["type"] == "rich_text"
        )["elements"]

        assert "".join(part["text"] for part in quote["elements"]) == value.snippets[0].text == body
        assert [part["text"] for part in quote["elements"] if part.get("style") == {"bold": True}] == [word]
