"""Requests to one publisher, in virtual time (citizen rows C29 and C30)."""

import asyncio
import heapq
from collections.abc import Callable
from itertools import pairwise

from newswatch.citizen.scripted import ScriptedServer, answer
from newswatch.collect.http import FEED_ACCEPT
from newswatch.collect.politeness import HostLimiter, Limits
from newswatch.model import FetchRequest, Page
from tests.collect.conftest import MakeFetcher


class Time:
    """Sleepers and the clock they wait for. `run` moves it on whenever everybody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Event]] = []

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        event = asyncio.Event()
        heapq.heappush(self._sleepers, (self.now + seconds, id(event), event))
        await event.wait()

    async def run(self, *tasks: asyncio.Task[None]) -> None:
        while not all(task.done() for task in tasks):
            for _ in range(20):  # let everybody go on who can
                await asyncio.sleep(0)
            if self._sleepers:
                self.now, _, event = heapq.heappop(self._sleepers)
                event.set()


async def drive(limiter: HostLimiter, time: Time, hosts: list[str], takes_s: float) -> dict[str, list[float]]:
    """Make one request to each of `hosts` at once; return the starts by host, and check what runs side by side."""
    starts: dict[str, list[float]] = {}

    async def one(host: str) -> None:
        async with limiter.turn(host):
            starts.setdefault(host, []).append(time.now)
            await time.sleep(takes_s)

    await time.run(*[asyncio.create_task(one(host)) for host in hosts])
    return starts


def at_once(starts: list[float], takes_s: float) -> int:
    return max(sum(begin <= start < begin + takes_s for start in starts) for begin in starts)


def limiter(time: Time, **values: object) -> HostLimiter:
    arguments: dict[str, object] = {"per_host": 2, "spacing_s": 1.0, **values}
    return HostLimiter(**arguments, monotonic=time.monotonic, sleep=time.sleep)  # type: ignore[arg-type]


async def test_c29_forty_feeds_of_one_host() -> None:
    time = Time()
    starts = (await drive(limiter(time), time, ["news.example"] * 40, 5.0))["news.example"]
    assert len(starts) == 40
    assert min(after - before for before, after in pairwise(starts)) >= 1.0
    assert at_once(starts, 5.0) <= 2


async def test_c29_quick_answers_are_spaced_all_the_same() -> None:
    time = Time()
    starts = (await drive(limiter(time), time, ["news.example"] * 10, 0.01))["news.example"]
    assert starts == [float(second) for second in range(10)]


async def test_hosts_of_one_registered_domain_share_and_others_do_not() -> None:
    time = Time()
    starts = await drive(limiter(time), time, ["a.bbc.co.uk", "b.bbc.co.uk", "guardian.co.uk", "x.github.io"], 0.1)
    assert sorted(starts["a.bbc.co.uk"] + starts["b.bbc.co.uk"]) == [0.0, 1.0]
    assert starts["guardian.co.uk"] == starts["x.github.io"] == [0.0]


async def test_hosts_of_ones_own_are_not_spaced() -> None:
    time = Time()
    own = limiter(time, unspaced_hosts=("Bridge.local",))
    assert (await drive(own, time, ["bridge.local"] * 5, 1.0))["bridge.local"] == [0.0] * 5


async def test_publishers_with_limits_of_their_own() -> None:
    time = Time()
    exceptions = {
        "slow.example": Limits(per_host=1, spacing_s=10.0),
        "blogs.example": Limits(apart=True),
        "bridge.news.example": Limits(spacing_s=0.0),
    }
    hosts = ["a.slow.example", "b.slow.example", "x.blogs.example", "y.blogs.example", "bridge.news.example"]
    found = await drive(limiter(time, exceptions=exceptions), time, [*hosts, *hosts, "news.example"], 0.5)
    assert sorted(found["a.slow.example"] + found["b.slow.example"]) == [0.0, 10.0, 20.0, 30.0]
    assert found["x.blogs.example"] == found["y.blogs.example"] == [0.0, 1.0]
    assert found["bridge.news.example"] == [0.0, 0.0]
    assert found["news.example"] == [0.0]


async def test_c30_many_hosts_do_not_wait_for_each_other_and_are_forgotten() -> None:
    time = Time()
    one = limiter(time)
    starts = await drive(one, time, [f"host{number}.example" for number in range(3000)], 0.1)
    assert {start for (start,) in starts.values()} == {0.0}
    time.now += 10
    await drive(one, time, [f"later{number}.example" for number in range(4000)], 0.1)
    assert len(one._publishers) <= 8000


async def test_c30_no_second_begins_more_requests_than_the_rate_allows() -> None:
    time = Time()
    hosts = [f"host{number}.example" for number in range(200)] + ["one.example"] * 5
    starts = await drive(limiter(time, rate=20, spacing_s=3.0), time, hosts, 0.5)
    all_starts = sorted(start for found in starts.values() for start in found)
    assert len(all_starts) == 205
    assert min(after - before for before, after in pairwise(all_starts)) >= 1 / 20 - 1e-9
    assert min(after - before for before, after in pairwise(starts["one.example"])) >= 3.0


async def test_a_request_that_is_given_up_makes_room() -> None:
    time = Time()
    one = limiter(time, per_host=1, spacing_s=0)
    entered: list[int] = []

    async def use(number: int, stop: Callable[[], None] | None) -> None:
        async with one.turn("h.example"):
            entered.append(number)
            await time.sleep(1)

    first = asyncio.create_task(use(1, None))
    second = asyncio.create_task(use(2, None))
    third = asyncio.create_task(use(3, None))
    await asyncio.sleep(0)
    second.cancel()
    await time.run(first, second, third)
    assert entered == [1, 3]


async def test_every_hop_waits_for_its_turn_and_the_deadline_stands_still(
    server: ScriptedServer, make_fetcher: MakeFetcher
) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(round(seconds, 1))
        await asyncio.sleep(0.15)  # longer than the deadline allows for the whole fetch

    slow = HostLimiter(per_host=2, spacing_s=100, monotonic=lambda: 0.0, sleep=sleep)
    server.on("/new", answer(200, b"x"))
    url = server.on("/old", answer(302, b"", b"Location: /new"))
    outcome = await make_fetcher(limiter=slow).fetch(FetchRequest(url, FEED_ACCEPT, deadline_s=0.14))
    assert isinstance(outcome, Page)
    assert waited == [100.0]
