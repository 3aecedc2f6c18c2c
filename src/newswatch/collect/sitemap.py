"""News sitemaps (https://www.sitemaps.org/protocol.html, Google's news extension) as feeds."""

from typing import Any

from lxml import etree

from newswatch.collect.rawfeed import RawEntry, RawFeed

_MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
_NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"
_MOST_CHILDREN = 50


def read_sitemap(data: bytes, url: str) -> RawFeed | tuple[str, tuple[str, ...]]:
    """Return a news sitemap as a feed, or in words why it is none together with the sitemaps it points to.

    `data` is UTF-8 without declaration; `url` is what relative links refer to. A plain sitemap lists every page of a
    site, old and new, so it is refused.
    """
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True
    )
    root = etree.fromstring(data, parser)
    if root is None:
        return "the sitemap is not XML", ()
    if _local(root) == "sitemapindex":
        found = (_find(child, "loc") for child in root if isinstance(child.tag, str))
        children = [location for location in found if location]
        # Indexes of news sites name their news sitemap so.
        news = [child for child in children if "news" in child.rpartition("/")[2].lower()]
        return (
            f"this is an index of {len(children)} sitemaps; add the one with the news as a feed",
            tuple((news or children)[:_MOST_CHILDREN]),
        )
    feed = RawFeed("sitemap")
    pages = 0
    for page in root:
        if not isinstance(page.tag, str) or _local(page) != "url":
            continue
        pages += 1
        news = page.find(_NEWS + "news")
        if news is not None:
            feed.entries.append(_entry(page, news, url))
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
