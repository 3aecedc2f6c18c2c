"""Deliveries that are held, and the roll-up that tells of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, or_, select, update

from newswatch.model import DeliveryState, NotificationKind, Severity
from newswatch.store import steps
from newswatch.store.tables import delivery, notification

_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Member:
    """A delivery that is held for a roll-up."""

    delivery_id: int
    key: str
    story_id: int
    alert_ids: tuple[int, ...]


def waiting(connection: Connection, destination: str, *, room_for: int) -> int | None:
    """Return the roll-up of a destination that can still take more, locked against being sent meanwhile.

    One with `room_for` deliveries is full.
    """
    told = delivery.alias("told")
    held = select(func.count()).where(told.c.merged_into == delivery.c.id, told.c.state == DeliveryState.HELD.value)
    return connection.execute(
        select(delivery.c.id)
        .where(
            delivery.c.destination == destination,
            delivery.c.kind == NotificationKind.ROLLUP.value,
            delivery.c.state.in_((DeliveryState.PENDING.value, DeliveryState.RETRY_WAIT.value)),
            delivery.c.rendered.is_(None),
            held.scalar_subquery() < room_for,
        )
        .order_by(delivery.c.id)
        .limit(1)
        .with_for_update()
    ).scalar()


def lock(connection: Connection, rollup_id: int) -> None:
    """Let nothing join a roll-up until the transaction that renders it ends."""
    connection.execute(select(delivery.c.id).where(delivery.c.id == rollup_id).with_for_update())


def join(connection: Connection, delivery_id: int, rollup_id: int) -> None:
    """Put a delivery into a roll-up."""
    connection.execute(update(delivery).where(delivery.c.id == delivery_id).values(merged_into=rollup_id))


def members(connection: Connection, rollup_id: int) -> list[Member]:
    """Return the deliveries that are held for a roll-up."""
    query = (
        select(delivery.c.id, delivery.c.delivery_key, notification.c.story_id, notification.c.alert_ids)
        .join(delivery, delivery.c.notification_id == notification.c.id)
        .where(delivery.c.merged_into == rollup_id, delivery.c.state == DeliveryState.HELD.value)
        .order_by(delivery.c.id)
    )
    return [Member(row.id, row.delivery_key, row.story_id, tuple(row.alert_ids)) for row in connection.execute(query)]


def leave(connection: Connection, delivery_id: int, reason: str, now: datetime) -> None:
    """Let a held delivery not be told after all."""
    values = {"state": DeliveryState.SUPPRESSED.value, "reason": reason, "updated_at": now}
    connection.execute(update(delivery).where(delivery.c.id == delivery_id).values(**values))
    steps.keep(connection, [delivery_id], DeliveryState.SUPPRESSED, reason, now)


def settle(connection: Connection, rollup_id: int, state: DeliveryState, now: datetime) -> None:
    """Let what a roll-up tells of share its end."""
    reason = f"in delivery {rollup_id}"
    values = {
        "state": state.value,
        "reason": reason,
        "updated_at": now,
        "delivered_at": now if state is DeliveryState.DELIVERED else None,
    }
    held = (delivery.c.merged_into == rollup_id) & (delivery.c.state == DeliveryState.HELD.value)
    settled = connection.execute(update(delivery).where(held).values(**values).returning(delivery.c.id))
    steps.keep(connection, settled.scalars(), state, reason, now)


def disturbed(
    connection: Connection, destination: str, *, since: datetime, limit: int, besides: int = 0
) -> Sequence[datetime]:
    """Return when the last single alerts arrived at a destination since an instant, newest first; not `besides`.

    One of which nobody knows whether it arrived counts from its first attempt.
    """
    at = func.coalesce(delivery.c.delivered_at, delivery.c.first_attempt_at)
    unknown = delivery.c.state.in_((DeliveryState.SENDING.value, DeliveryState.AMBIGUOUS.value))
    query = (
        select(at)
        .where(
            delivery.c.destination == destination,
            delivery.c.first_attempt_at > since - _A_DAY,  # a retry is made within a day, and the index begins there
            delivery.c.kind == NotificationKind.NEW.value,
            delivery.c.merged_into.is_(None),
            delivery.c.id != besides,
            at > since,
            or_(delivery.c.delivered_at.is_not(None), unknown),
        )
        .order_by(at.desc())
        .limit(limit)
    )
    return connection.execute(query).scalars().all()


def grows_graver(connection: Connection, notification_id: int, severity: Severity, due_at: datetime) -> None:
    """Raise the severity of a message's deliveries to that of an alert it now carries too, which is due then."""
    lower = [one.value for one in Severity if one.rank < severity.rank]
    connection.execute(
        update(delivery)
        .where(delivery.c.notification_id == notification_id, delivery.c.severity.in_(lower))
        .values(severity=severity.value)
    )
    connection.execute(
        update(delivery)
        .where(
            delivery.c.notification_id == notification_id,
            delivery.c.state == DeliveryState.PENDING.value,
            delivery.c.due_at > due_at,
        )
        .values(due_at=due_at)
    )
