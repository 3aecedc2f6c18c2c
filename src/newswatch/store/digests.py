"""What waits for the next digest of a destination."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, select, update

from newswatch.model import Digest
from newswatch.store.database import insert_new
from newswatch.store.tables import alert, digest_item, periodic_run, story


def add(
    connection: Connection,
    destinations: Collection[tuple[str, Digest]],
    *,
    alert_id: int,
    story_id: int,
    backfill: bool,
    now: datetime,
) -> None:
    """Let an alert wait for the next digest of each destination. One that was in a digest does not come again."""
    rows = [
        {
            "destination": destination,
            "digest": digest.value,
            "alert_id": alert_id,
            "story_id": story_id,
            "backfill": backfill,
            "added_at": now,
        }
        for destination, digest in destinations
    ]
    if rows:
        insert_new(connection, digest_item, rows, "destination", "digest", "alert_id")


def waiting(connection: Connection, destination: str, digest: Digest, *, until: datetime) -> list[dict[str, Any]]:
    """Return the alerts that wait for a digest since `until` or before, with their story's last change, by story."""
    query = (
        select(
            digest_item, alert.c.rule_id, alert.c.rule_name, alert.c.severity, story.c.last_seen_at, story.c.language
        )
        .join(alert, alert.c.id == digest_item.c.alert_id)
        .join(story, story.c.id == digest_item.c.story_id)
        .where(_untold(destination, digest), digest_item.c.added_at <= until)
        .order_by(digest_item.c.story_id, digest_item.c.alert_id)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def told(
    connection: Connection,
    destination: str,
    digest: Digest,
    *,
    until: datetime,
    notification_id: int | None,
    now: datetime,
) -> None:
    """Write down that everything that waited until an instant is in a digest (or, without one, silenced)."""
    connection.execute(
        update(digest_item)
        .where(_untold(destination, digest), digest_item.c.added_at <= until)
        .values(told_at=now, notification_id=notification_id)
    )


def counts(connection: Connection) -> dict[tuple[str, Digest], int]:
    """Return how many alerts wait for the digest of each destination."""
    query = (
        select(digest_item.c.destination, digest_item.c.digest, func.count().label("number"))
        .where(digest_item.c.told_at.is_(None))
        .group_by(digest_item.c.destination, digest_item.c.digest)
    )
    return {(row.destination, Digest(row.digest)): row.number for row in connection.execute(query)}


def of_story(connection: Connection, story_id: int) -> list[dict[str, Any]]:
    """Return the digests that a story was or will be in."""
    query = (
        select(digest_item, alert.c.rule_id)
        .join(alert, alert.c.id == digest_item.c.alert_id)
        .where(digest_item.c.story_id == story_id)
        .order_by(digest_item.c.destination, digest_item.c.digest, digest_item.c.alert_id)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def taken(connection: Connection, names: Collection[str], since: datetime) -> set[tuple[str, str]]:
    """Return the (name, slot) that somebody has taken since an instant."""
    query = select(periodic_run.c.name, periodic_run.c.slot).where(
        periodic_run.c.name.in_(list(names)), periodic_run.c.ran_at >= since
    )
    return {(row.name, row.slot) for row in connection.execute(query)}


def _untold(destination: str, digest: Digest) -> ColumnElement[bool]:
    return and_(
        digest_item.c.destination == destination,
        digest_item.c.digest == digest.value,
        digest_item.c.told_at.is_(None),
    )
