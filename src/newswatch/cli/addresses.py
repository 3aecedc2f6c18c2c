"""`newswatch addresses`: who gets mail, and who wants no more."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from newswatch.cli.common import ConfigOption, JsonOption, fail, opened
from newswatch.cli.output import Column, note, print_json, print_rows
from newswatch.clock import system_now
from newswatch.errors import NotFound

if TYPE_CHECKING:
    from newswatch.config import Config
    from newswatch.store.database import Database

app = typer.Typer(help="Who gets mail, and who wants no more.", no_args_is_help=True)

AddressArgument = Annotated[str, typer.Argument(metavar="ADDRESS", help="A mail address.")]
DestinationOption = Annotated[
    str | None,
    typer.Option("--to", metavar="NAME", help="Only of this destination. Default: of all that have the address."),
]
_HOW = {"one_click": "by one click in a mail program", "page": "at the link of a mail", "command": "by command"}


@app.command("list")
def list_addresses(
    stopped: Annotated[bool, typer.Option("--stopped", help="Only those that get nothing.")] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """List the addresses of e-mail destinations, and which of them have unsubscribed.

    Example: newswatch addresses list --stopped
    """
    with opened(config) as (loaded, database):
        rows = [row for row in _rows(loaded, database) if row["stopped_at"] or not stopped]
    if json:
        print_json(rows)
        return
    print_rows(
        rows,
        [
            Column("destination", "destination"),
            Column("address", "address", wide=True),
            Column("stopped", lambda row: row["stopped_at"] or "no"),
            Column("how", lambda row: _HOW.get(row["how"] or "", "")),
            Column("configured", "configured"),
        ],
        empty="no address has unsubscribed" if stopped else "no e-mail destination is configured",
    )


@app.command()
def stop(
    address: AddressArgument,
    destination: DestinationOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Send an address nothing more, as if it had unsubscribed.

    Example: newswatch addresses stop mina@example.org --to team
    """
    from newswatch.store import unsubscribed

    now = system_now()
    with opened(config) as (loaded, database):
        names = _destinations(loaded, database, address, destination)
        with database.writing() as connection:
            done = [name for name in names if unsubscribed.stop(connection, name, address, "command", now)]
    _report(address, names, done, "gets no more mail of", "was stopped already", json=json)


@app.command()
def resume(
    address: AddressArgument,
    destination: DestinationOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Send to an address again that has unsubscribed. What was suppressed meanwhile stays so.

    Example: newswatch addresses resume mina@example.org --to team
    """
    from newswatch.store import unsubscribed

    with opened(config) as (loaded, database):
        names = _destinations(loaded, database, address, destination)
        with database.writing() as connection:
            done = [name for name in names if unsubscribed.resume(connection, name, address)]
    _report(address, names, done, "gets mail again of", "was not stopped", json=json)


def _rows(config: "Config", database: "Database") -> list[dict[str, Any]]:
    """Return every address that is configured or stopped, by destination."""
    from newswatch.notify.settings import EmailDestination
    from newswatch.store import unsubscribed

    with database.reading() as connection:
        stopped = {(row["destination"], row["address"]): row for row in unsubscribed.listing(connection)}
    configured = {
        (name, address.casefold()): address
        for name, settings in config.destinations.items()
        if isinstance(settings, EmailDestination)
        for address in settings.to
    }
    return [
        {
            "destination": key[0],
            "address": configured.get(key, key[1]),
            "configured": key in configured,
            "stopped_at": stopped[key]["at"] if key in stopped else None,
            "how": stopped[key]["how"] if key in stopped else None,
        }
        for key in dict.fromkeys([*configured, *stopped])
    ]


def _destinations(config: "Config", database: "Database", address: str, destination: str | None) -> list[str]:
    """Return the destinations that are meant. Raises NotFound."""
    known = [row for row in _rows(config, database) if row["address"].casefold() == address.casefold()]
    names = [row["destination"] for row in known if destination in (None, row["destination"])]
    if not names:
        where = f"; it is one of {', '.join(row['destination'] for row in known)}" if known else ""
        raise NotFound("address", address, f"`newswatch addresses list` shows what there is{where}")
    return names


def _report(address: str, names: list[str], done: list[str], now_is: str, was: str, *, json: bool) -> None:
    if json:
        print_json({"address": address, "destinations": names, "changed": done})
    else:
        for name in done:
            print(f"{address} {now_is} {name}")
        for name in names:
            if name not in done:
                note(f"{address} {was} ({name})")
    if not done:
        fail(1)
