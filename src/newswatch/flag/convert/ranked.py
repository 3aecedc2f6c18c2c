"""Tools whose operators have an order: Meltwater, Brandwatch, LexisNexis.

A level of a query (what stands between parentheses) is a row of operands and operators. The operator that binds
tightest is applied first, of equal ones the leftmost.

Sources: help.lexisnexis.com "Connector Order and Priority"; support.meltwater.com "How to Master Boolean Search";
Brandwatch "Advanced Query Operators".
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from newswatch.flag import syntax
from newswatch.flag.convert.building import Builder
from newswatch.flag.convert.parsing import Parser
from newswatch.flag.convert.tokens import MAX_DEPTH, Kind, Token, refuse, tokens
from newswatch.flag.syntax import Node, Span, Unit


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator as it stands in a query. `rank`: the lowest is applied first."""

    name: str  # AND, OR, NOT (and not), NEAR; right beside each other is NEAR with nothing between
    rank: int
    unit: Unit = Unit.WORDS
    between: int = 4
    ordered: bool = False
    negated: bool = False
    loss: str = ""  # what is not the same here


@dataclass(frozen=True, slots=True)
class Dialect:
    """What sets a tool apart."""

    operators: Callable[[str], Operator | None]
    beside: str  # what words side by side are: AND or a phrase
    prefixes: bool
    fields: bool
    functions: Mapping[str, str] = field(default_factory=dict)  # NAME(…): fields, or CAPS, ATLEAST, SAME
    letters: Callable[[str], str] = str  # the wildcards of a word
    slop: bool = False  # whether "a b"~5 and (a AND b)~5 are known
    advice: str = ""  # what is different everywhere, told once


