"""Compiled rules: objects that answer whether an article satisfies them, where, and how strongly.

`truth` is the fast answer, `spans` the mentions (for what has mentions), `collect` the evidence behind a true answer,
`score` its weight. Proximity is in `proximity`, everything that combines nodes in `combination`.
"""

import operator
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from newswatch.flag.document import TEXT, Document, Span

COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
}

_NOTHING: list[Span] = []
_NO_GAPS: "Gaps" = {}
Gaps = Mapping[Span, tuple[Span, ...]]
"""The room between the mentions that a stretch joins, by stretch."""
Clause = Collection[int]
"""Patterns of which at least one must be found for a node to be true: a tuple, or a frozenset if there are many."""

_FEW = 16  # patterns; up to here a tuple is as quick as a set in `set.isdisjoint`, in a third of the memory


def clause_of(patterns: Iterable[int]) -> Clause:
    """Return the clause of `patterns`, equal for equal patterns in equal order."""
    different = tuple(dict.fromkeys(patterns))
    return different if len(different) <= _FEW else frozenset(different)


class Found(NamedTuple):
    """A mention that helped, in positions of `Document.joined`. A tuple, because very many are made and sorted."""

    start: int
    back: int  # the end, negative: of mentions that start together the longest sorts first
    term: str
    entity: str | None = None
    alias: str | None = None
    weight: float | None = None

    @property
    def span(self) -> Span:
        """From where to where."""
        return self.start, -self.back


_found: Callable[[tuple[int, int, str, None, None, float | None]], Found] = partial(tuple.__new__, Found)
"""Makes one of all its fields, in a third of the time that calling the class takes."""


class Evaluator:
    """Base of all compiled nodes. Nodes without mentions inherit the empty `spans`."""

    __slots__ = ()

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """The necessary clauses: a node that holds has a pattern of each."""
        return ()

    @property
    def exact(self) -> bool:
        """Whether the necessary clauses are sufficient, too."""
        return False

    @property
    def joins(self) -> bool:
        """Whether mentions can be stretches with room inside."""
        return False

    def truth(self, document: Document) -> bool:
        """Whether `document` satisfies the node."""
        return bool(self.spans(document))

    def spans(self, document: Document) -> list[Span]:
        """Return the mentions, in order, each once."""
        return _NOTHING

    def gaps(self, document: Document) -> Gaps:
        """Return the room inside mentions that are stretches from one mention to another."""
        return _NO_GAPS

    def collect(self, document: Document, only: frozenset[Span] | None, weight: float | None, out: list[Found]) -> None:
        """Append the mentions behind a true answer to `out`; `only` limits them to given results of `spans`."""

    def score(self, document: Document) -> float:
        """Return what a true node adds to its rule's score."""
        return 1.0 if self.truth(document) else 0.0


class Chosen(Evaluator):
    """A node with at most one necessary clause, chosen when it is compiled."""

    __slots__ = ("_clause",)
    _clause: Clause | None

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """The clause, if there is one."""
        return () if self._clause is None else (self._clause,)


class Limits:
    """The part of an article in which a term counts: fields and the first so many words. None stands for all of it."""

    __slots__ = ("first", "mask")

    def __init__(self, mask: int = TEXT, first: int | None = None) -> None:
        self.mask = mask
        self.first = first

    @classmethod
    def of(cls, mask: int = TEXT, first: int | None = None) -> "Limits | None":
        """Return the limits, None if they exclude nothing."""
        return None if first is None and mask & TEXT == TEXT else cls(mask, first)

    def keep(self, document: Document, spans: Iterable[Span]) -> list[Span]:
        """Return the spans inside the limits."""
        mask, first = self.mask, self.first
        kept = [span for span in spans if document.within(mask, span)]
        if first is not None:
            kept = [span for span in kept if document.within_first(first, span)]
        return kept


class Word(Evaluator):
    """A plain term: one pattern of the automaton.

    Most objects of an engine are terms and their texts. `text`, the term as written, may be the very pattern, with
    spaces at its edges, so that it need not be kept twice.
    """

    __slots__ = ("_limits", "_text", "pattern")

    def __init__(self, pattern: int, limits: Limits | None, text: str) -> None:
        self.pattern = pattern
        self._text = text
        self._limits = limits

    @property
    def shown(self) -> str:
        """The term as written in the rule."""
        return self._text.strip()

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """The term's pattern."""
        return ((self.pattern,),)

    @property
    def exact(self) -> bool:
        """Whether the term counts wherever it stands."""
        return self._limits is None

    def truth(self, document: Document) -> bool:
        """Whether the term was found."""
        return self.pattern in document.hits and (self._limits is None or bool(self.spans(document)))

    def spans(self, document: Document) -> list[Span]:
        """Return the term's mentions."""
        if self.pattern not in document.hits:
            return _NOTHING
        found = document.mentions(self.pattern)
        return found if self._limits is None else self._limits.keep(document, found)

    def collect(self, document: Document, only: frozenset[Span] | None, weight: float | None, out: list[Found]) -> None:
        """Append the term's mentions."""
        if only is None:  # most often, and for many rules with the same term
            key = self if weight is None else (self, weight)
            found = document.cache.get(key)
            if found is None:
                found = document.cache[key] = []
                _collect(self.spans(document), self.shown, None, weight, found)
            out += found
        else:
            _collect(self.spans(document), self.shown, only, weight, out)


