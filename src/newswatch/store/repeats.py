"""Deliveries that are made once more, because what they told is lost where it went or never got there."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, or_, select, true, update

from newswatch.ids import first_id_at
from newswatch.model import DeliveryState
from newswatch.store import steps
from newswatch.store.deliveries import HELD_ALONE, begun_anew, of_destination
from newswatch.store.tables import delivery, delivery_step, notification, story

REPLAYED = "replayed by hand"
_ENDED = (DeliveryState.DELIVERED.value, DeliveryState.DEAD.value, DeliveryState.EXPIRED.value)


def candidates(
    connection: Connection,
    *,
    ids: Collection[int] = (),
    destination: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int,
) -> list[dict[str, Any]]:
    """Return deliveries by id, or those made for a destination (all its mailboxes) in [since, until), oldest first.

    Each with its notification, headline and when it was replayed last.
    """
    replayed = (
        select(func.max(delivery_step.c.at))
        .where(delivery_step.c.delivery_id == delivery.c.id, delivery_step.c.reason == REPLAYED)
        .scalar_subquery()
    )
    query = (
        select(
            delivery.c.id,
            delivery.c.destination,
            delivery.c.state,
            delivery.c.kind,
            delivery.c.severity,
            delivery.c.reason,
            delivery.c.merged_into,
            delivery.c.notification_id,
            delivery.c.delivered_at,
            notification.c.story_id,
            notification.c.alert_ids,
            story.c.headline,
            replayed.label("replayed_at"),
        )
        .join(notification, notification.c.id == delivery.c.notification_id)
        .outerjoin(story, story.c.id == notification.c.story_id)
        .order_by(delivery.c.id)
        .limit(limit)
    )
    wanted = [
        delivery.c.id.in_(list(ids)) if ids else true(),
        of_destination(destination) if destination is not None else true(),
        delivery.c.id >= first_id_at(since) if since is not None else true(),
        delivery.c.id < first_id_at(until) if until is not None else true(),
    ]
    return [dict(row) for row in connection.execute(query.where(*wanted)).mappings()]


def send_again(connection: Connection, delivery_id: int, now: datetime) -> bool:
    """Make a delivery that has ended, or is held for its destination, due with the same key and bytes.

    Return False if it is on its way, belongs to a roll-up or was not to be told.
    """
    done = connection.execute(
        update(delivery)
        .where(delivery.c.id == delivery_id, or_(delivery.c.state.in_(_ENDED), HELD_ALONE))
        .values(**begun_anew(now), by_hand=True, delivered_at=None)
        .returning(delivery.c.id)
    )
    return bool(steps.keep(connection, done.scalars(), DeliveryState.RETRY_WAIT, REPLAYED, now))


def has_delivery(connection: Connection, notification_id: int, destination: str) -> bool:
    """Tell whether a notification has a delivery to a destination."""
    own = (delivery.c.notification_id == notification_id) & (delivery.c.destination == destination)
    return connection.execute(select(delivery.c.id).where(own)).scalar() is not None


def close(connection: Connection, delivery_ids: Collection[int], reason: str, now: datetime) -> None:
    """Let deliveries that are held for their destination wait no longer: another one has what they tell."""
    done = connection.execute(
        update(delivery)
        .where(delivery.c.id.in_(list(delivery_ids)), HELD_ALONE)
        .values(state=DeliveryState.SUPPRESSED.value, reason=reason, updated_at=now)
        .returning(delivery.c.id)
    )
    steps.keep(connection, done.scalars(), DeliveryState.SUPPRESSED, reason, now)
