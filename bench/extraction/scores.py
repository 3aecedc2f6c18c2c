"""How well a text matches the labelled one, as the article extraction benchmark scores it.

Both texts are cut into words (runs of word characters, case kept) and those into shingles of four. True and false
positives and false negatives are counted over the two bags of shingles and divided by their sum, so that a long page
counts no more than a short one. A set's precision and recall are the means over its pages, its F1 is that of the two
means. See https://github.com/scrapinghub/article-extraction-benchmark (evaluate.py).
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from statistics import fmean

_WORD = re.compile(r"\w+")
_SHINGLE = 4
_BAD = 0.5  # F1 of a page below which its extraction is no use
_DRAWS = 1_000


@dataclass(frozen=True, slots=True)
class PageScore:
    """One page: shares of its shingles that were found, found wrongly, and missed."""

    found: float
    wrong: float
    missed: float

    @property
    def precision(self) -> float:
        """Share of what was extracted that is right."""
        return _ratio(self.found, self.wrong, both_empty=self.wrong == self.missed == 0)

    @property
    def recall(self) -> float:
        """Share of what is right that was extracted."""
        return _ratio(self.found, self.missed, both_empty=self.wrong == self.missed == 0)

    @property
    def f1(self) -> float:
        """F1 of this page."""
        return _harmonic(self.precision, self.recall)


@dataclass(frozen=True, slots=True)
class SetScore:
    """A set of pages."""

    precision: float
    recall: float
    f1: float
    bad: float
    exact: float


def score_page(true: str, found: str) -> PageScore:
    """Compare an extracted text with the labelled one."""
    expected, given = _shingles(true), _shingles(found)
    shared = (expected & given).total()
    counts = (shared, given.total() - shared, expected.total() - shared)
    total = sum(counts)
    return PageScore(*(count / total for count in counts)) if total else PageScore(0.0, 0.0, 0.0)


def score_set(pages: Sequence[PageScore]) -> SetScore:
    """Return a set's score. Raises ValueError for an empty set."""
    if not pages:
        raise ValueError("a set without pages has no score")
    precisions = [page.precision for page in pages if page.found + page.wrong > 0]
    recalls = [page.recall for page in pages if page.found + page.missed > 0]
    precision, recall = fmean(precisions) if precisions else 0.0, fmean(recalls) if recalls else 0.0
    bad = fmean(page.f1 < _BAD for page in pages)
    exact = fmean(page.wrong == page.missed == 0 for page in pages)
    return SetScore(precision, recall, _harmonic(precision, recall), bad, exact)


def difference(ours: Sequence[PageScore], theirs: Sequence[PageScore]) -> tuple[float, float, float]:
    """Return by how much our F1 is higher, with the bounds of its 95 % interval (paired bootstrap)."""
    random = Random(1)
    draws = []
    for _ in range(_DRAWS):
        drawn = random.choices(range(len(ours)), k=len(ours))
        draws.append(score_set([ours[i] for i in drawn]).f1 - score_set([theirs[i] for i in drawn]).f1)
    draws.sort()
    whole = score_set(ours).f1 - score_set(theirs).f1
    return whole, draws[_DRAWS // 40], draws[-_DRAWS // 40 - 1]


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    words = _WORD.findall(text)
    if not words:
        return Counter()
    return Counter(tuple(words[i : i + _SHINGLE]) for i in range(max(1, len(words) - _SHINGLE + 1)))


def _ratio(found: float, lost: float, *, both_empty: bool) -> float:
    if both_empty:
        return 1.0
    return found / (found + lost) if found else 0.0


def _harmonic(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0
