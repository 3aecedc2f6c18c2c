"""How often one publisher is asked: requests under way at once, and the time between their starts.

Publishers are told apart by registered domain, because hosts of one domain usually share their servers.
"""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from newswatch.urls import registered_domain


@dataclass(frozen=True, slots=True)
class Limits:
    """What is different for one publisher; None is as for everybody. `apart` counts each of its hosts by itself."""

    per_host: int | None = None
    spacing_s: float | None = None
    apart: bool = False


@dataclass(slots=True)
class _Publisher:
    slots: asyncio.Semaphore
    spacing_s: float
    starting: asyncio.Lock = field(default_factory=asyncio.Lock)
    next_start: float = -math.inf
    users: int = field(default=0)


class HostLimiter:
    """Lets requests to one registered domain start one after the other. Waiters are served in order."""

    def __init__(
        self,
        *,
        per_host: int,
        spacing_s: float,
        rate: float = math.inf,
        unspaced_hosts: Collection[str] = (),
        exceptions: Mapping[str, Limits] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Allow `per_host` requests under way at once, and `spacing_s` seconds between starts, for each publisher.

        `rate` is how many may start in a second in all. `unspaced_hosts` (host names, of your own machines) have no
        limits, `exceptions` (by registered domain or host name) other ones. Clock and sleep can be replaced.
        """
        self._per_host = per_host
        self._spacing_s = spacing_s
        self._unspaced = frozenset(host.lower().rstrip(".") for host in unspaced_hosts)
        self._exceptions = exceptions or {}
        self._monotonic = monotonic
        self._sleep = sleep
        self._publishers: dict[str, _Publisher] = {}
        self._sweep_at = 1024
        self._between_s = 1 / rate
        self._next_of_all = -math.inf
        self._gate = asyncio.Lock()

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Wait until a request to `host` may start, and count it as under way inside the block."""
        if host in self._unspaced:
            yield
            return
        publisher = self._publisher(host)
        publisher.users += 1
        try:
            async with publisher.slots:
                async with publisher.starting:
                    await self._until(publisher.next_start)
                    await self._turn_of_all()
                    publisher.next_start = self._monotonic() + publisher.spacing_s
                yield
        finally:
            publisher.users -= 1

    async def _turn_of_all(self) -> None:
        async with self._gate:
            await self._until(self._next_of_all)
            self._next_of_all = self._monotonic() + self._between_s

    async def _until(self, start: float) -> None:
        wait_s = start - self._monotonic()
        if wait_s > 0:
            await self._sleep(wait_s)

    def _publisher(self, host: str) -> _Publisher:
        domain = registered_domain(host)
        limits = self._exceptions.get(host) or self._exceptions.get(domain) or Limits()
        name = host if limits.apart or host in self._exceptions else domain
        found = self._publishers.get(name)
        if found is None:
            if len(self._publishers) >= self._sweep_at:
                self._forget_idle()
            slots = asyncio.Semaphore(limits.per_host or self._per_host)
            spacing_s = self._spacing_s if limits.spacing_s is None else limits.spacing_s
            found = self._publishers[name] = _Publisher(slots, spacing_s)
        return found

    def _forget_idle(self) -> None:
        now = self._monotonic()
        self._publishers = {
            domain: publisher
            for domain, publisher in self._publishers.items()
            if publisher.users or publisher.next_start > now
        }
        self._sweep_at = max(1024, 2 * len(self._publishers))
