"""Compiled nodes about mentions near, away from or inside other mentions.

All work on sorted mentions with binary search, so that they stay quick where an article has very many of them.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable

from newswatch.flag.document import Document, Span
from newswatch.flag.evaluation import Evaluator, Found, cover, overlaps
from newswatch.flag.syntax import Unit

PARTNERS = 16
"""Mentions looked at on each side of a mention, nearest first, where a proximity is itself near something."""

_NOTHING: list[Span] = []


class Near(Evaluator):
    """Mentions of two nodes near each other."""

    __slots__ = ("_ordered", "clauses", "distance", "left", "right", "unit")

    def __init__(self, left: Evaluator, right: Evaluator, unit: Unit, distance: int, *, ordered: bool) -> None:
        self.left = left
        self.right = right
        self.distance = distance
        self.unit = unit
        self._ordered = ordered
        self.clauses = (*left.clauses, *right.clauses)

    def truth(self, document: Document) -> bool:
        """Whether one pair is near enough."""
        if not (self.left.truth(document) and self.right.truth(document)):
            return False
        near = self.partners(document, 1)
        return any(near(span) for span in self.left.spans(document))

    def partners(self, document: Document, most: int) -> Callable[[Span], list[Span]]:
        """Return a function that gives the mentions of `right` near a mention of `left`, `most` on each side."""
        if self.unit is not Unit.WORDS:
            return self._same_stretch(document, most)
        spans = self.right.spans(document)
        starts = [start for start, _ in spans]
        backwards = [] if self._ordered else sorted((end, start) for start, end in spans)
        limit = 2 * self.distance
        left, right = document.left, document.right

        def near(span: Span) -> list[Span]:
            found = []
            index = bisect_left(starts, span[1])
            if index < len(starts):
                edge = right(span[1]) + limit
                for other in spans[index : index + most]:
                    if left(other[0]) > edge:
                        break
                    found.append(other)
            if backwards:
                index = bisect_right(backwards, (span[0], span[0]))
                edge = left(span[0]) - limit
                for end, start in backwards[max(0, index - most) : index][::-1]:
                    if right(end) < edge:
                        break
                    found.append((start, end))
            return found

        return near

    def _same_stretch(self, document: Document, most: int) -> Callable[[Span], list[Span]]:
        paragraph = self.unit is Unit.PARAGRAPH
        by_stretch: dict[int, list[Span]] = {}
        for span in self.right.spans(document):
            by_stretch.setdefault(document.stretch(span[0], paragraph=paragraph), []).append(span)

        def near(span: Span) -> list[Span]:
            others = by_stretch.get(document.stretch(span[0], paragraph=paragraph), _NOTHING)
            index = bisect_left(others, (span[1], 0))
            after = others[index : index + most]
            if self._ordered:
                return after
            index = bisect_left(others, (span[0], 0))
            before = others[max(0, index - most - PARTNERS) : index]  # some of these may overlap the mention
            return after + [other for other in before if other[1] <= span[0]][-most:]

        return near

    def pairs(self, document: Document) -> list[tuple[Span, Span]]:
        """Return the mentions of left and right that are near each other."""
        cached: list[tuple[Span, Span]] | None = document.cache.get(self)
        if cached is None:
            cached = []
            if self.left.truth(document) and self.right.truth(document):
                near = self.partners(document, PARTNERS)
                cached = [(span, other) for span in self.left.spans(document) for other in near(span)]
            document.cache[self] = cached
        return cached

    def spans(self, document: Document) -> list[Span]:
        """Return the stretches from one mention to the other."""
        return sorted({(min(a[0], b[0]), max(a[1], b[1])) for a, b in self.pairs(document)})

    def collect(self, document: Document, only: frozenset[Span] | None, weight: float | None, out: list[Found]) -> None:
        """Append the mentions of both sides that are near each other."""
        pairs = self.pairs(document)
        if only is not None:
            pairs = [(a, b) for a, b in pairs if (min(a[0], b[0]), max(a[1], b[1])) in only]
        self.left.collect(document, frozenset(a for a, _ in pairs), weight, out)
        self.right.collect(document, frozenset(b for _, b in pairs), weight, out)


class Apart(Evaluator):
    """Mentions of one node with no mention of the other near (NOT NEAR)."""

    __slots__ = ("clauses", "left", "near")

    def __init__(self, near: Near) -> None:
        self.near = near
        self.left = near.left
        self.clauses = near.left.clauses

    def spans(self, document: Document) -> list[Span]:
        """Return the mentions that stand alone."""
        spans = self.left.spans(document) if self.left.truth(document) else _NOTHING
        if not spans or not self.near.right.truth(document):
            return spans
        near = self.near.partners(document, 1)
        return [span for span in spans if not near(span)]

    def collect(self, document: Document, only: frozenset[Span] | None, weight: float | None, out: list[Found]) -> None:
        """Append the mentions that stand alone."""
        alone = frozenset(self.spans(document))
        self.left.collect(document, alone if only is None else alone & only, weight, out)


class Without(Evaluator):
    """Mentions of one node that do not overlap a mention of the other (EXCEPT)."""

    __slots__ = ("clauses", "left", "right")

    def __init__(self, left: Evaluator, right: Evaluator) -> None:
        self.left = left
        self.right = right
        self.clauses = left.clauses

    def spans(self, document: Document) -> list[Span]:
        """Return the mentions that remain."""
        spans = self.left.spans(document) if self.left.truth(document) else _NOTHING
        if not spans or not self.right.truth(document):
            return spans
        covered = cover(self.right.spans(document))
        return [span for span in spans if not overlaps(covered, span)]

    def collect(self, document: Document, only: frozenset[Span] | None, weight: float | None, out: list[Found]) -> None:
        """Append the mentions that remain."""
        kept = frozenset(self.spans(document))
        self.left.collect(document, kept if only is None else kept & only, weight, out)
