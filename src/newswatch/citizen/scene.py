"""The surroundings of one row: the real pipeline between a scripted server and a virtual clock."""

import asyncio
import heapq
import itertools
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, ParamSpec, TypeVar
from urllib.parse import urlsplit

from sqlalchemy import select

from newswatch import __version__
from newswatch.citizen.scripted import Answer, ScriptedServer, Seen
from newswatch.clock import VirtualClock
from newswatch.collect.http import Fetcher
from newswatch.collect.politeness import HostLimiter
from newswatch.collect.robots import RobotsCache
from newswatch.config import Config
from newswatch.config.sections import WebSubSettings
from newswatch.flag.matching import Engine
from newswatch.flag.packs import load_packs
from newswatch.ids import IdSource
from newswatch.metrics import Metrics
from newswatch.model import Feed, FeedStatus
from newswatch.pipeline import Context, Pipeline
from newswatch.pipeline.backfill import Backfilled, backfill
from newswatch.pipeline.websub import WebSub
from newswatch.store import feeds, migrate
from newswatch.store.database import Database
from newswatch.store.tables import entry, feed, host_state
from newswatch.worker_settings import WorkerSettings
from newswatch.workers import WorkerPool

P = ParamSpec("P")
T = TypeVar("T")

BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday
LONGEST = timedelta(days=8)
FLOOR = timedelta(minutes=15)
CAP = timedelta(hours=24)
FEED_URL = "http://feed.example/rss"
_ADDRESS = "93.184.216.34"  # any public one: connections end on loopback all the same
_INSTANCES = itertools.count()
_NOBODY = "93.184.216.35"


class BrokenPromise(Exception):
    """A server saw something else than it was promised."""


