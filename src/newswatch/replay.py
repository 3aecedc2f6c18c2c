"""The pipeline fed from files, with a virtual clock and channels that record.

Nothing here decides anything: inputs become feeds and entries, "fetching" reads the file, "sending" keeps the bytes.
The clock stands at each input's own date, so an old article is news when it is replayed, and the same files give the
same output on any day.
"""

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import Connection

from newswatch.app import App
from newswatch.clock import VirtualClock
from newswatch.collect.feed import parse_feed
from newswatch.collect.inputs import InputKind, ReplayInput, read_inputs
from newswatch.config import Config
from newswatch.errors import InputError, Problem, StoreError
from newswatch.model import (
    Article,
    AttemptResult,
    Delivery,
    Destination,
    ExtractRequest,
    Feed,
    FeedDocument,
    FeedStatus,
    FetchFailure,
    FetchOutcome,
    FetchReason,
    FetchRequest,
    HttpAnswer,
    HttpFailure,
    HttpRequest,
    Message,
    Outcome,
    Page,
    ParsedEntry,
    Published,
    Rendered,
    Route,
)
from newswatch.notify.channels import build_channel
from newswatch.notify.channels.base import Channel
from newswatch.notify.outcome import OnAmbiguous
from newswatch.notify.settings import EmailDestination, SlackDestination, SmtpSettings
from newswatch.store import deliveries, entries, feeds, migrate, overview, replayed
from newswatch.store.database import Database
from newswatch.store.filelock import DaemonLock
from newswatch.tasks import SEED_TYPE, extract_article

_NOON = time(12, tzinfo=UTC)
_UNDATED = datetime(2026, 1, 1, 12, tzinfo=UTC)
_INPUTS_FEED = "replay:inputs"
_PRIVATE = "replay:"
_NOWHERE = "https://replay.invalid/"  # RFC 2606: the address of a page that came without one


class RecordedPages:
    """Answers fetches from the inputs; everything else is not part of the recording."""

    def __init__(self, now: VirtualClock) -> None:
        """Start empty."""
        self._now = now
        self._pages: dict[str, tuple[bytes, str | None]] = {}

    def add(self, url: str, body: bytes, content_type: str | None) -> None:
        """Let `url` answer with `body`."""
        self._pages[url] = (body, content_type)

    async def fetch(self, request: FetchRequest) -> FetchOutcome:
        """Return the recorded page, or a failure that says that there is none."""
        found = self._pages.get(request.url)
        if found is None:
            return FetchFailure(request.url, FetchReason.HTTP, "not part of the recording", status=404)
        body, content_type = found
        return Page(
            url=request.url,
            final_url=request.url,
            status=200,
            body=body,
            content_type=content_type,
            etag=None,
            last_modified=None,
            headers=(),
            redirects=(),
            fetched_at=self._now(),
            elapsed_s=0.0,
            raw_bytes=len(body),
        )


class EverythingAllowed:
    """Recorded pages were allowed when they were recorded."""

    async def allowed(self, url: str) -> bool:
        """Say yes."""
        return True


class RecordingChannel:
    """Renders as the real channel does and keeps the bytes instead of sending them."""

    def __init__(self, real: Channel) -> None:
        """Take the channel whose form is wanted."""
        self._real = real
        self.type = real.type
        self.on_ambiguous: OnAmbiguous = real.on_ambiguous

    def render(self, message: Message, *, key: str, now: datetime) -> Rendered:
        """Return the real channel's form."""
        return self._real.render(message, key=key, now=now)

    async def send(self, delivery: Delivery) -> AttemptResult:
        """Keep it: the row has the bytes."""
        return AttemptResult(Outcome.DELIVERED, "recorded")

    async def reconcile(self, delivery: Delivery) -> AttemptResult | None:
        """Know nothing of it; nothing is ever ambiguous here."""
        return None


@dataclass(frozen=True, slots=True)
class Dated:
    """An input and the virtual instant at which it arrives."""

    given: ReplayInput
    at: datetime


@dataclass(frozen=True, slots=True)
class Replayed:
    """What was stored and sent. Values are plain JSON types, in a stable order."""

    problems: tuple[Problem, ...]
    inputs: tuple[dict[str, Any], ...] = field(default=())
    articles: tuple[dict[str, Any], ...] = field(default=())
    stories: tuple[dict[str, Any], ...] = field(default=())
    alerts: tuple[dict[str, Any], ...] = field(default=())
    deliveries: tuple[dict[str, Any], ...] = field(default=())


