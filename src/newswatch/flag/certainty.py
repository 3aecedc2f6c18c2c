"""What can be known of a query without any article: parts of it that always or never hold.

Terms may or may not be there; everything else follows. What holds by more than that (two terms of which one contains
the other) is not looked for here.
"""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from newswatch.flag import syntax
from newswatch.flag.evaluation import COMPARE
from newswatch.flag.syntax import META_FIELDS, Node, canonical, number, show_parts
from newswatch.languages import compared, narrower

_TITLE, _BODY = 1, 2
_FIELDS = {"title": _TITLE, "lead": _BODY, "body": _BODY, "text": _TITLE | _BODY}
_MAX_LISTS = 50  # lists inside lists; the loader refuses circles
_SINGLE = ("lang", "country")  # an article has one of each


@dataclass(frozen=True, slots=True)
class Certain:
    """A part of a query that always or never holds."""

    node: Node
    code: str
    message: str
    remedy: str


class Reasoner:
    """Works out what always and never holds in one query."""

    def __init__(
        self, lists: Mapping[str, Node], languages: Collection[str] = (), fields: Collection[str] = ()
    ) -> None:
        """`languages` and `fields` are those of the rule; empty means all."""
        self.found: list[Certain] = []
        self._lists = lists
        self._languages = frozenset(languages)
        self._mask = 0
        for name in fields:
            self._mask |= _FIELDS[name]

    def look(self, node: Node) -> bool | None:
        """Return whether `node` always (True) or never (False) holds, None if that depends; fill `found`."""
        value = self._value(node, self._mask or _FIELDS["text"])
        if value is not None and all(certain.node is not node for certain in self.found):
            if value:
                message = "the whole query holds for every article"
                self._note(node, "always-true", message, "say what an article must have")
            else:
                self._note(node, "contradiction", "the whole query can never hold", "remove what contradicts itself")
        return value

    def _note(self, node: Node, code: str, message: str, remedy: str) -> None:
        self.found.append(Certain(node, code, message, remedy))

    def _value(self, node: Node, mask: int) -> bool | None:  # noqa: PLR0911 - one for each kind of node
        match node:
            case syntax.And():
                return self._and(node, mask)
            case syntax.Or():
                return self._or(node, mask)
            case syntax.Not():
                value = self._value(node.item, mask)
                return None if value is None else not value
            case syntax.Near():
                return self._near(node, mask)
            case syntax.Except():
                return self._except(node, mask)
            case syntax.Scope():
                if node.name in META_FIELDS:
                    return None
                return self._value(node.item, _FIELDS.get(node.name, mask))
            case syntax.Boost() | syntax.First():
                return self._value(node.item, mask)
            case syntax.Count():
                return self._count(node, mask)
            case syntax.Some():
                values = [self._value(item, mask) for item in node.items]
                if sum(value is True for value in values) >= node.number:
                    return True
                return None if sum(value is not False for value in values) >= node.number else False
            case syntax.Score():
                return self._score(node, mask)
            case syntax.Meta() if node.name == "words":
                return self._compared(node, node.comparison, 0, math.inf, int(node.value), canonical(node))
            case _:
                return None

    def _and(self, node: syntax.And, mask: int) -> bool | None:
        values = [self._value(item, mask) for item in node.items]
        items = list(_flat(node))
        wanted = {canonical(item) for item in items if not isinstance(item, syntax.Not)}
        for item in items:
            if isinstance(item, syntax.Not) and canonical(item.item) in wanted:
                message = f"{canonical(item.item)} is both wanted and excluded"
                self._note(item, "contradiction", message, "remove one of the two")
                values.append(False)
        for item, message in _clashes(items, self._languages):
            self._note(item, "contradiction", message, "remove one of the two, or join them with OR")
            values.append(False)
        if False in values:
            return False
        return True if all(values) else None

    def _or(self, node: syntax.Or, mask: int) -> bool | None:
        values = [self._value(item, mask) for item in node.items]
        wanted = {canonical(item) for item in node.items if not isinstance(item, syntax.Not)}
        for item in node.items:
            if isinstance(item, syntax.Not) and canonical(item.item) in wanted:
                message = f"{canonical(item.item)} or its absence is always there"
                self._note(item, "always-true", message, "remove one of the two")
                values.append(True)
        if True in values:
            return True
        return False if not any(value is not False for value in values) else None

    def _near(self, node: syntax.Near, mask: int) -> bool | None:
        left, right = self._value(node.left, mask), self._value(node.right, mask)
        if not self._fields(node.left, mask) & self._fields(node.right, mask):
            operator = syntax.near_operator(node)
            if node.negated:
                message = f"headline and text are never near each other, so {operator} leaves nothing out"
                self._note(node, "no-effect", message, "use the same field on both sides")
            else:
                message = f"headline and text are never near each other, so {operator} can never hold"
                self._note(node, "contradiction", message, "use AND, or the same field on both sides")
                return False
        return False if left is False or (right is False and not node.negated) else None

    def _except(self, node: syntax.Except, mask: int) -> bool | None:
        right = node.right.items if isinstance(node.right, syntax.Or) else (node.right,)
        left = node.left.items if isinstance(node.left, syntax.Or) else (node.left,)
        if {canonical(item) for item in left} <= {canonical(item) for item in right}:
            message = f"EXCEPT leaves out every mention of {canonical(node.left)}"
            self._note(node, "contradiction", message, "write longer words behind EXCEPT than before it")
            return False
        return False if self._value(node.left, mask) is False else None

    def _count(self, node: syntax.Count, mask: int) -> bool | None:
        most = 0.0 if self._value(node.item, mask) is False else math.inf
        shown = f"COUNT(…) {node.comparison} {node.number}"
        return self._compared(node, node.comparison, 0, most, node.number, shown)

    def _score(self, node: syntax.Score, mask: int) -> bool | None:
        low = high = 0.0
        for item in node.items:
            value = self._value(item, mask)
            least, most = _span_of(item, per_mention=node.per_mention)
            low += 0.0 if value is False else most if value and not node.per_mention else least
            high += 0.0 if value is False else least if value and not node.per_mention and least < 0 else most
        name = "TALLY" if node.per_mention else "SCORE"
        shown = f"{name}(…) {node.comparison} {number(node.number)}"
        if not COMPARE[node.comparison](high, node.number) and node.comparison in {">=", ">"}:
            message = f"the weights add up to {number(high)} at most, {number(node.number)} is never reached"
            if high == node.number:
                message = f"the weights add up to {number(high)} at most, never to more"
            self._note(node, "unreachable-threshold", message, "lower the threshold or raise weights")
            return False
        return self._compared(node, node.comparison, low, high, node.number, shown)

    def _compared(self, node: Node, comparison: str, low: float, high: float, value: float, shown: str) -> bool | None:
        """Judge a comparison of something between `low` and `high` with `value`."""
        least, most = COMPARE[comparison](low, value), COMPARE[comparison](high, value)
        if comparison == "=":
            never, always = not low <= value <= high, low == high == value
        else:
            never, always = not (least or most), least and most
        if never:
            self._note(node, "contradiction", f"{shown} can never hold", "compare with another number")
            return False
        if always:
            self._note(node, "always-true", f"{shown} always holds", "remove it, or compare with another number")
            return True
        return None

    def _fields(self, node: Node, mask: int, depth: int = 0) -> int:
        """Return the fields in which mentions of `node` can be."""
        match node:
            case syntax.Or():
                found = 0
                for item in node.items:
                    found |= self._fields(item, mask, depth)
                return found
            case syntax.Near():
                return self._fields(node.left, mask, depth) & self._fields(node.right, mask, depth)
            case syntax.Except():
                return self._fields(node.left, mask, depth)
            case syntax.Scope():
                return self._fields(node.item, _FIELDS.get(node.name, mask), depth)
            case syntax.Boost() | syntax.First():
                return self._fields(node.item, mask, depth)
            case syntax.Reference() if node.name in self._lists and depth < _MAX_LISTS:
                return self._fields(self._lists[node.name], mask, depth + 1)
            case _:
                return mask


