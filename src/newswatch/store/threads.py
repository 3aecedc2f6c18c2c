"""Threads: what a destination was told of a story, and the message that follow-ups answer.

One row for each story and destination, written in the transaction that makes the first message: whoever comes second
finds it and has something to add, not something to begin.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, delete, func, insert, not_, or_, select, update

from newswatch.model import DeliveryState, NotificationKind
from newswatch.store.database import insert_new
from newswatch.store.deliveries import WAITING
from newswatch.store.destinations import stopped
from newswatch.store.tables import announced, delivery, notification, story, thread

_KINDS = (NotificationKind.NEW.value, NotificationKind.UPDATE.value)


@dataclass(frozen=True, slots=True)
class Thread:
    """One story in one destination."""

    id: int
    story_id: int
    destination: str
    provider_ref: str | None
    alert_ids: tuple[int, ...]  # all that belong to it; those in `told` were told
    told: dict[str, Any] | None  # None: made by a version that told nothing further
    told_at: datetime
    last_seen_at: datetime  # of the story
    merged_into: int | None  # the story that has taken its articles


def from_row(row: Mapping[str, Any] | RowMapping) -> Thread:
    """Return the value of a row that also tells when the story was last seen and into which it was merged."""
    return Thread(
        id=row["id"],
        story_id=row["story_id"],
        destination=row["destination"],
        provider_ref=row["provider_ref"],
        alert_ids=tuple(row["alert_ids"]),
        told=row["told"],
        told_at=row["told_at"] or row["created_at"],
        last_seen_at=row["last_seen_at"],
        merged_into=row["merged_into"],
    )


def begin(
    connection: Connection,
    story_id: int,
    destination: str,
    *,
    alert_ids: Sequence[int],
    told: Mapping[str, Any],
    new_id: Callable[[], int],
    now: datetime,
) -> bool:
    """Begin the thread of a story. If it has one in this destination, leave it the alerts to tell and return False."""
    seen = connection.execute(select(story.c.last_seen_at).where(story.c.id == story_id)).scalar_one()
    row = {
        "id": new_id(),
        "story_id": story_id,
        "destination": destination,
        "alert_ids": list(alert_ids),
        "told": {**told, "alert_ids": list(alert_ids), "updates": 0},
        "told_at": now,
        "checked_at": seen,
        "created_at": now,
    }
    if insert_new(connection, thread, [row], "story_id", "destination"):
        return True
    join(connection, story_id, destination, alert_ids)
    return False


def join(connection: Connection, story_id: int, destination: str, alert_ids: Sequence[int]) -> bool:
    """Leave alerts to a story's thread, to be told in it. Return False if there is none."""
    own = and_(thread.c.story_id == story_id, thread.c.destination == destination)
    row = connection.execute(select(thread.c.id, thread.c.alert_ids).where(own).with_for_update()).one_or_none()
    if row is None:
        return False
    connection.execute(
        update(thread)
        .where(thread.c.id == row.id)
        .values(alert_ids=list(dict.fromkeys([*row.alert_ids, *alert_ids])), checked_at=None)
    )
    return True


def told_alerts(connection: Connection, story_id: int, destination: str) -> tuple[int, ...]:
    """Return the alerts of a story that a destination was told of."""
    own = and_(thread.c.story_id == story_id, thread.c.destination == destination)
    found = connection.execute(select(thread.c.told).where(own)).scalar()
    return tuple((found or {}).get("alert_ids", ()))


def told_by_another(connection: Connection, story_id: int, destination: str, key: str) -> bool:
    """Tell whether a destination was told of a story by another message than the delivery with this key."""
    own = and_(thread.c.story_id == story_id, thread.c.destination == destination)
    found = connection.execute(select(thread.c.told).where(own)).scalar()
    if found is None or found.get("key") == key:
        return False
    return found.get("key") is None or _arrived(connection, found["key"])


