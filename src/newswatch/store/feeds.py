"""Feeds, their claims, and the record of their polls."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from newswatch.model import Feed, FeedEvent, FeedKind, FeedStatus, FetchReason, HealthState
from newswatch.store.database import insert_new
from newswatch.store.leases import RELEASED, Lease, claim, claim_chosen, free
from newswatch.store.tables import feed, feed_event, fetch_log, host_state
from newswatch.urls import registered_domain

_STATE_COLUMNS = (
    "etag",
    "last_modified",
    "body_hash",
    "seen",
    "next_poll_at",
    "last_poll_at",
    "last_success_at",
    "last_new_at",
    "entries_per_day",
    "server_min_s",
    "validates",
    "fail_count",
    "last_reason",
    "last_error",
    "redirect_url",
    "redirect_count",
    "redirect_since",
    "polls",
    "health_reason",
    "health_detail",
    "health_since",
)
_LISTS = ("skip_hours", "skip_days", "gaps")
_MOVE_COLUMNS = ("moved_from", "moved_at")
_USER_COLUMNS = (
    "name",
    "source_name",
    "language",
    "country",
    "tier",
    "interval_s",
    "full_text",
    "time_zone",
    "allow_private",
    "priority",
    "selector",
)


_LOOKED_AT = 4  # times as many feeds as are wanted, of which some have to wait for others of their publisher


@dataclass(frozen=True, slots=True)
class PollRecord:
    """One line of the poll log."""

    outcome: str  # new | unchanged | not_modified | or the reason code of a failure
    status: int | None
    elapsed_s: float
    size: int = 0
    entries: int = 0
    new_entries: int = 0
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class RecordedPoll:
    """What a poll made of a feed: the feed as it is now, whether its URL changed, and what people may want to know."""

    feed: Feed
    moved: bool = False
    events: tuple[FeedEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class FeedNotice:
    """Something that happened to a feed, for telling people. `url` may carry secrets."""

    id: int
    feed_id: int
    feed_name: str
    url: str
    kind: str  # failing | silent | recovered | moved | gone | gap | reissued
    detail: str  # without secrets
    at: datetime


def host_key(url: str) -> str:
    """Return the publisher of a URL, whom the limits of politeness are for: the registered domain of its host."""
    try:
        host = urlsplit(url).hostname or url
    except ValueError:
        host = url
    return registered_domain(host)


def feed_key(url: str) -> str:
    """Return the identity of a feed URL. Feeds differ by every byte of path and query, unlike articles."""
    return blake2b(url.partition("#")[0].encode(), digest_size=16).hexdigest()


def from_row(row: RowMapping) -> Feed:
    """Return the value of a row."""
    return Feed(
        id=row["id"],
        url=row["url"],
        origin=row["origin"],
        status=FeedStatus(row["status"]),
        lease_token=row["lease_token"],
        skip_hours=tuple(row["skip_hours"]),
        skip_days=tuple(row["skip_days"]),
        gaps=tuple((bucket, weight) for bucket, weight in row["gaps"]),
        health=_shown_health(row),
        kind=FeedKind(row["kind"]),
        pushed_until=row["pushed_until"],
        **{name: row[name] for name in (*_USER_COLUMNS, *_STATE_COLUMNS, *_MOVE_COLUMNS)},
    )


def is_watched(connection: Connection, url: str, *, besides: int) -> bool:
    """Tell whether another feed than `besides` has this URL."""
    taken = exists().where(feed.c.url_key == feed_key(url), feed.c.id != besides)
    return bool(connection.execute(select(taken)).scalar())


def _shown_health(row: RowMapping) -> HealthState:
    return HealthState.DISABLED if row["status"] == FeedStatus.DISABLED.value else HealthState(row["health"])


def add(connection: Connection, value: Feed, *, feed_id: int, now: datetime) -> bool:
    """Store a new feed under `feed_id`, due at `value.next_poll_at` or at once. Return False if its URL is known.

    The URL that a feed has moved away from is known too.
    """
    if connection.execute(select(exists().where(feed.c.moved_from == value.url))).scalar():
        return False
    row = {
        "id": feed_id,
        "url": value.url,
        "url_key": feed_key(value.url),
        "host_key": host_key(value.url),
        "origin": value.origin,
        "status": value.status.value,
        "kind": value.kind.value,
        "created_at": now,
        **{name: getattr(value, name) for name in _USER_COLUMNS},
        "next_poll_at": value.next_poll_at or now,
    }
    return bool(insert_new(connection, feed, [row], "url_key"))


def get(connection: Connection, which: int | str) -> Feed | None:
    """Return the feed with this id, URL or (unique) name."""
    condition: ColumnElement[bool]
    if isinstance(which, int) or which.isdigit():
        condition = feed.c.id == int(which)
    else:
        condition = or_(feed.c.url_key == feed_key(which), feed.c.moved_from == which, feed.c.name == which)
    rows = connection.execute(select(feed).where(condition).limit(2)).mappings().all()
    return from_row(rows[0]) if len(rows) == 1 else None


def all_feeds(connection: Connection, *, status: FeedStatus | None = None) -> list[Feed]:
    """Return every feed, by name."""
    query = select(feed).order_by(feed.c.name, feed.c.id)
    if status is not None:
        query = query.where(feed.c.status == status.value)
    return [from_row(row) for row in connection.execute(query).mappings()]


def sync_configured(
    connection: Connection, wanted: Sequence[Feed], *, new_id: Callable[[], int], now: datetime
) -> tuple[int, int, int]:
    """Make the stored feeds of the configuration file equal to `wanted`.

    New ones are added (due at once), changed ones keep their polling state, and those no longer in the file are
    disabled, never deleted. Feeds from other origins stay as they are, unless the file names them too. A feed that
    has moved is known by both addresses. Returns how many were added, changed and disabled.
    """
    known = {row["url_key"]: from_row(row) for row in connection.execute(select(feed)).mappings()}
    moved = {feed_key(old.moved_from): key for key, old in known.items() if old.moved_from is not None}
    added = changed = disabled = 0
    keys = set()
    for value in wanted:
        key = feed_key(value.url)
        old = known.get(key)
        if old is None and key in moved:
            key = moved[key]
            old = known[key]
        keys.add(key)
        if old is None:
            added += add(connection, value, feed_id=new_id(), now=now)
            continue
        values = {name: getattr(value, name) for name in _USER_COLUMNS if getattr(old, name) != getattr(value, name)}
        if old.moved_from is not None and value.url == old.url:  # the file has followed
            values |= {"moved_from": None, "moved_at": None}
        if old.origin != "config":
            values["origin"] = "config"
        if old.kind is not value.kind:
            values["kind"] = value.kind.value
        if "selector" in values or "kind" in values:  # what was not parsed before may be now
            values |= {"etag": None, "last_modified": None, "body_hash": None, "seen": None, "next_poll_at": now}
        if old.status is FeedStatus.DISABLED and value.status is FeedStatus.ACTIVE:
            values |= {"status": FeedStatus.ACTIVE.value, "next_poll_at": now}
        if old.status is FeedStatus.ACTIVE and value.status is FeedStatus.DISABLED:
            values["status"] = FeedStatus.DISABLED.value
        if values:
            connection.execute(update(feed).where(feed.c.id == old.id).values(**values))
            changed += 1
    for key, old in known.items():
        if key not in keys and old.origin == "config" and old.status is FeedStatus.ACTIVE:
            set_status(connection, old.id, FeedStatus.DISABLED, now=now)
            disabled += 1
    return added, changed, disabled


def set_status(connection: Connection, feed_id: int, status: FeedStatus, *, now: datetime) -> None:
    """Enable (due at once) or disable a feed."""
    values: dict[str, Any] = {"status": status.value}
    if status is FeedStatus.ACTIVE:
        values |= {"next_poll_at": now, "fail_count": 0, "last_reason": None, "last_error": None}
        values |= {"health": HealthState.NEW.value, "health_reason": None, "health_detail": None, "health_since": None}
    connection.execute(update(feed).where(feed.c.id == feed_id).values(**values))


def replan_future(connection: Connection, now: datetime) -> int:
    """After the clock went back: plan what was polled in what is the future again, to wait as long from now.

    Returns how many feeds those are.
    """
    query = select(feed.c.id, feed.c.last_poll_at, feed.c.next_poll_at).where(
        feed.c.last_poll_at > now, feed.c.next_poll_at.is_not(None)
    )
    rows = [
        {"feed_id": row.id, "polled": now, "due": now + max(row.next_poll_at - row.last_poll_at, timedelta())}
        for row in connection.execute(query)
    ]
    if rows:
        connection.execute(
            update(feed)
            .where(feed.c.id == bindparam("feed_id"))
            .values(last_poll_at=bindparam("polled"), next_poll_at=bindparam("due")),
            rows,
        )
    return len(rows)


def mark_known(connection: Connection, feed_id: int, now: datetime) -> None:
    """Treat the next poll of a feed as not its first: its new entries are news, not its past."""
    known = (feed.c.id == feed_id) & feed.c.last_success_at.is_(None)
    connection.execute(update(feed).where(known).values(last_success_at=now))


def poll_now(connection: Connection, value: Feed, now: datetime, *, floor_s: float) -> datetime:
    """Make a feed due as soon as it may be asked, and return when that is; its request stays conditional.

    It was asked `floor_s` seconds ago at least, and a server that asked for patience is given it.
    """
    soonest = now
    if value.last_poll_at is not None:
        soonest = max(now, value.last_poll_at + timedelta(seconds=floor_s))
    if value.last_reason == FetchReason.RATE_LIMITED and value.next_poll_at is not None:
        soonest = max(soonest, value.next_poll_at)
    if value.next_poll_at is None or soonest < value.next_poll_at:
        connection.execute(update(feed).where(feed.c.id == value.id).values(next_poll_at=soonest))
        return soonest
    return max(now, value.next_poll_at)


def remove(connection: Connection, feed_id: int) -> None:
    """Delete a feed with its entries and poll log. Its articles stay."""
    connection.execute(delete(feed).where(feed.c.id == feed_id))


def due(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a feed is to be polled."""
    blocked = exists().where(host_state.c.host_key == feed.c.host_key, host_state.c.not_before > now)
    return and_(feed.c.status == FeedStatus.ACTIVE.value, feed.c.next_poll_at <= now, ~blocked)


