"""Subscriptions to the hubs of feeds."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, case, delete, func, insert, or_, select, update

from newswatch.model import Hub, Subscription
from newswatch.store.tables import feed, subscription

_PLAIN = (
    "feed_id",
    "token",
    "secret",
    "state",
    "asked_at",
    "confirmed_at",
    "expires_at",
    "next_at",
    "failures",
    "detail",
    "pushes",
    "last_push_at",
)


def _from_row(row: RowMapping) -> Subscription:
    return Subscription(hub=Hub(row["hub"], row["topic"]), **{name: row[name] for name in _PLAIN})


def note(connection: Connection, feed_id: int, hub: Hub | None, *, token: str, secret: str, now: datetime) -> bool:
    """Store which hub a feed names now, and return whether that is another than before.

    Another hub or topic is asked anew, under `token` and with `secret`; what the old one sends is not taken any more.
    """
    row = subscription.c.feed_id == feed_id
    old = connection.execute(select(subscription.c.hub, subscription.c.topic).where(row)).one_or_none()
    if hub is None and old is None:
        return False
    if hub is not None and old is not None and (old.hub, old.topic) == (hub.url, hub.topic):
        return False
    connection.execute(delete(subscription).where(row))
    if old is not None:
        connection.execute(update(feed).where(feed.c.id == feed_id).values(pushed_until=None))
    if hub is not None:
        connection.execute(
            insert(subscription).values(
                feed_id=feed_id,
                hub=hub.url,
                topic=hub.topic,
                token=token,
                secret=secret,
                state="wanted",
                next_at=now,
            )
        )
    return True


def settle(connection: Connection, callback: str | None, now: datetime) -> None:
    """Make the subscriptions fit the configured callback: without one there are none, all others are asked anew."""
    if callback is None:
        connection.execute(update(feed).where(feed.c.pushed_until.is_not(None)).values(pushed_until=None))
        connection.execute(delete(subscription))
        return
    stale = and_(subscription.c.callback.is_not(None), subscription.c.callback != callback)
    promised = feed.c.id.in_(select(subscription.c.feed_id).where(stale))
    connection.execute(update(feed).where(promised).values(pushed_until=None))
    values: dict[str, Any] = {"state": "wanted", "callback": None, "expires_at": None, "next_at": now, "failures": 0}
    connection.execute(update(subscription).where(stale).values(**values))


def claim_due(
    connection: Connection, now: datetime, *, callback: str, again_at: datetime, limit: int
) -> list[Subscription]:
    """Return up to `limit` subscriptions whose hub is to be asked now, and note that it is.

    They are due again at `again_at`, unless something is heard of them before: nobody else asks meanwhile, and if this
    process dies somebody does later. What is active stays so while it is renewed.
    """
    due = (
        select(subscription.c.feed_id)
        .join(feed, feed.c.id == subscription.c.feed_id)
        .where(subscription.c.next_at <= now, feed.c.status == "active")
        .order_by(subscription.c.next_at, subscription.c.feed_id)
        .limit(limit)
    )
    if connection.dialect.name == "postgresql":
        due = due.with_for_update(skip_locked=True, of=subscription)
    chosen = due.cte("chosen")
    own = subscription.c.feed_id.in_(select(chosen.c.feed_id))
    alive = and_(subscription.c.state == "active", subscription.c.expires_at > now)
    values: dict[str, Any] = {
        "asked_at": now,
        "next_at": again_at,
        "failures": subscription.c.failures + 1,
        "callback": callback,
        "state": case((alive, "active"), else_="asked"),
    }
    rows = connection.execute(update(subscription).where(own).values(**values).returning(*subscription.c)).mappings()
    return [_from_row(row) for row in rows.all()]


def asked(connection: Connection, value: Subscription, detail: str | None, *, next_at: datetime) -> None:
    """Note what came of a request and when to ask again, unless the hub has confirmed it before it answered."""
    unheard = or_(subscription.c.confirmed_at.is_(None), subscription.c.confirmed_at < value.asked_at)
    connection.execute(
        update(subscription)
        .where(subscription.c.token == value.token, unheard, subscription.c.state != "denied")
        .values(detail=detail, next_at=next_at)
    )


def by_token(connection: Connection, token: str) -> Subscription | None:
    """Return the subscription whose callback ends with `token`, None if there is none."""
    row = connection.execute(select(subscription).where(subscription.c.token == token)).mappings().one_or_none()
    return None if row is None else _from_row(row)


def listed(connection: Connection) -> list[tuple[str, Subscription]]:
    """Return every subscription with the name of its feed, by name."""
    query = select(feed.c.name, subscription).join(feed, feed.c.id == subscription.c.feed_id).order_by(feed.c.name)
    return [(row["name"], _from_row(row)) for row in connection.execute(query).mappings()]


def confirm(
    connection: Connection, value: Subscription, *, now: datetime, expires_at: datetime, renew_at: datetime
) -> None:
    """Store that the hub pushes from now on until `expires_at`; it is asked to go on at `renew_at`."""
    connection.execute(
        update(subscription)
        .where(subscription.c.token == value.token)
        .values(state="active", confirmed_at=now, expires_at=expires_at, next_at=renew_at, failures=0, detail=None)
    )
    connection.execute(update(feed).where(feed.c.id == value.feed_id).values(pushed_until=expires_at))


def deny(connection: Connection, value: Subscription, detail: str, *, next_at: datetime) -> None:
    """Store that the hub does not push, and when to ask again."""
    connection.execute(
        update(subscription)
        .where(subscription.c.token == value.token)
        .values(state="denied", detail=detail, expires_at=None, next_at=next_at)
    )
    connection.execute(update(feed).where(feed.c.id == value.feed_id).values(pushed_until=None))


def pushed(connection: Connection, value: Subscription, now: datetime) -> None:
    """Count a delivery of the hub."""
    connection.execute(
        update(subscription)
        .where(subscription.c.token == value.token)
        .values(pushes=subscription.c.pushes + 1, last_push_at=now)
    )


def counts(connection: Connection, now: datetime) -> dict[str, int]:
    """Return how many subscriptions there are by state; one whose time is over counts as asked."""
    over = and_(subscription.c.state == "active", subscription.c.expires_at <= now)
    shown = select(case((over, "asked"), else_=subscription.c.state).label("state")).subquery()
    found = dict.fromkeys(("wanted", "asked", "active", "denied"), 0)
    for state, count in connection.execute(select(shown.c.state, func.count()).group_by(shown.c.state)):
        found[state] = count
    return found
