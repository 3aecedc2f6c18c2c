"""robots.txt before article pages (citizen row C34)."""

import asyncio
from datetime import timedelta

import pytest

from newswatch.citizen.scripted import ScriptedServer, answer
from newswatch.clock import VirtualClock
from newswatch.collect.http import Fetcher
from newswatch.collect.robots import RobotsCache, allowed
from newswatch.model import FetchFailure, FetchOutcome, FetchReason, FetchRequest

RULES = b"User-agent: *\nDisallow: /private\nAllow: /private/open\n\nUser-agent: newswatch\nDisallow: /no-robots\n"


@pytest.mark.parametrize(
    ("path", "agent", "expected"),
    [
        ("/story", "newswatch", True),
        ("/no-robots/x", "newswatch", False),
        ("/private/x", "newswatch", True),  # a group of our own replaces the one for all
        ("/private/x", "other", False),
        ("/private/open", "other", True),
    ],
)
def test_rules(path: str, agent: str, expected: bool) -> None:
    assert allowed(RULES.decode(), f"https://n.example{path}", agent) is expected


async def test_c34_one_request_for_each_host_in_24_hours(
    server: ScriptedServer, fetcher: Fetcher, clock: VirtualClock
) -> None:
    server.on("/robots.txt", answer(200, RULES))
    robots = RobotsCache(fetcher, now=clock)
    answers = await asyncio.gather(*[robots.allowed(server.url(f"/story/{number}")) for number in range(20)])
    assert all(answers)
    assert not await robots.allowed(server.url("/no-robots"))
    clock.advance(timedelta(hours=23))
    await robots.allowed(server.url("/story"))
    assert [seen.path for seen in server.seen] == ["/robots.txt"]
    clock.advance(timedelta(hours=2))
    await robots.allowed(server.url("/story"))
    assert len(server.seen) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
async def test_no_robots_txt_allows_everything(
    server: ScriptedServer, fetcher: Fetcher, clock: VirtualClock, status: int
) -> None:
    server.on("/robots.txt", answer(status))
    robots = RobotsCache(fetcher, now=clock)
    assert await robots.allowed(server.url("/a"))
    assert await robots.allowed(server.url("/b"))
    assert len(server.seen) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_host_whose_robots_txt_cannot_be_had_is_closed_for_an_hour(
    server: ScriptedServer, fetcher: Fetcher, clock: VirtualClock, status: int
) -> None:
    server.on("/robots.txt", answer(status), answer(200, RULES))
    robots = RobotsCache(fetcher, now=clock)
    assert not await robots.allowed(server.url("/story"))
    clock.advance(timedelta(minutes=59))
    assert not await robots.allowed(server.url("/story"))
    assert len(server.seen) == 1
    clock.advance(timedelta(minutes=2))
    assert await robots.allowed(server.url("/story"))


async def test_an_older_answer_goes_on_while_the_host_is_in_trouble(
    server: ScriptedServer, fetcher: Fetcher, clock: VirtualClock
) -> None:
    server.on("/robots.txt", answer(200, RULES), answer(503))
    robots = RobotsCache(fetcher, now=clock)
    await robots.allowed(server.url("/story"))
    clock.advance(timedelta(hours=25))
    assert await robots.allowed(server.url("/story"))
    assert not await robots.allowed(server.url("/no-robots"))


async def test_redirects_to_robots_txt_are_followed(
    server: ScriptedServer, fetcher: Fetcher, clock: VirtualClock
) -> None:
    server.on("/robots.txt", answer(301, b"", b"Location: /real.txt"))
    server.on("/real.txt", answer(200, b"\xef\xbb\xbfUser-agent: *\nDisallow: /\n"))
    assert not await RobotsCache(fetcher, now=clock).allowed(server.url("/story"))


class Refuses:
    """A fetcher for which every host is out of bounds or out of reach."""

    def __init__(self, reason: FetchReason) -> None:
        self.reason = reason

    async def fetch(self, request: FetchRequest) -> FetchOutcome:
        return FetchFailure(request.url, self.reason, "no")


async def test_unreachable_hosts_are_closed_and_private_ones_left_to_the_fetch(clock: VirtualClock) -> None:
    assert not await RobotsCache(Refuses(FetchReason.DNS), now=clock).allowed("https://n.example/a")
    assert await RobotsCache(Refuses(FetchReason.BLOCKED_ADDRESS), now=clock).allowed("http://10.0.0.1/a")


async def test_what_is_no_web_address_is_not_allowed(fetcher: Fetcher, clock: VirtualClock) -> None:
    robots = RobotsCache(fetcher, now=clock)
    for url in ("mailto:a@b.example", "http://[x", "", "file:///etc/passwd"):
        assert not await robots.allowed(url)


async def test_only_so_many_hosts_are_remembered(clock: VirtualClock) -> None:
    robots = RobotsCache(Refuses(FetchReason.HTTP), now=clock)
    for number in range(5_010):
        assert await robots.allowed(f"https://h{number}.example/")
    assert len(robots._rules) <= 5_000
