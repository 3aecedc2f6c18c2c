"""The test harness itself: the databases it gives, and what it keeps tests from doing."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from pytest_socket import SocketConnectBlockedError
from sqlalchemy import inspect

from newswatch.store.database import Database
from tests.conftest import MakeDatabase
from tests.memory import growing
from tests.postgres import PostgresServer, postgres_server

ROOT = Path(__file__).parent.parent


def _tables(url: str) -> set[str]:
    database = Database(url)
    try:
        with database.reading() as connection:
            return set(inspect(connection).get_table_names())
    finally:
        database.close()


def test_database_has_the_schema_of_the_migrations(database_url: str) -> None:
    assert {"alembic_version", "feed", "article", "delivery"} <= _tables(database_url)


def test_empty_database_is_empty(empty_database_url: str) -> None:
    assert _tables(empty_database_url) == set()


def test_each_database_is_its_own(database_kind: str, make_database: MakeDatabase) -> None:
    first, second = make_database(database_kind), make_database(database_kind)
    database = Database(first)
    with database.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE only_here (id INTEGER)")
    database.close()
    assert "only_here" in _tables(first)
    assert "only_here" not in _tables(second)


@pytest.mark.postgres
def test_dropping_a_database_ends_its_connections(postgres: PostgresServer) -> None:
    name = postgres.create()
    with psycopg.connect(postgres.url(name)) as connection:
        postgres.drop(name)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")


def _connect_until_refused(url: str) -> None:
    for _ in range(1000):
        psycopg.connect(url, connect_timeout=5).close()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that the server's user can enter, unlike tmp_path."""
    with tempfile.TemporaryDirectory(prefix="nw-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.postgres
@pytest.mark.skipif(sys.platform != "linux", reason="needs prctl(2)")
def test_server_ends_with_the_process_that_started_it(open_folder: Path) -> None:
    program = (
        "import os, signal\n"
        "from tests.postgres import postgres_server\n"
        "with postgres_server() as server:\n"
        "    print(server.base_url, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    environment = {**os.environ, "TMPDIR": str(open_folder)}
    environment.pop("NEWSWATCH_TEST_PG_URL", None)
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == -signal.SIGKILL, run.stderr
    with pytest.raises(psycopg.OperationalError):
        _connect_until_refused(run.stdout.strip())


@pytest.mark.postgres
def test_server_can_keep_its_promises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NEWSWATCH_TEST_PG_URL", raising=False)
    with postgres_server(fsync=True) as server, psycopg.connect(server.base_url) as connection:
        row = connection.execute("SELECT current_setting('fsync'), current_setting('synchronous_commit')").fetchone()
    assert row == ("on", "on")


def test_sockets_lead_nowhere_but_to_this_machine() -> None:
    with (
        socket.socket() as outward,
        pytest.warns(UserWarning, match="tried to use"),
        pytest.raises(SocketConnectBlockedError),
    ):
        outward.connect(("192.0.2.1", 80))  # RFC 5737: documentation
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as inward:
        assert inward.getpeername() == server.getsockname()


@pytest.mark.parametrize(("mark", "passes"), [("", False), ("@pytest.mark.may_skip", True)])
def test_a_skip_fails_where_all_tests_are_required(tmp_path: Path, mark: str, *, passes: bool) -> None:
    test = tmp_path / "test_skipping.py"
    test.write_text(f"import pytest\n{mark}\ndef test_it():\n    pytest.skip('no such part')\n", encoding="utf-8")
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "tests.conftest",
            "-p",
            "no:cacheprovider",
            "-c",
            ROOT / "pyproject.toml",
            test,
        ],
        cwd=ROOT,
        env={"NEWSWATCH_REQUIRE_ALL_TESTS": "1", "PATH": "", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode == 0) is passes, run.stdout
    assert passes or "was skipped, but NEWSWATCH_REQUIRE_ALL_TESTS=1. Skipped: no such part" in run.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process its peak anew")
def test_growth_is_seen_below_an_earlier_peak() -> None:
    for size in (200_000_000, 100_000_000):
        with growing() as growth:
            bytearray(b"x") * size
        assert 0.9 * size < growth() < 1.5 * size
