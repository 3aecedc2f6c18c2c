"""The syntax tree of a query: what the parser makes and everything else reads.

`at` is the (start, end) of the construct in the query's text. It takes no part in comparisons, so two trees are equal
when they mean the same. `canonical` prints a tree so that parsing the print gives an equal tree.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

Span = tuple[int, int]

TEXT_FIELDS = ("title", "lead", "body", "text")
META_FIELDS = ("lang", "source", "country", "url", "author", "section")
FIELDS = (*TEXT_FIELDS, *META_FIELDS)
MODES = ("raw", "case", "word", "sub")
KEYWORDS = frozenset(
    "AND OR NOT NEAR ONEAR W PRE SENTENCE PARAGRAPH EXCEPT ATLEAST FIRST COUNT OF SCORE TALLY published words".split()
)


class Wild(Enum):
    """A wildcard inside a term."""

    ANY = "*"  # any run of letters of one word, also none
    ONE = "?"  # exactly one letter


Part = str | Wild


class Unit(Enum):
    """What NEAR counts."""

    WORDS = "words"
    SENTENCE = "S"
    PARAGRAPH = "P"


@dataclass(frozen=True, slots=True)
class Term:
    """A word or phrase; `slop` is how many other words may stand between its words in all."""

    parts: tuple[Part, ...]
    slop: int = 0
    at: Span = field(default=(0, 0), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Regex:
    """A regular expression in RE2's syntax, matched against the original text."""

    pattern: str
    ignore_case: bool = False
    at: Span = field(default=(0, 0), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Reference:
    """`@name`: an entity of the gazetteer, a list or a named query."""

    name: str
    at: Span = field(default=(0, 0), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Meta:
    """A comparison with a fact about the article: `published >= 2026-01-01`, `words > 100`."""

    name: str
    comparison: str
    value: str
    at: Span = field(default=(0, 0), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class And:
    """All of the items."""

    items: "tuple[Node, ...]"
    at: Span = field(default=(0, 0), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of the items."""

    items: "tuple[Node, ...]"
    at: Span = field(default=(0, 0), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Not:
    """Not the item."""

    item: "Node"
    at: Span = field(default=(0, 0), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Near:
    """Mentions of left and right near each other; with `negated`, mentions of left that have no right near."""

    left: "Node"
    right: "Node"
    unit: Unit = Unit.WORDS
    distance: int = 4
    ordered: bool = False
    negated: bool = False
    at: Span = field(default=(0, 0), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Except:
    """Mentions of left that do not overlap a mention of right."""

    left: "Node"
    right: "Node"
    at: Span = field(default=(0, 0), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Scope:
    """The item within one field of the article (`title:`), or compared in one way (`case:`)."""

    name: str
    item: "Node"
    at: Span = field(default=(0, 0), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Boost:
    """The item with a weight; in TALLY `cap` limits how many mentions count."""

    item: "Node"
    weight: float = 1.0
    cap: int | None = None
    at: Span = field(default=(0, 0), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Count:
    """How many mentions of the item there are, compared with a number."""

    item: "Node"
    comparison: str
    number: int
    at: Span = field(default=(0, 0), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class First:
    """The item within the first `number` words of the article's text."""

    number: int
    item: "Node"
    at: Span = field(default=(0, 0), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Some:
    """At least `number` of the items (`2 OF (a, b, c)`)."""

    number: int
    items: "tuple[Node, ...]"
    at: Span = field(default=(0, 0), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Score:
    """The sum of the weights of the satisfied items (`per_mention`: once for each mention), compared with a number."""

    items: "tuple[Node, ...]"
    comparison: str
    number: float
    per_mention: bool = False
    at: Span = field(default=(0, 0), compare=False, repr=False)


def modes_within(modes: frozenset[str], mode: str) -> frozenset[str]:
    """Return the ways of comparing inside a further `mode`. The inner one of `word:` and `sub:` counts."""
    outer = {"word", "sub"} if mode in {"word", "sub"} else set()
    return (modes - outer) | {mode}


Leaf = Term | Regex | Reference
Composite = Meta | And | Or | Not | Near | Except | Scope | Boost | Count | First | Some | Score
Node = Leaf | Composite
_PLAIN = re.compile(r"(?!(?:ATLEAST|FIRST)\d+\Z)[^\W_]+")  # those would be read as operators, as KEYWORDS are


def canonical(node: Node) -> str:  # noqa: PLR0911 - one for each kind of node
    """Return `node` as query text in one fixed form, with all parentheses."""
    match node:
        case Term():
            return _term(node)
        case Regex():
            return f"/{node.pattern}/{'i' if node.ignore_case else ''}"
        case Reference():
            plain = re.fullmatch(r"[^\W_][\w-]*", node.name)
            return f"@{node.name}" if plain else f"@{_quote((node.name,))}"
        case Meta():
            return f"{node.name} {node.comparison} {node.value}"
        case And():
            return f"({' AND '.join(map(canonical, node.items))})"
        case Or():
            return f"({' OR '.join(map(canonical, node.items))})"
        case Not():
            return f"NOT {canonical(node.item)}"
        case Near():
            return f"({_operand(node.left)} {near_operator(node)} {_operand(node.right)})"
        case Except():
            return f"({_operand(node.left)} EXCEPT {_operand(node.right)})"
        case Scope():
            printed = _operand(node.item)
            if node.name == "url" and not (isinstance(node.item, Term) or printed.startswith("(")):
                printed = f"({printed})"  # what stands right behind url: is an address
            return f"{node.name}:{printed}"
        case Boost():
            cap = "" if node.cap is None else f"~{node.cap}"
            return f"{_operand(node.item)}^{number(node.weight)}{cap}"
        case Count():
            return f"COUNT({canonical(node.item)}) {node.comparison} {node.number}"
        case First():
            return f"FIRST/{node.number}({canonical(node.item)})"
        case Some():
            return f"{node.number} OF ({', '.join(map(canonical, node.items))})"
        case Score():
            name = "TALLY" if node.per_mention else "SCORE"
            return f"{name}({', '.join(map(canonical, node.items))}) {node.comparison} {number(node.number)}"


def _operand(node: Node) -> str:
    """Print `node` for a place that binds tighter than NOT."""
    return f"({canonical(node)})" if isinstance(node, Not) else canonical(node)


def near_operator(node: Near) -> str:
    """Return the operator of `node` as written in a query."""
    name = ("NOT " if node.negated else "") + ("ONEAR" if node.ordered else "NEAR")
    return f"{name}/{node.distance if node.unit is Unit.WORDS else node.unit.value}"


def number(value: float) -> str:
    """Return a number as a query shows it: without a decimal point where none is needed, never with an exponent."""
    if value == int(value):
        return str(int(value))
    return f"{value:.12f}".rstrip("0")


def show_parts(parts: tuple[Part, ...]) -> str:
    """Return a term's text for people, without quotes."""
    return "".join(part.value if isinstance(part, Wild) else part for part in parts)


def _term(term: Term) -> str:
    text = term.parts[0] if len(term.parts) == 1 and isinstance(term.parts[0], str) else None
    if text is not None and not term.slop and _PLAIN.fullmatch(text) and text not in KEYWORDS and not text.isdigit():
        return text
    return _quote(term.parts) + (f"~{term.slop}" if term.slop else "")


def _quote(parts: tuple[Part, ...]) -> str:
    return '"' + "".join(p.value if isinstance(p, Wild) else re.sub(r'([\\"*?])', r"\\\1", p) for p in parts) + '"'


def references(node: Node) -> Iterator[str]:
    """Yield the names that `node` refers to."""
    return (item.name for item in walk(node) if isinstance(item, Reference))


def walk(node: Node) -> Iterator[Node]:
    """Yield `node` and everything in it."""
    stack: list[Node] = [node]
    while stack:
        item = stack.pop()
        yield item
        match item:
            case And() | Or() | Some() | Score():
                stack.extend(item.items)
            case Near() | Except():
                stack.extend((item.left, item.right))
            case Not() | Scope() | Boost() | Count() | First():
                stack.append(item.item)
            case _:
                pass
