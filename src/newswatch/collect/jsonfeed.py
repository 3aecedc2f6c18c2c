"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/)."""

import json
from typing import Any

from newswatch.collect.feedtext import as_html
from newswatch.collect.rawfeed import RawEntry, RawFeed


def read_json(data: bytes, url: str) -> RawFeed | str:
    """Return the feed in `data` (UTF-8), or in words why it is none. `url` is what relative links refer to."""
    try:
        document = json.loads(data)
    except RecursionError:
        return "the JSON is nested too deeply"
    except ValueError as error:
        return f"the JSON cannot be read: {error}"
    if not isinstance(document, dict) or not isinstance(document.get("items"), list):
        return 'the JSON has no list "items"'
    version = document.get("version")
    if not (isinstance(version, str) and "jsonfeed.org/version/" in version):
        return 'the JSON does not say "version": "https://jsonfeed.org/version/1.1"'
    feed = RawFeed(
        "json",
        title=_text(document, "title"),
        link=_text(document, "home_page_url"),
        language=_text(document, "language"),
        hub=_hub(document),
        self_url=_text(document, "feed_url"),
    )
    authors = _authors(document)
    feed.entries = [_entry(item, url, authors) for item in document["items"] if isinstance(item, dict)]
    return feed


def _hub(document: dict[str, Any]) -> str | None:
    hubs = document.get("hubs")
    found = [hub for hub in hubs if isinstance(hub, dict)] if isinstance(hubs, list) else []
    return next((_text(hub, "url") for hub in found if str(hub.get("type")).lower() == "websub"), None)


def _entry(item: dict[str, Any], url: str, feed_authors: list[str]) -> RawEntry:
    plain = _text(item, "content_text")
    content = _text(item, "content_html") or (as_html(plain).replace("\n", "<br>") if plain else None)
    return RawEntry(
        base=url,
        guid=_text(item, "id"),
        # external_url is what a link blog writes about; the item's own page is its url.
        link=_text(item, "url") or _text(item, "external_url"),
        title=_text(item, "title"),
        summary=_text(item, "summary"),
        contents=[content] if content else [],
        authors=_authors(item) or list(feed_authors),
        published=_text(item, "date_published"),
        updated=_text(item, "date_modified"),
        language=_text(item, "language"),
    )


def _authors(where: dict[str, Any]) -> list[str]:
    """Return the names of "authors" (1.1) or of "author" (1.0)."""
    people = where.get("authors") or [where.get("author")]
    if not isinstance(people, list):
        return []
    names = (_text(person, "name") or _text(person, "url") for person in people if isinstance(person, dict))
    return [name for name in names if name]


def _text(where: dict[str, Any], name: str) -> str | None:
    """Return a string; numbers, which some feeds use for ids, become one."""
    value = where.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(value)
    # JSON can spell lone surrogates, which nothing can store.
    return text.encode("utf-8", "ignore").decode("utf-8").strip() or None
