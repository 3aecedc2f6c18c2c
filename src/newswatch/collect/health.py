"""How a feed is doing, and what of it is worth telling. Pure.

Judged at every poll, because nothing about a feed changes between two of them. Silence is what lay between the last new
entry and the last poll that worked, so neither a daemon that was off nor a server that fails makes a feed silent.
"""

from datetime import datetime, timedelta

from newswatch.collect.gaps import silence_limit_s
from newswatch.collect.settings import PollingSettings
from newswatch.model import Feed, FeedEvent, FeedHealth, FeedStatus, HealthState
from newswatch.redact import redact_url
from newswatch.settings import format_duration

FAILING_AFTER = 3
"""Failures in a row: fewer happen to everybody."""

_MOVED_FOR = timedelta(days=30)
_TROUBLE = frozenset({HealthState.FAILING, HealthState.SILENT, HealthState.GONE})


def health(feed: Feed, now: datetime, settings: PollingSettings) -> FeedHealth:
    """Return how the feed is doing, with a reason code for machines and a sentence for people.

    The worst that is true wins: gone, failing, silent, moved.
    """
    if feed.status is FeedStatus.DISABLED:
        return FeedHealth(HealthState.DISABLED, "disabled", "disabled by the user or no longer in the configuration")
    if feed.status is FeedStatus.GONE:
        detail = "the server says that the feed is gone for good (410); it is not asked any more"
        return FeedHealth(HealthState.GONE, "gone", detail)
    if feed.fail_count >= FAILING_AFTER:
        detail = f"{feed.fail_count} polls in a row failed, the last one because {feed.last_error}"
        return FeedHealth(HealthState.FAILING, feed.last_reason or "unknown", detail)
    if feed.last_success_at is None:
        return FeedHealth(HealthState.NEW, "new", "not polled yet")
    limit_s = silence_limit_s(feed.gaps)
    if limit_s is not None and feed.last_new_at is not None:
        limit_s = max(limit_s, settings.silent_after)
        silence_s = (feed.last_success_at - feed.last_new_at).total_seconds()
        if silence_s > limit_s:
            detail = f"nothing new for {_roughly(silence_s)}; more than {_roughly(limit_s)} is not usual for it"
            return FeedHealth(HealthState.SILENT, "silent", detail)
    if feed.moved_from is not None:
        detail = f"moved from {redact_url(feed.moved_from)} to {redact_url(feed.url)}"
        if feed.origin == "config":
            return FeedHealth(HealthState.MOVED, "moved", f"{detail}; the configuration names the old address")
        if feed.moved_at is not None and now - feed.moved_at < _MOVED_FOR:
            return FeedHealth(HealthState.MOVED, "moved", detail)
    return FeedHealth(HealthState.OK, "ok", "works")


def health_event(before: Feed, after: FeedHealth) -> FeedEvent | None:
    """Return what is to be told once because a poll changed how the feed is doing; `moved` is told by the move.

    That the first document of a feed is old is to be seen wherever its health is shown, but no news: nobody watched it.
    """
    if after.state == before.health or (after.state is HealthState.SILENT and before.last_success_at is None):
        return None
    if after.state in _TROUBLE:
        return FeedEvent(after.state.value, after.detail)
    if before.health == HealthState.FAILING:
        return FeedEvent("recovered", f"answers again after {before.fail_count} failures")
    if before.health == HealthState.SILENT:
        return FeedEvent("recovered", "brings new entries again")
    return None


def _roughly(seconds: float) -> str:
    """Return a duration with as many digits as such a statistic has."""
    unit = 86400 if seconds >= 2 * 86400 else 3600 if seconds >= 2 * 3600 else 60
    return format_duration(round(seconds / unit) * unit) if unit < 86400 else f"{round(seconds / unit)} days"
