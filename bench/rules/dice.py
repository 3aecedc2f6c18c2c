"""Chance that is the same on every machine and every Python: everything is drawn from random() alone.

Only the sequence of `random()` for a seed is promised to stay (https://docs.python.org/3/library/random.html).
"""

from bisect import bisect
from collections.abc import Sequence
from itertools import accumulate
from random import Random
from typing import TypeVar

_T = TypeVar("_T")


class Dice:
    """A source of chance with a seed."""

    def __init__(self, seed: str) -> None:
        self.random = Random(seed).random

    def below(self, limit: int) -> int:
        """Return a number from 0 to `limit` - 1."""
        return int(self.random() * limit)

    def between(self, least: int, most: int) -> int:
        """Return a number from `least` to `most`, both included."""
        return least + self.below(most - least + 1)

    def chance(self, share: float) -> bool:
        """Return True in this share of cases."""
        return self.random() < share

    def pick(self, items: Sequence[_T]) -> _T:
        """Return one of the items."""
        return items[int(self.random() * len(items))]

    def sample(self, items: Sequence[_T], count: int) -> list[_T]:
        """Return `count` different items, all if there are no more."""
        rest = list(items)
        return [rest.pop(self.below(len(rest))) for _ in range(min(count, len(rest)))]


class Zipf:
    """Ranks as words in texts have them: rank r comes up in proportion to 1 / (r + shift)."""

    def __init__(self, count: int, *, shift: float = 1.0) -> None:
        self._sums = list(accumulate(1.0 / (rank + shift) for rank in range(count)))

    def rank(self, dice: Dice) -> int:
        """Draw a rank, 0 being the most frequent."""
        return min(bisect(self._sums, dice.random() * self._sums[-1]), len(self._sums) - 1)
