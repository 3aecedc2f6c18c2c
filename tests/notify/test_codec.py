from dataclasses import replace
from datetime import date

import pytest

from newswatch.model import Message, Published
from newswatch.notify.codec import message_from_json, message_to_json
from tests.notify.values import article, message


@pytest.mark.parametrize(
    "value",
    [
        message(),
        message(
            article(1, headline="日韓 «정상» \N{REPLACEMENT CHARACTER}", language="ja"), article(2, published=None)
        ),
        message(article(1, published=Published("day", "text", on=date(2026, 1, 13), raw="13 Jan"))),
        replace(message(), headline="lone \ud800 surrogate"),
    ],
)
def test_a_message_comes_back_as_it_was(value: Message) -> None:
    text = message_to_json(value)

    assert message_from_json(text) == value
    assert message_to_json(message_from_json(text)) == text
    assert "\n" not in text


def test_the_stored_form_stays_readable() -> None:
    """A row written by version 1 must be readable by every later release."""
    text = (
        '{"message":{"article_count":1,"backfill":false,"credited":["The Diplomat"],'
        '"first_seen_at":"2026-01-13T05:17:01Z","headline":"Headline","kind":"new","language":"en","languages":["en"],'
        '"others":[],"published":{"at":null,"found_by":"text","on":"2026-01-13","precision":"day","raw":null,'
        '"zone_assumed":false},"reasons":[{"rule_id":"r","rule_name":"R","score":0.83,"severity":"high","terms":["Nara"],'
        '"threshold":0.5,"why":["x"]}],"severity":"high","snippets":[{"field":"body","highlights":[[19,23]],'
        '"source_name":"S","text":"The leaders met in Nara."}],"source_count":1,"source_name":"S","story_id":7,'
        '"url":"https://news.example/1"},"version":1}'
    )

    value = message_from_json(text)

    assert value.published == Published("day", "text", on=date(2026, 1, 13))
    assert value.snippets[0].highlights == ((19, 23),)
    assert value.reasons[0].terms == ("Nara",)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"version":1}', '{"version":1,"message":{}}', '{"version":1,"message":7}']
)
def test_what_is_no_message_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="stored message"):
        message_from_json(text)


def test_a_newer_version_is_named() -> None:
    newer = message_to_json(message()).replace('"version":1', '"version":2')

    with pytest.raises(ValueError, match="has version 2, this newswatch reads 1"):
        message_from_json(newer)
