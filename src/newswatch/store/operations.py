"""What the operations notices look at, and which troubles are known."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, insert, select, update

from newswatch.ids import first_id_at
from newswatch.store.tables import article, attempt, delivery, destination_state, rule_match, trouble

_A_DAY = timedelta(days=1)
_DAY_OF_IDS = 86_400_000 << 20  # ids hold milliseconds above 20 bits, see newswatch.ids
_WAITING = ("pending", "sending", "retry_wait", "ambiguous")


def backlog(connection: Connection, *, before: datetime) -> list[dict[str, Any]]:
    """Return destinations with waiting deliveries of which one was tried before an instant: count, oldest, last answer.

    What was never tried waits for newswatch itself, as after an outage, and not for its destination.
    """
    oldest = func.min(delivery.c.first_attempt_at)
    query = (
        select(delivery.c.destination, func.count().label("count"), oldest.label("oldest_at"))
        .where(delivery.c.state.in_(_WAITING), delivery.c.kind != "ops")
        .group_by(delivery.c.destination)
        .having(oldest < before)
    )
    rows = connection.execute(query).mappings().all()
    return [{**row, "last": _last_answer(connection, row["destination"])} for row in rows]


def dead_letters(connection: Connection, *, since: datetime) -> list[dict[str, Any]]:
    """Return destinations with deliveries given up since an instant; not notices, which would tell of themselves."""
    given_up = and_(delivery.c.state == "dead", delivery.c.updated_at >= since, delivery.c.kind != "ops")
    query = (
        select(
            delivery.c.destination,
            func.count().label("count"),
            func.max(delivery.c.updated_at).label("newest_at"),
            func.max(delivery.c.id).label("newest"),
        )
        .where(given_up)
        .group_by(delivery.c.destination)
    )
    found = []
    for row in connection.execute(query).mappings():
        reason = connection.execute(select(delivery.c.reason).where(delivery.c.id == row["newest"])).scalar()
        found.append({**row, "last": reason or ""})
    return found


def disabled(connection: Connection) -> list[tuple[str, str]]:
    """Return the destinations that take nothing until somebody repairs them, with the reason."""
    query = select(destination_state).where(destination_state.c.disabled_at.is_not(None))
    return [(row.name, row.disabled_reason or "") for row in connection.execute(query)]


def rule_activity(connection: Connection, *, since: datetime) -> list[dict[str, Any]]:
    """Return each rule's matches since an instant, with the articles that came meanwhile and after the last one.

    What was there before a feed was watched counts on neither side. Articles are counted by day.
    """
    first = first_id_at(since)
    matched = connection.execute(
        select(
            rule_match.c.rule_id,
            func.max(rule_match.c.rule_name).label("name"),
            func.count().label("matches"),
            func.min(rule_match.c.matched_at).label("since"),
            func.max(rule_match.c.matched_at).label("last_at"),
        )
        .join(article, article.c.id == rule_match.c.article_id)
        .where(rule_match.c.id >= first, article.c.backfill.is_(False))
        .group_by(rule_match.c.rule_id)
    ).mappings()
    number = (article.c.id // _DAY_OF_IDS).label("day")
    by_day: dict[int, int] = {
        int(row.day): row.number
        for row in connection.execute(
            select(number, func.count().label("number"))
            .where(article.c.id >= first, article.c.backfill.is_(False))
            .group_by("day")
        )
    }

    def came(start: datetime, end: datetime | None) -> int:
        last = first_id_at(end) // _DAY_OF_IDS if end is not None else None
        begin = first_id_at(start) // _DAY_OF_IDS
        return sum(count for day, count in by_day.items() if begin <= day and (last is None or day <= last))

    return [
        {
            **row,
            "articles": came(row["since"], row["last_at"]),
            "articles_since": came(row["last_at"] + _A_DAY, None),
        }
        for row in matched
    ]


def known_troubles(connection: Connection, reasons: Collection[str]) -> list[dict[str, Any]]:
    """Return the troubles of these kinds that are not over."""
    query = select(trouble).where(trouble.c.ended_at.is_(None), trouble.c.reason.in_(list(reasons)))
    return [
        {**row, "seen_at": row["seen_at"] or row["since"]}
        for row in connection.execute(query.order_by(trouble.c.id)).mappings()
    ]


def begin(connection: Connection, values: Mapping[str, Any], *, trouble_id: int, now: datetime) -> None:
    """Store a trouble that was not there before."""
    connection.execute(insert(trouble).values(id=trouble_id, since=now, seen_at=now, **values))


def lasts(connection: Connection, trouble_id: int, *, detail: str, now: datetime, told: bool = False) -> None:
    """Write down that a trouble is still there, and whether it is told again."""
    values: dict[str, Any] = {"detail": detail, "seen_at": now}
    if told:
        values["told_at"] = now
    connection.execute(update(trouble).where(trouble.c.id == trouble_id).values(**values))


def end(connection: Connection, trouble_id: int, now: datetime) -> None:
    """Write down that a trouble is over."""
    connection.execute(update(trouble).where(trouble.c.id == trouble_id).values(ended_at=now))


def troubles_by_reason(connection: Connection) -> dict[str, int]:
    """Return how many troubles of each kind there are."""
    query = select(trouble.c.reason, func.count().label("number")).where(trouble.c.ended_at.is_(None))
    return {row.reason: row.number for row in connection.execute(query.group_by(trouble.c.reason))}


def _last_answer(connection: Connection, destination: str) -> str:
    query = (
        select(attempt.c.detail)
        .join(delivery, delivery.c.id == attempt.c.delivery_id)
        .where(delivery.c.destination == destination, delivery.c.state.in_(_WAITING), attempt.c.detail.is_not(None))
        .order_by(attempt.c.id.desc())
        .limit(1)
    )
    return connection.execute(query).scalar() or ""
