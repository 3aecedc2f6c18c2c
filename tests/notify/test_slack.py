"""Slack with a bot token, against a stand-in that keeps to Slack's documented limits."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from newswatch.clock import VirtualClock
from newswatch.demo.loopback import Answer
from newswatch.demo.slack import CHANNEL, TOKEN, SlackStandIn
from newswatch.model import AttemptResult, Delivery, Outcome, Rendered
from newswatch.notify.channels.slack import CLOCK_SKEW, SlackChannel
from newswatch.notify.channels.slack_blocks import to_bytes
from newswatch.notify.settings import AlertSettings, SlackDestination
from tests.notify.http import closed_port, scripted, send
from tests.notify.values import KEY, NOW, SETTINGS, delivery, follow_up, message


def channel(api_url: str, *, timeout_s: float = 2, **changes: object) -> SlackChannel:
    values = {"type": "slack", "token": TOKEN, "channel": CHANNEL, "api_url": api_url, **changes}
    alerts = AlertSettings(send_timeout=timeout_s)
    return SlackChannel(SlackDestination.model_validate(values), alerts=alerts, http=send, now=VirtualClock(NOW))


def ready(sender: SlackChannel, key: str = KEY, **changes: object) -> Delivery:
    values = {"key": key, "sending_since": datetime.now(UTC), **changes}
    return delivery(sender.render(message(), key=key, now=NOW), **values)


@pytest.fixture
async def slack() -> AsyncIterator[SlackStandIn]:
    async with SlackStandIn(limiter=False) as stand_in:
        yield stand_in


async def test_a_message_arrives_with_its_delivery_id(slack: SlackStandIn) -> None:
    sender = channel(slack.api_url)

    result = await sender.send(ready(sender))

    (stored,) = slack.messages
    assert (result.outcome, result.provider_id) == (Outcome.DELIVERED, stored.ts)
    assert stored.delivery_id == KEY
    assert stored.payload["metadata"]["event_payload"]["story_id"] == "7"
    assert stored.payload["unfurl_links"] is False
    assert "Headline 1" in stored.text
    assert slack.refused == []


async def test_a_reply_goes_into_its_thread_and_is_found_there(slack: SlackStandIn) -> None:
    sender = channel(slack.api_url)
    root = await sender.send(ready(sender, "ROOT"))
    reply = ready(sender, "REPLY", thread_ref=root.provider_id)

    assert (await _look(sender, reply)).outcome is Outcome.RETRY
    await sender.send(reply)

    assert slack.messages[1].thread_ts == root.provider_id
    assert (await _look(sender, reply)).outcome is Outcome.DELIVERED


async def test_a_reply_whose_root_is_gone_is_found_in_the_channel(slack: SlackStandIn) -> None:
    sender = channel(slack.api_url)
    reply = ready(sender, "REPLY", thread_ref="1700000000.000100")

    assert (await _look(sender, reply)).outcome is Outcome.RETRY
    await sender.send(reply)

    assert (await _look(sender, reply)).outcome is Outcome.DELIVERED


async def _look(sender: SlackChannel, task: Delivery) -> AttemptResult:
    result = await sender.reconcile(task)
    assert result is not None
    return result


@pytest.mark.parametrize(
    ("fault", "outcome", "found"),
    [
        ("500", Outcome.AMBIGUOUS, Outcome.RETRY),
        ("reset", Outcome.AMBIGUOUS, Outcome.RETRY),
        ("hang", Outcome.AMBIGUOUS, Outcome.RETRY),
        ("stored-500", Outcome.AMBIGUOUS, Outcome.DELIVERED),
        ("stored-reset", Outcome.AMBIGUOUS, Outcome.DELIVERED),
        ("stored-hang", Outcome.AMBIGUOUS, Outcome.DELIVERED),
    ],
)
async def test_a_look_tells_what_a_lost_answer_hid(
    slack: SlackStandIn, fault: str, outcome: Outcome, found: Outcome
) -> None:
    sender = channel(slack.api_url, timeout_s=0.3)
    task = ready(sender)
    slack.faults.append(fault)

    assert (await sender.send(task)).outcome is outcome

    looked = await _look(sender, task)
    assert looked.outcome is found
    assert looked.provider_id == (slack.messages[0].ts if found is Outcome.DELIVERED else None)


async def test_no_duplicate_whatever_happens_to_the_answers(slack: SlackStandIn) -> None:
    """Walk deliveries through every fault, as the daemon would: look first, then send again."""
    sender = channel(slack.api_url, timeout_s=0.2)
    faults = ["stored-500", "500", "stored-reset", "reset", "stored-hang", "429", "ok"]
    slack.faults.extend(fault for fault in faults for _ in range(2))
    for number in range(10):
        task = ready(sender, f"D{number}")
        result = await sender.send(task)
        while result.outcome is not Outcome.DELIVERED:
            looked = await _look(sender, task) if result.outcome is Outcome.AMBIGUOUS else result
            result = looked if looked.outcome is Outcome.DELIVERED else await sender.send(task)

    assert slack.duplicates() == {}
    assert {stored.delivery_id for stored in slack.messages} == {f"D{number}" for number in range(10)}


async def test_the_look_goes_through_all_pages(slack: SlackStandIn) -> None:
    sender = channel(slack.api_url)
    first = ready(sender, "FIRST")
    await sender.send(first)
    for number in range(205):
        await send_plain(sender, f"N{number}")

    assert (await _look(sender, first)).outcome is Outcome.DELIVERED
    pages = [request for request in slack.requests if request.path.endswith("conversations.history")]
    assert len(pages) == 2


async def send_plain(sender: SlackChannel, key: str) -> None:
    body = to_bytes({"channel": CHANNEL, "text": key})
    assert (await sender.send(delivery(Rendered("application/json", body, key)))).outcome is Outcome.DELIVERED


async def test_the_look_starts_before_the_attempt_by_our_clock(slack: SlackStandIn) -> None:
    sender = channel(slack.api_url)
    ours_ahead = ready(sender, sending_since=datetime.now(UTC) + CLOCK_SKEW - timedelta(minutes=1))
    await sender.send(ours_ahead)

    assert (await _look(sender, ours_ahead)).outcome is Outcome.DELIVERED


async def test_an_app_that_may_not_read_leaves_it_to_the_policy(slack: SlackStandIn) -> None:
    slack.scopes.remove("channels:history")
    sender = channel(slack.api_url, on_ambiguous="hold")

    assert await sender.reconcile(ready(sender)) is None
    assert sender.on_ambiguous == "hold"


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(500, b"{}"), Outcome.AMBIGUOUS),
        (Answer(200, b"[]"), Outcome.AMBIGUOUS),
        (Answer(200, b"<html>"), Outcome.AMBIGUOUS),
        (Answer(200, b'{"ok":true}'), Outcome.AMBIGUOUS),
        (Answer(200, b'{"ok":true,"messages":[null,7,{"metadata":[]},{"metadata":{"event_type":7}}]}'), Outcome.RETRY),
        (Answer(200, b'{"ok":false,"error":"fatal_error"}'), Outcome.AMBIGUOUS),
        (Answer(200, b'{"ok":false,"error":"something_new"}'), Outcome.AMBIGUOUS),
        (Answer(200, b'{"ok":false,"error":"token_revoked"}'), Outcome.DISABLED),
        (Answer(429, b"{}", headers=(("Retry-After", "9"),)), Outcome.THROTTLED),
        (Answer(200, b'{"ok":true,"messages":[],"response_metadata":{"next_cursor":"more"}}'), Outcome.AMBIGUOUS),
    ],
)
async def test_a_look_that_fails_says_nothing_about_the_message(answer: Answer, outcome: Outcome) -> None:
    async with scripted(answer) as server:
        sender = channel(server.url + "/api/")
        result = await _look(sender, ready(sender))

    assert result.outcome is outcome


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(200, b'{"ok":true}'), Outcome.AMBIGUOUS),
        (Answer(200, b"<html>captive portal"), Outcome.AMBIGUOUS),
        (Answer(302, b"", headers=(("Location", "/login"),)), Outcome.RETRY),
        (Answer(404, b""), Outcome.DISABLED),
        (Answer(503, b"down"), Outcome.AMBIGUOUS),
        (Answer(429, b'{"ok":false,"error":"ratelimited"}', headers=(("Retry-After", "7"),)), Outcome.THROTTLED),
        *(
            (Answer(200, json.dumps({"ok": False, "error": code}).encode()), outcome)
            for code, outcome in [
                ("internal_error", Outcome.AMBIGUOUS),
                ("fatal_error", Outcome.AMBIGUOUS),
                ("ratelimited", Outcome.THROTTLED),
                ("message_limit_exceeded", Outcome.THROTTLED),
                ("invalid_auth", Outcome.DISABLED),
                ("token_revoked", Outcome.DISABLED),
                ("account_inactive", Outcome.DISABLED),
                ("is_archived", Outcome.DISABLED),
                ("channel_not_found", Outcome.DISABLED),
                ("not_in_channel", Outcome.DISABLED),
                ("missing_scope", Outcome.DISABLED),
                ("no_text", Outcome.REJECTED),
                ("something_new", Outcome.REJECTED),
            ]
        ),
    ],
)
async def test_what_slack_says(answer: Answer, outcome: Outcome) -> None:
    async with scripted(answer) as server:
        sender = channel(server.url + "/api/")
        result = await sender.send(ready(sender))

    assert result.outcome is outcome
    assert len(server.got) == 1
    assert TOKEN not in result.detail


async def test_an_archived_channel_and_a_wrong_token_need_repair(slack: SlackStandIn) -> None:
    slack.archived.add(CHANNEL)
    archived = channel(slack.api_url)
    stranger = channel(slack.api_url, token="xoxb-000-wrong")

    first = await archived.send(ready(archived))
    second = await stranger.send(ready(stranger))

    assert first.outcome is second.outcome is Outcome.DISABLED
    assert first.detail == "Slack says is_archived (unarchive the channel or choose another)"
    assert second.detail == "Slack says invalid_auth (check the token)"


async def test_refused_blocks_are_sent_once_more_as_plain_text() -> None:
    refusal = Answer(200, b'{"ok":false,"error":"invalid_blocks"}')
    async with scripted(refusal, Answer(200, b'{"ok":true,"ts":"1.2"}')) as server:
        sender = channel(server.url + "/api/")
        result = await sender.send(ready(sender))

    assert (result.outcome, result.detail) == (
        Outcome.DELIVERED,
        f"posted to {CHANNEL} as plain text, after invalid_blocks",
    )
    plain = json.loads(server.got[1].body)
    assert "blocks" not in plain
    assert plain["metadata"]["event_payload"]["delivery_id"] == KEY
    assert plain["channel"] == CHANNEL
    for fact in ("Headline 1", "Source 1", "The leaders met in Nara.", "Summit", "found: Nara"):
        assert fact in plain["text"]


async def test_what_is_refused_as_plain_text_too_is_given_up() -> None:
    async with scripted(Answer(200, b'{"ok":false,"error":"msg_blocks_too_long"}')) as server:
        sender = channel(server.url + "/api/")
        result = await sender.send(ready(sender))

    assert (result.outcome, len(server.got)) == (Outcome.REJECTED, 2)


async def test_no_connection_means_not_sent() -> None:
    sender = channel(f"http://127.0.0.1:{await closed_port()}/api/")

    assert (await sender.send(ready(sender))).outcome is Outcome.RETRY
    assert (await _look(sender, ready(sender))).outcome is Outcome.AMBIGUOUS


async def test_the_token_is_in_the_header_only(slack: SlackStandIn) -> None:
    sender = channel(slack.api_url)
    task = ready(sender)
    await sender.send(task)

    assert slack.requests[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert task.rendered is not None
    assert TOKEN.encode() not in task.rendered.body
    assert TOKEN not in task.rendered.summary
    assert SETTINGS.send_timeout == 2


def _follow_up(sender: SlackChannel, ref: str | None, *, graver: bool = False) -> Delivery:
    rendered = sender.render(follow_up(ref=ref, graver=graver), key="REPLY", now=NOW)
    return delivery(rendered, key="REPLY", thread_ref=rendered.meta.get("thread_ref"), sending_since=datetime.now(UTC))


@pytest.mark.parametrize("graver", [False, True])
async def test_a_follow_up_answers_the_root_and_brings_its_counts_up_to_date(slack: SlackStandIn, graver: bool) -> None:
    sender = channel(slack.api_url)
    root = await sender.send(ready(sender, "ROOT"))
    assert "3 sources" not in slack.messages[0].text

    result = await sender.send(_follow_up(sender, root.provider_id, graver=graver))

    edited, reply = slack.messages
    assert (edited.edits, edited.delivery_id) == (1, "ROOT")
    assert "3 articles, 3 sources" in edited.text
    assert (reply.thread_ts, reply.payload.get("reply_broadcast", False)) == (root.provider_id, graver)
    assert "1 → 3 sources" in reply.text
    assert "first leading source: Reuters" in reply.text
    assert not result.began_thread
    assert slack.refused == []


@pytest.mark.parametrize("fault", ["ok", "stored-reset"])
async def test_a_follow_up_whose_root_is_deleted_stands_alone_and_becomes_the_root(
    slack: SlackStandIn, fault: str
) -> None:
    sender = channel(slack.api_url)
    root = await sender.send(ready(sender, "ROOT"))
    slack.messages.clear()
    slack.faults.append(fault)
    reply = _follow_up(sender, root.provider_id)

    result = await sender.send(reply)
    if fault != "ok":
        assert result.outcome is Outcome.AMBIGUOUS
        result = await _look(sender, reply)

    (alone,) = slack.messages
    assert alone.thread_ts is None
    assert "Leaders sign" in alone.text
    assert (result.outcome, result.provider_id, result.began_thread) == (Outcome.DELIVERED, alone.ts, True)


async def test_a_follow_up_goes_out_although_its_root_cannot_be_edited() -> None:
    refused = Answer(200, b'{"ok": false, "error": "cant_update_message"}', "application/json")
    posted = Answer(200, b'{"ok": true, "ts": "1700000000.000200"}', "application/json")
    async with scripted(refused, posted) as server:
        sender = channel(server.url + "/")
        result = await sender.send(_follow_up(sender, "1700000000.000100"))
    assert (result.outcome, result.began_thread) == (Outcome.DELIVERED, False)


async def test_a_follow_up_waits_where_slack_asks_to_before_the_edit() -> None:
    busy = Answer(429, b"{}", "application/json", headers=(("Retry-After", "7"),))
    async with scripted(busy) as server:
        sender = channel(server.url + "/")
        result = await sender.send(_follow_up(sender, "1700000000.000100"))
    assert (result.outcome, result.retry_after_s) == (Outcome.THROTTLED, 7)
