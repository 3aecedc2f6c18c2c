"""What a feed document says about how often, and when not, it wants to be asked. Pure."""

import math
from collections.abc import Iterable

from newswatch.collect.rawfeed import RawFeed

# RSS 1.0 syndication module (http://purl.org/rss/1.0/modules/syndication/); "always" is no period at all.
_PERIODS_S = {
    "always": 3600,
    "hourly": 3600,
    "daily": 86400,
    "weekly": 7 * 86400,
    "monthly": 30 * 86400,
    "yearly": 365 * 86400,
}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LONGEST_S = 365 * 86400


def interval_s(feed: RawFeed) -> int | None:
    """Return the longest interval in seconds that the document asks for by ttl or sy:updatePeriod, None if by none."""
    wishes = [wish for wish in (_ttl_s(feed.ttl), _syndication_s(feed.update_period, feed.update_frequency)) if wish]
    return max(wishes, default=None)


def skipped_hours(values: Iterable[str]) -> tuple[int, ...]:
    """Return the hours (GMT, 0 to 23) of skipHours in order. RSS 0.91 counted to 24."""
    hours = {int(value) % 24 for value in values if value.isascii() and value.isdigit() and int(value) <= 24}
    return tuple(sorted(hours)) if len(hours) < 24 else ()


def skipped_days(values: Iterable[str]) -> tuple[int, ...]:
    """Return the days (GMT, Monday = 0) of skipDays in order."""
    days = {_DAYS.index(value.strip().lower()) for value in values if value.strip().lower() in _DAYS}
    return tuple(sorted(days)) if len(days) < 7 else ()


def _ttl_s(text: str | None) -> int | None:
    minutes = _number(text)
    return min(round(minutes * 60), _LONGEST_S) if minutes else None


def _syndication_s(period: str | None, frequency: str | None) -> int | None:
    length = _PERIODS_S.get((period or "").strip().lower())
    if length is None:
        return None
    times = 1.0 if frequency is None else _number(frequency)
    if not times:
        return None
    return min(round(length / times), _LONGEST_S)


def _number(text: str | None) -> float | None:
    try:
        value = float((text or "").strip())
    except ValueError:
        return None
    return value if math.isfinite(value) and value > 0 else None
