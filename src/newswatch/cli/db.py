"""`newswatch db`: the database's schema."""

from pathlib import Path
from typing import Annotated

import typer

from newswatch.cli.common import ConfigOption, JsonOption, UsageError, connected, fail, load
from newswatch.cli.output import note, print_json

app = typer.Typer(help="The database.", no_args_is_help=True)


@app.command()
def upgrade(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Bring the schema up to date. An SQLite file is copied beside itself before it is changed.

    Example: newswatch db upgrade
    """
    from newswatch.store import migrate

    with connected(load(config)) as database:
        applied = migrate.upgrade(database)
    if json:
        print_json({"database": database.shown_url, "applied": applied, "schema": migrate.head()})
    else:
        done = f"upgraded by {', '.join(applied)}" if applied else "up to date already"
        print(f"{database.shown_url}: {done}")


@app.command()
def check(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Compare the schema with what this newswatch needs. Exit code 1 if `db upgrade` is to be run.

    Example: newswatch db check || newswatch db upgrade
    """
    from newswatch.store import migrate

    with connected(load(config)) as database:
        state = migrate.check(database)
        differences = [] if state else migrate.drift(database)
    if json:
        print_json({"database": database.shown_url, "state": state or "current", "differences": differences})
    elif state:
        note(f"{database.shown_url} is {state}: run `newswatch db upgrade`")
    else:
        print(f"{database.shown_url}: schema {migrate.head()}, up to date")
        for difference in differences:
            note(f"differs from the schema: {difference}")
    if state or differences:
        fail(1)


@app.command()
def current(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show the schema's revision and the one that this newswatch works with.

    Example: newswatch db current
    """
    from newswatch.store import migrate, schema

    with connected(load(config)) as database:
        found = None
        if database.path is None or database.path.exists():
            with database.reading() as connection:
                found = schema.current(connection)
    if json:
        print_json({"database": database.shown_url, "current": found, "head": migrate.head()})
    else:
        print(f"{database.shown_url}: {found or 'empty'} (this newswatch works with {migrate.head()})")


@app.command()
def backup(
    target: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write the copy.")],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Copy an SQLite database while it is in use. PostgreSQL is backed up with pg_dump.

    Example: newswatch db backup newswatch-backup.db
    """
    from newswatch.store import migrate

    if target.exists():
        raise UsageError(f"{target} exists already; a backup never overwrites")
    with connected(load(config)) as database:
        if database.path is not None and not database.path.exists():
            raise UsageError(f"there is no database {database.path} yet")
        migrate.backup(database, target)
    if json:
        print_json({"database": database.shown_url, "copy": target, "bytes": target.stat().st_size})
    else:
        print(f"copied {database.shown_url} to {target} ({target.stat().st_size} bytes)")
