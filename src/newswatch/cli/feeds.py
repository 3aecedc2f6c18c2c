"""`newswatch feeds`: what is watched."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError

from newswatch.cli.common import (
    ConfigOption,
    JsonOption,
    LimitOption,
    SinceOption,
    UsageError,
    fail,
    load,
    opened,
    quiet_log,
    since_instant,
)
from newswatch.cli.output import Column, ago, clean, note, print_json, print_rows
from newswatch.clock import system_now
from newswatch.errors import InputError, NotFound, Problem
from newswatch.model import Feed, FeedStatus, HealthState
from newswatch.redact import redact_url

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from newswatch.config import Config

app = typer.Typer(help="The feeds that are watched.", no_args_is_help=True)

FeedArgument = Annotated[str, typer.Argument(metavar="FEED", help="Name, URL or id of a feed.")]

_HIDDEN = ("etag", "last_modified", "body_hash", "lease_token", "gaps")
_URLS = ("url", "moved_from", "redirect_url")
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
        print_json([_public(feed) for feed in found])
        return
    if unread:
        note(f"{unread} feeds of the configuration are not stored yet; `newswatch run` takes them up")
    now = system_now()
    print_rows(
        [_public(feed) for feed in found],
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


def _public(feed: Feed) -> dict[str, Any]:
    values = {name: getattr(feed, name) for name in Feed.__slots__ if name not in _HIDDEN}
    urls = {name: redact_url(value) for name in _URLS if (value := values[name])}
    return {**values, **urls, "status": feed.status.value, "health": feed.health.value}


@app.command()
def add(
    url: Annotated[str, typer.Argument(help="Address of the feed.")],
    name: Annotated[str | None, typer.Option(help="What to call it. Default: the host.")] = None,
    source: Annotated[str | None, typer.Option(help="The publisher, as messages name it.")] = None,
    language: Annotated[str | None, typer.Option(help="Language (BCP 47), such as ko.")] = None,
    country: Annotated[str | None, typer.Option(help="Country (ISO 3166-1), such as KR.")] = None,
    tier: Annotated[int, typer.Option(min=1, max=3, help="1 agency or paper of record, 2 other, 3 aggregator.")] = 2,
    interval: Annotated[str | None, typer.Option(help="Fixed polling interval, such as 15m.")] = None,
    time_zone: Annotated[str | None, typer.Option(help="Zone of dates that name none, such as Asia/Seoul.")] = None,
    full_text: Annotated[bool, typer.Option("--full-text/--feed-text", help="Fetch article pages or not.")] = True,
    allow_private: Annotated[bool, typer.Option("--allow-private", help="It may be on a private address.")] = False,
    priority: Annotated[int, typer.Option(min=-10, max=10, help="Higher ones are asked first.")] = 0,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Add a feed to the database. It is polled at once by a running daemon, or at the next start.

    Headers, cookies, credentials and proxies of a feed belong into the configuration file: see `[[feeds]]` there.

    Example: newswatch feeds add https://thediplomat.com/feed/ --source "The Diplomat" --language en
    """
    from newswatch.config import Config, FeedSettings

    given = {
        "url": url,
        "name": name,
        "source": source,
        "language": language,
        "country": country,
        "tier": tier,
        "interval": interval,
        "time_zone": time_zone,
        "full_text": full_text,
        "allow_private": allow_private,
        "priority": priority,
    }
    try:
        settings = FeedSettings.model_validate({key: value for key, value in given.items() if value is not None})
    except ValidationError as error:
        details = error.errors()[0]
        reason = str(details.get("ctx", {}).get("error", details["msg"]))
        raise UsageError(f"{details['loc'][0]}: {reason}") from None
    (value,) = Config(feeds=(settings,)).feed_values
    _store(config, [replace(value, origin="cli")], json=json)


