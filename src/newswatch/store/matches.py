"""Matches: which rule was met by which article, with the evidence to reproduce it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from newswatch.model import Evidence, Match, Severity
from newswatch.store.database import insert_new
from newswatch.store.tables import article, rule_match, rule_version


def remember_rule(
    connection: Connection, *, rule_hash: str, rule_id: str, name: str, definition: Mapping[str, Any], now: datetime
) -> None:
    """Keep the text of a rule that matches refer to, once for each of its versions."""
    row = {
        "rule_hash": rule_hash,
        "rule_id": rule_id,
        "name": name,
        "definition": dict(definition),
        "first_used_at": now,
    }
    insert_new(connection, rule_version, [row], "rule_hash")


def first_used(connection: Connection, rule_hashes: Collection[str]) -> dict[str, datetime]:
    """Return since when versions of rules were used, by hash."""
    query = select(rule_version.c.rule_hash, rule_version.c.first_used_at)
    found = connection.execute(query.where(rule_version.c.rule_hash.in_(list(rule_hashes))))
    return {row.rule_hash: row.first_used_at for row in found}


def store(
    connection: Connection,
    value: Match,
    *,
    article_id: int,
    version_id: int,
    engine_version: str,
    new_id: Callable[[], int],
    now: datetime,
) -> bool:
    """Store a match; one that the article has already is brought up to date. Return whether it is new."""
    columns = {
        "version_id": version_id,
        "rule_hash": value.rule_hash,
        "rule_name": value.rule_name,
        "engine_version": engine_version,
        "severity": value.severity.value,
        "score": value.score,
        "threshold": value.threshold,
        "tags": list(value.tags),
        "evidence": [asdict(one) for one in value.evidence],
        "evidence_total": value.evidence_total,
        "why": list(value.why),
    }
    known = (rule_match.c.rule_id == value.rule_id) & (rule_match.c.article_id == article_id)
    if connection.execute(update(rule_match).where(known).values(**columns)).rowcount:
        return False
    connection.execute(
        insert(rule_match).values(id=new_id(), rule_id=value.rule_id, article_id=article_id, matched_at=now, **columns)
    )
    return True


def from_row(row: RowMapping) -> Match:
    """Return the value of a row."""
    return Match(
        rule_id=row["rule_id"],
        rule_name=row["rule_name"],
        rule_hash=row["rule_hash"],
        severity=Severity(row["severity"]),
        score=row["score"],
        threshold=row["threshold"],
        tags=tuple(row["tags"]),
        evidence=tuple(Evidence(**one) for one in row["evidence"]),
        evidence_total=row["evidence_total"],
        why=tuple(row["why"]),
    )


def get(connection: Connection, rule_id: str, article_id: int) -> tuple[Match, int] | None:
    """Return a match and the version it refers to, or None."""
    row = (
        connection.execute(
            select(rule_match).where(rule_match.c.rule_id == rule_id, rule_match.c.article_id == article_id)
        )
        .mappings()
        .one_or_none()
    )
    return (from_row(row), row["version_id"]) if row else None


def of_articles(connection: Connection, article_ids: Sequence[int], rule_ids: Sequence[str]) -> list[tuple[int, str]]:
    """Return which of these articles met which of these rules, oldest article first."""
    own = rule_match.c.article_id.in_(article_ids) & rule_match.c.rule_id.in_(rule_ids)
    query = select(rule_match.c.article_id, rule_match.c.rule_id).where(own)
    rows = connection.execute(query.order_by(rule_match.c.article_id, rule_match.c.rule_id))
    return [(row.article_id, row.rule_id) for row in rows]


def listing(
    connection: Connection, *, limit: int, since: datetime | None = None, rule_id: str | None = None
) -> list[dict[str, Any]]:
    """Return matches for people, newest first, with the article's headline, source and URL."""
    query = (
        select(
            rule_match,
            article.c.display_headline,
            article.c.source_name,
            article.c.language,
            article.c.url,
        )
        .join(article, article.c.id == rule_match.c.article_id)
        .order_by(rule_match.c.id.desc())
        .limit(limit)
    )
    if since is not None:
        query = query.where(rule_match.c.matched_at >= since)
    if rule_id is not None:
        query = query.where(rule_match.c.rule_id == rule_id)
    return [dict(row) for row in connection.execute(query).mappings()]


def counts(connection: Connection) -> dict[str, int]:
    """Return the number of matches of each rule."""
    query = select(rule_match.c.rule_id, func.count()).group_by(rule_match.c.rule_id).order_by(rule_match.c.rule_id)
    return {rule_id: count for rule_id, count in connection.execute(query)}  # noqa: C416 - rows are not pairs to mypy
