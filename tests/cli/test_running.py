"""The daemon's health from the command line."""

import asyncio
import json
import socket
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from newswatch.cli.main import main
from newswatch.metrics import Metrics
from newswatch.store.filelock import DaemonLock
from newswatch.web.app import build_app
from newswatch.web.serve import serve
from tests.cli.conftest import Ran, Run


@dataclass
class Daemon:
    """Answers as the test says."""

    metrics: Metrics = field(default_factory=Metrics)
    is_ready: bool = True

    async def ready(self) -> tuple[bool, dict[str, str]]:
        return self.is_ready, {"database": "ok" if self.is_ready else "does not answer"}

    async def reload(self) -> None:
        return None


async def asked(daemon: Daemon, folder: Path, capsys: pytest.CaptureFixture[str], *options: str) -> Ran:
    """Run `newswatch healthcheck` against `daemon`."""
    async with serve(build_app(daemon), "127.0.0.1", 0) as (_, port):
        path = folder / "health.toml"
        path.write_text(f'[web]\nlisten = "127.0.0.1:{port}"\n')
        capsys.readouterr()
        code = await asyncio.to_thread(main, ["healthcheck", "--config", str(path), *options])
    printed = capsys.readouterr()
    return Ran(code, printed.out, printed.err)


async def test_a_daemon_that_works(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = await asked(Daemon(), tmp_path, capsys)
    assert (ran.code, ran.out) == (0, "ready\n")
    ran = await asked(Daemon(), tmp_path, capsys, "--json")
    assert ran.json == {"ok": True, "status": 200, "checks": {"database": "ok"}}


async def test_a_daemon_that_does_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = await asked(Daemon(is_ready=False), tmp_path, capsys)
    assert ran.code == 1
    assert "database: does not answer" in ran.err
    assert (await asked(Daemon(is_ready=False), tmp_path, capsys, "--alive")).code == 0


def test_no_daemon(run: Run, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    (tmp_path / "newswatch.toml").write_text(f'[web]\nlisten = "127.0.0.1:{port}"\n')
    ran = run("healthcheck")
    assert ran.code == 3
    assert "is `newswatch run` running?" in ran.err


def test_health_that_is_switched_off(run: Run, tmp_path: Path) -> None:
    (tmp_path / "newswatch.toml").write_text("[web]\nenabled = false\n")
    ran = run("healthcheck")
    assert ran.code == 2
    assert "web.enabled is false" in ran.err


def test_run_once_without_anything_to_do(run: Run, tmp_path: Path) -> None:
    (tmp_path / "newswatch.toml").write_text("[rules]\npacks = ['korea-japan-summit']\n")
    ran = run("run", "--once")
    assert ran.code == 0, ran.err
    assert "no feeds in the configuration" in ran.err
    assert "nobody is told" in ran.err
    assert "started" in ran.err
    assert (tmp_path / "newswatch.db").is_file()
    lines = run("run", "--once", "--json").err.splitlines()
    assert any(json.loads(line)["message"] == "started" for line in lines if line.startswith("{"))


def test_a_second_daemon_is_refused(run: Run, configured: Path, tmp_path: Path) -> None:
    lock = DaemonLock(tmp_path / "nw.db")
    lock.acquire()
    try:
        ran = run("run", "--once")
    finally:
        lock.release()
    assert ran.code == 3
    assert "another newswatch daemon is already running" in ran.err


# --- replay ----------------------------------------------------------------------------------------------------------

SEED = """ date 2026-01-13 + ↺ − 16 px
Prime Minister Takaichi Sanae of Japan and President Lee Jae-myung of South Korea held a summit in Nara on Tuesday.

They agreed to continue their talks in the spring, both sides said after the meeting.
"""


def test_replay_is_the_same_every_time(run: Run, tmp_path: Path) -> None:
    (tmp_path / "seed.txt").write_text(SEED, encoding="utf-8")
    first = run("replay", "seed.txt")
    assert first.code == 0, first.err
    assert "published" in first.out
    assert "2026-01-13 (day" in first.out
    assert "meets kr-jp-summit" in first.out
    assert "to replay:mail" in first.out
    assert "Subject: " in first.out
    assert run("replay", "seed.txt").out == first.out
    assert not (tmp_path / "newswatch.db").exists()


def test_replay_as_json(run: Run, tmp_path: Path) -> None:
    (tmp_path / "seed.txt").write_text(SEED, encoding="utf-8")
    document = run("replay", "seed.txt", "--format", "json").json
    assert document == run("replay", "seed.txt", "--json").json
    assert [match["rule"] for match in document["articles"][0]["matches"]] == ["kr-jp-summit"]
    mail, slack = (delivery["rendered"] for delivery in document["deliveries"])
    assert "Message-ID" in dict(mail["body"]["headers"])
    assert slack["body"]["blocks"]


def test_replay_into_the_database(run: Run, tmp_path: Path) -> None:
    (tmp_path / "seed.txt").write_text(SEED, encoding="utf-8")
    assert run("replay", "seed.txt", "--store").code == 0
    (article,) = run("articles", "list", "--flagged", "--json").json
    assert "kr-jp-summit" in article["rules"]


def test_replay_of_nothing(run: Run, tmp_path: Path) -> None:
    assert run("replay", "none.txt").code == 2
    (tmp_path / "empty").mkdir()
    ran = run("replay", "empty")
    assert ran.code == 2
    assert ran.err.strip()
