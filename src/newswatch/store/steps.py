"""What became of deliveries without an attempt: held, suppressed, expired, told in a roll-up, sent again by hand.

A delivery's row has its last state and reason alone, and an attempt its own outcome; this is the rest of the history.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from newswatch.model import DeliveryState
from newswatch.store.database import insert_new
from newswatch.store.tables import delivery_step


def keep(connection: Connection, delivery_ids: Iterable[int], state: DeliveryState, reason: str, now: datetime) -> int:
    """Write down that deliveries have come into a state, and return how many."""
    rows = [
        {"delivery_id": delivery_id, "at": now, "state": state.value, "reason": reason} for delivery_id in delivery_ids
    ]
    if rows:
        insert_new(connection, delivery_step, rows, "delivery_id", "at", "state")
    return len(rows)


def of_deliveries(connection: Connection, delivery_ids: Collection[int]) -> list[dict[str, Any]]:
    """Return the steps of deliveries, oldest first."""
    own = delivery_step.c.delivery_id.in_(list(delivery_ids))
    query = select(delivery_step).where(own).order_by(delivery_step.c.at)
    return [dict(row) for row in connection.execute(query).mappings()]
