"""Articles that nearly meet a rule: at least half of the points, or all but one clause."""

from collections.abc import Sequence
from dataclasses import dataclass

from newswatch.flag import combination, proximity
from newswatch.flag.document import Document
from newswatch.flag.evaluation import Evaluator
from newswatch.flag.matching import Engine
from newswatch.model import MatchInput

_ENOUGH = 0.5  # of the points that are needed


def near_rules(engine: Engine, article: MatchInput, rule_ids: Sequence[str]) -> list[str]:
    """Return those of `rule_ids` that `article` does not meet but nearly does.

    What only a NOT keeps out of one rule is left out if another rule has it: such rules share their articles on
    purpose.
    """
    document = engine.document(article)
    if not document.hits:
        return []
    met = {match.rule_id for match in engine.match(article)}
    judge = _Judge(document, excluded=not met)
    return [rule_id for rule_id in rule_ids if rule_id not in met and _nearly_met(engine, rule_id, judge)]


def _nearly_met(engine: Engine, rule_id: str, judge: "_Judge") -> bool:
    compiled = engine.compiled(rule_id)
    if compiled is None:
        return False
    least = compiled.rule.threshold
    if least is None or not compiled.root.truth(judge.document):
        return judge.nearly(compiled.root)
    # The query holds; the score of its own, or the language, keeps it from matching.
    return compiled.root.score(judge.document) >= least * _ENOUGH


@dataclass(frozen=True, slots=True)
class _Judge:
    """Tells how near clauses come to holding. With `excluded`, what only a NOT keeps out is near."""

    document: Document
    excluded: bool

    def nearly(self, clause: Evaluator) -> bool:
        """Whether a clause holds, or one thing keeps it from holding."""
        document = self.document
        if clause.truth(document):
            return True
        match clause:
            case combination.Scored():
                asks_much = clause.comparison in {">=", ">"} and clause.number > 0
                return asks_much and clause.score(document) >= clause.number * _ENOUGH
            case combination.Any():
                return any(map(self.nearly, clause.items))
            case combination.All():
                return self._all_but_one(clause)
            case combination.Some():
                return clause.number > 1 and clause.count(document) == clause.number - 1
            case combination.Weighted():
                return self.nearly(clause.item)
            case proximity.Near():
                return clause.left.truth(document) and clause.right.truth(document)
            case proximity.Apart() | proximity.Without():
                return clause.left.truth(document)
            case _:
                return False

    def _all_but_one(self, clause: combination.All) -> bool:
        holds = [item.truth(self.document) for item in clause.items]
        if holds.count(False) != 1:
            return False
        # What holds by absence, or for every article of a language, brings no article near.
        absent = combination.Never | combination.Fact
        found = any(held and not isinstance(item, absent) for item, held in zip(clause.items, holds, strict=True))
        return found and (self.excluded or not isinstance(clause.items[holds.index(False)], combination.Never))
