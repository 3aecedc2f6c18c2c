"""Feeds that newswatch writes: valid, whole at every moment, one entry for a story with a stable id."""

import asyncio
import json
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from newswatch.collect.feed import parse_feed
from newswatch.model import AttemptResult, FeedDocument, Message, Notice, NotificationKind, Outcome
from newswatch.notify.channels.feed import FeedChannel
from newswatch.notify.listing import compose_listing, line_of
from newswatch.notify.settings import FeedDestination
from tests.notify.feed_rules import atom_problems, json_feed_problems
from tests.notify.hostile import HEADLINES, hostile
from tests.notify.values import NOW, article, delivery, follow_up, message


def to_folder(path: Path, **changes: Any) -> FeedChannel:
    return FeedChannel(FeedDestination.model_validate({"type": "feed", "folder": str(path), **changes}))


async def put(channel: FeedChannel, value: Message, number: int) -> AttemptResult:
    """Send a message; `number` orders deliveries as their ULIDs do."""
    key = f"01KEV{number:021}"
    rendered = channel.render(value, key=key, now=NOW + timedelta(seconds=number))
    return await channel.send(delivery(rendered, key=key))


def feed(path: Path, name: str) -> dict[str, Any]:
    """Return a JSON feed after a check of both files."""
    data = (path / f"{name}.json").read_bytes()
    assert json_feed_problems(data) == []
    assert atom_problems((path / f"{name}.atom").read_bytes()) == []
    document: dict[str, Any] = json.loads(data)
    return document


def titles(path: Path, name: str) -> list[str]:
    return [item["title"] for item in feed(path, name)["items"]]


async def test_a_story_stands_in_the_feed_of_everything_and_of_each_of_its_rules(tmp_path: Path) -> None:
    channel = to_folder(tmp_path / "new" / "feeds", title="Desk", url="https://news.example/feeds/")

    result = await put(channel, message(article(1, language="ko", headline="정상회담")), 1)

    folder = tmp_path / "new" / "feeds"
    everything, summit = feed(folder, "all"), feed(folder, "rules/summit")
    assert (result.outcome, result.provider_id) == (Outcome.DELIVERED, everything["items"][0]["id"])
    assert everything["items"] == summit["items"], "the same entry has the same id everywhere"
    assert (everything["title"], summit["title"]) == ("Desk", "Desk: Summit")
    assert summit["feed_url"] == "https://news.example/feeds/rules/summit.json"
    assert everything["_newswatch"]["id"] != summit["_newswatch"]["id"]
    item = summit["items"][0]
    assert {name: item[name] for name in ("url", "title", "language", "tags", "authors", "date_published")} == {
        "url": "https://news.example/1",
        "title": "정상회담",
        "language": "ko",
        "tags": ["high", "summit"],
        "authors": [{"name": "Source 1"}],
        "date_published": "2026-01-13T05:17:01Z",
    }
    assert "The leaders met in <mark>Nara</mark>." in item["content_html"]
    assert sorted(path.name for path in folder.rglob("*") if path.is_file()) == [
        "all.atom", "all.json", "summit.atom", "summit.json",
    ]  # fmt: skip


async def test_feed_readers_read_both(tmp_path: Path) -> None:
    await put(to_folder(tmp_path, url="https://news.example/"), message(), 1)

    for name in ("all.atom", "all.json"):
        url = f"https://news.example/{name}"
        read = parse_feed((tmp_path / name).read_bytes(), url=url, content_type=None, now=NOW)
        assert isinstance(read, FeedDocument)
        assert (read.self_url, read.notes) == (url, ())
        assert [(entry.title, entry.link) for entry in read.entries] == [("Headline 1", "https://news.example/1")]


async def test_a_follow_up_changes_the_entry_of_its_story(tmp_path: Path) -> None:
    channel = to_folder(tmp_path)
    await put(channel, message(), 1)
    await put(channel, replace(message(article(9)), story_id=8), 2)
    before = feed(tmp_path, "all")

    await put(channel, follow_up(ref="x"), 3)

    after = feed(tmp_path, "all")
    assert after["_newswatch"]["id"] == before["_newswatch"]["id"]
    assert titles(tmp_path, "all") == ["Headline 1", "Headline 9"], "what has changed comes first"
    old, new = before["items"][1], after["items"][0]
    assert (new["id"], new["date_published"]) == (old["id"], old["date_published"])
    assert new["date_modified"] > old["date_modified"]
    assert "1 → 3 sources" in new["content_html"]
    assert new["content_html"].index("Leaders sign") < new["content_html"].index("Headline 2"), "the newest first"


async def test_an_old_message_sent_again_changes_nothing(tmp_path: Path) -> None:
    channel = to_folder(tmp_path)
    await put(channel, follow_up(ref="x"), 2)
    before = (tmp_path / "all.json").read_bytes()

    assert (await put(channel, message(), 1)).outcome is Outcome.DELIVERED
    assert (await put(channel, follow_up(ref="x"), 2)).outcome is Outcome.DELIVERED

    assert (tmp_path / "all.json").read_bytes() == before


