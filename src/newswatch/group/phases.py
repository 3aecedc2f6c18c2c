"""How a story is going: breaking, developing or fading."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

BREAKING = timedelta(hours=6)
SPAN = timedelta(hours=12)
FADED = 0.25
"""A story fades when the last 12 hours brought less than this share of what its busiest 12 hours brought."""


class Phase(StrEnum):
    """Of a story, at an instant."""

    BREAKING = "breaking"  # its first article came within the last 6 hours
    DEVELOPING = "developing"
    FADING = "fading"


def phase(arrivals: Sequence[datetime], now: datetime) -> Phase:
    """Return the phase of a story whose articles came at `arrivals`, in order.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 1, 13, 12, tzinfo=UTC)
    >>> phase([noon], noon), phase([noon], noon + timedelta(days=1))
    (<Phase.BREAKING: 'breaking'>, <Phase.FADING: 'fading'>)
    """
    if not arrivals:
        return Phase.FADING
    if now - arrivals[0] < BREAKING:
        return Phase.BREAKING
    latest = sum(at > now - SPAN for at in arrivals)
    return Phase.FADING if latest < FADED * _busiest(arrivals) else Phase.DEVELOPING


def _busiest(arrivals: Sequence[datetime]) -> int:
    """Return how many articles came in the 12 hours in which most came."""
    most = first = 0
    for last, at in enumerate(arrivals):
        while arrivals[first] <= at - SPAN:
            first += 1
        most = max(most, last - first + 1)
    return most
