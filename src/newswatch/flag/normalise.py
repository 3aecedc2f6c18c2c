"""Folding: the form in which articles and terms are compared, with the way back to the original text.

Folding deletes invisible characters, applies NFKC, lower-cases, strips accents from Latin, Greek and Cyrillic, and
keeps only words, joined by single spaces. Words are runs of one of three kinds: Hangul, Han and kana, or anything else
that is a letter or digit. So "Lee’s", "LEE" and "Ｌｅｅ" all contain the word "lee", and "G7首脳会議" is "g7 首脳会議".

References: Unicode Standard Annex 15 (NFKC), Unicode Character Database for categories.
"""

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

HANGUL = "\u1100-\u11ff\u3131-\u318e\ua960-\ua97c\uac00-\ud7a3\ud7b0-\ud7fb"
HAN_KANA = (
    "\u3005-\u3007\u3041-\u3096\u3099\u309a\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
# Vowel signs and the like are no letters for Python's \w, but they are parts of words.
_MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963"
    "\u0981-\u0983\u09bc-\u09cd\u0a01-\u0a03\u0a3c-\u0a4d\u0a81-\u0a83\u0abc-\u0acd\u0b01-\u0b03\u0b3c-\u0b4d"
    "\u0bbe-\u0bcd\u0c00-\u0c04\u0c3e-\u0c4d\u0c81-\u0c83\u0cbc-\u0ccd\u0d00-\u0d03\u0d3e-\u0d4d\u0e31\u0e34-\u0e3a"
    "\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ecd\u0f71-\u0f84\u102b-\u103e\u17b4-\u17d3\u1ab0-\u1aff"
)
_WORD = re.compile(
    f"[{HANGUL}]+|[{HAN_KANA}]+|(?:[^\\W_{HANGUL}{HAN_KANA}]|[{_MARKS}])+",
)
_ASCII_WORD = re.compile("[a-z0-9]+")
_UNSPACED = re.compile(f"[{HAN_KANA}]")
_CJK_CHARACTER = re.compile(f"[{HANGUL}{HAN_KANA}]")
_ASCII_TABLE = bytes(
    ord(chr(code).lower()) if code < 128 and chr(code).isalnum() else 32  # everything else separates
    for code in range(256)
)

# Letters that NFKC and accent stripping leave alone though people write them either way.
_TABLE = str.maketrans(
    {
        "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "ħ": "h", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th",
        "髙": "高", "﨑": "崎", "𠮷": "吉", "邉": "辺", "邊": "辺", "濵": "浜", "栁": "柳",
        "槗": "橋", "瀨": "瀬", "德": "徳",
    }
)  # fmt: skip
# Everything but the characters that most texts consist of and that fold to their own lower case.
_ODD = re.compile(
    "[^\x00-\x7f\uac00-\ud7a3\u3041-\u3096\u30a1-\u30fa\u30fc\u4e00-\u9fff]|["
    + "".join(chr(code) for code in _TABLE if 0x4E00 <= code <= 0x9FFF)
    + "]"
)
_STRIPPED_SCRIPTS = ("LATIN ", "GREEK ", "CYRILLIC ")
_FOLLOWS = re.compile("[\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7fb\uff9e\uff9f]")  # jamo, half-width voicing marks
_JAMO = "[\u1100-\u115f\ua960-\ua97c][\u1160-\u11a7\ud7b0-\ud7c6]?[\u11a8-\u11ff\ud7cb-\ud7fb]?"

# What is known about characters beyond ASCII; filled as they are met.
_seen: set[str] = set()
_changed: dict[str, str] = {}  # characters whose folded form is not simply their lower case
_joining: set[str] = set()  # characters that may combine with the one before


