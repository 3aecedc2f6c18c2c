"""A Slack stand-in: the Web API calls that newswatch makes and incoming webhooks, with Slack's limits and with faults.

What it stores outlives the daemon under test, so that a test can kill the daemon and count what came twice.
Sources: docs.slack.dev, pages of chat.postMessage, conversations.history, rate limits, message metadata and incoming
webhooks.
"""

import json
import math
import re
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl

from newswatch.clock import Now, system_now
from newswatch.demo.loopback import Answer, Ending, LoggedRequest, LoopbackServer, Request
from newswatch.demo.slacktext import slack_text
from newswatch.notify.channels.slack_limits import check_blocks

TOKEN = "xoxb-demo-000000000000-newswatch"  # noqa: S105 - of the stand-in only
CHANNEL = "C0DEMODESK"
WEBHOOK_PATH = "/services/T0DEMO/B0DEMO/newswatchdemo"
FAULTS = ("ok", "500", "429", "reset", "hang", "slow", "stored-500", "stored-reset", "stored-hang")
"""Steps of `SlackStandIn.faults`. `stored-*`: the message is there, but its sender does not learn it."""

_HISTORY_DEFAULT, _HISTORY_MAX = 100, 999
_MAX_TEXT = 40_000
_TS = re.compile(r"\d+\.\d+")


@dataclass(slots=True)
class SlackMessage:
    """One stored message, as Slack keeps it."""

    channel: str
    ts: str
    payload: dict[str, Any]  # as the sender gave it, later edits included
    via: str  # api | webhook
    thread_ts: str | None = None
    edits: int = 0

    @property
    def delivery_id(self) -> str | None:
        """The sender's own id from the message metadata, None without one."""
        metadata = self.payload.get("metadata") or {}
        value = (metadata.get("event_payload") or {}).get("delivery_id")
        return None if value is None else str(value)

    @property
    def text(self) -> str:
        """The message as plain text, blocks included."""
        return slack_text(self.payload)

    def as_api(self, *, with_metadata: bool) -> dict[str, Any]:
        """Return the message as the history methods show it."""
        shown: dict[str, Any] = {"type": "message", "ts": self.ts, "text": self.payload.get("text", "")}
        shown |= {"user": "U0DEMOBOT", "bot_id": "B0DEMOBOT", "blocks": self.payload.get("blocks", [])}
        if self.thread_ts is not None:
            shown["thread_ts"] = self.thread_ts
        if self.edits:
            shown["edited"] = {"user": "U0DEMOBOT", "ts": self.ts}
        if with_metadata and "metadata" in self.payload:
            shown["metadata"] = self.payload["metadata"]
        return shown


@dataclass(slots=True)
class _Limiter:
    """So many messages a second for each channel, short bursts allowed: a token bucket."""

    rate: float
    burst: float
    levels: dict[str, tuple[float, float]] = field(default_factory=dict)  # channel -> (level, at)

    def wait_s(self, channel: str, at: float) -> float:
        """Take one token, or return the seconds until there is one."""
        level, last = self.levels.get(channel, (self.burst, at))
        level = min(self.burst, level + (at - last) * self.rate)
        if level < 1:
            self.levels[channel] = (level, at)
            return (1 - level) / self.rate
        self.levels[channel] = (level - 1, at)
        return 0.0


