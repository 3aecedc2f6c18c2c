"""digest: alerts that wait -> one message for each slot of local time.

The slot, the message and the mark on everything in it are one transaction, so a slot is told once whoever is killed
when, and several daemons on one database make one digest.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import structlog
from sqlalchemy import Connection

from newswatch.ids import IdSource
from newswatch.model import Digest, Message, NotificationKind, Severity
from newswatch.notify.hours import Slot, slots
from newswatch.notify.listing import MAX_STORIES, Tally, compose_listing, line_of
from newswatch.notify.phrases import phrases
from newswatch.notify.reader import ReaderSettings
from newswatch.pipeline.context import Context
from newswatch.pipeline.telling import queue, story_message
from newswatch.settings import format_duration
from newswatch.store import digests, periodic, silences

log = structlog.get_logger("newswatch.digest")

_ON_TIME = timedelta(minutes=10)
_TITLES = {Digest.HOURLY: "Hourly digest", Digest.DAILY: "Daily digest", Digest.WEEKLY: "Weekly digest"}


@dataclass(frozen=True, slots=True)
class Made:
    """What became of a slot. Without a message there was nothing to tell."""

    destination: str
    digest: Digest
    slot: Slot
    stories: int
    message: Message | None


def targets(context: Context) -> list[tuple[str, Digest]]:
    """Return the destinations that routes give a digest, each with its kind."""
    return list(dict.fromkeys(target for route in context.routes for target in route.digests))


class DigestStage:
    """Makes each digest that is due, and those missed for less than `alerts.digest_late`."""

    name = "digest"

    def __init__(self, context: Context) -> None:
        """Take the routes and destinations of the context as they are at each tick."""
        self._context = context

    async def wait(self) -> None:
        """Return at once: nothing stays under way between ticks."""

    async def tick(self) -> int:
        """Make the digests that are due and return their number."""
        context, now = self._context, self._context.now()
        due = await context.database.read(self._due, now)
        made = [
            one
            for destination, digest, slot in due
            if (one := await context.database.write(self._make, destination, digest, slot, now)) is not None
        ]
        for one in made:
            self._report(one)
        if any(one.message is not None for one in made):
            context.wake("deliver")
        return len(made)

    def _due(self, connection: Connection, now: datetime) -> list[tuple[str, Digest, Slot]]:
        context = self._context
        after = now - timedelta(seconds=context.config.alerts.digest_late)
        wanted = [
            (destination, digest, slot)
            for destination, digest in targets(context)
            for slot in slots(context.reader(destination), digest, after=after, until=now)
        ]
        if not wanted:
            return []
        names = {slot_name(destination, digest) for destination, digest, _ in wanted}
        taken = digests.taken(connection, names, after - timedelta(days=1))
        return [one for one in wanted if (slot_name(one[0], one[1]), one[2].key) not in taken]

    def _make(self, connection: Connection, destination: str, digest: Digest, slot: Slot, now: datetime) -> Made | None:
        context = self._context
        reader = context.reader(destination)
        return make_digest(connection, destination, digest, slot, reader=reader, new_id=context.new_id, now=now)

    def _report(self, one: Made) -> None:
        facts = {"to": one.destination, "slot": one.slot.key, "stories": one.stories}
        if one.message is None:
            log.debug("nothing for the digest", **facts)
        else:
            log.info("digest made", kind=one.digest.value, **facts)


def slot_name(destination: str, digest: Digest) -> str:
    """Return the name under which the slots of a digest are taken."""
    return f"digest/{destination}/{digest}"


def make_digest(
    connection: Connection,
    destination: str,
    digest: Digest,
    slot: Slot,
    *,
    reader: ReaderSettings,
    new_id: IdSource,
    now: datetime,
) -> Made | None:
    """Take a slot and queue its digest. None if somebody else has taken it."""
    name = slot_name(destination, digest)
    if not periodic.take(connection, name, slot.key, now):
        return None
    until = min(slot.due_at, now)
    message = compose_digest(connection, destination, digest, reader=reader, until=until, due_at=slot.due_at, now=now)
    notification_id = None
    if message is not None:
        notification_id = queue(
            connection, message, key=f"{name}/{slot.key}", destinations=[destination], new_id=new_id, now=now
        )
    digests.told(connection, destination, digest, until=until, notification_id=notification_id, now=now)
    stories = message.listing.total if message is not None and message.listing is not None else 0
    return Made(destination, digest, slot, stories, message)


def compose_digest(
    connection: Connection,
    destination: str,
    digest: Digest,
    *,
    reader: ReaderSettings,
    until: datetime,
    due_at: datetime,
    now: datetime,
) -> Message | None:
    """Return the digest of everything that waits at `until`; None where nothing does and nothing is wanted then."""
    rows = digests.waiting(connection, destination, digest, until=until)
    quiet = silences.silenced(connection, [row["alert_id"] for row in rows], destination, now)
    rows = [row for row in rows if row["alert_id"] not in quiet]
    grouped = {story_id: list(group) for story_id, group in groupby(rows, key=lambda row: row["story_id"])}
    if not grouped and not reader.digest_empty:
        return None
    first = sorted(grouped, key=lambda story_id: _rank(grouped[story_id]))[:MAX_STORIES]
    lines = [
        line_of(
            story_message(
                connection,
                kind=NotificationKind.NEW,
                story_id=story_id,
                alert_ids=[row["alert_id"] for row in grouped[story_id]],
                backfill=all(row["backfill"] for row in grouped[story_id]),
            )
        )
        for story_id in first
    ]
    notes, say = [], phrases(reader.language).say
    if now - due_at > _ON_TIME:
        late = format_duration((now - due_at).total_seconds() // 60 * 60)
        notes.append(say("{duration} late: newswatch was not running when it was due", duration=late))
    if not grouped:
        notes.append(say("Nothing to tell: this is a sign of life."))
    return compose_listing(
        NotificationKind.DIGEST,
        _TITLES[digest],
        lines,
        total=len(grouped),
        tally=_tally(grouped.values()),
        notes=notes,
        ends_at=due_at,
    )


def _tally(stories: Collection[list[dict[str, Any]]]) -> Tally:
    return Tally(
        high=sum(any(Severity(row["severity"]).rank >= Severity.HIGH.rank for row in rows) for rows in stories),
        rules=Counter(name for rows in stories for name in {row["rule_name"] for row in rows}),
        languages=Counter(rows[0]["language"] for rows in stories),
    )


def _rank(rows: list[dict[str, Any]]) -> tuple[bool, int, float]:
    """Order stories as `compose_listing` does, before the costly part: only the first are read."""
    newest = max(row["last_seen_at"].timestamp() for row in rows)
    worst = max(Severity(row["severity"]).rank for row in rows)
    return all(row["backfill"] for row in rows), -worst, -newest
