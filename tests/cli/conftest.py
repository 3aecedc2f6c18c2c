import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from newswatch.cli.main import main
from newswatch.ids import IdSource
from newswatch.model import (
    AlertDecision,
    Article,
    Assignment,
    CreditedSource,
    Evidence,
    Feed,
    Match,
    NotificationKind,
    Published,
    Relation,
    RemovedText,
    Severity,
)
from newswatch.store import alerts, deliveries, feeds, matches
from newswatch.store.database import Database
from newswatch.store.migrate import upgrade
from tests.store.filling import join_story, store_article

NOW = datetime.now(UTC)
HEADLINE = "Leaders of two neighbours meet in Nara \x1b[31mtoday"
TEXT = "The two leaders met in Nara on Tuesday.\n\n두 정상은 나라에서 정상회담을 했다."

CONFIG = """
[database]
url = "sqlite:///nw.db"
[destinations.desk]
type = "terminal"
[[routes]]
to = ["desk"]
[[feeds]]
url = "https://lantern.example/rss"
name = "The Lantern"
"""


@dataclass(frozen=True)
class Ran:
    """What a command printed and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture(autouse=True)
def _restore_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    for name in ("NEWSWATCH_CONFIG", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)

    def run_command(*arguments: str | int) -> Ran:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return Ran(code, printed.out, printed.err)

    return run_command


@pytest.fixture
def configured(tmp_path: Path) -> Path:
    """A configuration file with an SQLite database that is not there yet."""
    path = tmp_path / "newswatch.toml"
    path.write_text(CONFIG, encoding="utf-8")
    path.chmod(0o600)
    return path


@dataclass(frozen=True)
class Filled:
    """Ids of what the database holds."""

    feed: int
    article: int
    story: int
    alert: int
    delivery: int


@pytest.fixture
def filled(configured: Path, tmp_path: Path) -> Filled:
    """One of everything: a failing feed, an article, its match, story, alert and delivery."""
    database = Database(f"sqlite:///{tmp_path}/nw.db")
    upgrade(database)
    new_id = IdSource(lambda: NOW)
    feed_id = new_id()
    with database.writing() as connection:
        feeds.add(connection, Feed(0, "https://dusk.example/rss", "Dusk", origin="cli"), feed_id=feed_id, now=NOW)
        feeds.log_polls(
            connection,
            [(feed_id, feeds.PollRecord("dns", None, 0.1, detail="no such host"))],
            new_id=new_id,
            now=NOW,
        )
        stored = store_article(
            connection,
            _article(),
            url_keys=["key"],
            shingles=frozenset({1, 2}),
            backfill=False,
            first_seen_at=NOW,
            known_id=None,
            new_id=new_id,
            now=NOW,
        )
        assert stored.version_id is not None
        found = _match()
        matches.remember_rule(
            connection, rule_hash=found.rule_hash, rule_id=found.rule_id, name="Summit", definition={}, now=NOW
        )
        matches.store(
            connection,
            found,
            article_id=stored.article_id,
            version_id=stored.version_id,
            engine_version="1",
            new_id=new_id,
            now=NOW,
        )
        story_id = join_story(
            connection,
            Assignment(None, Relation.ORIGIN, 0.0, None, "first of its story"),
            article_id=stored.article_id,
            headline=HEADLINE,
            language="en",
            new_id=new_id,
            now=NOW,
        )
        alert_id = alerts.open_alert(
            connection,
            found,
            AlertDecision(("desk",), NOW, None, "route 1 to desk"),
            story_id=story_id,
            article_id=stored.article_id,
            new_id=new_id,
            now=NOW,
        )
        notification_id = alerts.notify(
            connection,
            kind=NotificationKind.NEW,
            dedupe_key="new/1",
            story_id=story_id,
            alert_ids=[alert_id],
            payload=None,
            new_id=new_id,
            now=NOW,
        )
        assert notification_id is not None
        delivery_id = new_id()
        deliveries.add(
            connection,
            delivery_id=delivery_id,
            notification_id=notification_id,
            dedupe_key="new/1",
            destination="desk",
            due_at=NOW + timedelta(minutes=5),
            now=NOW,
        )
    database.close()
    return Filled(feed_id, stored.article_id, story_id, alert_id, delivery_id)


def _article() -> Article:
    return Article(
        text=TEXT,
        title=HEADLINE,
        display_headline=HEADLINE,
        language="en",
        language_confidence=0.9,
        method="trafilatura",
        method_reason="longest",
        url="https://dusk.example/1",
        authors=("Ada Reyes",),
        published=Published("minute", "json-ld", at=NOW - timedelta(hours=1)),
        source_name="Dusk",
        credited=(CreditedSource("The Lantern", 0, 3, "citing"),),
        word_count=8,
        removed=(RemovedText("Share this", "share_bar", 3),),
    )


def _match() -> Match:
    return Match(
        rule_id="summit",
        rule_name="Summit",
        rule_hash="abc",
        severity=Severity.HIGH,
        score=40,
        threshold=30,
        tags=("diplomacy",),
        evidence=(Evidence("title", 11, 14, "two", "two"),),
        evidence_total=1,
        why=("“two” and “meet” within 5 words",),
    )
