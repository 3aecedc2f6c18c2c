"""Where each key of a TOML text stands.

tomllib tells nothing about positions, and a message without a line number makes people search. The walker below only
finds places; the values come from tomllib, which must have accepted the text first (TOML 1.0, https://toml.io/en/v1.0.0).
"""

import re
import tomllib
from typing import NamedTuple

from newswatch.errors import Problem

KeyPath = tuple[str | int, ...]
"""Keys from the root; an integer is an index into an array."""


class Position(NamedTuple):
    """A place in a text. Both count from 1; columns count code points."""

    line: int
    column: int


_SYNTAX = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)\s*$")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SPACE = re.compile(r"[ \t]*")
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SCALAR = re.compile(r"[^,\]}\r\n#]*")
# Longest delimiter first. A multi-line string may end in up to two more quotes that belong to it.
_STRINGS = (
    re.compile(r'"""(?:\\.|[^\\])*?"""(?:"{1,2})?', re.DOTALL),
    re.compile(r"'''.*?'''(?:'{1,2})?", re.DOTALL),
    re.compile(r'"(?:\\.|[^"\\\n])*"'),
    re.compile(r"'[^'\n]*'"),
)


def syntax_problem(where: str, text: str, error: tomllib.TOMLDecodeError) -> Problem:
    """Turn tomllib's refusal of `text` into a Problem with line and column. `where` names the file for people."""
    found = _SYNTAX.search(str(error))
    message = _SYNTAX.sub("", str(error))
    message = message[:1].lower() + message[1:]
    if found is None:
        line, column = None, None
    elif found[1] is None:
        line, column = text.count("\n") + 1, len(text) - (text.rfind("\n") + 1) + 1
    else:
        line, column = int(found[1]), int(found[2])
    return Problem(where, f"not valid TOML: {message}", "see https://toml.io for the notation", line, column)


def locate(text: str) -> dict[KeyPath, Position]:
    """Return the position of every table, key and array element of `text`, which tomllib must have accepted.

    A table that headers open several times counts where it is named first.
    """
    return _Walker(text).walk()


def nearest(positions: dict[KeyPath, Position], path: KeyPath) -> Position | None:
    """Return the position of `path`, or else of its closest ancestor that stands in the text."""
    for length in range(len(path), 0, -1):
        if path[:length] in positions:
            return positions[path[:length]]
    return None


class _Walker:
    def __init__(self, text: str) -> None:
        # tomllib reads CRLF as LF; its columns would be the same.
        self._text = text
        self._at = 0
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self._found: dict[KeyPath, Position] = {}
        self._counts: dict[KeyPath, int] = {}  # arrays of tables and how many tables they have so far

    def walk(self) -> dict[KeyPath, Position]:
        table: KeyPath = ()
        while self._skip(_BLANK) < len(self._text):
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table)
        return self._found

    def _skip(self, pattern: re.Pattern[str]) -> int:
        found = pattern.match(self._text, self._at)
        if found is not None:
            self._at = found.end()
        return self._at

    def _record(self, path: KeyPath, at: int) -> None:
        if path not in self._found:
            low, high = 0, len(self._starts)
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if self._starts[middle] <= at else (low, middle)
            self._found[path] = Position(low + 1, at - self._starts[low] + 1)

    def _header(self) -> KeyPath:
        start = self._at
        is_array = self._text.startswith("[[", self._at)
        self._at += 2 if is_array else 1
        keys = [key for key, _ in self._key()]
        path: KeyPath = ()
        for number, key in enumerate(keys):
            path = (*path, key)
            self._record(path, start)
            if is_array and number == len(keys) - 1:
                self._counts[path] = self._counts.get(path, 0) + 1
            if path in self._counts:
                path = (*path, self._counts[path] - 1)
                self._record(path, start)
        self._at += 2 if is_array else 1
        return path

    def _key(self) -> list[tuple[str, int]]:
        """Read a dotted key and return its parts with their offsets; stops before `=` or `]`."""
        parts = []
        while True:
            self._skip(_SPACE)
            start = self._at
            if self._text[start] in "\"'":
                self._string()
                parts.append((str(tomllib.loads(f"k={self._text[start : self._at]}")["k"]), start))
            else:
                parts.append((self._text[start : self._skip(_BARE)], start))
                if self._at == start:
                    raise ValueError(f"a key was expected at offset {start}")
            self._skip(_SPACE)
            if self._text[self._at] != ".":
                return parts
            self._at += 1

    def _pair(self, table: KeyPath) -> None:
        path = table
        for key, start in self._key():
            path = (*path, key)
            self._record(path, start)
        self._at += 1  # the equals sign
        self._skip(_SPACE)
        self._value(path)

    def _value(self, path: KeyPath) -> None:
        mark = self._text[self._at]
        if mark in "\"'":
            self._string()
        elif mark == "[":
            self._array(path)
        elif mark == "{":
            self._inline_table(path)
        else:
            self._skip(_SCALAR)

    def _string(self) -> None:
        for pattern in _STRINGS:
            found = pattern.match(self._text, self._at)
            if found is not None:
                self._at = found.end()
                return
        raise ValueError(f"a string was expected at offset {self._at}")

    def _array(self, path: KeyPath) -> None:
        self._at += 1
        index = 0
        while self._text[self._skip(_BLANK)] != "]":
            self._record((*path, index), self._at)
            self._value((*path, index))
            index += 1
            if self._text[self._skip(_BLANK)] == ",":
                self._at += 1
        self._at += 1

    def _inline_table(self, path: KeyPath) -> None:
        self._at += 1
        while self._text[self._skip(_BLANK)] != "}":
            self._pair(path)
            if self._text[self._skip(_BLANK)] == ",":
                self._at += 1
        self._at += 1