def _store(config: Path | None, values: list[Feed], *, json: bool, skipped: tuple[Problem, ...] = ()) -> None:
    """Store new feeds and say which were known."""
    from newswatch.ids import IdSource
    from newswatch.store import feeds

    now, new_id = system_now(), IdSource(system_now)
    added: list[Feed] = []
    known: list[Feed] = []
    with opened(config, create=True) as (_, database), database.writing() as connection:
        for value in values:
            is_new = feeds.add(connection, value, feed_id=new_id(), now=now)
            stored = feeds.get(connection, value.url) or value
            (added if is_new else known).append(stored)
    if json:
        print_json(
            {"added": [_public(feed) for feed in added], "known": [_public(feed) for feed in known], "skipped": skipped}
        )
        return
    for feed in added:
        print(f"added {feed.name} ({redact_url(feed.url)})")
    for feed in known:
        note(f"known already: {feed.name} ({redact_url(feed.url)}), {feed.status.value}")
    for problem in skipped:
        note(f"skipped: {problem}")


def _find(connection: "Connection", which: str) -> Feed:
    from newswatch.store import feeds

    feed = feeds.get(connection, which)
    if feed is None:
        same = [other for other in feeds.all_feeds(connection) if other.name == which]
        remedy = "several have this name; use the id" if same else "`newswatch feeds list` shows what there is"
        raise NotFound("feed", which, remedy)
    return feed


