"""Compiled entities: which of their aliases count in an article, on its day and in its company."""

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from newswatch.flag.document import Document, Span
from newswatch.flag.entities import Alias, Entity, forms_by_pattern, short_forms
from newswatch.flag.evaluation import Chosen, Clause, Evaluator, Found, Limits, clause_of, cover, overlaps
from newswatch.flag.normalise import pattern_of

_BESIDE = 2  # words between two short forms that vouch for each other: "Moon and Abe"

_NOTHING: list[Span] = []


_Forms = dict[int, tuple[Alias, ...]]
"""Aliases by pattern."""

_MANY = 1000
"""Aliases beyond which making them anew would hold up the first article that has one."""


class Gazetteer:
    """All aliases of one entity or office with what limits them; shared by the rules that use it.

    There may be very many entities, so the aliases themselves are made, anew, only when one of them is met; unless
    there are very many of one entity.
    """

    __slots__ = (
        "_dated", "_forms", "_full", "_offices", "_shorts", "entity", "excluded", "helpers", "id", "patterns",
    )  # fmt: skip

    def __init__(self, entity: Entity, offices: Mapping[str, Entity], number: Callable[[str], int]) -> None:
        """Number the patterns of `entity` with `number`; `offices` are all entities by id."""
        self.id = entity.id
        self.entity = entity
        self._offices = {role.office: offices[role.office] for role in entity.roles if role.office in offices}
        forms = forms_by_pattern(entity, self._offices)
        full = [number(pattern) for pattern, _ in forms]
        shorts = [number(pattern_of(alias.text)) for alias in short_forms(entity)]
        self.patterns = clause_of((*full, *shorts))
        self._full, self._shorts = array("l", full), array("l", shorts)
        self._dated = any(role is not None for _, role in forms)
        self._forms: tuple[_Forms, _Forms] | None = None
        if len(full) > _MANY:
            self._forms = _by_pattern(full, forms.values()), _by_pattern(shorts, short_forms(entity))
        self.excluded: tuple[Evaluator, ...] = ()
        self.helpers: tuple[Helper, ...] = ()  # their full forms let short forms count

    @property
    def necessary(self) -> Clause:
        """The patterns of which one must be found."""
        return self.patterns if self.helpers or not self._shorts else clause_of(self._full)

    @property
    def simple(self) -> bool:
        """Whether a full form found is a mention, whatever else the article says."""
        return not (self._dated or self.excluded or self.helpers)

    @property
    def forms(self) -> tuple[_Forms, _Forms]:
        """The full and the short forms."""
        if self._forms is None:
            full = forms_by_pattern(self.entity, self._offices).values()
            self._forms = _by_pattern(self._full, full), _by_pattern(self._shorts, short_forms(self.entity))
        return self._forms

    def full(self, document: Document) -> dict[Span, Alias]:
        """Return the mentions by full forms that are valid on the article's day."""
        key = (self, "full")
        cached: dict[Span, Alias] | None = document.cache.get(key)
        if cached is None:
            cached = document.cache[key] = self._find(document, short=False)
        return cached

    def _met(self, document: Document, *, short: bool) -> list[tuple[Alias, int]]:
        """Return the aliases found in `document`, whether they count or not, with their patterns, in fixed order."""
        hits = document.hits
        if hits.isdisjoint(self.patterns):
            return []
        forms = self.forms[short]
        patterns = [each for each in hits if each in forms] if len(forms) > len(hits) else hits.intersection(forms)
        met = [(alias, pattern) for pattern in patterns for alias in forms[pattern]]
        met.sort(key=lambda each: each[0].text)
        return met

    def refused(self, document: Document) -> list[tuple[Alias, str]]:
        """Return the aliases that were found but do not count, each with the reason: for people who ask why not."""
        counted = {alias.text for alias in self.mentions(document).values()}
        day = document.article.published_on
        met = [*self._met(document, short=False), *self._met(document, short=True)]
        current = {alias.text for alias, _ in met if alias.role is not None and alias.role.covers(day)}
        refused = []
        for alias, _ in met:
            if alias.text not in counted:
                if alias.role is not None and alias.text not in current:
                    of_office = "not in office" if alias.origin == "title" else "not valid"
                    reason = f"{of_office} on {day}"
                elif alias.short:
                    reason = "a short form counts only beside a full form"
                else:
                    reason = "belongs to somebody or something else there"
                refused.append((alias, reason))
        return refused

    def _find(self, document: Document, *, short: bool) -> dict[Span, Alias]:
        found: dict[Span, Alias] = {}
        for alias, pattern in self._met(document, short=short):
            if alias.role is None or alias.role.covers(document.article.published_on):
                for span in document.mentions(pattern):
                    found.setdefault(span, alias)
        if found and self.excluded:
            others = cover(span for node in self.excluded for span in node.spans(document))
            if others[0]:
                found = {span: alias for span, alias in found.items() if not overlaps(others, span)}
        return found

    def short_spans(self, document: Document) -> list[Span]:
        """Return the mentions by short forms, whether they count or not."""
        return list(self._find(document, short=True))

    def mentions(self, document: Document) -> dict[Span, Alias]:
        """Return every mention that counts with the alias that was found."""
        cached: dict[Span, Alias] | None = document.cache.get(self)
        if cached is None:
            cached = dict(self.full(document))
            shorts = self._find(document, short=True) if self._shorts else {}
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


