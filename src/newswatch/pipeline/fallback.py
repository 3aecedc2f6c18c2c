"""fallback: what is grave and does not get through also goes to the destination that stands in.

The second delivery is a row with the name of the first one's destination, so it is made once.
"""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection, RowMapping

from newswatch.model import NotificationKind, Severity
from newswatch.pipeline.context import Context
from newswatch.store import deliveries

log = structlog.get_logger("newswatch.fallback")


class FallbackStage:
    """Looks for high and flash alerts that were not delivered within `alerts.fallback_after`."""

    name = "fallback"

    def __init__(self, context: Context) -> None:
        """Take the destinations of the context as they are at each tick."""
        self._context = context

    async def wait(self) -> None:
        """Return at once: nothing stays under way between ticks."""

    async def tick(self) -> int:
        """Queue what the stand-ins have to tell and return how much that is."""
        context = self._context
        pairs = {name: reader.fallback for name in context.channels if (reader := context.reader(name)).fallback}
        if not pairs:
            return 0
        queued = await context.database.write(self._queue, pairs)
        for destination, fallback in queued:
            log.warning("a grave alert does not get through; its fallback gets it", to=fallback, instead_of=destination)
        if queued:
            context.wake("deliver")
        return len(queued)

    def _queue(self, connection: Connection, pairs: dict[str, str]) -> list[tuple[str, str]]:
        context, now = self._context, self._context.now()
        before = now - timedelta(seconds=context.config.alerts.fallback_after)
        return [
            (row["destination"], fallback)
            for row in deliveries.grave_and_late(connection, list(pairs), before=before)
            for fallback in context.addressed([pairs[row["destination"]]])
            if self._stand_in(connection, row, fallback, now)
        ]

    def _stand_in(self, connection: Connection, row: RowMapping, fallback: str, now: datetime) -> bool:
        """Queue one alert for a destination that stands in, unless it hears of the story anyway."""
        if deliveries.hears_of(connection, row["story_id"], fallback):
            return False
        return deliveries.add(
            connection,
            delivery_id=self._context.new_id(),
            notification_id=row["notification_id"],
            dedupe_key=f"fallback/{row['delivery_key']}",
            destination=fallback,
            due_at=now,
            now=now,
            kind=NotificationKind.NEW,
            severity=Severity(row["severity"]),
            via=row["destination"],
        )
