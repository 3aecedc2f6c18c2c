"""RSS 0.9x to 2.0, RSS 1.0 and Atom 1.0 as most of the world writes them, read with lxml.

feedparser reads everything, at twenty times the cost. This reader takes the documents that leave no room for guessing
(well-formed, no DOCTYPE, a known root, no prefixes inside XHTML) and says "not me" to all others, which then go to
feedparser. Where both can read a document they must agree; a test compares them.
"""

from collections.abc import Callable, Iterator
from typing import Any

from lxml import etree

from newswatch.collect.feedtext import as_html
from newswatch.collect.rawfeed import RawEntry, RawFeed

_ATOM = "{http://www.w3.org/2005/Atom}"
_RSS1 = "{http://purl.org/rss/1.0/}"
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_DCTERMS = "{http://purl.org/dc/terms/}"
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
_SY = "{http://purl.org/rss/1.0/modules/syndication/}"
_ITUNES = "{http://www.itunes.com/dtds/podcast-1.0.dtd}"
_ITUNES_2 = "{http://www.itunes.com/DTDs/Podcast-1.0.dtd}"
_MEDIA = "{http://search.yahoo.com/mrss/}"
_FEEDBURNER = "{http://rssnamespace.org/feedburner/ext/1.0}"
_XHTML = "{http://www.w3.org/1999/xhtml}"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_PREVIOUS = "prev-archive"  # RFC 5005, section 4
_ALTERNATE = ("alternate", "http://www.iana.org/assignments/relation/alternate")


class _NotSure(Exception):
    """The document leaves room for guessing."""


def read_quick(data: bytes, url: str) -> RawFeed | None:
    """Return the feed in `data` (UTF-8, without declaration), None if it is for feedparser to judge.

    `url` is what relative links refer to.
    """
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
    )
    try:
        root = etree.fromstring(data, parser, base_url=url)
    except etree.XMLSyntaxError:
        return None
    if root.getroottree().docinfo.doctype:
        return None
    has_base = b"xml:base" in data
    try:
        if root.tag == "rss":
            return _read_rss(root, url, has_base=has_base)
        if root.tag == _RDF + "RDF":
            return _read_rdf(root, url, has_base=has_base)
        if root.tag == _ATOM + "feed":
            return _read_atom(root, url, has_base=has_base)
    except _NotSure:
        return None
    return None


# --- RSS -----------------------------------------------------------------------------------------------------------


def _read_rss(root: Any, url: str, *, has_base: bool) -> RawFeed:
    channel = root.find("channel")
    if channel is None or len(root.findall("channel")) != 1:
        raise _NotSure
    feed = RawFeed("rss")
    _read_channel(channel, "", feed)
    feed.language = feed.language or root.get(_LANG)
    items = channel.findall("item") + root.findall("item")  # 0.9x wrote items beside the channel
    if not items:
        _refuse_hidden_items(root)
    feed.entries = [_read_item(item, "", item.base if has_base else url) for item in items]
    return feed


def _refuse_hidden_items(root: Any) -> None:
    """A document without entries may have them where they do not belong."""
    if any(isinstance(one.tag, str) and one.tag.lower().endswith(("item", "entry")) for one in root.iter()):
        raise _NotSure


def _read_rdf(root: Any, url: str, *, has_base: bool) -> RawFeed:
    channel = root.find(_RSS1 + "channel")
    if channel is None:  # RSS 0.90 and others
        raise _NotSure
    feed = RawFeed("rdf")
    _read_channel(channel, _RSS1, feed)
    items = root.findall(_RSS1 + "item")
    if not items:
        _refuse_hidden_items(root)
    feed.entries = [_read_item(item, _RSS1, item.base if has_base else url) for item in items]
    return feed


def _read_channel(channel: Any, own: str, feed: RawFeed) -> None:
    for child in channel:
        tag = child.tag
        if tag in (own + "title", _DC + "title"):
            feed.title = feed.title or _text(child)
        elif tag == own + "link":
            feed.link = feed.link or _text(child)
        elif tag in (own + "language", _DC + "language"):
            feed.language = feed.language or _text(child)
        elif tag == _ATOM + "link":
            _read_relation(child, feed)
        elif tag == own + "ttl":
            feed.ttl = _text(child)
        elif tag == _SY + "updatePeriod":
            feed.update_period = _text(child)
        elif tag == _SY + "updateFrequency":
            feed.update_frequency = _text(child)
        elif tag == own + "skipHours":
            feed.skip_hours = [_text(one) or "" for one in child]
        elif tag == own + "skipDays":
            feed.skip_days = [_text(one) or "" for one in child]
        elif _is_odd(tag):
            raise _NotSure


def _read_relation(link: Any, feed: RawFeed) -> None:
    """Note what a link of the feed itself is for."""
    relation, target = link.get("rel"), link.get("href")
    if relation == _PREVIOUS:
        feed.previous = target
    elif relation == "hub":
        feed.hub = feed.hub or target
    elif relation == "self":
        feed.self_url = feed.self_url or target


