"""Title, date, authors and language of labelled pages: how often newswatch and trafilatura are right."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import trafilatura

from bench.extraction.extractors import outcome
from bench.extraction.sets import LabelledPage, PageSet
from newswatch.languages import primary
from newswatch.model import Article, Published


@dataclass(frozen=True, slots=True)
class _Facts:
    """What an extractor says about an article."""

    title: str | None = None
    day: str | None = None
    minute: str | None = None  # in UTC
    authors: frozenset[str] = frozenset()
    language: str | None = None
    publisher: str | None = None


def fact_rows(pages: PageSet) -> list[tuple[str, str, str, str]]:
    """Return the rows of a table: what, newswatch, trafilatura, number of pages that have a label for it."""
    ours, theirs = zip(*(_both(page) for page in pages.pages), strict=True)
    rows = []
    for what, label, fact in _QUESTIONS:
        asked = [(wanted, i) for i, page in enumerate(pages.pages) if (wanted := label(page, ours[i]))]
        if asked:
            right = [sum(fact(found[i]) == wanted for wanted, i in asked) / len(asked) for found in (ours, theirs)]
            rows.append((what, f"{right[0]:.3f}", f"{right[1]:.3f}" if what not in _OWN else "–", str(len(asked))))
    return rows


def _both(page: LabelledPage) -> tuple[_Facts, _Facts]:
    body = page.body()
    found = outcome(body, page.url)
    ours = _Facts()
    if isinstance(found, Article):
        ours = _Facts(
            _folded(found.title),
            _day(found.published),
            _minute(found.published.at) if found.published is not None and found.published.at is not None else None,
            frozenset(filter(None, map(_folded, found.authors))),
            primary(found.language),
            _folded(found.source_name),
        )
    said = trafilatura.extract_metadata(body, default_url=page.url)
    names = frozenset(filter(None, map(_folded, (said.author or "").split("; "))))
    return ours, _Facts(_folded(said.title), said.date, None, names - {ours.publisher, _folded(said.sitename)})


def _day(published: Published | None) -> str | None:
    """Return the day as the publisher wrote it where that is ISO 8601, else the day in UTC."""
    if published is None or published.at is None:
        return str(published.on) if published is not None else None
    written = (published.raw or "")[:10]
    return written if _ISO_DAY.fullmatch(written) else published.at.astimezone(UTC).date().isoformat()


def _minute(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="minutes")


def _folded(text: str | None) -> str | None:
    return "".join(character for character in text.casefold() if character.isalnum()) if text else None


def _labelled_minute(page: LabelledPage) -> str | None:
    if not page.published or len(page.published) <= 10:
        return None
    instant = datetime.fromisoformat(page.published)
    return _minute(instant) if instant.tzinfo is not None else None


_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_OWN = {"date to the minute, with zone", "language"}
_QUESTIONS: tuple[tuple[str, Callable[[LabelledPage, _Facts], object], Callable[[_Facts], object]], ...] = (
    ("title", lambda page, _: _folded(page.title), lambda facts: facts.title),
    ("day", lambda page, _: page.published and page.published[:10], lambda facts: facts.day),
    ("date to the minute, with zone", lambda page, _: _labelled_minute(page), lambda facts: facts.minute),
    (
        "authors without the publisher, all and no other",
        lambda page, ours: frozenset(filter(None, map(_folded, page.authors or ()))) - {ours.publisher},
        lambda facts: facts.authors,
    ),
    ("language", lambda page, _: page.language, lambda facts: facts.language),
)
