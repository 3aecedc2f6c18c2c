"""What a request says: validators, headers, nothing superfluous. C01 to C13 and C31 to C34."""

import gzip
import zlib
from datetime import timedelta
from itertools import pairwise

from newswatch import __version__
from newswatch.citizen.rows import Rows
from newswatch.citizen.scene import ETAG, FEED_URL, MODIFIED, Scene, must, rss, same
from newswatch.citizen.scripted import Seen, Wire, answer
from newswatch.store import migrate
from newswatch.store.database import Database

ROWS = Rows()
row = ROWS.row

_PAGE = (
    b"<html><body><article>" + b"<p>The harbour reopened and ferries run again.</p>" * 20 + b"</article></body></html>"
)


def _validators(request: Seen) -> tuple[bytes | None, bytes | None]:
    return request.headers.get("if-none-match"), request.headers.get("if-modified-since")


@row("C01", "a new feed costs one GET: no HEAD, no second GET, no icon, no front page")
async def _c01(scene: Scene) -> None:
    await scene.add(FEED_URL, answer(200, rss("a")))
    await scene.poll()
    same([(seen.method, seen.path) for seen in scene.server.seen], [("GET", "/rss")], "requests")


@row("C02", "ETag and Last-Modified come back byte for byte")
async def _c02(scene: Scene) -> None:
    await scene.add(FEED_URL, answer(200, rss("a"), ETAG, MODIFIED), answer(304))
    await scene.fresh()
    same(_validators(await scene.fresh()), (b'"abc-1"', b"Mon, 02 Mar 2026 08:00:00 GMT"), "validators")


@row("C03", "ETags of any form come back as they are: weak, unquoted, escaped, raw bytes, 2 KB long")
async def _c03(scene: Scene) -> None:
    odd = [b'W/"x y"', b"abc", b'"a\\"b"', b'"caf\xe9"', b'"' + b"x" * 2048 + b'"']
    for number, etag in enumerate(odd):
        url = await scene.add(f"http://feed.example/{number}", answer(200, rss("a"), b"ETag: " + etag), answer(304))
        await scene.fresh(url)
        same(_validators(await scene.fresh(url)), (etag, None), "validators")


@row("C04", "a Last-Modified that is no date comes back as the same text")
async def _c04(scene: Scene) -> None:
    for number, text in enumerate([b"2023-11-14 22:13:25", b"yesterday-ish"]):
        url = f"http://feed.example/{number}"
        await scene.add(url, answer(200, rss("a"), b"Last-Modified: " + text), answer(304))
        await scene.fresh(url)
        same(_validators(await scene.fresh(url)), (None, text), "validators")


@row("C05", "without validators the next request has no condition")
async def _c05(scene: Scene) -> None:
    await scene.add(FEED_URL, answer(200, rss("a")))
    await scene.fresh()
    same(_validators(await scene.fresh()), (None, None), "validators")


@row("C06", "304 again and again: the same validators, and no entry is touched")
async def _c06(scene: Scene) -> None:
    await scene.add(FEED_URL, answer(200, rss("a", "b"), ETAG), answer(304))
    await scene.fresh()
    before = await scene.entry_rows()
    same(len(before), 2, "entries")
    for _ in range(4):
        same(_validators(await scene.fresh()), (b'"abc-1"', None), "validators")
    same(await scene.entry_rows(), before, "entries after 304s")


@row("C07", "a 304 that names new validators replaces the old ones")
async def _c07(scene: Scene) -> None:
    await scene.add(FEED_URL, answer(200, rss("a"), ETAG, MODIFIED), answer(304, b"", b'ETag: "abc-2"'), answer(304))
    await scene.fresh()
    await scene.fresh()
    same(_validators(await scene.fresh()), (b'"abc-2"', b"Mon, 02 Mar 2026 08:00:00 GMT"), "validators")


@row("C08", "the same body with a new ETag: the new ETag")
async def _c08(scene: Scene) -> None:
    await scene.add(FEED_URL, answer(200, rss("a"), ETAG), answer(200, rss("a"), b'ETag: "abc-2"'), answer(304))
    await scene.fresh()
    await scene.fresh()
    same(_validators(await scene.fresh()), (b'"abc-2"', None), "validators")


@row("C09", "a new body brings its own validators and no others")
async def _c09(scene: Scene) -> None:
    await scene.add(FEED_URL, answer(200, rss("a"), ETAG), answer(200, rss("b"), MODIFIED), answer(304))
    await scene.fresh()
    await scene.fresh()
    same(_validators(await scene.fresh()), (None, b"Mon, 02 Mar 2026 08:00:00 GMT"), "validators")


async def _reset(_: Seen, wire: Wire) -> None:
    wire.reset()


async def _silence(_: Seen, wire: Wire) -> None:
    await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    await wire.closed()


@row("C10", "500, 429, time-out and reset do not cost the validators", read_timeout="3s")
async def _c10(scene: Scene) -> None:
    trouble = (answer(500), answer(429), _silence, _reset)
    await scene.add(FEED_URL, answer(200, rss("a"), ETAG, MODIFIED), *trouble, answer(304))
    await scene.fresh()
    for _ in range(5):
        same(_validators(await scene.fresh()), (b'"abc-1"', b"Mon, 02 Mar 2026 08:00:00 GMT"), "validators")
    same((await scene.feed()).fail_count, 0, "failures after the 304")


