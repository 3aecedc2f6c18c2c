"""`newswatch digest`: what waits for a time of day."""

from typing import TYPE_CHECKING, Annotated

import typer

from newswatch.cli.channels import channel_of, destination_of, stored_form
from newswatch.cli.common import ConfigOption, JsonOption, UsageError, opened
from newswatch.cli.output import Column, ago, many, note, print_json, print_rows
from newswatch.clock import system_now
from newswatch.model import Digest

if TYPE_CHECKING:
    from newswatch.config import Config

app = typer.Typer(help="What is told at a time of day, not at once.", no_args_is_help=True)

DestinationArgument = Annotated[str, typer.Argument(metavar="DESTINATION", help="Name of a destination.")]
EveryOption = Annotated[
    Digest | None,
    typer.Option("--every", metavar="KIND", help="hourly, daily or weekly; needed where a destination has several."),
]


@app.command("list")
def list_digests(config: ConfigOption = None, json: JsonOption = False) -> None:
    """List the digests that routes ask for: when the next one comes, and how many alerts wait for it.

    Example: newswatch digest list
    """
    from newswatch.notify.hours import next_slot
    from newswatch.store import digests

    now = system_now()
    with opened(config) as (loaded, database), database.reading() as connection:
        waiting = digests.counts(connection)
    known = loaded.destinations_values()
    rows = [
        {
            "destination": name,
            "digest": digest,
            "waiting": waiting.get((name, digest), 0),
            "next_at": next_slot(known[name].settings, digest, now).due_at,
            "zone": known[name].settings.zone,
        }
        for name, digest in dict.fromkeys(pair for route in loaded.route_values for pair in route.digests)
    ]
    if json:
        print_json(rows)
        return
    print_rows(
        rows,
        [
            Column("to", "destination"),
            Column("digest", "digest"),
            Column("alerts waiting", "waiting", right=True),
            Column("next", lambda row: ago(row["next_at"], now)),
            Column("zone", "zone"),
        ],
        empty='no digests: write digest = "daily" into a destination or a route',
    )


@app.command()
def preview(
    destination: DestinationArgument,
    every: EveryOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show what the next digest would say if it came now. Nothing is sent, and everything goes on waiting.

    Example: newswatch digest preview editor
    """
    from newswatch.cli.rendered import for_people, readable
    from newswatch.pipeline.digests import compose_digest

    now = system_now()
    with opened(config) as (loaded, database), database.reading() as connection:
        digest = _kind(loaded, destination, every)
        channel = channel_of(loaded, destination)
        reader = destination_of(loaded, destination).settings
        message = compose_digest(connection, destination, digest, reader=reader, until=now, due_at=now, now=now)
    rendered = stored_form(channel.render(message, key="PREVIEW", now=now)) if message is not None else None
    if json:
        print_json({"destination": destination, "digest": digest, "rendered": readable(rendered)})
    elif rendered is None:
        note("nothing waits for it")
    else:
        print(for_people(rendered))


@app.command()
def send(
    destination: DestinationArgument,
    every: EveryOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Make the next digest now and queue it; what is in it does not come again at its usual time.

    Example: newswatch digest send editor
    """
    from newswatch.ids import IdSource
    from newswatch.notify.hours import Slot
    from newswatch.pipeline.digests import make_digest

    now = system_now()
    with opened(config) as (loaded, database), database.writing() as connection:
        digest = _kind(loaded, destination, every)
        reader = destination_of(loaded, destination).settings
        slot = Slot(f"by hand {now.isoformat(timespec='seconds')}", now)
        made = make_digest(connection, destination, digest, slot, reader=reader, new_id=IdSource(system_now), now=now)
    stories = made.stories if made is not None else 0
    queued = made is not None and made.message is not None
    if json:
        print_json({"destination": destination, "digest": digest, "queued": queued, "stories": stories})
    elif queued:
        print(f"queued with {many(stories, 'story')}; the running daemon sends it (or `newswatch run --once`)")
    else:
        note("nothing waits for it")


def _kind(config: "Config", destination: str, every: Digest | None) -> Digest:
    """Return which digest of a destination is meant. Raises NotFound, UsageError."""
    destination_of(config, destination)
    found = list(
        dict.fromkeys(digest for route in config.route_values for name, digest in route.digests if name == destination)
    )
    if every is not None and every not in found:
        raise UsageError(f"no route gives {destination} an {every} digest; it has: {', '.join(found) or 'none'}")
    if not found:
        message = f'no route gives {destination} a digest; write digest = "daily" into [destinations.{destination}]'
        raise UsageError(message)
    if every is None and len(found) > 1:
        raise UsageError(f"{destination} has several digests; choose with --every {' or --every '.join(found)}")
    return every or found[0]
