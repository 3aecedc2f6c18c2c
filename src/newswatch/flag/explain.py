"""Why an article meets a rule, or why it does not: the proof, clause by clause, with the nearest misses."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from newswatch.errors import NotFound
from newswatch.flag import combination, nearest, proximity, syntax
from newswatch.flag.compiling import CompiledRule
from newswatch.flag.document import Document
from newswatch.flag.evaluation import Evaluator, Found
from newswatch.flag.matching import Engine, satisfied, severity_of
from newswatch.flag.nearest import Measured
from newswatch.flag.reasons import distinct, evidence
from newswatch.flag.syntax import Node, canonical, number
from newswatch.languages import compared, takes
from newswatch.model import Evidence, MatchInput, Severity

_SHOWN = 5  # mentions listed for one leaf
_LABEL = 100  # characters of a clause
_ALTERNATIVES = 3  # proved of which nothing is in the article
_OFFERED = 3  # clauses named that would have been enough for a score


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
    measured: Measured | None = None  # the figure that decides, where it is one
    touched: bool = field(init=False)  # whether something of the clause is in the article
    progress: float = field(init=False)  # the share of its parts, down to the leaves, that hold

    def __post_init__(self) -> None:
        """Work out what follows from the parts, once: lists that are used in many places share their proof."""
        children = self.children
        object.__setattr__(self, "touched", self.total > 0 or any(child.touched for child in children))
        progress = sum(child.progress for child in children) / len(children) if children else float(self.holds)
        object.__setattr__(self, "progress", progress)


def pruned(proof: Proof) -> Proof:
    """Leave out parts that do not say why a clause holds, or what it lacks.

    Those are alternatives of which nothing is in the article, and where one holds, those that do not.
    """
    return replace(proof, children=tuple(pruned(child) for child in proof.children if _tells(proof, child)))


def _tells(proof: Proof, child: Proof) -> bool:
    if not proof.alternatives:
        return proof.touched
    return child.holds and child.touched if proof.holds else child.touched


@dataclass(frozen=True, slots=True)
class Case:
    """A case that gives a match another severity, and whether it holds."""

    severity: Severity
    proof: Proof


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer to "why?" or "why not?" for one rule and one article.

    `missing` says, most telling first, what would have to be otherwise for the rule to match; empty if it does.
    `nearest` is the figure behind the first of these that has one. `cases` are those looked at for the severity: the
    last is the one that holds, if any does.
    """

    rule_id: str
    rule_name: str
    matched: bool
    severity: Severity
    score: float
    threshold: float
    proof: Proof
    cases: tuple[Case, ...] = ()
    missing: tuple[str, ...] = ()
    nearest: Measured | None = None

    def pruned(self) -> "Explanation":
        """Return the explanation with proofs that leave out what tells nothing."""
        cases = tuple(replace(case, proof=pruned(case.proof)) for case in self.cases)
        return replace(self, proof=pruned(self.proof), cases=cases)


def explain(engine: Engine, article: MatchInput, rule_id: str, *, full: bool = False) -> Explanation:
    """Explain why `article` meets rule `rule_id` of `engine`, or why not. Raises NotFound if there is no such rule.

    Unless `full`, of many alternatives only those are proved of which something is in the article, and a few others.
    """
    compiled = engine.compiled(rule_id)
    if compiled is None:
        raise NotFound("rule", rule_id, f"rules are {', '.join(rule.id for rule in engine.ruleset.rules)}")
    document = engine.document(article)
    prover = _Prover(document, engine.ruleset.lists, full=full)
    node = compiled.rule.node
    proof = prover.prove(node, compiled.root)
    missing = list(_language(compiled, document))
    score = compiled.root.score(document)
    least = compiled.rule.threshold
    closest = None
    if not proof.holds:
        failing = _failing(proof)
        missing.extend(f"{one.clause}: {one.detail or 'not found'}" for one in failing)
        closest = next((one.measured for one in failing if one.measured is not None), None)
    elif least is not None and score < least:
        missing.append(f"score {number(score)}, the rule needs {number(least)}: {number(least - score)} more points")
        closest = Measured("points", score, ">=", least)
    rule = compiled.rule
    return Explanation(
        rule_id=rule.id,
        rule_name=rule.name,
        matched=not missing and satisfied(compiled, document),
        severity=severity_of(compiled, document),
        score=score,
        threshold=compiled.threshold,
        proof=proof,
        cases=tuple(_cases(prover, compiled)),
        missing=tuple(missing),
        nearest=closest,
    )


