"""Why an article meets a rule, or why it does not: the proof, clause by clause, with the nearest misses."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from newswatch.errors import NotFound
from newswatch.flag import combination, proximity, syntax
from newswatch.flag.compiling import CompiledRule
from newswatch.flag.document import Document
from newswatch.flag.evaluation import Evaluator, Found
from newswatch.flag.matching import Engine, satisfied, severity_of
from newswatch.flag.naming import Named
from newswatch.flag.reasons import distinct, evidence
from newswatch.flag.syntax import Node, Unit, canonical, number
from newswatch.model import Evidence, MatchInput, Severity

_SHOWN = 5  # mentions listed for one leaf
_LABEL = 100  # characters of a clause


@dataclass(frozen=True, slots=True)
class Proof:
    """One clause of a rule: whether it holds, what was found, and what is missing. `total` counts all mentions."""

    clause: str
    holds: bool
    detail: str = ""
    evidence: tuple[Evidence, ...] = ()
    total: int = 0
    children: "tuple[Proof, ...]" = ()
    alternatives: bool = False  # the children are: one is enough

    @property
    def touched(self) -> bool:
        """Whether something of the clause is in the article."""
        return self.total > 0 or any(child.touched for child in self.children)


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer to "why?" or "why not?" for one rule and one article.

    `missing` says, most telling first, what would have to be otherwise for the rule to match; empty if it does.
    """

    rule_id: str
    rule_name: str
    matched: bool
    severity: Severity
    score: float
    threshold: float
    proof: Proof
    missing: tuple[str, ...] = field(default=())

    def render(self, *, full: bool = False) -> str:
        """Return the explanation as text: a verdict, what is missing, and the proof as an indented tree.

        Alternatives of which nothing is in the article are left out unless `full`.
        """
        verdict = f"matches, severity {self.severity}" if self.matched else "does not match"
        score = f"score {number(self.score)}" + (f", needs {number(self.threshold)}" if self.threshold else "")
        lines = [f"{self.rule_id} ({self.rule_name}) {verdict}; {score}"]
        lines.extend(f"  missing: {line}" for line in self.missing)
        lines.extend(_tree(self.proof, 1, full=full))
        return "\n".join(lines)


def explain(engine: Engine, article: MatchInput, rule_id: str) -> Explanation:
    """Explain why `article` meets rule `rule_id` of `engine`, or why not. Raises NotFound if there is no such rule."""
    compiled = engine.compiled(rule_id)
    if compiled is None:
        raise NotFound("rule", rule_id, f"rules are {', '.join(rule.id for rule in engine.ruleset.rules)}")
    document = engine.document(article)
    proof = _Prover(document, engine.ruleset.lists).prove(compiled.rule.node, compiled.root)
    missing = list(_language(compiled, document))
    score = compiled.root.score(document)
    least = compiled.rule.threshold
    if not proof.holds:
        missing.extend(_misses(proof))
    elif least is not None and score < least:
        missing.append(f"score {number(score)}, the rule needs {number(least)}")
    matched = not missing and satisfied(compiled, document)
    severity = severity_of(compiled, document)
    rule = compiled.rule
    return Explanation(rule.id, rule.name, matched, severity, score, compiled.threshold, proof, tuple(missing))


def _language(compiled: CompiledRule, document: Document) -> Iterator[str]:
    language = document.article.language.lower().split("-")[0]
    if compiled.languages and language not in compiled.languages:
        wanted = ", ".join(sorted(compiled.languages))
        yield f"the rule is for {wanted}, the article is in {language or 'an unknown language'}"


def _misses(proof: Proof) -> list[str]:
    """Return what is wrong at the first failing clause, going down to where it can be said best."""
    failing = [child for child in proof.children if not child.holds]
    if proof.detail or not failing:
        return [f"{proof.clause}: {proof.detail or 'not found'}"]
    if len(failing) < len(proof.children) or len(failing) == 1:
        return _misses(failing[0])
    # alternatives, none of which holds: those that came closest first
    closest = sorted(failing, key=lambda child: -_progress(child))
    return [line for child in closest[:3] for line in _misses(child)[:1]]


def _progress(proof: Proof) -> float:
    """Return which share of the leaves below holds."""
    if not proof.children:
        return float(proof.holds)
    return sum(map(_progress, proof.children)) / len(proof.children)