def replay(path: Path, config: Config, *, store: bool = False) -> Replayed:
    """Replay a file or folder and return what was stored and what would have been sent.

    With `store` it all goes into the configured database, marked as sent to `replay:mail` and `replay:slack`; otherwise
    into a temporary one. Raises InputError if nothing can be read, RuleError, StoreError (work waits in the database).
    """
    given = list(read_inputs(path))
    problems = tuple(one for one in given if isinstance(one, Problem))
    inputs = [one for one in given if isinstance(one, ReplayInput)]
    if not inputs:
        raise InputError(problems or [Problem(str(path), "holds nothing that can be replayed", "see docs/replay.md")])
    with ExitStack() as stack:
        if store:
            database = Database(config.database.url.get_secret_value())
        else:
            folder = Path(tempfile.mkdtemp(prefix="newswatch-replay-"))
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            database = Database(f"sqlite:///{folder}/replay.db")
        stack.callback(database.close)
        migrate.upgrade(database)
        if database.path is not None:
            lock = DaemonLock(database.path)
            lock.acquire()
            stack.callback(lock.release)
        return asyncio.run(_Replay(config, database, store=store).run(inputs, problems))


class _Replay:
    def __init__(self, config: Config, database: Database, *, store: bool) -> None:
        # One thing at a time, so that ids and their order are the same in every run.
        self._config = config.model_copy(update={"http": config.http.model_copy(update={"concurrency": 1})})
        self._database = database
        self._store = store
        self._clock = VirtualClock(_UNDATED)
        self._pages = RecordedPages(self._clock)
        self._feed_ids: set[int] = set()
        self._app: App

    async def run(self, inputs: Iterable[ReplayInput], problems: tuple[Problem, ...]) -> Replayed:
        channels = _channels(self._config, self._clock)
        self._app = App(
            self._config,
            database=self._database,
            now=self._clock,
            fetcher=self._pages,
            robots=EverythingAllowed(),
            channels=channels,
            routes=(Route(tuple(channels)),),
            seed=None if self._store else 1,
        )
        async with self._app as app:
            dated = sorted([await self._dated(one) for one in inputs], key=lambda one: (one.at, one.given.name))
            self._clock.set(dated[0].at)
            end = dated[-1].at + self._longest_wait()
            before = await self._database.read(replayed.known)
            if self._store:
                await self._database.read(_refuse_if_work_waits, end)
            for one in dated:
                await self._deliver_until(one.at)
                self._clock.set(max(one.at, self._clock()))
                await self._give(one)
                await app.pipeline.run_until_idle()
            await self._deliver_until(end)
            await self._database.write(_disable, self._feed_ids, self._clock())
            keys = [_entry_key(one) for one in dated if one.given.kind is not InputKind.FEED]
            return Replayed(problems, **await self._database.read(replayed.collect, keys, self._feed_ids, before))

    def _longest_wait(self) -> timedelta:
        alerts = self._config.alerts
        return timedelta(seconds=max(alerts.group_wait, alerts.group_wait_flash) + 1)

    async def _deliver_until(self, end: datetime) -> None:
        """Let virtual time pass, stopping where a delivery becomes due."""
        while True:
            due = await self._database.read(deliveries.next_due)
            if due is None or due > end:
                return
            self._clock.set(max(due, self._clock()))
            if not await self._app.pipeline.run_until_idle():
                return

    async def _dated(self, given: ReplayInput) -> Dated:
        """Find out when an input arrives: its own date, or the date that the stages will find in it."""
        if given.published is not None:
            return Dated(given, _instant(given.published))
        if given.recorded_at is not None:
            return Dated(given, given.recorded_at)
        pool = self._app.context.pool
        if given.kind is InputKind.FEED:
            document = await pool.run(
                parse_feed, given.body, url=_feed_url(given), content_type=given.content_type, now=_UNDATED
            )
            dates = [_instant(entry.published) for entry in _entries(document) if entry.published is not None]
            return Dated(given, max(dates, default=_UNDATED))
        outcome = (await pool.run(extract_article, _request(given))).outcome
        published = outcome.published if isinstance(outcome, Article) else None
        return Dated(given, _instant(published) if published else _UNDATED)

    async def _give(self, one: Dated) -> None:
        """Put an input where its stage finds it."""
        given, now = one.given, self._clock()
        new_id = self._app.context.new_id
        if given.kind is InputKind.FEED:
            url = _feed_url(given)
            self._pages.add(url, given.body, given.content_type)
            self._feed_ids.add(await self._database.write(_known_feed, url, given.name, new_id(), now))
            return
        link = given.url
        body, content_type = _content(given)
        if body is not None:
            link = link or (_PRIVATE if given.kind is InputKind.SEED else _NOWHERE) + _entry_key(one)
            self._pages.add(link, body, content_type)
        entry = ParsedEntry(
            key=_entry_key(one),
            link=link,
            title=given.name if given.kind is InputKind.SEED else given.title,
            summary=given.summary,
            content_html=given.content_html,
            authors=given.authors,
            published=given.published,
            language=given.language,
            source_name=given.source_name,
            content_hash=_entry_key(one),
        )
        await self._database.write(_give_entry, entry, new_id, now)


