"""The whole pipeline, from feed to alert, beside bare extraction of the same pages.

newswatch polls feeds, fetches every page over HTTP, extracts, recognises language, date and source, stores and indexes,
matches rules, finds copies and writes alerts. The measure beside it only calls trafilatura.bare_extraction on the same
bytes in memory. Both without the time that starting takes.
"""

import sqlite3
import sys
import tempfile
import time
from pathlib import Path

import trafilatura

from bench.content import page
from bench.measure import usage
from bench.report import Row, publish
from bench.setup import NEWSWATCH, configuration
from bench.site import site

FEEDS, ENTRIES = 20, 40
TARGET = 0.25


def bare(count: int) -> None:
    """Extract `count` pages, printing the CPU seconds that took."""
    pages = [page(number) for number in range(count)]
    trafilatura.bare_extraction(pages[0])  # what happens once: compiled expressions, caches
    began = time.process_time()
    for body in pages:
        assert trafilatura.bare_extraction(body) is not None
    print(time.process_time() - began)


def _bare_cpu_s(count: int) -> float:
    import subprocess

    command = [sys.executable, "-c", f"from bench.pipeline import bare; bare({count})"]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _pipeline_cpu_s(folder: Path, base: str, feeds: int) -> float:
    config = configuration(folder, base, feeds)
    return usage(*NEWSWATCH, "run", "--once", "--config", str(config)).cpu_s


def run() -> None:
    """Measure and publish."""
    count = FEEDS * ENTRIES
    with tempfile.TemporaryDirectory() as name, site(FEEDS, ENTRIES, pages=True) as base:
        first = _bare_cpu_s(count)
        start = _pipeline_cpu_s(Path(name) / "idle", base, 0)
        whole = _pipeline_cpu_s(Path(name) / "busy", base, FEEDS) - start
        second = _bare_cpu_s(count)
        with sqlite3.connect(Path(name) / "busy" / "newswatch.db") as database:
            stored = database.execute("SELECT count(*) FROM article").fetchone()[0]
            matched = database.execute("SELECT count(*) FROM rule_match").fetchone()[0]
    if stored != count or not matched:
        raise RuntimeError(f"{stored} of {count} articles were stored, {matched} matched; the figure would be wrong")
    alone = (first + second) / 2
    overhead = whole / alone - 1
    publish(
        "pipeline",
        f"Whole pipeline, {count} pages of {len(page(1)) // 1000} kB, {matched} of them flagged",
        [
            Row("trafilatura.bare_extraction alone", f"{count / alone:.1f} pages per CPU second"),
            Row("newswatch, feed to alert", f"{count / whole:.1f} articles per CPU second"),
            Row("overhead", f"{overhead:+.0%}", f"at most +{TARGET:.0%}", overhead <= TARGET),
            Row("starting and stopping", f"{start:.1f} CPU seconds"),
        ],
        {
            "articles": count,
            "bare_cpu_s": [first, second],
            "pipeline_cpu_s": whole,
            "start_cpu_s": start,
            "overhead": overhead,
        },
    )