@row("C11", "a body that is no feed does not bring validators: the previous ones are sent")
async def _c11(scene: Scene) -> None:
    broken = answer(200, b"<!doctype html><title>Sorry</title>", b'ETag: "html"', MODIFIED)
    await scene.add(FEED_URL, answer(200, rss("a"), ETAG), broken, answer(304))
    await scene.fresh()
    await scene.fresh()
    same(_validators(await scene.fresh()), (b'"abc-1"', None), "validators")


@row("C12", "a kill, a restart and an upgrade of the database: same validators, and no request before its time")
async def _c12(scene: Scene) -> None:
    await scene.add(FEED_URL, answer(200, rss("a"), ETAG), answer(304))
    await scene.fresh()
    due = (await scene.feed()).next_poll_at
    await scene.stop()
    older = Database(f"sqlite:///{scene.path}")
    migrate.downgrade(older, "0001")
    older.close()
    await scene.start()
    await scene.poll()
    same(len(scene.asked()), 1, "requests right after the restart")
    request = await scene.fresh()
    must(due is not None and request.at >= due, "the stored time was not waited for")
    same(_validators(request), (b'"abc-1"', None), "validators")


@row("C13", "an edited URL: no validators of the old one")
async def _c13(scene: Scene) -> None:
    await scene.add(FEED_URL, answer(200, rss("a"), ETAG))
    await scene.fresh()
    scene.server.on("http://feed.example/new", answer(200, rss("a")))
    await scene.edit_url(FEED_URL, "http://feed.example/new")
    same(_validators(await scene.fresh("http://feed.example/new")), (None, None), "validators")


@row("C31", "no cookie, no Referer, no Range, whatever feed, redirect and article set")
async def _c31(scene: Scene) -> None:
    cookie = b"Set-Cookie: id=1; Path=/; Domain=example"
    scene.server.on("http://feed.example/new", answer(200, rss("a"), cookie))
    scene.server.on("http://pages.example/robots.txt", answer(404, b"", cookie))
    scene.server.on("http://pages.example/a", answer(200, _PAGE, cookie, b"Content-Type: text/html"))
    await scene.add(FEED_URL, answer(302, b"", cookie, b"Location: /new"), full_text=True)
    await scene.fresh()
    await scene.poll()
    scene.server.on("http://feed.example/new", answer(200, rss("a", "b"), cookie))
    await scene.fresh()
    must(len(scene.asked("http://pages.example/a")) == 1, "the article was not asked for")
    for seen in scene.server.seen:
        same({"cookie", "referer", "range"} & seen.headers.keys(), set(), f"headers sent to {seen.key}")


@row("C32", "path and query stay as written; the fragment stays here; nothing is added")
async def _c32(scene: Scene) -> None:
    scene.server.on("http://feed.example/f", answer(200, rss("a")))
    await scene.add("http://feed.example/f?b=2&a=1&a=%7e#frag")
    await scene.poll()
    same([seen.path for seen in scene.server.seen], ["/f?b=2&a=1&a=%7e"], "paths")


@row("C33", "User-Agent with a contact, Accept for feeds, and every offered coding is understood")
async def _c33(scene: Scene) -> None:
    compressed = {b"gzip": gzip.compress(rss("g"), mtime=0), b"deflate": zlib.compress(rss("d"))}
    await scene.add(FEED_URL, answer(200, rss("a")))
    first = await scene.fresh()
    offered = [coding.strip() for coding in first.headers["accept-encoding"].split(b",")]
    must(b"gzip" in offered, "gzip is not offered")
    same(set(offered), set(compressed), "codings that are offered and tried here")
    for number, coding in enumerate(offered):
        url = f"http://feed.example/{number}"
        await scene.add(url, answer(200, compressed[coding], b"Content-Encoding: " + coding))
        await scene.fresh(url)
    same(len(await scene.entry_rows()), 1 + len(offered), "entries of compressed feeds")
    agent = f"newswatch/{__version__} (+{scene.config.http.contact_url})".encode()
    same({seen.headers["user-agent"] for seen in scene.server.seen}, {agent}, "user agents")
    for kind in (b"application/rss+xml", b"application/atom+xml", b"application/feed+json"):
        must(kind in first.headers["accept"], f"{kind!r} is not accepted")


@row("C34", "robots.txt once in 24 hours for each host, and obeyed; an article once, and once more for each revision")
async def _c34(scene: Scene) -> None:
    robots = "http://pages.example/robots.txt"
    scene.server.on(robots, answer(200, b"User-agent: *\nDisallow: /private\n"))
    for name in ("open", "private-letter"):
        scene.server.on(f"http://pages.example/{name}", answer(200, _PAGE, b"Content-Type: text/html"))
    bodies = [answer(200, rss("open", "private-letter", head=f"<description>{n}</description>")) for n in range(20)]
    revised = rss("open", "private-letter").replace(b"<title>open</title>", b"<title>open at last</title>")
    await scene.add(FEED_URL, *bodies, answer(200, revised), full_text=True)
    for _ in range(20):
        await scene.fresh()
    same(len(scene.asked("http://pages.example/open")), 1, "requests for an article seen in 20 polls")
    await scene.fresh()
    same(len(scene.asked("http://pages.example/open")), 2, "requests for an article revised once")
    same(len(scene.asked("http://pages.example/private-letter")), 0, "requests for what robots.txt forbids")
    asked = [seen.at for seen in scene.asked(robots)]
    must(asked != [], "robots.txt was not asked for")
    for before, after in pairwise(asked):
        must(after - before >= timedelta(hours=24), "robots.txt was asked for twice within 24 hours")