@app.command()
def remove(feed: FeedArgument, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Forget a feed with its entries and poll log. Articles stay.

    Example: newswatch feeds remove "The Diplomat"
    """
    from newswatch.store import feeds

    with opened(config) as (loaded, database), database.writing() as connection:
        found = _find(connection, feed)
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
        found = _find(connection, which)
        feeds.set_status(connection, found.id, status, now=system_now())
        configured = {feeds.feed_key(value.url): value.status for value in loaded.feed_values}
    if configured.get(feeds.feed_key(found.url), status) is not status:
        note(f"{loaded.source_path} says otherwise (enabled); the next start or reload follows the file")
    _done(found, "enabled" if status is FeedStatus.ACTIVE else "disabled", json=json)


@app.command()
def poll(feed: FeedArgument, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Make a feed due at once; the running daemon asks it within seconds.

    Example: newswatch feeds poll "The Diplomat"
    """
    from newswatch.store import feeds

    with opened(config) as (_, database), database.writing() as connection:
        found = _find(connection, feed)
        if found.status is not FeedStatus.ACTIVE:
            raise UsageError(f"{found.name} is {found.status.value}; `newswatch feeds enable` comes first")
        feeds.poll_now(connection, found.id, system_now())
    _done(found, "due", json=json)


def _done(feed: Feed, what: str, *, json: bool) -> None:
    if json:
        print_json({"feed": _public(feed), "result": what})
    else:
        print(f"{feed.name}: {what}")


@app.command("test")
def try_out(
    feeds: Annotated[
        list[str] | None, typer.Argument(metavar="[FEED...]", help="Names or URLs. Default: all that are configured.")
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Ask feeds now, as the daemon would, and show what comes; nothing is stored.

    Exit code 1 if one does not work.

    Example: newswatch feeds test https://thediplomat.com/feed/
    """
    import asyncio

    from newswatch.cli.feed_trial import try_feeds

    quiet_log()
    loaded = load(config)
    found = _to_test(loaded, feeds or [])
    results = asyncio.run(try_feeds(loaded, found)) if found else []
    failed = [result for result in results if not result["ok"]]
    if json:
        print_json({"feeds": len(results), "failed": len(failed), "results": results})
    else:
        now = system_now()
        print_rows(
            results,
            [
                Column("feed", "name", wide=True),
                Column("works", "ok"),
                Column("entries", "entries", right=True),
                Column("newest", lambda row: ago(row["newest"], now) if row.get("newest") else ""),
                Column("seconds", lambda row: f"{row['elapsed_s']:.1f}", right=True),
                Column("what came", lambda row: _what_came(dict(row)), wide=True),
            ],
            empty="no feeds; add one to newswatch.toml or name a URL",
        )
        if failed:
            note(f"{len(failed)} of {len(results)} do not work")
    if failed:
        fail(1)


def _what_came(row: dict[str, Any]) -> str:
    if row["ok"]:
        moved = f", now at {row['final_url']}" if "final_url" in row else ""
        return f"{row['kind']}: {row['title'] or 'no title'}{moved}"
    links = f"; feeds named there: {', '.join(row['links'])}" if row.get("links") else ""
    return f"{row['reason']}: {row['detail']}{links}"


def _to_test(config: "Config", wanted: list[str]) -> list[Feed]:
    """Return the configured feeds, or those named; a URL need not be known."""
    from newswatch.config import Config, FeedSettings

    known = {feed.url: feed for feed in config.feed_values} | {feed.name: feed for feed in config.feed_values}
    if not wanted:
        return list(config.feed_values)
    found = []
    for which in wanted:
        if which in known:
            found.append(known[which])
            continue
        try:
            found += Config(feeds=(FeedSettings(url=which),)).feed_values
        except ValidationError:
            remedy = "it is neither the name of a configured feed nor a web address"
            raise NotFound("feed", which, remedy) from None
    return found


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


@app.command()
def citizen(
    rows: Annotated[
        list[str] | None, typer.Argument(metavar="[ROW...]", help="Numbers such as C07. Default: all.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Prove on this machine how newswatch behaves towards servers, and print the score. Nothing leaves the machine.

    Each row is a promise that a scripted server on loopback checks against the whole program, with a clock that runs
    through days in moments. Exit code 1 if a promise is broken.

    Example: newswatch feeds citizen C02 C23
    """
    import asyncio
    import sys

    from newswatch import log
    from newswatch.citizen.run import ROWS, Result, run_rows
    from newswatch.config import LogSettings

    log.setup(LogSettings(level="error"), stream=sys.stderr)  # servers in trouble are what the rows are about
    wanted = {row.upper() for row in rows or ()}
    chosen = [row for row in ROWS if row.id in wanted or not wanted]
    if unknown := wanted - {row.id for row in ROWS}:
        raise UsageError(f"no such row: {', '.join(sorted(unknown))}; there are {ROWS[0].id} to {ROWS[-1].id}")

    def show(result: Result) -> None:
        print(f"{result.id}  {'kept  ' if result.kept else 'BROKEN'}  {result.promise}", flush=True)
        if result.detail:
            print(f"             {clean(result.detail)}", flush=True)

    results = asyncio.run(run_rows(chosen, **({} if json else {"done": show})))
    kept = sum(result.kept for result in results)
    if json:
        print_json({"kept": kept, "of": len(results), "results": results})
    else:
        print(f"{kept} of {len(results)}")
    if kept < len(results):
        fail(1)


@app.command("import")
def import_opml(
    file: Annotated[str, typer.Argument(metavar="FILE", help="OPML file, or - for standard input.")],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Add the feeds of an OPML file from another reader. Known ones stay as they are.

    Example: newswatch feeds import subscriptions.opml
    """
    import sys

    from newswatch.collect.opml import parse_opml

    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from error
    values, skipped = parse_opml(data)
    if not values and skipped:
        raise InputError(skipped)
    _store(config, [replace(value, origin="opml") for value in values], json=json, skipped=skipped)


@app.command("export")
def export_opml(
    file: Annotated[str, typer.Argument(metavar="[FILE]", help="Where to write; - is standard output.")] = "-",
    secrets: Annotated[
        bool, typer.Option("--with-secrets", help="Keep passwords and tokens in addresses; without, such feeds break.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Write all feeds as OPML, for another reader or a backup.

    Example: newswatch feeds export feeds.opml
    """
    import sys

    from newswatch.collect.opml import render_opml
    from newswatch.store import feeds

    with opened(config, create=True) as (loaded, database), database.reading() as connection:
        stored = feeds.all_feeds(connection)
    known = {feeds.feed_key(feed.url) for feed in stored}
    data = render_opml(
        [*stored, *(feed for feed in loaded.feed_values if feeds.feed_key(feed.url) not in known)], secrets=secrets
    )
    if file == "-":
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    try:
        Path(file).write_bytes(data)
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror}") from error
    note(f"wrote {file}")
