"""Deliveries: the outbox and its attempts."""

import json
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, delete, func, insert, or_, select, update

from newswatch.ids import ulid
from newswatch.model import (
    AttemptResult,
    Delivery,
    DeliveryState,
    NotificationKind,
    Outcome,
    Rendered,
    Severity,
    Transition,
)
from newswatch.store import destinations, steps
from newswatch.store.database import insert_new
from newswatch.store.leases import RELEASED, Lease, claim, held
from newswatch.store.tables import alert, attempt, delivery, notification, story

WAITING = (
    DeliveryState.PENDING.value,
    DeliveryState.SENDING.value,
    DeliveryState.RETRY_WAIT.value,
    DeliveryState.AMBIGUOUS.value,
)

HELD_ALONE = and_(delivery.c.state == DeliveryState.HELD.value, delivery.c.merged_into.is_(None))
"""Held until somebody acts, as its destination is disabled or gone, and not for a roll-up that will tell of it."""
_BY_HAND = "sent again by hand"
_CANCELLED = "cancelled by hand"


def _rendered_to_text(value: Rendered) -> str:
    fields = {"content_type": value.content_type, "summary": value.summary, "meta": dict(value.meta)}
    return json.dumps({**fields, "body": b64encode(value.body).decode("ascii")}, ensure_ascii=False, sort_keys=True)


def _rendered_from_text(text: str) -> Rendered:
    fields = json.loads(text)
    return Rendered(**{**fields, "body": b64decode(fields["body"])})


def add(
    connection: Connection,
    *,
    delivery_id: int,
    notification_id: int,
    dedupe_key: str,
    destination: str,
    due_at: datetime,
    now: datetime,
    kind: NotificationKind = NotificationKind.NEW,
    severity: Severity = Severity.NORMAL,
    via: str | None = None,
    by_hand: bool = False,
) -> bool:
    """Store a pending delivery. Return False if the notification has one to this destination already.

    `via` names the destination that this one stands in for; one made `by_hand` waits for no quiet hours or limits.
    """
    row = {
        "id": delivery_id,
        "delivery_key": ulid(now, dedupe_key, destination),
        "notification_id": notification_id,
        "destination": destination,
        "state": DeliveryState.PENDING.value,
        "due_at": due_at,
        "created_at": now,
        "updated_at": now,
        "kind": kind.value,
        "severity": severity.value,
        "via": via,
        "by_hand": by_hand,
    }
    return bool(insert_new(connection, delivery, [row], "notification_id", "destination"))


def from_row(row: RowMapping) -> Delivery:
    """Return the value of a row."""
    rendered = _rendered_from_text(row["rendered"]) if row["rendered"] else None
    return Delivery(
        id=row["id"],
        key=row["delivery_key"],
        notification_id=row["notification_id"],
        destination=row["destination"],
        state=DeliveryState(row["state"]),
        attempts=row["attempts"],
        rendered=rendered,
        thread_ref=rendered.meta.get("thread_ref") if rendered is not None else None,
        created_at=row["created_at"],
        due_at=row["due_at"] or row["created_at"],
        lease_token=row["lease_token"],
        provider_id=row["provider_id"],
        sending_since=row["sending_since"],
        kind=NotificationKind(row["kind"]),
        severity=Severity(row["severity"]),
        by_hand=row["by_hand"],
        via=row["via"],
    )


