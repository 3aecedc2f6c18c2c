"""What an HTTP answer means for a fetch. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from newswatch.model import FetchFailure, FetchOutcome, FetchReason, FetchRequest, NotModified, Page

REDIRECTS = frozenset({301, 302, 303, 307, 308})
SUCCESS = frozenset({200, 203, 226})  # 226: RFC 3229, only what is new of a feed; merged like any other answer
MOST_HEADERS = 256
_LONGEST_RETRY_AFTER_S = 7 * 86400


@dataclass(frozen=True, slots=True)
class Answer:
    """One hop: status, headers with lower-case names, and the decoded body if the status is one of success."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes = b""
    raw_bytes: int = 0

    def first(self, name: bytes) -> bytes | None:
        """Return the first header of this (lower-case) name."""
        return next((value for key, value in self.headers if key == name), None)


def failure(request: FetchRequest, reason: FetchReason, detail: str, answer: Answer | None = None) -> FetchFailure:
    """Return why `request` brought nothing; `answer` is the last one, if there was one."""
    return FetchFailure(
        url=request.url,
        reason=reason,
        detail=detail,
        status=answer.status if answer else None,
        headers=answer.headers if answer else (),
    )


def judge(request: FetchRequest, final_url: str, answer: Answer, now: datetime) -> FetchOutcome:
    """Return what an answer that is no redirect means. Times and redirects are for the caller to fill in."""
    status = answer.status
    if status in SUCCESS:
        content_type = answer.first(b"content-type")
        return Page(
            url=request.url,
            final_url=final_url,
            status=status,
            body=answer.body,
            content_type=None if content_type is None else content_type.decode("latin-1"),
            etag=answer.first(b"etag"),
            last_modified=answer.first(b"last-modified"),
            headers=answer.headers,
            redirects=(),
            fetched_at=now,
            elapsed_s=0.0,
            raw_bytes=answer.raw_bytes,
        )
    if status == 304:
        if not (request.etag or request.last_modified):
            detail = "the server answers 304 (not modified) although nothing was said to be known"
            return failure(request, FetchReason.HTTP, detail, answer)
        return NotModified(
            url=request.url,
            final_url=final_url,
            etag=answer.first(b"etag"),
            last_modified=answer.first(b"last-modified"),
            headers=answer.headers,
            redirects=(),
            fetched_at=now,
            elapsed_s=0.0,
        )
    wait_s = retry_after_s(answer.first(b"retry-after"), answer.first(b"date"), now)
    if status == 410:
        reason = FetchReason.GONE
    elif status == 429 or (status == 503 and wait_s is not None):
        reason = FetchReason.RATE_LIMITED
    else:
        reason = FetchReason.HTTP
    wish = "" if wait_s is None else f" and asks to wait {wait_s} s"
    return FetchFailure(
        url=request.url,
        reason=reason,
        detail=f"the server answers {status}{_phrase(status)}{wish}",
        status=status,
        retry_after_s=wait_s,
        headers=answer.headers,
    )


def retry_after_s(value: bytes | None, date: bytes | None, now: datetime) -> int | None:
    """Return the seconds a server asks to wait, at most 7 days; None if it says nothing usable (RFC 9110, 10.2.3).

    A date is compared with the server's own clock (`date`) where it has one.
    """
    if value is None:
        return None
    text = value.decode("latin-1").strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:12]), _LONGEST_RETRY_AFTER_S)
    until = http_date(text)
    if until is None:
        return None
    wait = (until - (http_date((date or b"").decode("latin-1")) or now)) // timedelta(seconds=1)
    return min(wait, _LONGEST_RETRY_AFTER_S) if wait > 0 else None


def http_date(text: str) -> datetime | None:
    """Return the instant of an HTTP date (RFC 9110, 5.6.7), None if it is not one."""
    try:
        parsed = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _phrase(status: int) -> str:
    try:
        return f" ({HTTPStatus(status).phrase.lower()})"
    except ValueError:
        return ""
