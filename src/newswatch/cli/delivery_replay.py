"""`newswatch deliveries replay`: what a destination has lost, or never had, sent once more."""

import sys
from collections import Counter
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newswatch.cli.channels import addressed_by
from newswatch.cli.common import (
    ConfigOption,
    JsonOption,
    SinceOption,
    UsageError,
    fail,
    missing,
    opened,
    row_id,
    since_instant,
)
from newswatch.cli.output import Column, many, note, print_json, print_rows
from newswatch.clock import system_now

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from newswatch.pipeline.repeating import Plan

_AT_MOST = 10_000
"""Deliveries looked at in one go; more are never meant."""
_SHOWN = 20


def replay(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Ids of deliveries.")] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="NAME", help="Destination that gets them.")] = None,
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="NAME", help="Destination that they were for, if another one gets them."),
    ] = None,
    since: SinceOption = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="WHEN", help="Only older ones; written as --since.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Also what was delivered by a replay before.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be sent, and change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Send once more what a destination has lost, or what another one should have: by id or for a time.

    To its own destination each delivery goes as it was, delivered or not, under the same key. With --from another
    destination gets each story once, as it is now, and digests as they were; what was held for the first is closed.
    Repeating the command repeats nothing: what was replayed, is on its way, or is known there is left out.

    Example: newswatch deliveries replay --to desk --since 2026-01-13T08:00Z --until 2026-01-13T10:00Z --dry-run
    """
    wanted = [row_id("delivery", one) for one in ids or ()]
    if bool(wanted) == (since is not None) or (until is not None and wanted):
        raise UsageError("give either ids of deliveries, or --to with --since (and --until)")
    if to is None and (not wanted or source is not None):
        raise UsageError("say with --to which destination gets them")
    start, end, now = since_instant(since), since_instant(until, "--until"), system_now()
    with opened(config) as (loaded, database):
        receivers = addressed_by(loaded, to) if to is not None else []
        planned = partial(
            _plan,
            wanted=wanted,
            destination=None if wanted else source or to,
            elsewhere=receivers if wanted or source not in (None, to) else [],
            since=start,
            until=end,
            again=again,
        )
        with database.reading() as connection:
            plan = planned(connection)
        if dry_run or not plan.repeats:
            _report(plan, [], dry_run=True, json=json)
        else:
            if not yes:
                _ask(plan)
            with database.writing() as connection:  # planned anew: somebody may have done the same meanwhile
                plan = planned(connection)
                done = _carry_out(connection, plan, now)
            _report(plan, done, dry_run=False, json=json)
    if not plan.repeats:
        fail(1)


def _plan(
    connection: "Connection",
    *,
    wanted: "Sequence[int]",
    destination: str | None,
    elsewhere: "Sequence[str]",
    since: datetime | None,
    until: datetime | None,
    again: bool,
) -> "Plan":
    """Return what is to be done. Raises NotFound, UsageError."""
    from newswatch.pipeline import repeating
    from newswatch.store import repeats

    rows = repeats.candidates(
        connection, ids=wanted, destination=destination, since=since, until=until, limit=_AT_MOST + 1
    )
    unknown = set(wanted) - {row["id"] for row in rows}
    if unknown:
        raise missing("delivery", str(min(unknown)))
    if len(rows) > _AT_MOST:
        raise UsageError(f"more than {_AT_MOST} deliveries; make the time shorter with --since and --until")
    return repeating.plan(connection, rows, elsewhere, again=again)


def _carry_out(connection: "Connection", plan: "Plan", now: datetime) -> list[int]:
    from newswatch.ids import IdSource
    from newswatch.pipeline import repeating
    from newswatch.store import deliveries

    done = repeating.carry_out(connection, plan, new_id=IdSource.apart(system_now), now=now)
    for name in {one.destination for one in plan.repeats}:
        deliveries.enable(connection, name, now)
    return done


def _ask(plan: "Plan") -> None:
    """Ask whether to go on. Raises UsageError where nobody can be asked."""
    counts = Counter(one.destination for one in plan.repeats)
    what = ", ".join(f"{many(number, 'message')} to {name}" for name, number in counts.items())
    if not sys.stdin.isatty():
        raise UsageError(f"this sends {what}; say --yes, or look first with --dry-run")
    if not typer.confirm(f"Send {what} once more?", err=True):
        note("nothing was sent")
        fail(1)


def _report(plan: "Plan", done: "Sequence[int]", *, dry_run: bool, json: bool) -> None:
    rows = [_row(one.row, one.destination) for one in plan.repeats]
    left = [{**_row(row, row["destination"]), "reason": reason} for row, reason in plan.left_out]
    if json:
        print_json({"dry_run": dry_run, "replayed": rows, "left_out": left, "queued_ids": done})
        return
    print_rows(
        rows[:_SHOWN],
        [
            Column("delivery", "id"),
            Column("to", "to"),
            Column("kind", "kind"),
            Column("was", "state"),
            Column("headline", "headline", wide=True),
        ],
        empty="nothing to send",
    )
    if len(rows) > _SHOWN:
        print(f"and {len(rows) - _SHOWN} more")
    for reason, number in Counter(one["reason"] for one in left).items():
        note(f"left out: {many(number, 'message')}, {reason}")
    if rows and dry_run:
        print(f"{many(len(rows), 'message')} would be sent; nothing was changed")
    elif rows:
        print(f"{many(len(done), 'message')} queued; the running daemon sends them (or `newswatch run --once`)")


def _row(row: dict[str, Any], to: str) -> dict[str, Any]:
    names = ("id", "destination", "kind", "state", "story_id", "headline", "replayed_at")
    return {**{name: row[name] for name in names}, "to": to}