def _cases(prover: "_Prover", compiled: CompiledRule) -> Iterator[Case]:
    for case, (evaluator, severity) in zip(compiled.rule.severities, compiled.severities, strict=True):
        proof = prover.prove(case.when, evaluator)
        yield Case(severity, proof)
        if proof.holds:
            return


def _language(compiled: CompiledRule, document: Document) -> Iterator[str]:
    languages = compiled.rule.languages
    if languages and not takes(languages, document.article.language):
        wanted = ", ".join(sorted(set(map(compared, languages))))
        yield f"the rule is for {wanted}, the article is in {document.languages[0] or 'an unknown language'}"


def _failing(proof: Proof) -> list[Proof]:
    """Return what is wrong at the first failing clause, going down to where it can be said best."""
    failing = [child for child in proof.children if not child.holds]
    if proof.detail or not failing:
        return [proof]
    if len(failing) < len(proof.children) or len(failing) == 1:
        return _failing(failing[0])
    # alternatives, none of which holds: those that came closest first
    closest = sorted(failing, key=lambda child: -child.progress)
    return [one for child in closest[:3] for one in _failing(child)[:1]]


class _Prover:
    """Walks syntax tree and compiled rule side by side; they have the same shape but for fields and lists."""

    def __init__(self, document: Document, lists: Mapping[str, Node], *, full: bool) -> None:
        self._document = document
        self._lists = lists
        self._full = full
        self._known: dict[tuple[int, int, str], Proof] = {}

    def prove(self, node: Node, compiled: Evaluator, prefix: str = "") -> Proof:
        """Return the proof of a clause; what lists have in common is proved once."""
        key = (id(node), id(compiled), prefix)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._prove(node, compiled, prefix)
        return known

    def _prove(self, node: Node, compiled: Evaluator, prefix: str) -> Proof:  # noqa: PLR0911 - one for each kind
        document = self._document
        match node, compiled:
            case syntax.Scope(), _ if node.name not in syntax.META_FIELDS:
                return self.prove(node.item, compiled, f"{prefix}{node.name}:")
            case syntax.First(), _:
                return self.prove(node.item, compiled, f"{prefix}FIRST/{node.number} ")
            case syntax.Boost(), combination.Weighted():
                inner = _weighted(self.prove(node.item, compiled.item, prefix), node.weight)
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
                children = self._some(node.items, compiled.items)
                holds = compiled.truth(document)
                return Proof(_cut(prefix + canonical(node)), holds, children=children, alternatives=True)
            case syntax.Some(), combination.Some():
                count = compiled.count(document)
                measured = Measured("clauses", count, ">=", node.number)
                detail = f"{count} of {node.number} needed"
                children = self._all(node.items, compiled.items)
                return Proof(
                    _cut(prefix + canonical(node)), measured.enough, detail, children=children, measured=measured
                )
            case syntax.Score(), combination.Scored():
                return self._score(node, compiled, prefix)
            case syntax.Count(), combination.Counted():
                inner = self.prove(node.item, compiled.item)
                measured = Measured("mentions", compiled.count(document), node.comparison, node.number)
                detail = f"{number(measured.value)} mentions, needs {node.comparison} {node.number}"
                counted = self._proof(_cut(prefix + canonical(node)), measured.enough, detail, inner)
                return replace(counted, measured=measured)
            case syntax.Near(), proximity.Near() | proximity.Apart():
                return self._near(node, compiled, prefix)
            case syntax.Except(), proximity.Without():
                return self._except(node, compiled, prefix)
            case _:
                return self._leaf(node, compiled, prefix)

    def _all(self, nodes: tuple[Node, ...], compiled: tuple[Evaluator, ...]) -> tuple[Proof, ...]:
        return tuple(self.prove(node, item) for node, item in zip(nodes, compiled, strict=True))

    def _some(self, nodes: tuple[Node, ...], compiled: tuple[Evaluator, ...]) -> tuple[Proof, ...]:
        """Prove alternatives; of those of which nothing is in the article a few are enough."""
        pairs = list(zip(nodes, compiled, strict=True))
        if not self._full and len(pairs) > _ALTERNATIVES:
            there = {id(item) for item in compiled if _touched(item, self._document)}
            rest = [pair for pair in pairs if id(pair[1]) not in there][:_ALTERNATIVES]
            pairs = [pair for pair in pairs if id(pair[1]) in there or any(pair is one for one in rest)]
        return tuple(self.prove(node, item) for node, item in pairs)

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
        detail = "" if holds else nearest.name_or_term(node, compiled, self._document)
        mentions, total = self._mentions(compiled)
        return Proof(_cut(prefix + canonical(node)), holds, detail, mentions, total)

    def _score(self, node: syntax.Score, compiled: combination.Scored, prefix: str) -> Proof:
        document = self._document
        measured = Measured("points", compiled.score(document), node.comparison, node.number)
        children = []
        for item, evaluator in zip(node.items, compiled.items, strict=True):
            inner = _weighted(self.prove(item, evaluator), compiled.weight(evaluator))
            added = compiled.contribution(evaluator, document)
            details = [f"adds {number(added)}" if added else "", inner.detail]
            children.append(self._proof(inner.clause, inner.holds, "; ".join(filter(None, details)), inner))
        detail = f"sum {number(measured.value)}, needs {node.comparison} {number(node.number)}"
        if not measured.enough and node.comparison in {">=", ">"}:
            more = "more than " if node.comparison == ">" else ""
            detail += f": {more}{number(measured.short_by)} more points"
            enough = [
                child.clause
                for child, evaluator in zip(children, compiled.items, strict=True)
                if not child.holds and compiled.weight(evaluator) >= measured.short_by
            ]
            detail += f"; {' or '.join(map(_cut, enough[:_OFFERED]))} would do" if enough else ""
        name = "TALLY" if node.per_mention else "SCORE"
        clause = f"{prefix}{name}(…) {node.comparison} {number(node.number)}"
        return Proof(clause, measured.enough, detail, children=tuple(children), alternatives=True, measured=measured)

    def _near(self, node: syntax.Near, compiled: proximity.Near | proximity.Apart, prefix: str) -> Proof:
        near = compiled if isinstance(compiled, proximity.Near) else compiled.near
        holds = compiled.truth(self._document)
        children = (self.prove(node.left, near.left), self.prove(node.right, near.right))
        detail, measured = "", None
        if isinstance(compiled, proximity.Apart):
            if not holds and children[0].holds:
                detail = "every mention of the left side has one of the right side near"
        elif all(child.holds for child in children):
            detail, measured = nearest.distance(near, self._document)
        mentions, total = self._mentions(compiled)
        return Proof(_cut(prefix + canonical(node)), holds, detail, mentions, total, children, measured=measured)

    def _except(self, node: syntax.Except, compiled: proximity.Without, prefix: str) -> Proof:
        holds = compiled.truth(self._document)
        children = (self.prove(node.left, compiled.left), self.prove(node.right, compiled.right))
        detail = "every mention belongs to what is excepted" if not holds and children[0].holds else ""
        mentions, total = self._mentions(compiled)
        return Proof(_cut(prefix + canonical(node)), holds, detail, mentions, total, () if holds else children)


def _touched(compiled: Evaluator, document: Document) -> bool:
    """Whether a necessary term of a clause is in the article, or it needs none."""
    if isinstance(compiled, combination.Any):
        return any(_touched(item, document) for item in compiled.items)
    clauses = compiled.clauses
    return not clauses or not all(document.hits.isdisjoint(clause) for clause in clauses)


def _weighted(proof: Proof, weight: float) -> Proof:
    """Return the proof with its mentions carrying the weight of their clause."""
    return replace(proof, evidence=tuple(replace(one, weight=weight) for one in proof.evidence))


def _cut(text: str) -> str:
    if text.startswith("(") and text.endswith(")"):
        text = text[1:-1]
    return text if len(text) <= _LABEL else f"{text[: _LABEL - 2]} …"
