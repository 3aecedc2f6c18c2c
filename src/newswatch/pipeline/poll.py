"""poll: feed -> entries."""

import secrets
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from urllib.parse import urlsplit

import structlog
from sqlalchemy import Connection

from newswatch import failpoints
from newswatch.collect import identity
from newswatch.collect.corrections import corrections
from newswatch.collect.identity import Reissue
from newswatch.collect.schedule import after_poll
from newswatch.collect.websub import discovered
from newswatch.model import (
    Feed,
    FeedDocument,
    FeedEvent,
    FeedRejected,
    FetchFailure,
    FetchOutcome,
    KnownEntry,
    NotModified,
    Page,
    ParsedEntry,
    PollDecision,
)
from newswatch.pipeline.context import Context
from newswatch.pipeline.crew import Crew, SharedCommit, insist
from newswatch.pipeline.documents import ask, parse
from newswatch.store import entries, feeds, subscriptions
from newswatch.store.entries import StoredEntries
from newswatch.store.feeds import PollRecord, RecordedPoll, Sharing, host_key
from newswatch.store.leases import release
from newswatch.store.tables import feed as feed_table
from newswatch.urls import registered_domain

log = structlog.get_logger("newswatch.poll")

_CLAIM_AT_MOST = 100
_SITEMAPS_OF_AN_INDEX = 3
_GOOD_NEWS = ("recovered", "correction", "retraction")  # or no news about the feed itself


@dataclass(frozen=True, slots=True)
class Polled:
    """What one poll brought, before anything is stored."""

    feed: Feed
    outcome: FetchOutcome
    document: FeedDocument | FeedRejected | None
    unchanged_body: bool


@dataclass(frozen=True, slots=True)
class Stored:
    """What one poll changed, for the report."""

    polled: Polled
    decision: PollDecision
    record: PollRecord
    edited: int

    @property
    def moved(self) -> bool:
        """Whether the feed is to be asked elsewhere from now on."""
        return self.decision.feed.url != self.polled.feed.url

    @property
    def brought(self) -> int:
        """How many entries became work."""
        return self.record.new_entries + self.edited


@dataclass(frozen=True, slots=True)
class Lost:
    """A poll whose claim was lost: nothing of it was stored."""

    feed: Feed