def _by_pattern(patterns: Iterable[int], aliases: Iterable[Alias]) -> _Forms:
    forms: _Forms = {}
    for pattern, alias in zip(patterns, aliases, strict=True):
        others = forms.get(pattern)
        forms[pattern] = (alias,) if others is None else (*others, alias)
    return forms


def _beside(document: Document, span: Span, others: Iterable[Span]) -> bool:
    """Whether one of `others` stands within _BESIDE words of `span`."""
    return any(
        0 <= document.left(max(span[0], other[0])) - document.right(min(span[1], other[1])) <= 2 * _BESIDE
        for other in others
    )


class Named(Chosen):
    """`@entity`, or an office with its holders on the article's day."""

    __slots__ = ("_limits", "parts", "shown")

    def __init__(
        self, parts: Iterable[tuple[Gazetteer, Callable[[date | None], bool] | None]], limits: Limits | None, shown: str
    ) -> None:
        self.parts = tuple(parts)
        self.shown = shown
        self._limits = limits
        necessary = [part.necessary for part, _ in self.parts]
        one = len(necessary) == 1
        self._clause: Clause = necessary[0] if one else clause_of(each for clause in necessary for each in clause)

    @property
    def exact(self) -> bool:
        """Whether every alias counts in every article."""
        return self._limits is None and all(covers is None and part.simple for part, covers in self.parts)

    def truth(self, document: Document) -> bool:
        """Whether the entity is mentioned."""
        return not document.hits.isdisjoint(self._clause) and bool(self._mentions(document))

    def _mentions(self, document: Document) -> dict[Span, Alias]:
        cached: dict[Span, Alias] | None = document.cache.get(self)
        if cached is None:
            found: dict[Span, Alias] = {}
            for part, covers in self.parts:
                if covers is None or covers(document.article.published_on):
                    for span, alias in part.mentions(document).items():
                        found.setdefault(span, alias)
            if found and self._limits is not None:
                found = {span: found[span] for span in self._limits.keep(document, found)}
            cached = document.cache[self] = dict(sorted(found.items()))
        return cached

    def spans(self, document: Document) -> list[Span]:
        """Return the mentions of the entity."""
        if document.hits.isdisjoint(self._clause):
            return _NOTHING
        return list(self._mentions(document))

    def collect(self, document: Document, only: frozenset[Span] | None, weight: float | None, out: list[Found]) -> None:
        """Append the mentions with entity and alias."""
        for span, alias in self._mentions(document).items():
            if only is None or span in only:
                out.append(Found(span[0], -span[1], self.shown, alias.entity, alias.text, weight))
