"""The Slack stand-in: the API as documented, its limits, and faults on both sides of storing."""

from collections import deque
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from newswatch.clock import VirtualClock
from newswatch.demo.slack import CHANNEL, TOKEN, SlackStandIn

START = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(START)


@pytest.fixture
async def slack(clock: VirtualClock) -> AsyncIterator[SlackStandIn]:
    async with SlackStandIn(now=clock, limiter=False) as opened:
        yield opened


class Caller:
    """Calls API methods as a bot does."""

    def __init__(self, slack: SlackStandIn, client: httpx.AsyncClient) -> None:
        self.slack, self.client = slack, client

    async def __call__(self, method: str, *, token: str | None = TOKEN, **arguments: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = await self.client.post(self.slack.api_url + method, json=arguments, headers=headers)
        assert answer.status_code == 200
        result: dict[str, Any] = answer.json()
        return result


@pytest.fixture
def call(slack: SlackStandIn, client: httpx.AsyncClient) -> Caller:
    return Caller(slack, client)


def metadata(delivery_id: str) -> dict[str, Any]:
    return {"event_type": "newswatch.alert", "event_payload": {"delivery_id": delivery_id}}


async def test_a_message_is_stored_and_found_again_with_its_metadata(slack: SlackStandIn, call: Caller) -> None:
    sent = await call("chat.postMessage", channel=CHANNEL, text="hello", metadata=metadata("01A"))
    assert sent["ok"]
    assert sent["ts"] == "1777863721.000000"
    assert [message.delivery_id for message in slack.messages] == ["01A"]
    plain = await call("conversations.history", channel=CHANNEL)
    assert "metadata" not in plain["messages"][0]
    full = await call("conversations.history", channel=CHANNEL, include_all_metadata=True)
    assert full["messages"][0]["metadata"] == metadata("01A")
    assert full["messages"][0]["ts"] == sent["ts"]


async def test_history_takes_query_and_form_too(slack: SlackStandIn, call: Caller, client: httpx.AsyncClient) -> None:
    await call("chat.postMessage", channel=CHANNEL, text="hello", metadata=metadata("01A"))
    arguments = {"channel": CHANNEL, "include_all_metadata": "true"}
    headers = {"Authorization": f"Bearer {TOKEN}"}
    by_query = await client.get(slack.api_url + "conversations.history", params=arguments, headers=headers)
    by_form = await client.post(slack.api_url + "conversations.history", data=arguments, headers=headers)
    assert by_query.json() == by_form.json()
    assert by_form.json()["messages"][0]["metadata"] == metadata("01A")


async def test_history_is_newest_first_in_pages_and_between_instants(clock: VirtualClock, call: Caller) -> None:
    stamps = []
    for number in range(5):
        stamps.append((await call("chat.postMessage", channel=CHANNEL, text=f"m{number}"))["ts"])
        clock.advance(timedelta(seconds=10))
    first = await call("conversations.history", channel=CHANNEL, limit=2)
    assert [message["text"] for message in first["messages"]] == ["m4", "m3"]
    assert first["has_more"]
    rest = await call(
        "conversations.history", channel=CHANNEL, limit=9, cursor=first["response_metadata"]["next_cursor"]
    )
    assert [message["text"] for message in rest["messages"]] == ["m2", "m1", "m0"]
    assert not rest["has_more"]
    between = await call("conversations.history", channel=CHANNEL, oldest=stamps[1], latest=stamps[3])
    assert [message["text"] for message in between["messages"]] == ["m2"]
    inclusive = await call("conversations.history", channel=CHANNEL, oldest=stamps[1], inclusive=True)
    assert [message["text"] for message in inclusive["messages"]] == ["m4", "m3", "m2", "m1"]
    assert (await call("conversations.history", channel=CHANNEL, limit=1000))["error"] == "invalid_limit"


async def test_threads_are_apart_from_the_history(call: Caller) -> None:
    root = (await call("chat.postMessage", channel=CHANNEL, text="root"))["ts"]
    await call("chat.postMessage", channel=CHANNEL, text="reply", thread_ts=root)
    await call("chat.postMessage", channel=CHANNEL, text="loud reply", thread_ts=root, reply_broadcast=True)
    history = await call("conversations.history", channel=CHANNEL)
    assert [message["text"] for message in history["messages"]] == ["loud reply", "root"]
    thread = await call("conversations.replies", channel=CHANNEL, ts=root)
    assert [message["text"] for message in thread["messages"]] == ["root", "reply", "loud reply"]
    assert (await call("conversations.replies", channel=CHANNEL, ts="1.0"))["error"] == "thread_not_found"


async def test_a_reply_whose_root_is_gone_becomes_a_message_of_the_channel(slack: SlackStandIn, call: Caller) -> None:
    orphan = await call("chat.postMessage", channel=CHANNEL, text="x", thread_ts="1.0")
    assert orphan["ok"]
    assert "thread_ts" not in orphan["message"]
    assert slack.messages[0].thread_ts is None
    broken = await call("chat.postMessage", channel=CHANNEL, text="x", thread_ts="yesterday")
    assert broken["error"] == "invalid_thread_ts"


async def test_an_update_changes_the_message_and_no_other(slack: SlackStandIn, call: Caller) -> None:
    first = (await call("chat.postMessage", channel=CHANNEL, text="one", metadata=metadata("01A")))["ts"]
    await call("chat.postMessage", channel=CHANNEL, text="two")
    assert (await call("chat.update", channel=CHANNEL, ts=first, text="one, edited"))["ok"]
    assert [message.payload["text"] for message in slack.messages] == ["one, edited", "two"]
    assert slack.messages[0].delivery_id == "01A"
    assert slack.messages[0].edits == 1
    assert (await call("chat.update", channel=CHANNEL, ts="1.0", text="x"))["error"] == "message_not_found"


async def test_tokens_and_scopes_are_checked(slack: SlackStandIn, call: Caller) -> None:
    assert (await call("auth.test"))["user"] == "newswatch"
    assert (await call("auth.test", token=None))["error"] == "not_authed"
    assert (await call("auth.test", token="xoxb-wrong"))["error"] == "invalid_auth"
    slack.scopes.remove("channels:history")
    missing = await call("conversations.history", channel=CHANNEL)
    assert (missing["error"], missing["needed"]) == ("missing_scope", "channels:history")


async def test_messages_slack_would_not_take_are_refused(slack: SlackStandIn, call: Caller) -> None:
    assert (await call("chat.postMessage", channel="C0NOWHERE", text="x"))["error"] == "channel_not_found"
    assert (await call("chat.postMessage", channel=CHANNEL))["error"] == "no_text"
    assert (await call("chat.postMessage", channel=CHANNEL, text="x" * 40_001))["error"] == "msg_too_long"
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}
    refused = await call("chat.postMessage", channel=CHANNEL, text="x", blocks=[section])
    assert refused["error"] == "invalid_blocks"
    assert refused["errors"]
    assert slack.refused[0][0] == "invalid_blocks"
    sections = [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2900}}] * 5
    long = await call("chat.postMessage", channel=CHANNEL, text="x", blocks=sections)
    assert long["error"] == "msg_blocks_too_long"
    slack.archived.add(CHANNEL)
    assert (await call("chat.postMessage", channel=CHANNEL, text="x"))["error"] == "is_archived"
    assert slack.messages == []
    assert (await call("chat.postMassage", channel=CHANNEL))["error"] == "unknown_method"


