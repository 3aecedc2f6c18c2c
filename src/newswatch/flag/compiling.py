"""From syntax tree to compiled rule: patterns for the automaton, evaluators, necessary clauses."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import reduce

from newswatch.flag import combination, evaluation, naming, proximity, syntax
from newswatch.flag.document import BODY, LEAD, TEXT, TITLE, Document, Span
from newswatch.flag.entities import Entity, Role, holders
from newswatch.flag.evaluation import COMPARE, Clause, Evaluator, Limits
from newswatch.flag.naming import Gazetteer
from newswatch.flag.normalise import fold, fold_case, is_cjk, pattern_of
from newswatch.flag.numbering import Numbering
from newswatch.flag.patterns import WildTerm, regex_check, wild_term
from newswatch.flag.ruleset import Rule, RuleSet
from newswatch.flag.syntax import Node
from newswatch.flag.words import edge_check
from newswatch.languages import compared, narrower
from newswatch.model import Severity

_MANY = 64  # alternatives beyond which it pays to look up those that can hold
_MASKS = {"title": TITLE, "lead": LEAD, "body": BODY, "text": TEXT}


@dataclass(frozen=True, slots=True, eq=False)
class Scoping:
    """What surrounds a term in its query: fields, first words, ways of comparing. Of equal ones there is only one."""

    mask: int = TEXT
    first: int | None = None
    modes: frozenset[str] = frozenset()


class CompiledRule:
    """A rule ready to be evaluated.

    It holds if each of `clauses` and none of `absent` has a pattern that was found, and all of `rest` hold. `home` are
    the languages of the articles that it can match, None for all.
    """

    __slots__ = ("absent", "home", "rest", "root", "rule", "severities", "threshold")

    def __init__(
        self,
        rule: Rule,
        root: Evaluator,
        severities: tuple[tuple[Evaluator, Severity], ...],
        threshold: float,
        home: frozenset[str] | None,
    ) -> None:
        """`threshold` is shown with a match; the one that the rule asks for is the rule's own."""
        self.rule = rule
        self.root = root
        self.severities = severities
        self.threshold = threshold
        self.home = home
        parts = tuple(_parts(root))
        self.absent: tuple[Clause, ...] = tuple(_absence(part) for part in parts if _absence(part))
        self.rest = tuple(part for part in parts if not (part.exact or _absence(part)))

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """The necessary clauses of the query."""
        return self.root.clauses


def _parts(node: Evaluator) -> Iterator[Evaluator]:
    """Yield what must hold together."""
    if isinstance(node, combination.All):
        for item in node.items:
            yield from _parts(item)
    else:
        yield node


def _absence(node: Evaluator) -> Clause:
    """Return the patterns of which none may be found, if that is all that `node` says; empty otherwise."""
    if isinstance(node, combination.Never) and node.item.exact and len(node.item.clauses) == 1:
        return node.item.clauses[0]
    return ()


