"""Why a rule must be evaluated for every article: nothing that it says makes a term necessary."""

from newswatch.flag import combination
from newswatch.flag.evaluation import Evaluator


def why_always(node: Evaluator) -> str:
    """Say why no term is necessary for `node`; empty if one is."""
    if any(all(number >= 0 for number in clause) for clause in node.clauses):
        return ""
    match node:
        case combination.All():
            reasons = [why_always(item) for item in node.items if not isinstance(item, combination.Fact)]
            return "; ".join(dict.fromkeys(reasons)) or "it asks only for facts about the article"
        case combination.Any():
            return next((reason for item in node.items if (reason := why_always(item))), "")
        case combination.Never():
            return "it says only what must be absent"
        case combination.Counted():
            return f"no mention at all compares as asked ({node.comparison} {node.number})"
        case combination.Some():
            return "so many of its items need no term that the others are not necessary"
        case combination.Scored():
            return "its sum can be reached without any term"
        case combination.Weighted():
            return why_always(node.item)
        case _:
            return "it asks only for facts about the article"
