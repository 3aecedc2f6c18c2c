"""Which entries of a document are known under another identity, and which use one that belongs to another. Pure.

The key of an entry (`collect.entries`) survives scheme, tracking parameters and edition numbers. What it does not
survive is found here, by what the feed brought before:

    an unknown guid with a known link and title    the known entry (the publisher changed its guids)
    a known guid with another link and title       a new entry (the publisher used the guid again)
    many unknown entries with known titles         issued again: stored, and not announced
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from newswatch.model import FeedEvent, KnownEntry, ParsedEntry
from newswatch.urls import url_key

_MOST_KEY = 160
_MANY = 10  # entries issued again; fewer may be a column that has the same title every day
_SETTLED = timedelta(hours=24)  # a title known for so long


@dataclass(frozen=True, slots=True)
class Reissue:
    """Entries that are unknown by key and known by title: their keys, and what to tell of them."""

    keys: frozenset[str] = frozenset()
    event: FeedEvent | None = None


def link_key(value: ParsedEntry) -> str | None:
    """Return what links are compared by, None for an entry without one."""
    return url_key(value.link) if value.link else None


def told_apart(values: Sequence[ParsedEntry], known: Mapping[str, KnownEntry]) -> list[ParsedEntry]:
    """Return `values`, those that use another entry's guid again with a key of their own.

    An edit changes the title or, with it, the link. It does not change both and the date of publication too.
    """
    return [_told_apart(value, known.get(value.key)) for value in values]


def _told_apart(value: ParsedEntry, old: KnownEntry | None) -> ParsedEntry:
    own = link_key(value)
    if old is None or own is None or old.link is None or own == url_key(old.link):
        return value
    if _same_title(value.title, old.title) or _published(value) == old.published_at is not None:
        return value
    return replace(value, key=f"{value.key[:_MOST_KEY]} {own}")


def unknown(values: Iterable[ParsedEntry], known: Mapping[str, KnownEntry]) -> list[ParsedEntry]:
    """Return the entries whose keys are not known."""
    return [value for value in values if value.key not in known]


def recognised(values: Sequence[ParsedEntry], by_link: Iterable[KnownEntry]) -> list[ParsedEntry]:
    """Return `values`, those known by link and title with the key that they are known by.

    What has its old key in the same document is another entry: live pages have many entries with one link.
    """
    present = {value.key for value in values}
    candidates = {(url_key(old.link), _title(old.title)): old for old in by_link if old.link and old.key not in present}
    taken: set[str] = set()
    result = []
    for value in values:
        old = candidates.get((link_key(value) or "", _title(value.title)))
        if old is None or old.key in taken:
            result.append(value)
        else:
            taken.add(old.key)
            result.append(replace(value, key=old.key))
    return result


def may_be_reissue(new: Sequence[ParsedEntry]) -> bool:
    """Tell whether so many entries are new that it is worth looking for their titles."""
    return len(new) >= _MANY


def reissue(new: Sequence[ParsedEntry], by_title: Iterable[KnownEntry], now: datetime) -> Reissue:
    """Return which of the new entries the feed had before under other guids and links, if it is a flood of them."""
    titles = {_title(old.title) for old in by_title if now - old.first_seen_at >= _SETTLED} - {""}
    again = frozenset(value.key for value in new if _title(value.title) in titles)
    if len(again) < _MANY or 2 * len(again) < len(new):
        return Reissue()
    detail = f"{len(again)} of {len(new)} new entries were there before under other ids; they are not announced"
    return Reissue(again, FeedEvent("reissued", detail))


def _title(title: str | None) -> str:
    return " ".join((title or "").casefold().split())


def _same_title(one: str | None, other: str | None) -> bool:
    return _title(one) == _title(other)


def _published(value: ParsedEntry) -> datetime | None:
    return value.published.at if value.published else None
