"""The engine: one automaton pass over an article, then exact evaluation of the rules that can match at all.

A rule can match only if each of its necessary clauses (sets of patterns) has a pattern that was found. The rarest
clause of each rule, its presearch clause, leads from the patterns found to the candidates. Which clause is taken
changes speed, never results. Rules for which no term is necessary are always evaluated (`Engine.always_run`).

An engine is never changed, so threads may share it. `updated` gives one for other rules that shares everything with
this one but a small index of what is different; `settled` gives one that has everything in one index again.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from newswatch.flag.always import why_always
from newswatch.flag.combination import All
from newswatch.flag.compiling import CompiledRule, Compiler
from newswatch.flag.document import Document
from newswatch.flag.entities import holders, reached
from newswatch.flag.evaluation import Found
from newswatch.flag.index import Presearch, Scanner
from newswatch.flag.memory import building
from newswatch.flag.mentioned import mentioned
from newswatch.flag.naming import Gazetteer
from newswatch.flag.numbering import Numbering
from newswatch.flag.reasons import distinct, evidence, reasons
from newswatch.flag.ruleset import Rule, RuleSet
from newswatch.model import Match, MatchInput, Mention, Severity

ENGINE_VERSION = "2"
"""Goes up when the same rules and the same article can give another result."""

_RANKS = {severity: severity.rank for severity in Severity}
_MOST_EDITS = 1000
"""Rules in the small index, or gone from the large one, beyond which everything is compiled anew."""


@dataclass(frozen=True, slots=True)
class _Tier:
    """An index: the rules in it by id, the numbers of their patterns, and what leads to them."""

    rules: Mapping[str, CompiledRule]
    numbering: Numbering
    scanner: Scanner
    presearch: Presearch

    @classmethod
    def of(cls, rules: Mapping[str, CompiledRule], numbering: Numbering, *, presearch: bool = True) -> "_Tier":
        return cls(rules, numbering, Scanner(numbering), Presearch(rules.values(), numbering, skip=not presearch))


class Engine:
    """Matches articles against a RuleSet."""

    def __init__(
        self,
        ruleset: RuleSet,
        *,
        max_evidence: int = 50,
        frequencies: Mapping[str, float] | None = None,
        presearch: bool = True,
    ) -> None:
        """Compile `ruleset`.

        `max_evidence` caps the mentions kept in a match. `frequencies` tells which share of recent articles contains
        a pattern (see `measure`); without it pattern lengths guide the presearch. `presearch=False` evaluates every
        rule for every article, which is slow and gives the same results.
        """
        self.ruleset = ruleset
        self.max_evidence = max_evidence
        self._index = 1
        self._presearch = presearch
        numbering = Numbering(frequencies or {})
        with building(len(ruleset.rules)):
            compiler = Compiler(ruleset, numbering)
            rules = {rule.id: compiler.compile(rule) for rule in ruleset.rules}
            compiler.compile_entities()
            self._tiers: tuple[_Tier, ...] = (_Tier.of(rules, numbering, presearch=presearch),)
        self._gazetteers = compiler.gazetteers
        self._gone: frozenset[CompiledRule] = frozenset()  # rules in the first tier that are not in force any more
        self._replaced = 0  # rules replaced since everything was compiled: their patterns are still looked for

    # --- what is in it

    @property
    def version(self) -> str:
        """What matches came from: version of the engine, hash of the rules, and the how manieth index of them."""
        return f"{ENGINE_VERSION}/{self.ruleset.hash[:12] or '-'}/{self._index}"

    @property
    def edits(self) -> int:
        """How many rules differ from the large index; `settled` brings it to 0."""
        return len(self._gone) + sum(len(tier.rules) for tier in self._tiers[1:])

    @property
    def patterns(self) -> int:
        """How many different terms are looked for."""
        return sum(len(tier.numbering.texts) for tier in self._tiers)

    @property
    def always_run(self) -> dict[str, str]:
        """The rules evaluated for every article, or every one of a language or source, with the reason.

        No term is necessary for them. A large part of them makes matching slow.
        """
        return {rule.rule.id: why_always(rule.root) for rule in self._rules() if not _needs_term(rule)}

    def compiled(self, rule_id: str) -> CompiledRule | None:
        """Return a compiled rule by id, None if there is none."""
        for tier in reversed(self._tiers):
            found = tier.rules.get(rule_id)
            if found is not None:
                return None if found in self._gone else found
        return None

    def necessary(self, rule_id: str) -> tuple[frozenset[str], ...]:
        """Return the necessary clauses of a rule, each as the patterns or facts of which an article must have one.

        They are named as by `measure`. Empty if nothing is necessary. Raises KeyError if there is no such rule.
        """
        compiled = self.compiled(rule_id)
        if compiled is None:
            raise KeyError(rule_id)
        return tuple(frozenset(self._names[number] for number in clause) for clause in compiled.clauses)

    @cached_property
    def _names(self) -> dict[int, str]:
        return {number: name for tier in self._tiers for name, number in tier.numbering.measurable()}

    def _rules(self) -> Iterator[CompiledRule]:
        for tier in self._tiers:
            for rule in tier.rules.values():
                if rule not in self._gone:
                    yield rule

    # --- matching

    def document(self, article: MatchInput) -> Document:
        """Fold `article` and find every pattern in it."""
        document = Document(article)
        for tier in self._tiers:
            tier.scanner.scan(document)
        return document

    def match(self, article: MatchInput) -> tuple[Match, ...]:
        """Return the rules that `article` satisfies, best score first, then by severity and rule id.

        Never raises, whatever the texts contain.
        """
        return self.matches(self.document(article))

    def matches(self, document: Document) -> tuple[Match, ...]:
        """Return the same for an article that `document` has read already."""
        matches = [self._match(rule, document) for rule in self._met(document)]
        matches.sort(key=lambda match: (-match.score, -_RANKS[match.severity], match.rule_id))
        return tuple(matches)

    def mentions(self, document: Document) -> tuple[Mention, ...]:
        """Return the entities that an article mentions, whether a rule asks for them or not, in the order of ids."""
        met = {gazetteer for number in document.hits for gazetteer in self._named.get(number, ())}
        return tuple(
            Mention(one.id, one.entity.type, tuple(document.original(span) for span in spans[: self.max_evidence]))
            for one, spans in mentioned(met, document)
        )

    @cached_property
    def _named(self) -> dict[int, tuple[Gazetteer, ...]]:
        """The entities that a pattern may mention."""
        named: dict[int, tuple[Gazetteer, ...]] = {}
        for gazetteer in self._gazetteers.values():
            for pattern in gazetteer.necessary:
                named[pattern] = (*named.get(pattern, ()), gazetteer)
        return named

    def matching_ids(self, article: MatchInput) -> list[str]:
        """Return the ids of the rules that `article` satisfies, without looking for evidence, in order."""
        return sorted(rule.rule.id for rule in self._met(self.document(article)))

    def _met(self, document: Document) -> Iterator[CompiledRule]:
        candidates: set[CompiledRule] = set()
        for tier in self._tiers:
            candidates |= tier.presearch.candidates(document)
        if self._gone:
            candidates -= self._gone
        exact = completes if self._presearch else satisfied
        for rule in candidates:
            if exact(rule, document):
                yield rule

    def _match(self, compiled: CompiledRule, document: Document) -> Match:
        rule, root = compiled.rule, compiled.root
        found: list[Found] = []
        root.collect(document, None, None, found)
        severity = severity_of(compiled, document)
        for evaluator, _ in compiled.severities:
            if evaluator.truth(document):
                evaluator.collect(document, None, None, found)
                break
        mentions = distinct(found)
        return Match(
            rule_id=rule.id,
            rule_name=rule.name,
            rule_hash=rule.hash,
            severity=severity,
            score=root.sum(document) if isinstance(root, All) else root.score(document),
            threshold=compiled.threshold,
            tags=rule.tags,
            evidence=evidence(document, mentions, self.max_evidence),
            evidence_total=len(mentions),
            why=reasons(compiled, document),
        )

    def measure(self, articles: Iterable[MatchInput]) -> dict[str, float]:
        """Return the share of `articles` that contains each pattern found: the `frequencies` of a faster engine."""
        counts: dict[int, int] = {}
        total = 0
        for article in articles:
            total += 1
            for number in self.document(article).hits:
                counts[number] = counts.get(number, 0) + 1
        names = (entry for tier in self._tiers for entry in tier.numbering.measurable())
        return {name: counts[number] / total for name, number in names if number in counts}

    # --- other rules, other frequencies

    def updated(self, ruleset: RuleSet) -> "Engine":
        """Return an engine for `ruleset`, compiling only the rules that differ from those of this engine.

        Gives the same results as a new one. Quick for up to a thousand changes since the last `settled`; beyond that
        everything is compiled anew.
        """
        base = self._tiers[0]
        kept, changed = self._compare(ruleset)
        edits = {rule.rule.id: rule for rule in kept if base.rules.get(rule.rule.id) is not rule}
        gone = frozenset(base.rules.values()).difference(kept)
        if len(edits) + len(changed) > _MOST_EDITS or len(gone) > _MOST_EDITS:
            return Engine(ruleset, max_evidence=self.max_evidence, frequencies=base.numbering.measured)
        numbering = self._tiers[-1].numbering.continued()
        compiler = Compiler(ruleset, numbering, self._still_right(ruleset))
        edits.update((rule.id, compiler.compile(rule)) for rule in changed)
        compiler.compile_entities()
        tiers = (base, _Tier.of(edits, numbering)) if edits or numbering.texts else (base,)
        return self._like_this(ruleset, tiers, compiler.gazetteers, gone, self._replaced + len(changed))

    def settled(self, frequencies: Mapping[str, float] | None = None) -> "Engine":
        """Return an engine for the same rules with one index, chosen anew by `frequencies` if these are given.

        Nothing is compiled, unless many rules have been replaced since that was done last.
        """
        if frequencies is None and not self.edits:
            return self
        measured = self._tiers[0].numbering.measured if frequencies is None else frequencies
        rules = {rule.rule.id: rule for rule in self._rules()}
        if self._replaced > max(_MOST_EDITS, len(rules) // 4):
            return Engine(self.ruleset, max_evidence=self.max_evidence, frequencies=measured)
        with building(len(rules)):
            tier = _Tier.of(rules, self._tiers[-1].numbering.merged(measured))
        return self._like_this(self.ruleset, (tier,), self._gazetteers, frozenset(), self._replaced)

    def _compare(self, ruleset: RuleSet) -> tuple[set[CompiledRule], list[Rule]]:
        """Return the compiled rules that stay in force, and the rules that must be compiled."""
        before = self.ruleset
        same_names = before.entities == ruleset.entities and before.lists == ruleset.lists
        kept: set[CompiledRule] = set()
        changed: list[Rule] = []
        for rule in ruleset.rules:
            known = self.compiled(rule.id)
            # The hash tells of everything that a rule refers to; rules made by hand may have none.
            if known is not None and (rule.hash or same_names) and (known.rule is rule or known.rule == rule):
                kept.add(known)
            else:
                changed.append(rule)
        return kept, changed

    def _still_right(self, ruleset: RuleSet) -> list[Gazetteer]:
        """Return the compiled entities that depend on nothing that differs in `ruleset`."""
        if self.ruleset.entities == ruleset.entities:
            return list(self._gazetteers.values())
        entities, held = {entity.id: entity for entity in ruleset.entities}, holders(ruleset.entities)
        before = holders(self.ruleset.entities)
        old = {entity.id: entity for entity in self.ruleset.entities}
        right: list[Gazetteer] = []
        for gazetteer in self._gazetteers.values():
            seen: set[str] = set()
            stack = [gazetteer.id]
            while stack:
                name = stack.pop()
                if name in seen:
                    continue
                seen.add(name)
                if name not in entities or entities[name] != old.get(name):
                    break
                stack.extend((*reached(entities[name], held), *reached(entities[name], before)))
            else:
                right.append(gazetteer)
        return right

    def _like_this(
        self,
        ruleset: RuleSet,
        tiers: tuple[_Tier, ...],
        gazetteers: dict[str, Gazetteer],
        gone: frozenset[CompiledRule],
        replaced: int,
    ) -> "Engine":
        engine = object.__new__(Engine)
        engine.max_evidence = self.max_evidence
        engine._index = self._index + 1
        engine._presearch = self._presearch
        engine._tiers = tiers
        engine._gazetteers = gazetteers
        engine._gone = gone
        engine._replaced = replaced
        own = [engine.compiled(rule.id) for rule in ruleset.rules]  # not equal ones besides: that is memory
        engine.ruleset = replace(ruleset, rules=tuple(rule.rule for rule in own if rule is not None))
        return engine


def _needs_term(rule: CompiledRule) -> bool:
    return any(all(number >= 0 for number in clause) for clause in rule.clauses)


def completes(compiled: CompiledRule, document: Document) -> bool:
    """Whether a document to which presearch has found the rule, so that it has each of its clauses, satisfies it."""
    for clause in compiled.absent:
        if not document.hits.isdisjoint(clause):
            return False
    for node in compiled.rest:
        if not node.truth(document):
            return False
    least = compiled.rule.threshold
    return least is None or compiled.root.score(document) >= least


def satisfied(compiled: CompiledRule, document: Document) -> bool:
    """Whether `document` satisfies the rule: languages, query and least score, by the query's tree alone."""
    if compiled.home is not None and compiled.home.isdisjoint(document.languages):
        return False
    if not compiled.root.truth(document):
        return False
    least = compiled.rule.threshold
    return least is None or compiled.root.score(document) >= least


def severity_of(compiled: CompiledRule, document: Document) -> Severity:
    """Return the severity of the first case that holds, else the rule's own."""
    for evaluator, severity in compiled.severities:
        if evaluator.truth(document):
            return severity
    return compiled.rule.severity
