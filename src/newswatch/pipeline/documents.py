"""A feed's documents: how they are asked for and read, by polls and by hand."""

from dataclasses import replace
from urllib.parse import urlsplit

import structlog

from newswatch.collect.feed import parse_feed
from newswatch.collect.http import FEED_ACCEPT, PAGE_ACCEPT
from newswatch.model import (
    Feed,
    FeedDocument,
    FeedKind,
    FeedRejected,
    FetchOutcome,
    FetchReason,
    FetchRequest,
    Page,
    RequestOptions,
)
from newswatch.pipeline.context import Context
from newswatch.urls import registered_domain
from newswatch.workers import TaskCrashed, TaskTimeout

log = structlog.get_logger("newswatch.poll")


async def ask(
    context: Context, feed: Feed, url: str, *, etag: bytes | None = None, last_modified: bytes | None = None
) -> FetchOutcome:
    """Make the request of a feed for one of its documents."""
    http = context.config.http
    return await context.fetcher.fetch(
        FetchRequest(
            url=url,
            accept=PAGE_ACCEPT if feed.kind is FeedKind.PAGE else FEED_ACCEPT,
            etag=etag,
            last_modified=last_modified,
            max_bytes=http.max_feed_size,
            deadline_s=http.total_timeout,
            allow_private=feed.allow_private,
            options=options_of(context, feed.url, feed.moved_from, target=url),
        )
    )


def options_of(context: Context, url: str, moved_from: str | None, *, target: str) -> RequestOptions:
    """Return what a request of a feed for `target` is to be like.

    The configuration may name the feed by the address it has moved from. Its headers, which can be credentials, are for
    the site of the address that they were given for.
    """
    wanted = context.config.request_options
    named = url if url in wanted else moved_from or ""
    options = wanted.get(named)
    if options is None:
        return RequestOptions()
    sites = {registered_domain(urlsplit(one).hostname or "") for one in (named, target)}
    return options if len(sites) == 1 else replace(options, headers=())


async def parse(context: Context, feed: Feed, page: Page) -> FeedDocument | FeedRejected:
    """Read a document of a feed in a worker process; whatever goes wrong there is a reason."""
    try:
        return await context.pool.run(
            parse_feed,
            page.body,
            url=page.final_url,
            content_type=page.content_type,
            max_entries=context.config.polling.max_entries,
            time_zone=feed.time_zone,
            kind=feed.kind,
            selector=feed.selector,
            seen=feed.seen,
            now=context.now(),
        )
    except TaskTimeout as error:
        context.metrics.worker_failures.labels("deadline").inc()
        return FeedRejected(FetchReason.PARSE_TIMEOUT, str(error))
    except TaskCrashed as error:
        context.metrics.worker_failures.labels("crash").inc()
        return FeedRejected(FetchReason.PARSE_CRASH, str(error))
    except Exception as error:
        log.exception("parsing failed", feed=feed.name, url=feed.url)
        context.metrics.worker_failures.labels("error").inc()
        return FeedRejected(FetchReason.PARSE_ERROR, f"{type(error).__name__}: {error}")
