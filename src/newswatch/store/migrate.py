"""Bring the schema up to date, or say why not.

At start: a read without locks tells whether anything is to be done; only then is a lock taken (PostgreSQL: session
advisory lock, because a transaction's lock would go with an autocommit block; SQLite: a lock file), the schema read
again under it, a SQLite file copied beside itself, and the migrations run.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from newswatch.errors import SchemaMismatch, StoreError
from newswatch.store.database import Database
from newswatch.store.filelock import locked_file
from newswatch.store.schema import current, is_current, scripts_folder
from newswatch.store.tables import metadata

_ADVISORY_KEY = 0x6E657773  # "news"


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(scripts_folder()).replace("%", "%%"))
    if connection is not None:
        config.attributes["connection"] = connection
    return config


def head() -> str:
    """Return the revision this program works with. Raises if the migrations have two heads."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    if revision is None:
        raise StoreError(f"no migrations in {scripts_folder()}; install newswatch again")
    return revision


def check(database: Database) -> str | None:
    """Return None if the schema is right, "empty" or "behind" if `upgrade` is to be run.

    Raises SchemaMismatch if the schema is newer than this program, DatabaseUnreachable.
    """
    if is_current(database):
        return None
    if database.path is not None and not database.path.exists():
        return "empty"
    with database.reading() as connection:
        found = current(connection)
    if found is None:
        return "empty"
    expected = head()
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if found not in known:
        raise SchemaMismatch(
            found,
            expected,
            f"the database {database.shown_url} has schema {found}, "
            f"which is newer than this newswatch (schema {expected}); "
            "install the newer newswatch again, or restore the backup made before its upgrade",
        )
    return "behind"


def require(database: Database) -> None:
    """Raise SchemaMismatch unless the schema is exactly the one of this program."""
    state = check(database)
    if state is not None:
        found = None
        if state == "behind":
            with database.reading() as connection:
                found = current(connection)
        raise SchemaMismatch(
            found,
            head(),
            f"the database {database.shown_url} is {state}: run `newswatch db upgrade`",
        )


def upgrade(database: Database) -> list[str]:
    """Bring the schema up to date and return the revisions applied (empty if there was nothing to do).

    Raises SchemaMismatch if the schema is newer than this program, DatabaseUnreachable.
    """
    if check(database) is None:
        return []
    if database.path is not None:
        database.path.parent.mkdir(parents=True, exist_ok=True)
    with _migration_lock(database):
        state = check(database)
        if state is None:
            return []
        if state == "behind":
            _copy_sqlite(database)
        with database.engine.connect() as connection:
            before = current(connection)
            connection.rollback()
            _set_foreign_keys(connection, on=False)
            with connection.begin():
                command.upgrade(_config(connection), "head")
                _check_foreign_keys(connection)
            _set_foreign_keys(connection, on=True)
        scripts = ScriptDirectory.from_config(_config())
        return [script.revision for script in reversed(list(scripts.iterate_revisions("head", before or "base")))]


def downgrade(database: Database, revision: str) -> None:
    """Take migrations back to `revision` ("base" for an empty schema). For tests of the migrations."""
    with database.engine.connect() as connection:
        _set_foreign_keys(connection, on=False)
        with connection.begin():
            command.downgrade(_config(connection), revision)
        _set_foreign_keys(connection, on=True)


def drift(database: Database) -> list[str]:
    """Return the differences between the database and the tables in the code, in words; empty if none."""
    with database.writing() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "include_name": lambda name, type_, _: (
                    not (type_ == "table" and name is not None and name.startswith("article_search"))
                ),
            },
        )
        return [str(difference) for difference in compare_metadata(context, metadata)]


@contextmanager
def _migration_lock(database: Database) -> Iterator[None]:
    if database.path is not None:
        with locked_file(database.path.with_name(database.path.name + ".migrating"), wait_s=120):
            yield
        return
    with database.engine.connect() as holder:
        holder.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _ADVISORY_KEY})
        holder.commit()
        try:
            yield
        finally:
            holder.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _ADVISORY_KEY})
            holder.commit()


def _set_foreign_keys(connection: Connection, *, on: bool) -> None:
    # Re-creating a parent table (Alembic's batch mode) with foreign keys on deletes the rows of its children.
    # The pragma is ignored inside a transaction, so it goes past SQLAlchemy's.
    raw = connection.connection.driver_connection
    if isinstance(raw, sqlite3.Connection):
        raw.execute(f"PRAGMA foreign_keys={'ON' if on else 'OFF'}")


def _check_foreign_keys(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        broken = connection.execute(text("PRAGMA foreign_key_check")).all()
        if broken:
            raise StoreError(f"the migration would leave {len(broken)} rows without their parents; nothing was changed")


def _copy_sqlite(database: Database) -> None:
    """Copy a SQLite file with the online backup API before it is migrated."""
    if database.path is None:
        return
    with database.reading() as connection:
        revision = current(connection)
    target = database.path.with_name(f"{database.path.name}.before-{revision}")
    backup(database, target)


def backup(database: Database, target: Path) -> None:
    """Copy a SQLite database to `target` while it is in use. Raises StoreError on PostgreSQL."""
    if database.path is None:
        raise StoreError("a PostgreSQL database is backed up with pg_dump; see docs/operations.md")
    source = sqlite3.connect(database.path)
    copy = sqlite3.connect(target)
    try:
        source.backup(copy)
    finally:
        copy.close()
        source.close()