async def test_incoming_webhooks_answer_in_plain_text(slack: SlackStandIn, client: httpx.AsyncClient) -> None:
    taken = await client.post(slack.webhook_url, json={"text": "hello"})
    assert (taken.status_code, taken.text) == (200, "ok")
    assert [(message.via, message.delivery_id) for message in slack.messages] == [("webhook", None)]
    for url, payload, status, text in (
        (slack.webhook_url, {"nothing": 1}, 400, "no_text"),
        (slack.webhook_url, {"text": "x", "blocks": [{"type": "header"}]}, 400, "invalid_blocks"),
        (slack.url + "/services/T0/B0/wrong", {"text": "x"}, 404, "no_service"),
    ):
        refused = await client.post(url, json=payload)
        assert (refused.status_code, refused.text) == (status, text)
    broken = await client.post(slack.webhook_url, content=b"{", headers={"Content-Type": "application/json"})
    assert (broken.status_code, broken.text) == (400, "invalid_payload")
    assert len(slack.messages) == 1


@pytest.mark.parametrize(
    ("fault", "stored"),
    [("500", 0), ("reset", 0), ("hang", 0), ("stored-500", 1), ("stored-reset", 1), ("stored-hang", 1)],
)
async def test_faults_strike_before_or_after_storing(slack: SlackStandIn, fault: str, stored: int) -> None:
    slack.faults = deque([fault])
    async with httpx.AsyncClient(trust_env=False, timeout=0.3) as client:
        caller = Caller(slack, client)
        arguments: dict[str, Any] = {"channel": CHANNEL, "text": "x", "metadata": metadata("01A")}
        if fault.endswith("500"):
            answer = await client.post(
                slack.api_url + "chat.postMessage", json=arguments, headers={"Authorization": f"Bearer {TOKEN}"}
            )
            assert answer.status_code == 500
        else:
            with pytest.raises(httpx.ReadTimeout if fault.endswith("hang") else httpx.ReadError):
                await caller("chat.postMessage", **arguments)
        assert len(slack.messages) == stored
        await caller("chat.postMessage", **arguments)
    assert slack.duplicates() == ({"01A": 2} if stored else {})


