"""backfill: a feed's older entries, from its archive (RFC 5005, section 4)."""

from dataclasses import dataclass

from newswatch.model import Feed, FeedDocument, FetchFailure, NotModified
from newswatch.pipeline.context import Context
from newswatch.pipeline.documents import ask, parse
from newswatch.store import entries


@dataclass(frozen=True, slots=True)
class Backfilled:
    """How many pages of the archive were read, how many entries were new, and why it ended."""

    pages: int
    new_entries: int
    ended: str


async def backfill(context: Context, feed: Feed, *, most_pages: int) -> Backfilled:
    """Go back through a feed's archive, page by page, and store what is not known; nobody is told of it.

    Pages of an archive do not change, so the first one of which everything is known is the end.
    """
    url: str | None = feed.url
    seen: set[str] = set()
    pages = new = 0
    while url is not None:
        seen.add(url)
        outcome = await ask(context, feed, url)
        if isinstance(outcome, FetchFailure):
            return Backfilled(pages, new, f"{outcome.reason}: {outcome.detail}")
        if isinstance(outcome, NotModified):  # to a request without condition
            return Backfilled(pages, new, "the server answers 304 without a condition")
        document = await parse(context, feed, outcome)
        if not isinstance(document, FeedDocument):
            return Backfilled(pages, new, f"{document.reason}: {document.detail}")
        if pages or url != feed.url:
            added = await context.database.write(
                entries.store,
                feed.id,
                document.entries,
                new_id=context.new_id,
                now=context.now(),
                backfill=True,
            )
            pages += 1
            new += len(added.new)
            if not added.new:
                return Backfilled(pages, new, "everything older is known")
            if pages == most_pages:
                return Backfilled(pages, new, f"{most_pages} pages were read")
        url = document.previous
        if url in seen:
            return Backfilled(pages, new, "the archive leads in circles")
    ended = "the archive ends here" if pages else "the feed names no archive (a link with rel=prev-archive)"
    return Backfilled(pages, new, ended)
