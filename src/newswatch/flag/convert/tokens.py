"""The words of a query of another tool: what stands where, before anything is made of it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import NoReturn

from newswatch.errors import Problem, RuleError
from newswatch.flag.reading import position
from newswatch.flag.syntax import Span


class Kind(Enum):
    """What a token is."""

    OPEN = "("
    CLOSE = ")"
    PHRASE = "phrase"
    WORD = "word"
    RANGE = "range"
    REGEX = "regex"
    FIELD = "field"  # title: with something right behind it
    SUFFIX = "suffix"  # ^3 or ~5 right behind what it belongs to
    PREFIX = "prefix"  # + - ! right before what they belong to


@dataclass(frozen=True, slots=True)
class Token:
    """One token; `text` has no quotes, brackets, colon."""

    kind: Kind
    text: str
    at: Span


_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
    |(?P<open>\()|(?P<close>\))
    |["“”„](?P<phrase>[^"“”„\\]*(?:\\.[^"“”„\\]*)*)["“”]
    |(?P<range>[\[{][^\[\]{}]*\s[Tt][Oo]\s[^\[\]{}]*[\]}])
    |(?P<field>[A-Za-z_][\w.]*):(?!//)(?=[^\s:)])
    |(?P<suffix>[\^~][\d.]*)
    |(?P<prefix>[+!-](?=[^\s)+!-]))
    |(?P<regex>/(?:[^/\\\n]|\\.)+/(?![\w]))
    |(?P<word>(?:\\.|[^\s()"“”„^~\[\]{}\\])+)
    """,
    re.VERBOSE | re.DOTALL,
)
MAX_DEPTH = 100
MAX_TOKENS = 100_000


def refuse(text: str, at: int, message: str, remedy: str) -> NoReturn:
    """Raise RuleError for what cannot be read at all."""
    line, column = position(text, at)
    raise RuleError([Problem("query", message, remedy, line, column)])


def tokens(text: str, *, regexes: bool, prefixes: bool, fields: bool = True) -> list[Token]:
    """Return the tokens of `text`. `regexes`, `prefixes`, `fields`: whether the tool knows /…/, + - ! and title:."""
    found = list(_tokens(text, regexes=regexes, prefixes=prefixes, fields=fields))
    if len(found) > MAX_TOKENS:
        refuse(text, found[MAX_TOKENS].at[0], f"more than {MAX_TOKENS} words", "split the query")
    return found


def _tokens(text: str, *, regexes: bool, prefixes: bool, fields: bool) -> Iterator[Token]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            if text[at] in '"“”„':
                refuse(text, at, "this quotation mark is never closed", "close it")
            refuse(text, at, f"{text[at]!r} cannot be read here", "remove it, or put it in quotes")
        name = found.lastgroup or ""
        if (
            (name == "regex" and not regexes)
            or (name == "prefix" and not (prefixes and _begins(text, at)))
            or (name == "field" and not fields)
        ):
            found = re.compile(r"(?P<word>(?:\\.|[^\s()\"“”„^~])+)", re.DOTALL).match(text, at)
            assert found is not None  # noqa: S101 - what matched as one of these begins with such a character
            name = "word"
        if name != "space":
            yield Token(Kind[name.upper()], found[name], (at, found.end()))
        at = found.end()


def _begins(text: str, at: int) -> bool:
    """Whether a word begins here: + - ! inside or at the end of one are letters of it."""
    return at == 0 or text[at - 1].isspace() or text[at - 1] in "(:+-!"
