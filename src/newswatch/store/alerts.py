"""Alerts, the notifications that carry them, and what was announced where."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from newswatch.model import ARTICLE_REASONS, AlertDecision, DeliveryState, Match, NotificationKind
from newswatch.store.database import insert_new
from newswatch.store.tables import alert, announced, delivery, notification, story

WITHDRAWN = "withdrawn"
"""Why nobody is told: no article of the story meets the rule any more."""


@dataclass(frozen=True, slots=True)
class KnownAlert:
    """An alert that a story has for a rule."""

    id: int
    article_id: int
    suppressed: str | None

    @property
    def withdrawn(self) -> bool:
        """Whether the story had lost the rule."""
        return self.suppressed == WITHDRAWN

    def may_be_opened_by(self, article_id: int) -> bool:
        """Whether nobody was told, for a reason that lies in an article which is not this one."""
        return self.withdrawn or (self.suppressed in ARTICLE_REASONS and self.article_id != article_id)


def known(connection: Connection, story_id: int) -> dict[str, KnownAlert]:
    """Return the alerts of a story by rule."""
    query = select(alert.c.rule_id, alert.c.id, alert.c.article_id, alert.c.suppressed)
    rows = connection.execute(query.where(alert.c.story_id == story_id))
    return {row.rule_id: KnownAlert(row.id, row.article_id, row.suppressed) for row in rows}


def open_alert(
    connection: Connection,
    match: Match,
    decision: AlertDecision,
    *,
    story_id: int,
    article_id: int,
    new_id: Callable[[], int],
    now: datetime,
) -> int:
    """Store a new alert and return its id."""
    alert_id = new_id()
    connection.execute(
        insert(alert).values(
            id=alert_id,
            rule_id=match.rule_id,
            rule_name=match.rule_name,
            story_id=story_id,
            article_id=article_id,
            severity=match.severity.value,
            suppressed=decision.suppressed,
            reason=decision.reason,
            opened_at=now,
        )
    )
    return alert_id


def reopen(
    connection: Connection, alert_id: int, match: Match, decision: AlertDecision, *, article_id: int, now: datetime
) -> None:
    """Let an alert that nobody was told of begin anew with another article of its story."""
    connection.execute(
        update(alert)
        .where(alert.c.id == alert_id)
        .values(
            rule_name=match.rule_name,
            article_id=article_id,
            severity=match.severity.value,
            suppressed=decision.suppressed,
            reason=decision.reason,
            opened_at=now,
        )
    )


def waiting_notification(connection: Connection, story_id: int, destination: str) -> tuple[int, list[int]] | None:
    """Return (id, alert ids) of the notification of a story that this destination has not been sent yet, or None."""
    row = connection.execute(
        select(notification.c.id, notification.c.alert_ids)
        .join(delivery, delivery.c.notification_id == notification.c.id)
        .where(
            notification.c.story_id == story_id,
            notification.c.kind == NotificationKind.NEW.value,
            notification.c.payload.is_(None),
            delivery.c.destination == destination,
            delivery.c.state == DeliveryState.PENDING.value,
        )
        .order_by(notification.c.id)
        .limit(1)
    ).one_or_none()
    return (row.id, list(row.alert_ids)) if row else None


def add_to_notification(connection: Connection, notification_id: int, alert_ids: Sequence[int]) -> None:
    """Let a notification that is not sent yet carry these alerts."""
    connection.execute(
        update(notification).where(notification.c.id == notification_id).values(alert_ids=list(alert_ids))
    )


def notify(
    connection: Connection,
    *,
    kind: NotificationKind,
    dedupe_key: str,
    story_id: int | None,
    alert_ids: Sequence[int],
    payload: str | None,
    new_id: Callable[[], int],
    now: datetime,
) -> int | None:
    """Store a notification whose content is frozen later (or now, with `payload`). Return its id, None if known."""
    notification_id = new_id()
    row = {
        "id": notification_id,
        "dedupe_key": dedupe_key,
        "kind": kind.value,
        "story_id": story_id,
        "alert_ids": list(alert_ids),
        "payload": payload,
        "created_at": now,
        "frozen_at": now if payload is not None else None,
    }
    if not insert_new(connection, notification, [row], "dedupe_key"):
        return None
    return notification_id


def freeze(connection: Connection, notification_id: int, payload: str, now: datetime) -> None:
    """Fix the content of a notification for good."""
    connection.execute(
        update(notification).where(notification.c.id == notification_id).values(payload=payload, frozen_at=now)
    )


def get_notification(connection: Connection, notification_id: int) -> dict[str, Any]:
    """Return one notification's row."""
    row = connection.execute(select(notification).where(notification.c.id == notification_id)).mappings().one()
    return dict(row)