def _read_item(item: Any, own: str, base: str) -> RawEntry:
    slots = _RSS1_SLOTS if own else _RSS_SLOTS
    found: dict[str, list[Any]] = {}
    for child in item:
        if not isinstance(child.tag, str):
            raise _NotSure  # an entity reference or a processing instruction
        slot = slots.get(child.tag)
        if slot is not None:
            found.setdefault(slot, []).append(child)
        elif _is_odd(child.tag):
            raise _NotSure
    if "unsure" in found:
        raise _NotSure
    guid, is_link = _identity(item, found)
    links = (link.get("href") for link in found.get("atom_link", ()) if link.get("rel", "alternate") in _ALTERNATE)
    plain_link = _first(found, "link", _text) or next((link.get("href") for link in found.get("link", ())), None)
    return RawEntry(
        base=base,
        guid=guid or _first(found, "weak_guid", _text),
        link=_first(found, "original", _text) or plain_link or next(links, None) or (guid if is_link else None),
        title=_first(found, "title", _markup) or _first(found, "weak_title", _markup),
        summary=_first(found, "summary", _markup) or _first(found, "weak_summary", _markup),
        contents=_all(found, "content", _markup),
        authors=_all(found, "author", _text) or _all(found, "weak_author", _text),
        published=_first(found, "published", _text) or _first(found, "weak_published", _text),
        updated=_first(found, "updated", _text),
        language=_first(found, "language", _text) or item.get(_LANG),
        source_name=_first(found, "source", _text),
    )


def _is_odd(tag: Any) -> bool:
    """Tell whether a name of RSS is written in an unusual case: "TITLE", "Pubdate"."""
    return isinstance(tag, str) and tag[:1] != "{" and tag not in _RSS_NAMES and tag.lower() in _LOWER_NAMES


def _slots(own: str) -> dict[str, str]:
    """Return what each element of an RSS item is good for; "weak" ones stand in where the others are missing."""
    named = {
        "title": "title",
        "link": "link",
        "description": "summary",
        "guid": "guid",
        "pubDate": "published",
        "pubdate": "published",
        "author": "author",
        "source": "source",
        "content": "content",
    }
    return {own + name: slot for name, slot in named.items()} | {
        own + "body": "unsure",
        own + "fullitem": "unsure",
        own + "id": "unsure",
        own + "updated": "unsure",
        own + "summary": "unsure",
        _XHTML + "body": "unsure",
        _XHTML + "div": "unsure",
        _CONTENT: "content",
        _DC + "creator": "author",
        _DC + "author": "author",
        _ITUNES + "author": "weak_author",
        _ITUNES_2 + "author": "weak_author",
        _DC + "date": "weak_published",
        _DCTERMS + "issued": "weak_published",
        _DCTERMS + "created": "weak_published",
        _ATOM + "published": "weak_published",
        _DCTERMS + "modified": "updated",
        _ATOM + "updated": "updated",
        _DC + "language": "language",
        _FEEDBURNER + "origLink": "original",
        _ATOM + "link": "atom_link",
        _ATOM + "id": "weak_guid",
        _DC + "title": "weak_title",
        _MEDIA + "title": "weak_title",
        _DC + "description": "weak_summary",
        _ITUNES + "summary": "weak_summary",
        _ITUNES_2 + "summary": "weak_summary",
        _MEDIA + "description": "weak_summary",
        _ATOM + "summary": "weak_summary",
    }


_RSS_NAMES = frozenset(
    "author content description guid language link pubDate pubdate skipDays skipHours source title ttl".split()
)
_LOWER_NAMES = frozenset(name.lower() for name in _RSS_NAMES)
_RSS_SLOTS = _slots("")
_RSS1_SLOTS = _slots(_RSS1)


def _identity(item: Any, found: dict[str, list[Any]]) -> tuple[str | None, bool]:
    """Return the guid or rdf:about of an item, and whether it is a link as well."""
    identity, is_link = _first(found, "guid", _text), True
    if identity:
        guid = found["guid"][0]
        is_link = str(guid.get("isPermaLink") or guid.get("ispermalink") or "true").lower() == "true"
    else:
        identity = item.get(_RDF + "about")
    # A guid is a link unless it says otherwise, but many that say nothing are only numbers.
    return identity, is_link and bool(identity) and str(identity).startswith(("http://", "https://"))


# --- Atom ----------------------------------------------------------------------------------------------------------


def _read_atom(root: Any, url: str, *, has_base: bool) -> RawFeed:
    feed = RawFeed("atom", language=root.get(_LANG))
    for child in root:
        if child.tag == _ATOM + "title":
            feed.title = feed.title or _construct(child)
        elif child.tag == _ATOM + "link":
            _read_relation(child, feed)
        elif child.tag == _SY + "updatePeriod":
            feed.update_period = _text(child)
        elif child.tag == _SY + "updateFrequency":
            feed.update_frequency = _text(child)
    feed.link = _atom_link(root, url, has_base=has_base)
    everywhere = [_text(name) for name in root.findall(f"{_ATOM}author/{_ATOM}name")]
    for item in root.findall(_ATOM + "entry"):
        entry = _read_entry(item, item.base if has_base else url, has_base=has_base)
        if not entry.authors:  # RFC 4287, section 4.2.1: the feed's authors are the entry's
            entry.authors = [name for name in everywhere if name]
        feed.entries.append(entry)
    if not feed.entries:
        _refuse_hidden_items(root)
    return feed


