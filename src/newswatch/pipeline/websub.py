"""websub: what hubs push, and what they are asked for (https://www.w3.org/TR/websub/).

Beside the polls, not in their place: a feed whose hub has promised to push is polled more seldom, and what a push does
not say for certain is a reason to poll at once.
"""

import asyncio
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

import structlog
from sqlalchemy import Connection

from newswatch.collect import websub
from newswatch.collect.feedtext import absolute_link
from newswatch.collect.schedule import after_push
from newswatch.model import Feed, FeedDocument, FeedStatus, HttpFailure, HttpRequest, HttpSend, Page, Subscription
from newswatch.pipeline.context import Context
from newswatch.pipeline.crew import insist
from newswatch.pipeline.documents import parse
from newswatch.pipeline.poll import PollStage
from newswatch.store import feeds, subscriptions
from newswatch.store.feeds import PollRecord, RecordedPoll
from newswatch.store.leases import release
from newswatch.store.tables import feed as feed_table

log = structlog.get_logger("newswatch.websub")

TICK_S = 30.0
_AT_ONCE = 20
_TIMEOUT_S = 30.0
_REDIRECTS = (307, 308)  # section 5.2
_MOST_REDIRECTS = 3
_FIRST_AGAIN_S, _LONGEST_AGAIN_S = 3600.0, 86400.0
_AFTER_DENIAL = timedelta(days=7)
_SHORTEST_LEASE_S, _LONGEST_LEASE_S = 60, 90 * 86400
_RENEWED_AFTER = 0.8  # of the lease, so that several tries fit before its end
_SPREAD = 0.1


class Verdict(StrEnum):
    """What became of a delivery."""

    STORED = "stored"
    """It was read and its entries stored."""
    POLLED = "polled"
    """Nothing could be taken from it for certain, so the feed is polled soon."""
    FORGED = "forged"
    """It is not signed as agreed, and ignored."""
    UNWANTED = "unwanted"
    """Nothing is expected of this hub, any more or yet."""


