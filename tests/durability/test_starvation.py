"""What the daemon needs is taken away for a while: a database, a disk, a mail server. Nothing is lost."""

import os
import shutil
import signal
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
from urllib.parse import urlsplit

import psycopg
import pytest
from sqlalchemy import func, select

from newswatch.store.tables import delivery, entry
from tests.durability.nursery import ROOT, Nursery
from tests.durability.scene import Scene, until

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
    until(scene.unfinished, 30)
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
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    scene = make_scene(make_database("sqlite"), settings={"smtp.main": {"port": port}})
    scene.warm_up(nursery)
    life = nursery.start(scene.config)
    scene.world.publish_all()
    alerts = len(scene.world.truth().alerts)

    def others() -> str | None:
        states = dict(
            scene.ask(
                lambda connection: (
                    connection.execute(
                        select(delivery.c.state, func.count()).where(delivery.c.destination != "duty").group_by("state")
                    ).all()
                )
            )
        )
        return None if states == {"delivered": 4 * alerts} else f"without the mails: {states}"

    until(others, 60)
    waiting = scene.ask(
        lambda connection: (
            connection.execute(select(delivery.c.state, delivery.c.reason).where(delivery.c.destination == "duty")).all()
        )
    )
    assert len(waiting) == alerts
    assert {row.state for row in waiting} <= {"pending", "retry_wait", "sending"}
    assert "retry_wait" in {row.state for row in waiting}
    assert scene.world.mails() == []
    with _relay(port, scene.world.ports["smtp"]):
        until(scene.unfinished, 30)
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


# --- a full disk


_UNSHARE = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]
_DISK = "6m"


class Disk:
    """A small file system of its own, and a daemon whose database is on it."""

    def __init__(self, folder: Path, config: Path, log: Path) -> None:
        mount = f'mount -t tmpfs -o size={_DISK} none "$0" && exec "$@"'
        command = [*_UNSHARE, "sh", "-c", mount, str(folder), sys.executable, "-m", "newswatch", "run", "--json"]
        with log.open("wb") as output:
            self.daemon = subprocess.Popen(
                [*command, "--config", str(config)], stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=ROOT
            )
        # other processes see the mounted folder through the daemon's eyes (proc(5), /proc/pid/root)
        self.inside = Path(f"/proc/{self.daemon.pid}/root{folder}")

    def fill(self) -> None:
        """Leave no room."""
        with (self.inside / "filler").open("ab", buffering=0) as filler:
            try:
                while True:
                    filler.write(bytes(4096))
            except OSError:
                return

    def free(self) -> None:
        """Give the room back."""
        (self.inside / "filler").unlink()


@pytest.mark.may_skip
def test_a_full_disk_only_delays(make_scene: Callable[..., Scene], tmp_path: Path, nursery: Nursery) -> None:
    _can_mount(tmp_path)
    folder, log = tmp_path / "disk", tmp_path / "daemon.log"
    folder.mkdir()
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        listen = f"127.0.0.1:{probe.getsockname()[1]}"
    scene = make_scene(f"sqlite:///{folder}/newswatch.db", settings={"web": {"enabled": True, "listen": listen}})
    disk = Disk(folder, scene.config, log)
    try:
        until(lambda: None if (disk.inside / "newswatch.db").exists() else log.read_text(), 30)
        scene.look_at(f"sqlite:///{disk.inside}/newswatch.db")
        until(scene.first_polls, 30)
        scene.world.publish(5)
        until(scene.unfinished, 30)
        disk.fill()
        scene.world.publish_all()
        until(lambda: None if _trouble(listen) else f"no trouble is seen:\n{log.read_text()}", 30)
        assert disk.daemon.poll() is None
        disk.free()
        until(scene.unfinished, 60)
        until(lambda: _trouble(listen), 30)
        shutil.copytree(disk.inside, tmp_path / "copy")
        disk.daemon.send_signal(signal.SIGTERM)
        assert disk.daemon.wait(25) == 0, log.read_text()
    finally:
        disk.daemon.kill()
        disk.daemon.wait()
