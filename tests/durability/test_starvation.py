"""What the daemon needs is taken away for a while: a database, a disk, a mail server. Nothing is lost."""

import os
import socket
import socketserver
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import func, select

from newswatch.store.tables import delivery
from tests.durability.nursery import ROOT, Nursery
from tests.durability.scene import Scene, free_port, until

pytestmark = [pytest.mark.durability, pytest.mark.timeout(300)]

_LOCKED_S = 10.0


@contextmanager
def _locked(scene: Scene) -> Iterator[None]:
    """Keep everybody else from writing to the database (PostgreSQL: and from reading)."""
    if scene.database.path is not None:
        with closing(sqlite3.connect(scene.database.path, isolation_level=None, timeout=30)) as holder:
            holder.execute("BEGIN EXCLUSIVE")
            yield
            holder.execute("ROLLBACK")
        return
    url = scene.database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as session:
        session.execute("LOCK TABLE feed, entry, article, delivery, notification, runner IN ACCESS EXCLUSIVE MODE")
        yield
        session.rollback()


def test_a_locked_database_only_delays(scene: Scene, nursery: Nursery) -> None:
    scene.warm_up(nursery)
    life = nursery.start(scene.config)
    scene.world.publish(10)
    until(scene.unfinished, 60)
    with _locked(scene):
        scene.world.publish_all()
        time.sleep(_LOCKED_S)  # this long is what is to be shown
        told = {message["delivery_id"] for message in scene.world.slack_messages()}
    assert len(told) < len(scene.world.truth().alerts), "the lock held nothing up, so nothing was shown"
    until(scene.unfinished, 60)
    assert life.stop() == 0, life.output()
    scene.check()


def test_a_mail_server_that_is_away_holds_nobody_else_up(
    make_scene: Callable[..., Scene], make_database: Callable[[str], str], nursery: Nursery
) -> None:
    port = free_port()
    scene = make_scene(make_database("sqlite"), settings={"smtp.main": {"port": port}})
    scene.warm_up(nursery)
    life = nursery.start(scene.config)
    scene.world.publish_all()
    alerts = len(scene.world.truth().alerts)

    def others() -> str | None:
        query = select(delivery.c.state, func.count()).where(delivery.c.destination != "duty").group_by("state")
        states = dict(scene.rows(query))
        return None if states == {"delivered": 4 * alerts} else f"without the mails: {states}"

    until(others, 60)
    waiting = scene.column(select(delivery.c.state).where(delivery.c.destination == "duty"))
    assert len(waiting) == alerts
    assert set(waiting) <= {"pending", "retry_wait", "sending"}
    assert "retry_wait" in waiting
    assert scene.world.mails() == []
    with _relay(port, scene.world.ports["smtp"]):
        until(scene.unfinished, 60)
        assert life.stop() == 0, life.output()
    scene.check()
    assert len(scene.world.mails()) == alerts, "nothing of these attempts was in doubt, so no mail came twice"


@contextmanager
def _relay(port: int, to: int) -> Iterator[None]:
    """Listen on `port` and pass every connection on to port `to`."""

    class Connection(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection(("127.0.0.1", to)) as other:
                back = threading.Thread(target=_pump, args=(other, self.request), daemon=True)
                back.start()
                _pump(self.request, other)
                back.join()

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    with Server(("127.0.0.1", port), Connection) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield
        server.shutdown()
        thread.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    while data := source.recv(65536):
        sink.sendall(data)
    sink.shutdown(socket.SHUT_WR)


@pytest.mark.may_skip
def test_a_full_disk_only_delays(tmp_path: Path) -> None:
    """The story itself is in `full_disk`, which runs in a mount namespace with a disk of its own."""
    disk = tmp_path / "disk"
    disk.mkdir()
    unshare = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]
    inside = [*unshare, "sh", "-c", 'mount -t tmpfs -o size=48m none "$0" && exec "$@"', str(disk)]
    try:
        tried = subprocess.run([*inside, "true"], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("no unshare program here, so there can be no small disk")
    if tried.returncode:
        pytest.skip(f"no small disk can be mounted here: {tried.stderr.strip()}")
    program = [sys.executable, "-m", "tests.durability.full_disk", str(disk), str(tmp_path)]
    done = subprocess.run([*inside, *program], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
