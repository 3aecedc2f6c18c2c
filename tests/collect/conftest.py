"""A scripted server and fetchers that may reach it."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from newswatch.citizen.scripted import ScriptedServer
from newswatch.clock import VirtualClock
from newswatch.collect.http import Fetcher
from newswatch.collect.settings import HttpSettings

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)

MakeFetcher = Callable[..., Fetcher]


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NOW)


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer() as running:
        yield running


@pytest.fixture
async def make_fetcher(clock: VirtualClock) -> AsyncIterator[MakeFetcher]:
    """Make fetchers that may connect to loopback, without spacing; keywords change settings or replace parts."""
    made: list[Fetcher] = []

    def make(*, resolver: Any = None, backend: Any = None, limiter: Any = None, **changes: Any) -> Fetcher:
        values: dict[str, Any] = {"allow_networks": ("127.0.0.0/8",), "unspaced_hosts": ("127.0.0.1", "localhost")}
        settings = HttpSettings(**{**values, **changes})
        made.append(Fetcher(settings, now=clock, version="1.2", resolver=resolver, backend=backend, limiter=limiter))
        return made[-1]

    yield make
    for fetcher in made:
        await fetcher.aclose()


@pytest.fixture
def fetcher(make_fetcher: MakeFetcher) -> Fetcher:
    return make_fetcher()
