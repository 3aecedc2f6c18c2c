"""What hubs are asked and what they push, on both databases."""

import hashlib
import hmac
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import ParamSpec, TypeVar
from urllib.parse import parse_qs

import pytest
from sqlalchemy import select

from newswatch.clock import VirtualClock
from newswatch.config import Config
from newswatch.flag.matching import Engine
from newswatch.ids import IdSource
from newswatch.metrics import Metrics
from newswatch.model import (
    Feed,
    FeedStatus,
    FetchOutcome,
    FetchReason,
    FetchRequest,
    HttpAnswer,
    HttpFailure,
    HttpRequest,
    Page,
    Subscription,
)
from newswatch.pipeline import Context, Pipeline
from newswatch.pipeline.websub import WebSub
from newswatch.store import feeds, subscriptions
from newswatch.store.database import Database
from newswatch.store.leases import Lease
from newswatch.store.tables import entry, fetch_log
from newswatch.worker_settings import WorkerSettings
from newswatch.workers import WorkerPool
from tests.flag.helpers import pack

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
URL = "https://n.example/rss"
HUB = "https://hub.example/"
P = ParamSpec("P")
T = TypeVar("T")


def rss(*titles: str, hub: str | None = HUB) -> bytes:
    link = f"<link xmlns='http://www.w3.org/2005/Atom' rel='hub' href='{hub}'/>" if hub else ""
    items = "".join(f"<item><title>{title}</title><link>https://n.example/{title}</link></item>" for title in titles)
    return f"<rss version='2.0'><channel><title>n</title>{link}{items}</channel></rss>".encode()


class Here(WorkerPool):
    """Runs tasks in this process."""

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return function(*args, **kwargs)


@dataclass
class World:
    """The poll stage and its hubs between a feed and a hub that answer as the test says."""

    database: Database
    now: VirtualClock = field(default_factory=lambda: VirtualClock(START))
    body: bytes = rss("a")
    answers: list[HttpAnswer | HttpFailure] = field(default_factory=lambda: [HttpAnswer(202, {}, b"")])
    requests: list[HttpRequest] = field(default_factory=list)

    def __post_init__(self) -> None:
        new_id = IdSource(self.now)
        config = Config.model_validate(
            {"websub": {"callback_url": "https://w.example/n/"}, "polling": {"jitter": 0, "min_interval": "15m"}}
        )
        self.context = Context(
            config=config,
            database=self.database,
            fetcher=self,
            robots=self,
            pool=Here(WorkerSettings()),
            engine=Engine(pack("strike")),
            routes=(),
            channels={},
            destinations={},
            now=self.now,
            new_id=new_id,
            metrics=Metrics(),
            runner_id=new_id(),
            random=Random(1),
        )
        self.poll = Pipeline(self.context).poll
        self.websub = WebSub(self.context, self.poll, self.send)

    async def fetch(self, request: FetchRequest) -> FetchOutcome:
        body = self.body
        return Page(request.url, request.url, 200, body, None, b'"1"', None, (), (), self.now(), 0.1, len(body))

    async def allowed(self, _url: str) -> bool:
        return True

    async def send(self, request: HttpRequest) -> HttpAnswer | HttpFailure:
        self.requests.append(request)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    async def polled(self, **values: object) -> Subscription:
        """Add the feed, poll it, and return what is known of its hub."""
        value = replace(Feed(0, URL, "n", full_text=False), **values)  # type: ignore[arg-type]
        await self.database.write(feeds.add, value, feed_id=self.context.new_id(), now=self.now())
        await self.repolled()
        return self.one()

    async def repolled(self) -> None:
        with self.database.writing() as connection:
            feeds.set_status(connection, self.feed().id, FeedStatus.ACTIVE, now=self.now())
        await self.poll.tick()
        await self.poll.wait()

    async def subscribed(self, **values: object) -> Subscription:
        """Let a feed's hub promise to push."""
        await self.polled(**values)
        await self.websub.tick()
        assert await self.confirm() == "echo"
        return self.one()

    async def confirm(self, **query: str) -> str | None:
        fields = {"mode": "subscribe", "topic": URL, "challenge": "echo", "lease_seconds": "864000", **query}
        return await self.websub.confirm(self.one(), {f"hub.{name}": value for name, value in fields.items()})

    async def push(self, body: bytes, *, signed: bool = True, value: Subscription | None = None) -> str:
        value = value or self.one()
        digest = hmac.new(value.secret.encode(), body, hashlib.sha256).hexdigest()
        header = f"sha256={digest}" if signed else None
        return await self.websub.receive(value, body, content_type="application/rss+xml", signature=header)

    def one(self) -> Subscription:
        with self.database.reading() as connection:
            ((_, found),) = subscriptions.listed(connection)
        return found

    def feed(self) -> Feed:
        with self.database.reading() as connection:
            (found,) = feeds.all_feeds(connection)
        return found

    def titles(self) -> list[str]:
        with self.database.reading() as connection:
            return sorted(connection.execute(select(entry.c.title)).scalars())

    def asked(self) -> dict[str, str]:
        """Return what the last request asked for."""
        return {name: value[0] for name, value in parse_qs(self.requests[-1].body.decode()).items()}


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    database = Database(database_url)
    yield World(database)
    database.close()


