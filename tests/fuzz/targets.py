"""What is handed to the readers of foreign input, and what must hold whatever it is.

Documents are made of the words of their formats, put together without sense, and of good documents that were damaged.
A target raises when newswatch does something that it does not document.
"""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from hypothesis import strategies as st
from hypothesis import target

from bench.wire import wire
from newswatch.collect.decoding import BadBody, decode_body
from newswatch.collect.feed import parse_feed
from newswatch.collect.http import FEED_ACCEPT, Fetcher
from newswatch.collect.opml import parse_opml
from newswatch.collect.politeness import HostLimiter
from newswatch.collect.settings import HttpSettings
from newswatch.model import (
    FeedDocument,
    FeedKind,
    FeedRejected,
    FetchFailure,
    FetchRequest,
    NotModified,
    Page,
    ParsedEntry,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
_MOST = 50
_URL = "http://a.example/feed"

Bytes = st.SearchStrategy[bytes]


@dataclass(frozen=True, slots=True)
class Target:
    """One kind of input and the function that has to survive it."""

    name: str
    inputs: Bytes
    survive: Callable[[bytes], None]


def _joined(words: list[str], *, others: st.SearchStrategy[str] | None = None) -> Bytes:
    pieces = st.sampled_from(words) | (others or st.text(max_size=5))
    return st.lists(pieces, max_size=30).map(lambda found: "".join(found).encode("utf-8", "surrogatepass"))


def _damaged(documents: list[bytes]) -> Bytes:
    """Good documents with a piece cut out, doubled, or replaced by noise."""

    def damage(document: bytes, start: int, length: int, times: int, noise: bytes) -> bytes:
        start %= len(document) + 1
        return document[:start] + document[start : start + length] * times + noise + document[start + length :]

    return st.builds(
        damage,
        st.sampled_from(documents),
        st.integers(0, 1000),
        st.integers(0, 40),
        st.integers(0, 3),
        st.binary(max_size=8),
    )


# --- documents -------------------------------------------------------------------------------------------------------

_FEED_WORDS = [
    "<rss>", "<rss version='2.0'>", "<channel>", "</channel>", "<item>", "</item>", "<title>", "</title>",
    "<link>", "</link>", "<link href='x'/>", "<guid isPermaLink='false'>", "</guid>", "<description>",
    "</description>", "<pubDate>", "</pubDate>", "<![CDATA[", "]]>", "<!--", "-->", "&amp;", "&#",
    "&#x110000;", "&#xDFFF;", "&nbsp;", "&", "<", ">", "\x00", "\ud7ff",
    "<feed xmlns='http://www.w3.org/2005/Atom'>", "<entry>", "</entry>", "<content type='xhtml'>",
    "<content type='html' mode='base64'>", "<content src='x'/>", "</content>",
    "<div xmlns='http://www.w3.org/1999/xhtml'>", "</div>", "xml:base='http://['",
    "<a xml:base='http://['>", "<!DOCTYPE x [", "<!ENTITY a 'b'>", "]>",
    "<?xml version='1.0' encoding='utf-16'?>", "<author><name>", "a@b (c)", "<urlset>", "<url><loc>",
    "</loc></url>", "{", '{"version":"https://jsonfeed.org/version/1","items":[', "{}]}",
    "Tue, 24 Nov 2026 08:00:00 GMT", "9999-99-99", "http://[x", "//", "한국", "<media:group>",
    "<georss:point>", "1 2", "<itunes:image href='http://['/>", "<psc:chapter start='x'/>",
    "<category term='a'/>", "<enclosure url='http://['/>", "<gml:posList>", "<svg>", "<math>",
    "<textInput>", "<image>", "<ttl>", "1e999", "<skipHours><hour>", "<dc:date>",
]  # fmt: skip
_FEEDS = [
    (
        b"<?xml version='1.0' encoding='euc-kr'?><rss version='2.0'><channel><title>t</title><ttl>60</ttl><item>"
        b"<title>A &amp; B</title><link>/1</link><guid>1</guid><pubDate>Tue, 24 Nov 2026 08:00:00 KST</pubDate>"
        b"<description>&lt;p>text&lt;/p></description></item></channel></rss>"
    ),
    (
        b"<feed xmlns='http://www.w3.org/2005/Atom' xml:lang='ko' xml:base='http://a.example'><title>t</title>"
        b"<entry>"
        b"<id>urn:1</id><title type='html'>&lt;b>A&lt;/b></title><link href='1'/>"
        b"<updated>2026-11-24T08:00:00Z</updated>"
        b"<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>x</div></content></entry></feed>"
    ),
    (
        b"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'><channel>"
        b"<title>t</title></channel><item rdf:about='http://a.example/1'><title>A</title></item></rdf:RDF>"
    ),
    b"<html><head><link rel='alternate' type='application/rss+xml' href='/f'></head><body><a href='/1'>x</a></body>",
]
_SITEMAP_WORDS = [
    "<urlset>", "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>", "</urlset>", "<url>", "</url>",
    "<loc>", "</loc>", "<lastmod>", "</lastmod>", "2026-11-24", "http://a.example/1", "javascript:x", "http://[",
    "<n:news xmlns:n='http://www.google.com/schemas/sitemap-news/0.9'>", "<n:title>", "</n:title>", "<n:publication>",
    "<n:language>", "<n:publication_date>", "</n:news>", "<sitemapindex>", "<sitemap>", "</sitemap>",
    "<!---->", "<?x?>",
    "&amp;", "&x;", "<![CDATA[", "]]>", "\x00", "<!DOCTYPE urlset [<!ENTITY x 'y'>]>",
]  # fmt: skip
_SITEMAPS = [
    (
        b"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' "
        b"xmlns:n='http://www.google.com/schemas/sitemap-news/0.9'><url><loc>http://a.example/1</loc>"
        b"<lastmod>2026-11-24</lastmod><n:news><n:publication><n:name>A</n:name><n:language>ko</n:language>"
        b"</n:publication><n:title>T</n:title>"
        b"<n:publication_date>2026-11-24T08:00:00+09:00</n:publication_date></n:news></url></urlset>"
    ),
    b"<sitemapindex><sitemap><loc>/news.xml</loc></sitemap><sitemap><loc>/b.xml</loc></sitemap></sitemapindex>",
]
_OPML_WORDS = [
    "<opml>", "<opml version='2.0'>", "<OPML>", "<body>", "<outline", " xmlUrl='", "http://a.example/",
    "file:///x", "'", '"', " title='x'", " text='x'", " language='ko'", ">", "/>", "</outline>",
    "</body>", "</opml>", "&amp;", "&x;",
    "<!DOCTYPE o [<!ENTITY x 'y'>]>", "http://u:p@[", "http://127.1/", "\x00", "한국", "<?xml encoding='x'?>",
]  # fmt: skip
_OPML = [
    (
        b"<?xml version='1.0'?><opml version='2.0'><body><outline text='news'><outline type='rss' text='A' "
        b"language='ko' xmlUrl='http://a.example/f'/></outline></body></opml>"
    ),
]

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(
        ["https://jsonfeed.org/version/1.1", "http://a.example/1", "2026-11-24T08:00:00Z", "javascript:x", "<b>x</b>"]
    ),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(
            [
                "version", "title", "home_page_url", "language", "items", "id", "url", "external_url", "content_html",
                "content_text", "summary", "date_published", "date_modified", "authors", "author", "name", "tags",
            ]
        ),
        inner,
        max_size=8,
    ),
    max_leaves=25,
)  # fmt: skip


