"""Webhooks: signed for every attempt, the same id each time, every status judged."""

import asyncio
import base64
import json
from datetime import timedelta

import pytest

from newswatch.clock import VirtualClock
from newswatch.demo.loopback import Answer, Ending
from newswatch.demo.webhook import WebhookReceiver
from newswatch.model import Delivery, FetchReason, HttpAnswer, HttpFailure, HttpRequest, Outcome
from newswatch.notify.channels.webhook import WebhookChannel, signatures
from newswatch.notify.settings import AlertSettings, WebhookDestination
from tests.notify.http import closed_port, scripted, send
from tests.notify.values import KEY, NOW, SETTINGS, article, delivery, follow_up, message

OLD = "whsec_" + base64.b64encode(b"old secret old secret old").decode()
NEW = "whsec_" + base64.b64encode(b"new secret new secret new").decode()


def channel(url: str, clock: VirtualClock | None = None, **changes: object) -> WebhookChannel:
    settings = WebhookDestination.model_validate({"type": "webhook", "url": url, "allow_private": True, **changes})
    return WebhookChannel(settings, alerts=SETTINGS, http=send, now=clock or VirtualClock(NOW))


def ready(sender: WebhookChannel, **changes: object) -> Delivery:
    return delivery(sender.render(message(), key=KEY, now=NOW), **changes)


def test_the_specifications_example() -> None:
    """The example of the Standard Webhooks libraries' documentation."""
    signed = signatures(
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
        body=b'{"test": 2432232314}',
    )

    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


async def test_every_attempt_has_the_same_id_and_body_and_its_own_timestamp() -> None:
    clock = VirtualClock(NOW)
    async with WebhookReceiver(secrets=[NEW], now=clock) as receiver:
        sender = channel(receiver.url, clock, secret=NEW)
        task = ready(sender)
        receiver.faults.extend(["500", "stored-reset", "ok"])
        outcomes = []
        for _ in range(3):
            outcomes.append((await sender.send(task)).outcome)
            clock.advance(timedelta(seconds=61))

    assert receiver.rejected == []
    assert outcomes == [Outcome.RETRY, Outcome.AMBIGUOUS, Outcome.DELIVERED]
    assert await sender.reconcile(task) is None
    assert sender.on_ambiguous == "resend"
    receipts = receiver.received[KEY]
    assert list(receiver.received) == [KEY]
    assert [receipt.timestamp for receipt in receipts] == [int(NOW.timestamp()) + 61, int(NOW.timestamp()) + 122]
    assert len({receipt.body for receipt in receipts}) == 1


@pytest.mark.parametrize("known", [OLD, NEW])
async def test_during_rotation_both_secrets_sign(known: str) -> None:
    clock = VirtualClock(NOW)
    async with WebhookReceiver(secrets=[known], now=clock) as receiver:
        sender = channel(receiver.url, clock, secret=NEW, previous_secret=OLD)
        result = await sender.send(ready(sender))

    assert (result.outcome, receiver.rejected) == (Outcome.DELIVERED, [])


async def test_without_a_secret_nothing_is_signed() -> None:
    async with scripted(Answer(200)) as server:
        sender = channel(server.url + "/hook")
        await sender.send(ready(sender))

    assert server.got[0].header("webhook-id") == KEY
    assert server.got[0].header("webhook-signature") is None


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.DELIVERED),
        (202, Outcome.DELIVERED),
        (204, Outcome.DELIVERED),
        (301, Outcome.DISABLED),
        (302, Outcome.DISABLED),
        (400, Outcome.REJECTED),
        (401, Outcome.DISABLED),
        (403, Outcome.DISABLED),
        (404, Outcome.DISABLED),
        (408, Outcome.RETRY),
        (410, Outcome.DISABLED),
        (413, Outcome.REJECTED),
        (422, Outcome.REJECTED),
        (425, Outcome.RETRY),
        (429, Outcome.THROTTLED),
        (500, Outcome.RETRY),
        (502, Outcome.RETRY),
        (503, Outcome.RETRY),
    ],
)
async def test_statuses(status: int, outcome: Outcome) -> None:
    async with scripted(Answer(status, b"because", headers=(("Location", "http://127.0.0.1/elsewhere"),))) as server:
        sender = channel(server.url + "/hook")
        result = await sender.send(ready(sender))

    assert (result.outcome, result.status) == (outcome, status)
    assert len(server.got) == 1
    assert f"HTTP {status}" in result.detail


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("1.5", 1.5),
        ("Tue, 13 Jan 2026 05:18:00 GMT", 60.0),
        ("Tue, 13 Jan 2026 05:18:00", 60.0),
        ("Tue, 13 Jan 2026 05:00:00 GMT", 0.0),
        ("999999999", 86400.0),
        ("soon", None),
        ("", None),
        ("-4", None),
    ],
)
async def test_retry_after(value: str, seconds: float | None) -> None:
    async with scripted(Answer(429, headers=(("Retry-After", value),))) as server:
        sender = channel(server.url + "/hook")
        result = await sender.send(ready(sender))

    assert (result.outcome, result.retry_after_s) == (Outcome.THROTTLED, seconds)