class Checked(Evaluator):
    """A term whose candidates, found by one pattern, need a second look: wildcards, case, regular expressions."""

    __slots__ = ("_limits", "check", "pattern", "shown")

    def __init__(
        self,
        pattern: int,
        limits: Limits | None,
        shown: str,
        check: Callable[[Document, list[Span]], Iterable[Span]],
    ) -> None:
        self.pattern = pattern
        self.shown = shown
        self.check = check
        self._limits = limits

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """The pattern that leads to the candidates."""
        return ((self.pattern,),)

    def spans(self, document: Document) -> list[Span]:
        """Return the mentions that pass the check."""
        if self.pattern not in document.hits:
            return _NOTHING
        cached: list[Span] | None = document.cache.get(self)
        if cached is None:
            found = sorted(set(self.check(document, document.mentions(self.pattern))))
            cached = document.cache[self] = found if self._limits is None else self._limits.keep(document, found)
        return cached

    def collect(self, document: Document, only: frozenset[Span] | None, weight: float | None, out: list[Found]) -> None:
        """Append the mentions that pass the check."""
        _collect(self.spans(document), self.shown, only, weight, out)


class Slop(Evaluator):
    """The words of a phrase in order, with at most `slop` other words between them in all."""

    __slots__ = ("_slop", "shown", "words")

    def __init__(self, words: Sequence[Evaluator], slop: int, shown: str) -> None:
        self.words = tuple(words)
        self.shown = shown
        self._slop = slop

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """Those of every word."""
        return tuple(clause for word in self.words for clause in word.clauses)

    def spans(self, document: Document) -> list[Span]:
        """Return the stretches from first to last word."""
        if not all(word.truth(document) for word in self.words):
            return _NOTHING
        cached: list[Span] | None = document.cache.get(self)
        if cached is None:
            cached = document.cache[self] = list(self._stretches(document))
        return cached

    def _stretches(self, document: Document) -> Iterable[Span]:
        rest = [(word.spans(document), [span[0] for span in word.spans(document)]) for word in self.words[1:]]
        for first, last in self.words[0].spans(document):
            end, gap = last, 0
            for spans, starts in rest:
                index = bisect_left(starts, end)
                if index == len(starts):
                    return
                gap += max(0, document.left(starts[index]) - document.right(end))
                if gap > 2 * self._slop:
                    break
                end = spans[index][1]
            else:
                yield (first, end)

    def collect(self, document: Document, only: frozenset[Span] | None, weight: float | None, out: list[Found]) -> None:
        """Append the stretches."""
        _collect(self.spans(document), self.shown, only, weight, out)


def _collect(
    spans: Iterable[Span], shown: str, only: frozenset[Span] | None, weight: float | None, out: list[Found]
) -> None:
    out += [
        _found((start, -end, shown, None, None, weight)) for start, end in spans if only is None or (start, end) in only
    ]


def cover(spans: Iterable[Span]) -> tuple[list[int], list[int]]:
    """Return starts and ends of the disjoint stretches that `spans` cover together."""
    starts: list[int] = []
    ends: list[int] = []
    for start, end in sorted(spans):
        if ends and start <= ends[-1]:
            ends[-1] = max(ends[-1], end)
        else:
            starts.append(start)
            ends.append(end)
    return starts, ends


def overlaps(covered: tuple[list[int], list[int]], span: Span) -> bool:
    """Whether `span` shares a position with the stretches of `cover`."""
    index = bisect_left(covered[0], span[1]) - 1
    return index >= 0 and covered[1][index] > span[0]


def count_disjoint(spans: Iterable[Span], most: int | None = None) -> int:
    """Return how many of `spans` fit beside each other without overlap, at most `most`."""
    count, last = 0, -1
    for end, start in sorted((end, start) for start, end in spans):
        if start >= last:
            count += 1
            last = end
            if count == most:
                break
    return count
