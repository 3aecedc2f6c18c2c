"""Memory of the daemon with many feeds, over all its processes.

PSS counts a page that n processes share as 1/n for each, so its sum is what the machine spends; RSS counts it n times.
"""

import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from bench.report import Row, publish
from bench.setup import NEWSWATCH, configuration
from bench.site import site

FEEDS = 2000
MANY = 5000
TARGET_MB = 250
DAEMON_MB = 150  # the daemon's process alone, with MANY feeds
_GIVE_UP_S = 1800


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _done(path: Path, feeds: int) -> bool:
    """Tell whether every feed was polled and every article stored and looked at by the rules."""
    if not path.exists():
        return False
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)
    try:
        polled, stored, matched = database.execute(
            "SELECT (SELECT count(*) FROM feed WHERE polls > 0), (SELECT count(*) FROM article),"
            " (SELECT count(*) FROM article_version WHERE matched_at IS NOT NULL)"
        ).fetchone()
    except sqlite3.OperationalError:  # the schema is not there yet
        return False
    finally:
        database.close()
    return bool(polled == stored == matched == feeds)


@dataclass(frozen=True, slots=True)
class _Memory:
    """Megabytes of all processes together, and PSS of the daemon's own."""

    pss: float
    rss: float
    daemon: float
    processes: int


def _memory(daemon: psutil.Process) -> _Memory:
    pss = rss = own = 0
    processes = [daemon, *daemon.children(recursive=True)]
    for process in processes:
        try:
            memory = process.memory_full_info()
        except psutil.NoSuchProcess:
            continue
        pss, rss = pss + memory.pss, rss + memory.rss
        own = memory.pss if process == daemon else own
    return _Memory(pss / 1e6, rss / 1e6, own / 1e6, len(processes))


def _measure(feeds: int) -> tuple[list[_Memory], _Memory]:
    """Let a daemon do its work; return its memory every second meanwhile, and when nothing is under way any more."""
    with tempfile.TemporaryDirectory() as name, site(feeds, 1, pages=True) as base:
        listen = f"127.0.0.1:{_free_port()}"
        config = configuration(Path(name), base, feeds, listen=listen)
        # As at every start but the first: what changes the schema stays in the memory of the process that did it.
        subprocess.run([*NEWSWATCH, "db", "upgrade", "--config", str(config)], check=True, stdout=subprocess.DEVNULL)
        log = Path(name) / "log"
        with log.open("wb") as output:
            daemon = subprocess.Popen([*NEWSWATCH, "run", "--config", str(config)], stdout=output, stderr=output)
        try:
            process = psutil.Process(daemon.pid)
            samples = []
            deadline = time.monotonic() + _GIVE_UP_S
            while True:
                time.sleep(1)
                if daemon.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"the daemon did not do its work:\n{log.read_text(errors='replace')[-4000:]}")
                samples.append(_memory(process))
                if _done(Path(name) / "newswatch.db", feeds):
                    break
            time.sleep(20)
            settled = _memory(process)
            daemon.send_signal(signal.SIGTERM)
            daemon.wait(60)
        finally:
            daemon.kill()
            daemon.wait()
    return samples, settled


def run() -> None:
    """Measure and publish."""
    samples, settled = _measure(FEEDS)
    many, _ = _measure(MANY)
    peak, daemon = max(sample.pss for sample in samples), max(sample.daemon for sample in many)
    publish(
        "memory",
        f"Memory of the daemon with {FEEDS} feeds, all polled, one page of each fetched and extracted",
        [
            Row("at the peak of the work (PSS)", f"{peak:.0f} MB", f"under {TARGET_MB} MB", peak < TARGET_MB),
            Row("afterwards (PSS)", f"{settled.pss:.0f} MB", f"under {TARGET_MB} MB", settled.pss < TARGET_MB),
            Row("afterwards (RSS, shared pages counted in each process)", f"{settled.rss:.0f} MB"),
            Row("processes", str(settled.processes)),
            Row(
                f"with {MANY} feeds, without workers, at the peak (PSS)",
                f"{daemon:.0f} MB",
                f"under {DAEMON_MB} MB",
                daemon < DAEMON_MB,
            ),
            Row(f"with {MANY} feeds, all processes, at the peak (PSS)", f"{max(sample.pss for sample in many):.0f} MB"),
        ],
        {"samples": [asdict(sample) for sample in samples], "settled": asdict(settled), "daemon_mb": daemon},
    )
