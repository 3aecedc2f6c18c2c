"""From an item as written to an entry that can be stored: identity, cleaning, dates. Pure."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import blake2b

from newswatch.collect.feeddates import parse_date
from newswatch.collect.feedtext import (
    LONGEST_CONTENT,
    LONGEST_SUMMARY,
    LONGEST_TITLE,
    absolute_link,
    clean,
    has_markup,
    plain_line,
    plain_text,
)
from newswatch.collect.rawfeed import RawEntry
from newswatch.model import ParsedEntry, Published
from newswatch.urls import url_key

_LONGEST_KEY = 200
_MOST_AUTHORS = 20
_FUTURE = timedelta(days=2)
_PERSON = re.compile(r"\s*[^\s@<>()]{1,64}@[^\s@<>()]{1,255}\s*[(<]([^()<>]{1,200})[)>]\s*\Z")
_NAMED = re.compile(r"\s*([^<>()]{1,200}?)\s*\([^\s@<>()]{1,64}@[^\s@<>()]{1,255}\)\s*\Z")
_MAILBOX = re.compile(r"\s*([^<>]{1,200}?)\s*<[^\s@<>]{1,64}@[^\s@<>]{1,255}>\s*\Z")
_EDITION = re.compile(r"#\d{1,2}\Z")  # how the BBC counts the editions of one article: "#0", "#1"


def clean_entries(
    items: Sequence[RawEntry], *, language: str | None, zone: str | None, now: datetime
) -> list[ParsedEntry]:
    """Return what the items of a document say, cleaned, one entry each, without a key yet.

    `language` (the feed's) and `zone` help to read dates; `now` tells which dates lie in the future.
    """
    return [_entry(item, language, zone, now) for item in items]


def finish_entries(
    entries: Sequence[ParsedEntry], *, max_entries: int
) -> tuple[tuple[ParsedEntry, ...], tuple[str, ...]]:
    """Return cleaned entries with their keys, in the document's order, and notes about what was left out.

    If there are more than `max_entries`, the newest are kept.
    """
    notes: list[str] = []
    told = [entry for entry in entries if entry.link or entry.title or entry.summary or entry.content_html]
    if len(told) < len(entries):
        notes.append(f"{len(entries) - len(told)} entries were empty")
        entries = told
    entries, repeated = _with_keys(entries)
    if repeated:
        notes.append(f"{repeated} entries were there twice")
    if len(entries) > max_entries:
        notes.append(f"{len(entries)} entries, of which the newest {max_entries} were taken")
        entries = _newest(entries, max_entries)
    return tuple(entries), tuple(notes)


def _entry(item: RawEntry, language: str | None, zone: str | None, now: datetime) -> ParsedEntry:
    notes: list[str] = []
    link = absolute_link(item.base, item.link)
    if item.link and link is None:
        notes.append("the link is no http(s) URL and was left out")
    title = plain_line(item.title)
    if item.title and len(item.title) > 4 * LONGEST_TITLE:
        notes.append("the title was truncated")
    summary = plain_text(item.summary)
    if item.summary and len(item.summary) > 20 * LONGEST_SUMMARY:
        notes.append("the summary was truncated")
    content = _content(item, notes)
    own_language = (item.language or "").strip() or None
    published = _date(item.published, own_language or language, zone, now, notes)
    updated = _date(item.updated, own_language or language, zone, now, notes)
    parts = (title or "", summary or "", content or "")
    digest = blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=16).hexdigest()
    guid = " ".join(clean(item.guid).split()) if item.guid else None
    return ParsedEntry(
        key="",
        link=link,
        title=title,
        summary=summary,
        content_html=content,
        authors=_authors(item.authors),
        published=published or updated,
        updated=updated,
        guid=guid,
        language=own_language,
        source_name=plain_line(item.source_name, 200),
        content_hash=digest,
        notes=tuple(notes),
    )


def _content(item: RawEntry, notes: list[str]) -> str | None:
    candidates = list(item.contents)
    if item.summary and has_markup(item.summary):
        candidates.append(item.summary)
    if not candidates:
        return None
    content = max(candidates, key=len)
    if len(content) > LONGEST_CONTENT:
        notes.append(f"the content was cut from {len(content):,} to {LONGEST_CONTENT:,} characters")
        content = content[:LONGEST_CONTENT]
    return clean(content).strip() or None


def _date(
    text: str | None, language: str | None, zone: str | None, now: datetime, notes: list[str]
) -> Published | None:
    if not text:
        return None
    found = parse_date(text, zone=zone, language=language)
    if found is None:
        notes.append(f"the date {clean(text)[:60]!r} was not understood")
    elif (found.at and found.at > now + _FUTURE) or (found.on and found.on > (now + _FUTURE).date()):
        notes.append(f"the date {clean(text)[:60]!r} lies in the future")
    return found


def _authors(written: Sequence[str]) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for text in written[:_MOST_AUTHORS]:
        start = text[:400]
        found = _PERSON.match(start) or _MAILBOX.match(start) or _NAMED.match(start)  # RSS wants "address (name)"
        name = plain_line(found[1] if found else text, 200)
        if name:
            names[name] = None
    return tuple(names)


# --- identity ------------------------------------------------------------------------------------------------------


def _with_keys(entries: Sequence[ParsedEntry]) -> tuple[list[ParsedEntry], int]:
    """Give every entry its key; return them without exact repetitions, and how many those were.

    The guid is the identity, else the link, else the words. Where several entries claim the same guid or link, it says
    nothing by itself and the next best is added. Neither the order nor the date plays a part, so that an entry keeps
    its identity when its feed reorders or has no dates.
    """
    first = [claimed(entry) for entry in entries]
    shared = {key for key, count in Counter(first).items() if count > 1}
    keyed: dict[str, ParsedEntry] = {}
    for entry, claim in zip(entries, first, strict=True):
        key = claim
        if claim in shared:
            more = url_key(entry.link) if entry.link and claim != _link_key(entry) else _words_key(entry)
            key = f"{claim[: _LONGEST_KEY - 40]} {more}"
            if key in keyed and keyed[key].content_hash != entry.content_hash:
                key = f"{claim[: _LONGEST_KEY - 80]} {more} {_words_key(entry)}"
        keyed.setdefault(key, entry)
    named = [_named(entry, key) for key, entry in keyed.items()]
    return named, len(entries) - len(named)


def claimed(entry: ParsedEntry) -> str:
    """Return the key that an entry has unless another of its document claims it too."""
    if entry.guid:
        return _guid_key(entry.guid)
    return _link_key(entry) or _words_key(entry)


def _guid_key(guid: str) -> str:
    """Return a guid as a key; if it is a URL, scheme, tracking parameters and edition number make no difference."""
    if guid.startswith(("http://", "https://")):
        address, separator, fragment = _EDITION.sub("", guid).partition("#")
        return f"url:{url_key(address)}{separator}{fragment}"[:_LONGEST_KEY]
    if len(guid) <= _LONGEST_KEY:
        return guid
    return "long:" + blake2b(guid.encode("utf-8", "replace"), digest_size=16).hexdigest()


def _link_key(entry: ParsedEntry) -> str | None:
    return f"link:{url_key(entry.link)}" if entry.link else None


def _words_key(entry: ParsedEntry) -> str:
    text = entry.title or entry.summary or entry.content_html or ""
    return "words:" + blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()


def _named(entry: ParsedEntry, key: str) -> ParsedEntry:
    return ParsedEntry(
        key=key,
        link=entry.link,
        title=entry.title,
        summary=entry.summary,
        content_html=entry.content_html,
        authors=entry.authors,
        published=entry.published,
        updated=entry.updated,
        guid=entry.guid,
        language=entry.language,
        source_name=entry.source_name,
        content_hash=entry.content_hash,
        notes=entry.notes,
    )


def _newest(entries: Sequence[ParsedEntry], count: int) -> list[ParsedEntry]:
    """Return the `count` newest entries in the document's order; those without a date count by their place."""

    def age(numbered: tuple[int, ParsedEntry]) -> tuple[str, int]:
        place, entry = numbered
        when = entry.published
        day = "" if when is None else (when.at.isoformat() if when.at else str(when.on))
        return day, -place

    if any(entry.published for entry in entries):
        chosen = sorted(sorted(enumerate(entries), key=age, reverse=True)[:count])
        return [entry for _, entry in chosen]
    return list(entries[:count])
