"""What a page says about itself: JSON-LD first, then OpenGraph and other meta elements, then what stands on the page.

Everything is read in one walk over the head and a few searches, which costs a fraction of a general metadata
extractor; that one is only asked for what is still missing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import trafilatura
from lxml import etree
from lxml.html import HtmlElement

from newswatch.extract.authors import clean_authors
from newswatch.extract.htmltext import html_to_paragraphs
from newswatch.extract.jsonld import LISTING_TYPES, SHOW_TYPES, JsonObject, as_list, find_article, text_of
from newswatch.extract.text import one_line, shorten

_MAX_TITLE = 400
_MAX_URL = 2_000
_DATE_META = (
    "article:published_time", "og:article:published_time", "datepublished", "og:published_time", "date", "pubdate",
    "publishdate", "publish-date", "publish_date", "parsely-pub-date", "sailthru.date", "dc.date", "dc.date.issued",
    "dcterms.created", "dcterms.date", "cxenseparse:recs:publishtime", "article.published", "og:regdate",
    "apub:time", "weibo:article:create_at",
)  # fmt: skip
_MODIFIED_META = ("article:modified_time", "og:updated_time", "datemodified", "lastmod", "dcterms.modified")
_AUTHOR_META = ("author", "article:author", "parsely-author", "sailthru.author", "dc.creator", "dable:author", "byl")
_IMAGE_META = ("og:image", "og:image:url", "twitter:image", "twitter:image:src")
_BYLINE = re.compile(
    r"\b(?:byline|author|writer|reporter|journalist)\b|(?:^|[\s_-])(?:by-?line|author-?name|reporter-?name|writer)",
    re.IGNORECASE,
)
_DATED = re.compile(r"date|time|publish|posted|byline|meta|info|등록|입력", re.IGNORECASE)
_NEXT = etree.XPath("//link[@rel='next'] | //a[@rel='next']")
_MAX_VISIBLE = 200  # characters; longer elements are not a date line or a byline
_SUFFIX = re.compile(r"\s+[|｜–—\-·:：]\s+|\s*[|｜_]\s*")
_TITLE_WORDS = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class PageMetadata:
    """The page's own statements, tidied but not yet weighed against the feed's.

    `dates` and `modified` are (found_by, text) in order of trust. `article_body` has paragraphs. `is_article` says
    that the page calls itself an article, `is_listing` that it calls itself a list.
    """

    title: str | None = None
    authors: tuple[str, ...] = ()
    dates: tuple[tuple[str, str], ...] = ()
    modified: tuple[tuple[str, str], ...] = ()
    publisher: str | None = None
    section: str | None = None
    image_url: str | None = None
    canonical_url: str | None = None
    language: str | None = None
    description: str | None = None
    article_body: tuple[str, ...] = ()
    stated_words: int | None = None
    is_free: bool | None = None
    is_article: bool = False
    is_listing: bool = False
    shows: str | None = None  # "video" or "gallery": what the page is for, beside its text


def read_metadata(tree: HtmlElement, url: str | None, *, entry_title: str | None = None) -> PageMetadata:
    """Read a page's metadata from its tree, which is not changed.

    `url` makes relative addresses absolute. `entry_title` is the feed's title; it settles which of several is the
    article's own.
    """
    article, kinds = find_article(tree)
    node: JsonObject = article or {}
    meta = _meta_elements(tree)
    titles = _title_candidates(tree, node, meta)
    site = _first(meta, ("og:site_name", "application-name")) or None
    publisher = text_of(node.get("publisher")) or site
    kind = meta.get("og:type", "").lower()
    return PageMetadata(
        title=_choose_title(titles, site, entry_title),
        authors=_authors(node, meta, tree, publisher),
        dates=_dates(node, meta, ("datePublished", "dateCreated", "uploadDate"), _DATE_META),
        modified=_dates(node, meta, ("dateModified",), _MODIFIED_META),
        publisher=publisher,
        section=text_of(node.get("articleSection")) or meta.get("article:section") or None,
        image_url=_absolute(_image(node) or _first(meta, _IMAGE_META), url),
        canonical_url=_canonical(tree, node, meta, url),
        language=text_of(node.get("inLanguage"))
        or tree.get("lang")
        or meta.get("content-language")
        or meta.get("og:locale"),
        description=_first(meta, ("og:description", "description", "twitter:description"))
        or text_of(node.get("description")),
        article_body=_article_body(node),
        stated_words=_number(node.get("wordCount")),
        is_free=_flag(node.get("isAccessibleForFree")),
        shows="video"
        if kind.startswith("video")
        else next((SHOW_TYPES[one] for one in sorted(kinds) if one in SHOW_TYPES), None),
        is_article=article is not None
        or kind in {"article", "news", "newsarticle"}
        or "article:published_time" in meta,
        is_listing=article is None
        and (not kinds.isdisjoint(LISTING_TYPES) or (kind == "website" and urlsplit(url or "").path in {"", "/"})),
    )


def next_page(tree: HtmlElement, markup: str, url: str | None) -> str | None:
    """Return the address of the article's next page, None if it has none. `tree` was built from `markup`.

    Some sites link their next article in the same way, so the address must be below the page's own, or differ from it
    in the query alone.
    """
    if "next" not in markup:
        return None
    here = urlsplit(url or "")
    for link in _NEXT(tree):
        if address := _absolute(link.get("href"), url):
            there = urlsplit(address)
            path = here.path.rstrip("/")
            same = there.path.rstrip("/") == path and there.query != here.query
            if path and there.netloc == here.netloc and (same or there.path.startswith(f"{path}/")):
                return address
    return None


def visible_dates(tree: HtmlElement) -> Iterator[tuple[str, str]]:
    """Yield (found_by, text) of what looks like the date line of an article without machine-readable dates."""
    for element in tree.iter("time"):
        yield "time element", element.get("datetime") or element.text_content()[:_MAX_VISIBLE]
    for element in tree.iter("span", "div", "p", "em", "li", "dd", "small"):
        named = f"{element.get('class', '')} {element.get('id', '')} {element.get('itemprop', '')}"
        if _DATED.search(named):
            yield from _short_text(element)


def trafilatura_metadata(tree: HtmlElement, url: str | None) -> tuple[list[str], str | None]:
    """Ask the general extractor for what the page does not state: returns (authors, date as YYYY-MM-DD)."""
    found = trafilatura.extract_metadata(tree, default_url=url, extensive=False)
    return (found.author or "").split("; "), found.date


def _short_text(element: HtmlElement) -> Iterator[tuple[str, str]]:
    text = "".join(element.itertext())
    if len(text) <= _MAX_VISIBLE and any(character.isdigit() for character in text):
        yield "text", one_line(text)


def _meta_elements(tree: HtmlElement) -> dict[str, str]:
    """Return the content of meta elements by lower-case name; the first of each name wins."""
    meta: dict[str, str] = {}
    for element in tree.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop") or element.get("http-equiv")
        content = element.get("content")
        if name and content and (value := one_line(content[:5_000])):
            meta.setdefault(name.strip().lower(), value)
    return meta


def _first(meta: dict[str, str], names: tuple[str, ...]) -> str | None:
    return next((meta[name] for name in names if name in meta), None)


def _title_candidates(tree: HtmlElement, node: JsonObject, meta: dict[str, str]) -> list[str]:
    """Return the titles the page offers, most trusted first."""
    headings = [one_line("".join(heading.itertext())) for heading in tree.iter("h1")]
    element = tree.find(".//title")
    stated = [
        text_of(node.get("headline")) or text_of(node.get("name")),
        _first(meta, ("og:title", "twitter:title", "dc.title")),
        headings[0] if len(headings) == 1 else None,
        one_line(element.text) if element is not None and element.text else None,
    ]
    return [title for title in stated if title] + [heading for heading in headings[1:] if heading]


def _choose_title(candidates: list[str], site: str | None, entry_title: str | None) -> str | None:
    """Return the candidate that most others agree with, without the site's name at its end."""
    stripped = [title for candidate in candidates if (title := _without_site(candidate, site))]
    if not stripped:
        return shorten(one_line(entry_title), _MAX_TITLE) if entry_title and one_line(entry_title) else None
    voters = [*stripped, *([one_line(entry_title)] if entry_title else [])]
    keys = [_title_key(voter) for voter in voters]
    best = max(range(len(stripped)), key=lambda index: (keys.count(_title_key(stripped[index])), -index))
    return shorten(stripped[best], _MAX_TITLE)


