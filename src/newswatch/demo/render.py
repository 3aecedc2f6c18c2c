"""Feeds and pages of the demo outlets, as bytes in each outlet's encoding."""

import html
import json
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup

from newswatch.demo.library import DemoArticle
from newswatch.demo.outlets import Outlet

_ATOM = "http://www.w3.org/2005/Atom"
_CONTENT = "http://purl.org/rss/1.0/modules/content/"
_DC = "http://purl.org/dc/elements/1.1/"
for _prefix, _uri in (("atom", _ATOM), ("content", _CONTENT), ("dc", _DC)):
    ET.register_namespace(_prefix, _uri)


@dataclass(frozen=True, slots=True)
class Shown:
    """An article that is on the site: with its address and the instant it appeared."""

    article: DemoArticle
    url: str
    published: datetime


def render_feed(outlet: Outlet, feed_url: str, shown: Sequence[Shown], title: str | None = None) -> bytes:
    """Return the feed document of `outlet` in its own format; newest first. `title` defaults to the outlet's name."""
    newest = sorted(shown, key=lambda item: (item.published, item.article.key), reverse=True)
    render = {"rss": _rss, "atom": _atom, "json": _json_feed}[outlet.feed]
    return render(outlet, feed_url, newest, title or outlet.name)


def feed_content_type(outlet: Outlet) -> str:
    """Return the Content-Type of the outlet's feeds."""
    kind = {"rss": "application/rss+xml", "atom": "application/atom+xml", "json": "application/feed+json"}[outlet.feed]
    return _with_charset(kind, outlet)


def page_content_type(outlet: Outlet) -> str:
    """Return the Content-Type of the outlet's pages."""
    return _with_charset("text/html", outlet)


def render_page(outlet: Outlet, shown: Shown, related: Sequence[Shown]) -> bytes:
    """Return an article page with the chrome of a real one: menu, banners, share bar, related list, footer."""
    published = shown.published.astimezone(ZoneInfo(outlet.zone))
    text = (
        _environment()
        .get_template(f"{outlet.layout}.html")
        .render(
            outlet=outlet,
            article=shown.article,
            url=shown.url,
            published=published,
            related=[(other.article.title, other.url) for other in related],
            words=_chrome()[outlet.language],
            json_ld=Markup(_json_ld(outlet, shown, published)) if outlet.json_ld else None,  # noqa: S704 - "<" escaped
        )
    )
    return text.encode(outlet.encoding, "xmlcharrefreplace")


def _with_charset(kind: str, outlet: Outlet) -> str:
    return f"{kind}; charset={outlet.encoding}" if outlet.charset_in_header else kind


def _content_html(article: DemoArticle) -> str:
    return "\n".join(f"<p>{html.escape(paragraph, quote=False)}</p>" for paragraph in article.paragraphs)


def _carries_content(outlet: Outlet, article: DemoArticle) -> bool:
    """Whole texts stand in full feeds, and for pages that robots.txt forbids."""
    return outlet.full_feed or article.area == "subscribers"


def _element(parent: ET.Element, tag: str, text: str | None = None, **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, tag, attributes)
    element.text = text
    return element


def _document(root: ET.Element, outlet: Outlet) -> bytes:
    ET.indent(root)
    body: bytes = ET.tostring(root, encoding=outlet.encoding.upper(), xml_declaration=True)
    return body


def _rss(outlet: Outlet, feed_url: str, shown: Sequence[Shown], title: str) -> bytes:
    root = ET.Element("rss", {"version": "2.0"})
    channel = _element(root, "channel")
    _element(channel, "title", title)
    _element(channel, "link", feed_url.rsplit("/", 1)[0] + "/")
    _element(channel, "description", outlet.name)
    _element(channel, "language", outlet.language)
    _element(channel, f"{{{_ATOM}}}link", rel="self", href=feed_url, type="application/rss+xml")
    for item in shown:
        node = _element(channel, "item")
        _element(node, "title", item.article.title)
        _element(node, "link", item.url)
        _element(node, "guid", f"{outlet.key}-{item.article.key}", isPermaLink="false")
        _element(node, f"{{{_DC}}}creator", item.article.author)
        _element(node, "category", item.article.section)
        _element(node, "pubDate", format_datetime(item.published.astimezone(ZoneInfo(outlet.zone))))
        _element(node, "description", item.article.lead)
        if _carries_content(outlet, item.article):
            _element(node, f"{{{_CONTENT}}}encoded", _content_html(item.article))
    return _document(root, outlet)


def _atom(outlet: Outlet, feed_url: str, shown: Sequence[Shown], title: str) -> bytes:
    root = ET.Element(f"{{{_ATOM}}}feed", {"{http://www.w3.org/XML/1998/namespace}lang": outlet.language})

    def add(parent: ET.Element, tag: str, text: str | None = None, **attributes: str) -> ET.Element:
        return _element(parent, f"{{{_ATOM}}}{tag}", text, **attributes)

    add(root, "title", title)
    add(root, "id", feed_url)
    add(root, "link", rel="self", href=feed_url)
    add(root, "updated", shown[0].published.isoformat() if shown else "2026-01-01T00:00:00Z")
    for item in shown:
        node = add(root, "entry")
        add(node, "title", item.article.title)
        add(node, "id", f"tag:{outlet.key}.example,2026:{item.article.key}")
        add(node, "link", rel="alternate", type="text/html", href=item.url)
        add(add(node, "author"), "name", item.article.author)
        add(node, "category", term=item.article.section)
        instant = item.published.astimezone(ZoneInfo(outlet.zone)).isoformat()
        add(node, "published", instant)
        add(node, "updated", instant)
        add(node, "summary", item.article.lead)
    return _document(root, outlet)


def _json_feed(outlet: Outlet, feed_url: str, shown: Sequence[Shown], title: str) -> bytes:
    items: list[dict[str, Any]] = []
    for item in shown:
        entry: dict[str, Any] = {
            "id": f"{outlet.key}:{item.article.key}",
            "url": item.url,
            "title": item.article.title,
            "summary": item.article.lead,
            "date_published": item.published.astimezone(ZoneInfo(outlet.zone)).isoformat(),
            "authors": [{"name": item.article.author}],
            "tags": [item.article.section],
            "language": outlet.language,
        }
        if _carries_content(outlet, item.article):
            entry["content_html"] = _content_html(item.article)
        else:
            entry["content_text"] = item.article.lead
        items.append(entry)
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": title,
        "feed_url": feed_url,
        "language": outlet.language,
        "items": items,
    }
    return json.dumps(feed, ensure_ascii=False, indent=1).encode()


def _json_ld(outlet: Outlet, shown: Shown, published: datetime) -> str:
    data = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": shown.article.title,
        "datePublished": published.isoformat(),
        "author": {"@type": "Person", "name": shown.article.author},
        "publisher": {"@type": "NewsMediaOrganization", "name": outlet.name},
        "articleSection": shown.article.section,
        "inLanguage": outlet.language,
        "mainEntityOfPage": shown.url,
    }
    return json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")


@cache
def _environment() -> Environment:
    return Environment(loader=PackageLoader("newswatch.demo"), autoescape=select_autoescape(), trim_blocks=True)


@cache
def _chrome() -> dict[str, dict[str, Any]]:
    return tomllib.loads(files(__package__).joinpath("chrome.toml").read_text(encoding="utf-8"))
