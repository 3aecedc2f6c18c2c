"""When receivers that are written to at a pace may be written to again."""

from datetime import datetime

from sqlalchemy import Connection, select, update

from newswatch.store.database import insert_new
from newswatch.store.tables import pace


def every(connection: Connection) -> dict[str, datetime]:
    """Return when each receiver takes a whole burst again, by its name."""
    return {row.name: row.whole_at for row in connection.execute(select(pace))}


def lock(connection: Connection, name: str) -> datetime | None:
    """Return when one receiver takes a whole burst again, None if nothing was sent to it.

    Nobody else can change that until the transaction ends.
    """
    wanted = select(pace.c.whole_at).where(pace.c.name == name).with_for_update()
    found: datetime | None = connection.execute(wanted).scalar()
    return found


def move(connection: Connection, name: str, whole_at: datetime) -> None:
    """Write down when a receiver takes a whole burst again."""
    if not insert_new(connection, pace, [{"name": name, "whole_at": whole_at}], "name"):
        connection.execute(update(pace).where(pace.c.name == name).values(whole_at=whole_at))
