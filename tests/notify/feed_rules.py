"""What Atom (RFC 4287) and JSON Feed (version 1.1) demand of a feed, as far as newswatch writes such things."""

import json
import re
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from lxml import etree
from lxml import html as lxml_html

ATOM = "{http://www.w3.org/2005/Atom}"
_FEED = {"id": (1, 1), "title": (1, 1), "updated": (1, 1), "author": (0, 99), "generator": (0, 1), "link": (0, 9)}
_ENTRY = {
    "id": (1, 1), "title": (1, 1), "updated": (1, 1), "published": (0, 1), "author": (0, 99), "link": (0, 9),
    "category": (0, 99), "summary": (0, 1), "content": (0, 1),
}  # fmt: skip
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")


def atom_problems(data: bytes) -> list[str]:
    """Return what is wrong with an Atom feed."""
    feed = etree.fromstring(data)
    if feed.tag != f"{ATOM}feed":
        return [f"the root is {feed.tag}"]
    problems = [*_children(feed, {**_FEED, "entry": (0, 10_000)}), *_common(feed)]
    problems += [] if feed.find(f"{ATOM}author") is not None else ["4.1.1: no author"]
    entries = feed.findall(f"{ATOM}entry")
    for entry in entries:
        problems += [*_children(entry, _ENTRY), *_common(entry)]
        alternates = [link for link in entry.findall(f"{ATOM}link") if link.get("rel", "alternate") == "alternate"]
        if entry.find(f"{ATOM}content") is None and not alternates:
            problems.append("4.1.2: neither content nor alternate link")
        if len({(link.get("type"), link.get("hreflang")) for link in alternates}) < len(alternates):
            problems.append("4.1.2: two alternate links of one type and language")
        content = entry.find(f"{ATOM}content")
        if content is not None and content.get("type") == "html" and len(content):
            problems.append("4.1.3.3: markup of HTML content is not escaped")
    keys = [(entry.findtext(f"{ATOM}id"), entry.findtext(f"{ATOM}updated")) for entry in entries]
    return problems + ([] if len(set(keys)) == len(keys) else ["4.1.1: two entries with the same id and updated"])


def _children(element: Any, allowed: dict[str, tuple[int, int]]) -> list[str]:
    names = [child.tag.removeprefix(ATOM) for child in element]
    problems = [f"{name} stands there" for name in names if name not in allowed]
    for name, (least, most) in allowed.items():
        if not least <= names.count(name) <= most:
            problems.append(f"{names.count(name)} × {name}")
    return problems


def _common(element: Any) -> list[str]:
    def those(name: str) -> list[Any]:
        return list(element.findall(f"{ATOM}{name}"))

    dates = [*those("updated"), *those("published")]
    return [
        *([] if urlsplit(element.findtext(f"{ATOM}id")).scheme else ["4.2.6: id is no absolute IRI"]),
        *(f"3.3: {child.text} is no RFC 3339 date" for child in dates if not _is_date(child.text)),
        *("3.2.1: author without a name" for author in those("author") if not author.findtext(f"{ATOM}name")),
        *("4.2.7.1: link without href" for link in those("link") if not link.get("href")),
        *("4.2.2.1: category without term" for child in those("category") if not child.get("term")),
    ]


def _is_date(text: str | None) -> bool:
    return bool(text and _RFC3339.fullmatch(text) and datetime.fromisoformat(text))


def json_feed_problems(data: bytes) -> list[str]:
    """Return what is wrong with a JSON Feed."""
    feed = json.loads(data)
    problems = []
    if feed.get("version") != "https://jsonfeed.org/version/1.1":
        problems.append("version")
    if not isinstance(feed.get("title"), str) or not feed["title"]:
        problems.append("title")
    known = {"version", "title", "feed_url", "description", "authors", "items", "_newswatch"}
    problems += [f"{name} is unknown" for name in feed.keys() - known]
    ids = [item.get("id") for item in feed["items"]]
    if len(set(ids)) < len(ids) or not all(isinstance(one, str) and one for one in ids):
        problems.append("ids")
    for item in feed["items"]:
        if not (item.get("content_html") or item.get("content_text")):
            problems.append("neither content_html nor content_text")
        problems += [name for name in ("date_published", "date_modified") if not _is_date(item.get(name))]
        if "url" in item and urlsplit(item["url"]).scheme not in ("http", "https"):
            problems.append("url")
        if not all(author.get("name") for author in item.get("authors", ())):
            problems.append("an author without a name")
        if not all(isinstance(tag, str) for tag in item.get("tags", ())):
            problems.append("tags")
        tree = lxml_html.fragment_fromstring(item["content_html"], create_parent=True)
        problems += [f"live {one.tag}" for one in tree.xpath("//script | //svg | //img | //*[@onerror or @onload]")]
    return problems
