"""Numbers for everything that an article can be found to have: the patterns of terms, and facts such as its source.

Patterns count up from 0 in the order in which they came, as the automaton knows them; facts count down from -1. A
number once given stays: a numbering can be continued by another one, so that rules compiled later fit those compiled
before.
"""

from array import array
from collections.abc import Iterator, Mapping

_FACT_SHARES = {"lang": 0.25, "country": 0.1}
_FACT_SHARE = 0.02  # of a source, an author, a section, a piece of an address


def fact_key(name: str, text: str) -> str:
    """Return how frequencies name a fact. No pattern of a term has a colon."""
    return f"{name}:{text}"


class Numbering:
    """The numbers of patterns (`texts`) and of facts by kind and text, and how often each is met.

    `base` is what this one continues: its numbers are known here, but it is not changed.
    """

    def __init__(self, measured: Mapping[str, float], base: "Numbering | None" = None) -> None:
        """`measured` tells which share of recent articles has a pattern or a fact; what it lacks was not met there."""
        self.base = base
        self.texts: dict[str, int] = {}
        self.facts: dict[tuple[str, str], int] = {}
        self.measured = measured
        self._unmet = min(measured.values(), default=2.0) / 2
        self._shares = array("f")
        self._fact_shares = array("f")

    @property
    def offset(self) -> int:
        """The first number that a pattern can get here."""
        return 0 if self.base is None else len(self.base.texts)

    def term(self, pattern: str) -> int:
        """Return the number of a term's pattern, giving it one if it is new."""
        known = self.texts.get(pattern)
        if known is None and self.base is not None:
            known = self.base.texts.get(pattern)
        if known is None:
            known = self._add(pattern, self.offset + len(self.texts))
        return known

    def _add(self, pattern: str, number: int) -> int:
        self.texts[pattern] = number
        self._shares.append(self._share(pattern, _guess(pattern)))
        return number

    def fact(self, name: str, text: str) -> int:
        """Return the number of a fact, giving it one if it is new."""
        known = self.facts.get((name, text))
        if known is None and self.base is not None:
            known = self.base.facts.get((name, text))
        if known is None:
            before = 0 if self.base is None else len(self.base.facts)
            known = self.facts[name, text] = -1 - before - len(self.facts)
            self._fact_shares.append(self._share(fact_key(name, text), _FACT_SHARES.get(name, _FACT_SHARE)))
        return known

    def _share(self, key: str, guess: float) -> float:
        known = self.measured.get(key)
        return self._unmet * guess if known is None else known

    def share(self, number: int) -> float:
        """Return the estimated share of articles that have what `number` stands for. It matters for speed alone."""
        if self.base is not None and (number < self.offset if number >= 0 else ~number < len(self.base.facts)):
            return self.base.share(number)
        if number >= 0:
            return self._shares[number - self.offset]
        return self._fact_shares[~number - (0 if self.base is None else len(self.base.facts))]

    def measurable(self) -> Iterator[tuple[str, int]]:
        """Yield what frequencies are measured of, with its number; what the base has is left out."""
        yield from self.texts.items()
        for (name, text), number in self.facts.items():
            yield fact_key(name, text), number

    def continued(self) -> "Numbering":
        """Return a numbering that knows all of this one and can grow; with a base, it takes this one's place."""
        if self.base is None:
            return Numbering(self.measured, self)
        return _filled(Numbering(self.measured, self.base), self)

    def merged(self, measured: Mapping[str, float]) -> "Numbering":
        """Return one numbering without a base that knows all of this one, with other measurements."""
        whole = Numbering(measured)
        return _filled(whole if self.base is None else _filled(whole, self.base), self)


def _filled(numbering: Numbering, source: Numbering) -> Numbering:
    """Number in `numbering`, in the same order, what `source` has numbered itself.

    The very same numbers, which compiled rules have: equal ones beside them would be memory.
    """
    for text, number in source.texts.items():
        numbering._add(text, number)  # noqa: SLF001 - of this module
    for name, text in source.facts:
        numbering.fact(name, text)
    return numbering


def _guess(pattern: str) -> float:
    """Guess how often a pattern is met: longer is rarer, and one Han character says as much as three letters."""
    length = len(pattern) if pattern.isascii() else sum(3.0 if char > "\u2e80" else 1.0 for char in pattern)
    return 1.0 / (1.0 + length * length)
