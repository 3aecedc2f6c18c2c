"""When to ask a feed next, and what its answer changes about it. Pure.

    wish      the user's interval, or half the mean time between new entries; half of that if half of a document is new
    floor     `min_interval`; `min_interval_unvalidated` for servers that always send everything
    server    the longest of Cache-Control/Expires of this answer and ttl/sy:updatePeriod of the document
    interval  min(max(wish, floor, server), max_interval), then up to `jitter` of it added (but no more than the cap)

A failure waits `min_interval` first and then at least twice as long each time, up to `max_interval`. Nothing but 410
ends the polling of a feed.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b

from newswatch.collect.answers import http_date
from newswatch.collect.health import health, health_event
from newswatch.collect.rates import arrivals_of, entries_per_day, gaps_after, pushed_per_day
from newswatch.collect.settings import PollingSettings
from newswatch.collect.targets import BadTarget, read_target
from newswatch.model import (
    Feed,
    FeedDocument,
    FeedEvent,
    FeedRejected,
    FeedStatus,
    FetchFailure,
    FetchOutcome,
    FetchReason,
    NotModified,
    Page,
    PollDecision,
    PollPlan,
    Redirect,
)
from newswatch.redact import redact_url
from newswatch.settings import format_duration

_OWN_FLOOR_S = 300.0  # below this not even the user's own interval goes, unless min_interval itself is lower
_POLLS_PER_ENTRY = 2.0
_PERMANENT = frozenset({301, 308})
_REDIRECT_POLLS = 5
_REDIRECT_AGE = timedelta(hours=48)
_FULL_FEED = 5  # entries; with fewer, "all are new" says little
_WEEK_H = 7 * 24
_FIRST_POLLS_A_SECOND = 10


@dataclass(frozen=True, slots=True)
class _Next:
    """A wait in seconds, and in words why it is that."""

    seconds: float
    reason: str


def first_poll_at(now: datetime, n: int, of: int) -> datetime:
    """Return when the `n`-th (from 0) of `of` feeds that became due together is to be asked.

    One new feed is due at once; many start ten a second, so that an import is no burst.
    """
    return now + timedelta(seconds=n / _FIRST_POLLS_A_SECOND if of > _FIRST_POLLS_A_SECOND else 0)


def after_poll(
    feed: Feed,
    outcome: FetchOutcome,
    *,
    document: FeedDocument | FeedRejected | None,
    new_entries: int,
    unchanged_body: bool,
    now: datetime,
    settings: PollingSettings,
    jitter: float,
) -> PollDecision:
    """Return the feed as it is to be stored after a poll, when to ask next, and what a person may want to know.

    `document` is what parsing made of a Page; None for other outcomes, and where `unchanged_body` says that the body is
    the one parsed last. `new_entries` counts the entries stored for the first time. `jitter` is a random number in
    [0, 1).
    """
    polled = replace(feed, polls=feed.polls + 1, last_poll_at=now)
    if isinstance(outcome, Page) and isinstance(document, FeedRejected):
        outcome = FetchFailure(feed.url, document.reason, document.detail, outcome.status, headers=outcome.headers)
    if isinstance(outcome, FetchFailure):
        decision = _after_failure(polled, outcome, now, settings, jitter)
    else:
        decision = _after_success(
            polled,
            outcome,
            document if isinstance(document, FeedDocument) else None,
            new_entries=new_entries,
            unchanged_body=unchanged_body,
            now=now,
            settings=settings,
            jitter=jitter,
        )
    return _with_health(feed, decision, now, settings)


def _with_health(before: Feed, decision: PollDecision, now: datetime, settings: PollingSettings) -> PollDecision:
    found = health(decision.feed, now, settings)
    event = health_event(before, found)
    judged = replace(
        decision.feed,
        health=found.state,
        health_reason=found.reason,
        health_detail=found.detail,
        health_since=now if found.state != before.health or before.health_since is None else before.health_since,
    )
    return PollDecision(judged, decision.plan, (*decision.events, event) if event else decision.events)


# --- failures ------------------------------------------------------------------------------------------------------


def _after_failure(
    feed: Feed, failure: FetchFailure, now: datetime, settings: PollingSettings, jitter: float
) -> PollDecision:
    """Keep validators and everything else that is known; ask again later and later."""
    count = feed.fail_count + 1
    failed = replace(feed, fail_count=count, last_reason=failure.reason.value, last_error=failure.detail)
    if failure.reason is FetchReason.GONE:
        plan = PollPlan(now + timedelta(seconds=settings.max_interval), round(settings.max_interval), "gone for good")
        return PollDecision(replace(failed, status=FeedStatus.GONE, next_poll_at=None), plan)
    wait = _backoff(count, settings, jitter)
    if failure.retry_after_s:
        wished = failure.retry_after_s * (1 + settings.jitter * jitter)
        if wished > wait.seconds:
            wait = _Next(wished, f"the server asks to wait {format_duration(failure.retry_after_s)}")
    next_at = _outside_window(now + timedelta(seconds=wait.seconds), feed.skip_hours, feed.skip_days)
    plan = PollPlan(next_at, _whole_seconds(now, next_at), f"{failure.reason.value}: {wait.reason}")
    return PollDecision(replace(failed, next_poll_at=next_at), plan)


def _backoff(count: int, settings: PollingSettings, jitter: float) -> _Next:
    # Doubling with jitter on top: the factor makes up for a long wait by chance followed by a short one.
    growth = 2 * (1 + settings.jitter)
    first = min(settings.min_interval, settings.max_interval)
    steps = min(count - 1, 60)
    seconds = min(first * growth**steps * (1 + settings.jitter * jitter), settings.max_interval)
    return _Next(seconds, f"failure {count} in a row, so wait {format_duration(round(seconds))}")


# --- successes -----------------------------------------------------------------------------------------------------


def _after_success(
    feed: Feed,
    outcome: Page | NotModified,
    document: FeedDocument | None,
    *,
    new_entries: int,
    unchanged_body: bool,
    now: datetime,
    settings: PollingSettings,
    jitter: float,
) -> PollDecision:
    events: list[FeedEvent] = []
    gap = _is_gap(feed, document, new_entries)
    if gap:
        events.append(
            FeedEvent("gap", f"all {new_entries} entries are new, so some may have come and gone between two polls")
        )
    arrivals = arrivals_of(feed, document, new_entries, now)
    updated = replace(
        _with_validators(feed, outcome),
        fail_count=0,
        last_reason=None,
        last_error=None,
        last_success_at=now,
        last_new_at=arrivals[-1] if arrivals else feed.last_new_at,
        gaps=gaps_after(feed, arrivals, document, new_entries, now),
        entries_per_day=entries_per_day(feed, document, new_entries, now),
        validates=_validates(feed, outcome, new_entries),
    )
    if document is not None:
        updated = replace(
            updated,
            seen=document.seen,
            server_min_s=document.hints_s,
            skip_hours=document.skip_hours,
            skip_days=document.skip_days,
        )
    updated, moved = _redirects(updated, outcome, document, new_entries=new_entries, now=now)
    if moved is not None:
        events.append(moved)
    proven = updated.validates or (
        isinstance(outcome, Page)
        and bool(outcome.etag or outcome.last_modified)
        and not unchanged_body
        and (feed.last_success_at is None or new_entries > 0)
    )
    turning = document is not None and feed.last_success_at is not None and 2 * new_entries > document.size
    turning = turning and new_entries >= _FULL_FEED
    wait = _interval(updated, outcome, gap=gap, turning=turning, proven=proven, settings=settings, jitter=jitter)
    if not new_entries:  # what was not pushed is a reason to look
        wait = _stretched(feed, wait, now, settings)
    next_at = _outside_window(now + timedelta(seconds=wait.seconds), updated.skip_hours, updated.skip_days)
    plan = PollPlan(next_at, _whole_seconds(now, next_at), wait.reason)
    return PollDecision(replace(updated, next_poll_at=next_at), plan, tuple(events))


def _with_validators(feed: Feed, outcome: Page | NotModified) -> Feed:
    """A new body has the validators that came with it or none; a 304 changes those that it names (RFC 9111, 4.3.4)."""
    if isinstance(outcome, NotModified):
        return replace(feed, etag=outcome.etag or feed.etag, last_modified=outcome.last_modified or feed.last_modified)
    return replace(
        feed,
        etag=outcome.etag,
        last_modified=outcome.last_modified,
        body_hash=blake2b(outcome.body, digest_size=16).hexdigest(),
    )


def _validates(feed: Feed, outcome: Page | NotModified, new_entries: int) -> bool:
    """Tell whether the server answers 304 when nothing is new, as far as this poll shows."""
    if isinstance(outcome, NotModified):
        return True
    asked = feed.etag is not None or feed.last_modified is not None
    return feed.validates and not (asked and not new_entries)


def _is_gap(feed: Feed, document: FeedDocument | None, new_entries: int) -> bool:
    """Nothing of what was known is left in a full feed: more came than it holds."""
    return (
        document is not None
        and feed.last_success_at is not None
        and new_entries >= _FULL_FEED
        and new_entries == document.size
    )


def _interval(
    feed: Feed,
    outcome: Page | NotModified,
    *,
    gap: bool,
    turning: bool,
    proven: bool,
    settings: PollingSettings,
    jitter: float,
) -> _Next:
    cap = settings.max_interval
    floor = _Next(settings.min_interval, "the shortest interval")
    if not proven:
        floor = _Next(settings.min_interval_unvalidated, "the server always sends everything, so no sooner")
    if feed.interval_s is not None:
        wish = _Next(feed.interval_s, f"every {format_duration(feed.interval_s)} as set for the feed")
        if proven:
            floor = _Next(min(settings.min_interval, _OWN_FLOOR_S), floor.reason)
    else:
        rate = feed.entries_per_day or 0.0
        seconds = 86400 / (_POLLS_PER_ENTRY * rate) if rate > 0.001 else cap
        wish = _Next(seconds, f"about {rate:.2g} new entries a day")
        if gap:
            wish = _Next(wish.seconds / 2, "entries were missed")
        elif turning:
            wish = _Next(wish.seconds / 2, "more than half of what the feed holds was new")
    server = max((wish_s for wish_s in (feed.server_min_s, _freshness_s(outcome)) if wish_s), default=0)
    choices = [wish, floor, _Next(server, "the server asks for it")]
    longest = max(choices, key=lambda choice: choice.seconds)
    if longest.seconds >= cap:  # spread downwards: the cap holds, and feeds at the cap stay apart
        base = cap if server >= cap else cap * (1 - settings.jitter * jitter)
        return _Next(max(base, min(floor.seconds, cap)), f"{longest.reason}; the longest interval")
    return _Next(min(longest.seconds * (1 + settings.jitter * jitter), cap), longest.reason)


def _stretched(feed: Feed, wait: _Next, now: datetime, settings: PollingSettings) -> _Next:
    """Return a longer wait while a hub pushes what is new, which ends soon after the hub's promise does."""
    if feed.pushed_until is None or feed.pushed_until <= now:
        return wait
    promised = (feed.pushed_until - now).total_seconds()
    seconds = min(wait.seconds * settings.pushed_factor, promised + wait.seconds, settings.max_interval)
    return _Next(max(seconds, wait.seconds), f"{wait.reason}; longer while its hub pushes")


