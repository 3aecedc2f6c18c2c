"""When servers are in trouble, have moved or have gone: C22 to C28."""

from datetime import timedelta
from itertools import pairwise

from newswatch.citizen.rows import Rows
from newswatch.citizen.scene import CAP, ETAG, FEED_URL, Scene, must, rss, same
from newswatch.citizen.scripted import answer
from newswatch.model import FeedStatus

ROWS = Rows()
row = ROWS.row

_HOUR = timedelta(hours=1)
_OUR_CAP = CAP * 1.001
NEW_URL = "http://new.example/rss"


def _limited(status: int, *retry_after: bytes) -> bytes:
    return answer(status, b"", *(b"Retry-After: " + value for value in retry_after))


@row(
    "C22",
    "Retry-After, seconds or date, with 429 or 503: waited for; on 429 by the whole domain, unless it is marked as own",
    unspaced_hosts=["a.own.example"],
)
async def _c22(scene: Scene) -> None:
    date = b"Mon, 02 Mar 2026 11:00:00 GMT"
    for number, (status, value) in enumerate([(429, b"7200"), (429, date), (503, b"7200"), (503, date)]):
        url = f"http://limited{number}.example/rss"
        sister = await scene.add(f"http://www.limited{number}.example/2", answer(200, rss("a"), ETAG), answer(304))
        other = await scene.add(f"http://other{number}.example/rss", answer(200, rss("a"), ETAG), answer(304))
        await scene.poll()
        now = scene.clock()
        spelled = value if value != date else (now + 2 * _HOUR).strftime("%a, %d %b %Y %H:%M:%S GMT").encode()
        await scene.add(url, _limited(status, spelled), answer(200, rss("a"), ETAG))
        await scene.fresh(url)
        request = await scene.fresh(url)
        must(request.at - now >= 2 * _HOUR, f"{status} {value!r}: asked again after {request.at - now}")
        during = [seen for seen in scene.server.seen if now < seen.at < now + 2 * _HOUR]
        must(any(seen.key == f"other{number}.example/rss" for seen in during), f"{other} had to wait too")
        asked = [seen for seen in during if seen.key == f"www.limited{number}.example/2"]
        same(bool(asked), status == 503, f"{sister} asked while {url} answers {status}")
    await scene.add("http://a.own.example/1", _limited(429, b"7200"))
    sister = await scene.add("http://a.own.example/2", answer(200, rss("a"), ETAG), answer(304))
    await scene.poll()
    now = scene.clock()
    must((await scene.fresh(sister)).at - now < 2 * _HOUR, f"{sister} waited for the other feed's 429")


@row("C23", "429 without Retry-After, again and again: at least twice as long each time, up to a day")
async def _c23(scene: Scene) -> None:
    await scene.add(FEED_URL, answer(429))
    await scene.fresh()
    _doubles(await scene.gaps(9))


def _doubles(gaps: list[timedelta]) -> None:
    for before, after in pairwise(gaps):
        must(after >= min(2 * before, CAP / 1.2), f"{after} after {before}")
    must(all(gap <= _OUR_CAP for gap in gaps), f"longer than a day: {max(gaps)}")
    must(gaps[-1] >= CAP / 1.2, f"never came near a day: {gaps[-1]}")


@row("C24", "Retry-After of ten years: seven days; negative, in words or past: as if there were none")
async def _c24(scene: Scene) -> None:
    week = timedelta(days=7)
    await scene.add(FEED_URL, _limited(429, b"315360000"))
    await scene.fresh()
    (gap,) = await scene.gaps(1)
    must(week <= gap <= week * 1.2, f"ten years became {gap}")
    for number, value in enumerate([b"-5", b"soon", b"Mon, 02 Mar 2020 09:00:00 GMT"]):
        url = await scene.add(f"http://odd{number}.example/rss", _limited(429, value))
        await scene.fresh(url)
        _doubles(await scene.gaps(9, url))