def _json_feed(version: str, items: Any) -> bytes:
    return json.dumps({"version": version, "title": "t", "items": items}).encode()


JSON_FEEDS = (
    st.builds(_json_feed, st.sampled_from(["https://jsonfeed.org/version/1", "1", ""]), st.lists(_json, max_size=4))
    | _json.map(lambda value: json.dumps(value).encode())
    | _damaged([_json_feed("https://jsonfeed.org/version/1.1", [{"id": 1, "url": "/1", "title": "T", "tags": ["a"]}])])
)


def _check(found: FeedDocument | FeedRejected, kind: FeedKind) -> None:
    if isinstance(found, FeedRejected):
        assert found.detail
        return
    assert len(found.entries) <= _MOST
    target(float(len(found.entries)), label=f"entries of a {kind.value}")
    for entry in found.entries:
        _check_entry(entry)


def _check_entry(entry: ParsedEntry) -> None:
    assert entry.key
    assert entry.link is None or urlsplit(entry.link).scheme in ("http", "https")
    for text in (entry.key, entry.title or "", entry.summary or "", entry.content_html or "", entry.link or ""):
        text.encode("utf-8")
        assert "\x00" not in text
    for line in (entry.title or "", entry.source_name or "", *entry.authors):
        assert "\n" not in line
        assert "\r" not in line


def read_feed(body: bytes) -> None:
    """Read a document as a feed, as a sitemap and as a page; none may raise."""
    for kind in FeedKind:
        found = parse_feed(body, url=_URL, content_type="text/xml", max_entries=_MOST, kind=kind, now=NOW)
        _check(found, kind)


