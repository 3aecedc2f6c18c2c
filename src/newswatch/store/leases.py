"""Claims: who works on which row until when.

A claim sets `lease_owner` and `lease_until` and raises `lease_token`. A result is only taken with the token of its
claim (fencing, see Kleppmann, "How to do distributed locking", 2016), so a worker that was frozen past its lease cannot
overwrite what its successor did.
"""

import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    Table,
    and_,
    delete,
    insert,
    or_,
    select,
    true,
    update,
)

from newswatch.store.tables import DELIVERY_WAITING, ENTRY_WAITING, delivery, entry, feed, runner

LEASED: dict[Table, ColumnElement[bool]] = {
    feed: true(),
    entry: ENTRY_WAITING,
    delivery: DELIVERY_WAITING,
}
"""Tables whose rows are claimed, and which rows that can be: their partial indexes keep a look at them short."""


@dataclass(frozen=True, slots=True)
class Lease:
    """Who claims, when, and for how long."""

    owner: int
    now: datetime
    seconds: float

    @property
    def until(self) -> datetime:
        """When the claim ends by itself."""
        return self.now + timedelta(seconds=self.seconds)


def free(table: Table, now: datetime) -> ColumnElement[bool]:
    """Return the condition that nobody holds a row."""
    return or_(table.c.lease_until.is_(None), table.c.lease_until < now)


def claim(
    connection: Connection, table: Table, due: ColumnElement[bool], lease: Lease, limit: int, *order: ColumnElement[Any]
) -> Sequence[RowMapping]:
    """Claim up to `limit` rows that are `due` and free, and return them as they are after the claim."""
    wanted = select(table.c.id).where(due, free(table, lease.now)).order_by(*order).limit(limit)
    if connection.dialect.name == "postgresql":
        wanted = wanted.with_for_update(skip_locked=True)
    return claim_chosen(connection, table, wanted, lease)


def claim_chosen(connection: Connection, table: Table, wanted: Select[Any], lease: Lease) -> Sequence[RowMapping]:
    """Claim the rows whose `id` a query returns, which has locked them, and return them as they are after the claim."""
    # A CTE, because PostgreSQL may run a plain sub-select more than once and lock more than the limit.
    chosen = wanted.cte("chosen")
    statement = (
        update(table)
        .where(table.c.id.in_(select(chosen.c.id)))
        .values(lease_owner=lease.owner, lease_until=lease.until, lease_token=table.c.lease_token + 1)
        .returning(*table.c)
    )
    return connection.execute(statement).mappings().all()


def held(table: Table, row_id: int, token: int) -> ColumnElement[bool]:
    """Return the condition that a row is still under the claim with this token."""
    return and_(table.c.id == row_id, table.c.lease_token == token)


RELEASED: dict[str, Any] = {"lease_owner": None, "lease_until": None}
"""Column values that end a claim."""


def release(connection: Connection, table: Table, row_id: int, token: int) -> None:
    """Give one row back, unless somebody else has claimed it since."""
    connection.execute(update(table).where(held(table, row_id, token)).values(**RELEASED))


def register(connection: Connection, runner_id: int, now: datetime) -> None:
    """Write down that this process is at work."""
    pid = os.getpid()
    connection.execute(
        insert(runner).values(
            id=runner_id,
            host=socket.gethostname(),
            pid=pid,
            process_started=_process_started(pid) or "",
            started_at=now,
            heartbeat_at=now,
        )
    )


def heartbeat(connection: Connection, runner_id: int, now: datetime) -> None:
    """Say that this process is still at work, also after another one took it for dead."""
    if not connection.execute(update(runner).where(runner.c.id == runner_id).values(heartbeat_at=now)).rowcount:
        register(connection, runner_id, now)


def unregister(connection: Connection, runner_id: int) -> None:
    """Release everything that this process holds and forget it."""
    _release_all(connection, runner_id)
    connection.execute(delete(runner).where(runner.c.id == runner_id))


def release_dead(connection: Connection, *, own_id: int, now: datetime, silent_s: float, alone: bool) -> int:
    """Release what processes hold that no longer live, and return how many processes those were.

    A process on this machine is looked up by pid and start time; one elsewhere counts as dead after `silent_s` seconds
    without a heartbeat. `alone` says that nobody else can be at work (the lock of an embedded database is held).
    """
    dead = 0
    here = socket.gethostname()
    for row in connection.execute(select(runner).where(runner.c.id != own_id)).mappings():
        silent = (now - row["heartbeat_at"]).total_seconds() > silent_s
        ended = row["host"] == here and _process_started(row["pid"]) != (row["process_started"] or None)
        if alone or silent or ended:
            _release_all(connection, row["id"])
            connection.execute(delete(runner).where(runner.c.id == row["id"]))
            dead += 1
    _release_orphans(connection, own_id)
    return dead


def _release_all(connection: Connection, runner_id: int) -> None:
    for table, waiting in LEASED.items():
        connection.execute(update(table).where(waiting, table.c.lease_owner == runner_id).values(**RELEASED))


def _release_orphans(connection: Connection, own_id: int) -> None:
    """Release what nobody registered holds: a claim can reach the server just before its process dies."""
    for table, waiting in LEASED.items():
        known = select(runner.c.id).where(runner.c.id == table.c.lease_owner).exists()
        orphaned = and_(table.c.lease_owner.is_not(None), table.c.lease_owner != own_id, ~known)
        connection.execute(update(table).where(waiting, orphaned).values(**RELEASED))


def _process_started(pid: int) -> str | None:
    """Return the start time of a process in clock ticks (field 22 of /proc/PID/stat, proc(5)), None if it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return None
        return _alive_without_proc(pid)
    except OSError:
        return _alive_without_proc(pid)
    return stat.rpartition(")")[2].split()[19]


def _alive_without_proc(pid: int) -> str | None:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass  # it lives, under another user
    return f"pid {pid}"