async def test_a_hub_is_asked_and_what_it_pushes_is_stored_at_once(world: World) -> None:
    value = await world.polled()
    assert (value.state, value.hub.url, value.hub.topic) == ("wanted", HUB, URL)
    assert await world.websub.tick() == 1
    assert await world.websub.tick() == 0
    assert (world.requests[0].method, world.requests[0].url) == ("POST", HUB)
    assert world.asked()["hub.callback"] == f"https://w.example/n/websub/{value.token}"
    assert world.asked()["hub.secret"] == value.secret
    assert world.one().state == "asked"
    assert await world.confirm() == "echo"
    value = world.one()
    assert (value.state, value.expires_at) == ("active", START + timedelta(days=10))
    assert value.next_at is not None
    assert timedelta(days=8) <= value.next_at - START < timedelta(days=9.1)
    before = world.feed()
    assert before.pushed_until == value.expires_at
    woken: list[str] = []
    world.context.wake = woken.append
    assert await world.push(rss("b", hub=None)) == "stored"
    assert world.titles() == ["a", "b"]
    assert woken == ["article"]
    after = world.feed()
    assert (after.next_poll_at, after.body_hash, after.etag) == (before.next_poll_at, before.body_hash, before.etag)
    assert (world.one().pushes, world.one().last_push_at) == (1, START)
    assert await world.push(rss("b", hub=None)) == "stored"
    assert world.titles() == ["a", "b"]
    with world.database.reading() as connection:
        log = connection.execute(select(fetch_log.c.outcome, fetch_log.c.new_entries).order_by(fetch_log.c.id)).all()
    assert [tuple(row) for row in log] == [("new", 1), ("pushed", 1), ("pushed", 0)]


async def test_the_usual_polls_go_on_at_longer_intervals_and_the_hub_is_known_by_the_same_name(world: World) -> None:
    value = await world.subscribed()
    usual = (world.feed().next_poll_at or START) - START
    world.now.advance(timedelta(minutes=20))
    await world.repolled()
    assert world.feed().last_reason is None
    assert (world.feed().next_poll_at or START) - world.now() >= 2 * usual
    assert world.one().token == value.token


async def test_what_is_not_signed_as_agreed_is_ignored(world: World) -> None:
    await world.subscribed()
    assert await world.push(rss("b"), signed=False) == "forged"
    assert world.titles() == ["a"]
    assert world.one().pushes == 0


async def test_what_is_no_feed_leads_to_a_poll(world: World) -> None:
    await world.subscribed()
    woken: list[str] = []
    world.context.wake = woken.append
    world.now.advance(timedelta(minutes=5))
    assert await world.push(b"<html>moved</html>") == "polled"
    assert woken == ["poll"]
    assert world.feed().next_poll_at == START + timedelta(minutes=15)
    with world.database.writing() as connection:
        assert feeds.claim_one(connection, Lease(1, world.now(), 60), world.feed().id) is not None


