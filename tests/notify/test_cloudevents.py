"""The CloudEvents form of webhooks: valid by the specification's own schema, signed like any other."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from pydantic import ValidationError

from newswatch.clock import VirtualClock
from newswatch.demo.webhook import SECRET, WebhookReceiver
from newswatch.model import Message, Notice, NotificationKind, Outcome
from newswatch.notify.channels.webhook import WebhookChannel
from newswatch.notify.listing import compose_listing, line_of
from newswatch.notify.settings import WebhookDestination
from tests.notify.http import send
from tests.notify.values import KEY, NOW, SETTINGS, delivery, follow_up, message

# cloudevents/formats/cloudevents.json of https://github.com/cloudevents/spec, version 1.0 (Apache-2.0)
SCHEMA = json.loads(Path(__file__).with_name("cloudevents.json").read_text(encoding="utf-8"))


def channel(url: str = "https://hook.example/", **changes: str) -> WebhookChannel:
    written = {"type": "webhook", "url": url, "allow_private": True, "body": "cloudevents", **changes}
    return WebhookChannel(WebhookDestination.model_validate(written), alerts=SETTINGS, http=send, now=VirtualClock(NOW))


def event(value: Message, **changes: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(channel(**changes).render(value, key=KEY, now=NOW).body)
    return document


def notice(subject: str) -> Message:
    about = Notice("dead_letters", subject, ("3 messages were given up",))
    return replace(message(), kind=NotificationKind.OPS, story_id=None, notice=about)


@pytest.mark.parametrize(
    ("value", "kind", "subject"),
    [
        (message(), "new", "story/7"),
        (follow_up(ref=None), "update", "story/7"),
        (compose_listing(NotificationKind.DIGEST, "Daily digest", [line_of(message())], ends_at=NOW), "digest", None),
        (notice("desk\r\nx"), "ops", "desk x"),
        (notice(""), "ops", None),
    ],
)
def test_every_kind_is_a_valid_event(value: Message, kind: str, subject: str | None) -> None:
    found = event(value)

    jsonschema.validate(found, SCHEMA)
    assert all(name.isalnum() and name.islower() for name in found)  # section 3.1, "Attribute Naming Convention"
    assert (found["kind"], found.get("subject")) == (kind, subject)
    own = json.loads(channel(body="newswatch").render(value, key=KEY, now=NOW).body)
    assert found["data"] == own["data"]


def test_the_attributes() -> None:
    found = event(message(), event_source="https://news.example.org/newswatch")

    found.pop("data")
    assert found == {
        "specversion": "1.0",
        "id": KEY,
        "source": "https://news.example.org/newswatch",
        "type": "newswatch.alert.v1",
        "time": "2026-01-13T05:17:00Z",
        "subject": "story/7",
        "datacontenttype": "application/json",
        "kind": "new",
        "severity": "high",
    }


async def test_it_is_signed_and_has_its_media_type() -> None:
    async with WebhookReceiver(now=VirtualClock(NOW)) as receiver:
        sender = channel(receiver.url, secret=SECRET)
        rendered = sender.render(message(), key=KEY, now=NOW)
        result = await sender.send(delivery(rendered))

    assert (result.outcome, receiver.rejected) == (Outcome.DELIVERED, [])
    assert rendered.content_type == "application/cloudevents+json; charset=utf-8"
    assert [receipt.data["id"] for receipt in receiver.received[KEY]] == [KEY]


@pytest.mark.parametrize("source", ["", "two words", "https://news.example/\n", "뉴스", "100%"])
def test_the_source_is_a_uri_reference(source: str) -> None:
    with pytest.raises(ValidationError, match="is not a URI reference"):
        channel(event_source=source)