def _flat(node: syntax.And) -> Iterator[Node]:
    for item in node.items:
        if isinstance(item, syntax.And):
            yield from _flat(item)
        else:
            yield item


def _span_of(item: Node, *, per_mention: bool) -> tuple[float, float]:
    """Return the least and the most that an item of SCORE or TALLY can add."""
    weight = item.weight if isinstance(item, syntax.Boost) else 1.0
    if per_mention and weight:
        cap = item.cap if isinstance(item, syntax.Boost) else None
        weight *= math.inf if cap is None else cap
    return min(0.0, weight), max(0.0, weight)


# --- facts that exclude each other ---


def _clashes(items: Sequence[Node], languages: Collection[str]) -> Iterator[tuple[Node, str]]:
    for name in _SINGLE:
        allowed = frozenset(map(compared, languages)) if name == "lang" and languages else None
        before = "the rule's languages" if allowed else ""
        for item in items:
            if not isinstance(item, syntax.Scope) or item.name != name or (values := _values(item.item)) is None:
                continue
            if name == "lang":
                values = frozenset(map(compared, values))
            both = values if allowed is None else narrower(allowed, values) if name == "lang" else allowed & values
            if not both:
                yield item, f"{canonical(item)} and {before} exclude each other"
            allowed = both or values
            before = before or canonical(item)
    for name in ("published", "words"):
        yield from _clashing_ranges([item for item in items if isinstance(item, syntax.Meta) and item.name == name])