def due(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a delivery can be worked on and its destination takes something."""
    can_go = or_(delivery.c.due_at.is_(None), delivery.c.due_at <= now)
    return and_(delivery.c.state.in_(WAITING), can_go, ~destinations.stopped(delivery.c.destination, now))


def claim_due(
    connection: Connection, lease: Lease, limit: int, *, busy: Sequence[str] = (), slow: Sequence[str] = ()
) -> list[Delivery]:
    """Claim up to `limit` deliveries that are due, longest due first, none to `busy` destinations.

    To `slow` destinations only what is flash.

    One found in state `sending` was interrupted by the end of its process: its outcome is unknown.
    """
    condition = due(lease.now)
    if busy:
        condition = and_(condition, delivery.c.destination.not_in(busy))
    if slow:
        flash = delivery.c.severity == Severity.FLASH.value
        condition = and_(condition, or_(delivery.c.destination.not_in(slow), flash))
    rows = claim(connection, delivery, condition, lease, limit, delivery.c.due_at, delivery.c.id)
    return sorted((from_row(row) for row in rows), key=lambda value: (value.due_at, value.id))


def is_held(connection: Connection, value: Delivery) -> bool:
    """Tell whether a delivery is under the claim that `value` came with; nobody can take it before the commit."""
    query = select(delivery.c.id).where(held(delivery, value.id, value.lease_token))
    if connection.dialect.name == "postgresql":
        query = query.with_for_update()
    return bool(connection.execute(query).scalar())


def set_rendered(connection: Connection, delivery_id: int, rendered: Rendered) -> None:
    """Fix the bytes that a delivery sends, for every attempt."""
    connection.execute(
        update(delivery).where(delivery.c.id == delivery_id).values(rendered=_rendered_to_text(rendered))
    )


def begin_attempt(connection: Connection, value: Delivery, *, attempt_id: int, now: datetime) -> int:
    """Write down, before anything is sent, that an attempt begins. Return its number, counted from 1."""
    last = connection.execute(select(func.max(attempt.c.n)).where(attempt.c.delivery_id == value.id)).scalar()
    number = (last or 0) + 1
    connection.execute(insert(attempt).values(id=attempt_id, delivery_id=value.id, n=number, started_at=now))
    connection.execute(
        update(delivery)
        .where(held(delivery, value.id, value.lease_token))
        .values(
            state=DeliveryState.SENDING.value,
            sending_since=now,
            updated_at=now,
            first_attempt_at=func.coalesce(delivery.c.first_attempt_at, now),
        )
    )
    return number


def late_success(connection: Connection, delivery_id: int) -> AttemptResult | None:
    """Return the result of the last attempt if that got through, as became known after its claim was lost."""
    last = select(attempt).where(attempt.c.delivery_id == delivery_id).order_by(attempt.c.n.desc()).limit(1)
    row = connection.execute(last).one_or_none()
    if row is None or row.outcome != Outcome.DELIVERED.value:
        return None
    return AttemptResult(Outcome.DELIVERED, row.detail or "", status=row.status, provider_id=row.provider_id)


def finish(
    connection: Connection,
    value: Delivery,
    transition: Transition,
    *,
    number: int | None,
    result: AttemptResult | None,
    now: datetime,
) -> bool:
    """Store what became of a delivery and end its claim. Return False if the claim was lost.

    `number` names the attempt that `result` belongs to (None for a look-up or a decision without an attempt).
    """
    if number is not None and result is not None:
        connection.execute(
            update(attempt)
            .where(attempt.c.delivery_id == value.id, attempt.c.n == number)
            .values(
                ended_at=now,
                outcome=result.outcome.value,
                status=result.status,
                detail=result.detail,
                provider_id=result.provider_id,
            )
        )
    delivered = transition.state is DeliveryState.DELIVERED
    values: dict[str, Any] = {
        "state": transition.state.value,
        "due_at": transition.due_at,
        "reason": transition.reason,
        "updated_at": now,
        "attempts": delivery.c.attempts + (1 if transition.count_attempt and number is not None else 0),
        **RELEASED,
    }
    if transition.state is not DeliveryState.AMBIGUOUS:
        values["sending_since"] = None
    if delivered:
        values["delivered_at"] = now
    if result is not None and result.provider_id:
        values["provider_id"] = result.provider_id
    if not connection.execute(
        update(delivery).where(held(delivery, value.id, value.lease_token)).values(**values)
    ).rowcount:
        return False
    if number is None or transition.state is DeliveryState.HELD:
        steps.keep(connection, [value.id], transition.state, transition.reason, now)
    if transition.disable_destination:
        destinations.disable(connection, value.destination, reason=transition.reason, now=now)
    elif transition.pause_destination_until is not None:
        destinations.pause(connection, value.destination, until=transition.pause_destination_until)
    return True


def enable(connection: Connection, name: str, now: datetime) -> int:
    """Let a destination be sent to again and return how many held deliveries that makes due."""
    destinations.clear(connection, name)
    held_back = and_(delivery.c.destination == name, HELD_ALONE)
    released = connection.execute(update(delivery).where(held_back).values(**begun_anew(now)).returning(delivery.c.id))
    reason = f"{name} takes messages again"
    return steps.keep(connection, released.scalars(), DeliveryState.RETRY_WAIT, reason, now)


def get(connection: Connection, delivery_id: int) -> Delivery | None:
    """Return one delivery, or None."""
    row = connection.execute(select(delivery).where(delivery.c.id == delivery_id)).mappings().one_or_none()
    return from_row(row) if row else None


def by_key(connection: Connection, key: str) -> Delivery | None:
    """Return the delivery that its receiver knows by this key, or None."""
    row = connection.execute(select(delivery).where(delivery.c.delivery_key == key)).mappings().one_or_none()
    return from_row(row) if row else None


def retry(connection: Connection, delivery_id: int, now: datetime) -> bool:
    """Make a delivery that is given up, held or waiting due at once, with the same key. Return False if it is not."""
    states = (
        DeliveryState.DEAD.value,
        DeliveryState.EXPIRED.value,
        DeliveryState.HELD.value,
        DeliveryState.SUPPRESSED.value,
        DeliveryState.RETRY_WAIT.value,
    )
    result = connection.execute(
        update(delivery)
        .where(delivery.c.id == delivery_id, delivery.c.state.in_(states))
        .values(**begun_anew(now), by_hand=True, merged_into=None)
        .returning(delivery.c.id)
    )
    return bool(steps.keep(connection, result.scalars(), DeliveryState.RETRY_WAIT, _BY_HAND, now))


def begun_anew(now: datetime) -> dict[str, Any]:
    """Return the columns of a delivery that begins anew, with the same key and bytes."""
    return {
        "state": DeliveryState.RETRY_WAIT.value,
        "due_at": now,
        "created_at": now,  # the clocks of retry_for and stale_after start again
        "attempts": 0,
        "reason": _BY_HAND,
        "updated_at": now,
        **RELEASED,
    }


def grave_and_late(connection: Connection, destinations: Sequence[str], *, before: datetime) -> Sequence[RowMapping]:
    """Return high and flash alerts made before an instant, a day at most, that their destination has not taken.

    Follow-ups too; not what is held for a roll-up, and not what stands in for another destination itself.
    """
    failed = (*WAITING, DeliveryState.HELD.value, DeliveryState.DEAD.value)
    query = (
        select(delivery, notification.c.story_id)
        .join(notification, notification.c.id == delivery.c.notification_id)
        .where(
            delivery.c.destination.in_(destinations),
            delivery.c.kind.in_((NotificationKind.NEW.value, NotificationKind.UPDATE.value)),
            delivery.c.severity.in_((Severity.HIGH.value, Severity.FLASH.value)),
            delivery.c.state.in_(failed),
            delivery.c.via.is_(None),
            delivery.c.merged_into.is_(None),
            delivery.c.created_at < before,
            delivery.c.created_at > before - timedelta(days=1),
        )
        .order_by(delivery.c.id)
    )
    return connection.execute(query).mappings().all()


def hears_of(connection: Connection, story_id: int, destination: str) -> bool:
    """Tell whether a destination has a delivery about a story."""
    query = (
        select(delivery.c.id)
        .join(notification, notification.c.id == delivery.c.notification_id)
        .where(notification.c.story_id == story_id, delivery.c.destination == destination)
        .limit(1)
    )
    return connection.execute(query).scalar() is not None


def cancel(connection: Connection, delivery_id: int, now: datetime) -> bool:
    """Give a delivery up that was not sent yet. Return False if it was, or is being sent."""
    states = (DeliveryState.PENDING.value, DeliveryState.RETRY_WAIT.value, DeliveryState.HELD.value)
    result = connection.execute(
        update(delivery)
        .where(delivery.c.id == delivery_id, delivery.c.state.in_(states))
        .values(state=DeliveryState.SUPPRESSED.value, due_at=None, reason=_CANCELLED, updated_at=now)
        .returning(delivery.c.id)
    )
    return bool(steps.keep(connection, result.scalars(), DeliveryState.SUPPRESSED, _CANCELLED, now))


def of_destination(name: str) -> ColumnElement[bool]:
    """Return the condition that a delivery is for a destination, or for one of the mailboxes that its name means."""
    return or_(delivery.c.destination == name, delivery.c.destination.startswith(f"{name}:", autoescape=True))


def listing(
    connection: Connection,
    *,
    limit: int,
    since: datetime | None = None,
    state: str | None = None,
    destination: str | None = None,
) -> list[dict[str, Any]]:
    """Return deliveries for people, newest first, with the story's headline; `destination` is all its mailboxes."""
    query = (
        select(
            delivery.c.id,
            delivery.c.delivery_key,
            delivery.c.destination,
            delivery.c.state,
            delivery.c.reason,
            delivery.c.attempts,
            delivery.c.created_at,
            delivery.c.due_at,
            delivery.c.delivered_at,
            delivery.c.provider_id,
            notification.c.kind,
            notification.c.story_id,
            story.c.headline,
        )
        .join(notification, notification.c.id == delivery.c.notification_id)
        .outerjoin(story, story.c.id == notification.c.story_id)
        .order_by(delivery.c.id.desc())
        .limit(limit)
    )
    if since is not None:
        query = query.where(delivery.c.created_at >= since)
    if state is not None:
        query = query.where(delivery.c.state == state)
    if destination is not None:
        query = query.where(of_destination(destination))
    return [dict(row) for row in connection.execute(query).mappings()]


def show(connection: Connection, delivery_id: int) -> dict[str, Any] | None:
    """Return one delivery with its attempts, its other steps and the rules it tells of, or None."""
    row = (
        connection.execute(
            select(delivery, notification.c.kind, notification.c.story_id, notification.c.alert_ids, story.c.headline)
            .join(notification, notification.c.id == delivery.c.notification_id)
            .outerjoin(story, story.c.id == notification.c.story_id)
            .where(delivery.c.id == delivery_id)
        )
        .mappings()
        .one_or_none()
    )
    if row is None:
        return None
    attempts = connection.execute(
        select(attempt).where(attempt.c.delivery_id == delivery_id).order_by(attempt.c.n)
    ).mappings()
    rules = connection.execute(select(alert.c.rule_id).where(alert.c.id.in_(row["alert_ids"]))).scalars()
    more = {"steps": steps.of_deliveries(connection, [delivery_id]), "rules": sorted(rules)}
    return {**row, "attempts_made": [dict(one) for one in attempts], **more}


def counts(connection: Connection) -> dict[str, int]:
    """Return the number of deliveries in each state."""
    query = select(delivery.c.state, func.count().label("number")).group_by(delivery.c.state)
    found = {row.state: row.number for row in connection.execute(query)}
    return {state.value: found.get(state.value, 0) for state in DeliveryState}


def stuck(connection: Connection) -> int:
    """Return the number of deliveries that are held until somebody acts: not those that a roll-up will tell."""
    return connection.execute(select(func.count()).select_from(delivery).where(HELD_ALONE)).scalar_one()


def delete_dead(connection: Connection, *, before: datetime) -> int:
    """Forget deliveries that were given up before an instant and return how many those were."""
    gone = (DeliveryState.DEAD.value, DeliveryState.EXPIRED.value, DeliveryState.SUPPRESSED.value)
    return connection.execute(
        delete(delivery).where(delivery.c.state.in_(gone), delivery.c.updated_at < before)
    ).rowcount


def next_due(connection: Connection, until: datetime | None = None) -> datetime | None:
    """Return when the next delivery becomes due, None if none waits.

    With `until`, those whose destination takes nothing before that instant do not count.
    """
    query = select(func.min(delivery.c.due_at)).where(delivery.c.state.in_(WAITING))
    if until is not None:
        query = query.where(~destinations.stopped(delivery.c.destination, until))
    found: datetime | None = connection.execute(query).scalar_one()
    return found