@row("C25", "any other failure: longer and longer waits up to a day, never given up, back to normal at the first 200")
async def _c25(scene: Scene) -> None:
    kinds = {
        "http://e403.example/rss": answer(403),
        "http://e404.example/rss": answer(404),
        "http://e500.example/rss": answer(500),
        "http://refused.example/rss": None,
        "http://lost.nowhere.example/rss": None,
        "https://notls.example/rss": None,
    }
    for url, broken in kinds.items():
        before = scene.clock()
        await scene.add(url, *([broken] * 10 if broken else []), answer(200, rss("a"), ETAG), answer(304))
        waits = []
        for failures in range(1, 11):
            await scene.poll()
            stored = await scene.feed(url)
            same((stored.status, stored.fail_count), (FeedStatus.ACTIVE, failures), f"status and failures of {url}")
            must(stored.next_poll_at is not None, f"{url} was given up")
            due = stored.next_poll_at or before
            waits.append(due - scene.clock())
            scene.clock.set(due)
        _doubles(waits)
        if url.startswith("https:"):  # no certificate that a stranger would trust can be made here
            continue
        scene.repair(url)
        await scene.poll()
        healed = await scene.feed(url)
        same((healed.fail_count, healed.last_reason), (0, None), f"{url} after a 200")
        must((healed.next_poll_at or before) - scene.clock() <= 2 * _HOUR, f"{url} is not back to normal")
        await scene.forget(url)


@row("C26", "410: never asked again, an event, and `feeds enable` brings it back")
async def _c26(scene: Scene) -> None:
    await scene.add(FEED_URL, answer(200, rss("a"), ETAG), answer(410), answer(200, rss("a", "b")))
    await scene.fresh()
    await scene.fresh()
    must(await scene.next() is None, "asked again after 410")
    same((await scene.feed()).status, FeedStatus.GONE, "status")
    must("gone" in await scene.events(), "no event")
    await scene.enable()
    await scene.fresh()
    same((await scene.feed()).status, FeedStatus.ACTIVE, "status after `feeds enable`")


@row("C27", "301 and 308: the new address for good after five polls over 48 hours, an event, and no entry twice")
async def _c27(scene: Scene) -> None:
    for status in (301, 308):
        old, new = f"http://old{status}.example/rss", f"http://new{status}.example/rss"
        scene.server.on(new, answer(200, rss("a", "b"), ETAG))
        await scene.add(old, answer(200, rss("a", "b")), answer(status, b"", b"Location: " + new.encode()))
        began = (await scene.fresh(old)).at
        while not (await scene.feed(old)).moved_from:
            must(await scene.next(old) is not None, f"{old} is not asked any more, and has not moved")
        redirected = [seen.at for seen in scene.asked(old)][1:]
        must(len(redirected) >= 5, f"moved after {len(redirected)} polls")
        must(redirected[-1] - redirected[0] >= timedelta(hours=48), f"moved after {redirected[-1] - began}")
        count = len(scene.asked(old))
        for _ in range(3):
            await scene.fresh(new)
        same(len(scene.asked(old)), count, f"requests for {old} after the move")
        must("moved" in await scene.events(), "no event")
    same(len(await scene.entry_rows()), 4, "entries of two feeds with two entries each")


@row("C28", "temporary redirects, 301 to a page, or to a place with another feed's entries: never stored")
async def _c28(scene: Scene) -> None:
    feed, page = answer(200, rss("a", "b"), ETAG), answer(200, b"<!doctype html><title>Log in</title>")
    there = b"Location: http://there.example/rss"
    cases: list[tuple[str, bytes, list[bytes]]] = [
        ("302", answer(302, b"", there), [feed]),
        ("303", answer(303, b"", there), [feed]),
        ("307", answer(307, b"", there), [feed]),
        ("302then301", answer(302, b"", there), [answer(301, b"", b"Location: http://end.example/rss")]),
        ("301topage", answer(301, b"", there), [page]),
        (
            "301toothers",
            answer(301, b"", there),
            [answer(200, rss(*(f"x{m}{n}" for n in range(3)))) for m in range(40)],
        ),
    ]
    for name, first, target in cases:
        url = f"http://{name}.example/rss"
        scene.server.on("http://there.example/rss", *target)
        scene.server.on("http://end.example/rss", feed)
        await scene.add(url, answer(200, rss("a", "b")), first)
        for _ in range(12):
            await scene.fresh(url)
            scene.clock.advance(timedelta(hours=12))
        stored = await scene.feed(url)
        same((stored.url, stored.moved_from), (url, None), name)
        await scene.forget(url)