async def test_a_slow_answer_comes_late_for_a_stored_message(slack: SlackStandIn) -> None:
    slack.faults, slack.slow_s = deque(["slow"]), 60
    async with httpx.AsyncClient(trust_env=False, timeout=0.3) as client:
        with pytest.raises(httpx.ReadTimeout):
            await Caller(slack, client)("chat.postMessage", channel=CHANNEL, text="x")
    assert len(slack.messages) == 1
    slack.faults, slack.slow_s = deque(["slow"]), 0.01
    async with httpx.AsyncClient(trust_env=False) as client:
        assert (await Caller(slack, client)("chat.postMessage", channel=CHANNEL, text="x"))["ok"]


async def test_the_limiter_takes_one_message_a_second_after_a_burst(
    clock: VirtualClock, client: httpx.AsyncClient
) -> None:
    async with SlackStandIn(now=clock, burst=2) as slack:

        async def post() -> httpx.Response:
            return await client.post(slack.webhook_url, json={"text": "x"})

        assert [(await post()).status_code for _ in range(3)] == [200, 200, 429]
        limited = await post()
        assert limited.headers["retry-after"] == "1"
        assert limited.json() == {"ok": False, "error": "ratelimited"}
        clock.advance(timedelta(seconds=1))
        assert [(await post()).status_code for _ in range(2)] == [200, 429]
        assert len(slack.messages) == 3


async def test_text_of_a_message_reads_like_the_message(slack: SlackStandIn, call: Caller) -> None:
    highlighted = [{"type": "text", "text": "held a "}, {"type": "text", "text": "summit", "style": {"bold": True}}]
    blocks: list[dict[str, Any]] = [
        {"type": "section", "text": {"type": "mrkdwn", "text": "*High* <https://example.org/a|Fish &amp; chips>"}},
        {"type": "divider"},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "<!date^1778036521^{date}|today>"}]},
        {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": highlighted}]},
    ]
    await call("chat.postMessage", channel=CHANNEL, text="fallback", blocks=blocks)
    assert slack.messages[0].text == "*High* Fish & chips\n---\ntoday\nheld a summit"
    await call("chat.postMessage", channel=CHANNEL, text="a &lt; b <https://example.org>")
    assert slack.messages[1].text == "a < b https://example.org"
