"""Compiled nodes about mentions near, away from or inside other mentions.

All work on sorted mentions with binary search, so that they stay quick where an article has very many of them.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable

from newswatch.flag.document import Document, Span
from newswatch.flag.evaluation import Clause, Evaluator, Found, Gaps, cover, overlaps
from newswatch.flag.syntax import Unit

PARTNERS = 16
"""Mentions looked at on each side of a mention, nearest first, where a proximity is itself near something."""

MAX_PAIRS = 50_000
"""Pairs of one proximity in one article that take part in others around it; real articles stay far below."""

_NOTHING: list[Span] = []


def _hull(a: Span, b: Span) -> Span:
    """Return the stretch from one mention to the other."""
    return min(a[0], b[0]), max(a[1], b[1])


def _between(spans: list[Span], gaps: Gaps, surrounding: Gaps, most: int) -> Callable[[Span], list[Span]]:
    """Return a function that finds mentions in the room inside a stretch, and stretches with room around a mention.

    "Lee held a summit with Takaichi": the summit stands between the two names, so it is near them though the stretch
    from name to name covers it.
    """
    rooms = sorted((low, high, hull) for hull, inside in surrounding.items() for low, high in inside)
    lows = [low for low, _, _ in rooms]

    def find(span: Span) -> list[Span]:
        found: list[Span] = []
        for low, high in gaps.get(span, ()):
            index = bisect_left(spans, (low, 0))
            found.extend(other for other in spans[index : index + most] if other[1] <= high)
        index = bisect_right(lows, span[0])
        found.extend(hull for _, high, hull in rooms[max(0, index - PARTNERS * most) : index] if high >= span[1])
        return found

    return find


class Near(Evaluator):
    """Mentions of two nodes near each other."""

    __slots__ = ("distance", "left", "ordered", "right", "unit")

    def __init__(self, left: Evaluator, right: Evaluator, unit: Unit, distance: int, *, ordered: bool) -> None:
        self.left = left
        self.right = right
        self.distance = distance
        self.unit = unit
        self.ordered = ordered

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """Those of both sides."""
        return (*self.left.clauses, *self.right.clauses)

    @property
    def joins(self) -> bool:
        """Always: a pair is a stretch from one mention to the other."""
        return True

    def truth(self, document: Document) -> bool:
        """Whether one pair is near enough."""
        if not (self.left.truth(document) and self.right.truth(document)):
            return False
        near = self.partners(document, 1)
        return any(near(span) for span in self.left.spans(document))

    def partners(self, document: Document, most: int) -> Callable[[Span], list[Span]]:
        """Return a function that gives the mentions of `right` near a mention of `left`, `most` on each side."""
        beside = self._within_words(document, most) if self.unit is Unit.WORDS else self._same_stretch(document, most)
        if self.ordered or not (self.left.joins or self.right.joins):
            return beside
        gaps = self.left.gaps(document)
        surrounding = self.right.gaps(document)
        if not gaps and not surrounding:
            return beside
        between = _between(self.right.spans(document), gaps, surrounding, most)
        return lambda span: [*beside(span), *between(span)]

    def _within_words(self, document: Document, most: int) -> Callable[[Span], list[Span]]:
        spans = self.right.spans(document)
        starts = [start for start, _ in spans]
        backwards = [] if self.ordered else sorted((end, start) for start, end in spans)
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
            if self.ordered:
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
                for span in self.left.spans(document):
                    cached.extend((span, other) for other in near(span))
                    if len(cached) > MAX_PAIRS:
                        break
            document.cache[self] = cached
        return cached

    def gaps(self, document: Document) -> Gaps:
        """Return, for each stretch, the room between the mentions at its ends."""
        key = (self, "gaps")
        cached: Gaps | None = document.cache.get(key)
        if cached is None:
            left, right = self.left.gaps(document), self.right.gaps(document)
            found: dict[Span, set[Span]] = {}
            for a, b in self.pairs(document):
                room = found.setdefault(_hull(a, b), set())
                room.update(left.get(a, ()), right.get(b, ()))
                low, high = min(a[1], b[1]), max(a[0], b[0])
                if low < high:
                    room.add((low, high))
            cached = document.cache[key] = {hull: tuple(sorted(room)) for hull, room in found.items() if room}
        return cached

    def spans(self, document: Document) -> list[Span]:
        """Return the stretches from one mention to the other."""
        return sorted({_hull(a, b) for a, b in self.pairs(document)})

    def collect(self, document: Document, only: frozenset[Span] | None, weight: float | None, out: list[Found]) -> None:
        """Append the mentions of both sides that are near each other."""
        pairs = self.pairs(document)
        if only is not None:
            pairs = [(a, b) for a, b in pairs if _hull(a, b) in only]
        self.left.collect(document, frozenset(a for a, _ in pairs), weight, out)
        self.right.collect(document, frozenset(b for _, b in pairs), weight, out)


class Apart(Evaluator):
    """Mentions of one node with no mention of the other near (NOT NEAR)."""

    __slots__ = ("left", "near")

    def __init__(self, near: Near) -> None:
        self.near = near
        self.left = near.left

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """Those of the left side."""
        return self.left.clauses

    @property
    def joins(self) -> bool:
        """Whether the left side's mentions can be stretches."""
        return self.left.joins

    def spans(self, document: Document) -> list[Span]:
        """Return the mentions that stand alone."""
        spans = self.left.spans(document) if self.left.truth(document) else _NOTHING
        if not spans or not self.near.right.truth(document):
            return spans
        near = self.near.partners(document, 1)
        return [span for span in spans if not near(span)]

    def gaps(self, document: Document) -> Gaps:
        """Return the room inside the left side's mentions."""
        return self.left.gaps(document)

    def collect(self, document: Document, only: frozenset[Span] | None, weight: float | None, out: list[Found]) -> None:
        """Append the mentions that stand alone."""
        alone = frozenset(self.spans(document))
        self.left.collect(document, alone if only is None else alone & only, weight, out)


class Without(Evaluator):
    """Mentions of one node that do not overlap a mention of the other (EXCEPT)."""

    __slots__ = ("left", "right")

    def __init__(self, left: Evaluator, right: Evaluator) -> None:
        self.left = left
        self.right = right

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """Those of the left side."""
        return self.left.clauses

    @property
    def joins(self) -> bool:
        """Whether the left side's mentions can be stretches."""
        return self.left.joins

    def spans(self, document: Document) -> list[Span]:
        """Return the mentions that remain."""
        spans = self.left.spans(document) if self.left.truth(document) else _NOTHING
        if not spans or not self.right.truth(document):
            return spans
        covered = cover(self.right.spans(document))
        return [span for span in spans if not overlaps(covered, span)]

    def gaps(self, document: Document) -> Gaps:
        """Return the room inside the left side's mentions."""
        return self.left.gaps(document)

    def collect(self, document: Document, only: frozenset[Span] | None, weight: float | None, out: list[Found]) -> None:
        """Append the mentions that remain."""
        kept = frozenset(self.spans(document))
        self.left.collect(document, kept if only is None else kept & only, weight, out)


def neighbours(span: Span, others: list[Span]) -> list[Span]:
    """Return the mentions of `others` that stand closest before and after `span` without overlapping it."""
    after = bisect_left(others, (span[1], 0))
    before = [
        other for other in others[max(0, bisect_left(others, (span[0], 0)) - PARTNERS) : after] if other[1] <= span[0]
    ]
    return [*others[after : after + 1], *sorted(before, key=lambda other: other[1])[-1:]]