def _read_entry(item: Any, base: str, *, has_base: bool) -> RawEntry:
    entry = RawEntry(base=base, language=item.get(_LANG))
    weak_summary: str | None = None
    original: str | None = None
    for child in item:
        tag = child.tag
        if not isinstance(tag, str):
            raise _NotSure
        if tag == _ATOM + "id":
            entry.guid = entry.guid or _text(child)
        elif tag == _ATOM + "title":
            entry.title = entry.title or _construct(child)
        elif tag == _ATOM + "summary":
            entry.summary = entry.summary or _construct(child)
        elif tag == _ATOM + "content":
            _add(entry.contents, _content(child))
        elif tag == _ATOM + "published":
            entry.published = entry.published or _text(child)
        elif tag == _ATOM + "updated":
            entry.updated = entry.updated or _text(child)
        elif tag == _ATOM + "author":
            _add(entry.authors, _text(child.find(_ATOM + "name")) or _text(child.find(_ATOM + "email")))
        elif tag == _DC + "creator":
            _add(entry.authors, _text(child))
        elif tag == _ATOM + "source":
            title = child.find(_ATOM + "title")
            entry.source_name = None if title is None else _construct(title)
            if not entry.authors:
                for name in child.findall(f"{_ATOM}author/{_ATOM}name"):
                    _add(entry.authors, _text(name))
        elif tag == _FEEDBURNER + "origLink":
            original = _text(child)
        elif tag == _MEDIA + "group":
            weak_summary = weak_summary or _text(child.find(_MEDIA + "description"))
    entry.link = original or _atom_link(item, base, has_base=has_base)
    if entry.link is None and entry.guid and entry.guid.startswith(("http://", "https://")):
        entry.link = entry.guid
    entry.summary = entry.summary or weak_summary
    return entry


def _atom_link(element: Any, base: str, *, has_base: bool) -> str | None:
    """Return the link to what a person reads, absolute if xml:base says how."""
    best: tuple[int, Any] | None = None
    for link in element.findall(_ATOM + "link"):
        if link.get("href") is None and _text(link):
            raise _NotSure
        if link.get("href") is None or link.get("rel", "alternate") not in _ALTERNATE:
            continue
        kind = link.get("type", "text/html")
        rank = 0 if kind in ("text/html", "application/xhtml+xml") else 1
        if best is None or rank < best[0]:
            best = (rank, link)
    if best is None:
        return None
    href: str = best[1].get("href")
    if has_base and best[1].base != base:
        raise _NotSure  # a base of the link's own
    return href


def _construct(element: Any) -> str | None:
    """Return a text construct (RFC 4287, section 3.1) as HTML."""
    kind = element.get("type", "text").lower()
    if kind in ("text", "text/plain"):
        text = _text(element)
        # Feeds that say "text" and mean HTML are too many to take them at their word.
        return text if text is None or "<" in text or "&" in text else as_html(text)
    if kind in ("html", "text/html"):
        return _text(element)
    if kind in ("xhtml", "application/xhtml+xml"):
        return _xhtml(element)
    raise _NotSure


def _content(element: Any) -> str | None:
    if element.get("src") is not None:
        return None
    return _construct(element)


def _xhtml(element: Any) -> str | None:
    div = element.find(_XHTML + "div")
    if div is None or len(element) != 1:
        raise _NotSure
    for one in div.iter():
        if not isinstance(one.tag, str) or one.prefix is not None:
            raise _NotSure
        one.tag = etree.QName(one).localname
    etree.cleanup_namespaces(div)
    text = etree.tostring(div, encoding="unicode", method="html", with_tail=False)
    return text.partition(">")[2].rpartition("</div>")[0].strip() or None


# --- both ----------------------------------------------------------------------------------------------------------


def _text(element: Any) -> str | None:
    if element is None:
        return None
    if len(element):
        raise _NotSure  # elements where text belongs
    text: str | None = element.text
    return text.strip() or None if text else None


def _markup(element: Any) -> str | None:
    """Return a text that may be HTML. Elements inside mean that somebody forgot to escape it."""
    if not len(element):
        return _text(element)
    return "".join(_pieces(element)).strip() or None


def _pieces(element: Any) -> Iterator[str]:
    if element.text:
        yield as_html(element.text)
    for child in element:
        if not isinstance(child.tag, str) or child.prefix is not None:
            raise _NotSure
        yield etree.tostring(child, encoding="unicode", method="html", with_tail=True)


def _first(found: dict[str, list[Any]], slot: str, read: Callable[[Any], str | None]) -> str | None:
    for element in found.get(slot, ()):
        value = read(element)
        if value:
            return value
    return None


def _all(found: dict[str, list[Any]], slot: str, read: Callable[[Any], str | None]) -> list[str]:
    values = (read(element) for element in found.get(slot, ()))
    return [value for value in values if value]


def _add(values: list[str], value: str | None) -> None:
    if value:
        values.append(value)
