"""bytes -> entries. Pure and synchronous; runs in a worker process with a deadline and a memory limit."""

import re
from datetime import datetime

from newswatch.collect import hints
from newswatch.collect.discover import feed_links
from newswatch.collect.entities import entity_problem
from newswatch.collect.entries import finish_entries
from newswatch.collect.feedbytes import to_utf8
from newswatch.collect.feedtext import absolute_link, plain_line
from newswatch.collect.jsonfeed import read_json
from newswatch.collect.pagelinks import read_page
from newswatch.collect.quickfeed import read_quick
from newswatch.collect.rawfeed import RawFeed
from newswatch.collect.sitemap import read_sitemap
from newswatch.collect.tolerant import Unreadable, read_tolerant
from newswatch.model import FeedDocument, FeedKind, FeedRejected, FetchReason

_LOOK_AHEAD = 4_000
_ROOT = re.compile(rb"<(?!\?|!)(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)")
_FEED_ROOT = re.compile(rb"<(?:rss|feed|channel|(?:\w+:)?RDF|urlset|sitemapindex)[\s>]", re.IGNORECASE)
_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
_SITEMAP_ROOTS = frozenset({b"urlset", b"sitemapindex"})


def parse_feed(
    body: bytes,
    *,
    url: str,
    content_type: str | None,
    max_entries: int = 1000,
    time_zone: str | None = None,
    kind: FeedKind = FeedKind.FEED,
    selector: str | None = None,
    now: datetime,
) -> FeedDocument | FeedRejected:
    """Return the feed in `body`, or why there is none.

    `url` is the final URL, for relative links; `content_type` is the header as received, of which only the charset
    counts. At most `max_entries` entries are returned, the newest. `time_zone` (IANA) is for dates without a zone.
    `kind` says what the URL leads to; `selector` finds the links of a page. `now` is the time of the fetch. Bad input
    never raises.
    """
    if not body.strip():
        return FeedRejected(FetchReason.EMPTY, "the server sent an empty document")
    data, _ = to_utf8(body, content_type)
    if not data:
        return FeedRejected(FetchReason.EMPTY, "the document has no text")
    found = _links_of_page(data, url, selector) if kind is FeedKind.PAGE else _read(data, url, kind)
    if isinstance(found, FeedRejected):
        return found
    language = (found.language or "").strip()[:35] or None
    entries, notes = finish_entries(found.entries, language=language, zone=time_zone, now=now, max_entries=max_entries)
    return FeedDocument(
        kind=found.kind,
        entries=entries,
        title=plain_line(found.title),
        link=absolute_link(url, found.link),
        language=language,
        previous=absolute_link(url, found.previous),
        hints_s=hints.interval_s(found),
        skip_hours=hints.skipped_hours(found.skip_hours),
        skip_days=hints.skipped_days(found.skip_days),
        notes=(*found.notes, *notes),
    )


def _links_of_page(data: bytes, url: str, selector: str | None) -> RawFeed | FeedRejected:
    found = read_page(data, url, selector or "//a[@href]")
    return found if isinstance(found, RawFeed) else FeedRejected(FetchReason.NOT_A_FEED, found)


def _read(data: bytes, url: str, kind: FeedKind) -> RawFeed | FeedRejected:
    if data[:1] in (b"{", b"["):
        outcome = read_json(data, url)
        if isinstance(outcome, RawFeed):
            return outcome
        return FeedRejected(FetchReason.UNPARSABLE, outcome)
    problem = entity_problem(data)  # before any parser sees the document
    if problem:
        return FeedRejected(FetchReason.ENTITIES, problem)
    root, data = _root(data)
    if root == b"html":
        return _not_a_feed(data, url, "the URL leads to an HTML page, not to a feed")
    if root in _SITEMAP_ROOTS:
        sitemap = read_sitemap(data, url, plain=kind is FeedKind.SITEMAP)
        if isinstance(sitemap, RawFeed):
            return sitemap
        return FeedRejected(FetchReason.NOT_A_FEED, sitemap[0], sitemap[1], is_index=root == b"sitemapindex")
    try:
        feed = read_quick(data, url) or read_tolerant(data, url)
    except Unreadable as error:
        return FeedRejected(FetchReason.UNPARSABLE, f"the document is damaged beyond reading ({error})")
    if feed is None:
        if root is None or not _FEED_ROOT.search(data[:_LOOK_AHEAD]):
            return _not_a_feed(data, url, "the document is neither RSS, Atom, RDF, JSON Feed nor a news sitemap")
        return FeedRejected(FetchReason.UNPARSABLE, "the document begins like a feed, but nothing in it can be read")
    return feed


def _not_a_feed(data: bytes, url: str, detail: str) -> FeedRejected:
    links = feed_links(data, url)
    if links:
        detail += f"; it offers {len(links)} feed{'s' if len(links) > 1 else ''}, the first is {links[0]}"
    return FeedRejected(FetchReason.NOT_A_FEED, detail, links)


def _root(data: bytes) -> tuple[bytes | None, bytes]:
    """Return the local name of the root element in lower case, and the document from where it begins to make sense.

    Warnings of a web server's scripts may stand before a feed; what is before its first element is dropped then.
    """
    ahead = data[: _LOOK_AHEAD * 4]
    head = _COMMENT.sub(b"", ahead) if b"<!--" in ahead[:_LOOK_AHEAD] else ahead
    found = _ROOT.search(head)
    if found is None:
        return None, data
    name = found[1].lower()
    if name == b"html":
        return name, data
    if _FEED_ROOT.match(head[found.start() :]):  # some stand behind the DOCTYPE of a page
        return name, data
    if b"<!doctype html" in head[: found.start()].lower():
        return b"html", data
    later = _FEED_ROOT.search(data[:_LOOK_AHEAD])
    if later and b"<html" not in head[: later.start()].lower():
        return _local_name(later[0]), data[later.start() :]
    return name, data


def _local_name(tag: bytes) -> bytes:
    return tag.strip(b"<> \t\r\n").rpartition(b":")[2].lower()