@dataclass(frozen=True, slots=True)
class Sharing:
    """How publishers share a claim, so that one with many feeds does not hold everybody else up.

    None of those that are `busy` has a part, each other one up to `most` feeds, and those that are `unlimited` any
    number. They are named as `host_key` names them.
    """

    most: int
    busy: Collection[str] = ()
    unlimited: Collection[str] = ()


def claim_due(connection: Connection, lease: Lease, limit: int, sharing: Sharing | None = None) -> list[Feed]:
    """Claim up to `limit` feeds that are due: those of higher priority first, then those that wait longest."""
    order = (feed.c.priority.desc(), feed.c.next_poll_at, feed.c.id)
    if sharing is None:
        rows = claim(connection, feed, due(lease.now), lease, limit, *order)
    else:
        rows = _claim_shared(connection, lease, limit, sharing, order)
    return sorted(
        (from_row(row) for row in rows),
        key=lambda value: (-value.priority, value.next_poll_at or lease.now, value.id),
    )


def _claim_shared(
    connection: Connection, lease: Lease, limit: int, sharing: Sharing, order: tuple[ColumnElement[Any], ...]
) -> Sequence[RowMapping]:
    wanted = and_(due(lease.now), free(feed, lease.now), feed.c.host_key.not_in(sharing.busy))
    first = (
        select(feed.c.id, feed.c.host_key, feed.c.priority, feed.c.next_poll_at)
        .where(wanted)
        .order_by(*order)
        .limit(_LOOKED_AT * limit)
    )
    if connection.dialect.name == "postgresql":
        first = first.with_for_update(skip_locked=True)
    seen = first.cte("seen")
    in_order = (seen.c.priority.desc(), seen.c.next_poll_at, seen.c.id)
    place = func.row_number().over(partition_by=seen.c.host_key, order_by=in_order)
    placed = select(*seen.c, place.label("place")).cte("placed")
    chosen = (
        select(placed.c.id)
        .where(or_(placed.c.place <= sharing.most, placed.c.host_key.in_(sharing.unlimited)))
        .order_by(placed.c.priority.desc(), placed.c.next_poll_at, placed.c.id)
        .limit(limit)
    )
    return claim_chosen(connection, feed, chosen, lease)