def _title_key(title: str) -> str:
    return "".join(_TITLE_WORDS.findall(title)).casefold()


def _without_site(title: str, site: str | None) -> str:
    """Cut " | The Daily Planet" off a title, if that is the site's name or follows a bar."""
    parts = _SUFFIX.split(title)
    if len(parts) < 2:
        return title
    tail = parts[-1].strip()
    is_site = site is not None and _title_key(tail) == _title_key(site)
    behind_bar = title[: title.rfind(tail)].rstrip().endswith(("|", "｜")) and len(tail) <= 40
    if not (is_site or behind_bar):
        return title
    head = title[: title.rfind(tail)].rstrip(" |｜–—-·:：_")
    return _without_site(head, site) if len(head) >= 8 or not behind_bar else (head or title)


def _authors(node: JsonObject, meta: dict[str, str], tree: HtmlElement, publisher: str | None) -> tuple[str, ...]:
    stated = [name for item in as_list(node.get("author")) if (name := text_of(item))]
    names = clean_authors(stated, publisher=publisher)
    if not names:
        values = [meta[name] for name in _AUTHOR_META if name in meta and "://" not in meta[name]]
        names = clean_authors(values[:1], publisher=publisher)
    return names or clean_authors(_bylines(tree), publisher=publisher)


def _bylines(tree: HtmlElement) -> list[str]:
    """Return the text of the first short element that is marked as the author's name."""
    for element in tree.iter("a", "span", "div", "p", "address", "em", "li", "strong"):
        named = " ".join(filter(None, (element.get("class"), element.get("itemprop"), element.get("rel"))))
        if named and _BYLINE.search(named):
            text = one_line("".join(element.itertext())[: _MAX_VISIBLE * 4])
            if 1 < len(text) <= _MAX_VISIBLE // 2:
                return [text]
    return []


