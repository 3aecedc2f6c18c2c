"""The text of pages that a script draws: it stands in the data that the page carries for that script.

Read are Next.js' `__NEXT_DATA__` (one JSON document), its later "flight" rows (`self.__next_f.push`), which hold JSON
and, as `ID:Tlength,`, plain text, and Arc's `Fusion.globalContent`. An article is in there as one string of HTML, or as
many strings at the same place of many like objects; the place that says most in sentences is taken.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from lxml.html import tostring

from newswatch.extract.htmltext import html_to_paragraphs
from newswatch.extract.prune import prune
from newswatch.extract.text import SENTENCE_END, one_line, weight
from newswatch.extract.tree import parse_html

_NEXT_DATA = re.compile(r'<script[^>]{0,200}\bid="__NEXT_DATA__"[^>]{0,200}>(.{2,3000000}?)</script>', re.DOTALL)
_FUSION = "Fusion.globalContent="
_FLIGHT = re.compile(r'self\.__next_f\.push\(\[1,("(?:[^"\\]|\\.)*+")\]\)')
_ROW = re.compile(r"^[0-9a-f]{1,6}:", re.MULTILINE)
_TEXT_ROW = re.compile(r"^[0-9a-f]{1,6}:T([0-9a-f]{1,6}),", re.MULTILINE)
_MARKUP = re.compile(r"<(?:p|br|div)\b", re.IGNORECASE)
_TAGS_AT_END = re.compile(r"(?:\s|</\w+>)+$")
_SLOT = re.compile(r"\$\$\w{2,30}\$\$")  # where the script puts advertisements
_MAX_SOURCE = 3_000_000  # characters
_MAX_NODES = 100_000
_LEAST = 60  # weight of a string that may be a paragraph
_FEWEST = 400  # weight of an article


def has_app_data(markup: str) -> bool:
    """Return whether the page carries data that `app_text` may understand."""
    return "__next_f" in markup or "__NEXT_DATA__" in markup or _FUSION in markup


def app_text(markup: str) -> tuple[str, ...]:
    """Return the paragraphs of the article in a page's script data, none if there is none."""
    places: dict[str, list[str]] = {}
    for place, text in _strings(markup):
        if _MARKUP.search(text):
            places.setdefault(f"{place}<{len(places)}", []).extend(_paragraphs(text))
        elif weight(text) >= _LEAST and SENTENCE_END.search(_TAGS_AT_END.sub("", text)):
            places.setdefault(place, []).append(" ".join(html_to_paragraphs(text)) if "<" in text else one_line(text))
    best = max(places.values(), key=_says, default=[])
    return tuple(dict.fromkeys(best)) if _says(best) >= _FEWEST else ()


def _says(paragraphs: list[str]) -> int:
    return sum(weight(text) for text in set(paragraphs) if SENTENCE_END.search(text))


def _paragraphs(markup: str) -> list[str]:
    tree = parse_html(f"<html><body>{_SLOT.sub(' ', markup)}</body></html>")
    if tree is None:
        return []
    prune(tree)
    return html_to_paragraphs(tostring(tree, encoding="unicode"))


def _strings(markup: str) -> Iterator[tuple[str, str]]:
    """Yield (place, text) of every string in the page's data; a place is a path without the numbers of lists."""
    if (found := _NEXT_DATA.search(markup)) is not None:
        yield from _walk(_json(found[1]))
    if (start := markup.find(_FUSION)) >= 0:
        yield from _walk(_leading_json(markup[start + len(_FUSION) : start + len(_FUSION) + _MAX_SOURCE]))
    rows = "".join(str(_json(chunk) or "") for chunk in _FLIGHT.findall(markup))[:_MAX_SOURCE]
    position = 0
    for row in _ROW.finditer(rows):
        if row.start() < position:
            continue
        if (text := _TEXT_ROW.match(rows, row.start())) is not None:
            content = rows[text.end() :].encode()[: int(text[1], 16)].decode("utf-8", "ignore")
            position = text.end() + len(content)
            yield "text", content
        else:
            end = rows.find("\n", row.end())
            yield from _walk(_json(rows[row.end() : end if end >= 0 else len(rows)]))


def _json(source: str) -> Any:
    try:
        return json.loads(source)
    except (ValueError, RecursionError):
        return None


def _leading_json(source: str) -> Any:
    try:
        return json.JSONDecoder().raw_decode(source.lstrip())[0]
    except (ValueError, RecursionError):
        return None


def _walk(root: Any) -> Iterator[tuple[str, str]]:
    waiting: list[tuple[str, Any]] = [("", root)]
    seen = 0
    while waiting and seen < _MAX_NODES:
        place, node = waiting.pop()
        seen += 1
        if isinstance(node, str):
            yield place, node
        elif isinstance(node, dict):
            waiting.extend((f"{place}.{key}"[:300], value) for key, value in reversed(list(node.items())))
        elif isinstance(node, list):
            waiting.extend((place, value) for value in reversed(node))
