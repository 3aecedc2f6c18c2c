"""Feeds as commands print them."""

from typing import Any

from newswatch.model import Feed
from newswatch.redact import redact_url

_HIDDEN = ("etag", "last_modified", "body_hash", "lease_token", "gaps")
_URLS = ("url", "moved_from", "redirect_url")


def public_feed(feed: Feed) -> dict[str, Any]:
    """Return what of a feed may be shown, without its secrets."""
    values = {name: getattr(feed, name) for name in Feed.__slots__ if name not in _HIDDEN}
    urls = {name: redact_url(value) for name in _URLS if (value := values[name])}
    return {**values, **urls, "status": feed.status.value, "health": feed.health.value, "kind": feed.kind.value}
