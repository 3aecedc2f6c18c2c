"""`newswatch silence`: what is not to be told for a while."""

import getpass
from datetime import timedelta
from typing import Annotated

import typer

from newswatch.cli.common import ConfigOption, JsonOption, UsageError, fail, missing, opened, row_id
from newswatch.cli.output import Column, ago, note, print_json, print_rows
from newswatch.clock import system_now
from newswatch.settings import format_duration, parse_duration

app = typer.Typer(help="What is not to be told for a while.", no_args_is_help=True)

_LONGEST = timedelta(days=30)


@app.command()
def add(
    reason: Annotated[str, typer.Option("--reason", help="Why, for those who wonder.")],
    rule: Annotated[str | None, typer.Option(help="Alerts of this rule.")] = None,
    story: Annotated[str | None, typer.Option(metavar="ID", help="Alerts on this story.")] = None,
    source: Annotated[str | None, typer.Option(help="Alerts that an article of this publisher caused.")] = None,
    entity: Annotated[str | None, typer.Option(help="Alerts that an article mentioning this entity caused.")] = None,
    destination: Annotated[str | None, typer.Option("--to", help="Only what would go to this destination.")] = None,
    lasting: Annotated[str, typer.Option("--for", metavar="TIME", help="How long; at most 30 days.")] = "24h",
    author: Annotated[str | None, typer.Option(help="Who says so. Default: the user of this machine.")] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Let matching alerts be stored but not told, until the silence ends. Everything given must hold.

    Example: newswatch silence add --rule storm --for 12h --reason "the drill"
    """
    from newswatch.ids import IdSource
    from newswatch.store import silences

    given = {"rule": rule, "story": story, "source": source, "entity": entity, "destination": destination}
    matchers = {name: value for name, value in given.items() if value}
    if not matchers:
        raise UsageError("say what is to be silenced: --rule, --story, --source, --entity or --to")
    if not reason.strip():
        raise UsageError("--reason is empty; say why")
    try:
        lasts = timedelta(seconds=parse_duration(lasting))
    except ValueError as error:
        raise UsageError(f"--for: {error}") from error
    if not timedelta(0) < lasts <= _LONGEST:
        raise UsageError(f"--for {lasting}: a silence lasts at most {format_duration(_LONGEST.total_seconds())}")
    now = system_now()
    silence_id = IdSource(system_now)()
    with opened(config) as (_, database), database.writing() as connection:
        silences.add(
            connection,
            matchers,
            silence_id=silence_id,
            reason=reason.strip(),
            author=author or getpass.getuser(),
            ends_at=now + lasts,
            now=now,
        )
    if json:
        print_json({"id": silence_id, "matchers": matchers, "ends_at": now + lasts})
    else:
        print(f"{silence_id}: silent for {format_duration(lasts.total_seconds())}")


@app.command("list")
def list_silences(
    ended: Annotated[bool, typer.Option("--ended", help="Also those that are over.")] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """List the silences in force.

    Example: newswatch silence list
    """
    from newswatch.store import silences

    now = system_now()
    with opened(config) as (_, database), database.reading() as connection:
        found = silences.listing(connection, now, ended=ended)
    if json:
        print_json(found)
        return
    print_rows(
        found,
        [
            Column("id", "id"),
            Column("what", lambda row: ", ".join(f"{name} {value}" for name, value in row["matchers"].items())),
            Column("ends", lambda row: ago(row["ends_at"], now)),
            Column("by", "author"),
            Column("reason", "reason", wide=True),
        ],
        empty="nothing is silenced",
    )


@app.command()
def expire(
    silence: Annotated[str, typer.Argument(metavar="ID", help="Id of a silence.")],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """End a silence now.

    Example: newswatch silence expire 189712345678901234
    """
    from newswatch.store import silences

    silence_id = row_id("silence", silence)
    now = system_now()
    with opened(config) as (_, database), database.writing() as connection:
        if silence_id not in {row["id"] for row in silences.listing(connection, now, ended=True)}:
            raise missing("silence", silence)
        done = silences.expire(connection, silence_id, now)
    if json:
        print_json({"id": silence_id, "expired": done})
    elif done:
        print("ended")
    else:
        note("it was over already")
    if not done:
        fail(1)
