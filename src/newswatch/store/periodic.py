"""Work that is done once for each slot of time, whoever does it first, and retention."""

from datetime import datetime, timedelta
from hashlib import blake2b

from sqlalchemy import Connection, delete, select

from newswatch.store import applications, deliveries, history, mentions, site_lines
from newswatch.store.database import insert_new, try_lock
from newswatch.store.settings import RetentionSettings
from newswatch.store.tables import article_text, article_version, feed_event, fetch_log, periodic_run

_PERIODIC_KEPT = timedelta(days=30)


def take(connection: Connection, name: str, slot: str, now: datetime) -> bool:
    """Take the slot of a periodic task (say "retention" on "2026-01-13"). Return False if somebody has taken it.

    Taken in the same transaction as the work, the slot is free again if the work fails.
    """
    row = {"name": name, "slot": slot, "ran_at": now}
    return bool(insert_new(connection, periodic_run, [row], "name", "slot"))


def alone(connection: Connection, name: str) -> bool:
    """Take the right to do one kind of work until the transaction ends. Return False if somebody else is at it."""
    return try_lock(connection, int.from_bytes(blake2b(name.encode(), digest_size=4).digest(), "big"))


def retain(connection: Connection, settings: RetentionSettings, now: datetime) -> dict[str, int]:
    """Delete what is kept no longer and return how many rows of each kind went. Zero durations keep for ever."""
    gone = {}
    if settings.fetch_log:
        before = now - timedelta(seconds=settings.fetch_log)
        gone["polls"] = connection.execute(delete(fetch_log).where(fetch_log.c.at < before)).rowcount
        gone["feed_events"] = connection.execute(delete(feed_event).where(feed_event.c.at < before)).rowcount
    if settings.texts:
        before = now - timedelta(seconds=settings.texts)
        old = select(article_version.c.id).where(
            article_version.c.seen_at < before, article_version.c.matched_at.is_not(None)
        )
        gone["texts"] = connection.execute(delete(article_text).where(article_text.c.version_id.in_(old))).rowcount
    if settings.mentions:
        gone["mentions"] = mentions.retain(connection, now - timedelta(seconds=settings.mentions))
    if settings.past_matches:
        before = now - timedelta(seconds=settings.past_matches)
        gone["past_matches"] = history.retain(connection, before)
        gone["rule_applications"] = applications.retain(connection, before)
    idle = now - timedelta(seconds=settings.site_lines) if settings.site_lines else None
    gone["site_lines"] = site_lines.retain(connection, idle)
    if settings.dead_letters:
        before = now - timedelta(seconds=settings.dead_letters)
        gone["dead_letters"] = deliveries.delete_dead(connection, before=before)
    connection.execute(delete(periodic_run).where(periodic_run.c.ran_at < now - _PERIODIC_KEPT))
    return gone
