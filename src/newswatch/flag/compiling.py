"""From syntax tree to compiled rule: patterns for the automaton, evaluators, necessary clauses."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from newswatch.flag import combination, evaluation, naming, proximity, syntax
from newswatch.flag.document import BODY, LEAD, TEXT, TITLE, Document, Span
from newswatch.flag.entities import Alias, Entity, Role, full_forms, holders, short_forms
from newswatch.flag.evaluation import COMPARE, Evaluator, Limits
from newswatch.flag.naming import Gazetteer
from newswatch.flag.normalise import fold, fold_case, is_cjk
from newswatch.flag.patterns import WildTerm, regex_check, wild_term
from newswatch.flag.ruleset import Rule, RuleSet
from newswatch.flag.syntax import Node
from newswatch.flag.words import edge_check
from newswatch.model import Severity

_MASKS = {"title": TITLE, "lead": LEAD, "body": BODY, "text": TEXT}


@dataclass(frozen=True, slots=True)
class Scoping:
    """What surrounds a term in its query: fields, first words, ways of comparing."""

    mask: int = TEXT
    first: int | None = None
    modes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule ready to be evaluated."""

    rule: Rule
    root: Evaluator
    severities: tuple[tuple[Evaluator, Severity], ...]
    threshold: float  # shown with a match
    languages: frozenset[str]


