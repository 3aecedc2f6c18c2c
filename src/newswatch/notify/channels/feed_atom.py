"""A JSON Feed as an Atom feed (RFC 4287) with the same content. Pure."""

from typing import Any
from xml.etree import ElementTree as ET

from newswatch import __version__

_ATOM = "http://www.w3.org/2005/Atom"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def atom(document: dict[str, Any], *, updated: str, self_url: str | None) -> bytes:
    """Return the feed. `document` is a JSON Feed as `feed_files` keeps it, `updated` the instant of its last change."""
    feed = ET.Element("feed", xmlns=_ATOM)
    _add(feed, "id", document["_newswatch"]["id"])
    _add(feed, "title", document["title"])
    _add(feed, "updated", updated)
    _add(_add(feed, "author"), "name", document["authors"][0]["name"])
    _add(feed, "generator", "newswatch", version=__version__)
    if self_url is not None:
        _add(feed, "link", rel="self", type="application/atom+xml", href=self_url)
    for item in document["items"]:
        _entry(feed, item)
    ET.indent(feed)
    written: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _entry(feed: ET.Element, item: dict[str, Any]) -> None:
    entry = _add(feed, "entry")
    _add(entry, "id", item["id"])
    title = _add(entry, "title", item["title"])
    if item.get("language"):
        title.set(_LANG, item["language"])
    _add(entry, "updated", item["date_modified"])
    _add(entry, "published", item["date_published"])
    for author in item.get("authors", ()):
        _add(_add(entry, "author"), "name", author["name"])
    if item.get("url"):
        _add(entry, "link", rel="alternate", href=item["url"])
    for tag in item.get("tags", ()):
        _add(entry, "category", term=tag)
    _add(entry, "summary", item["summary"])
    _add(entry, "content", item["content_html"], type="html")


def _add(parent: ET.Element, name: str, text: str | None = None, **attributes: str) -> ET.Element:
    child = ET.SubElement(parent, name, attributes)
    child.text = text
    return child
