"""How often a feed brings something new, as far as its polls show. Pure."""

import math
from datetime import datetime, timedelta

from newswatch.collect.gaps import Gaps, with_arrivals
from newswatch.model import Feed, FeedDocument

_MEMORY_DAYS = 5.0  # how far back the observed rate of entries looks
_UNKNOWN_RATE = 24.0  # entries a day of a feed that has told nothing yet
_UNWATCHED = timedelta(hours=27)  # longer than any interval: nobody looked


def arrivals_of(feed: Feed, document: FeedDocument | None, new_entries: int, now: datetime) -> tuple[datetime, ...]:
    """Return when the new entries came, as far as their dates tell, oldest first; the last one is this poll.

    Only of a feed's first entries the dates alone tell: the newest of an abandoned feed may be years old.
    """
    if document is None or not new_entries:
        return ()
    instants = sorted(
        entry.published.at
        for entry in document.entries
        if entry.published is not None and entry.published.at is not None and entry.published.at <= now
    )
    if feed.last_new_at is not None:
        return (*(instant for instant in instants if instant > feed.last_new_at), now)
    return tuple(instants[len(instants) // 4 :]) or (now,)  # an old entry that is kept on top says nothing


def gaps_after(
    feed: Feed, arrivals: tuple[datetime, ...], document: FeedDocument | None, new_entries: int, now: datetime
) -> Gaps:
    """Return the feed's gaps with those that this poll shows: not what nobody saw because nobody looked."""
    if document is None or not arrivals:
        return feed.gaps
    looked = feed.last_success_at is not None and now - feed.last_success_at < _UNWATCHED
    told = len(arrivals) > 1 and new_entries < document.size
    return with_arrivals(feed.gaps, arrivals, after=feed.last_new_at if looked or told else None)


def entries_per_day(feed: Feed, document: FeedDocument | None, new_entries: int, now: datetime) -> float:
    """Return the new entries a day as observed, newer observations counting more.

    The first document tells by its dates; then every poll adds what it brought, and what was known fades within
    `_MEMORY_DAYS`.
    """
    if feed.entries_per_day is None or feed.last_success_at is None:
        return _rate_by_dates(document, now)
    passed = max(0.0, (now - feed.last_success_at) / timedelta(days=1))
    return feed.entries_per_day * math.exp(-passed / _MEMORY_DAYS) + new_entries / _MEMORY_DAYS


def pushed_per_day(feed: Feed, new_entries: int) -> float | None:
    """Return the new entries a day after some were pushed; the poll that comes lets what was known fade."""
    if feed.entries_per_day is None:
        return None
    return feed.entries_per_day + new_entries / _MEMORY_DAYS


def _rate_by_dates(document: FeedDocument | None, now: datetime) -> float:
    instants = sorted(
        entry.published.at
        for entry in (document.entries if document else ())
        if entry.published is not None and entry.published.at is not None and entry.published.at <= now
    )
    if len(instants) < 3:
        return _UNKNOWN_RATE
    middle = len(instants) // 2  # the newer half: one old entry that is kept on top says nothing
    days = max((now - instants[middle]) / timedelta(days=1), 1 / 24)
    return (len(instants) - middle) / days
