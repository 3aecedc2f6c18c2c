"""Chooses among readings of the same page the one that is most like the others.

Extractors fail on different pages, and where they fail their outputs have little in common with anybody's; the
reading nearest to all others (the medoid) is therefore seldom a failure, although nothing is known about the page.
"""

import re
from collections import Counter
from collections.abc import Sequence

_TOKEN = re.compile(
    r"[\u3041-\u30ff\u3400-\u9fff]|[^\W\u3041-\u30ff\u3400-\u9fff]+"
)  # words, or characters of unspaced scripts
_SHINGLE = 3


def likeness(one: Sequence[str], other: Sequence[str]) -> float:
    """Return how much two readings have in common, 0 to 1: twice the shared shingles over all of them."""
    return _likeness(_shingles(one), _shingles(other))


def medoid(readings: Sequence[Sequence[str]]) -> tuple[int, float]:
    """Return the number of the reading most like the others, and how like them it is; the first wins a tie."""
    bags = [_shingles(reading) for reading in readings]
    sums = [
        sum(_likeness(bag, other) for j, other in enumerate(bags) if j != i) / max(1, len(bags) - 1)
        for i, bag in enumerate(bags)
    ]
    best = max(range(len(sums)), key=lambda i: (sums[i], -i))
    return best, sums[best]


def _likeness(one: Counter[tuple[str, ...]], other: Counter[tuple[str, ...]]) -> float:
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 1.0


def _shingles(paragraphs: Sequence[str]) -> Counter[tuple[str, ...]]:
    tokens = _TOKEN.findall("\n".join(paragraphs).lower())
    return Counter(zip(*(tokens[i:] for i in range(_SHINGLE)), strict=False))
