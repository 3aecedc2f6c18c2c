"""What the readers of all tools share: a place in the row of tokens, parentheses, and a limit to nesting."""

from abc import ABC, abstractmethod

from newswatch.flag.convert.building import Builder
from newswatch.flag.convert.tokens import MAX_DEPTH, Token, refuse
from newswatch.flag.syntax import Node


class Parser(ABC):
    """Reads one query from left to right."""

    def __init__(self, builder: Builder, tokens: list[Token]) -> None:
        self._builder = builder
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def read(self) -> Node | None:
        """Return the query's tree, None if nothing of it can be said here. Raises RuleError if it cannot be read."""
        node = self._level()
        if self._at < len(self._tokens):
            refuse(self._builder.text, self._tokens[self._at].at[0], "this parenthesis has no opening one", "remove it")
        return node

    @abstractmethod
    def _level(self) -> Node | None:
        """Read what stands between parentheses, or the whole query."""

    def _peek(self, ahead: int = 0) -> Token | None:
        index = self._at + ahead
        return self._tokens[index] if index < len(self._tokens) else None

    def _deeper(self, token: Token) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            refuse(self._builder.text, token.at[0], f"nested more than {MAX_DEPTH} deep", "split the query")

    def _inside(self, opening: Token) -> Node | None:
        """Read on to the parenthesis that closes `opening`."""
        self._deeper(opening)
        node = self._level()
        if self._peek() is None:
            refuse(self._builder.text, opening.at[0], "this parenthesis is never closed", "add the missing ')'")
        self._at += 1
        self._depth -= 1
        return node
