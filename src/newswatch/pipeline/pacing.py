"""Whose turn it is: receivers that are written to no faster than they, or good manners, allow.

What the pace depends on is a row for each receiver, so several daemons keep it together.
"""

from datetime import datetime

from sqlalchemy import Connection

from newswatch.model import Delivery, Severity
from newswatch.notify.pace import pace_of
from newswatch.pipeline.context import Context
from newswatch.store import paces


def slow_destinations(connection: Connection, context: Context) -> set[str]:
    """Return the destinations that cannot take another message yet."""
    known, now = paces.every(connection), context.now()
    found = set()
    for name, destination in context.destinations.items():
        pace = pace_of(destination)
        if pace is not None and pace.free_at(known.get(pace.name), now) > now:
            found.add(name)
    return found


def take_turn(connection: Connection, context: Context, delivery: Delivery) -> datetime | None:
    """Return None if a delivery may be sent now, after counting it; otherwise when its destination takes more.

    Flash does not wait, but counts.
    """
    destination = context.destinations.get(delivery.destination)
    pace = pace_of(destination) if destination is not None else None
    if pace is None:
        return None
    now = context.now()
    whole_at = paces.lock(connection, pace.name)
    free_at = pace.free_at(whole_at, now)
    if free_at > now and delivery.severity is not Severity.FLASH:
        return free_at
    paces.move(connection, pace.name, pace.after(whole_at, now))
    return None
