"""The whole flow, from feeds in the demo world to messages in Slack, mail and webhook, with the real program."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from newswatch.store.tables import alert, article, feed, rule_match, story
from tests.durability.nursery import ROOT, Nursery
from tests.durability.scene import Scene, until

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def scene(tmp_path: Path, database_url: str) -> Iterator[Scene]:
    with Scene(tmp_path, database_url) as started:
        yield started


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as started:
        yield started


@pytest.fixture
def embedded(tmp_path: Path, make_database: Callable[[str], str]) -> Iterator[Scene]:
    with Scene(tmp_path, make_database("sqlite")) as started:
        yield started


def newswatch(scene: Scene, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    command = [sys.executable, "-m", "newswatch", *arguments, "--config", str(scene.config)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=120)


@contextmanager
def program(scene: Scene) -> Iterator[Callable[[], str]]:
    """Give the log of the program itself, started as a user would; in the end it is stopped and all has to be well."""
    log = scene.folder / "daemon.log"
    command = [sys.executable, "-m", "newswatch", "run", "--json", "--config", str(scene.config)]
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=ROOT)
    try:
        yield lambda: log.read_text(encoding="utf-8")
        process.terminate()
        assert process.wait(25) == 0, log.read_text(encoding="utf-8")
    finally:
        process.kill()
        process.wait()


@contextmanager
def daemon(scene: Scene, nursery: Nursery) -> Iterator[Callable[[], str]]:
    """Do the same, but quicker: give the log of a daemon whose program is in memory already."""
    life = nursery.start(scene.config)
    yield life.output
    assert life.stop(25) == 0, life.output()


def test_everything_that_is_published_is_told_once(scene: Scene) -> None:
    with program(scene) as log:
        until(scene.first_polls, 60, log=log)
        while scene.world.publish(12):
            until(scene.unfinished, 60, log=log)
    truth = scene.world.truth()
    assert truth == scene.world.truth(planned=True)
    assert len(truth.alerts) == 15, "the demo is not empty"
    scene.check()
    assert [line for line in _logged(log()) if line["level"] in ("error", "critical")] == []


def test_what_was_there_before_the_first_poll_is_flagged_and_not_told(embedded: Scene, nursery: Nursery) -> None:
    with daemon(embedded, nursery) as log:
        until(embedded.first_polls, 60, log=log)
        until(embedded.unfinished, 60, log=log)
    matched = article.join(rule_match, rule_match.c.article_id == article.c.id)
    told = matched.join(alert, alert.c.article_id == article.c.id)
    flagged = embedded.rows(select(article.c.url, alert.c.suppressed).select_from(told))
    assert [row.url.rsplit("/", 1)[1] for row in flagged] == ["en-kj-invitation"]
    assert [row.suppressed for row in flagged] == ["backfill"]
    assert embedded.world.slack_messages() == []
    assert embedded.world.mails() == []
    assert embedded.world.webhooks()["received"] == {}
    embedded.check()


def test_copies_join_their_story_and_are_not_told_again(embedded: Scene, nursery: Nursery) -> None:
    with daemon(embedded, nursery) as log:
        until(embedded.first_polls, 60, log=log)
        original = embedded.world.publish_keys("en-kj-plan")
        until(embedded.unfinished, 60, log=log)
        assert len(embedded.world.slack_messages()) == 1
        copies = embedded.world.publish_keys("en-kj-plan-harrow", "en-kj-plan-lantern")
        until(embedded.unfinished, 60, log=log)
    assert len(original) == 1
    assert len(copies) == 2
    embedded.check()
    counts = select(story.c.article_count, story.c.source_count).where(story.c.article_count > 1)
    assert embedded.rows(counts) == [(3, 3)]


def test_copies_that_arrive_in_time_are_counted_in_the_message(
    tmp_path: Path, make_database: Callable[[str], str], nursery: Nursery
) -> None:
    settings = {"alerts": {"group_wait": "5s", "group_wait_flash": "5s"}}
    with Scene(tmp_path, make_database("sqlite"), settings=settings) as scene:
        with daemon(scene, nursery) as log:
            until(scene.first_polls, 60, log=log)
            scene.world.publish_keys("en-kj-plan", "en-kj-plan-harrow", "en-kj-plan-lantern")
            until(scene.unfinished, 60, log=log)
        scene.check()
        text = scene.world.slack_messages()[0]["text"]
        assert "Kestrel Wire" in text
        assert "Harrow Bay Herald" in text
        assert "Lantern Rock Bulletin" in text


def test_run_once_does_what_is_due_and_ends(scene: Scene) -> None:
    def due() -> str | None:
        waiting = max(scene.column(select(feed.c.next_poll_at)))
        return None if waiting <= datetime.now(UTC) else f"feeds are due at {waiting}"

    first = newswatch(scene, "run", "--once")
    assert first.returncode == 0, first.stderr
    assert scene.unfinished() is None
    assert scene.world.slack_messages() == [], "the first poll is no news"
    scene.world.publish_all()
    until(due, 60)
    second = newswatch(scene, "run", "--once")
    assert second.returncode == 0, second.stderr
    scene.check()


def test_broken_feeds_stop_neither_each_other_nor_the_rest(embedded: Scene, nursery: Nursery) -> None:
    with daemon(embedded, nursery) as log:
        until(embedded.first_polls, 60, log=log)
        until(embedded.unfinished, 60, log=log)
        broken = {
            "kestrel": ["500"] * 3,
            "harrow": ["html"] * 3,
            "gaon": ["empty"] * 3,
            "shioji": ["broken"] * 3,
            "mulbit": ["reset"] * 3,
            "yundu": ["cut"] * 3,
        }
        embedded.world.faults(feeds=broken)
        embedded.world.publish_all()
        whole = {url for url in embedded.world.truth().articles if not any(f"/{name}/" in url for name in broken)}

        def missing() -> str | None:
            unstored = whole - set(embedded.column(select(article.c.url)))
            return f"not stored: {unstored}" if unstored else None

        until(missing, 60, log=log)
        until(embedded.unfinished, 60, log=log)
    embedded.check()
    failed = {line["feed"]: line["reason"] for line in _logged(log()) if line["message"] == "feed failed"}
    assert {"Kestrel Wire", "Harrow Bay Herald", "가온누리일보", "물빛통신", "云渡观察"} <= set(failed), failed


def _logged(text: str) -> list[dict[str, str]]:
    """Return the log lines; what the terminal destination prints stands between them."""
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]
