"""Many lives of the real daemon, quickly: a process that has imported everything once and forks a child for each.

Every life is `newswatch run` in a process of its own, with its own threads, connections and locks; only the time to
import is saved, and the fork server of the worker processes is shared. One line of JSON in is one order, one line of
JSON out is its answer:

- `{"start": "newswatch.toml", "arguments": [...], "failpoint": "poll.before_commit:1", "log": "d.log"}`: `{"pid": 7}`
- `{"wait": 7, "seconds": 0.5}`: `{"code": -9}`, or `{"code": null}` if it lives on
"""

import ctypes
import gc
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]
_PR_SET_PDEATHSIG = 1  # prctl(2)
_LOOK_EVERY_S = 0.005


@dataclass
class Life:
    """One daemon process. `code` is its exit code once it has ended; minus the signal's number if one ended it."""

    pid: int
    log: Path
    nursery: "Nursery"
    code: int | None = field(default=None)

    def wait(self, seconds: float) -> int | None:
        """Wait for its end and return its exit code, None if it lives on."""
        if self.code is None:
            self.code = self.nursery.ask({"wait": self.pid, "seconds": seconds})["code"]
        return self.code

    def alive(self) -> bool:
        """Whether it has not ended."""
        return self.wait(0) is None

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal; nothing happens if it has ended."""
        if self.alive():
            os.kill(self.pid, number)

    def stop(self, seconds: float = 20) -> int | None:
        """Ask it to stop and return its exit code."""
        self.signal(signal.SIGTERM)
        return self.wait(seconds)

    def kill(self) -> None:
        """End it at once."""
        self.signal(signal.SIGKILL)
        assert self.wait(10) is not None

    def not_started(self) -> str | None:
        """Say so as long as it has not started: before that a signal to stop is the end of it."""
        return None if '"started"' in self.output() else "not started"

    def output(self) -> str:
        """What it has logged."""
        return self.log.read_text(encoding="utf-8", errors="replace")


class Nursery:
    """Starts lives. A context manager; at its end everything it started ends too."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._count = 0

    def __enter__(self) -> Self:
        """Start the process that forks."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.durability.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        self._answer()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it, and with it every life."""
        assert self._process is not None
        self._process.communicate(timeout=30)

    def start(self, config: Path, *arguments: str, failpoint: str | None = None) -> Life:
        """Start `newswatch run` with a configuration; `failpoint` is the place where it is to die ("name:nth")."""
        self._count += 1
        log = config.with_name(f"life-{self._count:03}.log")
        log.touch()
        order = {"start": str(config), "arguments": arguments, "failpoint": failpoint, "log": str(log)}
        return Life(self.ask(order)["pid"], log, self)

    def ask(self, order: dict[str, Any]) -> Any:
        """Give an order and return its answer."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        assert self._process is not None
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the nursery ended with exit code {self._process.wait()}")
        return json.loads(line)


def main() -> None:
    """Serve orders until standard input ends."""
    from multiprocessing import set_forkserver_preload

    from newswatch.workers import _PRELOAD

    for name in ("newswatch.cli.main", "newswatch.daemon", *_PRELOAD):
        import_module(name)
    set_forkserver_preload(_PRELOAD)
    _serve_forks()
    gc.collect()
    gc.freeze()  # or collections in the children would copy all of it
    living: set[int] = set()
    _say({"ready": True})
    for line in sys.stdin:
        order = json.loads(line)
        if "start" in order:
            _serve_forks()
            pid = _fork(order)
            living.add(pid)
            _say({"pid": pid})
        else:
            code = _wait(order["wait"], order["seconds"])
            if code is not None:
                living.discard(order["wait"])
            _say({"code": code})
    for pid in living:
        os.kill(pid, signal.SIGKILL)


def _serve_forks() -> None:
    """See to it that the fork server, which the lives share and cannot look after, is at work.

    It ends when a life is killed in the middle of asking for a process; one that has just forked has no such request
    before it. A daemon outside these tests has a fork server of its own, which ends with it.
    """
    while True:
        probe = get_context("forkserver").Process(target=int)
        try:
            probe.start()
        except (OSError, EOFError):
            continue
        probe.join()
        if probe.exitcode == 0:
            return


def _say(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)


def _wait(pid: int, seconds: float) -> int | None:
    deadline = time.monotonic() + seconds
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() >= deadline:
            return None
        time.sleep(_LOOK_EVERY_S)


def _fork(order: dict[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 70  # sysexits.h: EX_SOFTWARE
    try:
        code = _live(order)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _live(order: dict[str, Any]) -> int:
    """Be a daemon; return its exit code."""
    from multiprocessing import forkserver

    from newswatch import failpoints
    from newswatch.cli.main import main as command

    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    output = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    # The fork server that it inherits is not its child, so it must not look after it.
    forkserver._forkserver.ensure_running = lambda: None  # type: ignore[method-assign]
    failpoints.arm(order["failpoint"])
    return command(["run", "--config", order["start"], "--json", *order["arguments"]])


if __name__ == "__main__":
    main()
