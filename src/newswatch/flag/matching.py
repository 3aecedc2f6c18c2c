"""The engine: one automaton pass over an article, then exact evaluation of the rules that can match at all.

A rule can match only if each of its necessary clauses (sets of patterns) has a pattern that was found. The rarest
clause of each rule, its presearch clause, leads from the patterns found to the candidates. Which clause is taken
changes speed, never results. Rules without any clause are always evaluated (`Engine.always_run`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ahocorasick_rs import AhoCorasick

from newswatch.flag.combination import cheapest
from newswatch.flag.compiling import CompiledRule, Compiler
from newswatch.flag.document import Document
from newswatch.flag.evaluation import Clause, Found
from newswatch.flag.reasons import distinct, evidence, reasons
from newswatch.flag.ruleset import RuleSet
from newswatch.model import Match, MatchInput, Severity

ENGINE_VERSION = "1"
"""Goes up when the same rules and the same article can give another result."""


@dataclass(frozen=True, slots=True)
class _Slot:
    """A compiled rule and the clauses left to test once its presearch clause has hit."""

    compiled: CompiledRule
    others: tuple[Clause, ...]


class Engine:
    """Matches articles against a RuleSet. Holds no state that matching changes, so it may be shared and copied."""

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
        compiler = Compiler(ruleset, frequencies or {})
        compiled = [compiler.compile(rule) for rule in ruleset.rules]
        self._by_id = {rule.rule.id: rule for rule in compiled}
        self._patterns = compiler.patterns.texts
        self._margins = compiler.patterns.margins
        self._automaton = AhoCorasick(self._patterns) if self._patterns else None
        self._slots: list[_Slot] = []
        self._always: list[int] = []
        index: dict[int, list[int]] = {}
        for number, rule in enumerate(compiled):
            clause = cheapest(rule.root.clauses, compiler.frequency) if presearch else None
            if clause is None:
                self._always.append(number)
                self._slots.append(_Slot(rule, ()))
                continue
            self._slots.append(_Slot(rule, tuple(other for other in rule.root.clauses if other is not clause)))
            for pattern in clause:
                index.setdefault(pattern, []).append(number)
        self._index = {pattern: tuple(numbers) for pattern, numbers in index.items()}

    @property
    def always_run(self) -> tuple[str, ...]:
        """The ids of rules that are evaluated for every article because no term is necessary for them."""
        return tuple(self._slots[number].compiled.rule.id for number in self._always)

    def compiled(self, rule_id: str) -> CompiledRule | None:
        """Return a compiled rule by id, None if there is none."""
        return self._by_id.get(rule_id)

    def necessary(self, rule_id: str) -> tuple[frozenset[str], ...]:
        """Return the necessary clauses of a rule, each as the patterns of which an article must have one.

        Pattern texts are those of `measure`. Empty for rules that are always run.
        """
        compiled = self._by_id[rule_id]
        return tuple(frozenset(self._patterns[number] for number in clause) for clause in compiled.root.clauses)

    def document(self, article: MatchInput) -> Document:
        """Fold `article` and find every pattern in it."""
        document = Document(article)
        if self._automaton is not None:
            document.found = self._automaton.find_matches_as_indexes(document.joined, overlapping=True)
            document.hits = {found[0] for found in document.found}
            document.margins = self._margins
        return document

    def match(self, article: MatchInput) -> tuple[Match, ...]:
        """Return the rules that `article` satisfies, best score first, then by severity and rule id.

        Never raises, whatever the texts contain.
        """
        document = self.document(article)
        matches = [self._match(rule, document) for rule in self._candidates(document) if satisfied(rule, document)]
        matches.sort(key=lambda match: (-match.score, -match.severity.rank, match.rule_id))
        return tuple(matches)

    def _candidates(self, document: Document) -> Iterable[CompiledRule]:
        hits, index = document.hits, self._index
        numbers = set(self._always)
        for pattern in hits:
            if pattern in index:
                numbers.update(index[pattern])
        language = document.article.language.lower().split("-")[0]
        for number in sorted(numbers):
            slot = self._slots[number]
            languages = slot.compiled.languages
            if languages and language not in languages:
                continue
            for clause in slot.others:
                if hits.isdisjoint(clause):
                    break
            else:
                yield slot.compiled

    def _match(self, compiled: CompiledRule, document: Document) -> Match:
        rule = compiled.rule
        found: list[Found] = []
        compiled.root.collect(document, None, None, found)
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
            score=compiled.root.score(document),
            threshold=compiled.threshold,
            tags=rule.tags,
            evidence=evidence(document, mentions, self.max_evidence),
            evidence_total=len(mentions),
            why=reasons(compiled, document),
        )

    def measure(self, articles: Iterable[MatchInput]) -> dict[str, float]:
        """Return the share of `articles` that contains each pattern: the `frequencies` of a faster engine."""
        counts: dict[int, int] = {}
        total = 0
        for article in articles:
            total += 1
            for pattern in self.document(article).hits:
                counts[pattern] = counts.get(pattern, 0) + 1
        return {text: counts.get(number, 0) / total for number, text in enumerate(self._patterns)} if total else {}


def satisfied(compiled: CompiledRule, document: Document) -> bool:
    """Whether `document` satisfies the rule's query and reaches its least score (languages are not looked at)."""
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
