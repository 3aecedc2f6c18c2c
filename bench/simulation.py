"""A day of very many feeds, simulated: every feed asked when it was planned, hosts spared, memory flat.

The poll stage is the real one, with the real HTTP client, schedule and database. Three things are not: time is virtual
(`bench.virtualtime`), connections are made to functions instead of servers (`bench.wire`), and documents are parsed in
this process. Feeds bring entries at constant rates of their own, spread evenly over powers of ten, and the slow ones
ask for three hours between polls; servers answer 304 where nothing is new. A fifth of the feeds shares its publisher
with 99 others, two fifths with one other.
"""

import asyncio
import math
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, ParamSpec, TypeVar

import psutil
from rich.progress import Progress
from sqlalchemy import Connection

from bench.report import Row, publish
from bench.virtualtime import VirtualLoop
from bench.wire import wire
from newswatch import __version__, log
from newswatch.collect.http import Fetcher
from newswatch.collect.politeness import HostLimiter
from newswatch.collect.robots import RobotsCache
from newswatch.config import Config
from newswatch.flag.matching import Engine
from newswatch.flag.packs import load_packs
from newswatch.ids import IdSource
from newswatch.metrics import Metrics
from newswatch.model import Feed
from newswatch.pipeline import Context, PollStage
from newswatch.pipeline.poll import Polled, Stored
from newswatch.store import feeds, migrate
from newswatch.store.database import Database
from newswatch.worker_settings import WorkerSettings
from newswatch.workers import WorkerPool

FEEDS = 50_000
HOURS = 24
MOST_GROWTH = 0.10  # of the resident memory, after the first quarter
LATEST_S = 120  # after the planned instant, while a publisher's other feeds have their turn
BEGIN = datetime(2026, 3, 2, tzinfo=UTC)
_LATENCY_S = 0.2
_SLOWEST, _FASTEST = 0.05, 50.0  # entries a day
_SLOW = 5.0  # entries a day, below which a feed asks to be asked every three hours
_SHOWN = 10  # entries in a document
_PATH = re.compile(rb"GET /(\d+) ")
_ETAG = re.compile(rb'(?i)if-none-match: "(\d+)"')
P = ParamSpec("P")
T = TypeVar("T")


