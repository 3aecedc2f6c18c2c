"""Rules over the invented world, as trees that can be written in the language of each engine.

The mix is that of media monitoring: who AND what, two names near each other, names in four scripts, exclusions,
phrases, wildcards, k of n, scores. Terms in Korean, Japanese and Chinese mean the substring, as in newswatch; NEAR
stands between Latin terms only, because engines count distances in unspaced text in different ways.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from bench.rules.dice import Dice, Zipf
from bench.rules.world import ACTORS, LANGUAGES, TOPICS, Actor, Topic, world
from newswatch.flag.ruleset import Rule, RuleSet

SIZES = (10, 100, 1_000, 10_000, 100_000)
WILDCARDS, MANY_WILDCARDS = 0.04, 0.28
"""Shares of rules with a prefix: of the usual rules, and of the set with many."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word or phrase; with `prefix` the last word may go on."""

    text: str
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class All:
    """Each of the items."""

    items: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Any:
    """At least one of the items."""

    items: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    """Not the item. Stands only beside something else in All."""

    item: "Node"


@dataclass(frozen=True, slots=True)
class Near:
    """One of the left terms and one of the right with at most `words` words between them, in either order."""

    left: tuple[Term, ...]
    right: tuple[Term, ...]
    words: int


@dataclass(frozen=True, slots=True)
class Some:
    """At least `number` of the items."""

    number: int
    items: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Score:
    """Weights of the items that hold, at least `least` in sum."""

    items: "tuple[tuple[Node, int], ...]"
    least: int


Node = Term | All | Any | Not | Near | Some | Score


def queries(count: int, *, wildcards: float = WILDCARDS) -> Iterator[Node]:
    """Make `count` rules, `wildcards` of them with a prefix. The first ones are the same whatever the count."""
    dice = Dice(f"rules {wildcards}")
    for _ in range(count):
        yield _rule(dice, wildcards)


def plain(node: Node) -> Node:
    """Return an equal query of Term, All, Any, Not and Near alone, for engines that know neither k of n nor scores."""
    match node:
        case Some():
            return Any(tuple(All(chosen) for chosen in combinations(map(plain, node.items), node.number)))
        case Score():
            return Any(tuple(_ways(node)))
        case All():
            return All(tuple(map(plain, node.items)))
        case Any():
            return Any(tuple(map(plain, node.items)))
        case Not():
            return Not(plain(node.item))
        case _:
            return node


def _ways(score: Score) -> Iterator[Node]:
    """Yield each smallest set of items that reaches the sum: those without the one negative item, then those with."""
    good = [(plain(item), weight) for item, weight in score.items if weight > 0]
    (bad, loss), *others = [(plain(item), weight) for item, weight in score.items if weight < 0]
    if others:
        raise ValueError("a score has one negative item here; more would need every subset of them")
    for needed, without in ((score.least, (Not(bad),)), (score.least - loss, ())):
        reaching: list[frozenset[int]] = []
        for size in range(1, len(good) + 1):
            for chosen in combinations(range(len(good)), size):
                enough = sum(good[index][1] for index in chosen) >= needed
                if enough and not any(known.issubset(chosen) for known in reaching):
                    reaching.append(frozenset(chosen))
                    yield All((*(good[index][0] for index in chosen), *without))


# --- in newswatch's language ---


def newswatch(node: Node) -> str:
    """Write `node` as newswatch reads it."""
    match node:
        case Term():
            return f'"{node.text}*"' if node.prefix else f'"{node.text}"'
        case All():
            return f"({' AND '.join(map(newswatch, node.items))})"
        case Any():
            return f"({' OR '.join(map(newswatch, node.items))})"
        case Not():
            return f"NOT {newswatch(node.item)}"
        case Near():
            return f"({newswatch(Any(node.left))} NEAR/{node.words} {newswatch(Any(node.right))})"
        case Some():
            return f"{node.number} OF ({', '.join(map(newswatch, node.items))})"
        case Score():
            items = ", ".join(f"{newswatch(item)}^{weight}" for item, weight in node.items)
            return f"SCORE({items}) >= {node.least}"


def ruleset(nodes: Iterable[Node]) -> RuleSet:
    """Return `nodes` as newswatch rules: r0, r1 and so on."""
    texts = map(newswatch, nodes)
    return RuleSet(tuple(Rule(f"r{number}", f"r{number}", text) for number, text in enumerate(texts)))


# --- making them ---

_ACTOR = Zipf(ACTORS, shift=6.0)


def _rule(dice: Dice, wildcards: float) -> Node:
    maker = _Maker(dice, world().topics[dice.below(TOPICS)])
    if dice.chance(wildcards):
        return maker.wildcard()
    kind = dice.random()
    if kind < 0.30:
        return All((maker.who(), maker.what()))
    if kind < 0.44:
        return All((maker.who(), maker.who(), maker.what()))
    if kind < 0.50:
        return All((Near(maker.latin(), maker.english(), dice.pick((3, 5, 10))), maker.what()))
    if kind < 0.56:
        return Near(maker.latin(), maker.latin(), dice.pick((5, 10)))
    if kind < 0.68:
        return All((maker.who(), maker.what(), Not(maker.what())))
    if kind < 0.78:
        return Any(maker.phrases())
    if kind < 0.88:
        return All((maker.what(), maker.what(), maker.what()))
    if kind < 0.94:
        return Some(2, (maker.who(), maker.who(), maker.narrow(), maker.narrow()))
    return Score(((maker.who(), 20), (maker.narrow(), 15), (maker.what(), 10), (maker.what(), -15)), 30)


class _Maker:
    """Makes the parts of a rule about one topic, in one language or in all."""

    def __init__(self, dice: Dice, topic: Topic) -> None:
        self._dice = dice
        self._topic = topic
        self._named: set[int] = set()
        self._languages = LANGUAGES if dice.chance(0.4) else (dice.pick(LANGUAGES),)

    def _actor(self) -> Actor:
        """Somebody whom the rule does not name yet."""
        while (number := _ACTOR.rank(self._dice)) in self._named:
            pass
        self._named.add(number)
        return self._topic.actors[number]

    def who(self) -> Node:
        """Somebody, by every name in every script."""
        names = self._actor().names
        return Any(tuple(Term(name) for language in LANGUAGES for name in names[language]))

    def latin(self) -> tuple[Term, ...]:
        """Somebody, by the names in Latin script."""
        return tuple(map(Term, self._actor().names["en"]))

    def english(self) -> tuple[Term, ...]:
        """A few English words."""
        return tuple(self._words(("en",), self._dice.between(1, 3)))

    def what(self) -> Node:
        """What it is about: a few words in the rule's languages."""
        return Any(tuple(self._words(self._languages, self._dice.between(1, 4))))

    def narrow(self) -> Node:
        """One concept."""
        return Any(tuple(self._words(self._languages, 1)))

    def phrases(self) -> tuple[Term, ...]:
        """One to three pairs of words."""
        pairs = self._dice.sample(self._topic.pairs, self._dice.between(1, 3))
        return tuple(Term(world().phrase(language, pair)) for pair in pairs for language in self._languages)

    def wildcard(self) -> Node:
        """Somebody and the beginning of a word among whole ones."""
        first, *others = self._words(("en",), self._dice.between(1, 4))
        begin = first.text[: max(4, len(first.text) - self._dice.below(3))]
        return All((self.who(), Any((Term(begin, prefix=True), *others))))

    def _words(self, languages: tuple[str, ...], count: int) -> Iterator[Term]:
        for concept in self._dice.sample(self._topic.concepts, count):
            for language in languages:
                yield Term(world().words[language][concept])