async def test_a_push_while_the_feed_is_polled_leads_to_one_more_poll(world: World) -> None:
    await world.subscribed()
    world.now.advance(timedelta(minutes=20))
    with world.database.writing() as connection:
        assert feeds.claim_one(connection, Lease(1, world.now(), 60), world.feed().id) is not None
    assert await world.push(rss("b")) == "polled"
    assert world.feed().next_poll_at == world.now()
    assert world.titles() == ["a"]


async def test_a_feed_that_is_not_watched_takes_nothing_and_asks_again_when_it_is(world: World) -> None:
    await world.subscribed()
    with world.database.writing() as connection:
        feeds.set_status(connection, world.feed().id, FeedStatus.DISABLED, now=world.now())
    assert await world.push(rss("b")) == "unwanted"
    assert world.feed().pushed_until is None
    assert await world.websub.tick() == 0
    with world.database.writing() as connection:
        feeds.set_status(connection, world.feed().id, FeedStatus.ACTIVE, now=world.now())
    assert await world.websub.tick() == 1


async def test_nothing_is_taken_before_the_hub_has_confirmed_or_after_its_promise(world: World) -> None:
    await world.polled()
    await world.websub.tick()
    assert await world.push(rss("b")) == "unwanted"
    assert await world.confirm(lease_seconds="7200") == "echo"
    world.now.advance(timedelta(hours=2))
    assert await world.push(rss("b")) == "unwanted"
    assert world.titles() == ["a"]
    with world.database.reading() as connection:
        assert subscriptions.counts(connection, world.now())["asked"] == 1
    assert await world.websub.tick() == 1
    assert world.one().state == "asked"


@pytest.mark.parametrize(
    "query",
    [{"topic": "https://n.example/other"}, {"mode": "unsubscribe"}, {"mode": "publish"}, {"challenge": ""}],
)
async def test_what_nobody_asked_for_is_not_confirmed(world: World, query: dict[str, str]) -> None:
    await world.polled()
    assert await world.confirm() is None  # before it was asked
    await world.websub.tick()
    assert await world.confirm(**query) is None
    assert world.one().state == "asked"


async def test_the_promise_is_renewed_while_it_lasts_and_a_hub_that_is_away_changes_nothing(world: World) -> None:
    value = await world.subscribed()
    assert value.next_at is not None
    assert value.expires_at is not None
    world.now.set(value.next_at)
    world.answers = [HttpFailure(FetchReason.CONNECT, "refused", maybe_sent=False)]
    assert await world.websub.tick() == 1
    assert (world.one().state, world.one().failures) == ("active", 1)
    assert world.one().detail == "connect: refused"
    assert await world.push(rss("b")) == "stored"
    waits = []
    for _ in range(6):
        next_at = world.one().next_at
        assert next_at is not None
        waits.append((next_at - world.now()).total_seconds() / 3600)
        world.now.set(next_at)
        assert await world.websub.tick() == 1
    assert waits == [1, 2, 4, 8, 16, 24]
    world.answers = [HttpAnswer(202, {}, b"")]
    world.now.set(world.one().next_at or START)
    assert await world.websub.tick() == 1
    assert await world.confirm() == "echo"
    assert world.one().expires_at == world.now() + timedelta(days=10)
    assert (world.one().failures, world.one().detail) == (0, None)


async def test_a_hub_that_confirms_before_it_answers_is_not_asked_again(world: World) -> None:
    await world.polled()

    async def confirming(request: HttpRequest) -> HttpAnswer:
        world.requests.append(request)
        assert await world.confirm() == "echo"
        return HttpAnswer(204, {}, b"")

    world.websub = WebSub(world.context, world.poll, confirming)
    assert await world.websub.tick() == 1
    assert (world.one().state, world.one().detail) == ("active", None)
    world.now.advance(timedelta(days=5))
    assert await world.websub.tick() == 0


