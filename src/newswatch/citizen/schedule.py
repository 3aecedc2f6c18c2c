"""When the next request comes while all is well: floors, caps, hints and windows. C14 to C21, C29 and C30."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import count, pairwise
from statistics import fmean

from newswatch.citizen.rows import Rows
from newswatch.citizen.scene import CAP, ETAG, FEED_URL, FLOOR, MODIFIED, Scene, must, rss, same
from newswatch.citizen.scripted import Script, Seen, Wire, answer
from newswatch.model import Feed

ROWS = Rows()
row = ROWS.row

_HOUR = timedelta(hours=1)
_UNVALIDATED = timedelta(minutes=60)
_OUR_CAP = CAP * 1.001  # a cap and the seconds that a plan is rounded by


def _busy(scene: Scene, *headers: bytes, head: str = "") -> bytes:
    """Return a feed that publishes every minute, so that only others' wishes make the interval longer."""
    dates = [scene.clock() - timedelta(minutes=n) for n in range(60)]
    return answer(200, rss(*(f"t{n}" for n in range(60)), head=head, dates=dates), *headers)


def _ever_new(*headers: bytes) -> Script:
    """Answer with something new each time."""
    numbers = count()

    async def script(_: Seen, wire: Wire) -> None:
        at = next(numbers)
        await wire.send(answer(200, rss(*(f"n{at + n}" for n in range(3))), b"Connection: close", *headers))

    return script


def _at_least(gaps: Iterable[timedelta], least: timedelta, what: str) -> None:
    for gap in gaps:
        must(gap >= least, f"{what}: asked after {gap}, not after {least}")


def _soon(gap: timedelta, what: str) -> None:
    must(gap < 2 * FLOOR, f"{what}: delayed to {gap} though nothing asked for it")


@row("C14", "a thousand polls with 304: never sooner than the floor, and on average as planned")
async def _c14(scene: Scene) -> None:
    await scene.add(FEED_URL, _busy(scene, ETAG), answer(304), interval_s=round(FLOOR.total_seconds()))
    await scene.fresh()
    gaps = await scene.gaps(1000)
    _at_least(gaps, FLOOR, "304")
    planned = FLOOR.total_seconds() * (1 + scene.config.polling.jitter / 2)
    mean = fmean(gap.total_seconds() for gap in gaps)
    must(abs(mean - planned) <= 0.05 * planned, f"the mean wait is {mean:.0f} s, planned are {planned:.0f} s")


@row("C15", "a server that never answers 304 is asked once an hour at most")
async def _c15(scene: Scene) -> None:
    await scene.add(FEED_URL, _ever_new(), interval_s=60)
    await scene.fresh()
    _at_least(await scene.gaps(20), _UNVALIDATED, "no validators")
    url = await scene.add("http://feed.example/same", answer(200, rss("a"), ETAG))
    await scene.fresh(url)
    _at_least((await scene.gaps(6, url))[1:], _UNVALIDATED, "validators that are ignored")


@row("C16", "Cache-Control: max-age delays after 200 and after 304; with no-cache it does not")
async def _c16(scene: Scene) -> None:
    fresh = b"Cache-Control: public, max-age=7200"
    await scene.add(FEED_URL, _busy(scene, ETAG, fresh), answer(304, b"", fresh))
    await scene.fresh()
    _at_least(await scene.gaps(4), 2 * _HOUR, "max-age=7200")
    none = b"Cache-Control: no-cache, max-age=7200"
    url = await scene.add("http://feed.example/2", _busy(scene, ETAG, none), answer(304, b"", none))
    await scene.fresh(url)
    _soon((await scene.gaps(1, url))[0], "no-cache")


@row("C17", "Expires counts by the server's own clock, however wrong; 0 and nonsense do not count")
async def _c17(scene: Scene) -> None:
    wrong = [b"Date: Thu, 05 Mar 2026 09:00:00 GMT", b"Expires: Thu, 05 Mar 2026 11:00:00 GMT"]
    await scene.add(FEED_URL, _busy(scene, ETAG, *wrong), answer(304))
    await scene.fresh()
    (gap,) = await scene.gaps(1)
    must(2 * _HOUR <= gap <= 2 * _HOUR * 1.2, f"two hours by the server's clock became {gap}")
    for number, value in enumerate([b"0", b"when it is done"]):
        url = f"http://feed.example/{number}"
        await scene.add(
            url, _busy(scene, ETAG, b"Date: Mon, 02 Mar 2026 09:00:00 GMT", b"Expires: " + value), answer(304)
        )
        await scene.fresh(url)
        _soon((await scene.gaps(1, url))[0], f"Expires: {value.decode()}")


@row("C18", "ttl holds after 304s too; a ttl of two years is cut to a day")
async def _c18(scene: Scene) -> None:
    await scene.add(FEED_URL, _busy(scene, ETAG, head="<ttl>120</ttl>"), answer(304))
    await scene.fresh()
    _at_least(await scene.gaps(4), 2 * _HOUR, "ttl 120")
    url = await scene.add("http://feed.example/2", _busy(scene, ETAG, head="<ttl>999999</ttl>"), answer(304))
    await scene.fresh(url)
    for gap in await scene.gaps(3, url):
        must(CAP / 1.2 <= gap <= _OUR_CAP, f"ttl 999999: asked after {gap}")


