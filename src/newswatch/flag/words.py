"""`word:` for Chinese, Japanese and Korean: a mention must begin and end where a word does.

Only the surroundings of a hit are analysed, never the whole article: morphological analysers are slow. Each language
needs its analyser from the extra `word`: kiwipiepy (ko), sudachipy with sudachidict_small (ja), rjieba (zh), which is
jieba's dictionary and algorithm as a compiled library.
"""

import importlib
import importlib.util
from collections.abc import Callable, Iterable, Sequence
from functools import cache

from newswatch.flag.document import Document, Span

_CONTEXT = 24  # characters on both sides that the analyser sees
_MODULES = {"ko": ("kiwipiepy",), "ja": ("sudachipy", "sudachidict_small"), "zh": ("rjieba",)}

Edges = Callable[[str], set[int]]
"""Turns a text into the offsets at which its words begin or end."""


def missing(language: str) -> str | None:
    """Return the name of the package that `word:` lacks for `language` (ko, ja, zh), None if it is there."""
    return next((name for name in _MODULES[language] if importlib.util.find_spec(name) is None), None)


@cache
def _edges(language: str) -> Edges:
    if language == "ko":
        # Its list of names of several words makes one word of 다카이치 사나에, and loading it takes half of the time.
        kiwi = importlib.import_module("kiwipiepy").Kiwi(load_multi_dict=False)
        return lambda text: {edge for token in kiwi.tokenize(text) for edge in (token.start, token.end)}
    if language == "ja":
        sudachi = importlib.import_module("sudachipy")
        tokenizer = sudachi.Dictionary(dict="small").tokenizer(mode=sudachi.SplitMode.A)
        return lambda text: {edge for token in tokenizer.tokenize(text) for edge in (token.begin(), token.end())}
    jieba = importlib.import_module("rjieba")
    # Search mode also tells the words inside long ones: 日本首相 is 日本 and 首相.
    return lambda text: {edge for _, start, end in jieba.tokenize(text, "search", False) for edge in (start, end)}


def _surroundings(document: Document, span: Span) -> tuple[list[int], int] | None:
    """Return the word edges around `span` and the place in the article from which they are counted.

    None in languages that have no analyser.
    """
    if document.language not in _MODULES:
        return None
    # The folded text: one form for composed and decomposed letters, and nothing that an analyser cannot read.
    low = max(0, span[0] - _CONTEXT)
    return sorted(_edges(document.language)(document.joined[low : span[1] + _CONTEXT])), low


def around(document: Document, span: Span) -> str | None:
    """Return the longer word or words that `span` is only a part of; None if it begins and ends where words do.

    None too where the language has no analyser, or its analyser is not installed.
    """
    language = document.language
    surroundings = None if language in _MODULES and missing(language) else _surroundings(document, span)
    if surroundings is None:
        return None
    edges, low = surroundings
    start = max((low + edge for edge in edges if low + edge <= span[0]), default=span[0])
    end = min((low + edge for edge in edges if low + edge >= span[1]), default=span[1])
    return None if (start, end) == span else document.joined[start:end].strip()


def edge_check(document: Document, spans: Sequence[Span]) -> Iterable[Span]:
    """Yield the spans that begin and end at word edges in the article's language; all of them in other languages."""
    for span in spans:
        surroundings = _surroundings(document, span)
        if surroundings is None or {span[0] - surroundings[1], span[1] - surroundings[1]} <= set(surroundings[0]):
            yield span
