"""`newswatch feeds`: what is watched."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from newswatch.cli import feed_adding, feed_backfill, feed_hubs, feed_proof
from newswatch.cli.common import (
    ConfigOption,
    JsonOption,
    LimitOption,
    SinceOption,
    UsageError,
    opened,
    since_instant,
)
from newswatch.cli.feed_values import FeedArgument, find_feed, public_feed
from newswatch.cli.output import Column, ago, note, print_json, print_rows
from newswatch.clock import system_now
from newswatch.model import Feed, FeedStatus, HealthState
from newswatch.redact import redact_url

app = typer.Typer(help="The feeds that are watched.", no_args_is_help=True)

_UNWELL = (HealthState.FAILING, HealthState.SILENT, HealthState.MOVED, HealthState.GONE)


@app.command("list")
def list_feeds(
    status: Annotated[
        FeedStatus | None, typer.Option(metavar="STATUS", help=f"Only with this status: {', '.join(FeedStatus)}.")
    ] = None,
    failing: Annotated[bool, typer.Option("--failing", help="Only those whose last poll failed.")] = False,
    health: Annotated[
        HealthState | None, typer.Option(metavar="STATE", help=f"Only those that are {', '.join(HealthState)}.")
    ] = None,
    unwell: Annotated[bool, typer.Option("--unwell", help="Only failing, silent, moved and gone ones.")] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """List feeds with their health: last success, what is wrong and why, when they are asked next.

    A feed is failing after three failures in a row, silent when it brings nothing new for longer than is usual for it,
    moved when a permanent redirect led elsewhere, and gone when its server says so.

    Example: newswatch feeds list --unwell
    """
    from newswatch.store import feeds

    def wanted(feed: Feed) -> bool:
        return (
            (feed.fail_count > 0 or not failing)
            and (health is None or feed.health is health)
            and (feed.health in _UNWELL or not unwell)
        )

    with opened(config, create=True) as (loaded, database), database.reading() as connection:
        stored = feeds.all_feeds(connection)
        found = [feed for feed in stored if status in (None, feed.status) and wanted(feed)]
        known = {feeds.feed_key(url) for feed in stored for url in (feed.url, feed.moved_from) if url}
        unread = sum(feeds.feed_key(feed.url) not in known for feed in loaded.feed_values)
    if json:
        print_json([public_feed(feed) for feed in found])
        return
    if unread:
        note(f"{unread} feeds of the configuration are not stored yet; `newswatch run` takes them up")
    now = system_now()
    print_rows(
        [public_feed(feed) for feed in found],
        [
            Column("id", "id"),
            Column("name", "name", wide=True),
            Column("health", "health"),
            Column("last success", lambda row: ago(row["last_success_at"], now)),
            Column("last new", lambda row: ago(row["last_new_at"], now)),
            Column("next poll", lambda row: ago(row["next_poll_at"], now) if row["status"] == "active" else ""),
            Column("failures", lambda row: row["fail_count"] or "", right=True),
            Column("code", lambda row: row["last_reason"] or (row["health_reason"] if _is_unwell(row) else "")),
            Column("why", _why, wide=True),
        ],
        empty="no feeds; add one with `newswatch feeds add URL` or to newswatch.toml",
    )


def _is_unwell(row: Mapping[str, Any]) -> bool:
    return row["health"] in _UNWELL


def _why(row: Mapping[str, Any]) -> str:
    if _is_unwell(row) and row["health"] != HealthState.FAILING:
        return str(row["health_detail"] or "")
    return str(row["last_error"] or row["last_reason"] or "")


@app.command()
def remove(feed: FeedArgument, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Forget a feed with its entries and poll log. Articles stay.

    Example: newswatch feeds remove "The Diplomat"
    """
    from newswatch.store import feeds

    with opened(config) as (loaded, database), database.writing() as connection:
        found = find_feed(connection, feed)
        if any(feeds.feed_key(value.url) == feeds.feed_key(found.url) for value in loaded.feed_values):
            raise UsageError(f"{found.name} is in {loaded.source_path}; take it out there, or set enabled = false")
        feeds.remove(connection, found.id)
    _done(found, "removed", json=json)


