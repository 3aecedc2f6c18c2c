"""Everything stored about who was told of a story, and why: read together, for explanations."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, or_, select

from newswatch.model import DeliveryState
from newswatch.store import steps
from newswatch.store.tables import (
    alert,
    article,
    article_version,
    attempt,
    delivery,
    digest_item,
    notification,
    rule_match,
    story,
    story_member,
    thread,
)

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Chain:
    """The rows of one story, and of the stories merged into it."""

    story: Row
    matches: list[Row]  # with the article's headline, source and language
    unread: int  # articles that the rules have not looked at yet
    alerts: list[Row]
    threads: list[Row]
    digests: list[Row]  # items with the state of the digest's delivery, where it was made
    deliveries: list[Row]  # with their notification's kind, story, alerts and payload
    rollups: dict[int, Row]  # deliveries that tell of held ones
    attempts: list[Row]
    steps: list[Row]  # what became of deliveries without an attempt


def story_named(connection: Connection, row_id: int) -> int | None:
    """Return the story that an id means: its own, or that of an alert, an article or a delivery. None if it is none."""
    for table, query in (
        (story, select(story.c.id)),
        (alert, select(alert.c.story_id)),
        (story_member, select(story_member.c.story_id)),
        (delivery, select(notification.c.story_id).join(delivery, delivery.c.notification_id == notification.c.id)),
    ):
        key = table.c.article_id if table is story_member else table.c.id
        found: int | None = connection.execute(query.where(key == row_id)).scalar()
        if found is not None:
            return found
    return None


def read(connection: Connection, story_id: int) -> Chain | None:
    """Return the chain of a story that others may have been merged into, or None."""
    row = connection.execute(select(story).where(story.c.id == story_id)).mappings().one_or_none()
    if row is None:
        return None
    ids = list(connection.execute(select(story.c.id).where(_own(story_id))).scalars())
    sent = _deliveries(connection, ids)
    return Chain(
        story=dict(row),
        matches=_matches(connection, story_id),
        unread=len(connection.execute(_unread(story_id)).scalars().all()),
        alerts=_all(connection, select(alert).where(alert.c.story_id.in_(ids)).order_by(alert.c.opened_at, alert.c.id)),
        threads=_all(connection, select(thread).where(thread.c.story_id.in_(ids)).order_by(thread.c.id)),
        digests=_digests(connection, ids),
        deliveries=sent,
        rollups=_rollups(connection, [one["merged_into"] for one in sent if one["merged_into"] is not None]),
        attempts=_all(
            connection,
            select(attempt)
            .where(attempt.c.delivery_id.in_([one["id"] for one in sent]))
            .order_by(attempt.c.delivery_id, attempt.c.n),
        ),
        steps=steps.of_deliveries(connection, [one["id"] for one in sent]),
    )


def _own(story_id: int) -> ColumnElement[bool]:
    return or_(story.c.id == story_id, story.c.merged_into == story_id)


def _all(connection: Connection, query: Any) -> list[Row]:
    return [dict(row) for row in connection.execute(query).mappings()]


def _matches(connection: Connection, story_id: int) -> list[Row]:
    query = (
        select(
            rule_match,
            article.c.display_headline,
            article.c.source_name,
            article.c.language,
            article.c.url,
            article.c.backfill.label("article_backfill"),
        )
        .join(article, article.c.id == rule_match.c.article_id)
        .join(story_member, story_member.c.article_id == article.c.id)
        .where(story_member.c.story_id == story_id)
        .order_by(rule_match.c.rule_id, rule_match.c.matched_at, rule_match.c.article_id)
    )
    return _all(connection, query)


def _unread(story_id: int) -> Any:
    return (
        select(article.c.id)
        .join(story_member, story_member.c.article_id == article.c.id)
        .join(article_version, article_version.c.id == article.c.current_version_id)
        .where(story_member.c.story_id == story_id, article_version.c.matched_at.is_(None))
    )


def _digests(connection: Connection, ids: Collection[int]) -> list[Row]:
    made = (delivery.c.notification_id == digest_item.c.notification_id) & (
        delivery.c.destination == digest_item.c.destination
    )
    query = (
        select(digest_item, delivery.c.id.label("delivery_id"), delivery.c.state, delivery.c.delivered_at)
        .outerjoin(delivery, made)
        .where(digest_item.c.story_id.in_(ids))
        .order_by(digest_item.c.destination, digest_item.c.digest, digest_item.c.alert_id)
    )
    return _all(connection, query)


def _deliveries(connection: Connection, ids: Collection[int]) -> list[Row]:
    query = (
        select(
            delivery,
            notification.c.story_id,
            notification.c.alert_ids,
            notification.c.payload,
            notification.c.frozen_at,
        )
        .join(notification, notification.c.id == delivery.c.notification_id)
        .where(notification.c.story_id.in_(ids))
        .order_by(delivery.c.id)
    )
    return _all(connection, query)


def _rollups(connection: Connection, ids: Collection[int]) -> dict[int, Row]:
    waiting = (DeliveryState.PENDING.value, DeliveryState.RETRY_WAIT.value)
    query = select(delivery.c.id, delivery.c.state, delivery.c.due_at, delivery.c.delivered_at)
    rows = connection.execute(query.where(delivery.c.id.in_(ids))).mappings()
    return {row["id"]: {**row, "due_at": row["due_at"] if row["state"] in waiting else None} for row in rows}