def by_ids(connection: Connection, alert_ids: Sequence[int]) -> list[dict[str, Any]]:
    """Return alerts by id, in the order of their ids."""
    query = select(alert).where(alert.c.id.in_(list(alert_ids))).order_by(alert.c.id)
    return [dict(row) for row in connection.execute(query).mappings()]


def standing(connection: Connection, alert_ids: Sequence[int]) -> list[int]:
    """Return those of some alerts that are to be told: not closed or withdrawn, nor held back for their article."""
    own = alert.c.id.in_(list(alert_ids)) & alert.c.suppressed.is_(None) & (alert.c.state != "closed")
    return list(connection.execute(select(alert.c.id).where(own).order_by(alert.c.id)).scalars())


def age(connection: Connection, *, quiet_before: datetime, closed_before: datetime) -> None:
    """Let alerts be quiet or closed whose story has had no article since an instant, and open where one has come.

    One that is closed stays so.
    """
    latest = select(story.c.last_seen_at).where(story.c.id == alert.c.story_id).scalar_subquery()
    for state, condition, then in (
        ("open", latest < quiet_before, "quiet"),
        ("quiet", latest >= quiet_before, "open"),
        ("quiet", latest < closed_before, "closed"),
    ):
        connection.execute(update(alert).where(alert.c.state == state, condition).values(state=then))


def announce(
    connection: Connection, destination: str, article_ids: Sequence[int], *, notification_id: int, now: datetime
) -> None:
    """Write down that a destination is told of these articles."""
    rows = [
        {"destination": destination, "article_id": article_id, "notification_id": notification_id, "at": now}
        for article_id in dict.fromkeys(article_ids)
    ]
    if rows:
        insert_new(connection, announced, rows, "destination", "article_id")


def listing(
    connection: Connection, *, limit: int, since: datetime | None = None, rule_id: str | None = None
) -> list[dict[str, Any]]:
    """Return alerts for people, newest first, with the story's headline and size."""
    query = (
        select(alert, story.c.headline, story.c.article_count, story.c.source_count)
        .join(story, story.c.id == alert.c.story_id)
        .order_by(alert.c.id.desc())
        .limit(limit)
    )
    if since is not None:
        query = query.where(alert.c.opened_at >= since)
    if rule_id is not None:
        query = query.where(alert.c.rule_id == rule_id)
    return [dict(row) for row in connection.execute(query).mappings()]


def show(connection: Connection, alert_id: int) -> dict[str, Any] | None:
    """Return one alert with its notifications and deliveries, or None."""
    row = (
        connection.execute(
            select(alert, story.c.headline, story.c.article_count, story.c.source_count)
            .join(story, story.c.id == alert.c.story_id)
            .where(alert.c.id == alert_id)
        )
        .mappings()
        .one_or_none()
    )
    if row is None:
        return None
    sent = connection.execute(
        select(
            notification.c.kind,
            notification.c.alert_ids,
            notification.c.frozen_at,
            delivery.c.id.label("delivery_id"),
            delivery.c.destination,
            delivery.c.state,
            delivery.c.reason,
            delivery.c.attempts,
            delivery.c.delivered_at,
        )
        .join(delivery, delivery.c.notification_id == notification.c.id)
        .where(notification.c.story_id == row["story_id"])
        .order_by(delivery.c.id)
    ).mappings()
    return {**row, "deliveries": [dict(one) for one in sent if alert_id in one["alert_ids"]]}


def count(connection: Connection) -> int:
    """Return the number of alerts."""
    return connection.execute(select(func.count()).select_from(alert)).scalar_one()