def claim_one(connection: Connection, lease: Lease, feed_id: int) -> Feed | None:
    """Claim a feed that is watched, due or not. Return None if somebody has it, or nobody is to watch it."""
    wanted = and_(feed.c.id == feed_id, feed.c.status == FeedStatus.ACTIVE.value)
    rows = claim(connection, feed, wanted, lease, 1, feed.c.id)
    return from_row(rows[0]) if rows else None


def still_held(connection: Connection, values: Sequence[Feed]) -> set[int]:
    """Return the ids of those feeds that are under the claim they came with; nobody can take them before the commit."""
    query = select(feed.c.id, feed.c.lease_token).where(feed.c.id.in_([value.id for value in values]))
    if connection.dialect.name == "postgresql":
        query = query.order_by(feed.c.id).with_for_update()
    tokens = {row.id: row.lease_token for row in connection.execute(query)}
    return {value.id for value in values if tokens.get(value.id) == value.lease_token}


_RECORD = (
    update(feed)
    .where(feed.c.id == bindparam("feed_id"))
    .values({**{name: bindparam(f"new_{name}") for name in (*_STATE_COLUMNS, *_LISTS, "health")}, **RELEASED})
)


def record_polls(
    connection: Connection, polled: Sequence[RecordedPoll], *, new_id: Callable[[], int], now: datetime
) -> None:
    """Store what polls made of feeds whose claims are `still_held`, and end the claims.

    A feed that moved to another feed's URL keeps its own. A feed that a user disabled meanwhile stays disabled.
    """
    if not polled:
        return
    rows = [
        {
            "feed_id": one.feed.id,
            **{f"new_{name}": getattr(one.feed, name) for name in _STATE_COLUMNS},
            **{f"new_{name}": list(getattr(one.feed, name)) for name in _LISTS},
            "new_health": one.feed.health.value,
        }
        for one in polled
    ]
    connection.execute(_RECORD, rows)  # one statement prepared once: most polls change nothing else
    for one in polled:
        values: dict[str, Any] = {}
        if one.feed.status is not FeedStatus.ACTIVE:
            values["status"] = one.feed.status.value
        if one.moved and not is_watched(connection, one.feed.url, besides=one.feed.id):
            values |= {"url": one.feed.url, "url_key": feed_key(one.feed.url), "host_key": host_key(one.feed.url)}
            values |= {name: getattr(one.feed, name) for name in _MOVE_COLUMNS}
        if values:
            connection.execute(update(feed).where(feed.c.id == one.feed.id).values(**values))
    events = [
        {"id": new_id(), "feed_id": one.feed.id, "at": now, "kind": event.kind, "detail": event.detail}
        for one in polled
        for event in one.events
    ]
    if events:
        connection.execute(insert(feed_event), events)


