"""Compiled nodes that combine others: Boolean operators, counts, scores, facts about the article."""

from collections.abc import Callable, Iterable, Sequence

from newswatch.flag.document import Document, Span
from newswatch.flag.evaluation import COMPARE, Chosen, Clause, Evaluator, Found, Gaps, Word, clause_of, count_disjoint

Frequency = Callable[[int], float]
"""Turns a pattern number into the estimated share of articles that contain the pattern."""


def by_rarity(clauses: tuple[Clause, ...], frequency: Frequency) -> tuple[Clause, ...]:
    """Return clauses in order, that which the fewest articles meet first."""
    if len(clauses) < 2:
        return clauses
    return tuple(sorted(clauses, key=lambda clause: sum(map(frequency, clause))))


def cheapest(clauses: Sequence[Clause], frequency: Frequency) -> Clause | None:
    """Return the clause that the fewest articles meet, None if there is none."""
    if len(clauses) == 1:
        return clauses[0]
    return min(clauses, key=lambda clause: sum(map(frequency, clause)), default=None)


def either(items: Sequence[Evaluator], frequency: Frequency) -> Clause | None:
    """Return the clause that holds whenever one of `items` does, None if one of them needs no term."""
    patterns: list[int] = []
    for item in items:
        clause = cheapest(item.clauses, frequency)
        if clause is None:
            return None
        patterns.extend(clause)
    return clause_of(patterns) if patterns else None


class All(Evaluator):
    """AND."""

    __slots__ = ("items",)

    def __init__(self, items: Sequence[Evaluator]) -> None:
        self.items = tuple(items)

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """Those of every item."""
        return tuple(dict.fromkeys(clause for item in self.items for clause in item.clauses))

    @property
    def exact(self) -> bool:
        """Whether the clauses say all of every item."""
        return all(item.exact for item in self.items)

    def truth(self, document: Document) -> bool:
        """Whether all items hold."""
        for item in self.items:  # noqa: SIM110 - a generator costs twice the time here
            if not item.truth(document):
                return False
        return True

    def collect(self, document: Document, only: frozenset[Span] | None, weight: float | None, out: list[Found]) -> None:
        """Append the mentions of every item."""
        for item in self.items:
            item.collect(document, only, weight, out)

    def score(self, document: Document) -> float:
        """Return the sum of the items' scores if all hold."""
        return self.sum(document) if self.truth(document) else 0.0

    def sum(self, document: Document) -> float:
        """Return the score where all items are known to hold."""
        return sum([item.score(document) for item in self.items])


class Any(Chosen):
    """OR. Rules share it where they have the same alternatives, and so what is found of it in an article."""

    __slots__ = ("_exact", "_plain", "items")

    def __init__(self, items: Sequence[Evaluator], frequency: Frequency) -> None:
        self.items = tuple(items)
        self._clause = either(items, frequency)
        self._exact = all(item.exact and len(item.clauses) == 1 for item in items)
        words = sum(isinstance(item, Word) for item in items)
        self._plain = self._exact and self._clause is not None and words == len(items) == len(self._clause)

    @property
    def exact(self) -> bool:
        """Whether every item holds when one of its patterns is found."""
        return self._exact

    @property
    def joins(self) -> bool:
        """Whether mentions of an item can be stretches."""
        return not self._plain and any(item.joins for item in self.items)

    def truth(self, document: Document) -> bool:
        """Whether one item holds."""
        if self._clause is not None and document.hits.isdisjoint(self._clause):
            return False
        if self._exact:
            return True
        for item in self._touched(document):  # noqa: SIM110
            if item.truth(document):
                return True
        return False

    def met(self, document: Document) -> list[Evaluator]:
        """Return the items that hold."""
        cached: list[Evaluator] | None = document.cache.get(self)
        if cached is None:
            hits, clause = document.hits, self._clause
            if self._plain and isinstance(clause, tuple):  # of the items one by one, in their order
                cached = [item for item, pattern in zip(self.items, clause, strict=True) if pattern in hits]
            elif clause is not None and hits.isdisjoint(clause):
                cached = []
            else:
                cached = [item for item in self._touched(document) if item.truth(document)]
            document.cache[self] = cached
        return cached

    @property
    def plain(self) -> bool:
        """Whether all items are different terms that count wherever they stand."""
        return self._plain

    def _touched(self, document: Document) -> Iterable[Evaluator]:
        """Return the items that can hold, in order."""
        return self.items

    def spans(self, document: Document) -> list[Span]:
        """Return the mentions of all items."""
        met = self.met(document)
        if len(met) == 1:
            return met[0].spans(document)
        key = (self, "spans")
        cached: list[Span] | None = document.cache.get(key)
        if cached is None:
            cached = document.cache[key] = sorted({span for item in met for span in item.spans(document)})
        return cached

    def gaps(self, document: Document) -> Gaps:
        """Return the room inside the mentions of all items."""
        found: dict[Span, tuple[Span, ...]] = {}
        for item in self.items if self.joins else ():
            for hull, room in item.gaps(document).items():
                found[hull] = (*found.get(hull, ()), *room)
        return found

    def collect(self, document: Document, only: frozenset[Span] | None, weight: float | None, out: list[Found]) -> None:
        """Append the mentions of the items that hold."""
        for item in self.met(document):
            item.collect(document, only, weight, out)

    def score(self, document: Document) -> float:
        """Return the sum of the scores of the items that hold."""
        met = self.met(document)
        return float(len(met)) if self._plain else sum(item.score(document) for item in met)


