"""Reading only what is new of a feed: entries with the bytes of last time are left out before anything is parsed.

What is kept of a document is, for each entry, a hash of its bytes and hashes of what its identity and its link are.
The next document is cut into entries where they begin and end; what stands between the new ones is parsed as a
document of its own. That is done only where it can make no difference to reading everything:

    the cuts are plain: entries do not nest, and each stands on the same side of the end of the channel
    every entry that was cut out is one entry to the reader
    no new entry has the identity or the link of one that was left out
    the document's address, the user's settings and its root element are those of last time

Everything else is read whole. Pure.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from newswatch.collect.entries import claimed
from newswatch.collect.identity import link_key
from newswatch.model import ParsedEntry

VERSION = 1
"""Raised whenever the same bytes give another entry than before: all documents are then read whole once."""

_ITEM_SIZE, _NAME_SIZE = 12, 8  # bytes of a hash: of an entry's bytes; of an identity or a link
_RECORD = _ITEM_SIZE + 2 * _NAME_SIZE
_MOST = 1_000  # entries that are remembered; a longer document is read whole
_NO_LINK = bytes(_NAME_SIZE)
_ROOT_TAG = re.compile(rb"<(?![?!])[^>]*>")


@dataclass(frozen=True, slots=True)
class Cut:
    """A document cut into its entries: where each begins and ends, and the hash of its bytes."""

    spans: tuple[tuple[int, int], ...]
    hashes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of a document: its bytes without the entries that are known, and which those are.

    `new` are the places of the others among all entries; `known` has the records of those left out, by place.
    """

    data: bytes
    new: tuple[int, ...]
    known: dict[int, bytes]


def cut(data: bytes, root: bytes | None, *, salt: str) -> Cut | None:
    """Cut a document of UTF-8 bytes with the root element `root`. None where the cuts are not plain.

    `salt` is what the meaning of the bytes depends on besides the document: where it came from, and how it is read.
    """
    name = {b"rss": b"item", b"rdf": b"item", b"feed": b"entry"}.get(root or b"")
    spans = _spans(data, name) if name else None
    if not spans:
        return None
    first, last = spans[0][0], spans[-1][1]
    channel_ends = data.rfind(b"</channel")
    if first < channel_ends < last:  # the reader takes those inside the channel first
        return None
    tag = _ROOT_TAG.search(data, 0, first)  # its namespaces, base and language
    context = f"{VERSION}\0{salt}\0".encode("utf-8", "replace") + (tag[0] if tag else b"")
    key = blake2b(context, digest_size=32).digest()
    hashes = (blake2b(data[start:end], digest_size=_ITEM_SIZE, key=key).digest() for start, end in spans)
    return Cut(tuple(spans), tuple(hashes))


def _spans(data: bytes, name: bytes) -> list[tuple[int, int]] | None:
    """Return where entries begin and end, None where one holds another or does not end."""
    opening, closing = b"<" + name, b"</" + name
    spans: list[tuple[int, int]] = []
    start = data.find(opening)
    while start >= 0:
        if data[start + len(opening) : start + len(opening) + 1] not in (b">", b" ", b"\n", b"\t", b"\r"):
            return None  # another element whose name begins so
        end = data.find(closing, start)
        stop = data.find(b">", end) + 1
        if end < 0 or not stop or data[end + len(closing) : stop - 1].strip() or len(spans) == _MOST:
            return None
        following = data.find(opening, start + 1)
        if 0 <= following < end:
            return None
        spans.append((start, stop))
        start = following
    return spans


def left(data: bytes, found: Cut, seen: bytes) -> Left | None:
    """Return what is left of a document without the entries in `seen`, None if it has none of them."""
    records = {seen[at : at + _ITEM_SIZE]: seen[at : at + _RECORD] for at in range(0, len(seen), _RECORD)}
    known = {place: records[key] for place, key in enumerate(found.hashes) if key in records}
    if not known:
        return None
    pieces, at = [], 0
    for place, (start, end) in enumerate(found.spans):
        if place in known:
            pieces.append(data[at:start])
            at = end
    pieces.append(data[at:])
    return Left(b"".join(pieces), tuple(place for place in range(len(found.spans)) if place not in known), known)


def seen_whole(found: Cut, entries: Sequence[ParsedEntry]) -> bytes | None:
    """Return what is kept of a document that was read whole; None if its cuts are not the reader's entries.

    `entries` are what the reader made of it, in its order, before any is left out.
    """
    if len(entries) != len(found.hashes):
        return None
    return b"".join(_record(key, entry) for key, entry in zip(found.hashes, entries, strict=True))


def seen_partly(found: Cut, rest: Left, entries: Sequence[ParsedEntry]) -> bytes | None:
    """Return what is kept of a document of which only the new entries were read. None if it must be read whole."""
    if len(entries) != len(rest.new):
        return None
    records = {place: _record(found.hashes[place], entry) for place, entry in zip(rest.new, entries, strict=True)}
    taken = _names(rest.known.values())
    if not taken.isdisjoint(_names(records.values())):
        return None
    records |= rest.known
    return b"".join(records[place] for place in range(len(found.spans)))


def _record(key: bytes, entry: ParsedEntry) -> bytes:
    link = link_key(entry)
    return key + _name(claimed(entry)) + (_name(link) if link else _NO_LINK)


def _name(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "replace"), digest_size=_NAME_SIZE).digest()


def _names(records: Iterable[bytes]) -> set[bytes]:
    """Return the identities and the links of entries; an identity that is a link counts as both."""
    names: set[bytes] = set()
    for record in records:
        names.add(record[_ITEM_SIZE : _ITEM_SIZE + _NAME_SIZE])
        names.add(record[_ITEM_SIZE + _NAME_SIZE :])
    return names - {_NO_LINK}