class Ranked(Parser):
    """Reads one query of a dialect."""

    def __init__(self, builder: Builder, dialect: Dialect) -> None:
        super().__init__(builder, tokens(builder.text, regexes=False, prefixes=dialect.prefixes, fields=dialect.fields))
        self._dialect = dialect
        if dialect.advice:
            builder.remarks.append(dialect.advice)

    # --- one level ---

    def _level(self) -> Node | None:
        operands: list[Node | None] = []
        operators: list[tuple[Operator, Span]] = []
        while (token := self._peek()) is not None and token.kind is not Kind.CLOSE:
            found = self._operator()
            if found is not None and not operands and found[0].name == "NOT":
                operands.append(self._negated(found[1]))
                continue
            if found is not None and len(operands) == len(operators):
                refuse(self._builder.text, token.at[0], f"{token.text} has nothing on its left", "complete the query")
            if found is None and len(operands) > len(operators):
                found = (self._implied(), token.at)
            if found is not None:
                operators.append(found)
                if self._peek() is None:
                    refuse(self._builder.text, token.at[0], f"{token.text} has nothing on its right", "complete it")
                following = self._operator()
                if following is not None and following[0].name == "NOT" and found[0].name != "NOT":
                    operands.append(self._negated(following[1]))
                    continue
                if following is not None:
                    message = f"{token.text} has an operator on its right"
                    refuse(self._builder.text, token.at[0], message, "complete the query")
            operands.append(self._operand())
        return self._reduce(operands, operators)

    def _implied(self) -> Operator:
        return (
            Operator("NEAR", -1, between=0, ordered=True) if self._dialect.beside == "phrase" else Operator("AND", 700)
        )

    def _negated(self, at: Span) -> Node | None:
        node = self._operand()
        return None if node is None else syntax.Not(node, at)

    def _operator(self) -> tuple[Operator, Span] | None:
        """Take an operator of one or two words, if one stands here."""
        first, second = self._peek(), self._peek(1)
        if first is None or first.kind is not Kind.WORD:
            return None
        if second is not None and second.kind is Kind.WORD:
            both = self._dialect.operators(f"{first.text} {second.text}")
            if both is not None:
                self._at += 2
                return both, (first.at[0], second.at[1])
        one = self._dialect.operators(first.text)
        if one is not None:
            self._at += 1
            return one, first.at
        return None

    def _reduce(self, operands: list[Node | None], operators: list[tuple[Operator, Span]]) -> Node | None:
        for rank in sorted({operator.rank for operator, _ in operators}):
            rows: list[list[Node | None]] = [operands[:1]]  # each a run of operands that this rank joins
            joints: list[list[tuple[Operator, Span]]] = [[]]
            kept: list[tuple[Operator, Span]] = []
            for joint, right in zip(operators, operands[1:], strict=True):
                if joint[0].rank == rank:
                    rows[-1].append(right)
                    joints[-1].append(joint)
                else:
                    kept.append(joint)
                    rows.append([right])
                    joints.append([])
            operands = [self._joined(row, between) for row, between in zip(rows, joints, strict=True)]
            operators = kept
        return operands[0] if operands else None

    def _joined(self, row: list[Node | None], joints: list[tuple[Operator, Span]]) -> Node | None:
        """Join a run of operands by operators of one rank."""
        builder = self._builder
        for operator, at in joints:
            if operator.loss:
                builder.lose(at[0], operator.loss, "check what was meant")
        names = {operator.name for operator, _ in joints}
        if names == {"OR"}:
            return builder.any_of(row, joints[0][1])
        if names and names <= {"AND", "NOT"}:
            items = row[:1]
            for (operator, at), item in zip(joints, row[1:], strict=True):
                items.append(syntax.Not(item, at) if item is not None and operator.name == "NOT" else item)
            return builder.all_of(items, joints[0][1])
        if len(joints) > MAX_DEPTH:
            at = joints[MAX_DEPTH][1]
            refuse(builder.text, at[0], f"more than {MAX_DEPTH} words in a row joined by distance", "split the query")
        node = row[0]
        for (operator, at), right in zip(joints, row[1:], strict=True):
            node = self._near(operator, node, right, at)
        return node

    def _near(self, operator: Operator, left: Node | None, right: Node | None, at: Span) -> Node | None:
        if left is None or right is None:
            return left if right is None else right
        ordered, negated = operator.ordered, operator.negated
        if operator.unit is not Unit.WORDS:
            return self._builder.beside(left, right, at, operator.unit, ordered=ordered, negated=negated)
        return self._builder.near(left, right, at, operator.between, ordered=ordered, negated=negated)

    # --- operands ---

    def _operand(self) -> Node | None:
        token = self._peek()
        builder = self._builder
        if token is None or token.kind is Kind.CLOSE:
            at = len(builder.text) if token is None else token.at[0]
            refuse(builder.text, at, "a term is missing here", "complete the query")
        self._at += 1
        match token.kind:
            case Kind.PREFIX:
                node = self._operand()
                return syntax.Not(node, token.at) if node is not None and token.text != "+" else node
            case Kind.FIELD:
                self._deeper(token)
                node = self._operand()
                self._depth -= 1
                return builder.scoped(token.text, node, token.at)
            case Kind.OPEN:
                return self._loosened(self._inside(token), token)
            case Kind.PHRASE:
                return self._phrase(token)
            case Kind.WORD:
                following = self._peek()
                if following is not None and following.kind is Kind.OPEN and token.at[1] == following.at[0]:
                    return self._function(token)
                return self._loosened(builder.term(self._dialect.letters(token.text), token.at), token)
        builder.lose(token.at[0], f"{token.text} has no counterpart and was left out", "check the query")
        return None

    def _phrase(self, token: Token) -> Node | None:
        following = self._peek()
        if following is not None and following.kind is Kind.SUFFIX and self._dialect.slop:
            self._at += 1
            return self._builder.close_phrase(token.text, int(following.text[1:7] or 0), token.at)
        return self._loosened(self._builder.term(self._dialect.letters(token.text), token.at), token)

    def _loosened(self, node: Node | None, token: Token) -> Node | None:
        """Read ~5 behind parentheses: everything in them that AND joins stands near each other."""
        while (suffix := self._peek()) is not None and suffix.kind is Kind.SUFFIX:
            self._at += 1
            between = re.fullmatch(r"~(\d{1,6})", suffix.text)
            if between and self._dialect.slop and isinstance(node, syntax.And) and len(node.items) == 2:
                node = self._builder.near(node.items[0], node.items[1], token.at, int(between[1]), ordered=False)
            else:
                self._builder.lose(suffix.at[0], f"{suffix.text} has no counterpart and was left out", "use NEAR")
        return node

    def _function(self, token: Token) -> Node | None:
        builder = self._builder
        opening = self._peek()
        assert opening is not None  # noqa: S101 - the caller has seen it
        self._at += 1
        item = self._inside(opening)
        counted = re.fullmatch(r"(?i)(atleast)/?(\d{1,6})", token.text)
        name = self._dialect.functions.get(counted[1].upper() if counted else token.text.upper())
        if item is None:
            return None
        if name == "ATLEAST" and counted is not None:
            if any(isinstance(part, syntax.And | syntax.Not) for part in syntax.walk(item)):
                builder.lose(token.at[0], f"{token.text} of AND cannot be counted; it became AND", "count each word")
                return item
            return syntax.Count(item, ">=", max(1, int(counted[2])), token.at)
        if name == "CAPS":
            return syntax.Scope("case", _capitals(item), token.at)
        if name == "SAME":
            builder.lose(token.at[0], f"{token.text}(…) has no counterpart; its words are looked for", "see case:")
            return item
        if name is not None:
            return builder.scoped(name, item, token.at)
        builder.lose(token.at[0], f"{token.text}(…) has no counterpart and was left out", "see docs/rules.md")
        return None


def _capitals(node: Node) -> Node:
    """Return terms in capitals: CAPS(us) means US."""
    match node:
        case syntax.Term():
            return syntax.Term(tuple(p.upper() if isinstance(p, str) else p for p in node.parts), node.slop, node.at)
        case syntax.And():
            return syntax.And(tuple(map(_capitals, node.items)), node.at)
        case syntax.Or():
            return syntax.Or(tuple(map(_capitals, node.items)), node.at)
        case _:
            return node
