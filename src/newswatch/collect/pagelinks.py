"""A page without a feed as a feed: the article links that a selector finds on it."""

from typing import Any

from lxml import etree

from newswatch.collect.feedtext import absolute_link
from newswatch.collect.rawfeed import RawEntry, RawFeed
from newswatch.collect.selectors import compiled

_MOST = 500


def read_page(data: bytes, url: str, selector: str) -> RawFeed | str:
    """Return the links that `selector` finds on a page (UTF-8), or in words why there are none.

    What is selected is a link, or an element with one in it: its first. The text of the link is the title; of a
    heading around it or in it, if there is one. A `<time datetime>` in the selected element is the date.
    """
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True)
    try:
        root = etree.fromstring(data, parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        root = None
    if root is None:
        return "the page is empty"
    base = root.find(".//base[@href]")
    where = url if base is None else absolute_link(url, base.get("href")) or url
    feed = RawFeed("page", title=root.findtext(".//title"), link=url, language=root.get("lang"))
    try:
        selected = compiled(selector)(root)
    except etree.XPathError as error:
        return f"the selector {selector!r} cannot be used: {error}"
    if not isinstance(selected, list):
        return f"the selector {selector!r} selects no elements"
    best: dict[str, RawEntry] = {}
    for element in selected:
        entry = _entry(element, where) if hasattr(element, "iter") else None
        if entry is None or entry.link is None or entry.link.partition("#")[0] == url.partition("#")[0]:
            continue
        known = best.get(entry.link)
        if known is None or len(entry.title or "") > len(known.title or ""):  # pictures link to articles as well
            best[entry.link] = entry
    feed.entries = list(best.values())[:_MOST]
    return feed if feed.entries else f"the selector {selector!r} finds no link to an article on the page"


def _entry(element: Any, base: str) -> RawEntry | None:
    anchor = element if element.tag == "a" else next(element.iter("a"), None)
    if anchor is None:
        return None
    link = absolute_link(base, anchor.get("href"))
    heading = next(element.iter("h1", "h2", "h3", "h4"), None)
    title = _text(heading) or _text(anchor) or anchor.get("title") or anchor.get("aria-label")
    if not title:
        title = next((image.get("alt") for image in anchor.iter("img") if image.get("alt")), None)
    time = next(element.iter("time"), None)
    return RawEntry(base=base, link=link, title=title, published=None if time is None else time.get("datetime"))


def _text(element: Any) -> str | None:
    return None if element is None else " ".join("".join(element.itertext()).split()) or None
