"""Matches as they are stored, for comparison with what rules say now, and matches that were."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import zip_longest
from typing import Any

from sqlalchemy import Connection, delete, insert, literal, select, update

from newswatch.model import Match
from newswatch.store.matches import from_row
from newswatch.store.tables import article_version, past_match, rule_match

_KEPT = [column.name for column in rule_match.columns if column.name != "id"]


class Ended(StrEnum):
    """What became of a match that is no more."""

    REPLACED = "replaced"  # the article still meets the rule, in another way
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class StoredMatch:
    """A match with what it was found by."""

    match: Match
    version_id: int
    engine_version: str


def of_articles(connection: Connection, article_ids: Collection[int]) -> dict[int, dict[str, StoredMatch]]:
    """Return the stored matches of articles, by article and rule."""
    found: dict[int, dict[str, StoredMatch]] = {article_id: {} for article_id in article_ids}
    query = select(rule_match).where(rule_match.c.article_id.in_(list(article_ids)))
    for row in connection.execute(query).mappings():
        stored = StoredMatch(from_row(row), row["version_id"], row["engine_version"])
        found[row["article_id"]][row["rule_id"]] = stored
    return found


def end(
    connection: Connection,
    rule_id: str,
    article_id: int,
    ended: Ended,
    *,
    by_version: int | None = None,
    new_id: Callable[[], int],
    now: datetime,
) -> None:
    """Keep a match as one that was; a withdrawn one is then no more. `by_version` is the revision that has lost it."""
    one = (rule_match.c.rule_id == rule_id) & (rule_match.c.article_id == article_id)
    kept = select(
        literal(new_id(), past_match.c.id.type),
        *(rule_match.c[name] for name in _KEPT),
        literal(now, past_match.c.ended_at.type),
        literal(ended.value),
        literal(by_version, past_match.c.ended_version_id.type),
    ).where(one)
    columns = ["id", *_KEPT, "ended_at", "ended_by", "ended_version_id"]
    connection.execute(insert(past_match).from_select(columns, kept))
    if ended is Ended.WITHDRAWN:
        connection.execute(delete(rule_match).where(one))


def mark_backfill(connection: Connection, rule_id: str, article_id: int) -> None:
    """Write down that a match was found by applying rules to the archive."""
    connection.execute(
        update(rule_match)
        .where(rule_match.c.rule_id == rule_id, rule_match.c.article_id == article_id)
        .values(backfill=True)
    )


def last(connection: Connection, rule_id: str, article_id: int) -> StoredMatch | None:
    """Return the match that an article had of a rule last, of those that are no more."""
    own = (past_match.c.rule_id == rule_id) & (past_match.c.article_id == article_id)
    query = select(past_match).where(own).order_by(past_match.c.id.desc()).limit(1)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else StoredMatch(from_row(row), row["version_id"], row["engine_version"])


def past(connection: Connection, article_id: int, *, rule_id: str | None = None) -> list[dict[str, Any]]:
    """Return the present and past matches of an article, by rule, the present one first.

    `began_at` is when the article met the rule in this way: when it was matched, or when another match was replaced.
    `revision` is the number of the version that has withdrawn it.
    """
    own = select(article_version.c.id, article_version.c.seq).where(article_version.c.article_id == article_id)
    revisions = {row.id: row.seq for row in connection.execute(own)}
    found: list[dict[str, Any]] = []
    for table in (rule_match, past_match):
        query = select(table).where(table.c.article_id == article_id)
        if rule_id is not None:
            query = query.where(table.c.rule_id == rule_id)
        for one in connection.execute(query).mappings():
            row = dict(one)
            withdrawn_by = revisions.get(row.get("ended_version_id"))
            found.append({"ended_at": None, "ended_by": None, **row, "revision": withdrawn_by})
    found.sort(key=lambda row: (row["rule_id"], row["ended_at"] is not None, -row["id"]))
    for row, older in zip_longest(found, found[1:]):
        replaced = older is not None and older["rule_id"] == row["rule_id"] and older["ended_by"] == Ended.REPLACED
        row["began_at"] = older["ended_at"] if replaced else row["matched_at"]
    return found


def retain(connection: Connection, before: datetime) -> int:
    """Delete the matches that ended before an instant and return how many that is."""
    return connection.execute(delete(past_match).where(past_match.c.ended_at < before)).rowcount
