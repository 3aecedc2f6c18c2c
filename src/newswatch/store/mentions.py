"""Who is mentioned where: every gazetteer entity of every article."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from newswatch.ids import first_id_at
from newswatch.model import Mention
from newswatch.store.tables import article, entity_name, mention

_MONDAY = datetime(2020, 1, 6, tzinfo=UTC)  # weeks are counted from here
_FIRST_WEEK = first_id_at(_MONDAY)
_WEEK = first_id_at(_MONDAY + timedelta(weeks=1)) - _FIRST_WEEK
"""Ids of one week."""
_INSERT = insert(mention)


def store(connection: Connection, found: Mapping[int, Sequence[Mention]], known: Sequence[int]) -> None:
    """Store the mentions of articles by id; those of the articles `known` replace the ones stored before."""
    if known:
        connection.execute(delete(mention).where(mention.c.article_id.in_(known)))
    types = {one.entity: one.type for mentions in found.values() for one in mentions}
    if not types:
        return
    numbers = _numbers(connection, types)
    rows = [
        {"entity": numbers[one.entity], "article_id": article_id, "spans": _written(one)}
        for article_id, mentions in found.items()
        for one in mentions
    ]
    connection.execute(_INSERT, rows)


def _numbers(connection: Connection, types: Mapping[str, str]) -> dict[str, int]:
    """Return the numbers of entities, giving new ones to those that have none. One writer at a time."""
    query = select(entity_name.c.entity, entity_name.c.number).where(entity_name.c.entity.in_(sorted(types)))
    numbers = {row.entity: row.number for row in connection.execute(query)}
    new = [entity for entity in sorted(types) if entity not in numbers]
    if new:
        last = connection.execute(select(func.coalesce(func.max(entity_name.c.number), 0))).scalar_one()
        numbers.update((entity, last + place) for place, entity in enumerate(new, start=1))
        connection.execute(
            insert(entity_name),
            [{"number": numbers[entity], "entity": entity, "type": types[entity]} for entity in new],
        )
    return numbers


def _written(one: Mention) -> str:
    """Write spans as "t0-14 b31-40": t for the title, b for the body."""
    return " ".join(f"{field[0]}{start}-{end}" for field, start, end in one.spans)


def _read(written: str) -> list[tuple[str, int, int]]:
    spans = []
    for span in written.split():
        start, _, end = span[1:].partition("-")
        spans.append(("title" if span[0] == "t" else "body", int(start), int(end)))
    return spans


def of_articles(connection: Connection, article_ids: Sequence[int]) -> dict[int, list[Mention]]:
    """Return the mentions of articles, by article, in the order of entity ids."""
    query = (
        select(mention.c.article_id, mention.c.spans, entity_name.c.entity, entity_name.c.type)
        .join(entity_name, entity_name.c.number == mention.c.entity)
        .where(mention.c.article_id.in_(article_ids))
        .order_by(entity_name.c.entity)
    )
    found: dict[int, list[Mention]] = {}
    for row in connection.execute(query):
        found.setdefault(row.article_id, []).append(Mention(row.entity, row.type, tuple(_read(row.spans))))
    return found


def listing(connection: Connection, entity: str, *, since: datetime | None, limit: int) -> list[dict[str, Any]]:
    """Return the articles that mention an entity, newest first, each with the places."""
    query = (
        select(
            mention.c.article_id,
            mention.c.spans,
            article.c.display_headline,
            article.c.language,
            article.c.source_name,
            article.c.first_seen_at,
        )
        .join(entity_name, entity_name.c.number == mention.c.entity)
        .join(article, article.c.id == mention.c.article_id)
        .where(entity_name.c.entity == entity)
        .order_by(mention.c.article_id.desc())
        .limit(limit)
    )
    if since is not None:
        query = query.where(mention.c.article_id >= first_id_at(since))
    return [{**row, "spans": _read(row["spans"])} for row in connection.execute(query).mappings()]


def weekly(connection: Connection, entity: str, *, since: datetime | None) -> dict[int, int]:
    """Return how many articles mention an entity, by week number (see `week_begins`)."""
    own = _own(entity, since).subquery()
    week = _week(own.c.article_id)
    return {row[0]: row[1] for row in connection.execute(select(week, func.count()).group_by(week).order_by(week))}


def together(connection: Connection, entity: str, *, since: datetime | None) -> list[dict[str, Any]]:
    """Return the other entities in the same articles with the number of these by week, most frequent first."""
    own = _own(entity, since).subquery()
    week = _week(own.c.article_id)
    query = (
        select(entity_name.c.entity, entity_name.c.type, week.label("week"), func.count().label("articles"))
        .select_from(own)
        .join(mention, mention.c.article_id == own.c.article_id)
        .join(entity_name, entity_name.c.number == mention.c.entity)
        .where(entity_name.c.entity != entity)
        .group_by(entity_name.c.entity, entity_name.c.type, week)
    )
    found: dict[str, dict[str, Any]] = {}
    for row in connection.execute(query):
        one = found.setdefault(row.entity, {"entity": row.entity, "type": row.type, "articles": 0, "weeks": {}})
        one["articles"] += row.articles
        one["weeks"][row.week] = row.articles
    return sorted(found.values(), key=lambda one: (-one["articles"], one["entity"]))


def week_begins(number: int) -> datetime:
    """Return the Monday with which a week begins."""
    return _MONDAY + timedelta(weeks=number)


def _own(entity: str, since: datetime | None) -> Any:
    query = select(mention.c.article_id).join(entity_name, entity_name.c.number == mention.c.entity)
    query = query.where(entity_name.c.entity == entity)
    return query if since is None else query.where(mention.c.article_id >= first_id_at(since))


def _week(column: Any) -> Any:
    return (column - _FIRST_WEEK) // _WEEK  # whole numbers: both databases round towards zero


def retain(connection: Connection, before: datetime) -> int:
    """Delete the mentions of articles stored before an instant and return how many went."""
    return connection.execute(delete(mention).where(mention.c.article_id < first_id_at(before))).rowcount
