"""Feeds asked on trial, and newswatch's own conduct towards servers."""

import asyncio
import sys
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError

from newswatch.cli.common import ConfigOption, JsonOption, UsageError, fail, load, quiet_log
from newswatch.cli.feed_adding import catalogue_values
from newswatch.cli.output import Column, ago, clean, note, print_json, print_rows
from newswatch.cli.progress import counter
from newswatch.clock import system_now
from newswatch.errors import NotFound
from newswatch.model import Feed

if TYPE_CHECKING:
    from newswatch.config import Config


def try_out(
    feeds: Annotated[
        list[str] | None, typer.Argument(metavar="[FEED...]", help="Names or URLs. Default: all that are configured.")
    ] = None,
    catalogue: Annotated[
        bool, typer.Option("--catalogue", help="Those of the catalogue instead; FEED is then a name there.")
    ] = False,
    language: Annotated[str | None, typer.Option(help="Of the catalogue, only this language, such as ko.")] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Ask feeds now, as the daemon would, and show what comes, why not and what to do; nothing is stored.

    Exit code 1 if one does not work.

    Example: newswatch feeds test --catalogue --language ko
    """
    from newswatch.cli.feed_trial import try_feeds

    quiet_log()
    loaded = load(config)
    wanted = feeds or []
    found = catalogue_values(wanted, language=language) if catalogue or language else _to_test(loaded, wanted)
    with counter(total=len(found), doing="asking feeds") as count:
        results = asyncio.run(try_feeds(loaded, found, done=lambda _: count(1))) if found else []
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
        _summarise(results, failed)
    if failed:
        fail(1)


def _what_came(row: dict[str, Any]) -> str:
    if row["ok"]:
        moved = f", now at {row['final_url']}" if "final_url" in row else ""
        stale = "; nothing new for more than a month" if row["stale"] else ""
        return f"{row['kind']}: {row['title'] or 'no title'}{moved}{stale}"
    links = f"; feeds named there: {', '.join(row['links'])}" if len(row.get("links", ())) > 1 else ""
    return f"{row['reason']}: {row['detail']}{links}"


def _summarise(results: list[dict[str, Any]], failed: list[dict[str, Any]]) -> None:
    if not failed:
        return
    reasons = Counter(row["reason"] for row in failed)
    counted = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
    note(f"{len(failed)} of {len(results)} do not work: {counted}")
    told: dict[str, list[str]] = {}
    for row in failed:
        if row.get("advice"):
            told.setdefault(row["advice"], []).append(row["name"])
    for advice, names in told.items():
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        note(f"  {clean(', '.join(names[:3]))}{more}: {advice}")


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
    due, extra = ([one for one in results if one.optional is optional] for optional in (False, True))
    if json:
        print_json(
            {
                "kept": sum(one.kept for one in due),
                "of": len(due),
                "optional_kept": sum(one.kept for one in extra),
                "optional_of": len(extra),
                "results": results,
            }
        )
    else:
        scores = [(due, ""), (extra, " beyond what servers may expect")]
        print(", ".join(f"{sum(one.kept for one in some)} of {len(some)}{what}" for some, what in scores if some))
    if not all(one.kept for one in results):
        fail(1)
