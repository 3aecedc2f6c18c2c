"""Which schema a database has, told without Alembic: that takes 12 MB and a quarter of a second, seldom needed."""

from pathlib import Path

from sqlalchemy import Connection, column, inspect, select, table

from newswatch.errors import StoreError
from newswatch.store.database import Database

_VERSIONS = table("alembic_version", column("version_num"))


def scripts_folder() -> Path:
    """Return the folder of the migrations: inside an installed package, or at the top of a checkout."""
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "_migrations", package.parent.parent / "migrations"):
        if (folder / "env.py").is_file():
            return folder
    raise StoreError(f"the migrations are missing beside {package}; install newswatch again")


def newest() -> str:
    """Return the revision this program works with: that of the last of its migrations, which are numbered."""
    names = sorted(path.name for path in (scripts_folder() / "versions").glob("[0-9]*_*.py"))
    if not names:
        raise StoreError(f"no migrations in {scripts_folder()}; install newswatch again")
    return names[-1].partition("_")[0]


def current(connection: Connection) -> str | None:
    """Return the database's revision, None if it is empty."""
    if not inspect(connection).has_table(_VERSIONS.name):
        return None
    return connection.execute(select(_VERSIONS.c.version_num)).scalar_one_or_none()


def is_current(database: Database) -> bool:
    """Tell whether the schema is the one of this program. Raises DatabaseUnreachable."""
    if database.path is not None and not database.path.exists():
        return False
    with database.reading() as connection:
        return current(connection) == newest()
