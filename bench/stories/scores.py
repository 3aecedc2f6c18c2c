"""Scores of a grouping."""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Score:
    """Precision and recall, 0 to 1."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def b_cubed(found: Sequence[Hashable], right: Sequence[Hashable]) -> Score:
    """Return the B-cubed score of groups: for each item in turn, whose group and right group are compared.

    Bagga and Baldwin (1998), "Entity-based cross-document coreferencing using the vector space model". `found` and
    `right` name the group of each item.
    """
    groups, events, both = Counter(found), Counter(right), Counter(zip(found, right, strict=True))
    items = len(found) or 1
    return Score(
        sum(count * count / groups[group] for (group, _), count in both.items()) / items,
        sum(count * count / events[event] for (_, event), count in both.items()) / items,
    )
