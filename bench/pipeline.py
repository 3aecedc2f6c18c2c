"""The whole pipeline, from feed to alert, beside bare extraction of the same pages.

newswatch polls feeds, fetches every page over HTTP, extracts, recognises language, date and source, stores and indexes,
matches rules, finds copies and writes alerts. The measure beside it only calls trafilatura.bare_extraction on the same
bytes in memory. Starting is left out on both sides: newswatch runs with many feeds and with one, and the difference
counts. Everything is done four times by turns, and the best of each counts.
"""

import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import trafilatura

from bench.content import pages
from bench.measure import usage
from bench.report import Row, publish
from bench.setup import NEWSWATCH, configuration
from bench.site import site

FEEDS, ENTRIES = 21, 40
ROUNDS = 4
TARGET = 0.25


def bare(first: int, count: int) -> None:
    """Extract all pages from number `first` on, printing how many had text and the CPU seconds that took."""
    bodies = pages(count)
    trafilatura.bare_extraction(bodies[0])  # what happens once: compiled expressions, caches
    began = time.process_time()
    found = sum(trafilatura.bare_extraction(body) is not None for body in bodies[first:count])
    print(found, time.process_time() - began)


def _bare(count: int) -> tuple[int, float]:
    command = [sys.executable, "-c", f"from bench.pipeline import bare; bare({ENTRIES}, {count})"]
    found, cpu_s = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return int(found), float(cpu_s)


def _newswatch_cpu_s(folder: Path, base: str, feeds: int) -> float:
    config = configuration(folder, base, feeds)
    return usage(*NEWSWATCH, "run", "--once", "--config", str(config)).cpu_s


def _count(folder: Path, table: str) -> int:
    with sqlite3.connect(folder / "newswatch.db") as database:
        count: int = database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        return count


def run() -> None:
    """Measure and publish."""
    bodies = pages(FEEDS * ENTRIES)
    feeds = min(FEEDS, len(bodies) // ENTRIES)
    count = (feeds - 1) * ENTRIES
    size = sum(map(len, bodies)) // len(bodies) // 1000
    alones: list[float] = []
    starts: list[float] = []
    wholes: list[float] = []
    stored = matched = 0
    with tempfile.TemporaryDirectory() as name, site(feeds, ENTRIES, pages=True) as base:
        for turn in range(ROUNDS):  # by turns, the best of each: what others do on the machine only adds
            one, many = Path(name) / f"one-{turn}", Path(name) / f"many-{turn}"
            found, cpu_s = _bare(feeds * ENTRIES)
            alones.append(cpu_s)
            starts.append(_newswatch_cpu_s(one, base, 1))
            wholes.append(_newswatch_cpu_s(many, base, feeds))
            stored = _count(many, "article") - _count(one, "article")
            matched = _count(many, "rule_match")
            if stored < 0.95 * found:
                raise RuntimeError(f"of {found} articles only {stored} were stored: the figure would be wrong")
    alone, whole = min(alones), min(wholes) - min(starts)
    overhead = whole / alone - 1
    publish(
        "pipeline",
        f"Whole pipeline, {count} pages of {size} kB, {stored} articles, {matched} matches",
        [
            Row("trafilatura.bare_extraction alone", f"{count / alone:.1f} pages per CPU second"),
            Row("newswatch, feed to alert", f"{count / whole:.1f} pages per CPU second"),
            Row("overhead", f"{overhead:+.0%}", f"at most +{TARGET:.0%}", overhead <= TARGET),
        ],
        {
            "pages": count,
            "bare_cpu_s": alones,
            "one_feed_cpu_s": starts,
            "many_feeds_cpu_s": wholes,
            "overhead": overhead,
        },
    )
