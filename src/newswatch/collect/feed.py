"""bytes -> entries. Pure and synchronous; runs in a worker process with a deadline and a memory limit."""

import re
from dataclasses import dataclass
from datetime import datetime

from newswatch.collect import hints
from newswatch.collect.discover import feed_links
from newswatch.collect.entities import entity_problem
from newswatch.collect.entries import clean_entries, finish_entries
from newswatch.collect.feedbytes import to_utf8
from newswatch.collect.feedtext import absolute_link, plain_line
from newswatch.collect.jsonfeed import read_json
from newswatch.collect.pagelinks import read_page
from newswatch.collect.partial import Cut, cut, left, seen_partly, seen_whole
from newswatch.collect.quickfeed import read_quick
from newswatch.collect.rawfeed import RawFeed
from newswatch.collect.sitemap import read_sitemap
from newswatch.collect.tolerant import Unreadable, read_tolerant
from newswatch.model import FeedDocument, FeedKind, FeedRejected, FetchReason, ParsedEntry

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
    seen: bytes | None = None,
    now: datetime,
) -> FeedDocument | FeedRejected:
    """Return the feed in `body`, or why there is none.

    `url` is the final URL, for relative links; `content_type` is the header as received, of which only the charset
    counts. At most `max_entries` entries are returned, the newest. `time_zone` (IANA) is for dates without a zone.
    `kind` says what the URL leads to; `selector` finds the links of a page. `seen` is what the feed's last document
    says of itself: entries that it had, byte by byte, are only counted (`collect.partial`). `now` is the time of the
    fetch. Bad input never raises.
    """
    if not body.strip():
        return FeedRejected(FetchReason.EMPTY, "the server sent an empty document")
    data, _ = to_utf8(body, content_type)
    if not data:
        return FeedRejected(FetchReason.EMPTY, "the document has no text")
    reading = _Reading(url, time_zone, now, max_entries)
    if kind is FeedKind.PAGE:
        return reading.document(_links_of_page(data, url, selector))
    if data[:1] in (b"{", b"["):
        return reading.document(_json(data, url))
    problem = entity_problem(data)  # before any parser sees the document
    if problem:
        return FeedRejected(FetchReason.ENTITIES, problem)
    root, data = _root(data)
    found = cut(data, root, salt=f"{url}\0{time_zone}")
    if found is not None and seen and len(found.spans) <= max_entries:
        document = reading.new_of(data, found, seen)
        if document is not None:
            return document
    return reading.document(_read(data, root, url, kind), found)


@dataclass(frozen=True, slots=True)
class _Reading:
    """How one document is read: what `parse_feed` was given."""

    url: str
    time_zone: str | None
    now: datetime
    max_entries: int

    def document(self, found: RawFeed | FeedRejected, cuts: Cut | None = None) -> FeedDocument | FeedRejected:
        """Return what was found as a document; `cuts` are where it can be cut into its entries."""
        if isinstance(found, FeedRejected):
            return found
        entries = self._cleaned(found)
        remembered = seen_whole(cuts, entries) if cuts is not None and not found.guessed else None
        return self._finished(found, entries, seen=remembered)

    def new_of(self, data: bytes, cuts: Cut, seen: bytes) -> FeedDocument | None:
        """Return a document with its new entries, None if it has to be read whole."""
        rest = left(data, cuts, seen)
        found = read_quick(rest.data, self.url) if rest is not None else None
        if rest is None or found is None:
            return None
        entries = self._cleaned(found)
        remembered = seen_partly(cuts, rest, entries)
        if remembered is None:
            return None
        return self._finished(found, entries, seen=remembered, unchanged=len(rest.known))

    def _cleaned(self, found: RawFeed) -> list[ParsedEntry]:
        return clean_entries(found.entries, language=_language(found), zone=self.time_zone, now=self.now)

    def _finished(
        self, found: RawFeed, entries: list[ParsedEntry], *, seen: bytes | None, unchanged: int = 0
    ) -> FeedDocument:
        kept, notes = finish_entries(entries, max_entries=self.max_entries)
        return FeedDocument(
            kind=found.kind,
            entries=kept,
            unchanged=unchanged,
            seen=seen,
            title=plain_line(found.title),
            link=absolute_link(self.url, found.link),
            language=_language(found),
            previous=absolute_link(self.url, found.previous),
            hub=found.hub,
            self_url=found.self_url,
            hints_s=hints.interval_s(found),
            skip_hours=hints.skipped_hours(found.skip_hours),
            skip_days=hints.skipped_days(found.skip_days),
            notes=(*found.notes, *notes),
        )


def _language(found: RawFeed) -> str | None:
    return (found.language or "").strip()[:35] or None


def _links_of_page(data: bytes, url: str, selector: str | None) -> RawFeed | FeedRejected:
    found = read_page(data, url, selector or "//a[@href]")
    return found if isinstance(found, RawFeed) else FeedRejected(FetchReason.NOT_A_FEED, found)


def _json(data: bytes, url: str) -> RawFeed | FeedRejected:
    found = read_json(data, url)
    return found if isinstance(found, RawFeed) else FeedRejected(FetchReason.UNPARSABLE, found)


def _read(data: bytes, root: bytes | None, url: str, kind: FeedKind) -> RawFeed | FeedRejected:
    """Read an XML document that has the root element `root` at its beginning."""
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
