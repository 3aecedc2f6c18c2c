"""What the parser reads with: a position in the query, small steps, and errors that name the place."""

import re
from collections.abc import Callable
from typing import NoReturn

from newswatch.errors import Problem, RuleError
from newswatch.flag.findings import Finding
from newswatch.flag.syntax import Part, Span, Wild

MAX_DEPTH = 100

Locate = Callable[[int], tuple[int, int]]
"""Turns an offset in the query into line and column of the file it stands in."""

SPACE = re.compile(r"(?:\s|#[^\n]*)+")
COMPARISON = re.compile(r">=|<=|>|<|=")
_INNER = "'’\\-.&/@:·・‧‐‑–—"
_LETTER = r"(?:\w|[\u0300-\u036f\u0900-\u0dff\u0e31-\u0e4e]|\\.|[*?])"
_WORD = re.compile(rf"{_LETTER}(?:{_LETTER}|[{_INNER}](?={_LETTER}))*\.?", re.DOTALL)
_SPECIAL = re.compile(r"[\\*?]")
_INTEGER = re.compile(r"\d+")
_MEANT = dict(
    zip("（），、：＜＞＝＊？！｜＆＋－～＾［］【】[]{}'‘’《》〈〉", "(),,:<>=*?!|&+-~^()()()()" + 7 * '"', strict=True)
)
"""Characters that other keyboards, languages and tools have for those of the language."""


def position(text: str, offset: int) -> tuple[int, int]:
    """Return line and column (from 1) of `offset` in `text`."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


class Reader:
    """A query being read."""

    def __init__(self, text: str, where: str, locate: Locate) -> None:
        self._text = text
        self._where = where
        self._locate = locate
        self._at = 0
        self._seen = (-1, "")  # the last word looked at, and where; every operator is looked for at the same place
        self._depth = 0
        self._leaves = 0
        self._grouped: set[Span] = set()  # what stands in parentheses of its own
        self.notes: list[Finding] = []

    def _fail(self, at: int, message: str, remedy: str) -> NoReturn:
        line, column = self._locate(at)
        raise RuleError([Problem(self._where, message, remedy, line, column)])

    def _note(self, code: str, at: int, message: str, remedy: str, term: str = "") -> None:
        line, column = self._locate(at)
        self.notes.append(Finding(code, self._where, message, remedy, line, column, term))

    def _unexpected(self) -> NoReturn:
        char = self._text[self._at]
        if char == ")":
            self._fail(self._at, "this closing parenthesis has no opening one", "remove it, or add the missing '('")
        if char == ",":
            self._fail(self._at, "a comma stands only in k OF (…), SCORE(…) and TALLY(…)", "write OR or AND instead")
        if char in "^~":
            self._fail(self._at, f"{char} needs a number and stands right after a term", "write for example tax^2.5")
        if COMPARISON.match(char):
            self._fail(self._at, f"{char} compares only published, words, COUNT, SCORE and TALLY", "put it in quotes")
        meant = f"write {_MEANT[char]} instead, or p" if char in _MEANT else "p"
        self._fail(self._at, f"{char!r} cannot stand here", f"{meant}ut it in quotes if it belongs to a term")

    def _skip(self) -> None:
        found = SPACE.match(self._text, self._at)
        if found:
            self._at = found.end()

    def _take(self, mark: str) -> bool:
        if self._text.startswith(mark, self._at):
            self._at += len(mark)
            self._skip()
            return True
        return False

    def _word(self) -> str:
        """Return the word at this place without taking it; empty if there is none."""
        if self._seen[0] != self._at:
            found = _WORD.match(self._text, self._at)
            self._seen = self._at, found[0] if found else ""
        return self._seen[1]

    def _deeper(self, at: int) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._fail(at, f"nested more than {MAX_DEPTH} deep", "split the rule, or use a named query (@name)")

    def _integer(self, message: str, least: int, most: int) -> int:
        found = _INTEGER.match(self._text, self._at)
        if not found:
            self._fail(self._at, message, "write a whole number right behind it")
        number = int(found[0]) if len(found[0]) < 9 else most + 1
        if not least <= number <= most:
            self._fail(self._at, f"{found[0][:20]} is out of range", f"write a number from {least} to {most}")
        self._at = found.end()
        return number


def parts_of(text: str) -> tuple[Part, ...]:
    """Split a term into literal pieces and wildcards; a backslash makes the next character literal."""
    if not _SPECIAL.search(text):
        return (text,) if text else ()
    parts: list[Part] = []
    literal: list[str] = []
    escaped = False
    for char in text:
        if escaped or char not in "\\*?":
            literal.append(char)
            escaped = False
        elif char == "\\":
            escaped = True
        else:
            if literal:
                parts.append("".join(literal))
                literal = []
            if not (char == "*" and parts and parts[-1] is Wild.ANY):
                parts.append(Wild(char))
    if escaped:
        literal.append("\\")
    if literal:
        parts.append("".join(literal))
    return tuple(parts)
