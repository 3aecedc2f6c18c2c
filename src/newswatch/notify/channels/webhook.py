"""Webhooks signed as Standard Webhooks describes.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import hashlib
import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Sequence
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
from newswatch.notify.channels.base import content, excerpt, from_failure, retry_after
from newswatch.notify.channels.payload import CLOUD_EVENTS, cloud_event, payload, to_bytes
from newswatch.notify.outcome import OnAmbiguous
from newswatch.notify.own_templates import OwnTemplates
from newswatch.notify.pages import fallback_line
from newswatch.notify.settings import AlertSettings, WebhookDestination

_NEEDS_REPAIR = (401, 403, 404, 410)  # 410: "the receiver wants no more", as the specification says
_WORTH_RETRYING = (408, 425)


def signatures(secrets: Sequence[str], *, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the `webhook-signature` header: one v1 signature (HMAC-SHA256) for each secret, separated by spaces.

    `secrets` are base64, with or without `whsec_`; `timestamp` is in seconds since 1970.
    """
    signed = f"{message_id}.{timestamp}.".encode() + body
    return " ".join(
        "v1," + b64encode(hmac.new(b64decode(secret.removeprefix("whsec_")), signed, hashlib.sha256).digest()).decode()
        for secret in secrets
    )


class WebhookChannel:
    """One webhook. The id stays the same for every attempt, so a receiver can drop what it already has."""

    type = "webhook"
    on_ambiguous: OnAmbiguous = "resend"

    def __init__(
        self,
        settings: WebhookDestination,
        *,
        alerts: AlertSettings,
        http: HttpSend,
        now: Now,
        own: OwnTemplates | None = None,
    ) -> None:
        self._own = own
        self._url = settings.url.get_secret_value()
        self._allow_private = settings.allow_private
        self._timeout_s = alerts.send_timeout
        self._http = http
        self._now = now
        self._zone, self._language = settings.zone, settings.language
        self._event_source = settings.event_source if settings.body == "cloudevents" else None
        secrets = (settings.secret, settings.previous_secret)
        self._keys = [secret.get_secret_value() for secret in secrets if secret is not None]
        parts = urlsplit(self._url)
        self._secrets = (self._url, parts.query, parts.path if len(parts.path) > 1 else "", *self._keys)

    def render(self, message: Message, *, key: str, now: datetime) -> Rendered:
        """Return the JSON document of `payload`, the CloudEvent around its data, or what the user's template says."""
        summary = fallback_line(message, self._zone, self._language)
        if self._own is not None:
            own = self._own.write("webhook.json", message, key=key, zone=self._zone, language=self._language)
            if own is not None:
                return Rendered("application/json", to_bytes(json.loads(own)), summary)
        if self._event_source is None:
            return Rendered("application/json", to_bytes(payload(message, key=key, now=now)), summary)
        event = cloud_event(message, key=key, now=now, source=self._event_source)
        return Rendered(CLOUD_EVENTS, to_bytes(event), summary)

    async def send(self, delivery: Delivery) -> AttemptResult:
        """POST the document once, with a signature for this moment."""
        rendered = content(delivery)
        timestamp = int(self._now().timestamp())
        headers = [
            ("content-type", rendered.content_type),
            ("webhook-id", delivery.key),
            ("webhook-timestamp", str(timestamp)),
        ]
        if self._keys:
            signed = signatures(self._keys, message_id=delivery.key, timestamp=timestamp, body=rendered.body)
            headers.append(("webhook-signature", signed))
        request = HttpRequest("POST", self._url, tuple(headers), rendered.body, self._timeout_s, self._allow_private)
        answer = await self._http(request)
        return from_failure(answer, self._secrets) if isinstance(answer, HttpFailure) else self._judge(answer)

    async def reconcile(self, delivery: Delivery) -> AttemptResult | None:
        """Return None: a webhook receiver cannot be asked."""
        return None

    def _judge(self, answer: HttpAnswer) -> AttemptResult:
        status = answer.status
        detail = f"HTTP {status}" + (f": {excerpt(answer.body, self._secrets)}" if answer.body else "")
        wait = retry_after(answer.headers, self._now())
        if 200 <= status < 300:
            return AttemptResult(Outcome.DELIVERED, f"HTTP {status}", status)
        if status == 429:
            return AttemptResult(Outcome.THROTTLED, detail, status, retry_after_s=wait)
        if status in _NEEDS_REPAIR:
            return AttemptResult(Outcome.DISABLED, detail, status)
        if 300 <= status < 400:
            hint = f"HTTP {status}: it redirects, which webhooks do not follow; configure the final address"
            return AttemptResult(Outcome.DISABLED, hint, status)
        if status >= 500 or status in _WORTH_RETRYING:
            return AttemptResult(Outcome.RETRY, detail, status, retry_after_s=wait)
        return AttemptResult(Outcome.REJECTED, detail, status)