@pytest.mark.parametrize("ending", [Ending.RESET, Ending.HANG])
async def test_a_lost_answer_is_ambiguous(ending: Ending) -> None:
    async with scripted(Answer(ending=ending)) as server:
        settings = WebhookDestination.model_validate({"type": "webhook", "url": server.url + "/hook"})
        alerts = AlertSettings(send_timeout=0.2)
        sender = WebhookChannel(settings, alerts=alerts, http=send, now=VirtualClock(NOW))
        result = await sender.send(ready(sender))

    assert result.outcome is Outcome.AMBIGUOUS


async def test_no_connection_means_not_sent() -> None:
    sender = channel(f"http://127.0.0.1:{await closed_port()}/very-secret-path?key=also-secret")

    result = await sender.send(ready(sender))

    assert result.outcome is Outcome.RETRY
    assert "secret" not in result.detail


@pytest.mark.parametrize("reason", [FetchReason.BLOCKED_ADDRESS, FetchReason.SCHEME, FetchReason.INVALID_URL])
async def test_an_address_that_may_not_be_used_needs_repair(reason: FetchReason) -> None:
    requests: list[HttpRequest] = []

    async def refuse(request: HttpRequest) -> HttpAnswer | HttpFailure:
        requests.append(request)
        return HttpFailure(reason, "10.0.0.1 is private; set allow_private = true", maybe_sent=False)

    settings = WebhookDestination.model_validate({"type": "webhook", "url": "https://intern.example/h"})
    sender = WebhookChannel(settings, alerts=SETTINGS, http=refuse, now=VirtualClock(NOW))
    result = await sender.send(ready(sender))

    assert result.outcome is Outcome.DISABLED
    assert "allow_private" in result.detail
    assert [(request.allow_private, request.timeout_s) for request in requests] == [(False, SETTINGS.send_timeout)]


async def test_an_answer_that_repeats_secrets_does_not_leak_them() -> None:
    async with scripted(Answer(400, f"bad {NEW} for /hook/s3cr3t".encode())) as server:
        sender = channel(server.url + "/hook/s3cr3t", secret=NEW)
        result = await sender.send(ready(sender))

    assert result.detail == "HTTP 400: bad *** for ***"


def test_the_document() -> None:
    sender = channel("https://hook.example/x")
    second = article(2, headline="정상회담", language="ko")

    rendered = sender.render(message(article(1), second), key=KEY, now=NOW)
    document = json.loads(rendered.body)

    assert rendered.content_type == "application/json"
    assert {name: document[name] for name in ("type", "schema", "id", "timestamp")} == {
        "type": "newswatch.alert",
        "schema": "newswatch.alert/1",
        "id": KEY,
        "timestamp": "2026-01-13T05:17:00Z",
    }
    data = document["data"]
    assert data["story"] == {"id": "7", "articles": 2, "sources": 2, "languages": ["en", "ko"]}
    assert data["article"]["published"]["value"] == "2026-01-13T05:05:00Z"
    assert data["reasons"][0]["found"] == ["Nara"]
    assert data["snippets"][0]["highlights"] == [[19, 23]]
    assert data["others"] == [
        {
            "headline": "정상회담",
            "url": "https://news.example/2",
            "language": "ko",
            "source": "Source 2",
            "relation": "report",
        }
    ]


def test_the_same_message_gives_the_same_bytes() -> None:
    first, second = (channel("https://hook.example/x").render(message(), key=KEY, now=NOW) for _ in range(2))

    assert first == second


async def test_slow_receivers_do_not_hold_each_other_up() -> None:
    async with scripted(Answer(204)) as quick, scripted(Answer(ending=Ending.HANG)) as slow:
        stuck = channel(slow.url + "/hook")
        waiting = asyncio.create_task(stuck.send(ready(stuck)))
        sender = channel(quick.url + "/hook")
        result = await sender.send(ready(sender))
        assert not waiting.done()
        assert (await waiting).outcome is Outcome.AMBIGUOUS

    assert result.outcome is Outcome.DELIVERED


def test_an_update_names_the_message_that_it_belongs_to() -> None:
    document = json.loads(channel("http://127.0.0.1/").render(follow_up(ref=None), key=KEY, now=NOW).body)

    assert (document["id"], document["data"]["kind"]) == (KEY, "update")
    assert document["data"]["thread"] == {"id": "ROOT"}
    assert document["data"]["story"]["id"] == "7"
    assert document["data"]["changes"] == ["1 → 3 sources", "first leading source: Reuters"]
    assert "thread" not in json.loads(channel("http://127.0.0.1/").render(message(), key=KEY, now=NOW).body)["data"]