def fold_string(text: str) -> str:
    """Return `text` folded character by character: no invisible characters, NFKC, lower case, no accents."""
    visible = "".join(char for char in text if not _invisible(char))
    composed = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", visible).casefold().lower())
    kept, strip = [], False
    for char in unicodedata.normalize("NFD", composed):
        if unicodedata.category(char) == "Mn":
            if not strip:
                kept.append(char)
        else:
            if not unicodedata.combining(char):  # marks of other kinds may stand between a letter and its accent
                strip = unicodedata.name(char, "").startswith(_STRIPPED_SCRIPTS)
            kept.append(char)
    return unicodedata.normalize("NFKC", "".join(kept)).translate(_TABLE)


def _invisible(char: str) -> bool:
    """Whether `char` is a format character (zero-width, soft hyphen, direction mark) or a variation selector."""
    return unicodedata.category(char) == "Cf" or "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"


def _learn(char: str) -> None:
    folded = fold_string(char)
    if folded and not _WORD.search(folded):
        folded = " "
    if folded != char.lower() or char == "Σ":  # "Σ".lower() depends on its neighbours
        _changed[char] = folded
    if (unicodedata.combining(char) and not _invisible(char)) or re.match(
        "[\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7fb\uff9e\uff9f]", char
    ):
        _joining.add(char)
    _seen.add(char)


@dataclass(frozen=True, slots=True)
class _Edits:
    """Where folded and original text part: parallel lists, one entry for each stretch or edit."""

    folded: list[int]  # start in the folded text
    original: list[int]  # start in the original text
    original_end: list[int]  # end of an edit in the original text; -1 for a stretch copied one to one

    def start(self, at: int) -> int:
        index = bisect_right(self.folded, at) - 1
        return self.original[index] + (at - self.folded[index] if self.original_end[index] < 0 else 0)

    def end(self, at: int) -> int:
        """Map an exclusive end: right after the last folded character."""
        index = bisect_right(self.folded, at - 1) - 1
        if self.original_end[index] >= 0:
            return self.original_end[index]
        return self.original[index] + at - self.folded[index]


