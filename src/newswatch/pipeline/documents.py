"""A feed's documents: how they are asked for and read, by polls and by hand."""

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
            options=_options(context, feed),
        )
    )


def _options(context: Context, feed: Feed) -> RequestOptions:
    wanted = context.config.request_options
    return wanted.get(feed.url) or wanted.get(feed.moved_from or "") or RequestOptions()


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