class _Here(WorkerPool):
    """Runs tasks in this process: the rows' inputs are the program's own."""

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call the function."""
        return function(*args, **kwargs)


class VirtualTime:
    """Sleepers, and a clock that goes on to the next of them whenever nothing else happens."""

    _QUIET_S = 0.002  # real time without news from the network

    def __init__(self, clock: VirtualClock) -> None:
        """Move `clock`."""
        self._clock = clock
        self._sleepers: list[tuple[datetime, int, asyncio.Event]] = []
        self._numbers = itertools.count()

    def monotonic(self) -> float:
        """Return the seconds since the epoch."""
        return self._clock().timestamp()

    async def sleep(self, seconds: float) -> None:
        """Wait for virtual seconds."""
        woken = asyncio.Event()
        heapq.heappush(self._sleepers, (self._clock() + timedelta(seconds=seconds), next(self._numbers), woken))
        await woken.wait()

    async def during(self, work: Awaitable[T]) -> T:
        """Return what `work` returns, moving the clock meanwhile."""
        task = asyncio.ensure_future(work)
        while not task.done():
            for _ in range(50):  # let everybody go on who need not wait for the network
                await asyncio.sleep(0)
            await asyncio.wait([task], timeout=self._QUIET_S)
            if self._sleepers:
                at, _, woken = heapq.heappop(self._sleepers)
                self._clock.set(max(at, self._clock()))
                woken.set()
        return task.result()


class Scene:
    """A server, a clock, and newswatch between them. Made by `scene`."""

    def __init__(self, server: ScriptedServer, clock: VirtualClock, path: Path, config: Config) -> None:
        self.server = server
        self.clock = clock
        self.config = config
        self.path = path
        self._stack = AsyncExitStack()
        self.began: list[tuple[str, datetime]] = []  # where and when connections were begun
        self._repaired: set[str] = set()
        self.limiter: HostLimiter | None = None
        self.database: Database
        self.fetcher: Fetcher
        self.pipeline: Pipeline

    # --- newswatch

    async def start(self) -> None:
        """Start newswatch on the row's database."""
        await asyncio.to_thread(self._upgrade)
        self.database = Database(f"sqlite:///{self.path}")
        self._stack.callback(self.database.close)
        self.pipeline = await self.instance()

    async def instance(self) -> Pipeline:
        """Return one more newswatch on the same database."""
        fetcher = await self._stack.enter_async_context(
            Fetcher(
                self.config.http,
                now=self.clock,
                version=__version__,
                resolver=self._resolve,
                backend=self._connect,
                limiter=self.limiter or HostLimiter(per_host=2, spacing_s=0),
            )
        )
        self.fetcher = fetcher
        new_id = IdSource(self.clock, offset=next(_INSTANCES) << 10)
        return Pipeline(
            Context(
                config=self.config,
                database=self.database,
                fetcher=fetcher,
                robots=RobotsCache(fetcher, now=self.clock),
                pool=_Here(WorkerSettings()),
                engine=Engine(load_packs((), base=self.path.parent), max_evidence=1),
                routes=(),
                channels={},
                destinations={},
                now=self.clock,
                new_id=new_id,
                metrics=Metrics(),
                runner_id=new_id(),
                random=Random(1),
            )
        )

    def _upgrade(self) -> None:
        database = Database(f"sqlite:///{self.path}")
        migrate.upgrade(database)
        database.close()

    async def stop(self) -> None:
        """Let go of everything but the database's file."""
        await self._stack.aclose()

    async def restart(self) -> None:
        """Stop as a killed process does, and start anew on the same database."""
        await self.stop()
        await self.start()

    async def _resolve(self, host: str, _port: int) -> Sequence[str]:
        self.began.append((host, self.clock()))
        if host in self._repaired:
            return [_ADDRESS]
        if host.endswith(".nowhere.example"):
            raise OSError(f"{host} is not known")
        return [_NOBODY if host == "refused.example" else _ADDRESS]

    async def _connect(self, address: str, _port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if address != _ADDRESS:
            raise ConnectionRefusedError(111, "Connection refused")
        return await asyncio.open_connection("127.0.0.1", self.server.port, limit=1 << 18)

    # --- feeds

    async def add(self, url: str = FEED_URL, *answers: Answer, **values: Any) -> str:
        """Script a feed's URL, add the feed, and return the URL."""
        if answers:
            self.server.on(url, *answers)
        value = replace(Feed(0, url, urlsplit(url).hostname or url, full_text=False), **values)
        new_id = self.pipeline.context.new_id
        await self.database.write(feeds.add, value, feed_id=new_id(), now=self.clock())
        return url

    async def feed(self, url: str = FEED_URL) -> Feed:
        """Return a feed as stored."""
        found = await self.database.read(feeds.get, url)
        if found is None:
            raise BrokenPromise(f"no feed {url}")
        return found

    async def poll_by_hand(self, url: str = FEED_URL) -> None:
        """Do what `feeds poll` does."""
        floor_s = self.config.polling.min_interval
        await self.database.write(feeds.poll_now, await self.feed(url), self.clock(), floor_s=floor_s)

    async def backfill(self, url: str = FEED_URL, *, pages: int) -> Backfilled:
        """Do what `feeds backfill` does."""
        return await backfill(self.pipeline.context, await self.feed(url), most_pages=pages)

    async def enable(self, url: str = FEED_URL) -> None:
        """Do what `feeds enable` does."""
        stored = await self.feed(url)
        await self.database.write(feeds.set_status, stored.id, FeedStatus.ACTIVE, now=self.clock())

    async def forget(self, url: str) -> None:
        """Do what `feeds remove` does."""
        await self.database.write(feeds.remove, (await self.feed(url)).id)

    def repair(self, url: str) -> None:
        """Let the host of `url` be found, connected to and spoken to like any other."""
        self._repaired.add(str(urlsplit(url).hostname))

    async def edit_url(self, old: str, new: str) -> None:
        """Put another URL in a feed's place as an edited configuration does."""
        value = replace(await self.feed(old), id=0, url=new, origin="config")
        await self.database.write(feeds.sync_configured, [value], new_id=self.pipeline.context.new_id, now=self.clock())

    async def events(self) -> list[str]:
        """Return the kinds of what happened to feeds, newest first."""
        return [row["kind"] for row in await self.database.read(feeds.events, since=BEGIN, limit=1000)]

    async def entry_rows(self) -> list[tuple[Any, ...]]:
        """Return what is stored of entries."""
        query = select(entry.c.id, entry.c.title, entry.c.revision, entry.c.updated_at).order_by(entry.c.id)
        return await self.database.read(lambda connection: [tuple(row) for row in connection.execute(query)])

    def subscriber(self) -> WebSub:
        """Begin to ask hubs, and return what does; its callbacks are called by the row."""
        context = self.pipeline.context
        websub = WebSubSettings(callback_url="https://watch.example")
        context.config = context.config.with_sections({"websub": websub})
        return WebSub(context, self.pipeline.poll, self.fetcher.send)

    # --- time

    async def poll(self, pipeline: Pipeline | None = None) -> None:
        """Poll what is due now, and fetch the articles that it brings."""
        pipeline = pipeline or self.pipeline
        worked = 1
        while worked:
            worked = 0
            for stage in (pipeline.poll, pipeline.article):
                worked += await stage.tick()
                await stage.wait()

    async def _next_due(self) -> datetime | None:
        query = (
            select(feed.c.next_poll_at, host_state.c.not_before)
            .outerjoin(host_state, host_state.c.host_key == feed.c.host_key)
            .where(feed.c.status == FeedStatus.ACTIVE.value)
        )
        rows = await self.database.read(lambda connection: connection.execute(query).all())
        return min((max(due, blocked) if blocked else due for due, blocked in rows), default=None)

    async def next(self, url: str | None = FEED_URL) -> Seen | None:
        """Let time pass until the server sees a request (for `url`), and return it; None after eight days."""
        until = self.clock() + LONGEST
        key = None if url is None else _key(url)
        seen = len(self.server.seen)
        while True:
            await self.poll()
            for request in self.server.seen[seen:]:
                if key is None or request.key == key:
                    return request
            seen = len(self.server.seen)
            due = await self._next_due()
            if due is None or due > until:
                self.clock.set(until)
                return None
            self.clock.set(max(due, self.clock()))

    async def fresh(self, url: str = FEED_URL) -> Seen:
        """Return the next request for `url`; it has to come."""
        request = await self.next(url)
        if request is None:
            raise BrokenPromise(f"{url} is not asked within eight days")
        return request

    async def gaps(self, count: int, url: str = FEED_URL) -> list[timedelta]:
        """Return the next `count` waits between requests for `url`."""
        found = []
        for _ in range(count):
            before = self.clock()
            found.append((await self.fresh(url)).at - before)
        return found

    def asked(self, url: str = FEED_URL) -> list[Seen]:
        """Return the requests for `url` so far."""
        return [request for request in self.server.seen if request.key == _key(url)]

    async def limit(self, *, rate: float) -> VirtualTime:
        """Start anew with the limits of politeness, in a time of its own that is returned."""
        time = VirtualTime(self.clock)
        http = self.config.http
        self.limiter = HostLimiter(
            per_host=http.per_host, spacing_s=1.0, rate=rate, monotonic=time.monotonic, sleep=time.sleep
        )
        await self.restart()
        return time


def must(condition: bool, what: str) -> None:  # noqa: FBT001 - reads as the sentence it is
    """Raise BrokenPromise with `what` went wrong, unless `condition` holds."""
    if not condition:
        raise BrokenPromise(what)


def same(found: object, wanted: object, what: str) -> None:
    """Raise BrokenPromise unless both are equal."""
    must(found == wanted, f"{what}: {found!r} instead of {wanted!r}")


def _key(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}{parts.path}"


def _lay_out(path: Path, template: Path | None) -> None:
    for old in path.parent.glob(f"{path.name}*"):
        old.unlink()
    if template is not None:
        shutil.copyfile(template, path)


@asynccontextmanager
async def scene(folder: Path, template: Path | None = None, **http: Any) -> AsyncIterator[Scene]:
    """Set the scene for one row in `folder`; `template` is a migrated database to begin with."""
    clock = VirtualClock(BEGIN)
    config = Config.model_validate(
        {"http": {"host_spacing": "0s", **http}, "rules": {"packs": ()}, "polling": {"min_interval": "15m"}}
    )
    path = folder / "row.db"
    _lay_out(path, template)
    async with ScriptedServer(now=clock) as server:
        made = Scene(server, clock, path, config)
        await made.start()
        try:
            yield made
        finally:
            await made.stop()


# --- what servers say ----------------------------------------------------------------------------------------------


def rss(*titles: str, head: str = "", links: bool = True, dates: Sequence[datetime] = ()) -> bytes:
    """Return an RSS document with an item for each title."""
    items = []
    for number, title in enumerate(titles):
        link = f"<link>http://pages.example/{title}</link>" if links else ""
        date = f"<pubDate>{dates[number]:%a, %d %b %Y %H:%M:%S} GMT</pubDate>" if dates else ""
        items.append(f"<item><title>{title}</title><guid isPermaLink='false'>{title}</guid>{link}{date}</item>")
    body = "".join(items)
    text = f"<?xml version='1.0'?><rss version='2.0'><channel><title>n</title>{head}{body}</channel></rss>"
    return text.encode()


ETAG = b'ETag: "abc-1"'
MODIFIED = b"Last-Modified: Mon, 02 Mar 2026 08:00:00 GMT"
