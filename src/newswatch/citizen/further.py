"""What goes beyond what every server may expect: C35 to C38."""

import asyncio
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from newswatch.citizen.rows import Rows
from newswatch.citizen.scene import ETAG, FEED_URL, FLOOR, BrokenPromise, Scene, must, rss, same
from newswatch.citizen.scripted import answer

ROWS = Rows()
row = ROWS.row


@row(
    "C35",
    "a hub is asked to push, and again in time; polls are rarer meanwhile, and a push leads to one",
    optional=True,
)
async def _c35(scene: Scene) -> None:
    hub, websub = scene.server.on("http://hub.example/ask", answer(202)), scene.subscriber()
    links = f"<link xmlns='http://www.w3.org/2005/Atom' rel='hub' href='{hub}'/>"
    await scene.add(FEED_URL, answer(200, rss("a", head=links), ETAG), answer(304))
    await scene.fresh()
    (usual,) = await scene.gaps(1)
    same((await websub.tick(), await websub.tick()), (1, 0), "hubs asked")
    (asked,) = scene.asked(hub)
    fields = {name: value[0] for name, value in parse_qs(asked.body.decode()).items()}
    callback = urlsplit(fields.pop("hub.callback"))
    same((callback.hostname, callback.path[:8]), ("watch.example", "/websub/"), "callback")
    lease = {"hub.lease_seconds": "864000"}
    same(fields, {"hub.mode": "subscribe", "hub.topic": FEED_URL, **lease}, "request to subscribe")
    known = await websub.subscribed(callback.path.rpartition("/")[2])
    if known is None:
        raise BrokenPromise("the callback's address is not known")
    told = {"hub.mode": "subscribe", "hub.challenge": "echo", **lease}
    same(await websub.confirm(known, {**told, "hub.topic": "http://feed.example/other"}), None, "answer for another")
    same(await websub.confirm(known, {**told, "hub.topic": FEED_URL}), "echo", "answer to the challenge")
    await scene.fresh()
    (longer,) = await scene.gaps(1)
    must(longer > 2 * usual, f"polled after {longer}, which was {usual} without the hub")
    scene.clock.advance(FLOOR)
    pushed = scene.clock()
    known = await websub.subscribed(known.token)
    if known is None:
        raise BrokenPromise("the subscription is gone")
    same(await websub.receive(known, b"", content_type=None, signature=None), "polled", "what became of a push")
    poll = await scene.fresh()
    same(poll.at, pushed, "time of the poll after a push")
    same(poll.headers.get("if-none-match"), b'"abc-1"', "validator")
    scene.clock.set(known.expires_at - timedelta(hours=12) if known.expires_at else scene.clock())
    same(await websub.tick(), 1, "hubs asked before the promise ends")
    same(len(scene.asked(hub)), 2, "requests for the hub")


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
