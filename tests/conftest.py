"""What every test can ask for: databases on both kinds of server, made by the migrations.

`database_url` runs a test twice, on SQLite and on PostgreSQL, each time with a fresh and migrated database;
`empty_database_url` the same without tables; `make_database` gives as many as a test wants. With
NEWSWATCH_REQUIRE_ALL_TESTS=1 a skipped test fails, unless it is marked `may_skip`.
"""

import os
import shutil
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.postgres import NoPostgres, PostgresServer, postgres_server

if TYPE_CHECKING:
    from newswatch.store.database import Database

REQUIRE_ALL = os.environ.get("NEWSWATCH_REQUIRE_ALL_TESTS") == "1"

# How long an example takes says more about the machine than about the code. Where everything has to run, the examples
# are always the same ones, so that a failure is about the change; everywhere else they are new ones each time.
settings.register_profile("newswatch", deadline=None, print_blob=True, derandomize=REQUIRE_ALL)
settings.load_profile("newswatch")

MakeDatabase = Callable[[str], str]
"""Takes "sqlite" or "postgresql" and returns the URL of a new database."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where everything is to be there, something missing is a failure, not a skip."""
    report = yield
    if REQUIRE_ALL and report.skipped and not hasattr(report, "wasxfail") and not item.get_closest_marker("may_skip"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, but NEWSWATCH_REQUIRE_ALL_TESTS=1. {reason}"
    return report


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Keep bodies out of the names of tests: they are unreadable, and gzip's carry a time that differs by process."""
    if isinstance(val, bytes | str) and len(val) > 60:
        return f"{argname}-of-{len(val)}"
    return None


def _migrate(url: str) -> None:
    from newswatch.store.database import Database
    from newswatch.store.migrate import upgrade

    database = Database(url)
    try:
        upgrade(database)
    finally:
        database.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server, one for each test process."""
    try:
        with postgres_server() as server:
            yield server
    except NoPostgres as error:
        pytest.skip(f"PostgreSQL tests did NOT run: {error}")


@pytest.fixture(scope="session")
def postgres_url(postgres: PostgresServer) -> str:
    """The URL of the server's database "postgres", for tests that only need a connection."""
    return postgres.base_url


@pytest.fixture(scope="session")
def _postgres_template(postgres: PostgresServer) -> Iterator[str]:
    name = postgres.create()
    _migrate(postgres.url(name))
    yield name
    postgres.drop(name)


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "newswatch.db"
    _migrate(f"sqlite:///{path}")
    return path


def _maker(request: pytest.FixtureRequest, folder: Path, *, migrated: bool) -> Iterator[MakeDatabase]:
    made: list[str] = []
    files = 0

    def make(kind: str) -> str:
        nonlocal files
        if kind == "sqlite":
            files += 1
            path = folder / f"newswatch-{files}.db"
            if migrated:
                shutil.copyfile(request.getfixturevalue("_sqlite_template"), path)
            return f"sqlite:///{path}"
        server: PostgresServer = request.getfixturevalue("postgres")
        made.append(server.create(request.getfixturevalue("_postgres_template") if migrated else None))
        return server.url(made[-1])

    yield make
    for name in made:
        request.getfixturevalue("postgres").drop(name)


@pytest.fixture
def make_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeDatabase]:
    """Makes fresh databases with the schema of the migrations."""
    yield from _maker(request, tmp_path, migrated=True)


@pytest.fixture
def make_empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeDatabase]:
    """Makes fresh databases without any table."""
    yield from _maker(request, tmp_path, migrated=False)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Both kinds in turn: "sqlite" and "postgresql"."""
    kind: str = request.param
    return kind


@pytest.fixture
def database_url(database_kind: str, make_database: MakeDatabase) -> str:
    """The URL of a fresh, migrated database of each kind in turn."""
    return make_database(database_kind)


@pytest.fixture
def empty_database_url(database_kind: str, make_empty_database: MakeDatabase) -> str:
    """The URL of a fresh database without tables, of each kind in turn."""
    return make_empty_database(database_kind)


@pytest.fixture
def database(database_url: str) -> "Iterator[Database]":
    """A fresh and migrated database, opened: the test runs twice, as with `database_url`."""
    from newswatch.store.database import Database

    opened = Database(database_url)
    yield opened
    opened.close()