class Compiler:
    """Compiles rules of one RuleSet; patterns, entities and lists are shared between them."""

    def __init__(self, ruleset: RuleSet, numbering: Numbering, gazetteers: Iterable[Gazetteer] = ()) -> None:
        """Give patterns their numbers in `numbering`; `gazetteers` are compiled already and still right."""
        self._numbering = numbering
        self.frequency = numbering.share
        self.gazetteers = {gazetteer.id: gazetteer for gazetteer in gazetteers}
        self._entities = {entity.id: entity for entity in ruleset.entities}
        self._holders = holders(ruleset.entities)
        self._lists = ruleset.lists
        self._shared: dict[object, Evaluator] = {}
        self._homes: dict[frozenset[str], frozenset[str]] = {}
        self._scopings: dict[tuple[int, int | None, frozenset[str]], Scoping] = {}
        self._bounds: dict[tuple[int, int | None], Limits | None] = {}

    def compile(self, rule: Rule) -> CompiledRule:
        """Compile one rule that has passed the checks."""
        mask = 0
        for name in rule.fields:
            mask |= _MASKS[name]
        scoping = self._only(Scoping(mask or TEXT, modes=frozenset({"word"} if rule.cjk == "word" else ())))
        node = rule.node
        root = self._node(node, scoping)
        threshold = rule.threshold
        if threshold is None:
            threshold = float(sum(item.number for item in _scores(node))) or 0.0  # of these there need be only one
        cases = tuple((self._node(case.when, scoping), case.severity) for case in rule.severities)
        return CompiledRule(rule, root, cases, threshold, self._home(rule, node))

    def _only(self, scoping: Scoping) -> Scoping:
        """Return the one scoping that is like `scoping`, so that it is compared by identity: it is all the time."""
        return self._scopings.setdefault((scoping.mask, scoping.first, scoping.modes), scoping)

    def _home(self, rule: Rule, node: Node) -> frozenset[str] | None:
        """Return the languages of the articles that `rule` can match, None for all."""
        asked = frozenset(map(compared, rule.languages))
        said = _languages(node)
        home = said if not asked else asked if said is None else narrower(asked, said)
        return None if home is None else self._homes.setdefault(home, home)

    def _node(self, node: Node, scoping: Scoping) -> Evaluator:
        if isinstance(node, syntax.Term | syntax.Reference | syntax.Regex):
            # Trees are gone once a rule is compiled; keys made of them would leave holes everywhere in memory.
            key = (node.parts, node.slop, scoping) if isinstance(node, syntax.Term) else (node, scoping)
            known = self._shared.get(key)
            if known is None:
                known = self._shared[key] = self._leaf(node, scoping)
            return known
        return self._composite(node, scoping)

    def _composite(self, node: syntax.Composite, scoping: Scoping) -> Evaluator:
        match node:
            case syntax.Meta():
                return _meta(node)
            case syntax.And():
                return combination.All(self._nodes(node.items, scoping))
            case syntax.Or():
                return self._any(self._nodes(node.items, scoping))
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
                return self._node(node.item, self._only(replace(scoping, first=node.number)))
            case syntax.Some():
                return combination.Some(node.number, self._nodes(node.items, scoping), self.frequency)
            case syntax.Score():
                items = self._nodes(node.items, scoping)
                return combination.Scored(
                    items, node.comparison, node.number, self.frequency, per_mention=node.per_mention
                )

    def _any(self, items: list[Evaluator]) -> Evaluator:
        """Return one evaluator for all ORs of the same items: names and lists come up again and again."""
        key = tuple(items)
        known = self._shared.get(key)
        if known is None:
            kind = combination.AnyOfMany if len(key) > _MANY else combination.Any
            known = kind(key, self.frequency)
            self._shared[known.items] = known
        return known

    def _nodes(self, items: Iterable[Node], scoping: Scoping) -> list[Evaluator]:
        return [self._node(item, scoping) for item in items]

    def _scope(self, node: syntax.Scope, scoping: Scoping) -> Evaluator:
        if node.name in _MASKS:
            return self._node(node.item, self._only(replace(scoping, mask=_MASKS[node.name])))
        if node.name in syntax.MODES:
            modes = syntax.modes_within(scoping.modes, node.name)
            return self._node(node.item, self._only(replace(scoping, modes=modes)))
        shown = syntax.canonical(node)
        return combination.Facts(shown, self._fact(node.name, node.item, shown))

    def _fact(self, name: str, node: Node, shown: str) -> Evaluator:
        match node:
            case syntax.Or():
                items = [self._fact(name, item, shown) for item in node.items]
                return combination.Any(items, self.frequency)
            case syntax.And():
                return combination.All([self._fact(name, item, shown) for item in node.items])
            case syntax.Not():
                return combination.Never(self._fact(name, node.item, shown))
            case syntax.Term():
                return self._known(name, node, shown)
            case _:
                raise TypeError(f"{name}: takes terms only; the checks refuse {type(node).__name__}")

    def _known(self, name: str, term: syntax.Term, shown: str) -> Evaluator:
        text = syntax.show_parts(term.parts)
        if name == "lang":
            text = compared(text)
        elif any(isinstance(part, syntax.Wild) for part in term.parts) and name != "country":
            expression = wild_term(term.parts, inside=name == "url").expression
            return combination.Fact(shown, lambda document: expression.search(document.folded_fact(name)) is not None)
        elif name in {"country", "url"}:
            text = text.lower()
        else:
            text = pattern_of(text)
        return combination.Known(shown, self._numbering.fact(name, text))

    # --- leaves ---

    def _leaf(self, node: syntax.Term | syntax.Reference | syntax.Regex, scoping: Scoping) -> Evaluator:
        limits = self._limits(scoping)
        if isinstance(node, syntax.Reference):
            return self._reference(node, scoping, limits)
        if isinstance(node, syntax.Regex):
            literal, check = regex_check(node)
            return evaluation.Checked(self._numbering.term(literal), limits, syntax.canonical(node), check)
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
        number = self._numbering.term(pattern)
        if not checks:
            return evaluation.Word(number, limits, pattern if pattern.strip() == shown else shown)
        return evaluation.Checked(number, limits, shown, _all_checks(checks))

    def _reference(self, node: syntax.Reference, scoping: Scoping, limits: Limits | None) -> Evaluator:
        if node.name in self._lists:
            return self._node(self._lists[node.name], scoping)
        entity = self._entities[node.name]
        parts: list[tuple[Gazetteer, Callable[[date | None], bool] | None]] = [(self._gazetteer(entity), None)]
        for holder, roles in self._holders.get(entity.id, ()):
            parts.append((self._gazetteer(holder), _covering(roles)))
        return naming.Named(parts, limits, f"@{node.name}")

    def _limits(self, scoping: Scoping) -> Limits | None:
        key = (scoping.mask, scoping.first)
        if key not in self._bounds:
            self._bounds[key] = Limits.of(*key)
        return self._bounds[key]

    def compile_entities(self) -> None:
        """Have every entity looked for, also those that no rule names."""
        for entity in self._entities.values():
            self._gazetteer(entity)

    def _gazetteer(self, entity: Entity) -> Gazetteer:
        known = self.gazetteers.get(entity.id)
        if known is not None:
            return known
        gazetteer = self.gazetteers[entity.id] = Gazetteer(entity, self._entities, self._numbering.term)
        gazetteer.excluded = tuple(
            evaluation.Word(self._numbering.term(pattern_of(text)), None, text) for text in entity.excluded
        )
        gazetteer.helpers = tuple(self._helper(name) for name in entity.short_with)
        return gazetteer

    def _helper(self, name: str) -> naming.Helper:
        entity = self._entities[name]
        parts = [(self._gazetteer(entity), _covering(()))]
        parts += [(self._gazetteer(held), _covering(roles)) for held, roles in self._holders.get(name, ())]
        return naming.Helper(parts)


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


def _languages(node: Node) -> frozenset[str] | None:
    """Return the languages to which `lang:` limits `node`, None if there is no limit."""
    match node:
        case syntax.Scope() if node.name == "lang":
            return _languages_listed(node.item)
        case syntax.And():
            limits = [limit for item in node.items if (limit := _languages(item)) is not None]
            return reduce(narrower, limits) if limits else None
        case syntax.Or():
            return _all_known([_languages(item) for item in node.items])
        case _:
            return None


def _languages_listed(node: Node) -> frozenset[str] | None:
    match node:
        case syntax.Term():
            return frozenset((compared(syntax.show_parts(node.parts)),))
        case syntax.Or():
            return _all_known([_languages_listed(item) for item in node.items])
        case _:
            return None


def _all_known(choices: Sequence[frozenset[str] | None]) -> frozenset[str] | None:
    known = [choice for choice in choices if choice is not None]
    return frozenset().union(*known) if len(known) == len(choices) else None
