"""What `newswatch demo` shows and returns, with a very small daemon in newswatch's place."""

import io
import os
import signal
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from newswatch.demo.run import run_demo
from newswatch.errors import InputError

SMALL_DAEMON = Path(__file__).with_name("small_daemon.py")
FAST = 20.0


def console() -> tuple[Console, io.StringIO]:
    output = io.StringIO()
    return Console(file=output, width=160), output


def program(mode: str) -> tuple[str, ...]:
    return (sys.executable, str(SMALL_DAEMON), mode)


async def test_the_whole_demo_shows_every_alert_and_ends_well(tmp_path: Path) -> None:
    shown, output = console()
    folder = tmp_path / "kept"
    assert await run_demo(shown, speed=FAST, keep=folder, program=program("good")) == 0
    text = output.getvalue()
    assert text.count("Slack, #news-desk") == 15
    assert text.count("duty@desk.example: news") == 15
    assert text.count("signature verified") == 15
    assert "Takaichi invites Lee to Kobe" not in text
    assert "물빛통신: 이재명 대통령, 다음 달 통영서 다카이치 총리와 정상회담" in text
    assert "not announced everywhere" in text
    assert tomllib.loads((folder / "newswatch.toml").read_text(encoding="utf-8"))["feeds"]


async def test_it_ends_after_so_many_alerts() -> None:
    shown, output = console()
    assert await run_demo(shown, speed=FAST, alerts=2, program=program("good")) == 0
    assert 2 <= output.getvalue().count("Slack, #news-desk") < 15


async def test_the_result_as_values(tmp_path: Path) -> None:
    shown, _ = console()
    found: list[Mapping[str, Any]] = []
    assert await run_demo(shown, speed=FAST, alerts=1, program=program("twice"), report=found.append) == 1
    assert await run_demo(shown, program=program("broken"), report=found.append) == 1
    twice, broken = found
    assert not twice["ok"]
    assert twice["announced_twice"]  # one at least: others may have come before the demo was stopped
    assert (broken["ok"], broken["problem"]) == (False, "the daemon did not poll every feed")
    assert "newswatch: the database is on fire" in broken["log"][-1]


async def test_an_alert_that_comes_twice_is_a_failure() -> None:
    shown, output = console()
    assert await run_demo(shown, speed=FAST, alerts=1, program=program("twice")) == 1
    assert "announced twice" in output.getvalue()


async def test_a_daemon_that_does_not_run_is_reported_with_its_log() -> None:
    shown, output = console()
    assert await run_demo(shown, program=program("broken")) == 1
    assert "the daemon did not poll every feed" in output.getvalue()
    assert "newswatch: the database is on fire" in output.getvalue()


async def test_an_earlier_demo_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "newswatch.db").write_bytes(b"precious")
    with pytest.raises(InputError, match="earlier demo"):
        await run_demo(console()[0], keep=tmp_path, program=program("good"))
    assert (tmp_path / "newswatch.db").read_bytes() == b"precious"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stopping_the_demo_stops_its_daemon(number: signal.Signals) -> None:
    code = (
        "import asyncio; from rich.console import Console; from newswatch.demo.run import run_demo\n"
        f"raise SystemExit(asyncio.run(run_demo(Console(width=160), program={program('good')!r})))"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as demo:
        assert demo.stdout is not None
        for line in demo.stdout:
            if "published" in line:
                break
        children = Path(f"/proc/{demo.pid}/task/{demo.pid}/children")
        daemons = [int(pid) for pid in children.read_text().split()] if children.exists() else []
        demo.send_signal(number)
        assert "What happened" in demo.stdout.read()
        assert demo.wait() == 130
    for pid in daemons:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
