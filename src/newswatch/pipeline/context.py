"""What the stages work with, built once by `app`."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Protocol

from newswatch.clock import Now
from newswatch.collect.http import Fetcher
from newswatch.collect.robots import RobotsCache
from newswatch.config import Config
from newswatch.flag.matching import Engine
from newswatch.ids import IdSource
from newswatch.metrics import Metrics
from newswatch.model import Destination, FetchFailure, FetchOutcome, FetchRequest, Page, RequestOptions, Route
from newswatch.notify.channels.base import Channel
from newswatch.notify.links import Links
from newswatch.notify.reader import ReaderSettings
from newswatch.notify.routes import mailboxes
from newswatch.store.database import Database
from newswatch.store.leases import Lease
from newswatch.workers import WorkerPool

_ANYBODY = ReaderSettings()


def _nobody_waits(_stage: str) -> None:
    """Let stages look for work on their own."""


class Fetch(Protocol):
    """How pages are fetched: over HTTP, or from recorded inputs in a replay."""

    async def fetch(self, request: FetchRequest) -> FetchOutcome:
        """Return the page, or why there is none."""
        ...


class Permission(Protocol):
    """Who says whether an article page may be fetched."""

    async def allowed(self, url: str) -> bool:
        """Tell whether robots.txt of the URL's host lets us in."""
        ...


class Renders(Protocol):
    """Who shows pages to a browser."""

    async def render(self, url: str, options: RequestOptions) -> Page | FetchFailure:
        """Return the page after its scripts have run, or why there is none."""
        ...


@dataclass(slots=True)
class Context:
    """The parts, and what a reload replaces (`config`, `engine`, `routes`, `channels`, `destinations`, `links`)."""

    config: Config
    database: Database
    fetcher: Fetcher | Fetch
    robots: RobotsCache | Permission
    pool: WorkerPool
    engine: Engine
    routes: tuple[Route, ...]
    channels: Mapping[str, Channel]
    destinations: Mapping[str, Destination]
    now: Now
    new_id: IdSource
    metrics: Metrics
    runner_id: int
    random: Random
    browser: Renders | None = None
    wake: Callable[[str], None] = _nobody_waits
    """Called with the name of a stage that has new work, so that it need not wait for its tick."""
    links: Links | None = None
    """Makes the links with which readers answer; None: messages carry none."""

    def reader(self, destination: str) -> ReaderSettings:
        """Return what the reader behind a destination wants; defaults where the configuration does not know it."""
        known = self.destinations.get(destination)
        return known.settings if known is not None and isinstance(known.settings, ReaderSettings) else _ANYBODY

    def addressed(self, names: Iterable[str]) -> list[str]:
        """Return the destinations that configured names stand for, each once, without those that have no channel."""
        every = dict.fromkeys(one for name in names for one in mailboxes(name, self.config.destinations))
        return [one for one in every if one in self.channels]

    def lease(self, seconds: float) -> Lease:
        """Return a claim of this process that begins now."""
        return Lease(self.runner_id, self.now(), seconds)