def after_push(feed: Feed, document: FeedDocument, new_entries: int, now: datetime) -> Feed:
    """Return the feed as it is to be stored after its hub pushed `document`. Its next poll stays as planned."""
    arrivals = arrivals_of(feed, document, new_entries, now)
    return replace(
        feed,
        last_new_at=arrivals[-1] if arrivals else feed.last_new_at,
        gaps=gaps_after(feed, arrivals, document, new_entries, now),
        entries_per_day=pushed_per_day(feed, new_entries),
    )


def _freshness_s(outcome: Page | NotModified) -> int | None:
    """Return for how long the answer says to be fresh (RFC 9111, section 4.2.1), None if it does not say."""
    cache_control = b",".join(value for name, value in outcome.headers if name == b"cache-control")
    directives: dict[str, str] = {}
    for part in cache_control.decode("latin-1").lower().split(","):
        name, _, value = part.strip().partition("=")
        directives[name.strip()] = value.strip(' "')
    if "no-cache" in directives or "no-store" in directives:
        return None
    if "max-age" in directives:
        text = directives["max-age"]
        return int(text[:9]) if text.isascii() and text.isdigit() else None
    expires = next((value for name, value in outcome.headers if name == b"expires"), None)
    date = next((value for name, value in outcome.headers if name == b"date"), None)
    if expires is None:
        return None
    # By the server's own clock, which may be wrong by days.
    until = http_date(expires.decode("latin-1"))
    since = http_date(date.decode("latin-1")) if date else outcome.fetched_at
    if until is None or since is None:
        return None
    return max(0, (until - since) // timedelta(seconds=1))


# --- redirects -----------------------------------------------------------------------------------------------------


def _redirects(
    feed: Feed, outcome: Page | NotModified, document: FeedDocument | None, *, new_entries: int, now: datetime
) -> tuple[Feed, FeedEvent | None]:
    """Watch a permanent redirect, and follow it for good after 5 polls over at least 48 hours.

    Servers send 301 by mistake, for an hour, to a login page, to a parked domain. So every hop must be permanent, what
    is there must be the feed, and it must stay so for two days.
    """
    if not outcome.redirects:
        return replace(feed, redirect_url=None, redirect_count=0, redirect_since=None), None
    if not _is_permanent(outcome.redirects) or _has_credentials(feed.url):
        return replace(feed, redirect_url=None, redirect_count=0, redirect_since=None), None
    target = outcome.final_url
    other_entries = document is not None and new_entries == document.size > 0
    if feed.redirect_url != target or feed.redirect_since is None or (other_entries and feed.redirect_count > 0):
        return replace(feed, redirect_url=target, redirect_count=1, redirect_since=now), None
    count = feed.redirect_count + 1
    if count < _REDIRECT_POLLS or now - feed.redirect_since < _REDIRECT_AGE:
        return replace(feed, redirect_count=count), None
    moved = replace(
        feed,
        url=target,
        redirect_url=None,
        redirect_count=0,
        redirect_since=None,
        moved_from=feed.moved_from or feed.url,
        moved_at=now,
    )
    return moved, FeedEvent("moved", f"moved for good to {redact_url(target)}, which is asked from now on")


def _is_permanent(redirects: tuple[Redirect, ...]) -> bool:
    return all(redirect.status in _PERMANENT for redirect in redirects)


def _has_credentials(url: str) -> bool:
    """The target of a redirect has no credentials, so a feed that needs them stays where it is."""
    try:
        return read_target(url).authorization is not None
    except BadTarget:
        return False


# --- windows -------------------------------------------------------------------------------------------------------


def _outside_window(at: datetime, hours: tuple[int, ...], days: tuple[int, ...]) -> datetime:
    """Return `at`, or the first full hour after it that is in none of the hours and days (GMT) to be skipped."""
    if not hours and not days:
        return at
    moved = at
    for _ in range(_WEEK_H + 1):
        if moved.hour not in hours and moved.weekday() not in days:
            return moved
        moved = (moved + timedelta(hours=1)).replace(minute=0, second=0, microsecond=0)
    return at  # nothing is left of the week: not meant so


def _whole_seconds(now: datetime, then: datetime) -> int:
    return round((then - now).total_seconds())
