"""Engines in processes of their own, matching in turns, so that none has the machine's better minutes for itself."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.rules.corpus import articles
from bench.rules.own import ARTICLES, MEASURED
from bench.rules.peers import lucene
from bench.rules.queries import WILDCARDS, queries

ROUNDS = 5
_FIRST_S = 2.0  # CPU seconds of the first round of a way; it decides over how many articles the others go
_ENOUGH_S = 6.0  # CPU seconds after which a way has no further round


class Process:
    """A child that answers lines with JSON."""

    def __init__(self, command: Sequence[str], log: Path) -> None:
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, encoding="utf-8"
            )
        self._log = log
        self.first = self._answer()

    def ask(self, line: str) -> dict[str, Any]:
        """Send a line and return the answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            command = " ".join(map(str, self._process.args))  # type: ignore[arg-type]
            raise RuntimeError(f"{command[:300]} ended:\n{self._log.read_text(errors='replace')[-4000:]}")
        found: dict[str, Any] = json.loads(line)
        return found

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


@dataclass(slots=True)
class Way:
    """One way of matching with one engine, and what was measured of it."""

    engine: str
    name: str
    process: Process
    exact: bool = True
    docs: int = 0
    times: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Articles per CPU second in the best round."""
        return self.docs / max(min(self.times), 1e-9)

    def round(self) -> None:
        """Match once more, unless that was done often enough."""
        if sum(self.times) < _ENOUGH_S:
            answer = self.process.ask(f"round {self.name}")
            self.docs = answer["docs"]
            self.times.append(answer["cpu_s"])

    def matches(self) -> list[list[int]]:
        """Return the rules that match each article."""
        found: list[list[int]] = self.process.ask(f"matches {self.name}")["matches"]
        return found


def child(folder: Path, engine: str, size: int, wildcards: float) -> Process:
    """Start one of the engines of bench.rules.child."""
    command = [sys.executable, "-m", "bench.rules.child", engine, str(size), str(wildcards), str(_FIRST_S)]
    return Process(command, folder / f"{engine}.log")


class Lucene:
    """Lucene Monitor in one Java process for all numbers of rules, so that its code is compiled for long."""

    WAYS = ("match only", "with highlights", "batch of 500")
    _WARM_S = 40.0  # CPU seconds until its speed hardly rises any more,
    _AGAIN_S = 20.0  # and with other rules, to which its code is fitted anew

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        lucene.write_articles(folder, articles(ARTICLES), articles(MEASURED, seed="recent"))
        self.process = Process(lucene.command(folder, _FIRST_S), folder / "lucene.log")
        self.load(1000, WILDCARDS)
        self._warm(self._WARM_S)

    def load(self, size: int, wildcards: float) -> dict[str, Any]:
        """Replace the rules, match until that is warm, and return what building took."""
        path = self._folder / "rules"
        lucene.write_rules(path, queries(size, wildcards=wildcards))
        built = self.process.ask(f"load {path}")
        self._warm(self._AGAIN_S)
        return built

    def _warm(self, seconds: float) -> None:
        used = 0.0
        while used < seconds:
            used += sum(self.process.ask(f"round {way}")["cpu_s"] for way in self.WAYS)


@contextmanager
def opened(processes: Iterable[Process]) -> Iterator[None]:
    """Close the processes at the end."""
    try:
        yield
    finally:
        for process in processes:
            process.close()


@contextmanager
def workplace() -> Iterator[Path]:
    """Give a folder for files and logs."""
    with tempfile.TemporaryDirectory(prefix="nw-bench-") as name:
        yield Path(name)
