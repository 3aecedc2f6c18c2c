"""Articles that nearly meet a rule: at least half of the points, or all but one clause."""

from typing import TYPE_CHECKING

from newswatch.flag import combination, proximity
from newswatch.flag.evaluation import Evaluator
from newswatch.model import MatchInput

if TYPE_CHECKING:
    from newswatch.flag.document import Document
    from newswatch.flag.matching import Engine

_ENOUGH = 0.5  # of the points that are needed


def near_rules(engine: "Engine", article: MatchInput, rule_ids: list[str]) -> list[str]:
    """Return those of `rule_ids` that `article` does not meet but nearly does."""
    document = engine.document(article)
    if not document.hits:
        return []
    met = {match.rule_id for match in engine.match(article)}
    return [rule_id for rule_id in rule_ids if rule_id not in met and _nearly_met(engine, rule_id, document)]


def _nearly_met(engine: "Engine", rule_id: str, document: "Document") -> bool:
    compiled = engine.compiled(rule_id)
    if compiled is None:
        return False
    least = compiled.rule.threshold
    if least is None or not compiled.root.truth(document):
        return _nearly(compiled.root, document)
    # The query holds; the score of its own, or the language, keeps it from matching.
    return compiled.root.score(document) >= least * _ENOUGH


def _nearly(clause: Evaluator, document: "Document") -> bool:
    """Whether a clause holds, or one thing keeps it from holding."""
    if clause.truth(document):
        return True
    match clause:
        case combination.Scored():
            asks_much = clause.comparison in {">=", ">"} and clause.number > 0
            return asks_much and clause.score(document) >= clause.number * _ENOUGH
        case combination.Any():
            return any(_nearly(item, document) for item in clause.items)
        case combination.All():
            holding = [item for item in clause.items if item.truth(document)]
            # What holds by absence, or for every article of a language, brings no article near.
            found = any(not isinstance(item, combination.Never | combination.Fact) for item in holding)
            return found and len(holding) == len(clause.items) - 1
        case combination.Some():
            return clause.number > 1 and clause.count(document) == clause.number - 1
        case combination.Weighted():
            return _nearly(clause.item, document)
        case proximity.Near():
            return clause.left.truth(document) and clause.right.truth(document)
        case proximity.Apart() | proximity.Without():
            return clause.left.truth(document)
        case _:
            return False
