"""Slack's incoming webhooks."""

import json

import pytest

from newswatch.clock import VirtualClock
from newswatch.demo.loopback import Answer, Ending
from newswatch.demo.slack import CHANNEL, SlackStandIn
from newswatch.model import Delivery, Outcome
from newswatch.notify.channels.slack_webhook import SlackWebhookChannel
from newswatch.notify.settings import AlertSettings, SlackDestination
from tests.notify.http import closed_port, scripted, send
from tests.notify.values import KEY, NOW, delivery, follow_up, message

PATH = "/services/T00/B00/s3cr3t"


def channel(url: str, **changes: object) -> SlackWebhookChannel:
    settings = SlackDestination.model_validate({"type": "slack", "webhook_url": url, **changes})
    alerts = AlertSettings(send_timeout=0.5)
    return SlackWebhookChannel(settings, alerts=alerts, http=send, now=VirtualClock(NOW))


def ready(sender: SlackWebhookChannel) -> Delivery:
    return delivery(sender.render(message(), key=KEY, now=NOW))


async def test_a_message_arrives() -> None:
    async with SlackStandIn(limiter=False) as slack:
        sender = channel(slack.webhook_url)
        result = await sender.send(ready(sender))

    assert (result.outcome, result.provider_id) == (Outcome.DELIVERED, None)
    (stored,) = slack.messages
    assert (stored.via, stored.channel) == ("webhook", CHANNEL)
    assert "Headline 1" in stored.text
    assert slack.refused == []


@pytest.mark.parametrize("policy", ["resend", "hold"])
async def test_nobody_can_ask_so_the_policy_decides(policy: str) -> None:
    sender = channel("https://hooks.slack.com" + PATH, on_ambiguous=policy)

    assert await sender.reconcile(ready(sender)) is None
    assert sender.on_ambiguous == policy


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(200, b"ok"), Outcome.DELIVERED),
        (Answer(200, b"<html>"), Outcome.AMBIGUOUS),
        (Answer(302, b"", headers=(("Location", "/login"),)), Outcome.RETRY),
        (Answer(400, b"no_text"), Outcome.REJECTED),
        (Answer(400, b"no_service"), Outcome.DISABLED),
        (Answer(403, b"action_prohibited"), Outcome.DISABLED),
        (Answer(404, b"no_service"), Outcome.DISABLED),
        (Answer(410, b"channel_is_archived"), Outcome.DISABLED),
        (Answer(429, b"rate_limited", headers=(("Retry-After", "7"),)), Outcome.THROTTLED),
        (Answer(500, b"rollup_error"), Outcome.AMBIGUOUS),
        (Answer(503, b""), Outcome.AMBIGUOUS),
        (Answer(ending=Ending.RESET), Outcome.AMBIGUOUS),
        (Answer(ending=Ending.HANG), Outcome.AMBIGUOUS),
    ],
)
async def test_what_slack_says(answer: Answer, outcome: Outcome) -> None:
    async with scripted(answer) as server:
        sender = channel(server.url + PATH)
        result = await sender.send(ready(sender))

    assert result.outcome is outcome
    assert result.retry_after_s == (7.0 if outcome is Outcome.THROTTLED else None)
    assert "s3cr3t" not in result.detail
    assert len(server.got) == 1


@pytest.mark.parametrize("code", ["invalid_blocks", "invalid_payload", "msg_blocks_too_long"])
async def test_refused_blocks_are_sent_once_more_as_plain_text(code: str) -> None:
    async with scripted(Answer(400, code.encode()), Answer(200, b"ok")) as server:
        sender = channel(server.url + PATH)
        result = await sender.send(ready(sender))

    assert (result.outcome, result.detail) == (Outcome.DELIVERED, f"posted as plain text, after {code}")
    plain = json.loads(server.got[1].body)
    assert "blocks" not in plain
    assert "The leaders met in Nara." in plain["text"]


async def test_no_connection_means_not_sent_and_tells_no_secret() -> None:
    sender = channel(f"http://127.0.0.1:{await closed_port()}{PATH}")

    result = await sender.send(ready(sender))

    assert result.outcome is Outcome.RETRY
    assert "s3cr3t" not in result.detail


async def test_an_update_says_which_story_it_is_about() -> None:
    async with SlackStandIn(limiter=False) as slack:
        sender = channel(slack.webhook_url)
        await sender.send(delivery(sender.render(follow_up(ref=None), key=KEY, now=NOW)))

    (stored,) = slack.messages
    assert "Update: Leaders sign" in stored.text
    assert "about: Headline 1" in stored.text
    assert "1 → 3 sources" in stored.text