async def test_a_feed_keeps_what_changed_last(tmp_path: Path) -> None:
    channel = to_folder(tmp_path, entries=3)
    for number in range(1, 6):
        await put(channel, replace(message(article(number)), story_id=number), number)

    assert titles(tmp_path, "all") == ["Headline 5", "Headline 4", "Headline 3"]


async def test_digests_and_notices_have_feeds_of_their_own(tmp_path: Path) -> None:
    channel = to_folder(tmp_path)
    digest = compose_listing(NotificationKind.DIGEST, "Daily digest", [line_of(message())], ends_at=NOW)
    about = Notice("dead_letters", "desk", ("3 messages were given up",), "repair it")
    notice = replace(message(), kind=NotificationKind.OPS, story_id=None, headline="Given up", url=None, notice=about)
    await put(channel, digest, 1)
    await put(channel, notice, 2)
    await put(channel, replace(notice, notice=replace(about, over=True)), 3)

    assert titles(tmp_path, "digests") == ["Daily digest · 2026-01-13 05:17 UTC"]
    assert "Headline 1" in feed(tmp_path, "digests")["items"][0]["content_html"]
    assert titles(tmp_path, "notices") == ["Over: Given up", "newswatch: Given up"]
    assert not (tmp_path / "all.json").exists()


async def test_every_headline(tmp_path: Path) -> None:
    channel = to_folder(tmp_path, entries=1000)
    for number, headline in enumerate(HEADLINES):
        assert (await put(channel, replace(hostile(headline), story_id=number), number)).outcome is Outcome.DELIVERED

    assert len(feed(tmp_path, "all")["items"]) == len(HEADLINES)


async def test_a_look_tells_what_a_lost_answer_hid(tmp_path: Path) -> None:
    channel = to_folder(tmp_path)
    rendered = channel.render(message(), key="01KEV1", now=NOW)
    task = delivery(rendered, key="01KEV1")

    async def look() -> Outcome | None:
        found = await channel.reconcile(task)
        return None if found is None else found.outcome

    assert await look() is Outcome.RETRY
    await channel.send(task)
    assert await look() is Outcome.DELIVERED
    (tmp_path / "rules" / "summit.json").unlink()
    assert await look() is Outcome.RETRY, "a crash between two feeds leaves the second without it"
    await channel.send(task)
    assert (len(feed(tmp_path, "all")["items"]), len(feed(tmp_path, "rules/summit")["items"])) == (1, 1)


async def test_what_somebody_else_wrote_stays(tmp_path: Path) -> None:
    for there in ("not json", "[]", '{"items": []}'):
        (tmp_path / "all.json").write_text(there)
        result = await put(to_folder(tmp_path), message(), 1)
        looked = await to_folder(tmp_path).reconcile(delivery(to_folder(tmp_path).render(message(), key="1", now=NOW)))

        assert result.outcome is Outcome.RETRY
        assert "all.json is no feed of newswatch; move it away" in result.detail
        assert looked is not None
        assert looked.outcome is Outcome.AMBIGUOUS
        assert (tmp_path / "all.json").read_text() == there


async def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    result = await put(to_folder(tmp_path / "file"), message(), 1)

    assert result.outcome is Outcome.RETRY
    assert "cannot be written: " in result.detail


async def test_a_failed_write_leaves_the_old_feed(tmp_path: Path) -> None:
    channel = to_folder(tmp_path)
    await put(channel, message(), 1)
    before = {path: path.read_bytes() for path in tmp_path.glob("all.*")}
    (tmp_path / ".all.atom.new").mkdir()

    result = await put(channel, follow_up(ref="x"), 2)

    assert result.outcome is Outcome.RETRY
    assert {path: path.read_bytes() for path in tmp_path.glob("all.*")} == before


async def test_several_writers_lose_nothing_and_readers_see_whole_files(tmp_path: Path) -> None:
    writers = [to_folder(tmp_path, entries=100) for _ in range(3)]
    await put(writers[0], replace(message(), story_id=99), 99)
    done = asyncio.Event()

    async def watch() -> int:
        seen = 0
        while not done.is_set():
            assert atom_problems(await asyncio.to_thread((tmp_path / "all.atom").read_bytes)) == []
            seen += 1
        return seen

    watching = asyncio.create_task(watch())
    await asyncio.gather(
        *(put(writers[number % 3], replace(message(), story_id=number), number) for number in range(20))
    )
    done.set()

    assert await watching > 0
    assert len(feed(tmp_path, "all")["items"]) == 21


async def test_others_may_read_them(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        await put(to_folder(tmp_path), message(), 1)
    finally:
        os.umask(before)

    assert {path.stat().st_mode & 0o777 for path in tmp_path.rglob("*.*")} == {0o644}


@pytest.mark.parametrize("changes", [{"url": "ftp://x/"}, {"url": "https://"}, {"entries": 0}, {"folder": None}])
def test_settings_are_checked(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        FeedDestination.model_validate({"type": "feed", "folder": "f", **changes})
