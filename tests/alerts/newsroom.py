"""A small newsroom with a virtual clock: articles come in, rules flag them, inboxes keep what arrives.

Everything between is the real thing, on a real database: the stages, the store, and the channels' rendering. Only the
network is not there: an inbox takes what a channel would send, or answers as it is told.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Protocol, cast

from newswatch.clock import VirtualClock
from newswatch.config import Config
from newswatch.flag.matching import Engine
from newswatch.flag.packs import parse_pack
from newswatch.ids import IdSource
from newswatch.metrics import Metrics
from newswatch.model import (
    Article,
    AttemptResult,
    Delivery,
    FetchReason,
    HttpAnswer,
    HttpFailure,
    HttpRequest,
    HttpSend,
    Message,
    Outcome,
    Published,
    Rendered,
)
from newswatch.notify.channels import build_channel
from newswatch.notify.channels.base import Channel
from newswatch.notify.outcome import OnAmbiguous
from newswatch.pipeline import Context, Pipeline
from newswatch.store.database import Database
from tests.store.filling import store_article

PACK = """
[pack]
id = "test"
name = "Test"

[[rules]]
id = "harbour"
name = "Harbour"
severity = "normal"
query = "harbour"

[[rules]]
id = "storm"
name = "Storm"
severity = "high"
tags = ["weather"]
query = "storm"

[[rules]]
id = "wave"
name = "Wave"
severity = "flash"
tags = ["weather"]
query = "tsunami"
"""

DELIVERED = AttemptResult(Outcome.DELIVERED, "taken", provider_id="ref")
FILLER = " The council of Port Ellery met on Monday in the old hall beside the water and heard three reports."


@dataclass(frozen=True, slots=True)
class Arrived:
    """One message that came in."""

    at: datetime
    message: Message
    delivery: Delivery

    @property
    def kind(self) -> str:
        return self.message.kind.value

    @property
    def headlines(self) -> list[str]:
        listing = self.message.listing
        return [line.headline for line in listing.stories] if listing else [self.message.headline]


@dataclass
class Inbox:
    """Stands for a channel's receiver: takes everything, unless `answers` says otherwise."""

    real: Channel
    clock: VirtualClock
    arrived: list[Arrived] = field(default_factory=list)
    answers: list[AttemptResult] = field(default_factory=list)  # the next ones, then everything is taken
    always: AttemptResult | None = None
    tried: list[tuple[datetime, str]] = field(default_factory=list)
    known: dict[str, Message] = field(default_factory=dict)
    found: AttemptResult | None = None
    onward: bool = False  # send for real, by what `Newsroom` was given as `http`
    gate: asyncio.Event | None = None  # what arrives waits here, as at a receiver that never answers

    @property
    def type(self) -> str:
        return self.real.type

    @property
    def on_ambiguous(self) -> OnAmbiguous:
        return self.real.on_ambiguous

    def render(self, message: Message, *, key: str, now: datetime) -> Rendered:
        self.known[key] = message
        return self.real.render(message, key=key, now=now)

    async def send(self, delivery: Delivery) -> AttemptResult:
        self.tried.append((self.clock(), delivery.key))
        if self.gate is not None:
            await self.gate.wait()
        if self.onward:
            return await self.real.send(delivery)
        answer = self.answers.pop(0) if self.answers else (self.always or DELIVERED)
        if answer.outcome is Outcome.DELIVERED:
            self.arrived.append(Arrived(self.clock(), self.known[delivery.key], delivery))
            return AttemptResult(Outcome.DELIVERED, "taken", provider_id=f"ref-{delivery.key}")
        return answer

    async def reconcile(self, delivery: Delivery) -> AttemptResult | None:
        return self.found

    @property
    def kinds(self) -> list[str]:
        return [one.kind for one in self.arrived]

    @property
    def headlines(self) -> list[list[str]]:
        return [one.headlines for one in self.arrived]


async def _nothing_goes_out(_request: HttpRequest) -> HttpAnswer | HttpFailure:
    return HttpFailure(FetchReason.CONNECT, "no network here", maybe_sent=False)


class Stage(Protocol):
    """What all stages can do."""

    async def tick(self) -> int: ...

    async def wait(self) -> None: ...