def adopt(
    connection: Connection,
    story_id: int,
    destination: str,
    article_id: int,
    *,
    told: Mapping[str, Any],
    new_id: Callable[[], int],
    now: datetime,
) -> bool:
    """Begin a thread, with nothing to send, for a story that has an article announced there with another.

    It goes on in the thread in which the article was announced. Return False if it was not.
    """
    found = connection.execute(
        select(announced.c.notification_id, delivery.c.provider_id, delivery.c.delivery_key)
        .outerjoin(
            delivery,
            and_(
                delivery.c.notification_id == announced.c.notification_id,
                delivery.c.destination == announced.c.destination,
                delivery.c.state == DeliveryState.DELIVERED.value,
            ),
        )
        .where(announced.c.destination == destination, announced.c.article_id == article_id)
    ).one_or_none()
    if found is None:
        return False
    root = {"key": found.delivery_key, "notification_id": found.notification_id}
    begin(connection, story_id, destination, alert_ids=(), told={**told, **root}, new_id=new_id, now=now)
    remember_root(connection, story_id, destination, found.provider_id, found.delivery_key, found.notification_id)
    return True


def remember_root(
    connection: Connection,
    story_id: int,
    destination: str,
    provider_ref: str | None,
    key: str | None,
    notification_id: int,
    *,
    again: bool = False,
) -> None:
    """Keep the message that follow-ups answer, unless there is one; with `again` in its place, for it is gone."""
    own = and_(thread.c.story_id == story_id, thread.c.destination == destination)
    row = connection.execute(select(thread).where(own).with_for_update()).mappings().one_or_none()
    if row is None or (row["provider_ref"] is not None and not again):
        return
    told = row["told"]
    if told is not None and (again or not _arrived(connection, told.get("key"))):
        told = {**told, "key": key, "notification_id": notification_id}
    connection.execute(update(thread).where(thread.c.id == row["id"]).values(provider_ref=provider_ref, told=told))


def _arrived(connection: Connection, key: str | None) -> bool:
    own = and_(delivery.c.delivery_key == key, delivery.c.state == DeliveryState.DELIVERED.value)
    return connection.execute(select(delivery.c.id).where(own)).scalar() is not None


def root_of(connection: Connection, value: Thread) -> tuple[str | None, str] | None:
    """Return what the receiver calls the message that a thread began with, and its content; None if none arrived."""
    if value.told is None or value.told.get("key") is None:
        return None
    row = connection.execute(
        select(delivery.c.provider_id, notification.c.payload)
        .join(notification, notification.c.id == delivery.c.notification_id)
        .where(
            delivery.c.delivery_key == value.told["key"],
            delivery.c.state == DeliveryState.DELIVERED.value,
        )
    ).one_or_none()
    return None if row is None or row.payload is None else (row.provider_id, row.payload)


def look_again(connection: Connection, story_ids: Collection[int]) -> None:
    """Have the threads of stories looked at although no article has come: one of theirs has changed."""
    if story_ids:
        connection.execute(update(thread).where(thread.c.story_id.in_(story_ids)).values(checked_at=None))


def waiting(
    connection: Connection,
    *,
    destinations: Collection[str],
    quiet: Collection[str],
    told_before: datetime,
    seen_since: datetime,
    now: datetime,
    after: int,
    limit: int,
) -> list[Thread]:
    """Return threads with something to look at, locked, in the order of their ids, which are greater than `after`.

    Of stories that got an article after the last look, told before an instant; at once what has a further alert, also
    in `quiet` destinations. None whose last message is still under way, so those of a thread go out one by one, none
    of destinations that take nothing, and none that another process looks at.
    """
    under_way = (
        select(delivery.c.id)
        .join(notification, notification.c.id == delivery.c.notification_id)
        .where(
            notification.c.story_id == thread.c.story_id,
            delivery.c.destination == thread.c.destination,
            delivery.c.kind.in_(_KINDS),
            or_(
                delivery.c.state.in_(WAITING),
                and_(delivery.c.state == DeliveryState.HELD.value, delivery.c.merged_into.is_not(None)),
            ),
        )
        .exists()
    )
    grown = and_(
        thread.c.checked_at.is_not(None),
        story.c.last_seen_at > thread.c.checked_at,
        thread.c.told_at <= told_before,
        thread.c.destination.not_in(quiet),
    )
    query = (
        select(thread, story.c.last_seen_at, story.c.merged_into)
        .join(story, story.c.id == thread.c.story_id)
        .where(
            thread.c.id > after,
            or_(thread.c.checked_at.is_(None), grown),
            story.c.last_seen_at >= seen_since,
            thread.c.destination.in_(destinations),
            not_(under_way),
            not_(stopped(thread.c.destination, now)),
        )
        .order_by(thread.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=thread)
    )
    return [from_row(row) for row in connection.execute(query).mappings()]