class SlackStandIn:
    """Slack on loopback. An async context manager.

    `faults` is used up from the left, one step for each message that is sent (see FAULTS); `messages` holds what was
    stored, in the order of arrival; `refused` the errors of payloads that Slack would not take.
    """

    def __init__(
        self,
        *,
        now: Now = system_now,
        limiter: bool = True,
        rate: float = 1.0,
        burst: int = 3,
        latency_s: float = 0.0,
        port: int = 0,
    ) -> None:
        """`limiter` switches the limit of `rate` messages a second for a channel, `latency_s` delays every answer."""
        self.messages: list[SlackMessage] = []
        self.refused: list[tuple[str, tuple[str, ...]]] = []
        self.faults: deque[str] = deque()
        self.slow_s = 5.0
        self.latency_s = latency_s
        self.appears_s = 0.0  # after which a stored message is in the history, as if its request were still on the way
        self.channels: dict[str, str] = {CHANNEL: "news-desk"}
        self.archived: set[str] = set()
        self.tokens: set[str] = {TOKEN}
        self.scopes: set[str] = {"chat:write", "channels:history"}
        self._now = now
        self._limiter = _Limiter(rate, float(burst)) if limiter else None
        self._last_ts = 0
        self._server = LoopbackServer(self._handle, now=now, port=port)

    @property
    def requests(self) -> list[LoggedRequest]:
        """Every request so far."""
        return self._server.requests

    @property
    def url(self) -> str:
        """Address without a final slash."""
        return self._server.url

    @property
    def port(self) -> int:
        """Port of the stand-in."""
        return self._server.port

    @property
    def rate(self) -> float:
        """How many messages a second it takes for each channel; 0 without a limit."""
        return self._limiter.rate if self._limiter is not None else 0

    @property
    def api_url(self) -> str:
        """What `api_url` of a Slack destination is set to."""
        return f"{self.url}/api/"

    @property
    def webhook_url(self) -> str:
        """The incoming webhook of the demo's channel."""
        return self.url + WEBHOOK_PATH

    async def __aenter__(self) -> Self:
        """Start."""
        await self._server.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        await self._server.stop()

    def duplicates(self) -> dict[str, int]:
        """Return the delivery ids that arrived more than once by the API, with how often."""
        counts = Counter(message.delivery_id for message in self.messages if message.via == "api")
        return {key: count for key, count in counts.items() if key is not None and count > 1}

    def _handle(self, request: Request) -> Answer:
        if request.path == WEBHOOK_PATH:
            return self._webhook(request)
        if request.path.startswith("/services/"):
            return Answer(404, b"no_service", "text/plain", delay_s=self.latency_s)
        if not request.path.startswith("/api/"):
            return Answer(404, b"not found", "text/plain", delay_s=self.latency_s)
        method = request.path.removeprefix("/api/")
        handlers = {
            "auth.test": self._auth_test,
            "chat.postMessage": self._post_message,
            "chat.update": self._update,
            "conversations.history": self._history,
            "conversations.replies": self._replies,
        }
        if method not in handlers:
            return self._error("unknown_method", req_method=method)
        arguments = _arguments(request)
        if arguments is None:
            return self._error("invalid_json")
        problem = self._unauthorised(request, arguments, method)
        return problem or handlers[method](arguments)

    def _unauthorised(self, request: Request, arguments: Mapping[str, Any], method: str) -> Answer | None:
        header = request.header("authorization")
        token = header.removeprefix("Bearer ") if header else arguments.get("token")
        if not token:
            return self._error("not_authed")
        if token not in self.tokens:
            return self._error("invalid_auth")
        needed = {"chat": "chat:write", "conversations": "channels:history"}.get(method.split(".", maxsplit=1)[0])
        if needed is not None and needed not in self.scopes:
            return self._error("missing_scope", needed=needed, provided=",".join(sorted(self.scopes)))
        return None

    def _auth_test(self, arguments: Mapping[str, Any]) -> Answer:
        return self._ok(
            url="https://demo-desk.slack.com/", team="Demo desk", user="newswatch", team_id="T0DEMO",
            user_id="U0DEMOBOT", bot_id="B0DEMOBOT",
        )  # fmt: skip

    def _post_message(self, arguments: dict[str, Any]) -> Answer:
        channel = str(arguments.get("channel", ""))
        if problem := self._problem(channel, arguments):
            return self._error(problem[0], errors=problem[1])
        root = None if arguments.get("thread_ts") is None else str(arguments["thread_ts"])
        if root is not None and _TS.fullmatch(root) is None:
            return self._error("invalid_thread_ts")
        if root is not None and self._find(channel, root) is None:
            root = None  # Slack does not refuse a reply whose root is gone: it becomes a message of the channel

        def store() -> Answer:
            message = self._store(channel, arguments, "api", root)
            return self._ok(channel=channel, ts=message.ts, message=message.as_api(with_metadata=True))

        return self._send(channel, store)

    def _webhook(self, request: Request) -> Answer:
        if request.method != "POST":
            return Answer(405, b"method_not_allowed", "text/plain", delay_s=self.latency_s)
        payload = _arguments(request)
        if payload is None:
            return Answer(400, b"invalid_payload", "text/plain", delay_s=self.latency_s)
        if CHANNEL in self.archived:
            return Answer(410, b"channel_is_archived", "text/plain", delay_s=self.latency_s)
        if problem := self._problem(CHANNEL, payload):
            return Answer(400, problem[0].encode(), "text/plain", delay_s=self.latency_s)

        def store() -> Answer:
            self._store(CHANNEL, payload, "webhook", None)
            return Answer(200, b"ok", "text/html", delay_s=self.latency_s)

        return self._send(CHANNEL, store)

    def _update(self, arguments: dict[str, Any]) -> Answer:
        channel = str(arguments.get("channel", ""))
        if problem := self._problem(channel, arguments):
            return self._error(problem[0], errors=problem[1])
        message = self._find(channel, str(arguments.get("ts", "")))
        if message is None:
            return self._error("message_not_found")
        changes = {name: value for name, value in arguments.items() if name not in ("channel", "ts", "token")}
        message.payload = message.payload | changes
        message.edits += 1
        return self._ok(channel=channel, ts=message.ts, text=message.payload.get("text", ""))

    def _history(self, arguments: Mapping[str, Any]) -> Answer:
        channel = str(arguments.get("channel", ""))
        if channel not in self.channels:
            return self._error("channel_not_found")
        roots = [
            message
            for message in self.messages
            if message.channel == channel and (message.thread_ts is None or message.payload.get("reply_broadcast"))
        ]
        return self._page(sorted(roots, key=lambda message: float(message.ts), reverse=True), arguments)

    def _replies(self, arguments: Mapping[str, Any]) -> Answer:
        channel, ts = str(arguments.get("channel", "")), str(arguments.get("ts", ""))
        if channel not in self.channels:
            return self._error("channel_not_found")
        if self._find(channel, ts) is None:
            return self._error("thread_not_found")
        thread = [
            message for message in self.messages if message.channel == channel and ts in (message.ts, message.thread_ts)
        ]
        return self._page(sorted(thread, key=lambda message: float(message.ts)), arguments)

    def _page(self, messages: list[SlackMessage], arguments: Mapping[str, Any]) -> Answer:
        oldest = float(arguments.get("oldest") or 0)
        latest = float(arguments.get("latest") or math.inf)
        inclusive = _truth(arguments.get("inclusive"))
        chosen = [
            message
            for message in messages
            if (oldest < float(message.ts) < latest or (inclusive and float(message.ts) in (oldest, latest)))
            # Messages of one instant have stamps a little later than it, so that each has its own.
            and (not self.appears_s or float(message.ts) + self.appears_s <= self._now().timestamp())
        ]
        limit = int(arguments.get("limit") or _HISTORY_DEFAULT)
        if not 1 <= limit <= _HISTORY_MAX:
            return self._error("invalid_limit")
        start = int(arguments.get("cursor") or 0)
        part = chosen[start : start + limit]
        more = start + limit < len(chosen)
        with_metadata = _truth(arguments.get("include_all_metadata"))
        return self._ok(
            messages=[message.as_api(with_metadata=with_metadata) for message in part],
            has_more=more,
            response_metadata={"next_cursor": str(start + limit) if more else ""},
        )

    def _problem(self, channel: str, payload: Mapping[str, Any]) -> tuple[str, list[str]] | None:
        """Return Slack's error code for a message it would not take, with the details."""
        if channel not in self.channels:
            return "channel_not_found", []
        if channel in self.archived:
            return "is_archived", []
        if not payload.get("text") and not payload.get("blocks"):
            return "no_text", []
        if len(str(payload.get("text", ""))) > _MAX_TEXT:
            return "msg_too_long", []
        errors = check_blocks(dict(payload))
        if not errors:
            return None
        code = "msg_blocks_too_long" if any("msg_blocks_too_long" in error for error in errors) else "invalid_blocks"
        self.refused.append((code, tuple(errors)))
        return code, list(errors)

    def _send(self, channel: str, store: Callable[[], Answer]) -> Answer:
        """Apply the limiter and the next fault to a message that is fit to be stored."""
        if self._limiter is not None and (wait := self._limiter.wait_s(channel, self._now().timestamp())):
            return self._limited(max(1, math.ceil(wait)))
        fault = self.faults.popleft() if self.faults else "ok"
        if fault == "ok":
            return store()
        if fault == "slow":
            answer = store()
            return Answer(answer.status, answer.body, answer.content_type, delay_s=self.slow_s)
        if fault == "429":
            return self._limited(1)
        if fault.startswith("stored-"):
            store()
            fault = fault.removeprefix("stored-")
        if fault == "500":
            return Answer(500, b"internal error", "text/plain", delay_s=self.latency_s)
        return Answer(ending=Ending(fault), delay_s=self.latency_s)

    def _limited(self, seconds: int) -> Answer:
        body = json.dumps({"ok": False, "error": "ratelimited"}).encode()
        headers = (("Retry-After", str(seconds)),)
        return Answer(429, body, "application/json", headers=headers, delay_s=self.latency_s)

    def _store(self, channel: str, payload: dict[str, Any], via: str, thread_ts: str | None) -> SlackMessage:
        # ts is the instant in microseconds and unique in the channel
        self._last_ts = max(self._last_ts + 1, int(self._now().timestamp() * 1_000_000))
        ts = f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"
        message = SlackMessage(channel, ts, payload, via, thread_ts)
        self.messages.append(message)
        return message

    def _find(self, channel: str, ts: str) -> SlackMessage | None:
        return next((item for item in self.messages if item.channel == channel and item.ts == ts), None)

    def _ok(self, **values: Any) -> Answer:
        return self._json({"ok": True, **values})

    def _error(self, code: str, **values: Any) -> Answer:
        return self._json({"ok": False, "error": code} | {key: value for key, value in values.items() if value})

    def _json(self, values: dict[str, Any]) -> Answer:
        body = json.dumps(values, ensure_ascii=False).encode()
        return Answer(200, body, "application/json; charset=utf-8", delay_s=self.latency_s)


def _arguments(request: Request) -> dict[str, Any] | None:
    """Return a call's arguments from JSON, form or query; None where the body cannot be read."""
    arguments: dict[str, Any] = dict(request.query)
    content_type = (request.header("content-type") or "").lower()
    if not request.body:
        return arguments
    if "json" in content_type:
        try:
            body = json.loads(request.body)
        except ValueError:
            return None
        return arguments | body if isinstance(body, dict) else None
    form: dict[str, Any] = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    for name in ("blocks", "metadata", "attachments", "payload"):
        if name in form:
            try:
                form[name] = json.loads(form[name])
            except ValueError:
                return None
    payload = form.pop("payload", {})  # the form variant of an incoming webhook
    return arguments | form | payload if isinstance(payload, dict) else None


def _truth(value: Any) -> bool:
    return value is True or str(value).lower() in ("1", "true")