@row("C19", "nothing in the hours and days (GMT) that a feed wants to be left alone in")
async def _c19(scene: Scene) -> None:
    hours = "<skipHours>" + "".join(f"<hour>{hour}</hour>" for hour in (9, 10, 11)) + "</skipHours>"
    await scene.add(FEED_URL, _busy(scene, ETAG, head=hours), answer(304))
    await scene.fresh()
    for _ in range(60):
        at = (await scene.fresh()).at
        must(at.hour not in (9, 10, 11), f"asked at {at:%H:%M} GMT")
    url = "http://feed.example/2"
    await scene.add(url, _busy(scene, ETAG, head="<skipDays><day>Tuesday</day></skipDays>"), answer(304))
    await scene.fresh(url)
    for _ in range(60):
        at = (await scene.fresh(url)).at
        must(at.weekday() != 1, f"asked on {at:%A}")


@row("C20", "sy:updatePeriod and updateFrequency: six hours, an hour, cut to a day, ignored")
async def _c20(scene: Scene) -> None:
    wishes: list[tuple[str, str | None, timedelta | None]] = [
        ("daily", "4", 6 * _HOUR),
        ("always", None, _HOUR),
        ("daily", "0.1", CAP),
        ("daily", "0", None),
    ]
    for number, (period, frequency, wanted) in enumerate(wishes):
        space = 'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'
        head = f"<sy:updatePeriod {space}>{period}</sy:updatePeriod>"
        if frequency is not None:
            head += f"<sy:updateFrequency {space}>{frequency}</sy:updateFrequency>"
        url = await scene.add(f"http://feed.example/{number}", _busy(scene, ETAG, head=head), answer(304))
        await scene.fresh(url)
        (gap,) = await scene.gaps(1, url)
        if wanted is None:
            _soon(gap, f"{period} {frequency}")
        else:
            least = wanted if wanted < CAP else CAP / 1.2
            must(least <= gap <= min(wanted * 1.2, _OUR_CAP), f"{period} {frequency}: asked after {gap}")


def _planned(feed: Feed) -> timedelta:
    """Return the stated formula: half the mean time between new entries, between floor and cap."""
    return min(max(timedelta(days=1) / (2 * (feed.entries_per_day or 1e-9)), FLOOR), CAP)


@row("C21", "one entry a month: the longest interval; sixty a day: the shortest; both by the stated formula")
async def _c21(scene: Scene) -> None:
    cases = [("rare", timedelta(days=30), 12, CAP), ("busy", timedelta(minutes=24), 120, FLOOR)]
    for name, every, number, wanted in cases:
        dates = [scene.clock() - every * n for n in range(number)]
        titles = [f"{name}{n}" for n in range(number)]
        url = await scene.add(f"http://{name}.example/rss", answer(200, rss(*titles, dates=dates), ETAG), answer(304))
        await scene.fresh(url)
        planned = _planned(await scene.feed(url))
        must(abs(planned - wanted) <= 0.2 * wanted, f"{name}: the formula gives {planned}, not about {wanted}")
        (gap,) = await scene.gaps(1, url)
        must(abs(gap - planned) <= 0.2 * planned, f"{name}: asked after {gap}, the formula gives {planned}")


def _most_within(starts: list[datetime], span: timedelta) -> int:
    return max(sum(begin <= start < begin + span for start in starts) for begin in starts)


@row("C29", "forty feeds of one host, all due: two requests at once, a second apart, one for each feed")
async def _c29(scene: Scene) -> None:
    time = await scene.limit(rate=100)
    under_way = most = 0

    async def slowly(_: Seen, wire: Wire) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await time.sleep(5)
        under_way -= 1
        await wire.send(answer(200, rss("a"), b"Connection: close", MODIFIED))

    for number in range(40):
        await scene.add(f"http://s{number % 4}.feed.example/{number}", slowly)
    await time.during(scene.poll())
    starts = sorted(at for _, at in scene.began)
    same(len({seen.key for seen in scene.server.seen}), 40, "feeds asked")
    same(len(starts), 40, "requests")
    same(most, 2, "most requests under way at once")
    for before, after in pairwise(starts):
        must(after - before >= timedelta(seconds=0.999), f"two requests {after - before} apart")


@row("C30", "six hundred feeds of six hundred hosts due at once: spread, and each served once")
async def _c30(scene: Scene) -> None:
    time = await scene.limit(rate=20)
    for number in range(600):
        await scene.add(f"http://host{number}.example/rss", answer(200, rss("a"), MODIFIED))
    await time.during(scene.poll())
    starts = sorted(at for _, at in scene.began)
    same((len(starts), len({seen.key for seen in scene.server.seen})), (600, 600), "requests and feeds asked")
    most = _most_within(starts, timedelta(seconds=0.999))
    must(most <= 20, f"{most} requests within a second, not 20")
