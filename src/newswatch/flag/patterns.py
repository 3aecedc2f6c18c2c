"""Terms that need more than the automaton: wildcards and regular expressions."""

import importlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from newswatch.flag.document import Document, Span
from newswatch.flag.normalise import fold_fragment, is_cjk
from newswatch.flag.syntax import Part, Regex, Wild

MAX_STRETCH = 64
"""Letters that a * inside a term stands for at most; keeps any article quick."""


@dataclass(frozen=True, slots=True)
class WildTerm:
    """A term with wildcards: the automaton finds `anchor`, `expression` says what belongs to the mention."""

    anchor: str
    expression: re.Pattern[str]
    before: int  # characters that may precede the anchor; 0 = the anchor comes first

    def check(self, document: Document, spans: Sequence[Span]) -> Iterable[Span]:
        """Yield the whole mentions around the anchors found at `spans`."""
        joined = document.joined
        if not self.before:
            for start, _ in spans:
                found = self.expression.match(joined, start)
                if found:
                    yield _trimmed(joined, found.span())
            return
        last = -1
        for start, end in spans:
            if start < last:  # inside a mention already found
                continue
            stop = joined.find(" ", end + self.before) + 1 or len(joined)
            for found in self.expression.finditer(joined, max(0, start - self.before), stop):
                if found.start() > start:
                    break
                if found.end() >= end:
                    last = found.end()
                    yield _trimmed(joined, found.span())
                    break


def _trimmed(joined: str, span: Span) -> Span:
    start, end = span
    return start + (joined[start] == " "), end - (joined[end - 1] == " ")


def wild_term(parts: Sequence[Part], *, inside: bool = False) -> WildTerm:
    """Compile a term with wildcards. `parts` must hold a letter; `inside` (`sub:`) needs no word edges."""
    pieces: list[Part] = [part if isinstance(part, Wild) else fold_fragment(part) for part in parts]
    literals = [piece.strip() for piece in pieces if isinstance(piece, str) and piece.strip()]
    left_edge = not inside and not is_cjk(literals[0][0])
    right_edge = not inside and not is_cjk(literals[-1][-1])
    # At a CJK edge a * says nothing: terms of those scripts are found inside longer words anyway.
    while pieces[0] is Wild.ANY and not left_edge:
        pieces.pop(0)
    while pieces[-1] is Wild.ANY and not right_edge:
        pieces.pop()
    if isinstance(pieces[0], str):
        pieces[0] = pieces[0].lstrip()
    if isinstance(pieces[-1], str):
        pieces[-1] = pieces[-1].rstrip()
    choices = [index for index, piece in enumerate(pieces) if isinstance(piece, str) and piece.strip()]
    anchor_at = max(choices, key=lambda index: len(str(pieces[index]).strip()))
    anchor = str(pieces[anchor_at])
    if anchor_at == 0 and left_edge:
        anchor = f" {anchor}"
    if anchor_at == len(pieces) - 1 and right_edge:
        anchor = f"{anchor} "
    expression = ["(?<= )" if left_edge else ""]
    for index, piece in enumerate(pieces):
        if isinstance(piece, str):
            expression.append(re.escape(piece))
        elif piece is Wild.ONE:
            expression.append("[^ \n]")
        elif index == len(pieces) - 1:
            expression.append("[^ \n]*")
        else:
            expression.append(f"[^ \n]{{0,{MAX_STRETCH}}}?")
    expression.append("(?= )" if right_edge else "")
    before = sum(len(piece) if isinstance(piece, str) else MAX_STRETCH for piece in pieces[:anchor_at])
    return WildTerm(anchor, re.compile("".join(expression)), before)


# --- regular expressions ---

_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_REPEAT = re.compile(r"[*?]|\{0?,?\d*\}|\{0,\d*\}")


def engine() -> Any:
    """Return the google-re2 module. Raises ImportError if the extra `regex` is not installed."""
    return importlib.import_module("re2")


def longest_literal(pattern: str) -> str:
    """Return the longest run of letters that every match of `pattern` contains, empty if none is certain.

    Only what stands outside groups, classes, options and alternatives counts.
    """
    runs, run, depth, at = [""], "", 0, 0
    while at < len(pattern):
        char = pattern[at]
        step = 1
        literal = ""
        if char == "\\":
            step = 2
            follower = pattern[at + 1 : at + 2]
            literal = follower if follower and not follower.isalnum() else ""
        elif char == "[":
            found = _CLASS.match(pattern, at)
            step = len(found[0]) if found else 1
        elif char in "()":
            depth += 1 if char == "(" else -1
        elif char == "|" and depth == 0:
            return ""
        elif char not in ".^$*+?{}|":
            literal = char
        following = _REPEAT.match(pattern, at + step)
        if following and literal:
            literal = ""
        if char == "{":
            step = max(1, pattern.find("}", at) - at + 1)
        if literal.isalnum() and depth == 0:
            run += literal
        else:
            runs.append(run)
            run = ""
        at += step
    return max([*runs, run], key=len)


def regex_check(node: Regex) -> tuple[str, Callable[[Document, Sequence[Span]], Iterable[Span]]]:
    """Return the literal for the automaton and the check that runs the expression over the original text."""
    module = engine()
    options = module.Options()
    options.log_errors = False
    options.case_sensitive = not node.ignore_case
    expression = module.compile(node.pattern, options=options)

    def check(document: Document, _spans: Sequence[Span]) -> Iterable[Span]:
        for field, text in (("title", document.article.title), ("body", document.article.body)):
            for found in expression.finditer(text.encode("utf-8", "replace").decode()):
                if found.end() > found.start():
                    span = document.from_original(field, found.start(), found.end())
                    if span is not None:
                        yield span

    return fold_fragment(longest_literal(node.pattern)).strip(), check
