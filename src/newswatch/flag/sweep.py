"""What another threshold would make of a rule: the score at which each article begins to meet it."""

from dataclasses import dataclass

from newswatch.flag import combination
from newswatch.flag.compiling import CompiledRule
from newswatch.flag.document import Document
from newswatch.flag.evaluation import Evaluator


@dataclass(frozen=True, slots=True)
class Dial:
    """The number of a rule that can be turned: its least score, or that of the one SCORE or TALLY it must reach."""

    limit: float
    strict: bool  # the score must be greater, not equal
    _compiled: CompiledRule
    _scored: combination.Scored | None

    def reached(self, document: Document) -> float | None:
        """Return the greatest limit with which `document` would meet the rule, None if it meets it with none."""
        compiled = self._compiled
        if compiled.home is not None and compiled.home.isdisjoint(document.languages):
            return None
        if self._scored is None:
            return compiled.root.score(document) if compiled.root.truth(document) else None
        if not all(item.truth(document) for item in _needed(compiled.root) if item is not self._scored):
            return None
        return self._scored.score(document)


def dial(compiled: CompiledRule) -> Dial | None:
    """Return what can be turned in a rule; None if it has no threshold, or several."""
    least = compiled.rule.threshold
    if least is not None:
        return Dial(least, strict=False, _compiled=compiled, _scored=None)
    scores = [item for item in _needed(compiled.root) if isinstance(item, combination.Scored)]
    if len(scores) != 1 or scores[0].comparison not in {">=", ">"}:
        return None
    return Dial(scores[0].number, strict=scores[0].comparison == ">", _compiled=compiled, _scored=scores[0])


def _needed(root: Evaluator) -> tuple[Evaluator, ...]:
    return root.items if isinstance(root, combination.All) else (root,)


def thresholds(values: list[float], present: float, most: int) -> list[float]:
    """Return at most `most` limits worth trying, in order: values that articles reach, and the present one."""
    every = sorted({*values, present})
    if len(every) <= most:
        return every
    step = (len(every) - 1) / (most - 1)
    taken = {every[round(number * step)] for number in range(most - 1)}
    return sorted({*taken, present})
