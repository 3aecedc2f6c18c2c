"""The words that the full-text index knows, the same for both databases.

Neither FTS5 nor PostgreSQL's `simple` configuration can find a name of two characters in a run of Chinese, Japanese
or Korean. So the tokens are made here: words of spaced scripts as they are, runs of the others as overlapping pairs of
characters plus the last character alone. A query for such a run is a phrase of its pairs; one character is a prefix.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

TOKENIZER_VERSION = 1
"""Stored with each article. Raised whenever the same text gives other tokens: the index must then be made anew."""

MAX_TOKENS = 15_000
"""Tokens of one text. PostgreSQL's positions end at 16 383 (manual, section 8.11.1)."""

_MAX_POSITION = 16_383
_MAX_POSITIONS_EACH = 255  # PostgreSQL keeps at most 256 of one lexeme
_MAX_VECTOR = 1_000_000  # bytes; PostgreSQL allows 1 048 575
_MAX_LENGTH = 64  # characters of one token; longer ones are no words
_MAX_TERMS = 64  # of one query
_MAX_QUERY = 2_000  # characters

_RUN_CHARACTERS = (
    "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"  # Han
    "\u3041-\u3096\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"  # kana
    "\u1100-\u11ff\u3131-\u318e\ua960-\ua97f\uac00-\ud7ff"  # Hangul
)
# Marks that stand inside words: accents, Cyrillic, Hebrew, Arabic, the scripts of India, Thai, Lao, Burmese, Khmer
_INSIDE = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0900-\u0dff\u0e31-\u0e4e"
    "\u0eb1-\u0ecd\u102b-\u103e\u17b4-\u17d3"
)
_PIECES = re.compile(rf"(?P<run>[{_RUN_CHARACTERS}]+)|[^\W_{_RUN_CHARACTERS}](?:[^\W_{_RUN_CHARACTERS}]|[{_INSIDE}])*")
_RUN = re.compile(f"[{_RUN_CHARACTERS}]")
_ASCII_WORDS = re.compile("[a-z0-9]+")
_WORDS = re.compile(rf"[^\W_]+(?:[{_INSIDE}]+[^\W_]*)*")  # of a text without runs
_MARKS = re.compile("[\u0300-\u036f]+")
_QUOTES = '"“”„«»「」『』'
_QUERY_PARTS = re.compile(
    rf"(?P<minus>(?<![^\s(（])-)?(?:[{_QUOTES}](?P<phrase>[^{_QUOTES}]*)[{_QUOTES}]?|(?P<word>[^\s{_QUOTES}]+))"
)