class PollStage:
    """Claims due feeds, fetches and parses them, stores entries and validators in one transaction."""

    name = "poll"

    def __init__(self, context: Context) -> None:
        """Use the context's concurrency."""
        self._context = context
        self.crew = Crew(self.name, context.config.http.concurrency, lambda: context.wake(self.name))
        self._commits: SharedCommit[Polled] = SharedCommit(self._commit)
        self._under_way: Counter[str] = Counter()  # feeds, by publisher
        self._crowded: set[str] = set()  # publishers that have their share, and perhaps more that is due
        http = context.config.http
        own = {*http.unspaced_hosts, *http.hosts}  # what is said of these may be that they take more at once
        self._unlimited = {registered_domain(host) for host in own}

    def close(self) -> None:
        """Claim nothing more."""
        self.crew.closed = True

    async def wait(self) -> None:
        """Return when no poll is under way."""
        await self.crew.wait()

    async def drain(self, grace_s: float) -> None:
        """Finish or give back what is under way."""
        await self.crew.drain(grace_s)

    async def tick(self) -> int:
        """Start as many due polls as there is room for and return their number."""
        started = 0
        while room := min(self.crew.free, _CLAIM_AT_MOST):
            claimed = await self._claim(room)
            for feed in claimed:
                self.crew.start(self._poll(feed))
            started += len(claimed)
            self.crew.full = len(claimed) == room
            if not self._note_crowded(claimed):
                break
        return started

    async def _claim(self, room: int) -> list[Feed]:
        http = self._context.config.http
        # Waiting for the host's turn counts too: feeds of one host claimed together are asked one after the other.
        lease = self._context.lease(
            2 * http.total_timeout + room * http.host_spacing + self._context.config.daemon.lease
        )
        sharing = Sharing(http.per_host, busy=self._crowded, unlimited=self._unlimited)
        claimed = await self._context.database.write(feeds.claim_due, lease, room, sharing)
        self._under_way.update(host_key(feed.url) for feed in claimed)
        return claimed

    def _note_crowded(self, claimed: list[Feed]) -> bool:
        """Note which publishers have got as many feeds as they get at once, and tell whether there are any.

        Others of theirs may be due too, and have stood in the way of those of other publishers.
        """
        counts = Counter(host_key(feed.url) for feed in claimed)
        most = self._context.config.http.per_host
        crowded = {key for key, count in counts.items() if count >= most} - self._unlimited
        self._crowded |= crowded
        return bool(crowded)

    def _note_end(self, feed: Feed) -> None:
        """Look for more feeds of a publisher whose others had to wait, once its last one is through."""
        key = host_key(feed.url)
        self._under_way[key] -= 1
        if self._under_way[key] <= 0:
            del self._under_way[key]
            if key in self._crowded:
                self._crowded.discard(key)
                self._context.wake(self.name)

    async def _poll(self, feed: Feed) -> None:
        try:
            await self._poll_once(feed)
        finally:
            self._note_end(feed)

    async def _poll_once(self, feed: Feed) -> None:
        committed = False
        try:
            polled = await self._fetch(feed)
            await self._commits.add(polled)
            committed = True
        finally:
            if not committed:
                await insist(self._context.database, release, feed_table, feed.id, feed.lease_token)

    async def _fetch(self, feed: Feed) -> Polled:
        outcome = await ask(self._context, feed, feed.url, etag=feed.etag, last_modified=feed.last_modified)
        if not isinstance(outcome, Page):
            return Polled(feed, outcome, None, unchanged_body=False)
        if feed.body_hash == blake2b(outcome.body, digest_size=16).hexdigest():
            return Polled(feed, outcome, None, unchanged_body=True)
        document = await parse(self._context, feed, outcome)
        if isinstance(document, FeedRejected) and document.is_index:
            outcome, document = await self._follow_index(feed, outcome, document)
        return Polled(feed, outcome, document, unchanged_body=False)

    async def _follow_index(
        self, feed: Feed, index: Page, found: FeedRejected
    ) -> tuple[Page, FeedDocument | FeedRejected]:
        """Return an index of sitemaps with the entries of its first few.

        An index that has not changed says nothing about its sitemaps, so no validator is kept, and the hash that is
        stored is that of everything.
        """
        entries: dict[str, ParsedEntry] = {}
        bodies = [index.body]
        document: FeedDocument | FeedRejected = found
        for url in found.links[:_SITEMAPS_OF_AN_INDEX]:
            child = await ask(self._context, feed, url)
            if not isinstance(child, Page):
                continue
            bodies.append(child.body)
            parsed = await parse(self._context, feed, child)
            if isinstance(parsed, FeedDocument):
                entries |= {entry.key: entry for entry in parsed.entries}
                document = replace(parsed, entries=tuple(entries.values()), notes=(found.detail, *parsed.notes))
        return replace(index, body=b"".join(bodies), etag=None, last_modified=None), document

    async def _commit(self, group: list[Polled]) -> None:
        stored = await self._context.database.write(self._store, group)
        brought = 0
        for one in stored:
            if isinstance(one, Lost):
                self._context.metrics.fenced.labels(self.name).inc()
                log.warning("poll thrown away: another process has taken the feed over", feed=one.feed.name)
            else:
                self._report(one)
                brought += one.brought
        if brought:
            failpoints.reached("poll.after_commit")
            self._context.wake("article")

    def _store(self, connection: Connection, group: list[Polled]) -> list[Stored | Lost]:
        now = self._context.now()
        held = feeds.still_held(connection, [polled.feed for polled in group])
        stored = [self._decide(connection, one, now) if one.feed.id in held else Lost(one.feed) for one in group]
        kept = [one for one in stored if isinstance(one, Stored)]
        feeds.record_polls(
            connection,
            [RecordedPoll(one.decision.feed, one.moved, one.decision.events) for one in kept],
            new_id=self._context.new_id,
            now=now,
        )
        feeds.log_polls(
            connection,
            [(one.polled.feed.id, one.record) for one in kept],
            new_id=self._context.new_id,
            now=now,
        )
        if any(one.brought for one in kept):
            failpoints.reached("poll.before_commit")
        return stored

    def _decide(self, connection: Connection, polled: Polled, now: datetime) -> Stored:
        """Store the entries of one poll and let the schedule say what it makes of the feed."""
        feed, document, outcome = polled.feed, polled.document, polled.outcome
        new, edited = 0, 0
        again = Reissue()
        events: list[FeedEvent] = []
        if isinstance(document, FeedDocument):
            added, again, events = self.add(connection, feed, document, now)
            new, edited = len(added.new), len(added.edited)
            self._note_hub(connection, polled, document, now)
        decision = after_poll(
            feed,
            outcome,
            document=document,
            new_entries=new - len(again.keys),
            unchanged_body=polled.unchanged_body,
            now=now,
            settings=self._context.config.polling,
            jitter=self._context.random.random(),
        )
        if isinstance(outcome, FetchFailure) and outcome.status == 429 and not self._stands_apart(feed):  # RFC 6585
            until = max(decision.plan.next_poll_at, now + timedelta(seconds=outcome.retry_after_s or 0))
            feeds.block_host(connection, feed.url, until=until, reason=outcome.detail)
        if decision.feed.url != feed.url and feeds.is_watched(connection, decision.feed.url, besides=feed.id):
            decision = _stays(feed, decision)
        if events:
            decision = replace(decision, events=(*events, *decision.events))
        return Stored(polled, decision, _record(polled, new), edited)

    def _note_hub(self, connection: Connection, polled: Polled, document: FeedDocument, now: datetime) -> None:
        """Remember which hub a feed names, if hubs are asked at all."""
        if self._context.config.websub.callback_url is None or not isinstance(polled.outcome, Page):
            return
        hub = discovered(polled.outcome.headers, document, polled.outcome.final_url)
        subscriptions.note(
            connection, polled.feed.id, hub, token=secrets.token_urlsafe(), secret=secrets.token_urlsafe(), now=now
        )

    def _stands_apart(self, feed: Feed) -> bool:
        """Tell whether a host that has enough of requests says nothing about the others of its domain."""
        http = self._context.config.http
        host = urlsplit(feed.url).hostname or ""
        limits = http.hosts.get(host) or http.hosts.get(registered_domain(host))
        return host in http.unspaced_hosts or (limits is not None and limits.apart)

    def add(
        self, connection: Connection, feed: Feed, document: FeedDocument, now: datetime
    ) -> tuple[StoredEntries, Reissue, list[FeedEvent]]:
        """Store the entries of a document, each under the identity that it is known by."""
        first = feed.last_success_at is None
        found = entries.known(connection, feed.id, document.entries)
        values = identity.told_apart(document.entries, found)
        again = Reissue()
        if not first and identity.unknown(values, found):
            found |= entries.known(connection, feed.id, identity.unknown(values, found))  # told apart before
            new = identity.unknown(values, found)
            by_link = entries.known_by_link(connection, feed.id, new)
            values = identity.recognised(values, by_link)
            found |= {old.key: old for old in by_link}
            new = identity.unknown(values, found)
            if identity.may_be_reissue(new):
                again = identity.reissue(new, entries.known_by_title(connection, feed.id, new), now)
        touched = [value for value in values if _is_touched(value, found.get(value.key))]
        events = [] if first else corrections(touched, found)
        added = entries.store(
            connection,
            feed.id,
            values,
            new_id=self._context.new_id,
            now=now,
            backfill=first,
            quiet=again.keys,
            found=found,
        )
        return added, again, [*events, again.event] if again.event else events

    def _report(self, stored: Stored) -> None:
        feed, record, decision = stored.polled.feed, stored.record, stored.decision
        self._context.metrics.feed_polls.labels(record.outcome).inc()
        wait_s = round((decision.plan.next_poll_at - self._context.now()).total_seconds())
        failures = decision.feed.fail_count
        if failures:
            # Said at the first failure and then ever less often; `feeds errors` has them all.
            tell = log.warning if failures & (failures - 1) == 0 else log.debug
            tell(
                "feed failed",
                feed=feed.name,
                reason=record.outcome,
                detail=record.detail,
                failures=failures,
                again_in_s=wait_s,
            )
        elif record.new_entries or stored.edited:
            log.info(
                "polled",
                feed=feed.name,
                new=record.new_entries,
                edited=stored.edited,
                of=record.entries,
                again_in_s=wait_s,
            )
        else:
            log.debug("polled", feed=feed.name, outcome=record.outcome, again_in_s=wait_s)
        for event in decision.events:
            self._context.metrics.feed_events.labels(event.kind).inc()
            tell = log.info if event.kind in _GOOD_NEWS else log.warning
            tell(f"feed {event.kind}", feed=feed.name, reason=decision.feed.health_reason, detail=event.detail)


