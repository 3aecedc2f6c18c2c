"""The state of destinations: which take nothing, because they are disabled or asked to be left alone for a while."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, or_, select, update

from newswatch.store.database import insert_new
from newswatch.store.tables import destination_state


@dataclass(frozen=True, slots=True)
class DestinationState:
    """Whether a destination takes anything."""

    name: str
    disabled_at: datetime | None
    disabled_reason: str | None
    paused_until: datetime | None


def stopped(destination: ColumnElement[str], now: datetime) -> ColumnElement[bool]:
    """Return the condition that a destination takes nothing: it is disabled, or asked to wait."""
    return (
        select(destination_state.c.name)
        .where(
            destination_state.c.name == destination,
            or_(destination_state.c.disabled_at.is_not(None), destination_state.c.paused_until > now),
        )
        .exists()
    )


def disable(connection: Connection, name: str, *, reason: str, now: datetime) -> None:
    """Send nothing to a destination until somebody enables it."""
    _set(connection, name, disabled_at=now, disabled_reason=reason)


def pause(connection: Connection, name: str, *, until: datetime) -> None:
    """Send nothing to a destination until an instant."""
    _set(connection, name, paused_until=until)


def clear(connection: Connection, name: str) -> None:
    """Let a destination be sent to again; `deliveries.enable` also releases what was held for it."""
    _set(connection, name, disabled_at=None, disabled_reason=None, paused_until=None)


def states(connection: Connection) -> dict[str, DestinationState]:
    """Return what is known of every destination that ever had trouble."""
    return {
        row.name: DestinationState(row.name, row.disabled_at, row.disabled_reason, row.paused_until)
        for row in connection.execute(select(destination_state))
    }


def _set(connection: Connection, name: str, **values: Any) -> None:
    insert_new(connection, destination_state, [{"name": name}], "name")
    connection.execute(update(destination_state).where(destination_state.c.name == name).values(**values))
