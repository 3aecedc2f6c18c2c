"""The article object that most publishers put into their pages as JSON-LD (schema.org)."""

import json
import re
from collections.abc import Iterator
from typing import Any

from lxml.html import HtmlElement

from newswatch.extract.text import one_line

_ARTICLE_TYPES = re.compile(r"(?:Article|BlogPosting|Report|LiveBlogPosting|SocialMediaPosting)$")
LISTING_TYPES = frozenset({"CollectionPage", "ItemList", "SearchResultsPage", "ProfilePage"})
SHOW_TYPES = {"VideoObject": "video", "ImageGallery": "gallery", "MediaGallery": "gallery"}
_MAX_SCRIPT = 1_000_000  # characters; larger ones are data dumps
_MAX_NODES = 5_000
_CONTROL = re.compile(r"[\x00-\x1f]")
_WRAPPING = re.compile(r"^\s*(?://\s*)?(?:<!--|<!\[CDATA\[)|(?://\s*)?(?:-->|\]\]>)\s*;?\s*$|;\s*$")

JsonObject = dict[str, Any]


def find_article(tree: HtmlElement) -> tuple[JsonObject | None, frozenset[str]]:
    """Return the page's article object (the one that says most), and what else it is (LISTING_TYPES, SHOW_TYPES).

    Broken JSON is skipped: the page may still carry OpenGraph data.
    """
    best: JsonObject | None = None
    others: set[str] = set()
    for script in tree.iterfind('.//script[@type="application/ld+json"]'):
        for node in _objects(_parse(script.text or "")):
            kinds = {str(kind) for kind in as_list(node.get("@type"))}
            if any(_ARTICLE_TYPES.search(kind) for kind in kinds):
                if best is None or _wealth(node) > _wealth(best):
                    best = node
            else:
                others |= kinds & (LISTING_TYPES | SHOW_TYPES.keys())
    return best, frozenset(others)


def as_list(value: Any) -> list[Any]:
    """Return `value` as a list: schema.org allows one value wherever several may stand."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def text_of(value: Any) -> str | None:
    """Return a text property as one tidy line: a string, or the name of an object, or the first of several."""
    for item in as_list(value):
        found = item.get("name") or item.get("@value") if isinstance(item, dict) else item
        if isinstance(found, str) and (line := one_line(found)):
            return line
    return None


def _parse(source: str) -> Any:
    if not source or len(source) > _MAX_SCRIPT:
        return None
    source = _WRAPPING.sub("", source)
    try:
        return json.loads(source, strict=False)
    except (ValueError, RecursionError):
        pass
    try:
        return json.loads(_CONTROL.sub(" ", source).replace("\\'", "'"), strict=False)
    except (ValueError, RecursionError):
        return None


def _objects(root: Any) -> Iterator[JsonObject]:
    """Yield every object that can be an article: the roots, members of @graph, and main entities."""
    waiting, seen = [root], 0
    while waiting and seen < _MAX_NODES:
        node = waiting.pop(0)
        seen += 1
        if isinstance(node, list):
            waiting.extend(node)
        elif isinstance(node, dict):
            yield node
            waiting.extend(node[key] for key in ("@graph", "mainEntity", "mainEntityOfPage") if key in node)


def _wealth(node: JsonObject) -> int:
    return sum(
        1
        for key in ("headline", "datePublished", "author", "articleBody", "publisher", "dateModified")
        if node.get(key)
    )
