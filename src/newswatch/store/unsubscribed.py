"""Mail addresses that want no more of a destination."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, and_, delete, select

from newswatch.store.database import insert_new
from newswatch.store.tables import unsubscribed

How = Literal["one_click", "page", "command"]


def stop(connection: Connection, destination: str, address: str, how: How, now: datetime) -> bool:
    """Send an address nothing more of a configured destination. Return False if that is so already."""
    row = {"destination": destination, "address": address.casefold(), "how": how, "at": now}
    return bool(insert_new(connection, unsubscribed, [row], "destination", "address"))


def resume(connection: Connection, destination: str, address: str) -> bool:
    """Send to an address again. Return False if it was not stopped."""
    return bool(connection.execute(delete(unsubscribed).where(_is(destination, address))).rowcount)


def since(connection: Connection, destination: str, address: str) -> datetime | None:
    """Return when an address was stopped, None if it was not."""
    found: datetime | None = connection.execute(
        select(unsubscribed.c.at).where(_is(destination, address))
    ).scalar_one_or_none()
    return found


def listing(connection: Connection) -> list[dict[str, Any]]:
    """Return all addresses that are stopped, by destination."""
    query = select(unsubscribed).order_by(unsubscribed.c.destination, unsubscribed.c.address)
    return [dict(row) for row in connection.execute(query).mappings()]


def _is(destination: str, address: str) -> ColumnElement[bool]:
    return and_(unsubscribed.c.destination == destination, unsubscribed.c.address == address.casefold())
