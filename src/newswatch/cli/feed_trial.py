"""Asking feeds once, without storing anything."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from newswatch import __version__
from newswatch.clock import system_now
from newswatch.collect.advice import advice, is_stale
from newswatch.collect.feed import parse_feed
from newswatch.collect.http import FEED_ACCEPT, PAGE_ACCEPT, Fetcher
from newswatch.model import (
    Feed,
    FeedDocument,
    FeedKind,
    FeedRejected,
    FetchReason,
    FetchRequest,
    NotModified,
    Page,
    RequestOptions,
)
from newswatch.redact import redact_url
from newswatch.workers import TaskCrashed, TaskTimeout, WorkerPool

if TYPE_CHECKING:
    from newswatch.config import Config


async def try_feeds(
    config: "Config", feeds: Sequence[Feed], *, done: Callable[[dict[str, Any]], None] = lambda _: None
) -> list[dict[str, Any]]:
    """Fetch and parse each feed as the daemon would, and return what came of it, in the order of `feeds`.

    `done` is called with each result as it comes.
    """
    slots = asyncio.Semaphore(config.http.concurrency)
    async with (
        WorkerPool(config.workers) as pool,
        Fetcher(config.http, now=system_now, version=__version__) as fetcher,
    ):

        async def one(feed: Feed) -> dict[str, Any]:
            async with slots:
                found = await _try(config, fetcher, pool, feed)
            done(found)
            return found

        return list(await asyncio.gather(*(one(feed) for feed in feeds)))


async def _try(config: "Config", fetcher: Fetcher, pool: WorkerPool, feed: Feed) -> dict[str, Any]:
    outcome = await fetcher.fetch(
        FetchRequest(
            url=feed.url,
            accept=PAGE_ACCEPT if feed.kind is FeedKind.PAGE else FEED_ACCEPT,
            max_bytes=config.http.max_feed_size,
            deadline_s=config.http.total_timeout,
            allow_private=feed.allow_private,
            options=config.request_options.get(feed.url) or RequestOptions(),
        )
    )
    facts: dict[str, Any] = {"name": feed.name, "url": redact_url(feed.url), "elapsed_s": outcome.elapsed_s}
    if isinstance(outcome, NotModified):  # nothing was asked for that could be unmodified
        return {**facts, "ok": False, "reason": FetchReason.PROTOCOL.value, "detail": "304 without a condition"}
    if not isinstance(outcome, Page):
        return {**facts, "ok": False, **_failed(outcome.reason, outcome.status), "detail": outcome.detail}
    if outcome.final_url != feed.url:
        facts["final_url"] = redact_url(outcome.final_url)
    document = await _parse(config, pool, feed, outcome)
    if isinstance(document, FeedRejected):
        links = [redact_url(link) for link in document.links]
        failed = _failed(document.reason, outcome.status)
        return {**facts, "ok": False, **failed, "detail": document.detail, "links": links}
    return {**facts, "ok": True, **_described(document, outcome)}


def _failed(reason: FetchReason, status: int | None) -> dict[str, Any]:
    return {"reason": reason.value, "status": status, "advice": advice(reason, status)}


async def _parse(config: "Config", pool: WorkerPool, feed: Feed, page: Page) -> FeedDocument | FeedRejected:
    try:
        return await pool.run(
            parse_feed,
            page.body,
            url=page.final_url,
            content_type=page.content_type,
            max_entries=config.polling.max_entries,
            time_zone=feed.time_zone,
            kind=feed.kind,
            selector=feed.selector,
            now=system_now(),
        )
    except TaskTimeout as error:
        return FeedRejected(FetchReason.PARSE_TIMEOUT, str(error))
    except TaskCrashed as error:
        return FeedRejected(FetchReason.PARSE_CRASH, str(error))


def _described(document: FeedDocument, page: Page) -> dict[str, Any]:
    dates = [entry.published.at for entry in document.entries if entry.published and entry.published.at]
    newest: datetime | None = max(dates, default=None)
    return {
        "kind": document.kind,
        "title": document.title,
        "language": document.language,
        "entries": len(document.entries),
        "newest": newest,
        "stale": is_stale(newest, system_now()),
        "conditional": page.etag is not None or page.last_modified is not None,
        "notes": document.notes,
        "first": [entry.title for entry in document.entries[:3]],
    }
