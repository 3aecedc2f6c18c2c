"""operations: trouble of newswatch's own -> a notice when it begins and one when it is over.

Troubles are rows, so that each is told once, whatever restarts and however many daemons there are; the notice is queued
in the transaction that writes the row.
"""

import shutil
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from newswatch.model import Message, Notice, Severity
from newswatch.notify.listing import compose_notice
from newswatch.notify.troubles import (
    RHYTHM,
    Backlog,
    DeadLetters,
    Known,
    RuleActivity,
    Trouble,
    backlog_troubles,
    compare,
    dead_letter_troubles,
    disabled_troubles,
    disk_trouble,
    rule_troubles,
)
from newswatch.notify.wording import plural
from newswatch.pipeline.context import Context
from newswatch.pipeline.telling import queue
from newswatch.redact import redact_url
from newswatch.store import feeds, operations, periodic
from newswatch.store.feeds import FeedNotice

log = structlog.get_logger("newswatch.operations")

_QUICK = ("outbox_old", "dead_letters", "destination_disabled", "disk_low")
_SLOW = ("rule_silent",)
_A_DAY = timedelta(days=1)
_AGAIN = timedelta(hours=1)  # dead letters are told once, then counted every hour in which more come
_EVENTS = 200  # feed events in one look
_TOLD_EVENTS = {"failing": "fails", "silent": "is silent", "gone": "is gone", "recovered": "works again"}
_GRACE = timedelta(minutes=1)


@dataclass(slots=True)
class Looked:
    """What one look led to."""

    begun: list[Trouble] = field(default_factory=list)
    over: list[Known] = field(default_factory=list)
    queued: int = 0
    counts: dict[str, int] = field(default_factory=dict)