def _stays(feed: Feed, decision: PollDecision) -> PollDecision:
    """Take back a move that leads to another feed of ours: both are asked on, and it is not told every two days."""
    unmoved = replace(
        decision.feed,
        url=feed.url,
        moved_from=feed.moved_from,
        moved_at=feed.moved_at,
        health=feed.health,
        health_reason=feed.health_reason,
        health_detail=feed.health_detail,
        health_since=feed.health_since,
    )
    return PollDecision(unmoved, decision.plan, tuple(event for event in decision.events if event.kind != "moved"))


def _is_touched(value: ParsedEntry, old: KnownEntry | None) -> bool:
    return old is None or old.content_hash != value.content_hash


def _record(polled: Polled, new: int) -> PollRecord:
    outcome, document = polled.outcome, polled.document
    if isinstance(outcome, FetchFailure):
        return PollRecord(outcome.reason.value, outcome.status, outcome.elapsed_s, detail=outcome.detail)
    if isinstance(outcome, NotModified):
        return PollRecord("not_modified", 304, outcome.elapsed_s)
    if isinstance(document, FeedRejected):
        return PollRecord(
            document.reason.value, outcome.status, outcome.elapsed_s, outcome.raw_bytes, detail=document.detail
        )
    count = document.size if document else 0
    label = "new" if new else "unchanged"
    notes = "; ".join(document.notes) if document and document.notes else None
    return PollRecord(label, outcome.status, outcome.elapsed_s, outcome.raw_bytes, count, new, notes)
