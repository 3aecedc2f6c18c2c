"""`newswatch deliveries`: the outbox."""

from typing import TYPE_CHECKING, Annotated

import typer

from newswatch.cli.common import (
    ConfigOption,
    JsonOption,
    LimitOption,
    SinceOption,
    UsageError,
    fail,
    missing,
    opened,
    row_id,
    since_instant,
)
from newswatch.cli.csv_output import CsvOption, print_list
from newswatch.cli.delivery_replay import replay
from newswatch.cli.output import Column, ago, clean, many, note, print_facts, print_json, print_rows
from newswatch.clock import system_now
from newswatch.errors import NotFound
from newswatch.model import DeliveryState

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from newswatch.config import Config

app = typer.Typer(help="Messages on their way.", no_args_is_help=True)

_CSV = ("id", "created_at", "destination", "state", "reason", "attempts", "delivered_at", "story_id", "headline")
app.command()(replay)

DeliveryArgument = Annotated[str, typer.Argument(metavar="ID", help="Id of a delivery.")]


@app.command("list")
def list_deliveries(
    since: SinceOption = None,
    limit: LimitOption = 50,
    state: Annotated[
        DeliveryState | None, typer.Option(metavar="STATE", help=f"Only in this state: {', '.join(DeliveryState)}.")
    ] = None,
    destination: Annotated[str | None, typer.Option("--to", help="Only to this destination.")] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
    csv: CsvOption = False,
) -> None:
    """List deliveries, newest first.

    Example: newswatch deliveries list --state dead
    """
    from newswatch.store import deliveries

    with opened(config) as (_, database), database.reading() as connection:
        found = deliveries.listing(
            connection,
            limit=limit,
            since=since_instant(since),
            state=state.value if state else None,
            destination=destination,
        )
    now = system_now()
    print_list(
        found,
        [
            Column("id", "id"),
            Column("made", lambda row: ago(row["created_at"], now)),
            Column("to", "destination"),
            Column("state", "state"),
            Column("attempts", "attempts", right=True),
            Column("next", lambda row: ago(row["due_at"], now) if row["due_at"] and not row["delivered_at"] else ""),
            Column("headline", "headline", wide=True),
            Column("reason", "reason", wide=True),
        ],
        csv_columns=_CSV,
        empty="no deliveries",
        as_json=json,
        as_csv=csv,
    )


@app.command()
def show(delivery: DeliveryArgument, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show a delivery: every attempt with its answer, and why it was held, suppressed or sent again.

    Example: newswatch deliveries show 189712345678901234
    """
    from newswatch.store import deliveries

    with opened(config) as (_, database), database.reading() as connection:
        found = deliveries.show(connection, row_id("delivery", delivery))
    if found is None:
        raise missing("delivery", delivery)
    # What is sent may be long and is not what people ask for here.
    found = {name: value for name, value in found.items() if name != "rendered"}
    if json:
        print_json(found)
        return
    print(clean(found["headline"]) + "\n")
    print_facts(
        {
            "id": found["id"],
            "key": found["delivery_key"],
            "to": found["destination"],
            "state": found["state"],
            "reason": found["reason"],
            "rules": found["rules"],
            "made": found["created_at"],
            "next try": found["due_at"],
            "delivered": found["delivered_at"],
            "receiver's id": found["provider_id"],
            "story": found["story_id"],
        }
    )
    print()
    print_rows(
        found["attempts_made"],
        [
            Column("attempt", "n", right=True),
            Column("began", "started_at"),
            Column("ended", "ended_at"),
            Column("outcome", "outcome"),
            Column("status", "status", right=True),
            Column("detail", "detail", wide=True),
        ],
        empty="no attempts yet",
    )
    if found["steps"]:
        print()
        print_rows(
            found["steps"],
            [Column("at", "at"), Column("became", "state"), Column("reason", "reason", wide=True)],
            empty="",
        )


@app.command()
def retry(
    delivery: Annotated[str | None, typer.Argument(metavar="[ID]", help="Id of a delivery.")] = None,
    dead: Annotated[
        bool, typer.Option("--dead", help="All that were given up or expired, and those held for their destination.")
    ] = False,
    destination: Annotated[str | None, typer.Option("--to", help="With --dead: only to this destination.")] = None,
    since: SinceOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Try a delivery again that was given up, expired or held, with the same key. Enables its destination again.

    Whatever was held because the destination was disabled becomes due with it, also where nothing was given up.

    Example: newswatch deliveries retry --dead --to desk --since 2d
    """
    from newswatch.notify.routes import mailboxes
    from newswatch.store import deliveries

    if (delivery is None) != dead:
        raise UsageError("give either the id of a delivery or --dead")
    if destination is not None and not dead:
        raise UsageError("--to goes with --dead")
    now = system_now()
    with opened(config) as (loaded, database), database.writing() as connection:
        if destination is not None:
            _require_destination(connection, loaded, destination)
        if delivery is not None:
            rows = [deliveries.show(connection, row_id("delivery", delivery))]
            if rows[0] is None:
                raise missing("delivery", delivery)
        else:
            start = since_instant(since)
            rows = [
                row
                for state in (DeliveryState.DEAD, DeliveryState.EXPIRED)
                for row in deliveries.listing(
                    connection, limit=100_000, since=start, state=state.value, destination=destination
                )
            ]
        done = [row for row in rows if row is not None and deliveries.retry(connection, row["id"], now)]
        names = {row["destination"] for row in done}
        if destination is not None:
            names |= {destination, *mailboxes(destination, loaded.destinations)}
        released = sum(deliveries.enable(connection, name, now) for name in names)
    if json:
        ids = [str(row["id"]) for row in done]
        print_json({"retried": ids, "released": released, "unchanged": len(rows) - len(done)})
    else:
        print(f"{len(done)} to be tried again" + (f", {many(released, 'held delivery')} released" if released else ""))
        for row in rows:
            if row is not None and row not in done:
                note(f"{row['id']} is {row['state']}: only given up, expired, held and waiting ones are tried again")
    if delivery is not None and not done:
        fail(1)


def _require_destination(connection: "Connection", config: "Config", name: str) -> None:
    """Raise NotFound for a destination that is neither configured nor known for anything sent to it."""
    from newswatch.store import deliveries, destinations

    if name in config.destinations_values() or name in destinations.states(connection):
        return
    if not deliveries.listing(connection, limit=1, destination=name):
        known = ", ".join(config.destinations_values()) or "none"
        raise NotFound("destination", name, f"configured are: {known}")


@app.command()
def cancel(delivery: DeliveryArgument, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Give up a delivery that was not sent yet.

    Example: newswatch deliveries cancel 189712345678901234
    """
    from newswatch.store import deliveries

    delivery_id = row_id("delivery", delivery)
    with opened(config) as (_, database), database.writing() as connection:
        found = deliveries.show(connection, delivery_id)
        done = found is not None and deliveries.cancel(connection, delivery_id, system_now())
    if found is None:
        raise missing("delivery", delivery)
    if json:
        print_json({"id": delivery_id, "cancelled": done, "state": "suppressed" if done else found["state"]})
    elif done:
        print("cancelled")
    else:
        note(f"not cancelled: it is {found['state']}")
    if not done:
        fail(1)
