"""Compiled entities: which of their aliases count in an article, on its day and in its company."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from newswatch.flag.document import Document, Span
from newswatch.flag.entities import Alias
from newswatch.flag.evaluation import Clause, Evaluator, Found, Limits, cover, overlaps

_BESIDE = 2  # words between two short forms that vouch for each other: "Moon and Abe"

_NOTHING: list[Span] = []


class Gazetteer:
    """All aliases of one entity or office with what limits them; shared by the rules that use it."""

    __slots__ = ("_dated", "_plain", "_shorts", "excluded", "helpers", "id", "patterns")

    def __init__(self, entity: str, full: Iterable[tuple[int, Alias]], shorts: Iterable[tuple[int, Alias]]) -> None:
        self.id = entity
        full = tuple(full)
        self._plain = tuple((pattern, alias) for pattern, alias in full if alias.role is None)
        self._dated = tuple((pattern, alias) for pattern, alias in full if alias.role is not None)
        self._shorts = tuple(shorts)
        self.excluded: tuple[Evaluator, ...] = ()
        self.helpers: tuple[Helper, ...] = ()  # their full forms let short forms count
        self.patterns = frozenset(pattern for pattern, _ in (*full, *self._shorts))

    @property
    def shorts(self) -> tuple[tuple[int, Alias], ...]:
        """The short forms with their patterns."""
        return self._shorts

    @property
    def necessary(self) -> Clause:
        """The patterns of which one must be found."""
        if self.helpers:
            return self.patterns
        return frozenset(pattern for pattern, _ in (*self._plain, *self._dated))

    def full(self, document: Document) -> dict[Span, Alias]:
        """Return the mentions by full forms that are valid on the article's day."""
        key = (self, "full")
        cached: dict[Span, Alias] | None = document.cache.get(key)
        if cached is None:
            cached = document.cache[key] = self._find(
                document, (*self._plain, *self._current(document.article.published_on))
            )
        return cached

    def _current(self, day: date | None) -> Iterable[tuple[int, Alias]]:
        return (entry for entry in self._dated if entry[1].role is not None and entry[1].role.covers(day))

    def refused(self, document: Document) -> list[tuple[Alias, str]]:
        """Return the aliases that were found but do not count, each with the reason: for people who ask why not."""
        counted = {alias.text for alias in self.mentions(document).values()}
        current = {alias.text for _, alias in self._current(document.article.published_on)}
        refused = []
        for pattern, alias in (*self._plain, *self._dated, *self._shorts):
            if pattern in document.hits and alias.text not in counted:
                if alias.role is not None and alias.text not in current:
                    of_office = "not in office" if alias.origin == "title" else "not valid"
                    reason = f"{of_office} on {document.article.published_on}"
                elif alias.short:
                    reason = "a short form counts only beside a full form"
                else:
                    reason = "belongs to somebody or something else there"
                refused.append((alias, reason))
        return refused

    def _find(self, document: Document, forms: Iterable[tuple[int, Alias]]) -> dict[Span, Alias]:
        hits = document.hits
        found: dict[Span, Alias] = {}
        for pattern, alias in forms:
            if pattern in hits:
                for span in document.mentions(pattern):
                    found.setdefault(span, alias)
        if found and self.excluded:
            others = cover(span for node in self.excluded for span in node.spans(document))
            if others[0]:
                found = {span: alias for span, alias in found.items() if not overlaps(others, span)}
        return found

    def short_spans(self, document: Document) -> list[Span]:
        """Return the mentions by short forms, whether they count or not."""
        return list(self._find(document, self._shorts))

    def mentions(self, document: Document) -> dict[Span, Alias]:
        """Return every mention that counts with the alias that was found."""
        cached: dict[Span, Alias] | None = document.cache.get(self)
        if cached is None:
            cached = dict(self.full(document))
            shorts = self._find(document, self._shorts) if self._shorts else {}
            if shorts and not cached and not any(helper.present(document) for helper in self.helpers):
                others = [span for helper in self.helpers for span in helper.short_spans(document)]
                shorts = {span: alias for span, alias in shorts.items() if _beside(document, span, others)}
            for span, alias in shorts.items():
                cached.setdefault(span, alias)
            document.cache[self] = cached
        return cached


@dataclass(frozen=True, slots=True)
class Helper:
    """An entity, or an office with its holders, whose full forms let the short forms of another entity count."""

    parts: Sequence[tuple[Gazetteer, Callable[[date | None], bool]]]

    def present(self, document: Document) -> bool:
        """Whether one of them is mentioned by a full form."""
        day = document.article.published_on
        return any(covers(day) and bool(gazetteer.full(document)) for gazetteer, covers in self.parts)

    def short_spans(self, document: Document) -> list[Span]:
        """Return the mentions by short forms of those valid on the article's day, whether they count or not."""
        day = document.article.published_on
        return [span for part, covers in self.parts if covers(day) for span in part.short_spans(document)]


def _beside(document: Document, span: Span, others: Iterable[Span]) -> bool:
    """Whether one of `others` stands within _BESIDE words of `span`."""
    return any(
        0 <= document.left(max(span[0], other[0])) - document.right(min(span[1], other[1])) <= 2 * _BESIDE
        for other in others
    )


class Named(Evaluator):
    """`@entity`, or an office with its holders on the article's day."""

    __slots__ = ("_limits", "clauses", "parts", "shown")

    def __init__(
        self, parts: Iterable[tuple[Gazetteer, Callable[[date | None], bool] | None]], limits: Limits, shown: str
    ) -> None:
        self.parts = tuple(parts)
        self.shown = shown
        self._limits = limits
        self.clauses = (frozenset(pattern for part, _ in self.parts for pattern in part.necessary),)

    def truth(self, document: Document) -> bool:
        """Whether the entity is mentioned."""
        return not self.clauses[0].isdisjoint(document.hits) and bool(self._mentions(document))

    def _mentions(self, document: Document) -> dict[Span, Alias]:
        cached: dict[Span, Alias] | None = document.cache.get(self)
        if cached is None:
            found: dict[Span, Alias] = {}
            for part, covers in self.parts:
                if covers is None or covers(document.article.published_on):
                    for span, alias in part.mentions(document).items():
                        found.setdefault(span, alias)
            if found and not self._limits.whole:
                found = {span: found[span] for span in self._limits.keep(document, found)}
            cached = document.cache[self] = dict(sorted(found.items()))
        return cached

    def spans(self, document: Document) -> list[Span]:
        """Return the mentions of the entity."""
        if self.clauses[0].isdisjoint(document.hits):
            return _NOTHING
        return list(self._mentions(document))

    def collect(self, document: Document, only: frozenset[Span] | None, weight: float | None, out: list[Found]) -> None:
        """Append the mentions with entity and alias."""
        for span, alias in self._mentions(document).items():
            if only is None or span in only:
                out.append(Found(span, self.shown, alias.entity, alias.text, weight))
