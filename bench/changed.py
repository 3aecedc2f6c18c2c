"""A feed of which little is new: reading it, beside feedparser on the same bytes.

A body that is the same as last time is not parsed at all; this is the other case, 2 new entries of 25. newswatch's part
is everything up to entries that can be stored (dates, links, cleaned texts); feedparser's is `feedparser.parse` alone,
once as it is and once without its sanitiser and link resolver, which is how newswatch uses it for damaged feeds.
"""

import io
import time
from collections.abc import Callable
from datetime import UTC, datetime

import feedparser

from bench.content import feed
from bench.report import Row, publish
from newswatch.collect.feed import parse_feed

ENTRIES, NEW = 25, 2
TARGET = 5.0
_ROUNDS, _CALLS = 9, 20
_NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


def _document() -> bytes:
    """Return the feed after `NEW` entries have come and as many have gone."""
    whole = feed(0, ENTRIES + NEW, base="http://a.example")
    head, *items = whole.split(b"<item>")
    tail = items[-1].partition(b"</item>")[2]
    kept = [item.partition(b"</item>")[0] for item in items[-ENTRIES:]]
    return head + b"".join(b"<item>" + item + b"</item>" for item in kept) + tail


def _cpu_ms(work: Callable[[], object]) -> float:
    began = time.process_time()
    for _ in range(_CALLS):
        work()
    return (time.process_time() - began) / _CALLS * 1000


def run() -> None:
    """Measure and publish."""
    body = _document()
    headers = {"content-type": "application/xml; charset=utf-8"}
    works: dict[str, Callable[[], object]] = {
        "newswatch": lambda: parse_feed(body, url="http://a.example/feed/0", content_type=None, now=_NOW),
        "feedparser": lambda: feedparser.parse(io.BytesIO(body), response_headers=headers),
        "feedparser, bare": lambda: feedparser.parse(
            io.BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        ),
    }
    best: dict[str, float] = {}
    for _ in range(_ROUNDS):  # by turns, the best of each: others use the machine too
        for name, work in works.items():
            best[name] = min(_cpu_ms(work), best.get(name, float("inf")))
    rows = [Row(name, f"{cpu_ms:.2f} ms") for name, cpu_ms in best.items()]
    for name, target in (("feedparser", TARGET), ("feedparser, bare", None)):
        ratio = best[name] / best["newswatch"]
        met = None if target is None else ratio >= target
        rows.append(Row(f"ratio to {name}", f"{ratio:.1f}", "" if target is None else f"at least {target:g}", met))
    publish("changed", f"Reading a feed of {ENTRIES} entries, {NEW} of them new", rows, {"bytes": len(body), **best})
