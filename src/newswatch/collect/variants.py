"""One article under several addresses: links through aggregators, mobile pages, AMP. Pure.

What an address itself tells is read here; what only the page behind it tells is `onward`.
"""

import binascii
import re
from base64 import urlsafe_b64decode
from urllib.parse import parse_qs, unquote, urlsplit, urlunsplit

from newswatch.collect.feedtext import absolute_link
from newswatch.urls import registered_domain

# Hosts whose links carry the publisher's address in a parameter.
_PARAMETERS = {
    "www.google.com": ("/url", ("url", "q")),
    "google.com": ("/url", ("url", "q")),
    "www.bing.com": ("/news/apiclick.aspx", ("url",)),
    "l.facebook.com": ("/l.php", ("u",)),
    "lm.facebook.com": ("/l.php", ("u",)),
    "out.reddit.com": ("/", ("url",)),
    "slack-redir.net": ("/link", ("url",)),
}
_AGGREGATORS = frozenset({"news.google.com", "apple.news"})  # others that show the article itself are publishers
_AMP_CACHE = re.compile(r"/(?:[cvri]/)?(s/)?(.+)", re.DOTALL)
_YAHOO_TARGET = re.compile(r"/RU=([^/]+)/")
_GOOGLE_NEWS = re.compile(r"/(?:rss/)?articles/([\w=-]{20,4000})")
_WEB_ADDRESS = re.compile(rb"https?://[\x21-\x7e]+")
_MOBILE = frozenset({"m", "mobile", "amp", "sp", "touch"})
_AMP_PATH = re.compile(r"(?:/amp|\.amp)(?:\.html?|/)?\Z|\A/amp(?=/)", re.IGNORECASE)
_AMP_PARAMETERS = frozenset({"amp", "amp=1", "amp=true", "outputtype=amp", "output=amp", "mode=amp"})

_REFRESH = re.compile(rb"""<meta\s[^<>]{0,200}?http-equiv\s*=\s*["']?refresh["']?[^<>]{0,2000}>""", re.IGNORECASE)
_CONTENT = re.compile(rb"""content\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_WAIT_AND_URL = re.compile(r"\s*(\d{1,4})(?:\.\d*)?\s*[;,]\s*(?:url\s*=\s*)?['\"]?\s*([^'\"]+)", re.IGNORECASE)
_NEWS_TARGET = re.compile(rb"""\bdata-n-au\s*=\s*["'](https?://[^"'<>\s]{1,4000})["']""")
_LOOK_AT = 200_000
_LONGEST_REFRESH_S = 10  # a page that renews itself after minutes is a page


def unwrapped(link: str) -> str:
    """Return the publisher's address that an aggregator's or AMP cache's link carries; any other link unchanged."""
    try:
        parts = urlsplit(link)
        host = (parts.hostname or "").lower()
    except ValueError:
        return link
    found: str | None = None
    if host in _PARAMETERS and parts.path.rstrip("/") == _PARAMETERS[host][0].rstrip("/"):
        values = parse_qs(parts.query)
        found = next((values[name][0] for name in _PARAMETERS[host][1] if name in values), None)
    elif host in ("www.google.com", "google.com") and parts.path.startswith("/amp/"):
        found = _from_amp_path(parts.path.removeprefix("/amp"), parts.query)
    elif host.endswith(".cdn.ampproject.org"):
        found = _from_amp_path(parts.path, parts.query)
    elif host.endswith("search.yahoo.com") and (target := _YAHOO_TARGET.search(parts.path)):
        found = unquote(target[1])
    elif host == "news.google.com" and (article := _GOOGLE_NEWS.search(parts.path)):
        found = _from_google_news(article[1])
    return absolute_link("", found) or link


def is_aggregator(url: str) -> bool:
    """Tell whether an address is that of an aggregator, whose page is not the article."""
    try:
        return urlsplit(url).hostname in _AGGREGATORS
    except ValueError:
        return False


def desktop(link: str) -> tuple[str, ...]:
    """Return what the addresses may be of the page that a mobile or AMP address is a variant of; () for any other.

    They are good for comparing: none of them need exist.
    """
    try:
        parts = urlsplit(link)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ()
    label, _, rest = host.partition(".")
    hosts = [host]
    if label in _MOBILE and registered_domain(host) != host:
        hosts = [rest] if rest.startswith("www.") else [rest, f"www.{rest}"]
    path = _AMP_PATH.sub("", parts.path)
    query = "&".join(item for item in parts.query.split("&") if item.lower() not in _AMP_PARAMETERS)
    if (hosts, path, query) == ([host], parts.path, parts.query):
        return ()
    suffix = "" if port is None else f":{port}"
    return tuple(urlunsplit((parts.scheme, f"{name}{suffix}", path, query, "")) for name in hosts)


def onward(url: str, body: bytes) -> str | None:
    """Return where a page sends its reader: a meta refresh, or an aggregator's page that names the publisher's."""
    start = body[:_LOOK_AT]
    if is_aggregator(url):
        target = _NEWS_TARGET.search(body)
        if target is not None:
            return absolute_link(url, target[1].decode("utf-8", "replace"))
    tag = _REFRESH.search(start)
    content = _CONTENT.search(tag[0]) if tag else None
    if content is None:
        return None
    found = _WAIT_AND_URL.match((content[1] or content[2] or b"").decode("utf-8", "replace"))
    if found is None or int(found[1]) > _LONGEST_REFRESH_S:
        return None
    target_url = absolute_link(url, found[2].strip())
    return None if target_url is None or target_url.partition("#")[0] == url.partition("#")[0] else target_url


def _from_amp_path(path: str, query: str) -> str | None:
    found = _AMP_CACHE.match(path)
    if found is None or "." not in found[2].partition("/")[0]:
        return None
    return f"http{'s' if found[1] else ''}://{found[2]}" + (f"?{query}" if query else "")


def _from_google_news(identifier: str) -> str | None:
    """Return the address in a Google News id. Since 2024 most ids hold none."""
    try:
        data = urlsafe_b64decode(identifier + "=" * (-len(identifier) % 4))
    except (binascii.Error, ValueError):
        return None
    found = _WEB_ADDRESS.search(data)
    return None if found is None else found[0].decode("ascii").partition("\xd2")[0]
