"""What it costs to find an article's copies and its story among many stored ones, in CPU time and bytes."""

import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert

from bench.content import article
from bench.report import Row, publish
from bench.stories.newsdesk import newsdesk
from bench.stories.sets import Labelled
from newswatch.clock import VirtualClock
from newswatch.flag.matching import Engine
from newswatch.flag.ruleset import RuleSet
from newswatch.group.settings import StorySettings
from newswatch.group.similarity import sampled
from newswatch.group.terms import weigh, word_counts
from newswatch.ids import IdSource
from newswatch.model import Centroid, Sample
from newswatch.store import events
from newswatch.store import shingles as stored
from newswatch.store.tables import article as articles

STORED = 100_000
_BATCH, _ASKED = 1_000, 200
MOST_LOOK_UP_MS, MOST_ASSIGNMENT_MS, MOST_BYTES = 1.0, 10.0, 350


def _text(number: int) -> tuple[str, str]:
    title, paragraphs = article(2 * number + 1)  # none about the summit
    return title, "\n\n".join(paragraphs)


def _fill(connection: Connection, first: int, new_id: IdSource, clock: VirtualClock) -> None:
    """Let there be a thousand further stories of one article."""
    samples = {}
    known: dict[int, int] = {}
    for number in range(first, first + _BATCH):
        title, text = _text(number)
        words = word_counts(title, text, "en")
        known = known or events.counts(connection, words)
        if number < _BATCH:
            events.count(connection, words, number)
        article_id = new_id()
        samples[article_id] = sampled(text, "en")
        events.add(connection, Centroid(article_id, article_id, "en", 1, clock(), 0, weigh(words, (), known)))
    stored.index(connection, samples)
    connection.execute(insert(articles), [_row(article_id, own, clock()) for article_id, own in samples.items()])


def _row(article_id: int, sample: Sample, now: datetime) -> dict[str, Any]:
    """Return a row of an article with what is read of one that may be a copy."""
    return {
        "id": article_id,
        "source_name": "The Lantern",
        "display_headline": "A headline of some words",
        "language": "en",
        "language_confidence": 1.0,
        "authors": [],
        "paywall": False,
        "word_count": 500,
        "tier": 2,
        "backfill": False,
        "first_seen_at": now,
        "current_version_id": article_id,
        "shingles": stored.pack(sample),
    }


def _size(path: Path, tables: tuple[str, ...]) -> int:
    with sqlite3.connect(path) as database:
        names = ", ".join("?" * len(tables))
        query = f"SELECT sum(pgsize) FROM dbstat WHERE name IN ({names})"
        size: int = database.execute(query, tables).fetchone()[0]
        return size


def _cpu_ms(work: Callable[[], object]) -> float:
    """Return the CPU time of each of the articles that `work` looks at, the better of two rounds."""
    best = float("inf")
    for _ in range(2):
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return 1000 * best / _ASKED


def run() -> None:
    """Measure and publish."""
    clock = VirtualClock(datetime(2026, 1, 13, tzinfo=UTC))
    with newsdesk(Engine(RuleSet()), Labelled("", "", "", "en", clock()), StorySettings(events="all")) as desk:
        for first in range(0, STORED, _BATCH):
            with desk.database.writing() as connection:
                _fill(connection, first, desk.new_id, clock)
        path = desk.database.path
        assert path is not None
        texts = [Labelled("", *_text(number), "en", clock()) for number in range(STORED, STORED + _ASKED)]
        wanted = [
            stored.Wanted(desk.new_id(), sampled(_text(STORED - 1 - number)[1], "en"), clock())
            for number in range(_ASKED)
        ]
        with desk.database.reading() as connection:
            look_up = _cpu_ms(lambda: stored.neighbours(connection, wanted))
        desk.store(texts)
        began = time.process_time()
        desk.place()
        assignment = 1000 * (time.process_time() - began) / _ASKED
        size = _size(path, ("article_shingle",)) / STORED
        compared = _size(path, ("story_term", "story_vector")) / STORED
    publish(
        "stories",
        f"Copies and stories among {STORED:,} stored articles (SQLite)",
        [
            Row(
                "look-up of copies",
                f"{look_up:.2f} ms CPU an article",
                f"at most {MOST_LOOK_UP_MS:g} ms",
                look_up <= MOST_LOOK_UP_MS,
            ),
            Row(
                "index of copies",
                f"{size:.0f} bytes an article",
                f"at most {MOST_BYTES} bytes",
                size <= MOST_BYTES,
            ),
            Row(
                "story of an article, all in all",
                f"{assignment:.2f} ms CPU",
                f"under {MOST_ASSIGNMENT_MS:g} ms",
                assignment < MOST_ASSIGNMENT_MS,
            ),
            Row("centroids and their terms", f"{compared:.0f} bytes a story in the window"),
        ],
        {"stored": STORED, "look_up_ms": look_up, "assignment_ms": assignment, "bytes": size},
    )
