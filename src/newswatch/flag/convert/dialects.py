"""What each of the tools with ranked operators calls things, and in which order it applies them."""

import re

from newswatch.flag.convert.ranked import Dialect, Operator
from newswatch.flag.syntax import Unit

_AND, _OR = 700, 800
_FAR = 1 << 20  # more digits than any distance has


def _number(digits: str) -> int:
    return int(digits) if len(digits) < 7 else _FAR


def _meltwater(text: str) -> Operator | None:
    word = text.upper()
    if word in {"AND", "OR"}:
        return Operator(word, _AND if word == "AND" else _OR)
    if word in {"NOT", "AND NOT"}:
        return Operator("NOT", _AND)
    found = re.fullmatch(r"(O?)NEAR(?:/(\d+))?", word)
    if found:
        return Operator("NEAR", 1, between=_number(found[2]) if found[2] else 4, ordered=bool(found[1]))
    return None


def _brandwatch(text: str) -> Operator | None:
    if text in {"AND", "OR"}:
        return Operator(text, _AND if text == "AND" else _OR)
    if text in {"NOT", "AND NOT"}:
        return Operator("NOT", _AND)
    found = re.fullmatch(r"NEAR/(\d+)(f?)", text)
    return Operator("NEAR", 1, between=_number(found[1]), ordered=bool(found[2])) if found else None


_CONNECTOR = re.compile(r"(NOT )?(?:(W|NEAR)?/(\d+)|(?:PRE/|ONEAR/|\+)(\d+))")
_STRETCH = re.compile(r"(NOT )?(PRE)?(?:W)?[/+](S|SENT|P|PARA|SEG)")


def _lexisnexis(text: str) -> Operator | None:
    """OR first, then distances from the smallest, sentence, paragraph, AND, AND NOT last."""
    word = text.upper()
    if word == "OR":
        return Operator("OR", 0)
    if word == "AND":
        return Operator("AND", _AND)
    if word in {"NOT", "AND NOT", "BUT NOT"}:
        return Operator("NOT", _OR)
    found = _CONNECTOR.fullmatch(word)
    if found:
        number = min(_number(found[3] or found[4]), 600)
        ordered = found[4] is not None
        # n counts up to the word itself, so that n - 1 words stand between.
        return Operator("NEAR", 1 + number, between=max(0, number - 1), ordered=ordered, negated=bool(found[1]))
    found = _STRETCH.fullmatch(word)
    if found is None:
        return None
    if found[3] == "SEG":
        return Operator("AND", 601, loss="the same segment became AND: segments are not known here")
    paragraph = found[3] in {"P", "PARA"}
    unit = Unit.PARAGRAPH if paragraph else Unit.SENTENCE
    ordered = bool(found[2]) or "+" in word
    return Operator("NEAR", 603 if paragraph else 602, unit, ordered=ordered, negated=bool(found[1]))


def _truncated(text: str) -> str:
    """Return LexisNexis wildcards as those here: ! ends a stem, * is one letter."""
    return text.replace("?", "\\?").replace("*", "?").replace("!", "*")


MELTWATER = Dialect(_meltwater, "AND", prefixes=True, fields=True)
BRANDWATCH = Dialect(_brandwatch, "AND", prefixes=True, fields=True, slop=True, functions={"ATLEAST": "ATLEAST"})
LEXISNEXIS = Dialect(
    _lexisnexis,
    "phrase",
    prefixes=False,
    fields=False,
    functions={
        "ATLEAST": "ATLEAST", "CAPS": "CAPS", "ALLCAPS": "CAPS", "NOCAPS": "SAME", "SINGULAR": "SAME", "PLURAL": "SAME",
        "HEADLINE": "headline", "TITLE": "title", "LEAD": "lead", "HLEAD": "hlead", "BODY": "body", "TEXT": "text",
        "BYLINE": "byline", "AUTHOR": "author", "PUBLICATION": "publication", "SOURCE": "source", "SECTION": "section",
        "LANGUAGE": "language",
    },
    letters=_truncated,
    advice="LexisNexis finds regular plurals and possessives of every word by itself; add them here with OR, or with *",
)  # fmt: skip