@dataclass(frozen=True, slots=True)
class Term:
    """Tokens that follow each other. `prefix` means that the last one may go on."""

    tokens: tuple[str, ...]
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What a person asked for: one term of every group, and none of the excluded ones."""

    groups: tuple[tuple[Term, ...], ...]
    excluded: tuple[Term, ...] = ()


def tokens(text: str) -> list[str]:
    """Return the tokens of a text in order, at most `MAX_TOKENS`.

    They hold letters and digits only, folded in case, width and diacritics (NFKC, casefold, accents dropped).
    """
    return list(islice(_tokens(text), MAX_TOKENS))


@dataclass(frozen=True, slots=True)
class SearchText:
    """What an article is indexed under: the tokens of its title and of its text, each joined by spaces."""

    title: str
    body: str


def search_text(title: str, body: str) -> SearchText:
    """Return what an article with this title and text is indexed under."""
    return SearchText(" ".join(tokens(title)), " ".join(tokens(body)))


def query_terms(query: str) -> SearchQuery | None:
    """Understand what a person typed, None if there is nothing to look for.

    Words are all wanted; "words in quotes" follow each other; OR (or |) between two terms wants either; a minus before
    a term excludes it. Anything else is read as words: there is no wrong query.
    """
    groups: list[tuple[Term, ...]] = []
    excluded: list[Term] = []
    either = False
    for part in islice(_QUERY_PARTS.finditer(query[:_MAX_QUERY]), _MAX_TERMS):
        word = part["word"]
        if word in {"OR", "|"}:
            either = bool(groups)
            continue
        term = _term(word if word is not None else part["phrase"])
        if word == "AND" or term is None:
            continue
        if part["minus"]:
            excluded.append(term)
        elif either:
            groups[-1] = (*groups[-1], term)
        else:
            groups.append((term,))
        either = False
    return SearchQuery(tuple(groups), tuple(excluded)) if groups else None


def fts5_query(query: str) -> str | None:
    """Return what a person typed as an FTS5 MATCH expression, None if there is nothing to look for.

    The syntax is that of https://www.sqlite.org/fts5.html#full_text_query_syntax.
    """
    wanted = query_terms(query)
    if wanted is None:
        return None
    groups = ["(" + " OR ".join(map(_fts5_term, group)) + ")" for group in wanted.groups]
    expression = " AND ".join(groups)
    if wanted.excluded:
        expression = f"({expression}) NOT ({' OR '.join(map(_fts5_term, wanted.excluded))})"
    return expression


def tsquery(query: str) -> str | None:
    """Return what a person typed as the text of a PostgreSQL `tsquery`, None if there is nothing to look for."""
    wanted = query_terms(query)
    if wanted is None:
        return None
    parts = ["(" + " | ".join(map(_tsquery_term, group)) + ")" for group in wanted.groups]
    parts.extend(f"!({_tsquery_term(term)})" for term in wanted.excluded)
    return " & ".join(parts)


def tsvector_text(words: Sequence[str]) -> str:
    """Return tokens as the text of a PostgreSQL `tsvector` with their positions.

    An empty token takes a position and is not stored, so that a gap can be made which no phrase spans. Tokens behind
    the last position that PostgreSQL knows are findable but are in no phrase.
    """
    places: dict[str, list[int]] = {}
    for position, word in enumerate(words, start=1):
        if word:
            known = places.setdefault(word[:_MAX_LENGTH], [])
            if position <= _MAX_POSITION and len(known) < _MAX_POSITIONS_EACH:
                known.append(position)
    lexemes: list[str] = []
    size = 0
    for word, known in places.items():
        positions = ":" + ",".join(map(str, known)) if known else ""
        size += len(word.encode()) + 2 * len(known) + 8
        if size > _MAX_VECTOR:
            break
        lexemes.append(_quoted(word) + positions)
    return " ".join(lexemes)


def _tokens(text: str) -> Iterable[str]:
    folded = _fold(text)
    if folded.isascii():
        return [word[:_MAX_LENGTH] for word in _ASCII_WORDS.findall(folded)]
    if _RUN.search(folded) is None:  # the same as below in one step
        plain = (word if word.isascii() else _without_marks(word) for word in _WORDS.findall(folded))
        return [word[:_MAX_LENGTH] for word in plain if word]
    return _tokens_of_pieces(folded)


def _tokens_of_pieces(folded: str) -> Iterator[str]:
    for piece, is_run in _pieces(folded):
        if is_run:
            yield from (piece[start : start + 2] for start in range(len(piece)))  # the last one is a single character
        else:
            yield piece


def _fold(text: str) -> str:
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _without_marks(word: str) -> str:
    return unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFD", word)))


def _pieces(folded: str) -> Iterator[tuple[str, bool]]:
    """Yield words and runs of a folded text, with whether it is a run."""
    for found in _PIECES.finditer(folded):
        piece = found[0]
        if found["run"]:
            yield piece, True
        else:
            if not piece.isascii():
                piece = _without_marks(piece)
            if piece:
                yield piece[:_MAX_LENGTH], False


def _term(text: str) -> Term | None:
    """Return a word or phrase of a query as tokens that follow each other."""
    pieces = list(islice(_pieces(_fold(text)), _MAX_TERMS))
    if not pieces:
        return None
    words = list(islice(_tokens(" ".join(piece for piece, _ in pieces)), MAX_TOKENS))
    last, is_run = pieces[-1]
    if not is_run:
        return Term(tuple(words))
    if len(last) == 1:
        return Term(tuple(words), prefix=True)
    return Term(tuple(words[:-1]))  # its last character alone would only be found at the end of a run


def _fts5_term(term: Term) -> str:
    return '"' + " ".join(term.tokens) + '"' + (" *" if term.prefix else "")


def _tsquery_term(term: Term) -> str:
    return " <-> ".join(map(_quoted, term.tokens)) + (":*" if term.prefix else "")


def _quoted(token: str) -> str:
    return "'" + token.replace("\\", "\\\\").replace("'", "''") + "'"
