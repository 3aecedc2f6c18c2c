"""How far applying rules to stored articles has come."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from newswatch.store.tables import rule_application


@dataclass(frozen=True, slots=True)
class Application:
    """One application of rules, from the oldest article to the newest. `position` is the last one that is done."""

    id: int
    since: datetime | None
    position: int
    articles: int
    added: int
    changed: int
    withdrawn: int
    started_at: datetime
    resumed: bool = False


def unfinished(
    connection: Connection, rules_hash: str, rule_id: str | None, since: datetime | None
) -> Application | None:
    """Return the last application of the same rules if it was broken off and covers everything since an instant."""
    table = rule_application
    query = select(table).where(table.c.rules_hash == rules_hash, table.c.rule_id.is_not_distinct_from(rule_id))
    row = connection.execute(query.order_by(table.c.id.desc()).limit(1)).mappings().one_or_none()
    if row is None or row["finished_at"] is not None:
        return None
    covered = row["since"] is None or (since is not None and row["since"] <= since)
    return _from_row(row) if covered else None


def _from_row(row: RowMapping) -> Application:
    return Application(
        id=row["id"],
        since=row["since"],
        position=row["position"],
        articles=row["articles"],
        added=row["added"],
        changed=row["changed"],
        withdrawn=row["withdrawn"],
        started_at=row["started_at"],
        resumed=True,
    )


def begin(
    connection: Connection,
    rules_hash: str,
    rule_id: str | None,
    since: datetime | None,
    *,
    position: int,
    new_id: Callable[[], int],
    now: datetime,
) -> Application:
    """Store an application that begins after `position`."""
    begun = Application(new_id(), since, position, 0, 0, 0, 0, now)
    connection.execute(
        insert(rule_application).values(
            id=begun.id,
            rules_hash=rules_hash,
            rule_id=rule_id,
            since=since,
            position=position,
            started_at=now,
            updated_at=now,
        )
    )
    return begun


def advance(connection: Connection, application_id: int, position: int, counts: dict[str, int], now: datetime) -> None:
    """Write down how far an application has come; `counts` is what the last step adds to its columns."""
    table = rule_application
    more = {name: table.c[name] + number for name, number in counts.items()}
    connection.execute(
        update(table).where(table.c.id == application_id).values(position=position, updated_at=now, **more)
    )


def finish(connection: Connection, application_id: int, now: datetime) -> None:
    """Write down that an application is done."""
    connection.execute(
        update(rule_application).where(rule_application.c.id == application_id).values(finished_at=now, updated_at=now)
    )


def retain(connection: Connection, before: datetime) -> int:
    """Delete the applications that nothing was done for since an instant, finished or not; return how many."""
    return connection.execute(delete(rule_application).where(rule_application.c.updated_at < before)).rowcount