class AnyOfMany(Any):
    """OR of very many items, each of which needs a term: only those whose term was found are looked at."""

    __slots__ = ("_items_of",)

    def __init__(self, items: Sequence[Evaluator], frequency: Frequency) -> None:
        super().__init__(items, frequency)
        self._items_of: dict[int, tuple[int, ...]] = {}
        for index, item in enumerate(self.items if self._clause is not None else ()):
            for pattern in item.clauses[0]:
                self._items_of[pattern] = (*self._items_of.get(pattern, ()), index)

    def _touched(self, document: Document) -> Iterable[Evaluator]:
        if self._clause is None:
            return self.items
        met = {index for pattern in document.hits for index in self._items_of.get(pattern, ())}
        return [self.items[index] for index in sorted(met)]


class Never(Evaluator):
    """NOT."""

    __slots__ = ("item",)

    def __init__(self, item: Evaluator) -> None:
        self.item = item

    def truth(self, document: Document) -> bool:
        """Whether the item does not hold."""
        return not self.item.truth(document)

    def score(self, document: Document) -> float:
        """Return 0: absence adds nothing."""
        return 0.0


class Weighted(Evaluator):
    """An item with a weight."""

    __slots__ = ("cap", "item", "weight")

    def __init__(self, item: Evaluator, weight: float, cap: int | None) -> None:
        self.item = item
        self.weight = weight
        self.cap = cap

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """Those of the item."""
        return self.item.clauses

    @property
    def exact(self) -> bool:
        """Whether the clauses say all of the item."""
        return self.item.exact

    @property
    def joins(self) -> bool:
        """Whether the item's mentions can be stretches."""
        return self.item.joins

    def truth(self, document: Document) -> bool:
        """Whether the item holds."""
        return self.item.truth(document)

    def spans(self, document: Document) -> list[Span]:
        """Return the item's mentions."""
        return self.item.spans(document)

    def gaps(self, document: Document) -> Gaps:
        """Return the room inside the item's mentions."""
        return self.item.gaps(document)

    def collect(self, document: Document, only: frozenset[Span] | None, weight: float | None, out: list[Found]) -> None:
        """Append the item's mentions with the weight."""
        self.item.collect(document, only, self.weight, out)

    def score(self, document: Document) -> float:
        """Return the weight if the item holds."""
        return self.weight if self.item.truth(document) else 0.0


class Counted(Evaluator):
    """COUNT and ATLEAST: how many mentions there are beside each other."""

    __slots__ = ("comparison", "item", "number")

    def __init__(self, item: Evaluator, comparison: str, number: int) -> None:
        self.item = item
        self.comparison = comparison
        self.number = number

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """Those of the item, unless no mention at all compares as asked."""
        return () if COMPARE[self.comparison](0, self.number) else self.item.clauses

    def count(self, document: Document) -> int:
        """Return the number of mentions that do not overlap."""
        return count_disjoint(self.item.spans(document)) if self.item.truth(document) else 0

    def truth(self, document: Document) -> bool:
        """Whether the number compares as asked."""
        return COMPARE[self.comparison](self.count(document), self.number)

    def collect(self, document: Document, only: frozenset[Span] | None, weight: float | None, out: list[Found]) -> None:
        """Append the item's mentions."""
        self.item.collect(document, None, weight, out)


class Some(Chosen):
    """k OF: at least so many of the items."""

    __slots__ = ("_exact", "items", "number")

    def __init__(self, number: int, items: Sequence[Evaluator], frequency: Frequency) -> None:
        self.items = tuple(items)
        self.number = number
        clauses = tuple(item.clauses[0] for item in items if item.exact and len(item.clauses) == 1)
        self._exact = clauses if len(clauses) == len(self.items) else ()
        # Of any n - k + 1 items at least one holds; take those that are met least often.
        needed = len(items) - number + 1
        able = [(clause, item) for item in items if (clause := cheapest(item.clauses, frequency)) is not None]
        able.sort(key=lambda pair: sum(map(frequency, pair[0])))
        self._clause = either([item for _, item in able[:needed]], frequency) if len(able) >= needed else None

    def count(self, document: Document) -> int:
        """Return how many items hold."""
        return sum(item.truth(document) for item in self.items)

    def truth(self, document: Document) -> bool:
        """Whether enough items hold."""
        if not self._exact:
            return self.count(document) >= self.number
        missing, spare = document.hits.isdisjoint, len(self._exact) - self.number
        for clause in self._exact:
            if missing(clause):
                spare -= 1
                if spare < 0:  # as with most candidates
                    return False
        return True

    def collect(self, document: Document, only: frozenset[Span] | None, weight: float | None, out: list[Found]) -> None:
        """Append the mentions of the items that hold."""
        for item in self.items:
            if item.truth(document):
                item.collect(document, only, weight, out)