def _values(node: Node) -> frozenset[str] | None:
    """Return the values that a fact must be one of; None if they are not a plain list."""
    terms = node.items if isinstance(node, syntax.Or) else (node,)
    if not all(isinstance(term, syntax.Term) for term in terms):
        return None
    return frozenset(show_parts(term.parts).lower() for term in terms if isinstance(term, syntax.Term))


def _clashing_ranges(items: Iterable[syntax.Meta]) -> Iterator[tuple[Node, str]]:
    """Yield what leaves no day, or no number, that meets it and what stands before it."""
    low, high = -math.inf, math.inf
    before = ""
    for item in items:
        value = date.fromisoformat(item.value).toordinal() if item.name == "published" else int(item.value)
        least = value + (item.comparison == ">") if item.comparison in {">=", ">", "="} else -math.inf
        most = value - (item.comparison == "<") if item.comparison in {"<=", "<", "="} else math.inf
        if least > high or most < low:
            yield item, f"{canonical(item)} and {before} exclude each other"
            return
        low, high = max(low, least), min(high, most)
        before = f"{before} and {canonical(item)}" if before else canonical(item)


def best_score(node: Node, lists: Mapping[str, Node], depth: int = 0) -> float:
    """Return the highest score that a rule with this query can have; its least score is compared with it."""
    match node:
        case syntax.And() | syntax.Or():
            return sum(max(0.0, best_score(item, lists, depth)) for item in node.items)
        case syntax.Not() | syntax.Meta():
            return 0.0
        case syntax.Scope():
            return 0.0 if node.name in META_FIELDS else best_score(node.item, lists, depth)
        case syntax.First():
            return best_score(node.item, lists, depth)
        case syntax.Boost():
            return node.weight
        case syntax.Score():
            return sum(_span_of(item, per_mention=node.per_mention)[1] for item in node.items)
        case syntax.Reference() if node.name in lists and depth < _MAX_LISTS:
            return best_score(lists[node.name], lists, depth + 1)
        case _:
            return 1.0
