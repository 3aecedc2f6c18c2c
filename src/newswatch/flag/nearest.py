"""What of a clause is in an article, and how much is missing: distances, sums, names that do not count."""

from dataclasses import dataclass

from newswatch.flag import proximity, syntax
from newswatch.flag.document import Document, Span
from newswatch.flag.evaluation import COMPARE, Evaluator
from newswatch.flag.naming import Named
from newswatch.flag.normalise import fold, is_cjk
from newswatch.flag.syntax import Node, Unit

_FAR = 1 << 30  # in words: not in the same part of the article
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure of an article and the limit that it is compared with: `distance` 7, at most (`<=`) 4."""

    what: str  # distance | points | mentions | clauses
    value: float
    comparison: str
    limit: float

    @property
    def enough(self) -> bool:
        """Whether the figure is as asked."""
        return COMPARE[self.comparison](self.value, self.limit)

    @property
    def short_by(self) -> float:
        """How far the figure is from its limit."""
        return abs(self.limit - self.value)


def distance(near: proximity.Near, document: Document) -> tuple[str, Measured | None]:
    """Say how near the two sides of a proximity come where both are there: `distance 7, limit 4`."""
    if near.unit is not Unit.WORDS:
        return "" if near.truth(document) else f"both are there, but never in one {near.unit.name.lower()}", None
    if near.truth(document):
        best: int | None = min(words_between(document, a, b) for a, b in near.pairs(document))
        backwards = False
    else:
        best, backwards = _closest(near, document)
    if best is not None:
        return f"distance {best}, limit {near.distance}", Measured("distance", best, "<=", near.distance)
    if backwards:
        return "both are there, but in the other order", None
    return "both are there, but not in the same part of the article", None


def _closest(near: proximity.Near, document: Document) -> tuple[int | None, bool]:
    """Return the least distance in words, and whether only the order is wrong."""
    rights = near.right.spans(document)
    best: int | None = None
    backwards = False
    for left in near.left.spans(document):
        for right in proximity.neighbours(left, rights):
            words = words_between(document, left, right)
            if near.ordered and right[0] < left[1]:
                backwards = backwards or words <= near.distance
            elif words < _FAR and (best is None or words < best):
                best = words
    return best, backwards


def words_between(document: Document, one: Span, other: Span) -> int:
    """Return how many words stand between two mentions; very many if they are in different fields."""
    first, second = sorted((one, other))
    return (max(0, document.left(second[0]) - document.right(first[1])) + 1) // 2


def name_or_term(node: Node, compiled: Evaluator, document: Document) -> str:
    """Say what is there of a name or term that does not hold; empty if nothing is."""
    if isinstance(compiled, Named):
        refused = [item for part, _ in compiled.parts for item in part.refused(document)]
        return "; ".join(f"“{alias.text}” is there but {reason}" for alias, reason in refused[:_SHOWN])
    if not isinstance(node, syntax.Term):
        return ""
    literal = all(isinstance(part, str) for part in node.parts)
    patterns = document.hits.intersection(*compiled.clauses[:1]) if compiled.clauses else set()
    if patterns and not node.slop:
        spans = [span for pattern in patterns for span in document.mentions(pattern)]
        where = ", ".join(dict.fromkeys(_shown(document, span) for span in spans[:_SHOWN])) if literal else ""
        return "found, but not where or as the rule wants it" + (f": {where}" if where else "")
    return _words(document, fold(syntax.show_parts(node.parts)).split()) if literal else ""


def _shown(document: Document, span: Span) -> str:
    field, start, _ = document.original(span)
    return f"“{' '.join(document.original_text(span).split())}” ({field} {start})"


def _words(document: Document, words: list[str]) -> str:
    """Say which words of a phrase are there."""
    if len(words) < 2:
        return ""
    there = [word for word in words if (word if is_cjk(word[0]) else f" {word} ") in document.joined]
    if len(there) == len(words):
        return "all its words are there, but not together"
    return f"only “{'”, “'.join(there)}” of it is there" if there else ""