class Newsroom:
    """The stages after extraction with everything they need."""

    def __init__(
        self,
        database: Database,
        *,
        start: datetime,
        destinations: Mapping[str, Mapping[str, Any]] | None = None,
        routes: Sequence[Mapping[str, Any]] | None = None,
        pack: str = PACK,
        http: HttpSend = _nothing_goes_out,
        clock: VirtualClock | None = None,
        **sections: Any,
    ) -> None:
        self.clock = clock or VirtualClock(start)
        self.database = database
        given = destinations or {"desk": {}}
        self.config = Config.model_validate(
            {
                "destinations": {
                    name: {"type": "slack", "channel": "C0DESK", "token": "xoxb", "per_second": 0, **settings}
                    if "type" not in settings
                    else dict(settings)
                    for name, settings in given.items()
                },
                "routes": routes if routes is not None else [{"to": list(given)}],
                "smtp": {"main": {"host": "mail.example", "from": "newswatch@example.org", "per_minute": 0}},
                "stories": {"events": "off"},  # headlines here are alike, and each is to be a story
                **sections,
            }
        )
        self.new_id = IdSource(self.clock)
        self.inboxes = {
            name: Inbox(
                build_channel(value, settings=self.config.alerts, http=http, now=self.clock, write=lambda _text: None),
                self.clock,
            )
            for name, value in self.config.destinations_values().items()
        }
        self.context = self._context(Engine(parse_pack(pack)))
        self.pipeline = Pipeline(self.context)
        self.stages: list[Stage] = [
            self.pipeline.match,
            self.pipeline.follow,
            self.pipeline.digest,
            self.pipeline.operations,
            self.pipeline.fallback,
            self.pipeline.deliver,
        ]
        self._published = 0

    def _context(self, engine: Engine) -> Context:
        nobody = cast("Any", None)
        return Context(
            config=self.config,
            database=self.database,
            fetcher=nobody,
            robots=nobody,
            pool=nobody,
            engine=engine,
            routes=self.config.route_values,
            channels=cast("Mapping[str, Channel]", self.inboxes),
            destinations=self.config.destinations_values(),
            now=self.clock,
            new_id=self.new_id,
            metrics=Metrics(),
            runner_id=self.new_id(),
            random=Random(1),
        )

    def __getitem__(self, destination: str) -> Inbox:
        return self.inboxes[destination]

    def publish(
        self,
        title: str,
        *,
        story: str | None = None,
        source: str = "The Lantern",
        language: str = "en",
        tier: int = 2,
        backfill: bool = False,
        text: str = "",
        known_id: int | None = None,
        method: str = "test",
        paywall: bool = False,
    ) -> int:
        """Store an article; those with the same `story` are copies of each other. Return its id."""
        self._published += 1
        name = story or f"story {self._published}"
        value = Article(
            text=f"{title}.{FILLER} {text}",
            title=title,
            display_headline=title,
            language=language,
            language_confidence=1.0,
            method=method,
            method_reason="test",
            url=f"https://news.example/{self._published}",
            published=Published("second", "feed", at=self.clock()),
            source_name=source,
            paywall=paywall,
        )
        seed = Random(name)
        with self.database.writing() as connection:
            return store_article(
                connection,
                value,
                url_keys=[f"key-{self._published}"],
                shingles=frozenset(seed.getrandbits(60) << 3 for _ in range(40)),
                tier=tier,
                backfill=backfill,
                first_seen_at=self.clock(),
                known_id=known_id,
                new_id=self.new_id,
                now=self.clock(),
            ).article_id

    async def work(self) -> None:
        """Do what is due now."""
        while True:
            done = 0
            for stage in self.stages:
                done += await stage.tick()
                await stage.wait()
            if not done:
                return

    async def pass_time(self, by: timedelta | float, *, step: timedelta | float = 60) -> None:
        """Let time pass, working at each step."""
        until = self.clock() + (by if isinstance(by, timedelta) else timedelta(seconds=by))
        each = step if isinstance(step, timedelta) else timedelta(seconds=step)
        await self.work()
        while self.clock() < until:
            self.clock.set(min(self.clock() + each, until))
            await self.work()

    def rows(self, query: Any) -> list[Any]:
        """Return the rows of a query."""
        with self.database.reading() as connection:
            return list(connection.execute(query).all())


Make = Callable[..., Newsroom]
