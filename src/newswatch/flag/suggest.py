"""A rule from examples: terms and entities that tell them from other articles, and a query that finds them.

`Suggester` is given examples, articles that are none, and then one article of the archive after another. What it
suggests is short: clauses (a term, or terms near each other) that find the examples and little else, joined by OR.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import sqrt

from newswatch.flag import syntax
from newswatch.flag.candidates import offers
from newswatch.flag.clauses import Atom, Chooser, Joint, any_of, bits_of, nested, numbers_of
from newswatch.flag.contrast import contrast
from newswatch.flag.document import Document, Span
from newswatch.flag.matching import Engine
from newswatch.flag.ruleset import Rule, RuleSet
from newswatch.flag.syntax import Node, canonical
from newswatch.model import MatchInput

_OFFERS = 2_000  # terms that are counted in the archive
_TERMS = 40  # that clauses are made of
_TOO_COMMON = 0.3  # share of the archive in which a term tells nothing
_OF_ANOTHER = 0.7  # of another entity's mentions: an entity with fewer, all of them the other's, is a part of it
_MEANT = 0.5  # of a term's mentions in the examples are a longer term: the longer one is meant


@dataclass(frozen=True, slots=True)
class Term:
    """A term or entity with what speaks for it. `examples`, `others` and `archive` count articles that have it."""

    query: str
    entity: bool
    contrast: float  # standard deviations, see `newswatch.flag.contrast`
    examples: int
    others: int
    archive: int


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of the suggested query. `archive` counts articles that have its terms, near each other or not."""

    query: str
    examples: int
    others: int
    archive: int


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The query, what it is made of, and other clauses that find examples. Empty where the examples share nothing."""

    query: str
    terms: tuple[Term, ...]
    clauses: tuple[Clause, ...]
    excluded: tuple[str, ...]
    alternatives: tuple[Clause, ...]
    missed: tuple[int, ...]  # examples that the query does not find, counted from 0
    ruleset: RuleSet
    possible: tuple[int, ...]  # articles of the archive that can meet it, counted from 0


class Suggester:
    """Gathers figures about examples and archive, then suggests a query."""

    def __init__(self, ruleset: RuleSet, examples: Sequence[MatchInput], others: Sequence[MatchInput] = ()) -> None:
        """Take the entities and lists of `ruleset`, examples (at least one) and articles that must not be found."""
        self._ruleset = ruleset
        self._examples = len(examples)
        self._words = self._archive_words = self._archive = 0
        nodes = [*_entities(ruleset, [*examples, *others]), *_offered(examples), *_offered(others)]
        self._engine = _engine(ruleset, dict.fromkeys(nodes))
        self._atoms = [
            Atom(rule.node, isinstance(rule.node, syntax.Reference), compiled.root)
            for rule in self._engine.ruleset.rules
            if (compiled := self._engine.compiled(rule.id)) is not None
        ]
        self._by_pattern: dict[int, list[Atom]] = {}
        for atom in self._atoms:
            for pattern in atom.root.clauses[0]:
                self._by_pattern.setdefault(pattern, []).append(atom)
        self._documents = [self._engine.document(article) for article in examples]
        for number, document in enumerate(self._documents):
            self._words += document.word_count
            for atom in self._found(document):
                atom.examples |= 1 << number
                atom.count += len(atom.root.spans(document))
        for number, article in enumerate(others):
            for atom in self._found(self._engine.document(article)):
                atom.others |= 1 << number

    def _found(self, document: Document) -> Iterator[Atom]:
        lists = (self._by_pattern[pattern] for pattern in document.hits if pattern in self._by_pattern)
        touched = {id(atom): atom for atoms in lists for atom in atoms}
        return (atom for atom in touched.values() if atom.root.truth(document))

    def observe(self, article: MatchInput) -> None:
        """Count an article of the archive that is neither an example nor one that must not be found."""
        document = self._engine.document(article)
        self._archive_words += document.word_count
        for atom in self._found(document):
            atom.archive.append(self._archive)
            atom.archive_count += len(atom.root.spans(document))
        self._archive += 1

    def suggest(self, look: Callable[[int], MatchInput | None] | None = None) -> Suggestion:
        """Return the query that finds the examples and as little else as possible.

        `look` gives an article that was observed once more, by its number from 0, so that a few promising clauses can
        be judged by whether their terms are near each other in the archive, and not only in it.
        """
        chooser = Chooser(self._documents, self._archive)
        atoms = self._telling(chooser)
        joints = chooser.joints(atoms)
        if look is not None:
            joints = chooser.looked_at(joints, lambda number: self._once_more(look(number)))
        clauses = chooser.cover(joints, atoms)
        excluded = chooser.exclusions(clauses, self._atoms)
        nodes = tuple(clause.node for clause in clauses)
        node = None if not nodes else nodes[0] if len(nodes) == 1 else syntax.Or(nodes)
        possible = any_of(clause.archive for clause in clauses)
        if node is not None and excluded:
            unwanted = tuple(atom.node for atom in excluded)
            node = syntax.And((node, syntax.Not(unwanted[0] if len(unwanted) == 1 else syntax.Or(unwanted))))
            possible &= ~any_of(atom.bits for atom in excluded)
        found = any_of(clause.examples for clause in clauses)
        return Suggestion(
            query="" if node is None else _outer(canonical(node)),
            terms=tuple(self._term(atom) for atom in atoms),
            clauses=tuple(map(_clause, clauses)),
            excluded=tuple(canonical(atom.node) for atom in excluded),
            alternatives=tuple(_clause(one) for one in chooser.alternatives(joints, clauses)),
            missed=tuple(number for number in range(self._examples) if not found >> number & 1),
            ruleset=self._rule(node),
            possible=tuple(numbers_of(possible)),
        )

    def _once_more(self, article: MatchInput | None) -> Document | None:
        return None if article is None else self._engine.document(article)

    def _rule(self, node: Node | None) -> RuleSet:
        rules = () if node is None else (Rule(id="suggested", name="Suggested", query=canonical(node)),)
        return RuleSet(rules, self._ruleset.entities, self._ruleset.lists)

    # --- terms ---

    def _telling(self, chooser: Chooser) -> list[Atom]:
        """Return the atoms that tell the examples from the archive, most telling first."""
        for atom in self._atoms:
            atom.bits = bits_of(atom.archive, self._archive)
            atom.contrast = contrast(atom.count, self._words, atom.archive_count, self._archive_words)
            if not self._archive:  # nothing to compare with
                atom.contrast = sqrt(atom.count)
        able = [
            atom
            for atom in self._atoms
            if atom.examples
            and atom.contrast > 0
            and (atom.entity or len(atom.archive) <= _TOO_COMMON * max(self._archive, 10))
        ]
        able.sort(key=lambda atom: (-chooser.weight(atom), canonical(atom.node)))
        return _without_parts(self._without_names(able))[:_TERMS]

    def _without_names(self, atoms: list[Atom]) -> list[Atom]:
        """Leave out terms that are only parts of an entity in the examples, and entities that are parts of another."""
        entities = [atom for atom in self._atoms if atom.entity and atom.examples]
        spans = {id(atom): [atom.root.spans(document) for document in self._documents] for atom in (*atoms, *entities)}
        return [
            atom
            for atom in atoms
            if not any(
                other is not atom
                and (not atom.entity or atom.count < _OF_ANOTHER * other.count)
                and _all_inside(spans[id(atom)], spans[id(other)])
                for other in entities
            )
        ]

    def _term(self, atom: Atom) -> Term:
        return Term(
            query=canonical(atom.node),
            entity=atom.entity,
            contrast=round(atom.contrast, 2),
            examples=atom.examples.bit_count(),
            others=atom.others.bit_count(),
            archive=len(atom.archive),
        )


def _all_inside(spans: list[list[Span]], others: list[list[Span]]) -> bool:
    """Whether every mention lies in a mention of something else, article by article."""
    return all(
        any(low <= span[0] and span[1] <= high for low, high in around)
        for own, around in zip(spans, others, strict=True)
        for span in own
    )


def _without_parts(atoms: list[Atom]) -> list[Atom]:
    """Of terms inside each other that the same examples have, keep the longest that is mentioned about as often."""
    kept: list[Atom] = []
    for atom in atoms:
        same = [one for one in kept if one.examples == atom.examples and nested(one, atom)]
        if not same:
            kept.append(atom)
            continue
        longer = len(canonical(atom.node)) > len(canonical(same[0].node)) and atom.count >= _MEANT * same[0].count
        if longer:
            kept[kept.index(same[0])] = atom
    return kept


def _entities(ruleset: RuleSet, articles: Sequence[MatchInput]) -> list[Node]:
    """Return references to the entities that articles mention."""
    engine = _engine(ruleset, {syntax.Reference(entity.id): None for entity in ruleset.entities})
    found: dict[Node, None] = {}
    for article in articles:
        document = engine.document(article)
        for rule in engine.ruleset.rules:
            compiled = engine.compiled(rule.id)
            if compiled is not None and compiled.root.truth(document):
                found[rule.node] = None
    return list(found)


def _engine(ruleset: RuleSet, nodes: dict[Node, None]) -> Engine:
    rules = tuple(Rule(id=f"t{number}", name="", query=canonical(node)) for number, node in enumerate(nodes))
    return Engine(RuleSet(rules, ruleset.entities, ruleset.lists))


def _offered(articles: Sequence[MatchInput]) -> list[Node]:
    """Return terms of articles, those that stand in most of them first."""
    found = sorted(offers(articles).items(), key=lambda item: (-len(item[1].articles), -item[1].count, item[0]))
    return [syntax.Term((offer.shown,)) for _, offer in found[:_OFFERS]]


def _clause(joint: Joint) -> Clause:
    return Clause(
        query=canonical(joint.node),
        examples=joint.examples.bit_count(),
        others=joint.others.bit_count(),
        archive=joint.archive.bit_count(),
    )


def _outer(query: str) -> str:
    """Return a query without the parentheses around the whole of it."""
    if not query.startswith("("):
        return query
    depth = 0
    for at, char in enumerate(query):
        depth += (char == "(") - (char == ")")
        if depth == 0:
            return query[1:-1] if at == len(query) - 1 else query
    return query