def _tree(proof: Proof, depth: int, *, full: bool) -> Iterator[str]:
    detail = f"  [{proof.detail}]" if proof.detail else ""
    yield f"{'  ' * depth}{'✓' if proof.holds else '✗'} {proof.clause}{detail}"
    for mention in proof.evidence:
        name = f" = {mention.alias} ({mention.entity})" if mention.entity else ""
        weight = "" if mention.weight is None else f", weight {number(mention.weight)}"
        text = " ".join(mention.text.split())
        yield f"{'  ' * depth}    {mention.field} {mention.start}-{mention.end}: “{text}”{name}{weight}"
    if proof.total > len(proof.evidence):
        yield f"{'  ' * depth}    … {proof.total - len(proof.evidence)} more"
    if not (full or proof.touched):
        return
    for child in proof.children:
        if full or child.touched or not proof.alternatives:
            yield from _tree(child, depth + 1, full=full)


class _Prover:
    """Walks syntax tree and compiled rule side by side; they have the same shape but for fields and lists."""

    def __init__(self, document: Document, lists: Mapping[str, Node]) -> None:
        self._document = document
        self._lists = lists

    def prove(self, node: Node, compiled: Evaluator, prefix: str = "") -> Proof:  # noqa: PLR0911 - one for each kind
        document = self._document
        match node, compiled:
            case syntax.Scope(), _ if node.name not in syntax.META_FIELDS:
                return self.prove(node.item, compiled, f"{prefix}{node.name}:")
            case syntax.First(), _:
                return self.prove(node.item, compiled, f"{prefix}FIRST/{node.number} ")
            case syntax.Boost(), combination.Weighted():
                inner = self.prove(node.item, compiled.item, prefix)
                return self._proof(f"{inner.clause} ^{number(node.weight)}", inner.holds, inner.detail, inner)
            case syntax.Reference(), _ if node.name in self._lists:
                inner = self.prove(self._lists[node.name], compiled)
                return self._proof(f"{prefix}@{node.name}", inner.holds, inner.detail, inner)
            case syntax.Not(), combination.Never():
                inner = self.prove(node.item, compiled.item)
                detail = "found, but must be absent" if inner.holds else ""
                return Proof(f"{prefix}NOT {inner.clause}", not inner.holds, detail, inner.evidence, inner.total)
            case syntax.And(), combination.All():
                children = self._all(node.items, compiled.items)
                return Proof(_cut(prefix + canonical(node)), compiled.truth(document), children=children)
            case syntax.Or(), combination.Any():
                children = self._all(node.items, compiled.items)
                holds = compiled.truth(document)
                return Proof(_cut(prefix + canonical(node)), holds, children=children, alternatives=True)
            case syntax.Some(), combination.Some():
                count = compiled.count(document)
                detail = f"{count} of {node.number} needed"
                children = self._all(node.items, compiled.items)
                return Proof(_cut(prefix + canonical(node)), compiled.truth(document), detail, children=children)
            case syntax.Score(), combination.Scored():
                return self._score(node, compiled, prefix)
            case syntax.Count(), combination.Counted():
                inner = self.prove(node.item, compiled.item)
                detail = f"{compiled.count(document)} mentions, needs {node.comparison} {node.number}"
                return self._proof(_cut(prefix + canonical(node)), compiled.truth(document), detail, inner)
            case syntax.Near(), proximity.Near() | proximity.Apart():
                return self._near(node, compiled, prefix)
            case syntax.Except(), proximity.Without():
                return self._except(node, compiled, prefix)
            case _:
                return self._leaf(node, compiled, prefix)

    def _all(self, nodes: tuple[Node, ...], compiled: tuple[Evaluator, ...]) -> tuple[Proof, ...]:
        return tuple(self.prove(node, item) for node, item in zip(nodes, compiled, strict=True))

    @staticmethod
    def _proof(clause: str, holds: bool, detail: str, inner: Proof) -> Proof:  # noqa: FBT001 - what a proof is about
        return replace(inner, clause=clause, holds=holds, detail=detail)

    def _mentions(self, compiled: Evaluator) -> tuple[tuple[Evidence, ...], int]:
        if not compiled.truth(self._document):
            return (), 0
        found: list[Found] = []
        compiled.collect(self._document, None, None, found)
        mentions = distinct(found)
        return evidence(self._document, mentions, _SHOWN), len(mentions)

    def _leaf(self, node: Node, compiled: Evaluator, prefix: str) -> Proof:
        holds = compiled.truth(self._document)
        detail = ""
        if not holds and isinstance(compiled, Named):
            refused = [item for part, _ in compiled.parts for item in part.refused(self._document)]
            detail = "; ".join(f"“{alias.text}” is there but {reason}" for alias, reason in refused[:3])
        elif not holds and isinstance(node, syntax.Term) and compiled.clauses:
            elsewhere = any(pattern in self._document.hits for pattern in compiled.clauses[0])
            detail = "found, but not where or as the rule wants it" if elsewhere else ""
        mentions, total = self._mentions(compiled)
        return Proof(_cut(prefix + canonical(node)), holds, detail, mentions, total)

    def _score(self, node: syntax.Score, compiled: combination.Scored, prefix: str) -> Proof:
        document = self._document
        total = compiled.score(document)
        children = []
        for item, evaluator in zip(node.items, compiled.items, strict=True):
            inner = self.prove(item, evaluator)
            added = compiled.contribution(evaluator, document)
            detail = f"adds {number(added)}" if added else ""
            children.append(self._proof(inner.clause, inner.holds, detail or inner.detail, inner))
        holds = compiled.truth(document)
        detail = f"sum {number(total)}, needs {node.comparison} {number(node.number)}"
        if not holds and node.comparison in {">=", ">"}:
            more = "more than " if node.comparison == ">" else ""
            detail += f": {more}{number(node.number - total)} more points"
        name = "TALLY" if node.per_mention else "SCORE"
        clause = f"{prefix}{name}(…) {node.comparison} {number(node.number)}"
        return Proof(clause, holds, detail, children=tuple(children), alternatives=True)

    def _near(self, node: syntax.Near, compiled: proximity.Near | proximity.Apart, prefix: str) -> Proof:
        near = compiled if isinstance(compiled, proximity.Near) else compiled.near
        holds = compiled.truth(self._document)
        children = (self.prove(node.left, near.left), self.prove(node.right, near.right))
        detail = ""
        if isinstance(compiled, proximity.Apart):
            if not holds and children[0].holds:
                detail = "every mention of the left side has one of the right side near"
        elif not holds and all(child.holds for child in children):
            detail = nearest_miss(near, self._document)
        mentions, total = self._mentions(compiled)
        return Proof(_cut(prefix + canonical(node)), holds, detail, mentions, total, children)

    def _except(self, node: syntax.Except, compiled: proximity.Without, prefix: str) -> Proof:
        holds = compiled.truth(self._document)
        children = (self.prove(node.left, compiled.left), self.prove(node.right, compiled.right))
        detail = "every mention belongs to what is excepted" if not holds and children[0].holds else ""
        mentions, total = self._mentions(compiled)
        return Proof(_cut(prefix + canonical(node)), holds, detail, mentions, total, () if holds else children)


def nearest_miss(near: proximity.Near, document: Document) -> str:
    """Say how near the two sides of a failing proximity come: `distance 7, limit 4`."""
    if near.unit is not Unit.WORDS:
        return f"both are there, but never in one {near.unit.name.lower()}"
    rights = near.right.spans(document)
    best: int | None = None
    backwards = False
    for left in near.left.spans(document):
        for right in proximity.neighbours(left, rights):
            forward = right[0] >= left[1]
            first, second = (left, right) if forward else (right, left)
            gap = max(0, document.left(second[0]) - document.right(first[1]))
            words = (gap + 1) // 2
            if near.ordered and not forward:
                backwards = backwards or words <= near.distance
            elif words < 1 << 30 and (best is None or words < best):
                best = words
    if best is not None:
        return f"distance {best}, limit {near.distance}"
    if backwards:
        return "both are there, but in the other order"
    return "both are there, but not in the same part of the article"


def _cut(text: str) -> str:
    if text.startswith("(") and text.endswith(")"):
        text = text[1:-1]
    return text if len(text) <= _LABEL else f"{text[: _LABEL - 2]} …"