class Folded:
    """A text folded for matching.

    `joined` is what the automaton reads: words joined by single spaces, with a space at both ends. `span` leads back.
    """

    def __init__(self, original: str) -> None:
        self.original = original
        self._edits: _Edits | None = None
        if original.isascii():
            self._folded = original.lower()
            self.joined = _join_ascii(original)
            return
        odd = set(_ODD.findall(original))
        for char in odd - _seen:
            _learn(char)
        changed = list(odd & _changed.keys())
        joining = odd & _joining
        if not joining and all(len(_changed[char]) == 1 for char in changed):
            for char in changed:
                original = original.replace(char, _changed[char])
            self._folded = original.lower()
        else:
            self._folded = self._fold_with_edits(changed, joining)
        if self._folded.isascii():
            self.joined = _join_ascii(self._folded)
        else:
            self.joined = f" {' '.join(_WORD.findall(self._folded))} "

    def _fold_with_edits(self, changed: list[str], joining: set[str]) -> str:
        # Leading and vowel jamo start or continue a syllable of their own (_JAMO); all other joiners follow a base.
        followers = "".join(re.escape(char) for char in joining if not "\u1100" <= char <= "\u11a7")
        options = [_JAMO]
        if followers:
            options.append(f"[^{followers}]?[{followers}]+")
        if changed:
            options.append(f"[{''.join(map(re.escape, changed))}]")
        pieces: list[str] = []
        edits = _Edits([], [], [])
        at, length = 0, 0
        text = self.original
        for found in re.finditer("|".join(options), text, re.DOTALL):
            if found.start() > at:
                pieces.append(text[at : found.start()].lower())
                edits.folded.append(length)
                edits.original.append(at)
                edits.original_end.append(-1)
                length += found.start() - at
            replacement = _changed.get(found[0]) if len(found[0]) == 1 else None
            if replacement is None:
                replacement = fold_string(found[0])
            if replacement:
                pieces.append(replacement)
                edits.folded.append(length)
                edits.original.append(found.start())
                edits.original_end.append(found.end())
                length += len(replacement)
            at = found.end()
        pieces.append(text[at:].lower())
        edits.folded.append(length)
        edits.original.append(at)
        edits.original_end.append(-1)
        self._edits = edits
        return "".join(pieces)

    @cached_property
    def words(self) -> list[tuple[int, int]]:
        """Start and end of each word in the folded (not yet joined) text."""
        pattern = _ASCII_WORD if self._folded.isascii() else _WORD
        return [found.span() for found in pattern.finditer(self._folded)]

    @cached_property
    def starts(self) -> list[int]:
        """Start of each word in `joined`."""
        lengths = accumulate(map(len, self.joined.split()), initial=1)
        return [start + index for index, start in enumerate(lengths)][:-1]

    @cached_property
    def ends(self) -> list[int]:
        """End of each word in `joined`."""
        return [start + high - low for start, (low, high) in zip(self.starts, self.words, strict=True)]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Turn a span of `joined` that begins and ends inside words into a span of the original text."""
        starts, shifts = self.starts, self._shifts
        first = bisect_right(starts, start) - 1
        last = bisect_right(starts, end - 1) - 1
        low, high = start + shifts[first], end + shifts[last]
        if self._edits is None:
            return low, high
        return self._edits.start(low), self._edits.end(high)

    @cached_property
    def _shifts(self) -> list[int]:
        """How much farther on each word stands in the folded text than in `joined`."""
        return [low - start for start, (low, _) in zip(self.starts, self.words, strict=True)]

    def word_at(self, offset: int) -> int:
        """Return the index of the first word that starts at or after `offset` of the original text."""
        low, high = 0, len(self.words)
        while low < high:
            middle = (low + high) // 2
            start = self.words[middle][0]
            if (start if self._edits is None else self._edits.start(start)) < offset:
                low = middle + 1
            else:
                high = middle
        return low


def _join_ascii(text: str) -> str:
    return f" {b' '.join(text.encode('ascii').translate(_ASCII_TABLE).split()).decode('ascii')} "


def is_cjk(char: str) -> bool:
    """Whether `char` is Hangul, Han or kana: scripts whose terms are found inside longer words."""
    return _CJK_CHARACTER.match(char) is not None


def is_unspaced(char: str) -> bool:
    """Whether `char` is Han or kana: scripts written without spaces, where two characters count as one word."""
    if not "\u3005" <= char < "\uac00":  # quick for most
        return char >= "\uf900" and _UNSPACED.match(char) is not None
    return _UNSPACED.match(char) is not None


def has_unspaced(text: str) -> bool:
    """Whether `text` contains Han or kana."""
    return _UNSPACED.search(text) is not None


def fold(text: str) -> str:
    """Return the folded words of `text`, joined by single spaces, without spaces at the ends."""
    if text.isascii():
        return b" ".join(text.encode("ascii").translate(_ASCII_TABLE).split()).decode("ascii")
    if not _ODD.search(text):
        return " ".join(_WORD.findall(text.lower()))
    return Folded(text).joined.strip()


def fold_case(text: str) -> str:
    """Return the words of `text` joined by single spaces in NFKC, case and accents kept: what `case:` compares."""
    visible = "".join(char for char in text if not _invisible(char))
    return " ".join(re.findall(_WORD, unicodedata.normalize("NFKC", visible)))


def fold_fragment(text: str) -> str:
    """Fold a piece of a term that goes on at both ends: separators at its edges become one space each."""
    words = fold(text)
    if not words:
        return " " if text else ""
    folded = fold_string(text)
    left = " " if not _WORD.match(folded) else ""
    right = " " if not _WORD.match(folded[-1]) else ""
    return f"{left}{words}{right}"


def pattern_of(text: str, *, inside: bool = False) -> str:
    """Return what the automaton looks for to find the literal term `text`, empty if it has no letters.

    A Latin edge must be a word's edge; a CJK edge only where `text` has a space there. `inside` (`sub:`) drops the
    former.
    """
    folded = fold(text)
    if not folded:
        return ""
    left = text[0].isspace() or not (inside or is_cjk(folded[0]))
    right = text[-1].isspace() or not (inside or is_cjk(folded[-1]))
    return f"{' ' * left}{folded}{' ' * right}"