class Patterns:
    """Numbers each distinct pattern of the automaton."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.margins: list[tuple[int, int]] = []  # spaces at both edges
        self._numbers: dict[str, int] = {}

    def number(self, pattern: str) -> int:
        """Return the number of `pattern`, giving it one if it is new."""
        known = self._numbers.get(pattern)
        if known is None:
            known = self._numbers[pattern] = len(self.texts)
            self.texts.append(pattern)
            self.margins.append((int(pattern[0] == " "), int(pattern[-1] == " ")))
        return known


def pattern_of(text: str, *, inside: bool = False) -> str:
    """Return what the automaton looks for to find the literal term `text`, empty if it has no letters.

    A Latin edge must be a word's edge; a CJK edge only where `text` has a space there. `inside` (`sub:`) drops the
    former.
    """
    folded = fold(text)
    if not folded:
        return ""
    left = text[0].isspace() or not (inside or is_cjk(folded[0]))
    right = text[-1].isspace() or not (inside or is_cjk(folded[-1]))
    return f"{' ' * left}{folded}{' ' * right}"


class Compiler:
    """Compiles the rules of one RuleSet; patterns, entities and lists are shared between them."""

    def __init__(self, ruleset: RuleSet, measured: Mapping[str, float]) -> None:
        self.patterns = Patterns()
        self.frequency = combination.frequency_of(self.patterns.texts, measured)
        self._entities = {entity.id: entity for entity in ruleset.entities}
        self._lists = ruleset.lists
        self._gazetteers: dict[str, Gazetteer] = {}
        self._shared: dict[object, Evaluator] = {}

    def compile(self, rule: Rule) -> CompiledRule:
        """Compile one rule that has passed the checks."""
        mask = 0
        for name in rule.fields:
            mask |= _MASKS[name]
        scoping = Scoping(mask or TEXT, modes=frozenset({"word"} if rule.cjk == "word" else ()))
        root = self._node(rule.node, scoping)
        threshold = rule.threshold
        if threshold is None:
            threshold = float(sum(node.number for node in _scores(rule.node)))
        return CompiledRule(
            rule,
            root,
            tuple((self._node(case.when, scoping), case.severity) for case in rule.severities),
            threshold,
            frozenset(rule.languages),
        )

    def _node(self, node: Node, scoping: Scoping) -> Evaluator:
        if isinstance(node, syntax.Term | syntax.Reference | syntax.Regex):
            key = (node, scoping)
            if key not in self._shared:
                self._shared[key] = self._leaf(node, scoping)
            return self._shared[key]
        return self._composite(node, scoping)

    def _composite(self, node: syntax.Composite, scoping: Scoping) -> Evaluator:
        match node:
            case syntax.Meta():
                return _meta(node)
            case syntax.And():
                return combination.All(self._nodes(node.items, scoping))
            case syntax.Or():
                return combination.Any(self._nodes(node.items, scoping), self.frequency)
            case syntax.Not():
                return combination.Never(self._node(node.item, scoping))
            case syntax.Near():
                near = proximity.Near(
                    self._node(node.left, scoping),
                    self._node(node.right, scoping),
                    node.unit,
                    node.distance,
                    ordered=node.ordered,
                )
                return proximity.Apart(near) if node.negated else near
            case syntax.Except():
                return proximity.Without(self._node(node.left, scoping), self._node(node.right, scoping))
            case syntax.Scope():
                return self._scope(node, scoping)
            case syntax.Boost():
                return combination.Weighted(self._node(node.item, scoping), node.weight, node.cap)
            case syntax.Count():
                return combination.Counted(self._node(node.item, scoping), node.comparison, node.number)
            case syntax.First():
                return self._node(node.item, replace(scoping, first=node.number))
            case syntax.Some():
                return combination.Some(node.number, self._nodes(node.items, scoping), self.frequency)
            case syntax.Score():
                items = self._nodes(node.items, scoping)
                return combination.Scored(
                    items, node.comparison, node.number, self.frequency, per_mention=node.per_mention
                )

    def _nodes(self, items: Iterable[Node], scoping: Scoping) -> list[Evaluator]:
        return [self._node(item, scoping) for item in items]

    def _scope(self, node: syntax.Scope, scoping: Scoping) -> Evaluator:
        if node.name in _MASKS:
            return self._node(node.item, replace(scoping, mask=_MASKS[node.name]))
        if node.name in syntax.MODES:
            return self._node(node.item, replace(scoping, modes=syntax.modes_within(scoping.modes, node.name)))
        return _fact(node.name, node.item)

    # --- leaves ---

    def _leaf(self, node: syntax.Term | syntax.Reference | syntax.Regex, scoping: Scoping) -> Evaluator:
        limits = Limits(scoping.mask, scoping.first)
        if isinstance(node, syntax.Reference):
            return self._reference(node, scoping, limits)
        if isinstance(node, syntax.Regex):
            literal, check = regex_check(node)
            return evaluation.Checked(self.patterns.number(literal), limits, syntax.canonical(node), check)
        shown = syntax.show_parts(node.parts).strip()
        if node.slop:
            words = [syntax.Term((word,)) for word in shown.split()]
            return evaluation.Slop([self._leaf(word, scoping) for word in words], node.slop, shown)
        inside = "sub" in scoping.modes
        checks: list[Check] = []
        if len(node.parts) == 1 and isinstance(node.parts[0], str):
            pattern = pattern_of(node.parts[0], inside=inside)
            if "raw" in scoping.modes:
                checks.append(_exactly(node.parts[0].strip()))
            elif "case" in scoping.modes:
                checks.append(_same_case(node.parts[0]))
        else:
            wild: WildTerm = wild_term(node.parts, inside=inside)
            pattern = wild.anchor
            checks.append(wild.check)
        if "word" in scoping.modes and any(map(is_cjk, fold(shown))):
            checks.append(edge_check)
        number = self.patterns.number(pattern)
        if not checks:
            return evaluation.Word(number, limits, shown)
        return evaluation.Checked(number, limits, shown, _all_checks(checks))

    def _reference(self, node: syntax.Reference, scoping: Scoping, limits: Limits) -> Evaluator:
        if node.name in self._lists:
            return self._node(self._lists[node.name], scoping)
        entity = self._entities[node.name]
        parts: list[tuple[Gazetteer, Callable[[date | None], bool] | None]] = [(self._gazetteer(entity), None)]
        for holder, roles in holders(entity.id, self._entities.values()):
            parts.append((self._gazetteer(holder), _covering(roles)))
        return naming.Named(parts, limits, f"@{node.name}")

    def _gazetteer(self, entity: Entity) -> Gazetteer:
        known = self._gazetteers.get(entity.id)
        if known is not None:
            return known
        full = [(self._alias(alias), alias) for alias in full_forms(entity, self._entities)]
        shorts = [(self._alias(alias), alias) for alias in short_forms(entity)]
        gazetteer = self._gazetteers[entity.id] = Gazetteer(entity.id, full, shorts)
        gazetteer.excluded = tuple(
            evaluation.Word(self.patterns.number(pattern_of(text)), Limits(), text) for text in entity.excluded
        )
        gazetteer.helpers = tuple(self._helper(name) for name in entity.short_with)
        return gazetteer

    def _helper(self, name: str) -> naming.Helper:
        entity = self._entities[name]
        parts = [(self._gazetteer(entity), _covering(()))]
        parts += [(self._gazetteer(held), _covering(r)) for held, r in holders(name, self._entities.values())]
        return naming.Helper(parts)

    def _alias(self, alias: Alias) -> int:
        return self.patterns.number(pattern_of(alias.text))


Check = Callable[[Document, Sequence[Span]], Iterable[Span]]


def _all_checks(checks: Sequence[Check]) -> Check:
    def check(document: Document, spans: Sequence[Span]) -> Iterable[Span]:
        for each in checks:
            spans = list(each(document, spans))
        return spans

    return check


def _exactly(text: str) -> Check:
    return lambda document, spans: [span for span in spans if document.original_text(span) == text]


def _same_case(text: str) -> Check:
    wanted = fold_case(text)
    return lambda document, spans: [span for span in spans if fold_case(document.original_text(span)) == wanted]


def _covering(roles: Sequence[Role]) -> Callable[[date | None], bool]:
    return lambda day: not roles or any(role.covers(day) for role in roles)


def _scores(node: Node) -> Iterable[syntax.Score]:
    """Yield the scores that must be reached: at the root, or joined to others by AND there."""
    if isinstance(node, syntax.Score):
        yield node
    elif isinstance(node, syntax.And):
        for item in node.items:
            yield from _scores(item)


# --- facts about the article ---


def _meta(node: syntax.Meta) -> Evaluator:
    compare = COMPARE[node.comparison]
    shown = syntax.canonical(node)
    if node.name == "words":
        return combination.Fact(shown, lambda document: compare(document.word_count, int(node.value)))
    day = date.fromisoformat(node.value).toordinal()

    def test(document: Document) -> bool:
        published = document.article.published_on
        return published is not None and compare(published.toordinal(), day)

    return combination.Fact(shown, test)


def _fact(name: str, node: Node) -> Evaluator:
    shown = f"{name}:{syntax.canonical(node)}"
    test = _fact_test(name, node)
    return combination.Fact(shown, test)


def _fact_test(name: str, node: Node) -> Callable[[Document], bool]:
    match node:
        case syntax.Or():
            tests = [_fact_test(name, item) for item in node.items]
            return lambda document: any(test(document) for test in tests)
        case syntax.And():
            tests = [_fact_test(name, item) for item in node.items]
            return lambda document: all(test(document) for test in tests)
        case syntax.Not():
            inner = _fact_test(name, node.item)
            return lambda document: not inner(document)
        case syntax.Term():
            return _fact_term(name, node)
        case _:
            raise TypeError(f"{name}: takes terms only; the checks refuse {type(node).__name__}")


def _fact_term(name: str, term: syntax.Term) -> Callable[[Document], bool]:
    text = syntax.show_parts(term.parts)
    if name == "lang":
        primary = text.lower().split("-")[0]
        return lambda document: document.article.language.lower().split("-")[0] == primary
    if name == "country":
        return lambda document: document.article.country.lower() == text.lower()
    if any(isinstance(part, syntax.Wild) for part in term.parts):
        wild = wild_term(term.parts, inside=name == "url")
        return lambda document: wild.expression.search(document.folded_fact(name)) is not None
    if name == "url":
        return lambda document: text.lower() in document.article.url.lower()
    pattern = pattern_of(text)
    return lambda document: pattern in document.folded_fact(name)
