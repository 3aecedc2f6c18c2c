"""What faults must not do: the whole pipeline between faulty servers and a virtual clock. Names begin with the row."""

import asyncio
import gzip
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from newswatch.citizen.scene import ETAG, FEED_URL, Scene, rss, scene
from newswatch.citizen.scripted import Answer, Seen, Wire, answer
from newswatch.model import FeedKind, HealthState
from newswatch.store import feeds
from newswatch.store.tables import entry
from tests.conftest import MakeDatabase

ROOT = Path(__file__).parents[2]
ELSEWHERE = {"F35": ("durability/test_kills.py", "durability/test_starvation.py")}


def test_every_row_has_its_tests() -> None:
    sources = {path: path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")}
    names = re.findall(r"def test_(\w+)", "\n".join(sources.values()))
    tested = {f"F{number}" for name in names for number in re.findall(r"(?:\A|_)f(\d\d)(?=_|\Z)", name)}
    tested |= {case[0] for case in FAULTS}
    for row, files in ELSEWHERE.items():
        if all("def test_" in sources[ROOT / "tests" / name] for name in files):
            tested.add(row)
    assert sorted(tested) == [f"F{number:02}" for number in range(1, 37)]


MakeScene = Callable[..., AbstractAsyncContextManager[Scene]]


@pytest.fixture
def make(tmp_path: Path, make_database: MakeDatabase) -> MakeScene:
    def made(**http: Any) -> AbstractAsyncContextManager[Scene]:
        return scene(tmp_path, Path(make_database("sqlite").removeprefix("sqlite:///")), **http)

    return made


@pytest.fixture
async def stage(make: MakeScene) -> AsyncIterator[Scene]:
    async with make() as opened:
        yield opened


# --- whatever a server does ------------------------------------------------------------------------------------------


async def _drops_of_head(_: Seen, wire: Wire) -> None:
    for byte in b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 10_000:
        await wire.send(bytes([byte]))
        await asyncio.sleep(0.05)


async def _drops_of_body(_: Seen, wire: Wire) -> None:
    await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        await wire.send(b"x")
        await asyncio.sleep(0.05)


async def _silence(_: Seen, wire: Wire) -> None:
    await wire.closed()


async def _reset(_: Seen, wire: Wire) -> None:
    wire.reset()


LOOP = answer(302, b"", b"Location: " + FEED_URL.encode())
LAUGHS = (
    b"<!DOCTYPE rss [<!ENTITY a 'ha'>"
    + b"".join(b"<!ENTITY %c '%s'>" % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
    + b"]><rss><channel><title>&j;</title></channel></rss>"
)
BOMB = gzip.compress(bytes(2_000_000), mtime=0)
FAULTS: list[tuple[str, Answer, str]] = [
    ("F01", _drops_of_head, "deadline"),
    ("F02", _drops_of_body, "deadline"),
    ("F03", _silence, "deadline"),
    ("F03", _reset, "reset"),
    ("F05", answer(200, bytes(300_000)), "too_large"),
    ("F05", answer(200, bytes(300_000), b"Connection: close", length=False), "too_large"),
    ("F06", answer(200, BOMB, b"Content-Encoding: gzip"), "too_large"),
    ("F07", answer(200, gzip.compress(rss("x"), mtime=0)[:-9], b"Content-Encoding: gzip"), "truncated"),
    ("F07", b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\nConnection: close\r\n\r\n" + rss("x"), "truncated"),
    ("F09", LOOP, "redirect"),
    ("F09", answer(302), "redirect"),
    ("F10", answer(302, b"", b"Location: file:///etc/passwd"), "scheme"),
    ("F11", answer(302, b"", b"Location: http://169.254.169.254/latest/meta-data/"), "blocked_address"),
    ("F12", answer(302, b"", b"Location: http://2130706433/"), "blocked_address"),
    ("F14", answer(200, LAUGHS), "entities"),
    ("F21", answer(200, b"<!doctype html><html><title>Sorry</title></html>"), "not_a_feed"),
    ("F22", answer(200, b'{"version": "https://jsonfeed.org/version/1.1", "items": [{"id"'), "unparsable"),
    ("F36", answer(204), "http"),
    ("F36", answer(206, rss("x")), "http"),
    ("F36", answer(300), "http"),
    ("F36", answer(418), "http"),
    ("F36", answer(520), "http"),
    ("F36", answer(200, rss("x"), b"X-Long: " + b"x" * 200_000), "protocol"),
    ("F36", answer(200, rss("x"), *(b"X-%d: x" % n for n in range(3000))), "protocol"),
    ("F36", answer(200, b""), "empty"),
]


@pytest.mark.parametrize(("row", "fault", "reason"), FAULTS)
async def test_a_fault_costs_nothing_but_its_own_poll(row: str, fault: Answer, reason: str, make: MakeScene) -> None:
    quick = {"total_timeout": "5s", "read_timeout": "4s", "max_feed_size": 200_000}
    async with make(**quick) as stage:
        good = answer(200, rss("a", "b"), ETAG, b"Connection: close")
        await stage.add(FEED_URL, good, fault, answer(304))
        sister = await stage.add("http://sister.example/rss", answer(200, rss("s"), ETAG), answer(304))
        if fault is LOOP:
            stage.server.on(FEED_URL, good, *[LOOP] * 11, answer(304))
        await stage.poll()
        before = await stage.entry_rows()
        due = (await stage.feed(sister)).next_poll_at
        await stage.fresh()
        broken = await stage.feed()
        assert (broken.last_reason, broken.fail_count) == (reason, 1), broken.last_error
        assert broken.etag == b'"abc-1"'
        assert await stage.entry_rows() == before
        errors = await stage.database.read(feeds.recent_errors, since=stage.clock() - timedelta(days=1), limit=5)
        assert [error["outcome"] for error in errors] == [reason]
        assert due is not None
        asked = [seen.at for seen in stage.asked(sister)][1:] or [(await stage.fresh(sister)).at]
        assert asked[0] - due < timedelta(seconds=5)
        await stage.fresh()
        healed = await stage.feed()
        assert (healed.fail_count, healed.last_reason, healed.health) == (0, None, HealthState.OK)


# --- what feeds do with their entries --------------------------------------------------------------------------------


def item(title: str, guid: str, link: str, day: int = 1, text: str = "") -> str:
    return (
        f"<item><title>{title}</title><guid isPermaLink='false'>{guid}</guid><link>{link}</link>"
        f"<description>{text}</description><pubDate>{day:02} Mar 2026 08:00:00 GMT</pubDate></item>"
    )


def feed_of(*items: str) -> bytes:
    return answer(200, f"<rss version='2.0'><channel><title>n</title>{''.join(items)}</channel></rss>".encode())


async def titles(stage: Scene) -> dict[str, int]:
    return {row[1]: row[2] for row in await stage.entry_rows()}


async def test_f25_a_guid_used_again_brings_a_new_entry(stage: Scene) -> None:
    old, new = item("Old", "7", "http://p.example/old"), item("New", "7", "http://p.example/new", 2)
    await stage.add(FEED_URL, feed_of(old), feed_of(new), feed_of(new, item("Third", "8", "http://p.example/3", 2)))
    for _ in range(3):
        await stage.fresh()
    assert await titles(stage) == {"Old": 0, "New": 0, "Third": 0}


@pytest.mark.parametrize(
    ("guid", "link"),
    [
        ("http://p.example/a#1", "http://p.example/a"),
        ("https://p.example/a#0", "https://p.example/a"),
        ("http://p.example/a#0", "http://p.example/a?utm_source=rss"),
        ("tag:p.example,2026:a", "http://p.example/a"),
    ],
)
async def test_f26_the_same_entry_under_another_spelling_is_one(guid: str, link: str, stage: Scene) -> None:
    before, after = item("A", "http://p.example/a#0", "http://p.example/a"), item("A", guid, link)
    other = item("B", "b", "http://p.example/b")
    await stage.add(FEED_URL, feed_of(before), feed_of(after, other))
    await stage.fresh()
    await stage.fresh()
    assert await titles(stage) == {"A": 0, "B": 0}


async def test_f27_an_edit_is_a_revision_and_a_correction_an_event(stage: Scene) -> None:
    before = item("Leaders meet", "1", "http://p.example/1")
    await stage.add(FEED_URL, feed_of(before), feed_of(before.replace("Leaders", "CORRECTED-Leaders")))
    await stage.fresh()
    await stage.fresh()
    assert await titles(stage) == {"CORRECTED-Leaders meet": 1}
    assert await stage.events() == ["correction"]


async def test_f28_a_flood_of_old_items_is_not_announced(stage: Scene) -> None:
    old = [item(f"T{n}", f"{n}", f"http://p.example/{n}") for n in range(60)]
    again = [item(f"T{n}", f"cms-{n}", f"http://p.example/cms/{n}", 3) for n in range(60)]
    fresh = item("Fresh", "f", "http://p.example/f", 3)
    await stage.add(FEED_URL, feed_of(*old), feed_of(*again, fresh))
    await stage.fresh()
    stage.clock.advance(timedelta(days=2))
    await stage.fresh()
    query = select(entry.c.title, entry.c.backfill).order_by(entry.c.id)
    rows = (await stage.database.read(lambda connection: connection.execute(query).all()))[60:]
    assert {row.title for row in rows if not row.backfill} == {"Fresh"}
    assert len(rows) == 61
    assert await stage.events() == ["reissued"]


async def test_f31_two_polls_that_do_not_overlap_are_a_gap(stage: Scene) -> None:
    first = [item(f"A{n}", f"a{n}", f"http://p.example/a{n}") for n in range(10)]
    second = [item(f"B{n}", f"b{n}", f"http://p.example/b{n}", 2) for n in range(10)]
    await stage.add(FEED_URL, feed_of(*first), feed_of(*second))
    await stage.fresh()
    await stage.fresh()
    assert await stage.events() == ["gap"]
    counted = stage.pipeline.context.metrics.exposition().decode()
    assert 'newswatch_feed_events_total{kind="gap"} 1.0' in counted


async def test_c27_a_move_to_another_feed_of_ours_is_none(stage: Scene) -> None:
    there = await stage.add("http://new.example/rss", answer(200, rss("a", "b"), ETAG))
    await stage.add(FEED_URL, answer(200, rss("a", "b")), answer(301, b"", b"Location: http://new.example/rss"))
    for _ in range(12):
        await stage.fresh()
        stage.clock.advance(timedelta(hours=12))
    stays = await stage.feed()
    assert (stays.url, stays.moved_from, stays.health) == (FEED_URL, None, HealthState.OK)
    assert (await stage.feed(there)).id != stays.id
    assert "moved" not in await stage.events()


# --- pages and sitemaps ----------------------------------------------------------------------------------------------

MAP = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'


def news_map(*names: str) -> bytes:
    urls = "".join(
        f"<url><loc>http://p.example/{name}</loc><news:news><news:title>{name}</news:title>"
        "<news:publication_date>2026-03-02T08:00:00Z</news:publication_date></news:news></url>"
        for name in names
    )
    return answer(200, f"<urlset {MAP}>{urls}</urlset>".encode())


async def test_f23_an_index_is_followed_one_level_with_a_limit(stage: Scene) -> None:
    children = "".join(f"<sitemap><loc>http://maps.example/news-{n}.xml</loc></sitemap>" for n in range(9))
    for n in range(9):
        stage.server.on(f"http://maps.example/news-{n}.xml", news_map(f"T{n}"), news_map(f"T{n}", f"U{n}"))
    await stage.add(FEED_URL, answer(200, f"<sitemapindex {MAP}>{children}</sitemapindex>".encode(), ETAG))
    await stage.fresh()
    assert sorted(await titles(stage)) == ["T0", "T1", "T2"]
    again = await stage.fresh()
    assert "if-none-match" not in again.headers  # an index that is as before says nothing about its sitemaps
    assert sorted(await titles(stage)) == ["T0", "T1", "T2", "U0", "U1", "U2"]
    assert len([seen for seen in stage.server.seen if seen.host == "maps.example"]) == 6


async def test_f23_an_index_in_an_index_is_not_followed(stage: Scene) -> None:
    inner = f"<sitemapindex {MAP}><sitemap><loc>http://maps.example/more.xml</loc></sitemap></sitemapindex>".encode()
    stage.server.on("http://maps.example/inner.xml", answer(200, inner))
    await stage.add(FEED_URL, answer(200, inner.replace(b"more", b"inner")))
    await stage.fresh()
    assert (await stage.feed()).last_reason == "not_a_feed"
    assert [seen.key for seen in stage.server.seen] == ["feed.example/rss", "maps.example/inner.xml"]


async def test_a_page_without_a_feed_is_watched(stage: Scene) -> None:
    def listing(*names: str) -> bytes:
        articles = "".join(f"<article><h2><a href='/{name}'>{name}</a></h2></article>" for name in names)
        return answer(200, f"<html><body><nav><a href='/x'>x</a></nav>{articles}</body></html>".encode())

    page = {"kind": FeedKind.PAGE, "selector": "article h2 a"}
    await stage.add(FEED_URL, listing("A", "B"), listing("C", "A", "B"), listing(), **page)
    for _ in range(3):
        await stage.fresh()
    assert sorted(await titles(stage)) == ["A", "B", "C"]
    broken = await stage.feed()
    assert broken.last_error == "the selector 'article h2 a' finds no link to an article on the page"
    assert stage.asked()[0].headers["accept"].startswith(b"text/html")


# --- the clock -------------------------------------------------------------------------------------------------------


async def test_f36_a_clock_that_jumps_brings_neither_burst_nor_stall(stage: Scene) -> None:
    urls = [f"http://h{n}.example/rss" for n in range(20)]
    for url in urls:
        await stage.add(url, answer(200, rss("a"), ETAG), answer(304))
    await stage.poll()
    stage.clock.set(stage.clock() + timedelta(days=1))
    await stage.poll()
    assert [len(stage.asked(url)) for url in urls] == [2] * 20
    stage.clock.set(stage.clock() - timedelta(days=1))
    assert await stage.database.write(feeds.replan_future, stage.clock()) == 20
    await stage.poll()
    assert [len(stage.asked(url)) for url in urls] == [2] * 20
    back = stage.clock()
    while not all(len(stage.asked(url)) > 2 for url in urls):
        assert await stage.next(None) is not None
    for url in urls:
        assert timedelta(minutes=14) < stage.asked(url)[2].at - back < timedelta(hours=3)