class OperationsStage:
    """Looks for trouble and tells the destinations in `operations.to`."""

    name = "operations"

    def __init__(self, context: Context) -> None:
        """Take the configuration of the context as it is at each tick."""
        self._context = context

    async def wait(self) -> None:
        """Return at once: nothing stays under way between ticks."""

    async def tick(self) -> int:
        """Look at everything once and return how many notices that queued."""
        looked = await self._context.database.write(self._look)
        for trouble in looked.begun:
            log.warning("trouble", reason=trouble.reason, about=trouble.subject, detail=trouble.detail)
        for known in looked.over:
            log.info("trouble is over", reason=known.reason, about=known.subject)
        for reason in (*_QUICK, *_SLOW):
            self._context.metrics.troubles.labels(reason).set(looked.counts.get(reason, 0))
        if looked.queued:
            self._context.wake("deliver")
        return looked.queued

    def _look(self, connection: Connection) -> Looked:
        looked = Looked()
        if not periodic.alone(connection, self.name):
            return looked
        now = self._context.now()
        self._settle(connection, looked, _QUICK, self._quick(connection, now), now)
        if self._context.config.operations.rules and periodic.take(
            connection, "operations/rules", f"{now:%Y-%m-%dT%H}", now
        ):
            found = operations.rule_activity(connection, since=now - RHYTHM)
            self._settle(connection, looked, _SLOW, rule_troubles((RuleActivity(**row) for row in found), now), now)
        if self._context.config.operations.feeds:
            self._feeds(connection, looked, now)
        looked.counts = operations.troubles_by_reason(connection)
        return looked

    def _quick(self, connection: Connection, now: datetime) -> list[Trouble]:
        settings = self._context.config.operations
        before = now - timedelta(seconds=settings.outbox_age)
        path = self._context.database.path
        return [
            *backlog_troubles((Backlog(**row) for row in operations.backlog(connection, before=before)), settings, now),
            *dead_letter_troubles(
                DeadLetters(row["destination"], row["count"], row["newest_at"], row["last"])
                for row in operations.dead_letters(connection, since=now - _A_DAY)
            ),
            *disabled_troubles(operations.disabled(connection)),
            *disk_trouble(shutil.disk_usage(path.parent).free if path else None, str(path and path.parent), settings),
        ]

    def _settle(
        self, connection: Connection, looked: Looked, reasons: Sequence[str], found: list[Trouble], now: datetime
    ) -> None:
        """Store and tell what is new, what lasts and what is over among troubles of these kinds."""
        rows = operations.known_troubles(connection, reasons)
        known = [Known(**{name: row[name] for name in Known.__slots__}) for row in rows]
        changes = compare(known, found, now)
        for trouble in changes.new:
            looked.begun.append(trouble)
            told = self._tell(connection, trouble, f"ops/{trouble.key}/{now.isoformat()}", now, now)
            looked.queued += told
            values = {name: getattr(trouble, name) for name in ("key", "reason", "subject", "title", "detail")}
            values["told_at"] = now if told else None
            operations.begin(connection, values, trouble_id=self._context.new_id(), now=now)
        for before, trouble in changes.lasting:
            again = self._worse(connection, before, trouble, now)
            if again:
                looked.queued += self._tell(connection, trouble, f"ops/{before.id}/{now.isoformat()}", now, now)
            operations.lasts(connection, before.id, detail=trouble.detail, now=now, told=again)
        for before in changes.over:
            operations.end(connection, before.id, now)
            looked.over.append(before)
            if before.told_at is not None:
                ended = Trouble(before.key, before.reason, before.subject, before.title, before.detail, "")
                looked.queued += self._tell(connection, ended, f"ops/{before.id}/over", before.since, now, over=True)

    def _worse(self, connection: Connection, before: Known, trouble: Trouble, now: datetime) -> bool:
        """Tell whether dead letters have come since they were told, an hour ago or longer."""
        if trouble.reason != "dead_letters" or before.told_at is None or now - before.told_at < _AGAIN:
            return False
        newer = operations.dead_letters(connection, since=before.told_at)
        return any(row["destination"] == trouble.subject for row in newer)

    def _tell(
        self,
        connection: Connection,
        trouble: Trouble,
        key: str,
        since: datetime,
        now: datetime,
        *,
        over: bool = False,
    ) -> int:
        recipients = self._recipients(trouble)
        severity = Severity.INFO if over else trouble.severity
        message = compose_notice(trouble.title, trouble.notice(over=over), since=since, severity=severity)
        return self._queue(connection, message, key, recipients, now)

    def _recipients(self, trouble: Trouble) -> list[str]:
        """Return who hears of it: not the destination that it is about, which would not take it; else its fallback."""
        context = self._context
        wanted = context.addressed(context.config.operations.to)
        if trouble.reason in ("destination_disabled", "dead_letters", "outbox_old"):
            fallback = context.reader(trouble.subject).fallback
            others = [name for name in wanted if name != trouble.subject]
            return others or context.addressed([fallback] if fallback else [])
        return wanted

    def _queue(
        self, connection: Connection, message: Message, key: str, recipients: Sequence[str], now: datetime
    ) -> int:
        if not recipients:
            return 0
        queue(connection, message, key=key, destinations=recipients, new_id=self._context.new_id, now=now)
        return 1

    def _feeds(self, connection: Connection, looked: Looked, now: datetime) -> None:
        """Tell what happened to feeds, each kind together; what is new waits a minute for others of its kind."""
        recipients = self._context.addressed(self._context.config.operations.to)
        if not recipients:
            return
        events = feeds.untold(connection, since=now - _A_DAY, limit=_EVENTS)
        if not events or now - events[0].at < _GRACE:
            return
        feeds.mark_told(connection, [event.id for event in events], now)
        by_kind: dict[str, list[FeedNotice]] = defaultdict(list)
        for event in events:
            by_kind[event.kind].append(event)
        for kind, told in by_kind.items():
            if kind in _TOLD_EVENTS:
                message = _feed_message(kind, told)
                looked.queued += self._queue(connection, message, f"ops/feeds/{kind}/{told[0].id}", recipients, now)


def _feed_message(kind: str, events: Sequence[FeedNotice]) -> Message:
    first = events[0]
    what = _TOLD_EVENTS[kind]
    title = f"feed {first.feed_name} {what}" if len(events) == 1 else f"{plural(len(events), 'feed')}: {what}"
    lines = tuple(f"{event.feed_name}: {event.detail} ({redact_url(event.url)})" for event in events)
    over = kind == "recovered"
    notice = Notice(f"feed_{kind}", first.feed_name, lines, "" if over else "newswatch feeds list", over=over)
    return compose_notice(title, notice, since=first.at, severity=Severity.INFO if over else Severity.NORMAL)
