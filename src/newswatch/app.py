"""Builds the real parts once, from a configuration."""

import gc
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from random import Random
from types import TracebackType
from typing import Self

from newswatch import __version__
from newswatch.clock import Now, system_now
from newswatch.collect.http import Fetcher
from newswatch.collect.robots import RobotsCache
from newswatch.config import Config
from newswatch.flag.matching import Engine
from newswatch.flag.packs.book import RuleBook
from newswatch.ids import IdSource
from newswatch.metrics import Metrics
from newswatch.model import Route
from newswatch.notify.channels import build_channel
from newswatch.notify.channels.base import Channel
from newswatch.notify.links import Links
from newswatch.pipeline import Context, Pipeline
from newswatch.pipeline.context import Fetch, Permission, Renders
from newswatch.pipeline.linking import NoLinks, answerable, links_of, usable
from newswatch.store import leases
from newswatch.store.database import Database
from newswatch.workers import WorkerPool


def open_database(config: Config) -> Database:
    """Return the configured database; nothing is connected yet."""
    return Database(config.database.url.get_secret_value())


def build_engine(config: Config, book: RuleBook, before: Engine | None = None) -> Engine:
    """Load the configured rule packs; what is in `book` is not read again, what is in `before` not compiled again.

    Raises RuleError with every problem.
    """
    ruleset = book.load(config.rules.packs, base=config.folder)
    if before is not None and before.max_evidence == config.rules.max_evidence:
        return before.updated(ruleset)
    return Engine(ruleset, max_evidence=config.rules.max_evidence)


class App:
    """The parts of one running newswatch, opened and closed together.

    >>> async with App(config) as app:
    ...     await app.pipeline.run_until_idle()
    """

    def __init__(
        self,
        config: Config,
        *,
        database: Database | None = None,
        now: Now = system_now,
        write: Callable[[str], None] = print,
        fetcher: Fetch | None = None,
        robots: Permission | None = None,
        channels: Mapping[str, Channel] | None = None,
        routes: tuple[Route, ...] | None = None,
        seed: int | None = None,
    ) -> None:
        """Take what a replay or a test puts in place of a real part; `seed` makes ids and jitter repeatable."""
        self._config = config
        self._database = database or open_database(config)
        self._now = now
        self._write = write
        self._fetcher = fetcher
        self._robots = robots
        self._channels = channels
        self._routes = routes
        self._seed = seed
        self._stack = AsyncExitStack()
        self.rules = RuleBook()
        self.http: Fetcher | None = None
        self.links: Links | NoLinks = NoLinks("the messages are not this program's own")
        self.pipeline: Pipeline

    async def __aenter__(self) -> Self:
        """Open everything. Raises RuleError, DatabaseUnreachable."""
        config, now = self._config, self._now
        engine = build_engine(config, self.rules)
        gc.freeze()  # rules can be millions of objects, and none of them is ever a cycle: do not look at them again
        self._stack.callback(self._database.close)
        pool = await self._stack.enter_async_context(WorkerPool(config.workers))
        if self._fetcher is None or self._channels is None:
            self.http = await self._stack.enter_async_context(Fetcher(config.http, now=now, version=__version__))
        fetcher = self._fetcher or self.real_http
        robots = self._robots or RobotsCache(self.real_http, now=now)
        new_id = IdSource.apart(now) if self._seed is None else IdSource(now, offset=self._seed)
        if self._channels is None:
            self.links = self.build_links(config)
        context = Context(
            config=config,
            database=self._database,
            fetcher=fetcher,
            robots=robots,
            pool=pool,
            engine=engine,
            routes=config.route_values if self._routes is None else self._routes,
            channels=self.build_channels(config, self.links) if self._channels is None else self._channels,
            destinations=config.destinations_values() if self._channels is None else {},
            now=now,
            new_id=new_id,
            metrics=Metrics(),
            runner_id=new_id(),
            random=Random(self._seed),
            browser=await self._open_browser() if self._fetcher is None else None,
            links=usable(self.links),
        )
        self.pipeline = Pipeline(context)
        await self._database.write(leases.register, context.runner_id, now())
        return self

    async def _open_browser(self) -> Renders | None:
        config, http = self._config, self.real_http
        if not config.browser.enabled:
            return None
        from newswatch.collect.browser import Browser  # noqa: PLC0415 - is there with the extra `browser` only

        return await self._stack.enter_async_context(
            Browser(
                config.browser,
                now=self._now,
                dialer=http.dialer(),
                turn=http.turn,
                user_agent=http.user_agent,
                max_bytes=config.http.max_page_size,
            )
        )

    @property
    def real_http(self) -> Fetcher:
        """The HTTP client, where this app has one."""
        if self.http is None:
            raise RuntimeError("this app has no HTTP client")
        return self.http

    @property
    def context(self) -> Context:
        """What the stages work with."""
        return self.pipeline.context

    def build_channels(self, config: Config, links: Links | NoLinks) -> dict[str, Channel]:
        """Return a channel for each configured destination; where there are links, what it sends can be answered."""
        return {
            name: answerable(
                build_channel(
                    destination, settings=config.alerts, http=self.real_http.send, now=self._now, write=self._write
                ),
                name,
                config,
                usable(links),
            )
            for name, destination in config.destinations_values().items()
        }

    def build_links(self, config: Config) -> Links | NoLinks:
        """Return what makes the links of messages, or why they carry none."""
        return links_of(config, self._database.path, make=True)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give back every claim and close everything."""
        try:
            await self._database.write(leases.unregister, self.context.runner_id)
        finally:
            await self._stack.aclose()