class _Here(WorkerPool):
    """Runs tasks in this process."""

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call the function."""
        return function(*args, **kwargs)


class _Watched(PollStage):
    """The poll stage, telling when each feed is to be asked next."""

    def __init__(self, context: Context, plans: dict[str, datetime]) -> None:
        super().__init__(context)
        self._plans = plans

    def _decide(self, connection: Connection, polled: Polled, now: datetime) -> Stored:
        stored = super()._decide(connection, polled, now)
        self._plans[polled.feed.url] = stored.decision.plan.next_poll_at
        return stored


@dataclass(slots=True)
class World:
    """The publishers, and what they see. `hosts` are how many feeds each has."""

    now: Callable[[], datetime]
    hosts: Sequence[int]
    rates: Sequence[float]  # entries a day, by feed
    plans: dict[str, datetime] = field(default_factory=dict)
    asked: Counter[int] = field(default_factory=Counter)
    late: Counter[int] = field(default_factory=Counter)  # polls, by begun second after their plan
    early: int = 0
    closest_s: float = float("inf")  # between two requests to one publisher
    most_at_once: int = 0  # to one publisher
    _begun: dict[int, datetime] = field(default_factory=dict)
    _open: Counter[int] = field(default_factory=Counter)

    @classmethod
    def of(cls, count: int, now: Callable[[], datetime]) -> "World":
        """Return a world with `count` feeds."""
        large, pairs = -(-count // 500), count // 5
        hosts = [100] * large + [2] * pairs
        hosts += [1] * (count - sum(hosts))
        random = Random(count)
        rates = [_SLOWEST * (_FASTEST / _SLOWEST) ** random.random() for _ in range(count)]
        return cls(now, hosts, rates)

    def feeds(self) -> list[Feed]:
        """Return the feeds, which keep their own texts: no article is fetched."""
        found: list[Feed] = []
        for host, count in enumerate(self.hosts):
            for _ in range(count):
                number = len(found)
                url = f"http://feeds.h{host}.example/{number}"
                found.append(Feed(0, url, f"feed {number}", origin="config", full_text=False))
        return found

    async def resolve(self, host: str, _port: int) -> Sequence[str]:
        """Give every publisher a public address of its own."""
        number = int(host.split(".")[1].removeprefix("h"))
        return [f"11.{number >> 16}.{number >> 8 & 255}.{number & 255}"]

    async def opening(self, address: str) -> None:
        """Note a connection to a publisher, which takes a moment."""
        _, high, middle, low = map(int, address.split("."))
        host = high << 16 | middle << 8 | low
        now = self.now()
        if host in self._begun:
            self.closest_s = min(self.closest_s, (now - self._begun[host]).total_seconds())
        self._begun[host] = now
        self._open[host] += 1
        self.most_at_once = max(self.most_at_once, self._open[host])
        await asyncio.sleep(_LATENCY_S)
        self._open[host] -= 1

    def answer(self, request: bytes) -> bytes:
        """Return a feed, or that it has not changed."""
        found = _PATH.search(request)
        if found is None:  # robots.txt is for pages
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        number = int(found[1])
        self._note(number, request)
        newest = int(self.rates[number] * ((self.now() - BEGIN) / timedelta(days=1) + 2)) + number % 7
        known = _ETAG.search(request)
        if known and int(known[1]) == newest:
            return b'HTTP/1.1 304 Not Modified\r\nETag: "%d"\r\n\r\n' % newest
        body = _document(number, newest, self.rates[number])
        head = b'HTTP/1.1 200 OK\r\nETag: "%d"\r\nContent-Type: application/rss+xml\r\nContent-Length: %d\r\n\r\n'
        return head % (newest, len(body)) + body

    def lateness(self, share: float) -> int:
        """Return within how many seconds after their plan this share of the polls began."""
        left = math.ceil(share * self.late.total())
        for seconds, count in sorted(self.late.items()):
            left -= count
            if left <= 0:
                return seconds
        raise ValueError("no feed has been asked twice")

    def _note(self, number: int, request: bytes) -> None:
        self.asked[number] += 1
        host = re.search(rb"(?i)\nhost: (\S+)", request)
        plan = self.plans.get(f"http://{host[1].decode()}/{number}") if host else None
        if plan is not None:
            late_s = (self.now() - timedelta(seconds=_LATENCY_S) - plan).total_seconds()
            self.late[math.ceil(late_s)] += 1
            self.early += late_s < 0


def _document(number: int, newest: int, rate: float) -> bytes:
    ttl = "<ttl>180</ttl>" if rate < _SLOW else ""
    items = "".join(
        f"<item><title>Report {entry} of feed {number}</title><guid isPermaLink='false'>{entry}</guid>"
        f"<link>http://pages.example/{number}/{entry}</link></item>"
        for entry in range(newest, max(0, newest - _SHOWN), -1)
    )
    return f"<rss version='2.0'><channel><title>Feed {number}</title>{ttl}{items}</channel></rss>".encode()


@dataclass(frozen=True, slots=True)
class Day:
    """What was seen of the simulated time. `memory_mb` is the resident memory after each hour."""

    world: World
    memory_mb: tuple[float, ...]
    cpu_s: float

    @property
    def growth(self) -> float:
        """How much the memory grew after the first quarter of the time, as a share of it."""
        return self.memory_mb[-1] / self.memory_mb[len(self.memory_mb) // 4] - 1


def simulate(folder: Path, count: int, hours: int, *, each_hour: Callable[[], object] = lambda: None) -> Day:
    """Let `hours` pass with `count` feeds, and return what was seen."""
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(_day(loop, folder, count, hours, each_hour))
    finally:
        loop.close()


async def _day(loop: VirtualLoop, folder: Path, count: int, hours: int, each_hour: Callable[[], object]) -> Day:
    def now() -> datetime:
        return BEGIN + timedelta(seconds=loop.time())

    world = World.of(count, now)
    config = Config.model_validate({"rules": {"packs": ()}, "log": {"level": "warning"}})
    log.setup(config.log, stream=sys.stderr)
    http = config.http
    database = Database(f"sqlite:///{folder / 'simulation.db'}")
    migrate.upgrade(database)
    limiter = HostLimiter(
        per_host=http.per_host,
        spacing_s=http.host_spacing,
        rate=http.max_rate,
        monotonic=loop.time,
        sleep=asyncio.sleep,
    )
    began = time.process_time()
    memory: list[float] = []
    async with Fetcher(
        http,
        now=now,
        version=__version__,
        resolver=world.resolve,
        backend=wire(world.answer, opening=world.opening),
        limiter=limiter,
    ) as fetcher:
        context = _context(config, database, fetcher, now, folder)
        stage = _Watched(context, world.plans)
        woken = asyncio.Event()
        context.wake = lambda _stage: woken.set()
        await database.write(feeds.sync_configured, world.feeds(), new_id=context.new_id, now=now())
        while loop.time() < hours * 3600:
            woken.clear()
            await stage.tick()
            await _first_of(woken, config.daemon.poll_tick)
            if loop.time() >= 3600 * (len(memory) + 1):
                memory.append(psutil.Process().memory_info().rss / 1e6)
                each_hour()
        await stage.wait()
    database.close()
    return Day(world, tuple(memory), time.process_time() - began)


def _context(
    config: Config, database: Database, fetcher: Fetcher, now: Callable[[], datetime], folder: Path
) -> Context:
    new_id = IdSource(now)
    return Context(
        config=config,
        database=database,
        fetcher=fetcher,
        robots=RobotsCache(fetcher, now=now),
        pool=_Here(WorkerSettings()),
        engine=Engine(load_packs((), base=folder), max_evidence=1),
        routes=(),
        channels={},
        destinations={},
        now=now,
        new_id=new_id,
        metrics=Metrics(),
        runner_id=new_id(),
        random=Random(1),
    )


async def _first_of(woken: asyncio.Event, seconds: float) -> None:
    """Return when the stage wants to be called again, after `seconds` at the latest."""
    try:
        async with asyncio.timeout(seconds):
            await woken.wait()
    except TimeoutError:
        return


def run() -> None:
    """Simulate and publish."""
    with tempfile.TemporaryDirectory() as name, Progress() as progress:
        task = progress.add_task("simulated hours", total=HOURS)
        day = simulate(Path(name), FEEDS, HOURS, each_hour=lambda: progress.advance(task))
    publish("simulation", f"{FEEDS:,} feeds for {HOURS} hours", rows(day), data(day))


def rows(day: Day) -> list[Row]:
    """Return the figures with their targets."""
    world = day.world
    never = len(world.rates) - len(world.asked)
    p99, latest = world.lateness(0.99), world.lateness(1)
    return [
        Row("polls", f"{world.asked.total():,}"),
        Row("CPU time for each, servers included", f"{day.cpu_s / world.asked.total() * 1000:.2f} ms"),
        Row("feeds never polled", str(never), "0", never == 0),
        Row("polls before their planned time", str(world.early), "0", world.early == 0),
        Row("after it, 99 % of polls", f"{p99} s"),
        Row("after it, the latest poll", f"{latest} s", f"at most {LATEST_S} s", latest <= LATEST_S),
        Row("closest requests to one publisher", f"{world.closest_s:.2f} s", "1 s", world.closest_s >= 1 - 1e-6),
        Row("most at once to one publisher", str(world.most_at_once), "2", world.most_at_once <= 2),
        Row("memory after 6 hours", f"{day.memory_mb[len(day.memory_mb) // 4]:.0f} MB"),
        Row("growth from then on", f"{day.growth:+.1%}", f"under {MOST_GROWTH:.0%}", day.growth < MOST_GROWTH),
    ]


def data(day: Day) -> dict[str, Any]:
    """Return the figures as numbers."""
    world = day.world
    return {
        "polls": world.asked.total(),
        "cpu_s": day.cpu_s,
        "late_s": {"median": world.lateness(0.5), "p99": world.lateness(0.99), "latest": world.lateness(1)},
        "memory_mb": list(day.memory_mb),
    }