def read_opml(body: bytes) -> None:
    """Read a document as OPML."""
    found = parse_opml(body)
    assert found.feeds or found.skipped
    for feed in found.feeds:
        assert urlsplit(feed.url).scheme in ("http", "https")
    target(float(len(found.feeds)), label="feeds")


# --- answers of servers ----------------------------------------------------------------------------------------------

_ANSWER_WORDS = [
    "HTTP/1.1 200 OK\r\n", "HTTP/1.1 301 x\r\n", "HTTP/1.1 304 \r\n", "HTTP/1.1 429 x\r\n", "HTTP/1.0 206 x\r\n",
    "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 999 x\r\n", "\r\n", "\r\n\r\n", "\n", "Content-Length: ", "5", "-1",
    "1e3", "99999999999999999999", "Transfer-Encoding: chunked\r\n", "0\r\n\r\n", "5\r\nabcde\r\n", "ffffffffff\r\n",
    "Content-Encoding: ", "gzip", "deflate", "br", ", ", "ETag: ", '"a"', "\xe9", "Last-Modified: ", "yesterday",
    "Retry-After: ", "Tue, 24 Nov 2026 11:00:00 GMT", "99999999999999999999999", "Date: ", "Location: ", "/x", "//[",
    "http://127.0.0.1/", "file:///etc/passwd", "http://b.example\\@127.0.0.1/", "http://b.example/%0d%0aX: y", "\x00",
    "Content-Type: text/xml; charset=", "Cache-Control: max-age=", "Set-Cookie: a=b\r\n", "<rss/>", " ", ":",
]  # fmt: skip
_ANSWERS = [
    b'HTTP/1.1 200 OK\r\nContent-Length: 6\r\nETag: "a"\r\nContent-Type: text/xml\r\n\r\n<rss/>',
    b"HTTP/1.1 301 Moved\r\nLocation: http://b.example/x?y=%7e\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: deflate\r\n\r\n6\r\n<rss/>\r\n0\r\n\r\n",
    b"HTTP/1.1 503 Busy\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n",
]
_PUBLIC = "93.184.216.34"


def read_answer(answer: bytes) -> None:
    """Let a server answer a poll so; only public addresses may be connected to, whatever it says."""
    asyncio.run(_poll(answer))
    for codings in (["gzip"], ["deflate"], ["deflate", "x-gzip"]):
        with suppress(BadBody):
            assert len(decode_body(answer, codings, 1000)) <= max(1000, len(answer))


async def _poll(answer: bytes) -> None:
    connected: list[str] = []
    connect = wire(lambda _: answer)

    async def resolve(host: str, port: int) -> list[str]:
        return [_PUBLIC]

    async def recording(address: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        connected.append(address)
        return await connect(address, port)

    limiter = HostLimiter(per_host=2, spacing_s=0)
    async with Fetcher(
        HttpSettings(), now=lambda: NOW, version="1", resolver=resolve, backend=recording, limiter=limiter
    ) as fetcher:
        outcome = await fetcher.fetch(FetchRequest(_URL, FEED_ACCEPT, etag=b'"a"', max_bytes=1000))
    assert set(connected) == {_PUBLIC}
    assert isinstance(outcome, Page | NotModified | FetchFailure)
    if isinstance(outcome, Page):
        assert len(outcome.body) <= 1000
    target(float(not isinstance(outcome, FetchFailure)), label="answers that are understood")
    if isinstance(outcome, FetchFailure):
        assert outcome.detail
    else:
        for value in (outcome.etag or b"", outcome.last_modified or b""):
            assert b"\r" not in value
            assert b"\n" not in value


FEEDS = _joined(_FEED_WORDS) | _damaged(_FEEDS) | st.binary(max_size=400)
TARGETS = (
    Target("feeds", FEEDS, read_feed),
    Target("sitemaps", _joined(_SITEMAP_WORDS) | _damaged(_SITEMAPS), read_feed),
    Target("json-feeds", JSON_FEEDS, read_feed),
    Target("opml", _joined(_OPML_WORDS) | _damaged(_OPML) | st.binary(max_size=200), read_opml),
    Target(
        "answers",
        st.lists(st.sampled_from(_ANSWER_WORDS) | st.text(max_size=3), max_size=25).map(
            lambda words: "".join(words).encode("latin-1", "replace")
        )
        | _damaged(_ANSWERS),
        read_answer,
    ),
)
