"""What every channel can do, and how HTTP answers become outcomes."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol

from newswatch.model import AttemptResult, Delivery, FetchReason, HttpFailure, Message, Outcome, Rendered
from newswatch.notify.outcome import OnAmbiguous
from newswatch.notify.text import clean_line
from newswatch.redact import HIDDEN, redact_text

MAX_DETAIL = 300
_MAX_RETRY_AFTER_S = 86400.0
_REPAIRABLE = {FetchReason.BLOCKED_ADDRESS, FetchReason.SCHEME, FetchReason.INVALID_URL}


class Channel(Protocol):
    """A transport to one destination."""

    type: str
    """The kind of destination it serves: email, slack, webhook, apprise, file, feed or terminal."""
    on_ambiguous: OnAmbiguous
    """What to do with a message of unknown outcome when `reconcile` cannot know."""

    def render(self, message: Message, *, key: str, now: datetime) -> Rendered:
        """Return `message` in this channel's form. `key` is the delivery's key, which the receiver will see.

        The same arguments give the same bytes. Never raises, whatever the texts contain, and holds no secret.
        """

    async def send(self, delivery: Delivery) -> AttemptResult:
        """Make one attempt and say what became of it. `delivery.rendered` must be set.

        Never raises for what the receiver or the network does; the client library never repeats on its own.
        """

    async def reconcile(self, delivery: Delivery) -> AttemptResult | None:
        """Find out whether an attempt of unknown outcome arrived. To be called after the guard time.

        DELIVERED if the message is at the receiver, RETRY if it certainly is not, AMBIGUOUS or THROTTLED if looking
        failed, DISABLED if the destination needs repair, None if this channel cannot know: then `on_ambiguous` applies.
        """


def content(delivery: Delivery) -> Rendered:
    """Return what a delivery sends. Raises ValueError if it was not rendered, which is a mistake of the caller."""
    if delivery.rendered is None:
        raise ValueError(f"delivery {delivery.key} has not been rendered")
    return delivery.rendered


def safe_detail(text: str, secrets: Iterable[str] = ()) -> str:
    """Return what a receiver or a library said as one short line, without the given secrets and well-known ones."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return clean_line(redact_text(clean_line(text)), MAX_DETAIL)


def excerpt(body: bytes, secrets: Iterable[str] = ()) -> str:
    """Return the beginning of an answer's body for people."""
    return safe_detail(body[:1000].decode("utf-8", "replace"), secrets)


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds that a Retry-After header asks for (RFC 9110, section 10.2.3), within [0, 1 day]."""
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d+)?", value):
        return min(float(value), _MAX_RETRY_AFTER_S)
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max((at - now).total_seconds(), 0.0), _MAX_RETRY_AFTER_S)


def from_failure(failure: HttpFailure, secrets: Iterable[str] = ()) -> AttemptResult:
    """Return the outcome of a request without an answer."""
    detail = safe_detail(failure.detail, secrets)
    if failure.reason in _REPAIRABLE:
        return AttemptResult(Outcome.DISABLED, detail)
    return AttemptResult(Outcome.AMBIGUOUS if failure.maybe_sent else Outcome.RETRY, detail)