def log_polls(
    connection: Connection, records: Sequence[tuple[int, PollRecord]], *, new_id: Callable[[], int], now: datetime
) -> None:
    """Append (feed id, record) pairs to the poll log."""
    rows = [
        {
            "id": new_id(),
            "feed_id": feed_id,
            "at": now,
            "outcome": record.outcome,
            "status": record.status,
            "elapsed_ms": round(record.elapsed_s * 1000),
            "bytes": record.size,
            "entries": record.entries,
            "new_entries": record.new_entries,
            "detail": record.detail,
        }
        for feed_id, record in records
    ]
    if rows:
        connection.execute(insert(fetch_log), rows)


def block_host(connection: Connection, url: str, *, until: datetime, reason: str) -> None:
    """Let no feed of the URL's registered domain be polled before `until`."""
    values = {"host_key": host_key(url), "not_before": until, "reason": reason}
    if not insert_new(connection, host_state, [values], "host_key"):
        connection.execute(
            update(host_state)
            .where(host_state.c.host_key == values["host_key"], host_state.c.not_before < until)
            .values(not_before=until, reason=reason)
        )


def recent_polls(connection: Connection, feed_id: int, limit: int) -> list[dict[str, Any]]:
    """Return the last polls of a feed, newest first."""
    query = select(fetch_log).where(fetch_log.c.feed_id == feed_id).order_by(fetch_log.c.at.desc()).limit(limit)
    return [dict(row) for row in connection.execute(query).mappings()]


