"""Sitemaps (https://www.sitemaps.org/protocol.html, Google's news extension) as feeds."""

from typing import Any

from lxml import etree

from newswatch.collect.feedtext import absolute_link
from newswatch.collect.rawfeed import RawEntry, RawFeed

_MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
_NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"
_MOST_CHILDREN = 50
_MOST_PLAIN = 200


def read_sitemap(data: bytes, url: str, *, plain: bool = False) -> RawFeed | tuple[str, tuple[str, ...]]:
    """Return a news sitemap as a feed, or in words why it is none together with the sitemaps it points to.

    `data` is UTF-8 without declaration; `url` is what relative links refer to. A plain sitemap lists every page of a
    site, old and new, so only on request (`plain`) its newest pages are taken, by their date of change. The sitemaps of
    an index come with the most promising first: those for news, else those that changed last.
    """
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True
    )
    root = etree.fromstring(data, parser)
    if root is None:
        return "the sitemap is not XML", ()
    if _local(root) == "sitemapindex":
        dated = [
            (_find(child, "lastmod") or "", location)
            for child in root
            if isinstance(child.tag, str) and (location := absolute_link(url, _find(child, "loc"))) is not None
        ]
        children = [location for _, location in sorted(dated, key=lambda one: one[0], reverse=True)]
        # Indexes of news sites name their news sitemap so.
        news = [child for child in children if "news" in child.rpartition("/")[2].lower()]
        return f"this is an index of {len(children)} sitemaps", tuple((news or children)[:_MOST_CHILDREN])
    feed = RawFeed("sitemap")
    pages = 0
    others: list[tuple[str, RawEntry]] = []
    for page in root:
        if not isinstance(page.tag, str) or _local(page) != "url":
            continue
        pages += 1
        news = page.find(_NEWS + "news")
        if news is not None:
            feed.entries.append(_entry(page, news, url))
        elif plain and (changed := _find(page, "lastmod")):
            location = _find(page, "loc")
            others.append((changed, RawEntry(base=url, guid=location, link=location, published=changed)))
    if plain and not feed.entries:
        newest = sorted(others, key=lambda one: one[0], reverse=True)[:_MOST_PLAIN]
        feed.entries = [entry for _, entry in newest]
        if len(others) > _MOST_PLAIN:
            feed.notes.append(f"of {len(others)} pages the {_MOST_PLAIN} that changed last were taken")
    if not feed.entries and pages:
        return f"this is a plain sitemap of {pages} pages without news", ()
    return feed


def _entry(page: Any, news: Any, url: str) -> RawEntry:
    location = _find(page, "loc")
    publication = news.find(_NEWS + "publication")
    return RawEntry(
        base=url,
        guid=location,
        link=location,
        title=_string(news.findtext(_NEWS + "title")),
        published=_string(news.findtext(_NEWS + "publication_date")),
        updated=_find(page, "lastmod"),
        language=None if publication is None else _string(publication.findtext(_NEWS + "language")),
        source_name=None if publication is None else _string(publication.findtext(_NEWS + "name")),
    )


def _find(element: Any, name: str) -> str | None:
    return _string(element.findtext(_MAP + name) or element.findtext(name))


def _string(text: str | None) -> str | None:
    return text.strip() or None if text else None


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]