async def test_a_hub_that_refuses_is_asked_again_in_a_week(world: World) -> None:
    await world.subscribed()
    assert await world.confirm(mode="denied", reason="not <ours>") == ""
    assert (world.one().state, world.one().detail) == ("denied", "refused by the hub: not <ours>")
    assert world.feed().pushed_until is None
    world.now.advance(timedelta(days=6))
    assert await world.websub.tick() == 0
    world.now.advance(timedelta(days=1))
    assert await world.websub.tick() == 1


@pytest.mark.parametrize(
    ("given", "expected_s"), [("5", 60), ("99999999999", 90 * 86400), ("-1", 864000), ("x", 864000)]
)
async def test_promises_of_any_length_are_kept_within_bounds(world: World, given: str, expected_s: int) -> None:
    await world.polled()
    await world.websub.tick()
    assert await world.confirm(lease_seconds=given) == "echo"
    assert world.one().expires_at == START + timedelta(seconds=expected_s)


async def test_redirects_are_followed_with_the_same_request_but_not_out_of_tls(world: World) -> None:
    await world.polled()
    world.answers = [
        HttpAnswer(307, {"location": "/v2"}, b""),
        HttpAnswer(308, {"location": "http://hub.example/"}, b""),
    ]
    assert await world.websub.tick() == 1
    assert [request.url for request in world.requests] == [HUB, "https://hub.example/v2"]
    assert world.requests[0].body == world.requests[1].body
    assert "https to http" in str(world.one().detail)
    world.answers = [HttpAnswer(307, {"location": "/again"}, b"")]
    world.now.advance(timedelta(hours=1))
    assert await world.websub.tick() == 1
    assert world.one().detail == "more than 3 redirects"
    world.answers = [HttpAnswer(302, {"location": "/x"}, b"")]
    world.now.advance(timedelta(hours=2))
    assert await world.websub.tick() == 1
    assert world.one().detail == "the hub answers with HTTP 302"


async def test_only_a_hub_on_the_feeds_own_host_may_be_private(world: World) -> None:
    await world.polled(allow_private=True)
    await world.websub.tick()
    assert not world.requests[-1].allow_private
    world.body = rss("a", hub="https://n.example/hub")
    await world.repolled()
    world.answers = [HttpAnswer(307, {"location": "https://elsewhere.example/"}, b""), HttpAnswer(202, {}, b"")]
    await world.websub.tick()
    assert [request.allow_private for request in world.requests[1:]] == [True, False]


async def test_another_hub_begins_anew_and_none_ends_it(world: World) -> None:
    old = await world.subscribed()
    world.body = rss("a", hub="https://other.example/")
    await world.repolled()
    assert (world.one().state, world.one().hub.url) == ("wanted", "https://other.example/")
    assert world.feed().pushed_until is None
    assert await world.websub.subscribed(old.token) is None
    world.body = rss("a", "b", hub=None)
    await world.repolled()
    with world.database.reading() as connection:
        assert subscriptions.listed(connection) == []


async def test_another_callback_is_told_to_every_hub_and_none_ends_everything(world: World) -> None:
    await world.subscribed()
    await world.websub.start()
    assert world.one().state == "active"
    websub = world.context.config.websub
    world.context.config = world.context.config.with_sections(
        {"websub": websub.model_copy(update={"callback_url": "https://new.example"})}
    )
    await world.websub.start()
    assert (world.one().state, world.feed().pushed_until) == ("wanted", None)
    assert await world.websub.tick() == 1
    assert world.asked()["hub.callback"].startswith("https://new.example/websub/")
    assert await world.confirm() == "echo"
    world.context.config = world.context.config.with_sections(
        {"websub": websub.model_copy(update={"callback_url": None})}
    )
    await world.websub.start()
    assert world.feed().pushed_until is None
    with world.database.reading() as connection:
        assert subscriptions.listed(connection) == []
    await world.repolled()
    assert await world.websub.tick() == 0
