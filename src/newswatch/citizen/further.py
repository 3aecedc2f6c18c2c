"""What goes beyond what every server may expect: C36 to C38."""

import asyncio

from newswatch.citizen.rows import Rows
from newswatch.citizen.scene import ETAG, FEED_URL, FLOOR, Scene, must, rss, same
from newswatch.citizen.scripted import answer

ROWS = Rows()
row = ROWS.row


@row("C36", "two instances on one database: each feed is asked by one of them", optional=True)
async def _c36(scene: Scene) -> None:
    other = await scene.instance()
    for number in range(60):
        await scene.add(f"http://h{number}.example/rss", answer(200, rss("a"), ETAG), answer(304))
    await asyncio.gather(scene.poll(), scene.poll(other))
    same(len(scene.server.seen), 60, "requests for sixty feeds")
    same(len({seen.key for seen in scene.server.seen}), 60, "feeds asked")


@row("C37", "an archive (RFC 5005) is read page by page up to the first that is known", optional=True)
async def _c37(scene: Scene) -> None:
    def page(name: str, older: str | None) -> bytes:
        link = f"<link xmlns='http://www.w3.org/2005/Atom' rel='prev-archive' href='/{older}'/>" if older else ""
        return answer(200, rss(f"{name}1", f"{name}2", head=link))

    archive = [f"http://feed.example/{name}" for name in ("p3", "p2", "p1")]
    for url, older in zip(archive, ("p2", "p1", None), strict=True):
        scene.server.on(url, page(url[-2:], older))
    await scene.add(FEED_URL, page("now", "p3"))
    await scene.fresh()
    same((await scene.backfill(pages=2)).new_entries, 4, "new entries on two pages")
    same([len(scene.asked(url)) for url in archive], [1, 1, 0], "requests for the pages of the archive")
    result = await scene.backfill(pages=9)
    same((result.pages, result.new_entries, result.ended), (1, 0, "everything older is known"), "what comes again")
    same([len(scene.asked(url)) for url in archive], [2, 1, 0], "requests for the archive in the end")
    same(len(await scene.entry_rows()), 6, "entries")


@row("C38", "polled by hand: still conditional, and not sooner than the floor", optional=True)
async def _c38(scene: Scene) -> None:
    await scene.add(FEED_URL, answer(200, rss("a"), ETAG), answer(304))
    first = await scene.fresh()
    for _ in range(5):
        await scene.poll_by_hand()
        await scene.poll()
    same(len(scene.asked()), 1, "requests within the floor")
    second = await scene.fresh()
    must(FLOOR <= second.at - first.at < FLOOR * 1.1, f"asked by hand after {second.at - first.at}")
    same(second.headers.get("if-none-match"), b'"abc-1"', "validator")
    scene.clock.advance(FLOOR)
    await scene.poll_by_hand()
    await scene.poll()
    same(len(scene.asked()), 3, "requests after the floor")
    limited = await scene.add("http://limited.example/rss", answer(429, b"", b"Retry-After: 7200"))
    began = (await scene.fresh(limited)).at
    scene.clock.advance(FLOOR)
    await scene.poll_by_hand(limited)
    again = await scene.fresh(limited)
    must((again.at - began).total_seconds() >= 7200, f"Retry-After was not waited for: {again.at - began}")