def told(connection: Connection, value: Thread, facts: Mapping[str, Any], now: datetime) -> None:
    """Write down what a destination knows now."""
    values = {"told": dict(facts), "told_at": now, "checked_at": value.last_seen_at}
    connection.execute(update(thread).where(thread.c.id == value.id).values(**values))


def looked_at(connection: Connection, value: Thread) -> None:
    """Write down that there is nothing to tell until another article comes."""
    connection.execute(update(thread).where(thread.c.id == value.id).values(checked_at=value.last_seen_at))


def followed_up(connection: Connection, value: Thread, since: datetime) -> int:
    """Return how many follow-ups of a story a destination was given since an instant."""
    query = (
        select(func.count())
        .select_from(delivery)
        .join(notification, notification.c.id == delivery.c.notification_id)
        .where(
            notification.c.story_id == value.story_id,
            notification.c.kind == NotificationKind.UPDATE.value,
            delivery.c.destination == value.destination,
            delivery.c.created_at > since,
        )
    )
    return connection.execute(query).scalar_one()


def announced_to(connection: Connection, destination: str, article_ids: Sequence[int]) -> set[int]:
    """Return which of these articles were announced to a destination, with whatever story."""
    query = select(announced.c.article_id)
    own = and_(announced.c.destination == destination, announced.c.article_id.in_(article_ids))
    return set(connection.execute(query.where(own)).scalars())


def hand_over(connection: Connection, gone: int, kept: int) -> None:
    """Let the threads of one story go on in another. Of two in one destination the older does.

    The younger stays with the empty story, to be told that it is merged; its alerts go on in the older.
    """
    rows = connection.execute(select(thread).where(thread.c.story_id.in_((gone, kept))).with_for_update()).mappings()
    by_destination: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_destination.setdefault(row["destination"], []).append(dict(row))
    for own in by_destination.values():
        own.sort(key=lambda row: (row["created_at"], row["id"]))
        connection.execute(delete(thread).where(thread.c.id.in_([row["id"] for row in own])))
        older, *younger = own
        alert_ids = dict.fromkeys(one for row in own for one in row["alert_ids"])
        values = {**older, "story_id": kept, "alert_ids": list(alert_ids), "checked_at": None}
        if older["told"] is not None and younger:
            told_before = [one for row in own for one in (row["told"] or {}).get("alert_ids", ())]
            values["told"] = {**older["told"], "alert_ids": list(dict.fromkeys(told_before))}
        connection.execute(insert(thread).values(values))
        for one in younger:
            connection.execute(insert(thread).values({**one, "story_id": gone, "checked_at": None}))


def share(
    connection: Connection,
    story_id: int,
    new_story_id: int,
    alert_ids: Mapping[int, int],
    *,
    new_id: Callable[[], int],
) -> None:
    """Let a story split off go on in the threads of the one that it was told with, counted anew from what it has.

    `alert_ids` are the alerts that it shares: its own by those of the other.
    """
    rows = connection.execute(select(thread).where(thread.c.story_id == story_id)).mappings().all()
    copies = []
    for row in rows:
        told = row["told"] or {}
        known = [alert_ids[one] for one in told.get("alert_ids", ()) if one in alert_ids]
        values = {
            "id": new_id(),
            "story_id": new_story_id,
            "alert_ids": [alert_ids[one] for one in row["alert_ids"] if one in alert_ids],
            "told": {name: told[name] for name in ("key", "notification_id") if name in told} | {"alert_ids": known},
            "checked_at": None,
        }
        copies.append({**row, **values})
    if copies:
        connection.execute(insert(thread), copies)
