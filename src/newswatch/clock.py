"""Time as an argument.

Only the composition root (`app`) and `replay` own a clock; everything below takes `now`.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Now = Callable[[], datetime]
"""Anything that returns the current instant as an aware UTC datetime."""


def system_now() -> datetime:
    """Return the wall-clock time as an aware UTC datetime."""
    return datetime.now(UTC)


class VirtualClock:
    """A clock that moves only when told to. Used by replay and by tests.

    Instances are callable, so `clock` itself can be passed wherever a `Now` is wanted.
    """

    def __init__(self, start: datetime) -> None:
        """Start at `start`, an aware datetime of any zone."""
        if start.tzinfo is None:
            raise ValueError("a virtual clock needs an aware start time")
        self._now = start.astimezone(UTC)

    def __call__(self) -> datetime:
        """Return the current virtual instant (aware UTC)."""
        return self._now

    def advance(self, by: timedelta) -> datetime:
        """Move forward by `by` (not negative) and return the new instant."""
        if by < timedelta(0):
            raise ValueError("a virtual clock does not run backwards; use set() to model a clock jump")
        self._now += by
        return self._now

    def set(self, instant: datetime) -> None:
        """Jump to `instant`, forwards or backwards."""
        self._now = instant.astimezone(UTC)
