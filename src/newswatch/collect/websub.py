"""WebSub, the subscriber's part (https://www.w3.org/TR/websub/, W3C Recommendation of 23 January 2018).

Which hub a feed names, what a subscription asks for, and whether a delivery is the hub's. Pure.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from urllib.parse import urlencode

from newswatch.collect.feedtext import absolute_link
from newswatch.model import FeedDocument, Hub

# RFC 8288, section 3: <target>; parameter; parameter="value", <target> …
_LINK = re.compile(r"<([^<>]*)>((?:\s*;\s*[\w!#$&+.^`|~*-]+(?:\s*=\s*(?:\"[^\"]*\"|[^\s;,\"]*))?)*)")
_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s;,\"]+))", re.IGNORECASE)
_METHODS = {"sha1": hashlib.sha1, "sha256": hashlib.sha256, "sha384": hashlib.sha384, "sha512": hashlib.sha512}
_LONGEST = 2_000  # characters of a hub's or topic's URL
_MOST_HEADER = 10_000  # bytes of Link headers that are looked at


def discovered(headers: Sequence[tuple[bytes, bytes]], document: FeedDocument, url: str) -> Hub | None:
    """Return the hub that a feed names and the topic it is asked for, None if it names none (section 4).

    Link headers come before the document's own links. `url` is the feed's, which stands in for a missing rel=self.
    """
    links = _header_links(headers)
    hub = absolute_link(url, links.get("hub") or document.hub)
    topic = absolute_link(url, links.get("self") or document.self_url) or url
    if hub is None or len(hub) > _LONGEST or len(topic) > _LONGEST:
        return None
    return Hub(hub, topic)


def _header_links(headers: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return the first target of each relation."""
    text = ", ".join(value.decode("latin-1") for name, value in headers if name == b"link")[:_MOST_HEADER]
    found: dict[str, str] = {}
    for target, parameters in _LINK.findall(text):
        rel = _REL.search(parameters)
        for relation in (rel[1] or rel[2] or "").lower().split() if rel else ():
            found.setdefault(relation, target)
    return found


def subscription(hub: Hub, *, callback: str, secret: str, lease_s: int) -> bytes:
    """Return the body of a request to subscribe, or to renew (section 5.1).

    The secret goes to hubs under https only, since anybody could read it on the way to others.
    """
    fields = {
        "hub.mode": "subscribe",
        "hub.topic": hub.topic,
        "hub.callback": callback,
        "hub.lease_seconds": str(lease_s),
    }
    if is_private(hub):
        fields["hub.secret"] = secret
    return urlencode(fields).encode()


def is_private(hub: Hub) -> bool:
    """Tell whether nobody can read what is said to a hub, so that its deliveries can be signed."""
    return hub.url.lower().startswith("https://")


def is_signed(body: bytes, header: str | None, secret: str) -> bool:
    """Tell whether X-Hub-Signature says that `body` comes from who knows `secret` (section 7.1)."""
    method, separator, digest = (header or "").strip().partition("=")
    make = _METHODS.get(method.lower())
    if not separator or make is None:
        return False
    own = hmac.new(secret.encode(), body, make).hexdigest()
    return hmac.compare_digest(own.encode(), digest.lower().encode())
