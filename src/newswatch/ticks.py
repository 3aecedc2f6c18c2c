"""Recurring work that never runs twice at once, and never ends because it failed once."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

from newswatch.metrics import Metrics
from newswatch.store.database import in_short, is_transient

log = structlog.get_logger("newswatch.daemon")

_STUCK_AFTER = 4  # ticks without an end before the watchdog is not fed any more


class Tick:
    """One kind of recurring work."""

    def __init__(self, name: str, every_s: float, work: Callable[[], Awaitable[object]], metrics: Metrics) -> None:
        """`work` is called at most once at a time; calls meanwhile make it run once more."""
        self.name = name
        self.every_s = every_s
        self._work = work
        self._metrics = metrics
        self._idle = asyncio.Event()
        self._idle.set()
        self._again = False
        self._closed = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self.ended_at = time.monotonic()
        self.failing: str | None = None

    @property
    def stuck(self) -> bool:
        """Whether the work has not come to an end for suspiciously long."""
        return time.monotonic() - self.ended_at > _STUCK_AFTER * self.every_s + 60

    def kick(self) -> None:
        """Run as soon as possible."""
        task = asyncio.create_task(self.run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Never run again, and return when nothing is running."""
        self._closed.set()
        await self._idle.wait()

    async def run(self) -> None:
        """Run once, or once more if it is running already. Errors are logged; the next tick tries again."""
        if self._closed.is_set():
            return
        if not self._idle.is_set():
            self._again = True
            return
        self._idle.clear()
        try:
            while True:
                self._again = False
                await self._work()
                if self._closed.is_set() or not self._again:
                    break
            if self.failing is not None:
                log.info("works again", tick=self.name)
            self.failing = None
        except Exception as error:  # a tick that fails must not end the ticking
            first = self.failing is None
            self.failing = in_short(error)
            self._metrics.tick_failures.labels(self.name).inc()
            if not is_transient(error):
                log.exception("tick failed", tick=self.name)
            elif first:
                log.warning("database trouble; nothing is lost, it is tried again", tick=self.name, error=self.failing)
        finally:
            self._idle.set()
            self.ended_at = time.monotonic()
            self._metrics.last_tick.labels(self.name).set_to_current_time()
