"""Polling beside `reader` (https://github.com/lemon24/reader), a feed library that stores what it finds as we do.

The same feeds from the same site: once cold, when everything is new, and once warm, when each feed answers 304.
newswatch runs its poll stage alone, since `reader` does not fetch articles. Starting is left out on both sides: each
runs with many feeds and with one, and the difference counts.
"""

import asyncio
import os
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from statistics import mean

from bench.measure import usage
from bench.report import Row, publish
from bench.setup import configuration
from bench.site import site

FEEDS, ENTRIES = (501, 5001), 20  # one more than is counted
WARM_DAYS = [30, 60, 90]  # on which newswatch is told it is, so that every feed is due again
TARGET = 1.8


async def newswatch(config_path: Path, ahead: timedelta) -> None:
    """Poll every feed that is due at now + `ahead`."""
    from newswatch.app import App, open_database
    from newswatch.clock import system_now
    from newswatch.config import load_config
    from newswatch.store import feeds, migrate

    config = load_config(config_path, environ=os.environ)
    database = open_database(config)
    migrate.upgrade(database)
    async with App(config, database=database, now=lambda: system_now() + ahead) as app:
        context = app.context
        await database.write(feeds.sync_configured, config.feed_values, new_id=context.new_id, now=context.now())
        poll = app.pipeline.poll
        started = 0
        while claimed := await poll.tick():
            await poll.wait()
            started += claimed
            if started > len(config.feeds):
                raise RuntimeError("feeds stay due after they were polled")


def reader(path: Path, base: str, feeds: int) -> None:
    """Add the feeds if they are not there, and poll all of them."""
    import feedparser_sgmllib

    # reader brings a feedparser of its own that wants sgmllib by its old name; this is the same code, as a wheel.
    sys.modules.setdefault("sgmllib", feedparser_sgmllib)
    from reader import make_reader

    with make_reader(str(path)) as store:
        for number in range(feeds):
            store.add_feed(f"{base}/feed/{number}", exist_ok=True)
        for _url, value in store.update_feeds_iter(scheduled=False, workers=10):
            if isinstance(value, Exception):
                raise value


def _newswatch_cpu_s(config: Path, *, days: int) -> float:
    return usage(sys.executable, "-m", "bench.polling", "newswatch", str(config), str(days)).cpu_s


def _reader_cpu_s(path: Path, base: str, feeds: int) -> float:
    return usage(sys.executable, "-m", "bench.polling", "reader", str(path), base, str(feeds)).cpu_s


def _check(folder: Path, feeds: int) -> None:
    import sqlite3

    with sqlite3.connect(folder / "newswatch.db") as database:
        ours = database.execute("SELECT count(*) FROM entry").fetchone()[0]
        warm = database.execute(
            "SELECT count(*) FROM feed WHERE polls = ? AND fail_count = 0", [1 + len(WARM_DAYS)]
        ).fetchone()[0]
    with sqlite3.connect(folder / "reader.db") as database:
        theirs = database.execute("SELECT count(*) FROM entries").fetchone()[0]
    if not (ours == theirs == feeds * ENTRIES and warm == feeds):
        raise RuntimeError(
            f"entries: newswatch {ours}, reader {theirs}; {warm} feeds polled each time; the figures would be wrong"
        )


def _measure(feeds: int) -> tuple[dict[str, float], dict[str, float]]:
    """Return the CPU seconds of newswatch and of reader, cold and warm, for all feeds but one."""
    ours, theirs = {}, {}
    with tempfile.TemporaryDirectory() as name, site(feeds, ENTRIES, pages=False) as base:
        folder = Path(name)
        one, many = configuration(folder / "one", base, 1), configuration(folder, base, feeds)
        for round_, all_days in (("cold", [0]), ("warm", WARM_DAYS)):
            ours[round_] = mean(
                _newswatch_cpu_s(many, days=days) - _newswatch_cpu_s(one, days=days) for days in all_days
            )
            theirs[round_] = mean(
                _reader_cpu_s(folder / "reader.db", base, feeds) - _reader_cpu_s(folder / "one.db", base, 1)
                for _ in all_days
            )
        _check(folder, feeds)
    return ours, theirs


def run() -> None:
    """Measure and publish."""
    rows: list[Row] = []
    data: dict[str, object] = {}
    for feeds in FEEDS:
        counted = feeds - 1
        ours, theirs = _measure(feeds)
        data[str(counted)] = {"newswatch_cpu_s": ours, "reader_cpu_s": theirs}
        for round_, what in (("cold", "everything is new"), ("warm", "nothing is new (304)")):
            ratio = theirs[round_] / ours[round_]
            name = f"{counted:,} feeds {round_}"
            rows += [
                Row(f"{name}, {what}: reader", f"{counted / theirs[round_]:.0f} feeds per CPU second"),
                Row(f"{name}, {what}: newswatch", f"{counted / ours[round_]:.0f} feeds per CPU second"),
                Row(f"{name}: ratio", f"{ratio:.2f}", f"at least {TARGET}", ratio >= TARGET),
            ]
    publish("polling", f"Polling feeds of {ENTRIES} entries", rows, data)


if __name__ == "__main__":
    if sys.argv[1] == "newswatch":
        asyncio.run(newswatch(Path(sys.argv[2]), timedelta(days=int(sys.argv[3]))))
    else:
        reader(Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