class WebSub:
    """Asks hubs to push, answers when they make sure, and takes what they push."""

    def __init__(self, context: Context, poll: PollStage, send: HttpSend) -> None:
        """Store what is pushed as `poll` does; `send` carries the requests to hubs."""
        self._context = context
        self._poll = poll
        self._send = send

    async def start(self) -> None:
        """Let what was agreed before fit the configuration."""
        await self._context.database.write(
            subscriptions.settle, self._context.config.websub.callback_url, self._context.now()
        )

    # --- asking

    async def tick(self) -> int:
        """Ask the hubs that are due, and return their number."""
        callback = self._context.config.websub.callback_url
        if callback is None:
            return 0
        now = self._context.now()
        again_at = now + timedelta(seconds=_FIRST_AGAIN_S)
        due = await self._context.database.write(
            subscriptions.claim_due, now, callback=callback, again_at=again_at, limit=_AT_ONCE
        )
        await asyncio.gather(*(self._ask(one, callback) for one in due))
        return len(due)

    async def _ask(self, value: Subscription, callback: str) -> None:
        feed = await self._context.database.read(feeds.get, value.feed_id)
        if feed is None:
            return
        body = websub.subscription(
            value.hub,
            callback=f"{callback.rstrip('/')}/websub/{value.token}",
            secret=value.secret,
            lease_s=round(self._context.config.websub.lease),
        )
        own = feed.allow_private and urlsplit(value.hub.url).hostname == urlsplit(feed.url).hostname
        trouble = await self._post(value, body, allow_private=own)
        wait_s = min(_FIRST_AGAIN_S * 2 ** min(value.failures - 1, 10), _LONGEST_AGAIN_S)
        next_at = self._context.now() + timedelta(seconds=wait_s)
        detail = trouble or "asked; not confirmed by the hub yet"
        await insist(self._context.database, subscriptions.asked, value, detail, next_at=next_at)
        if trouble is not None:
            log.warning("hub not reached", feed=feed.name, hub=value.hub.url, reason=trouble, again_in_s=wait_s)
        else:
            log.info("hub asked to push", feed=feed.name, hub=value.hub.url)

    async def _post(self, value: Subscription, body: bytes, *, allow_private: bool) -> str | None:
        """Send the request to where the hub wants it; return what went wrong, None if nothing did."""
        url = value.hub.url
        for _ in range(_MOST_REDIRECTS + 1):
            headers = (("Content-Type", "application/x-www-form-urlencoded"),)
            answer = await self._send(HttpRequest("POST", url, headers, body, _TIMEOUT_S, allow_private=allow_private))
            if isinstance(answer, HttpFailure):
                return f"{answer.reason}: {answer.detail}"
            if 200 <= answer.status < 300:
                return None
            if answer.status not in _REDIRECTS:
                return f"the hub answers with HTTP {answer.status}"
            target = absolute_link(url, answer.headers.get("location"))
            if target is None:
                return f"the hub answers with HTTP {answer.status} and no usable address"
            if websub.is_private(value.hub) and not target.startswith("https://"):
                return "the hub leads from https to http, where the secret would be read"
            allow_private = allow_private and urlsplit(target).hostname == urlsplit(url).hostname
            url = target
        return f"more than {_MOST_REDIRECTS} redirects"

    # --- being asked

    async def subscribed(self, token: str) -> Subscription | None:
        """Return the subscription whose callback was called, None if there is none."""
        return await self._context.database.read(subscriptions.by_token, token)

    async def confirm(self, value: Subscription, query: dict[str, str]) -> str | None:
        """Answer a hub that makes sure who asked (section 5.3). Return what it is to be answered, None to refuse."""
        mode, topic = query.get("hub.mode"), query.get("hub.topic")
        if topic != value.hub.topic:
            return None
        now = self._context.now()
        if mode == "denied":
            detail = f"refused by the hub: {query.get('hub.reason', '')[:200] or 'no reason given'}"
            await self._context.database.write(subscriptions.deny, value, detail, next_at=now + _AFTER_DENIAL)
            log.warning("hub refuses to push", feed=value.feed_id, hub=value.hub.url, reason=detail)
            return ""
        challenge = query.get("hub.challenge")
        if mode != "subscribe" or not challenge or value.state not in ("asked", "active"):
            return None  # also to "unsubscribe": we never ask for that
        lease_s = _lease_s(query.get("hub.lease_seconds"), self._context.config.websub.lease)
        share = _RENEWED_AFTER + _SPREAD * self._context.random.random()
        await self._context.database.write(
            subscriptions.confirm,
            value,
            now=now,
            expires_at=now + timedelta(seconds=lease_s),
            renew_at=now + timedelta(seconds=lease_s * share),
        )
        log.info("hub pushes", feed=value.feed_id, hub=value.hub.url, lease_s=lease_s)
        return challenge

    # --- being told

    async def receive(
        self, value: Subscription, body: bytes, *, content_type: str | None, signature: str | None
    ) -> Verdict:
        """Take what a hub pushed (sections 7 and 8). What is stored when this returns is stored for good."""
        verdict = await self._judge(value, body, content_type, signature)
        self._context.metrics.websub_pushes.labels(verdict.value).inc()
        return verdict

    async def _judge(
        self, value: Subscription, body: bytes, content_type: str | None, signature: str | None
    ) -> Verdict:
        context, now = self._context, self._context.now()
        if value.state != "active" or value.expires_at is None or value.expires_at <= now:
            return Verdict.UNWANTED
        if not websub.is_private(value.hub):  # anybody on the way could have sent it
            await self._soon(value)
            return Verdict.POLLED
        if not websub.is_signed(body, signature, value.secret):
            log.warning("a delivery is not signed by the hub; ignored", feed=value.feed_id, hub=value.hub.url)
            return Verdict.FORGED
        lease = context.lease(2 * context.config.http.total_timeout + context.config.daemon.lease)
        feed = await context.database.write(feeds.claim_one, lease, value.feed_id)
        if feed is None:
            return await self._without_claim(value)
        stored = False
        try:
            document = await parse(context, feed, _page(feed, body, content_type, now))
            if isinstance(document, FeedDocument):
                await context.database.write(self._store, value, feed, document, len(body))
                stored = True
        finally:
            if not stored:
                await insist(context.database, release, feed_table, feed.id, feed.lease_token)
        if not stored:
            await self._soon(value)
            return Verdict.POLLED
        context.wake("article")
        return Verdict.STORED

    async def _without_claim(self, value: Subscription) -> Verdict:
        """Do what can be done about a feed that somebody polls at this moment, or that nobody is to watch."""
        now = self._context.now()
        feed = await self._context.database.read(feeds.get, value.feed_id)
        if feed is not None and feed.status is FeedStatus.ACTIVE:
            await self._soon(value)
            return Verdict.POLLED
        detail = "the feed is not watched at present"
        await self._context.database.write(subscriptions.deny, value, detail, next_at=now)
        return Verdict.UNWANTED

    async def _soon(self, value: Subscription) -> None:
        """Let the feed be polled as soon as politeness allows."""
        await self._context.database.write(self._note_ping, value)
        self._context.wake("poll")

    def _note_ping(self, connection: Connection, value: Subscription) -> None:
        now = self._context.now()
        feed = feeds.get(connection, value.feed_id)
        if feed is not None:
            feeds.poll_now(connection, feed, now, floor_s=self._context.config.polling.min_interval)
        subscriptions.pushed(connection, value, now)

    def _store(
        self, connection: Connection, value: Subscription, feed: Feed, document: FeedDocument, size: int
    ) -> None:
        context, now = self._context, self._context.now()
        if not feeds.still_held(connection, [feed]):
            context.metrics.fenced.labels("websub").inc()
            return
        added, again, events = self._poll.add(connection, feed, document, now)
        new = len(added.new)
        changed = after_push(feed, document, new - len(again.keys), now)
        record = PollRecord("pushed", None, 0.0, size, document.size, new, "; ".join(document.notes) or None)
        feeds.record_polls(connection, [RecordedPoll(changed, events=tuple(events))], new_id=context.new_id, now=now)
        feeds.log_polls(connection, [(feed.id, record)], new_id=context.new_id, now=now)
        subscriptions.pushed(connection, value, now)
        log.info("pushed", feed=feed.name, new=new, edited=len(added.edited), of=document.size)


def _lease_s(given: str | None, wanted_s: float) -> int:
    """Return for how long a hub says to push; what it does not say is what it was asked for."""
    seconds = int(given[:10]) if given and given.isascii() and given.isdigit() else round(wanted_s)
    return min(max(seconds, _SHORTEST_LEASE_S), _LONGEST_LEASE_S)


def _page(feed: Feed, body: bytes, content_type: str | None, now: datetime) -> Page:
    """Return a delivery as if it had been fetched."""
    return Page(feed.url, feed.url, 200, body, content_type, None, None, (), (), now, 0.0, len(body))
