"""Engines, transactions and threads.

SQLite (WAL): one writer at a time with BEGIN IMMEDIATE, readers on connections that cannot write. A deferred
transaction that turns into a write can fail with "database is locked" whatever the busy time-out
(https://www.sqlite.org/lang_transaction.html), so writes never begin deferred. PostgreSQL: psycopg 3, one pool.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, Table, create_engine, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from newswatch.errors import ConfigError, DatabaseUnreachable, Problem

P = ParamSpec("P")
T = TypeVar("T")

_BUSY_MS = 30_000
_PG_WRITERS = 4
_READERS = 2


def _sqlite_connection(*, read_only: bool) -> Callable[[sqlite3.Connection, ConnectionPoolEntry], None]:
    def prepare(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA temp_store=MEMORY")
        cursor.execute("PRAGMA cache_size=-16384")
        if read_only:
            cursor.execute("PRAGMA query_only=ON")
        else:
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.execute("PRAGMA synchronous=FULL")
            cursor.execute("PRAGMA wal_autocheckpoint=4000")
            cursor.execute("PRAGMA journal_size_limit=67108864")
        cursor.close()

    return prepare


class Database:
    """One database with its engines. Synchronous `reading()` and `writing()`, asynchronous `read()` and `write()`.

    >>> database = Database("sqlite:///newswatch.db")
    >>> with database.writing() as connection: ...
    >>> await database.write(feeds.add, feed)
    """

    def __init__(self, url: str) -> None:
        """Take a `sqlite:///` or `postgresql://` URL. Nothing is opened yet. Raises ConfigError for other URLs."""
        try:
            parsed = make_url(url)
        except ArgumentError as error:
            raise ConfigError([_url_problem("is not a database URL")]) from error
        backend = parsed.get_backend_name()
        if backend == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        elif backend != "sqlite":
            raise ConfigError([_url_problem(f"names {backend!r}, which is not supported")])
        elif not parsed.database or parsed.database == ":memory:":
            raise ConfigError([_url_problem("names no file; an SQLite database in memory cannot be shared by threads")])
        self.url = parsed
        self.is_sqlite = backend == "sqlite"
        self.path = Path(parsed.database) if self.is_sqlite and parsed.database else None
        self.shown_url = parsed.render_as_string(hide_password=True).replace("+psycopg", "")
        self._write_engine = self._engine(read_only=False)
        self._read_engine = self._engine(read_only=True) if self.is_sqlite else self._write_engine
        self._writers = ThreadPoolExecutor(1 if self.is_sqlite else _PG_WRITERS, thread_name_prefix="store-write")
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="store-read")

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return "sqlite" if self.is_sqlite else "postgresql"

    def _engine(self, *, read_only: bool) -> Engine:
        if not self.is_sqlite:
            return create_engine(
                self.url,
                pool_size=_PG_WRITERS + _READERS,
                max_overflow=4,
                pool_pre_ping=True,
                pool_timeout=30,
                connect_args={
                    "connect_timeout": 10,
                    "application_name": "newswatch",
                    "options": "-c timezone=UTC -c statement_timeout=60000 "
                    "-c idle_in_transaction_session_timeout=120000",
                },
            )
        engine = create_engine(
            self.url,
            pool_size=_READERS if read_only else 1,
            max_overflow=4 if read_only else 0,
            pool_timeout=_BUSY_MS / 1000,
            connect_args={"check_same_thread": False, "timeout": _BUSY_MS / 1000},
        )
        event.listen(engine, "connect", _sqlite_connection(read_only=read_only))
        begin = "BEGIN" if read_only else "BEGIN IMMEDIATE"
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
        return engine

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction that writes; committed at the end, rolled back on an exception.

        Raises DatabaseUnreachable where no connection can be made.
        """
        with self._opened(self._write_engine) as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that only reads. Raises DatabaseUnreachable where no connection can be made."""
        with self._opened(self._read_engine) as connection:
            yield connection

    @contextmanager
    def _opened(self, engine: Engine) -> Iterator[Connection]:
        try:
            connection = engine.connect()
        except (OperationalError, InterfaceError) as error:
            raise DatabaseUnreachable(self.shown_url, _cause(error)) from error
        with connection, connection.begin():
            yield connection

    async def write(self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `function(connection, …)` in a writing transaction on a writer thread and return its result."""

        def run() -> T:
            with self.writing() as connection:
                return function(connection, *args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self._writers, run)

    async def read(self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `function(connection, …)` in a reading transaction on a reader thread and return its result."""

        def run() -> T:
            with self.reading() as connection:
                return function(connection, *args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self._readers, run)

    def ping(self) -> None:
        """Ask the database for the number one. Raises DatabaseUnreachable."""
        with self.reading() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Finish what is running and close every connection."""
        self._writers.shutdown(wait=True)
        self._readers.shutdown(wait=True)
        self._write_engine.dispose()
        self._read_engine.dispose()

    @property
    def engine(self) -> Engine:
        """The engine for migrations."""
        return self._write_engine


def _cause(error: DBAPIError) -> str:
    lines = [line for line in str(error.orig or error).strip().splitlines() if line.strip()]
    return lines[0].strip() if lines else type(error).__name__


def _url_problem(message: str) -> Problem:
    remedy = "write sqlite:///newswatch.db, sqlite:////absolute/path.db or postgresql://user@host/name"
    return Problem("database.url", message, remedy)


def is_transient(error: BaseException) -> bool:
    """Tell whether a database error may go away by itself: unreachable, locked, full, connection lost."""
    return isinstance(error, DatabaseUnreachable | OperationalError | InterfaceError)


def in_short(error: BaseException) -> str:
    """Return an error in one line, without the statement that SQLAlchemy adds below."""
    lines = str(error).splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else ''}"


def lock(connection: Connection, key: int) -> None:
    """Wait until nobody else has the lock `key`, and hold it until the transaction ends.

    An embedded database has one writer anyway; so has `try_lock`.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


def try_lock(connection: Connection, key: int) -> bool:
    """Take the lock `key` until the transaction ends. Return False if somebody else has it."""
    if connection.dialect.name != "postgresql":
        return True
    return bool(connection.execute(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": key}).scalar())


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *columns: str) -> int:
    """Insert `rows` except those whose unique `columns` exist already, and return how many went in."""
    dialect_insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = dialect_insert(table).on_conflict_do_nothing(index_elements=list(columns))
    # Rows as parameters, not as VALUES: the statement is then compiled once and not for every number of rows.
    return connection.execute(statement.execution_options(preserve_rowcount=True), list(rows)).rowcount