class Scored(Chosen):
    """SCORE and TALLY: a sum of weights compared with a number."""

    __slots__ = ("_exact", "comparison", "items", "number", "per_mention")

    def __init__(
        self, items: Sequence[Evaluator], comparison: str, number: float, frequency: Frequency, *, per_mention: bool
    ) -> None:
        self.items = tuple(items)
        self.comparison = comparison
        self.number = number
        self.per_mention = per_mention
        self._clause = self._necessary(frequency)
        plain = not per_mention and all(item.exact and len(item.clauses) == 1 for item in items)
        self._exact = tuple((item.clauses[0], self.weight(item)) for item in items) if plain else ()

    def _necessary(self, frequency: Frequency) -> Clause | None:
        """Find items of which one must hold because the others together cannot reach the number."""
        # With nothing found the sum is 0: if that compares as asked, or sums below it do, no item is needed.
        if self.comparison not in {">=", ">", "="} or COMPARE[self.comparison](0, self.number) or self.number < 0:
            return None
        positive = [(self.weight(item), item) for item in self.items if self.weight(item) > 0]
        if self.per_mention:  # any one of them could reach it alone
            return either([item for _, item in positive], frequency)
        positive.sort(key=lambda pair: -pair[0])
        rest = sum(weight for weight, _ in positive)
        chosen: list[Evaluator] = []
        for weight, item in positive:
            if rest < self.number or (rest == self.number and self.comparison == ">"):
                break
            chosen.append(item)
            rest -= weight
        return either(chosen or [item for _, item in positive], frequency)

    @staticmethod
    def weight(item: Evaluator) -> float:
        """Return the weight written at `item`, 1 if none."""
        return item.weight if isinstance(item, Weighted) else 1.0

    def contribution(self, item: Evaluator, document: Document) -> float:
        """Return what `item` adds to the sum."""
        if not item.truth(document):
            return 0.0
        if not self.per_mention:
            return self.weight(item)
        cap = item.cap if isinstance(item, Weighted) else None
        return self.weight(item) * count_disjoint(item.spans(document), cap)

    def score(self, document: Document) -> float:
        """Return the sum."""
        if not self._exact:
            return sum(self.contribution(item, document) for item in self.items)
        total, missing = 0.0, document.hits.isdisjoint
        for clause, weight in self._exact:
            if not missing(clause):
                total += weight
        return total

    def truth(self, document: Document) -> bool:
        """Whether the sum compares as asked."""
        return COMPARE[self.comparison](self.score(document), self.number)

    def collect(self, document: Document, only: frozenset[Span] | None, weight: float | None, out: list[Found]) -> None:
        """Append the mentions of the items that count, with their weights."""
        for item in self.items:
            if item.truth(document):
                item.collect(document, None, self.weight(item), out)


class Fact(Evaluator):
    """A metadata test that is no matter of words: the day, the length, a wildcard in the source's name."""

    __slots__ = ("_test", "shown")

    def __init__(self, shown: str, test: Callable[[Document], bool]) -> None:
        self.shown = shown
        self._test = test

    def truth(self, document: Document) -> bool:
        """Whether the fact holds."""
        return self._test(document)

    def score(self, document: Document) -> float:
        """Return 0: facts select, they do not weigh."""
        return 0.0


class Known(Fact):
    """Metadata that the document is marked with before matching, as if it were a pattern found: `source:reuters`."""

    __slots__ = ("pattern",)

    def __init__(self, shown: str, pattern: int) -> None:
        super().__init__(shown, lambda document: pattern in document.hits)
        self.pattern = pattern

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """The mark."""
        return ((self.pattern,),)

    @property
    def exact(self) -> bool:
        """Always: the mark is the fact."""
        return True


class Facts(Fact):
    """Several tests of one kind of metadata joined by Boolean operators: `lang:(en OR ko)`."""

    __slots__ = ("item",)

    def __init__(self, shown: str, item: Evaluator) -> None:
        super().__init__(shown, item.truth)
        self.item = item

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """Those of the tests."""
        return self.item.clauses

    @property
    def exact(self) -> bool:
        """Whether the clauses say all of the tests."""
        return self.item.exact
