"""Entries: what feeds brought, and which of them still need their article."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, RowMapping, and_, bindparam, func, insert, select, update

from newswatch.model import Entry, EntryState, KnownEntry, ParsedEntry
from newswatch.store import published
from newswatch.store.leases import RELEASED, Lease, claim, held
from newswatch.store.tables import entry, feed
from newswatch.urls import url_key

_CHUNK = 500  # keys in one IN list


@dataclass(frozen=True, slots=True)
class StoredEntries:
    """What a poll added: ids of new and of edited entries, and how many were known."""

    new: tuple[int, ...]
    edited: tuple[int, ...]
    known: int


def _content(value: ParsedEntry) -> dict[str, Any]:
    return {
        "guid": value.guid,
        "link": value.link,
        "link_key": url_key(value.link) if value.link else None,
        "title": value.title,
        "summary": value.summary,
        "content_html": value.content_html,
        "authors": list(value.authors),
        "language": value.language,
        "source_name": value.source_name,
        "content_hash": value.content_hash,
        "notes": list(value.notes),
        **published.to_columns(value.published),
    }


_KNOWN = (
    entry.c.id,
    entry.c.entry_key,
    entry.c.content_hash,
    entry.c.link,
    entry.c.title,
    entry.c.published_at,
    entry.c.first_seen_at,
)


def known(connection: Connection, feed_id: int, values: Iterable[ParsedEntry]) -> dict[str, KnownEntry]:
    """Return what is stored under the keys of `values`, by key."""
    return {old.key: old for old in _find(connection, feed_id, entry.c.entry_key, {value.key for value in values})}


def known_by_link(connection: Connection, feed_id: int, values: Iterable[ParsedEntry]) -> list[KnownEntry]:
    """Return the entries of a feed that have the links of `values`."""
    return _find(connection, feed_id, entry.c.link_key, {url_key(value.link) for value in values if value.link})


def known_by_title(connection: Connection, feed_id: int, values: Iterable[ParsedEntry]) -> list[KnownEntry]:
    """Return the entries of a feed that have the titles of `values`. Looks at all entries of the feed."""
    return _find(connection, feed_id, entry.c.title, {value.title for value in values if value.title})


def _find(connection: Connection, feed_id: int, column: Column[Any], wanted: Collection[str]) -> list[KnownEntry]:
    found: list[KnownEntry] = []
    listed = sorted(wanted)
    for start in range(0, len(listed), _CHUNK):
        query = select(*_KNOWN).where(entry.c.feed_id == feed_id, column.in_(listed[start : start + _CHUNK]))
        found += [KnownEntry(*row) for row in connection.execute(query)]
    return found


def store(
    connection: Connection,
    feed_id: int,
    values: Sequence[ParsedEntry],
    *,
    new_id: Callable[[], int],
    now: datetime,
    backfill: bool,
    quiet: Collection[str] = (),
    found: Mapping[str, KnownEntry] | None = None,
) -> StoredEntries:
    """Store the entries of one poll: new ones and edited ones become work, known ones are left alone.

    `backfill` marks new entries as not to be announced (first poll of a feed), `quiet` names the keys of further such
    entries. `found` is what `known` returned for `values`, where somebody has asked already.
    """
    stored = known(connection, feed_id, values) if found is None else found
    rows: list[dict[str, Any]] = []
    edited: list[int] = []
    seen: set[str] = set()
    for value in values:
        if value.key in seen:
            continue
        seen.add(value.key)
        old = stored.get(value.key)
        if old is None:
            rows.append(
                {
                    "id": new_id(),
                    "feed_id": feed_id,
                    "entry_key": value.key,
                    "first_seen_at": now,
                    "updated_at": now,
                    "backfill": backfill or value.key in quiet,
                    "state": EntryState.NEW.value,
                    "due_at": now,
                    **_content(value),
                }
            )
        elif old.content_hash != value.content_hash:
            connection.execute(
                update(entry)
                .where(entry.c.id == old.id)
                .values(
                    updated_at=now,
                    revision=entry.c.revision + 1,
                    state=EntryState.NEW.value,
                    reason=None,
                    detail=None,
                    attempts=0,
                    due_at=now,
                    **_content(value),
                )
            )
            edited.append(old.id)
    if rows:
        connection.execute(insert(entry), rows)
    return StoredEntries(tuple(row["id"] for row in rows), tuple(edited), len(seen) - len(rows) - len(edited))


def due(now: datetime) -> ColumnElement[bool]:
    """Return the condition that an entry waits for its article."""
    return and_(entry.c.state == EntryState.NEW.value, entry.c.due_at <= now)


def claim_due(connection: Connection, lease: Lease, limit: int) -> list[Entry]:
    """Claim up to `limit` entries whose article is to be fetched, oldest first.

    The attempt is counted with the claim, so one that brings the process down counts too.
    """
    rows = claim(connection, entry, due(lease.now), lease, limit, entry.c.due_at, entry.c.id)
    if not rows:
        return []
    ids = [row["id"] for row in rows]
    connection.execute(update(entry).where(entry.c.id.in_(ids)).values(attempts=entry.c.attempts + 1))
    feed_ids = {row["feed_id"] for row in rows}
    feeds = {
        row["id"]: row
        for row in connection.execute(
            select(
                feed.c.id,
                feed.c.name,
                feed.c.url,
                feed.c.moved_from,
                feed.c.source_name,
                feed.c.language,
                feed.c.tier,
                feed.c.full_text,
                feed.c.allow_private,
            ).where(feed.c.id.in_(feed_ids))
        ).mappings()
    }
    values = [_from_rows(row, feeds[row["feed_id"]], attempts=row["attempts"] + 1) for row in rows]
    return sorted(values, key=lambda value: value.id)


def _from_rows(row: RowMapping, of: RowMapping, *, attempts: int) -> Entry:
    return Entry(
        id=row["id"],
        feed_id=row["feed_id"],
        key=row["entry_key"],
        link=row["link"],
        title=row["title"],
        summary=row["summary"],
        content_html=row["content_html"],
        authors=tuple(row["authors"]),
        published=published.from_row(row),
        first_seen_at=row["first_seen_at"],
        backfill=bool(row["backfill"]),
        revision=row["revision"],
        attempts=attempts,
        feed_name=of["name"],
        feed_url=of["url"],
        feed_moved_from=of["moved_from"],
        source_name=row["source_name"] or of["source_name"],
        source_language=of["language"] or row["language"],
        tier=of["tier"],
        full_text=bool(of["full_text"]),
        allow_private=bool(of["allow_private"]),
        lease_token=row["lease_token"],
        article_id=row["article_id"],
    )


@dataclass(frozen=True, slots=True)
class Ending:
    """What became of a claimed entry. `due_at` puts it off: it stays in its state and is tried again then."""

    entry: Entry
    state: EntryState
    reason: str | None = None
    detail: str | None = None
    article_id: int | None = None
    due_at: datetime | None = None


def still_held(connection: Connection, values: Sequence[Entry]) -> set[int]:
    """Return the ids of those entries that are still under the claim they came with, and keep that so.

    On PostgreSQL the rows are locked until the end of the transaction; on SQLite nobody else writes.
    """
    query = select(entry.c.id, entry.c.lease_token).where(entry.c.id.in_([value.id for value in values]))
    tokens = {row.id: row.lease_token for row in connection.execute(query.with_for_update())}
    return {value.id for value in values if tokens.get(value.id) == value.lease_token}


_FINISH = (
    update(entry)
    .where(entry.c.id == bindparam("entry_id"), entry.c.lease_token == bindparam("token"))
    .values(
        state=bindparam("new_state"),
        reason=bindparam("new_reason"),
        detail=bindparam("new_detail"),
        article_id=func.coalesce(bindparam("new_article_id", type_=entry.c.article_id.type), entry.c.article_id),
        due_at=func.coalesce(bindparam("new_due_at", type_=entry.c.due_at.type), entry.c.due_at),
        **RELEASED,
    )
)


def finish(connection: Connection, endings: Sequence[Ending]) -> None:
    """Store what became of entries and end their claims; an entry whose claim was lost is left alone."""
    rows = [
        {
            "entry_id": ending.entry.id,
            "token": ending.entry.lease_token,
            "new_state": ending.state.value,
            "new_reason": ending.reason,
            "new_detail": ending.detail,
            "new_article_id": ending.article_id,
            "new_due_at": ending.due_at,
        }
        for ending in endings
    ]
    if rows:
        connection.execute(_FINISH, rows)


def give_back(connection: Connection, value: Entry, *, counted: bool) -> None:
    """End the claim of an entry with nothing done; `counted` tells whether that was an attempt at it."""
    values = {"attempts": entry.c.attempts - (0 if counted else 1), **RELEASED}
    connection.execute(update(entry).where(held(entry, value.id, value.lease_token)).values(**values))


def retry_quarantined(connection: Connection, now: datetime) -> int:
    """Give every quarantined entry another chance and return how many those are."""
    result = connection.execute(
        update(entry)
        .where(entry.c.state == EntryState.QUARANTINED.value)
        .values(state=EntryState.NEW.value, attempts=0, due_at=now)
    )
    return result.rowcount


def counts(connection: Connection) -> dict[str, int]:
    """Return the number of entries in each state."""
    query = select(entry.c.state, func.count().label("number")).group_by(entry.c.state)
    found = {row.state: row.number for row in connection.execute(query)}
    return {state.value: found.get(state.value, 0) for state in EntryState}


def oldest_waiting(connection: Connection) -> datetime | None:
    """Return since when the longest-waiting entry has been due, None if none waits."""
    query = select(func.min(entry.c.due_at)).where(entry.c.state == EntryState.NEW.value)
    found: datetime | None = connection.execute(query).scalar_one()
    return found


def rejected(connection: Connection, *, since: datetime, limit: int) -> list[dict[str, Any]]:
    """Return entries that gave no article, newest first, with the reason."""
    query = (
        select(entry.c.id, entry.c.title, entry.c.link, entry.c.state, entry.c.reason, entry.c.detail, feed.c.name)
        .join(feed, feed.c.id == entry.c.feed_id)
        .where(
            entry.c.state.in_((EntryState.REJECTED.value, EntryState.QUARANTINED.value)), entry.c.updated_at >= since
        )
        .order_by(entry.c.id.desc())
        .limit(limit)
    )
    return [dict(row) for row in connection.execute(query).mappings()]
