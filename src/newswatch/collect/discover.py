"""Which feeds an HTML page offers."""

import re
from urllib.parse import urljoin

from lxml import etree

from newswatch.collect.feedtext import absolute_link

_FEED_TYPES = frozenset(
    {
        "application/rss+xml",
        "application/atom+xml",
        "application/feed+json",
        "application/rdf+xml",
        "application/x-rss+xml",
        "text/rss",
    }
)
_LIKE_A_FEED = re.compile(r"(?:^|[/.?=_-])(?:rss|atom|feeds?|rdf)(?:$|[/.?&_-])|\.(?:rss|atom|rdf|xml)$", re.IGNORECASE)
_MOST = 20
_LOOK_AT = 2_000_000


def feed_links(html: bytes, url: str) -> tuple[str, ...]:
    """Return the absolute URLs of feeds that a page (UTF-8) names, best first, at most 20.

    First those it declares (`<link rel="alternate">`, RSS autodiscovery), then links whose address looks like a feed.
    """
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True)
    try:
        root = etree.fromstring(html[:_LOOK_AT], parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return ()
    if root is None:
        return ()
    base = url
    declared: list[str] = []
    guessed: list[str] = []
    for element in root.iter("base", "link", "a"):
        href = element.get("href")
        if not href:
            continue
        if element.tag == "base":
            base = urljoin(url, href) if base == url else base
        elif element.tag == "link":
            kind = (element.get("type") or "").partition(";")[0].strip().lower()
            if "alternate" in (element.get("rel") or "").lower().split() and kind in _FEED_TYPES:
                declared.append(href)
        elif _LIKE_A_FEED.search(href.partition("#")[0]):
            guessed.append(href)
    links = (absolute_link(base, href) for href in (*declared, *guessed))
    return tuple(dict.fromkeys(link for link in links if link and link != url))[:_MOST]
