"""Running: the daemon, its state, replays and the demo."""

import asyncio
import http.client
import json as json_module
import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newswatch.cli.common import ConfigOption, JsonOption, UsageError, fail, load, opened, root_config
from newswatch.cli.output import ago, clean, note, print_facts, print_json, span
from newswatch.clock import system_now
from newswatch.errors import NewswatchError

if TYPE_CHECKING:
    from newswatch.config import Config

_ALIVE = timedelta(seconds=60)
_UNWELL = ("failing", "silent", "moved")


class Unreachable(NewswatchError):
    """The daemon does not answer."""

    exit_code = 3


def run_daemon(
    once: Annotated[bool, typer.Option("--once", help="Do everything that is due, then end.")] = False,
    config: ConfigOption = None,
    json: Annotated[bool, typer.Option("--json", help="Log lines as JSON objects.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log every poll and request.")] = False,
) -> None:
    """Watch: poll feeds, extract and flag articles, send alerts, until Ctrl-C.

    SIGHUP reads the configuration again; SIGTERM finishes what is under way.

    Example: newswatch run --once
    """
    from newswatch import log
    from newswatch.config import LogSettings, load_config

    path = config or root_config.get()

    def read() -> "Config":
        loaded = load_config(path, environ=os.environ)
        wanted = LogSettings(
            level="debug" if verbose else loaded.log.level, format="json" if json else loaded.log.format
        )
        log.setup(wanted, stream=sys.stderr)
        return loaded

    loaded = load(path)
    if not loaded.feeds:
        note("no feeds in the configuration: only feeds added with `newswatch feeds add` or imported are polled")
    if not loaded.routes:
        note("no routes in the configuration: articles are flagged, but nobody is told")
    from newswatch.daemon import Daemon  # after the checks: this imports the whole program

    asyncio.run(Daemon(read).run(once=once))


def status(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show what waits, what fails and what was done.

    Example: newswatch status --json
    """
    from newswatch.store.overview import overview

    now = system_now()
    with opened(config) as (loaded, database), database.reading() as connection:
        found = overview(connection, now)
    daemons = [{**one, "alive": now - one["heartbeat"] < _ALIVE} for one in found["daemons"]]
    found["daemons"] = daemons
    if json:
        print_json({"database": database.shown_url, **found})
        return
    feeds, health, deliveries = found["feeds"], found["feed_health"], found["deliveries"]
    alive = [one for one in daemons if one["alive"]]
    running = [f"{one['host']} (pid {one['pid']}, since {ago(one['since'], now)})" for one in alive]
    print_facts(
        {
            "database": database.shown_url,
            "configuration": loaded.source_path or "defaults",
            "daemon": running or "not running",
            "feeds": _counts({**feeds, **health}, "active", "due", *_UNWELL, "disabled", "gone"),
            **({"hubs": hubs} if (hubs := _counts(found["subscriptions"])) else {}),
            "entries": _counts(found["entries"]),
            "articles": f"{found['articles']}, {found['unmatched']} not matched yet",
            "stories": found["stories"],
            "matches": _counts(found["matches"]) or "none",
            "alerts": found["alerts"],
            "deliveries": _counts(deliveries) or "none",
            "oldest waiting": _ages(found["oldest_waiting_s"]) or "nothing waits",
        }
    )
    hints = []
    if not alive:
        hints.append("no daemon is at work: `newswatch run`")
    if any(health[state] for state in _UNWELL):
        hints.append(f"feeds: {_counts(health, *_UNWELL)}; `newswatch feeds list --unwell` says why")
    if deliveries["dead"]:
        hints.append(f"{deliveries['dead']} deliveries were given up: `newswatch deliveries list --state dead`")
    for name, state in found["destinations"].items():
        why = state["disabled"] or f"paused until {clean(state['paused_until'])}"
        hints.append(f"{name} takes nothing: {clean(why)}; `newswatch deliveries retry --dead --to {name}` enables it")
    for hint in hints:
        note(f"! {hint}")


def _counts(counts: dict[str, int], *order: str) -> str:
    names = order or counts
    return ", ".join(f"{counts[name]} {name}" for name in names if counts.get(name))


def _ages(seconds: dict[str, float]) -> str:
    return ", ".join(f"{stage} {span(timedelta(seconds=age))}" for stage, age in seconds.items() if age >= 1)


def healthcheck(
    alive: Annotated[bool, typer.Option("--alive", help="Only ask whether the process answers.")] = False,
    timeout: Annotated[float, typer.Option(min=0.1, max=60, help="Seconds to wait for the answer.")] = 8.0,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Ask the daemon of this configuration whether it works. Exit code 1 if not, 3 if nothing answers.

    Example: newswatch healthcheck
    """
    from newswatch.config.sections import split_listen

    loaded = load(config)
    if not loaded.web.enabled:
        raise UsageError("web.enabled is false, so the daemon cannot be asked; `newswatch status` reads the database")
    host, port = split_listen(loaded.web.listen)
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - where to ask one that listens everywhere
    path = "/-/healthy" if alive else "/-/ready"
    connection = http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read(1_000_000)
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(f"nothing answers on {loaded.web.listen}: {error} (is `newswatch run` running?)") from error
    finally:
        connection.close()
    checks = _checks(body)
    if json:
        print_json({"ok": answer.status == 200, "status": answer.status, "checks": checks})
    elif answer.status == 200:
        print("alive" if alive else "ready")
    else:
        note(f"not ready (HTTP {answer.status})")
        for name, state in checks.items():
            note(f"  {clean(name)}: {clean(state)}")
    if answer.status != 200:
        fail(1)


def _checks(body: bytes) -> dict[str, Any]:
    try:
        checks = json_module.loads(body)["checks"]
    except (ValueError, KeyError, TypeError):
        return {}
    return checks if isinstance(checks, dict) else {}


def demo(
    speed: Annotated[float, typer.Option(min=0.1, max=50, help="2 is twice as fast.")] = 1.0,
    alerts: Annotated[int | None, typer.Option(min=1, help="End after so many alerts.")] = None,
    keep: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Keep configuration, database and log there.", show_default=False),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Show nothing while it runs; print the result as JSON.")] = False,
) -> None:
    """Show newswatch at work without network or accounts: a news site, a mail server and a Slack stand-in of its own.

    Exit code 1 if something expected did not arrive.

    Example: newswatch demo --speed 2
    """
    from rich.console import Console

    from newswatch.demo.run import run_demo

    console = Console(highlight=False, quiet=json)
    report = print_json if json else None
    fail(asyncio.run(run_demo(console, speed=speed, keep=keep, alerts=alerts, report=report)))
