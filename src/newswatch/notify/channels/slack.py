"""Slack with a bot token: a look into the channel's history keeps a message from being posted twice."""

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from newswatch.clock import Now
from newswatch.model import (
    AttemptResult,
    Delivery,
    HttpAnswer,
    HttpFailure,
    HttpRequest,
    HttpSend,
    Message,
    Outcome,
    Rendered,
)
from newswatch.notify.channels.base import content, from_failure
from newswatch.notify.channels.slack_blocks import EVENT_TYPE, plain_payload, reply_payload, slack_payload, to_bytes
from newswatch.notify.channels.slack_outcome import BLOCKS_REFUSED, judge_error, judge_status
from newswatch.notify.outcome import OnAmbiguous
from newswatch.notify.own_templates import OwnTemplates
from newswatch.notify.pages import fallback_line
from newswatch.notify.settings import AlertSettings, SlackDestination

DEFAULT_API = "https://slack.com/api/"
CLOCK_SKEW = timedelta(minutes=15)
"""How far our clock may differ from Slack's before a look-up begins too late to see the message."""

_PAGE = 200
_MAX_PAGES = 50
_CANNOT_LOOK = frozenset({"missing_scope", "not_allowed_token_type", "method_deprecated", "no_permission"})
_THREAD_GONE = frozenset({"thread_not_found", "message_not_found"})
_EDIT_TIMEOUT_S = 5.0  # an edit can fail without harm, and must not use up the time that the reply has
_JSON = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer of the API: its JSON, or what went wrong."""

    data: dict[str, Any]
    trouble: AttemptResult | None = None
    error: str | None = None  # Slack's code


@dataclass(frozen=True, slots=True)
class _Look:
    """What a look-up found; `error` is Slack's code where it refused."""

    result: AttemptResult | None
    error: str | None = None