def _entries(document: object) -> tuple[ParsedEntry, ...]:
    return document.entries if isinstance(document, FeedDocument) else ()


def _instant(published: Published) -> datetime:
    if published.at is not None:
        return published.at
    return datetime.combine(published.on or date(2026, 1, 1), _NOON)


def _content(given: ReplayInput) -> tuple[bytes | None, str | None]:
    if given.kind is InputKind.SEED:
        return (given.text or "").encode(), SEED_TYPE
    if given.kind is InputKind.PAGE:
        return given.body, given.content_type or "text/html"
    return None, None


def _request(given: ReplayInput) -> ExtractRequest:
    body, content_type = _content(given)
    return ExtractRequest(
        url=given.url,
        body=body,
        content_type=content_type,
        entry_title=given.title,
        entry_summary=given.summary,
        entry_content_html=given.content_html,
        source_language=given.language,
    )


def _feed_url(given: ReplayInput) -> str:
    return given.url or f"{_PRIVATE}feed/{given.name}"


def _entry_key(one: Dated) -> str:
    given = one.given
    body, _ = _content(given)
    content = body if body is not None else f"{given.title}\n{given.content_html or given.summary}".encode()
    return f"{given.kind.value}/{blake2b(content, digest_size=16).hexdigest()}"


def _known_feed(connection: Connection, url: str, name: str, feed_id: int, now: datetime) -> int:
    """Return the feed with this URL, due now; its entries are news, not the past of a feed just added."""
    feeds.add(connection, Feed(id=0, url=url, name=name, origin="replay"), feed_id=feed_id, now=now)
    found = feeds.get(connection, url)
    if found is None:
        raise StoreError(f"the feed {url} cannot be stored")
    feeds.set_status(connection, found.id, FeedStatus.ACTIVE, now=now)
    feeds.mark_known(connection, found.id, now)
    return found.id


def _give_entry(connection: Connection, entry: ParsedEntry, new_id: Callable[[], int], now: datetime) -> None:
    feed = Feed(id=0, url=_INPUTS_FEED, name="replay", origin="replay", status=FeedStatus.DISABLED)
    feeds.add(connection, feed, feed_id=new_id(), now=now)
    found = feeds.get(connection, _INPUTS_FEED)
    if found is None:
        raise StoreError("the feed of replayed inputs cannot be stored")
    entries.store(connection, found.id, [entry], new_id=new_id, now=now, backfill=False)


def _disable(connection: Connection, feed_ids: Iterable[int], now: datetime) -> None:
    """Let no daemon poll what only exists in files."""
    for feed_id in feed_ids:
        feeds.set_status(connection, feed_id, FeedStatus.DISABLED, now=now)


def _refuse_if_work_waits(connection: Connection, end: datetime) -> None:
    """Raise StoreError if the replay would take work that belongs to a daemon."""
    found = overview.waiting(connection, end)
    waiting = [stage for stage, age in found["oldest_waiting_s"].items() if age > 0]
    if waiting:
        raise StoreError(
            f"work of a daemon waits in this database ({', '.join(waiting)}); "
            "let `newswatch run --once` finish it, or replay without --store"
        )


async def _never(_request: HttpRequest) -> HttpAnswer | HttpFailure:
    return HttpFailure(FetchReason.CONNECT, "a replay sends nothing", maybe_sent=False)


def _unheard(_text: str) -> None:
    """Print nothing."""


def _channels(config: Config, clock: VirtualClock) -> Mapping[str, Channel]:
    """Return recording channels for a mailbox and a Slack channel that do not exist."""
    mail = Destination(
        name="replay:mail",
        settings=EmailDestination(type="email", to=("analyst@example.org",)),
        smtp=SmtpSettings.model_validate({"host": "localhost", "from": "newswatch <newswatch@example.org>"}),
    )
    slack = Destination(
        name="replay:slack",
        settings=SlackDestination(type="slack", channel="C0REPLAY", token=SecretStr("replay")),
    )
    return {
        destination.name: RecordingChannel(
            build_channel(destination, settings=config.alerts, http=_never, now=clock, write=_unheard)
        )
        for destination in (mail, slack)
    }