@app.command()
def disable(feed: FeedArgument, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Stop polling a feed, keeping what is known of it.

    Example: newswatch feeds disable "The Diplomat"
    """
    _set_status(config, feed, FeedStatus.DISABLED, json=json)


@app.command()
def enable(feed: FeedArgument, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Poll a feed again that was disabled or gone, beginning now.

    Example: newswatch feeds enable "The Diplomat"
    """
    _set_status(config, feed, FeedStatus.ACTIVE, json=json)


def _set_status(config: Path | None, which: str, status: FeedStatus, *, json: bool) -> None:
    from newswatch.store import feeds

    with opened(config) as (loaded, database), database.writing() as connection:
        found = find_feed(connection, which)
        feeds.set_status(connection, found.id, status, now=system_now())
        configured = {feeds.feed_key(value.url): value.status for value in loaded.feed_values}
    if configured.get(feeds.feed_key(found.url), status) is not status:
        note(f"{loaded.source_path} says otherwise (enabled); the next start or reload follows the file")
    _done(found, "enabled" if status is FeedStatus.ACTIVE else "disabled", json=json)


@app.command()
def poll(feed: FeedArgument, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Make a feed due; the running daemon asks it within seconds, but not sooner than `polling.min_interval` allows.

    Example: newswatch feeds poll "The Diplomat"
    """
    from newswatch.store import feeds

    now = system_now()
    with opened(config) as (loaded, database), database.writing() as connection:
        found = find_feed(connection, feed)
        if found.status is not FeedStatus.ACTIVE:
            raise UsageError(f"{found.name} is {found.status.value}; `newswatch feeds enable` comes first")
        due = feeds.poll_now(connection, found, now, floor_s=loaded.polling.min_interval)
    _done(
        found,
        "due" if due <= now else f"due {ago(due, now)}, for it was asked {ago(found.last_poll_at, now)}",
        json=json,
    )


def _done(feed: Feed, what: str, *, json: bool) -> None:
    if json:
        print_json({"feed": public_feed(feed), "result": what})
    else:
        print(f"{feed.name}: {what}")


@app.command()
def errors(
    since: SinceOption = None, limit: LimitOption = 50, config: ConfigOption = None, json: JsonOption = False
) -> None:
    """List failed polls and what happened to feeds (moved, gone, gaps), newest first; the last day by default.

    Example: newswatch feeds errors --since 7d
    """
    from newswatch.store import feeds

    start = since_instant(since) or system_now() - timedelta(days=1)
    with opened(config) as (_, database), database.reading() as connection:
        failures = feeds.recent_errors(connection, since=start, limit=limit)
        events = feeds.events(connection, since=start, limit=limit)
    rows = [
        *({**row, "what": row["outcome"]} for row in failures),
        *({**row, "what": row["kind"]} for row in events),
    ]
    rows = sorted(rows, key=lambda row: row["at"], reverse=True)[:limit]
    for row in rows:
        row["url"] = redact_url(row["url"])
    if json:
        print_json(rows)
        return
    print_rows(
        rows,
        [
            Column("when", "at"),
            Column("feed", "name", wide=True),
            Column("what", "what"),
            Column("detail", "detail", wide=True),
        ],
        empty="nothing failed",
    )


app.command("add")(feed_adding.add)
app.command("catalogue")(feed_adding.list_catalogue)
app.command("import")(feed_adding.import_opml)
app.command("export")(feed_adding.export_opml)
app.command("backfill")(feed_backfill.backfill)
app.command("hubs")(feed_hubs.hubs)
app.command("test")(feed_proof.try_out)
app.command("citizen")(feed_proof.citizen)
