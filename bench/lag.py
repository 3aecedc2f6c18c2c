"""How long the event loop keeps others waiting while large feeds are parsed.

A task that wants to wake up every millisecond notes how much later it does. Meanwhile feeds go to the worker processes
one after the other, and their entries come back. The machine's own hiccups are measured first, with nothing under way.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from bench.content import feed
from bench.report import Row, publish
from newswatch.collect.feed import parse_feed
from newswatch.model import FeedDocument
from newswatch.worker_settings import WorkerSettings
from newswatch.workers import WorkerPool

ENTRIES = (150, 4_000)  # of some 150 kB, as the largest of a collection of real ones, and 4 MB
TARGET_MS = 100.0
_SECONDS = 15
_EVERY_S = 0.001
_NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


async def _lags_ms(work: Callable[[], Awaitable[object]]) -> tuple[list[float], int]:
    """Return how much too late the task woke up, sorted, and how often `work` was done meanwhile."""
    lags: list[float] = []
    times = 0

    async def tick() -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(_EVERY_S)
            lags.append((time.perf_counter() - began - _EVERY_S) * 1000)

    ticking = asyncio.create_task(tick())
    ends_at = time.monotonic() + _SECONDS
    while time.monotonic() < ends_at:
        await work()
        times += 1
    ticking.cancel()
    return sorted(lags), times


async def _measure() -> dict[str, tuple[list[float], int]]:
    found = {"nothing": await _lags_ms(lambda: asyncio.sleep(1))}
    async with WorkerPool(WorkerSettings()) as pool:
        for count in ENTRIES:
            body = feed(0, count, base="http://a.example")

            async def parse(body: bytes = body, count: int = count) -> None:
                document = await pool.run(
                    parse_feed, body, url="http://a.example/", content_type=None, max_entries=count, now=_NOW
                )
                if not isinstance(document, FeedDocument) or len(document.entries) != count:
                    raise RuntimeError("the feed was not read: the figure would be wrong")

            await parse()
            found[f"a feed of {count:,} entries, {len(body) // 1000:,} kB"] = await _lags_ms(parse)
    return found


def run() -> None:
    """Measure and publish."""
    found = asyncio.run(_measure())
    rows = []
    for what, (lags, times) in found.items():
        late = lags[len(lags) * 999 // 1000]
        target = (f"under {TARGET_MS:g} ms", late < TARGET_MS) if what != "nothing" else ("", None)
        rows.append(Row(f"{what}: 99.9th percentile", f"{late:.1f} ms", *target))
        rows.append(Row(f"{what}: longest of {len(lags):,}", f"{lags[-1]:.1f} ms"))
        rows.append(Row(f"{what}: done", f"{times:,} times"))
    publish(
        "lag",
        "Lag of the event loop while feeds are parsed",
        rows,
        {what: lags[-1] for what, (lags, _) in found.items()},
    )