def _dates(
    node: JsonObject, meta: dict[str, str], properties: tuple[str, ...], names: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    found = [("json-ld", text) for name in properties if (text := text_of(node.get(name)))]
    found.extend(("opengraph" if ":" in name else "meta", meta[name]) for name in names if name in meta)
    return tuple(found)


def _image(node: JsonObject) -> str | None:
    for item in as_list(node.get("image")):
        address = item.get("url") or item.get("contentUrl") if isinstance(item, dict) else item
        if isinstance(address, str) and address:
            return address
    return None


def _canonical(tree: HtmlElement, node: JsonObject, meta: dict[str, str], url: str | None) -> str | None:
    for link in tree.iter("link"):
        if "canonical" in (link.get("rel") or "").lower().split() and (address := _absolute(link.get("href"), url)):
            return address
    main = node.get("mainEntityOfPage")
    stated = main.get("@id") if isinstance(main, dict) else main
    return _absolute(meta.get("og:url") or (stated if isinstance(stated, str) else None), url)


def _absolute(address: str | None, base: str | None) -> str | None:
    """Return an http(s) address made absolute, None if it is none."""
    if not address:
        return None
    try:
        whole = urljoin(base or "", address.strip())
        parts = urlsplit(whole)
    except ValueError:
        return None
    usable = parts.scheme in {"http", "https"} and parts.hostname and len(whole) <= _MAX_URL
    return whole if usable and not any(character.isspace() for character in whole) else None


def _article_body(node: JsonObject) -> tuple[str, ...]:
    body = node.get("articleBody")
    return tuple(html_to_paragraphs(body)) if isinstance(body, str) else ()


def _number(value: object) -> int | None:
    return int(str(value)) if str(value).isdigit() and len(str(value)) < 8 else None


def _flag(value: object) -> bool | None:
    return {"true": True, "false": False}.get(str(value).lower())
