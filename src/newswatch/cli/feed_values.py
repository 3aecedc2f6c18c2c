"""Feeds as commands name and print them."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from newswatch.errors import NotFound
from newswatch.model import Feed
from newswatch.redact import redact_url

if TYPE_CHECKING:
    from sqlalchemy import Connection

FeedArgument = Annotated[str, typer.Argument(metavar="FEED", help="Name, URL or id of a feed.")]

_HIDDEN = ("etag", "last_modified", "body_hash", "seen", "lease_token", "gaps")
_URLS = ("url", "moved_from", "redirect_url")


def public_feed(feed: Feed) -> dict[str, Any]:
    """Return what of a feed may be shown, without its secrets."""
    values = {name: getattr(feed, name) for name in Feed.__slots__ if name not in _HIDDEN}
    urls = {name: redact_url(value) for name in _URLS if (value := values[name])}
    return {**values, **urls, "status": feed.status.value, "health": feed.health.value, "kind": feed.kind.value}


def find_feed(connection: "Connection", which: str) -> Feed:
    """Return the feed with this name, URL or id. Raises NotFound."""
    from newswatch.store import feeds

    feed = feeds.get(connection, which)
    if feed is None:
        same = [other for other in feeds.all_feeds(connection) if other.name == which]
        remedy = "several have this name; use the id" if same else "`newswatch feeds list` shows what there is"
        raise NotFound("feed", which, remedy)
    return feed
