"""The picture of everything that waits, fails and was done: `newswatch status`, readiness and metrics."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from newswatch.store import alerts, articles, deliveries, destinations, entries, feeds, matches, stories, subscriptions
from newswatch.store.tables import article_version, feed, runner


def waiting(connection: Connection, now: datetime) -> dict[str, Any]:
    """Return what waits: feeds by status and health, deliveries by state, the oldest waiting row's age in seconds."""
    oldest = {
        "poll": connection.execute(select(func.min(feed.c.next_poll_at)).where(feeds.due(now))).scalar_one(),
        "article": entries.oldest_waiting(connection),
        "match": connection.execute(
            select(func.min(article_version.c.seen_at)).where(article_version.c.matched_at.is_(None))
        ).scalar_one(),
        "deliver": deliveries.next_due(connection),
    }
    return {
        "feeds": feeds.counts(connection, now),
        "feed_health": feeds.health_counts(connection),
        "subscriptions": subscriptions.counts(connection, now),
        "deliveries": deliveries.counts(connection),
        "oldest_waiting_s": {
            stage: max(0.0, (now - since).total_seconds()) if since else 0.0 for stage, since in oldest.items()
        },
    }


def overview(connection: Connection, now: datetime) -> dict[str, Any]:
    """Return what waits (see `waiting`), what is stored, which destinations take nothing, and who is at work."""
    return {
        **waiting(connection, now),
        "entries": entries.counts(connection),
        **articles.counts(connection),
        "stories": stories.count(connection),
        "matches": matches.counts(connection),
        "alerts": alerts.count(connection),
        "stuck_deliveries": deliveries.stuck(connection),
        "destinations": {
            name: {"disabled": state.disabled_reason, "paused_until": state.paused_until}
            for name, state in destinations.states(connection).items()
            if state.disabled_at or (state.paused_until and state.paused_until > now)
        },
        "daemons": [
            {"host": row.host, "pid": row.pid, "since": row.started_at, "heartbeat": row.heartbeat_at}
            for row in connection.execute(select(runner).order_by(runner.c.started_at))
        ],
    }
