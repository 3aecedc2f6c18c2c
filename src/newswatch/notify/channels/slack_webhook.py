"""Slack's incoming webhooks: simple to set up, but nobody can ask whether a message arrived."""

import json
from datetime import datetime
from urllib.parse import urlsplit

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
from newswatch.notify.channels.base import content, excerpt, from_failure
from newswatch.notify.channels.slack_blocks import plain_payload, slack_payload, to_bytes
from newswatch.notify.channels.slack_outcome import BLOCKS_REFUSED, judge_status
from newswatch.notify.outcome import OnAmbiguous
from newswatch.notify.own_templates import OwnTemplates
from newswatch.notify.pages import fallback_line
from newswatch.notify.settings import AlertSettings, SlackDestination

_PUBLIC_HOSTS = ("hooks.slack.com", "hooks.slack-gov.com")
_FORM_REFUSED = BLOCKS_REFUSED | {"invalid_payload"}


class SlackWebhookChannel:
    """One incoming webhook. At least once: after a lost answer `on_ambiguous` decides."""

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
        """Take a destination with `webhook_url`."""
        self.on_ambiguous: OnAmbiguous = settings.on_ambiguous
        self._own = own
        self._url = settings.webhook_url.get_secret_value() if settings.webhook_url else ""
        self._secrets = (self._url, urlsplit(self._url).path.strip("/"))
        self._zone, self._language = settings.zone, settings.language
        self._timeout_s = alerts.send_timeout
        self._http = http
        self._now = now

    def render(self, message: Message, *, key: str, now: datetime) -> Rendered:
        """Return the payload."""
        payload = slack_payload(message, key=key, zone=self._zone, language=self._language, own=self._own)
        return Rendered(
            "application/json; charset=utf-8", to_bytes(payload), fallback_line(message, self._zone, self._language)
        )

    async def send(self, delivery: Delivery) -> AttemptResult:
        """Post the message; once more as plain text if Slack refuses its form."""
        rendered = content(delivery)
        answer = await self._post(rendered.body)
        degraded = ""
        if isinstance(answer, HttpAnswer) and answer.status == 400 and _code(answer) in _FORM_REFUSED:
            degraded = f" as plain text, after {_code(answer)}"
            answer = await self._post(to_bytes(plain_payload(json.loads(rendered.body))))
        if isinstance(answer, HttpFailure):
            return from_failure(answer, self._secrets)
        if (trouble := judge_status(answer, self._now(), self._secrets)) is not None:
            return trouble
        if answer.body.strip() != b"ok":
            detail = f"unexpected answer: {excerpt(answer.body, self._secrets)}"
            return AttemptResult(Outcome.AMBIGUOUS, detail, answer.status)
        return AttemptResult(Outcome.DELIVERED, f"posted{degraded}", answer.status)

    async def reconcile(self, delivery: Delivery) -> AttemptResult | None:
        """Return None: an incoming webhook can only write."""
        return None

    async def _post(self, body: bytes) -> HttpAnswer | HttpFailure:
        private = urlsplit(self._url).hostname not in _PUBLIC_HOSTS  # compatible servers and stand-ins of the user's
        headers = (("content-type", "application/json; charset=utf-8"),)
        return await self._http(HttpRequest("POST", self._url, headers, body, self._timeout_s, allow_private=private))


def _code(answer: HttpAnswer) -> str:
    return answer.body[:100].decode("utf-8", "replace").strip()