class SlackChannel:
    """One channel of a workspace, written to by an app's bot user."""

    type = "slack"

    def __init__(
        self,
        settings: SlackDestination,
        *,
        alerts: AlertSettings,
        http: HttpSend,
        now: Now,
        own: OwnTemplates | None = None,
    ) -> None:
        """Take a destination with `token` and `channel`."""
        self.on_ambiguous: OnAmbiguous = settings.on_ambiguous
        self._own = own
        self._token = settings.token.get_secret_value() if settings.token else ""
        self._channel = settings.channel or ""
        self._api = str(settings.api_url).rstrip("/") + "/"
        self._zone, self._language = settings.zone, settings.language
        self._timeout_s = alerts.send_timeout
        self._http = http
        self._now = now

    def render(self, message: Message, *, key: str, now: datetime) -> Rendered:
        """Return the payload of chat.postMessage; `metadata` carries the delivery's key."""
        whole = {
            "channel": self._channel,
            **slack_payload(message, key=key, zone=self._zone, language=self._language, own=self._own),
        }
        summary = fallback_line(message, self._zone, self._language)
        root = message.root
        if root is None or root.ref is None:
            return Rendered(_JSON, to_bytes(whole), summary)
        # The reply, the message that stands for itself should the root be gone, and the root with its new counts.
        reply = {
            "channel": self._channel,
            **reply_payload(message, key=key, zone=self._zone, language=self._language, own=self._own),
        }
        meta = {"thread_ref": root.ref, "alone": to_bytes(whole).decode("utf-8")}
        if message.graver:
            reply["reply_broadcast"] = True
        if root.message is not None:
            edited = slack_payload(root.message, key=root.key, zone=self._zone, language=self._language, own=self._own)
            meta["edit"] = to_bytes({"channel": self._channel, "ts": root.ref, **edited}).decode("utf-8")
        return Rendered(_JSON, to_bytes(reply), summary, meta)

    async def send(self, delivery: Delivery) -> AttemptResult:
        """Post the message; once more as plain text if Slack refuses its blocks.

        A follow-up first brings the counts of its root up to date, which can be repeated without harm. Where the root
        is gone, it is posted to the channel as a message of its own.
        """
        rendered = content(delivery)
        payload: dict[str, Any] = json.loads(rendered.body)
        if delivery.thread_ref is None:
            return (await self._publish(payload))[0]
        edit = await self._edit(rendered.meta["edit"]) if "edit" in rendered.meta else _Answer({})
        if edit.trouble is not None and edit.trouble.outcome is Outcome.THROTTLED:
            return edit.trouble
        if edit.error not in _THREAD_GONE:
            payload["thread_ts"] = delivery.thread_ref
            result, error = await self._publish(payload)
            if error not in _THREAD_GONE:
                return result
        alone = json.loads(rendered.meta["alone"]) if "alone" in rendered.meta else json.loads(rendered.body)
        result, _ = await self._publish(alone)
        return replace(result, began_thread=True)

    async def _publish(self, payload: dict[str, Any]) -> tuple[AttemptResult, str | None]:
        """Post a message. Return the outcome and Slack's code where it refused."""
        answer = await self._post(to_bytes(payload))
        degraded = ""
        if answer.error in BLOCKS_REFUSED:
            degraded = f" as plain text, after {answer.error}"
            answer = await self._post(to_bytes(plain_payload(payload)))
        if answer.trouble is not None:
            return answer.trouble, answer.error
        ts = answer.data.get("ts")
        if not isinstance(ts, str):
            return AttemptResult(Outcome.AMBIGUOUS, "Slack's answer names no message", 200), None
        return AttemptResult(Outcome.DELIVERED, f"posted to {self._channel}{degraded}", 200, ts), None

    async def reconcile(self, delivery: Delivery) -> AttemptResult | None:
        """Look for the delivery's key in the metadata of the channel's (or the thread's) messages.

        Looks back to the start of the attempt. Returns None if the app may not read the channel.
        """
        began = delivery.sending_since or delivery.created_at
        query = {
            "channel": self._channel,
            "oldest": f"{(began - CLOCK_SKEW).timestamp():.6f}",
            "include_all_metadata": "true",
            "limit": str(_PAGE),
        }
        if delivery.thread_ref:
            found = await self._look("conversations.replies", {**query, "ts": delivery.thread_ref}, delivery.key)
            absent = found.result is not None and found.result.outcome is Outcome.RETRY
            if found.error not in _THREAD_GONE and not absent:
                return found.result
        # A reply to a root that is gone becomes a message of the channel.
        alone = (await self._look("conversations.history", query, delivery.key)).result
        if delivery.thread_ref and alone is not None and alone.outcome is Outcome.DELIVERED:
            return replace(alone, began_thread=True)
        return alone

    async def _look(self, method: str, query: dict[str, str], key: str) -> _Look:
        """Go through the pages of one method."""
        for _ in range(_MAX_PAGES):
            answer = await self._get(method, query)
            if answer.error in _CANNOT_LOOK:
                return _Look(None, answer.error)
            if answer.trouble is not None:
                return _Look(_look_failed(answer.trouble), answer.error)
            messages = answer.data.get("messages")
            if not isinstance(messages, list):
                return _Look(AttemptResult(Outcome.AMBIGUOUS, f"Slack's answer to {method} holds no messages", 200))
            for message in messages:
                if _delivery_id(message) == key:
                    found = AttemptResult(Outcome.DELIVERED, "found in the channel", 200, str(message.get("ts")))
                    return _Look(found)
            cursor = _next_cursor(answer.data)
            if not cursor:
                return _Look(AttemptResult(Outcome.RETRY, "not in the channel", 200))
            query = {**query, "cursor": cursor}
        return _Look(AttemptResult(Outcome.AMBIGUOUS, f"more than {_PAGE * _MAX_PAGES} messages to look through"))

    async def _post(self, body: bytes) -> _Answer:
        return await self._call("POST", "chat.postMessage", body, ("content-type", _JSON))

    async def _edit(self, body: str) -> _Answer:
        return await self._call(
            "POST", "chat.update", body.encode(), ("content-type", _JSON), timeout_s=_EDIT_TIMEOUT_S
        )

    async def _get(self, method: str, query: dict[str, str]) -> _Answer:
        return await self._call("GET", f"{method}?{urlencode(query)}", b"")

    async def _call(
        self, verb: str, path: str, body: bytes, *headers: tuple[str, str], timeout_s: float | None = None
    ) -> _Answer:
        request = HttpRequest(
            verb,
            self._api + path,
            (("authorization", f"Bearer {self._token}"), *headers),
            body,
            min(timeout_s or self._timeout_s, self._timeout_s),
            # An API elsewhere is one that the user set up: a proxy, or a stand-in on this machine.
            allow_private=self._api != DEFAULT_API,
            max_bytes=10_000_000,
        )
        answer = await self._http(request)
        if isinstance(answer, HttpFailure):
            return _Answer({}, from_failure(answer, [self._token]))
        return self._read(answer)

    def _read(self, answer: HttpAnswer) -> _Answer:
        data = _json(answer.body)
        code = data.get("error")
        error = code if isinstance(code, str) else None
        if (trouble := judge_status(answer, self._now(), [self._token])) is not None:
            return _Answer(data, trouble, error)
        if data.get("ok") is True:
            return _Answer(data)
        if error is None:
            return _Answer(data, AttemptResult(Outcome.AMBIGUOUS, "Slack's answer cannot be read", answer.status))
        return _Answer(data, judge_error(error, answer.status), error)


def _json(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def _delivery_id(message: Any) -> str | None:
    metadata = message.get("metadata") if isinstance(message, dict) else None
    if not isinstance(metadata, dict) or metadata.get("event_type") != EVENT_TYPE:
        return None
    payload = metadata.get("event_payload")
    found = payload.get("delivery_id") if isinstance(payload, dict) else None
    return found if isinstance(found, str) else None


def _next_cursor(data: dict[str, Any]) -> str:
    following = data.get("response_metadata")
    cursor = following.get("next_cursor") if isinstance(following, dict) else None
    return cursor if isinstance(cursor, str) else ""


def _look_failed(trouble: AttemptResult) -> AttemptResult:
    """Turn the trouble of a look-up into what it says about the message: nothing."""
    if trouble.outcome in (Outcome.THROTTLED, Outcome.DISABLED):
        return trouble
    return AttemptResult(Outcome.AMBIGUOUS, trouble.detail, trouble.status, retry_after_s=trouble.retry_after_s)
