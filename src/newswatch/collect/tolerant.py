"""Feeds that are not well-formed or unusual, read with feedparser.

Its sanitiser and link resolver are off (half of its cost; cleaning is ours), it gets bytes only (a str could be a path
or a URL to it), and known ways to keep it busy for minutes are taken out before.
"""

import io
import re
from collections.abc import Sequence
from itertools import islice
from typing import Any

import feedparser

from newswatch.collect.feedtext import as_html
from newswatch.collect.rawfeed import RawEntry, RawFeed

# Its pattern for an e-mail address is quadratic in the length of what it finds in these elements.
_LONG_PERSON = re.compile(
    rb"(<(?:[\w-]+:)?(?:author|creator|managingeditor|webmaster|publisher|contributor|name|email|owner)\b[^<>]{0,500}>"
    rb"(?:\s*<!\[CDATA\[)?[^<>\]]{500})[^<>\]]+",
    re.IGNORECASE,
)
_BASES = re.compile(rb"""\sxml:base\s*=\s*(?:"[^"<>]*"|'[^'<>]*')""", re.IGNORECASE)
_MOST_BASES = 3_000  # nested, they are quadratic as well; an ordinary feed has two for each entry
_ITEM = re.compile(rb"<(?:[\w-]+:)?(?:item|entry)[\s/>]", re.IGNORECASE)
_MOST_ITEMS = 10_000  # each costs 50 microseconds, empty ones too; the largest feeds have some thousand
_REFERENCE = re.compile(rb"&#(?:[xX]([0-9a-fA-F]+)|([0-9]+));?")
# Told that it is no link, an id is left as it is; else feedparser makes "123" an address on the feed's host.
_PLAIN_GUID = re.compile(
    rb"<(guid|id)((?:\s(?![^<>]{0,500}ispermalink)[^<>]{0,500})?)>(?!\s*(?:<!\[CDATA\[)?\s*https?://)", re.IGNORECASE
)
_SKIP = re.compile(rb"<skip(Hours|Days)>(.{0,2000}?)</skip\1>", re.IGNORECASE | re.DOTALL)
_SKIPPED = re.compile(rb"<(?:hour|day)>\s*(\w+)\s*</", re.IGNORECASE)


class Unreadable(Exception):
    """feedparser broke off with an error of its own."""


def read_tolerant(data: bytes, url: str) -> RawFeed | None:
    """Return the feed in `data` (UTF-8, without declaration), None if feedparser finds none.

    `url` is what relative links refer to. Raises Unreadable.
    """
    notes: list[str] = []
    data = _LONG_PERSON.sub(rb"\1", _REFERENCE.sub(_legal_reference, data))
    data = _PLAIN_GUID.sub(rb'<\1 isPermaLink="false"\2>', data)
    if data.count(b"xml:base") > _MOST_BASES:
        data = _BASES.sub(b"", data)
        notes.append(f"more than {_MOST_BASES} xml:base attributes, none of which was followed")
    beyond = next(islice(_ITEM.finditer(data), _MOST_ITEMS, None), None)
    if beyond:
        data = data[: beyond.start()]
        notes.append(f"more than {_MOST_ITEMS:,} entries, of which the first were read")
    try:
        parsed = feedparser.parse(
            io.BytesIO(data),
            response_headers={"content-location": url, "content-type": "application/xml; charset=utf-8"},
            resolve_relative_uris=False,
            sanitize_html=False,
        )
    except (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        # Its loose parser walks over whatever there is, and some of that trips it.
        raise Unreadable(f"{type(error).__name__}: {error}") from error
    version = str(parsed.get("version") or "")
    if not version and not parsed.entries:
        return None
    channel = parsed.feed
    feed = RawFeed(
        _kind(version),
        title=_string(channel, "title"),
        link=_string(channel, "link"),
        language=_string(channel, "language"),
        previous=_related(channel, "prev-archive"),
        hub=_related(channel, "hub"),
        self_url=_related(channel, "self"),
        ttl=_string(channel, "ttl"),
        update_period=_string(channel, "sy_updateperiod"),
        update_frequency=_string(channel, "sy_updatefrequency"),
        notes=notes,
        guessed=True,
    )
    for what, inside in _SKIP.findall(data[:100_000]):
        values = [value.decode("ascii", "replace") for value in _SKIPPED.findall(inside)]
        if what.lower() == b"hours":
            feed.skip_hours = values
        else:
            feed.skip_days = values
    # RFC 4287, section 4.2.1: the feed's authors are the entry's. In RSS they are the webmaster.
    authors = channel.get("authors") or () if feed.kind == "atom" else ()
    feed.entries = [_entry(item, url, authors) for item in parsed.entries]
    return feed


def _related(channel: Any, relation: str) -> str | None:
    return next((_string(link, "href") for link in channel.get("links") or () if link.get("rel") == relation), None)


def _legal_reference(found: re.Match[bytes]) -> bytes:
    """Drop references to what is no character; feedparser raises for some and passes the others on."""
    digits = (found[1] or found[2])[:10]
    code = int(digits, 16 if found[1] else 10)
    legal = code in (0x9, 0xA, 0xD) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or 0x10000 <= code <= 0x10FFFF
    return found[0] if legal and code != 0x7F else b""


def _kind(version: str) -> str:
    if version.startswith("atom"):
        return "atom"
    return "rdf" if version in ("rss10", "rss090") else "rss"


def _entry(item: Any, url: str, feed_authors: Sequence[Any]) -> RawEntry:
    entry = RawEntry(
        base=url,
        guid=_string(item, "id"),
        link=_string(item, "feedburner_origlink") or _string(item, "link") or _alternate(item),
        title=_string(item, "title"),
        summary=_string(item, "summary"),
        published=_string(item, "published") or _string(item, "created"),
        updated=_string(item, "updated") if "updated" in item.keys() else None,  # noqa: SIM118 - "in" maps names
        language=_string(item, "language") or _title_language(item),
        source_name=_string(item.get("source") or {}, "title"),
    )
    for content in item.get("content") or ():
        value, kind = _string(content, "value"), content.get("type")
        if value:
            entry.contents.append(as_html(value) if kind == "text/plain" and "<" not in value else value)
        if value == entry.summary:
            entry.summary = None  # feedparser repeats the content where there is no summary
    people = item.get("authors") or feed_authors
    entry.authors = [
        name for name in (_string(person, "name") or _string(person, "email") for person in people) if name
    ]
    if not entry.authors and _string(item, "author"):
        entry.authors = [str(item.get("author"))]
    return entry


def _alternate(item: Any) -> str | None:
    links = [link for link in item.get("links") or () if link.get("rel", "alternate") == "alternate"]
    return _string(links[0], "href") if links else None


def _title_language(item: Any) -> str | None:
    return _string(item.get("title_detail") or {}, "language")


def _string(where: Any, name: str) -> str | None:
    value = where.get(name)
    return value.strip() or None if isinstance(value, str) else None
