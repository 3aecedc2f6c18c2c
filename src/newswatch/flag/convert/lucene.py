"""Lucene's classic query syntax, which Elasticsearch's `query_string`, Solr and others share.

It has no precedence: AND makes the clauses at its sides required, NOT and - make one prohibited, everything else is
optional, and optional clauses beside required ones only rank (`QueryParserBase.addClause`). Words side by side are
optional clauses.
"""

from dataclasses import dataclass

from newswatch.flag import syntax
from newswatch.flag.convert.building import DATES, LENGTHS, Builder
from newswatch.flag.convert.parsing import Parser
from newswatch.flag.convert.tokens import Kind, Token, refuse, tokens
from newswatch.flag.syntax import Node


@dataclass(slots=True)
class _Clause:
    node: Node | None
    start: int
    required: bool
    prohibited: bool


class Lucene(Parser):
    """Reads one query."""

    def __init__(self, builder: Builder) -> None:
        super().__init__(builder, tokens(builder.text, regexes=True, prefixes=True))

    def _level(self) -> Node | None:
        clauses: list[_Clause] = []
        joined = ""
        while (token := self._peek()) is not None and token.kind is not Kind.CLOSE:
            if token.kind is Kind.WORD and token.text in {"AND", "OR", "&&", "||"}:
                if joined or not clauses:
                    message = f"{token.text} has nothing on its left"
                    refuse(self._builder.text, token.at[0], message, "complete the query")
                joined = "AND" if token.text in {"AND", "&&"} else "OR"
                self._at += 1
                continue
            if token.kind is Kind.SUFFIX:
                self._builder.lose(token.at[0], f"{token.text} stands alone and was left out", "check the query")
                self._at += 1
                continue
            start = token.at[0]
            required, prohibited = self._modifiers()
            clause = _Clause(self._clause(), start, required, prohibited)
            if joined == "AND":
                if clauses and not clauses[-1].prohibited:
                    clauses[-1].required = True
                clause.required = not prohibited
            clauses.append(clause)
            joined = ""
        if joined:
            end = len(self._builder.text) if token is None else token.at[0]
            refuse(self._builder.text, end, f"{joined} has nothing on its right", "complete the query")
        return self._together(clauses)

    def _modifiers(self) -> tuple[bool, bool]:
        required = prohibited = False
        while (token := self._peek()) is not None:
            if token.kind is Kind.PREFIX:
                required, prohibited = token.text == "+", token.text in "-!"
            elif token.kind is Kind.WORD and token.text in {"NOT", "!"}:
                required, prohibited = False, True
            else:
                break
            self._at += 1
        return required, prohibited

    def _together(self, clauses: list[_Clause]) -> Node | None:
        builder = self._builder
        kept = [clause for clause in clauses if clause.node is not None]
        if not kept:
            return None
        at = (kept[0].start, kept[-1].start)
        must = [clause.node for clause in kept if clause.required]
        without = [syntax.Not(clause.node, at) for clause in kept if clause.prohibited and clause.node is not None]
        optional = [clause for clause in kept if not clause.required and not clause.prohibited]
        if must:
            for clause in optional:
                message = "this only ranks results there, beside what AND or + requires; it was left out"
                builder.lose(clause.start, message, "put parentheses where they were meant and convert again")
            return builder.all_of([*must, *without], at)
        return builder.all_of([builder.any_of([clause.node for clause in optional], at), *without], at)

    def _clause(self) -> Node | None:
        token = self._peek()
        builder = self._builder
        if token is None:
            refuse(builder.text, len(builder.text), "the query ends where a term is expected", "complete it")
        if token.kind is Kind.CLOSE:
            refuse(builder.text, token.at[0], "a term is missing before this parenthesis", "complete it")
        self._at += 1
        match token.kind:
            case Kind.FIELD:
                return self._fielded(token)
            case Kind.OPEN:
                node = self._inside(token)
            case Kind.PHRASE:
                return self._phrase(token)
            case Kind.REGEX:
                node = syntax.Regex(token.text[1:-1], True, token.at)
            case Kind.RANGE:
                builder.lose(token.at[0], f"{token.text} without a field was left out", "name its field")
                node = None
            case _:
                node = builder.term(token.text, token.at)
        return self._suffixed(node)

    def _fielded(self, token: Token) -> Node | None:
        following = self._peek()
        if following is not None and following.kind is Kind.RANGE:
            self._at += 1
            return self._suffixed(self._builder.range(token.text, following.text, token.at))
        self._deeper(token)
        node = self._clause()
        self._depth -= 1
        if token.text.lower() in DATES | LENGTHS or token.text.startswith("_"):
            message = f"{token.text}: with something other than a range was left out"
            self._builder.lose(token.at[0], message, "use published or words")
            return None
        return self._builder.scoped(token.text, node, token.at)

    def _phrase(self, token: Token) -> Node | None:
        following = self._peek()
        if following is not None and following.kind is Kind.SUFFIX and following.text.startswith("~"):
            self._at += 1
            digits = following.text[1:].split(".")[0]
            return self._suffixed(self._builder.close_phrase(token.text, int(digits[:6] or 0), token.at))
        return self._suffixed(self._builder.term(token.text, token.at))

    def _suffixed(self, node: Node | None) -> Node | None:
        """Leave out what follows a term: weights, which only rank, and likeness in spelling."""
        while (token := self._peek()) is not None and token.kind is Kind.SUFFIX:
            self._at += 1
            if token.text.startswith("^"):
                self._builder.lose(token.at[0], f"{token.text} only ranks results there", "use SCORE for weights")
            else:
                message = "terms spelt nearly like this one are not looked for"
                self._builder.lose(token.at[0], message, "add them with OR, or use * and ?")
        return node