def recent_errors(connection: Connection, *, since: datetime, limit: int) -> list[dict[str, Any]]:
    """Return failed polls of all feeds since an instant, newest first, with the feed's name and URL."""
    query = (
        select(fetch_log, feed.c.name, feed.c.url)
        .join(feed, feed.c.id == fetch_log.c.feed_id)
        .where(fetch_log.c.at >= since, fetch_log.c.outcome.not_in(("new", "unchanged", "not_modified")))
        .order_by(fetch_log.c.at.desc())
        .limit(limit)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def events(connection: Connection, *, since: datetime, limit: int) -> list[dict[str, Any]]:
    """Return what happened to feeds since an instant, newest first."""
    query = _events(since).order_by(feed_event.c.at.desc(), feed_event.c.id.desc()).limit(limit)
    return [dict(row) for row in connection.execute(query).mappings()]


def untold(connection: Connection, *, since: datetime, limit: int) -> list[FeedNotice]:
    """Return what happened to feeds since an instant and has not been told to anybody, oldest first.

    What a publisher says about its articles (corrections, retractions) is not about the feed.
    """
    about_feeds = feed_event.c.kind.not_in(("correction", "retraction"))
    query = _events(since).where(feed_event.c.told_at.is_(None), about_feeds).order_by(feed_event.c.id).limit(limit)
    return [
        FeedNotice(row.id, row.feed_id, row.name, row.url, row.kind, row.detail, row.at)
        for row in connection.execute(query)
    ]


def mark_told(connection: Connection, ids: Sequence[int], now: datetime) -> None:
    """Keep these events from being `untold` any longer; in one transaction with what tells of them."""
    connection.execute(update(feed_event).where(feed_event.c.id.in_(ids)).values(told_at=now))


def _events(since: datetime) -> Select[Any]:
    return (
        select(feed_event, feed.c.name, feed.c.url)
        .join(feed, feed.c.id == feed_event.c.feed_id)
        .where(feed_event.c.at >= since)
    )


def counts(connection: Connection, now: datetime) -> dict[str, int]:
    """Return how many feeds are active, disabled and gone, and how many of the active ones are due."""
    query = select(feed.c.status, func.count().label("number")).group_by(feed.c.status)
    found = {row.status: row.number for row in connection.execute(query)}
    result = {status.value: found.get(status.value, 0) for status in FeedStatus}
    result["due"] = connection.execute(select(func.count()).select_from(feed).where(due(now))).scalar_one()
    return result


def health_counts(connection: Connection) -> dict[str, int]:
    """Return how many active feeds are in each state of health."""
    active = feed.c.status == FeedStatus.ACTIVE.value
    query = select(feed.c.health, func.count().label("number")).where(active).group_by(feed.c.health)
    found = {row.health: row.number for row in connection.execute(query)}
    judged = (HealthState.NEW, HealthState.OK, HealthState.MOVED, HealthState.SILENT, HealthState.FAILING)
    return {state.value: found.get(state.value, 0) for state in judged}
