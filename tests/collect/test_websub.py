"""Which hub a feed names, what it is asked, and whose deliveries are taken."""

import hashlib
import hmac
from urllib.parse import parse_qs

import pytest

from newswatch.collect.feed import parse_feed
from newswatch.collect.websub import discovered, is_private, is_signed, subscription
from newswatch.model import FeedDocument, Hub
from tests.collect.conftest import NOW

URL = "https://n.example/feed?page=1"
HUB = "https://hub.example/"
RSS = (
    "<rss version='2.0' xmlns:atom='http://www.w3.org/2005/Atom'><channel><title>n</title>"
    "<atom:link rel='hub' href='https://hub.example/'/><atom:link rel='hub' href='https://second.example/'/>"
    "<atom:link rel='self' href='/feed'/>{}<item><title>a</title></item></channel></rss>"
)
ATOM = (
    "<feed xmlns='http://www.w3.org/2005/Atom'><title>n</title><link rel='hub' href='https://hub.example/'/>"
    "<link rel='self' href='https://n.example/feed'/><entry><id>a</id><title>a</title></entry></feed>"
)
JSON = (
    '{"version": "https://jsonfeed.org/version/1.1", "feed_url": "https://n.example/feed", "items": [{"id": "a"}],'
    ' "hubs": [{"type": "rssCloud", "url": "https://cloud.example/"}, {"type": "WebSub", "url": "https://hub.example/"}]}'
)


def document(body: str) -> FeedDocument:
    found = parse_feed(body.encode(), url=URL, content_type=None, now=NOW)
    assert isinstance(found, FeedDocument)
    return found


# The second of these is none that the quick reader takes: an unknown entity.
@pytest.mark.parametrize("body", [RSS.format(""), RSS.format("<description>&hellip;</description>"), ATOM, JSON])
def test_the_hub_that_a_document_names(body: str) -> None:
    assert discovered((), document(body), URL) == Hub(HUB, "https://n.example/feed")


def test_a_document_without_a_hub() -> None:
    plain = document("<rss version='2.0'><channel><title>n</title><item><title>a</title></item></channel></rss>")
    assert discovered((), plain, URL) is None
    assert discovered(((b"link", b"<https://hub.example/>; rel=hub"),), plain, URL) == Hub(HUB, URL)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (
            [b'<https://b.example/>; rel="hub", <https://n.example/x>; rel=self'],
            Hub("https://b.example/", "https://n.example/x"),
        ),
        (
            [b'<https://b.example/>; rel="alternate hub"', b"</x>;REL=self"],
            Hub("https://b.example/", "https://n.example/x"),
        ),
        (
            [b'<https://b.example/?a=1,2;rel=self>; title="x, y"; rel=hub'],
            Hub("https://b.example/?a=1,2;rel=self", "https://n.example/feed"),
        ),
        ([b"<https://b.example/>; rel=next"], Hub(HUB, "https://n.example/feed")),
        ([b"<javascript:alert(1)>; rel=hub"], None),
        ([b"<>; rel=hub", b"<https://b.example/", b"\xff\xfe<<>>;rel"], Hub(HUB, "https://n.example/feed")),
        ([b"<https://" + b"b" * 3000 + b">; rel=hub"], None),
    ],
)
def test_headers_come_first(values: list[bytes], expected: Hub | None) -> None:
    headers = ((b"date", b"now"), *((b"link", value) for value in values))
    assert discovered(headers, document(ATOM), URL) == expected


def test_a_request_keeps_the_secret_from_hubs_that_anybody_can_overhear() -> None:
    body = subscription(Hub(HUB, URL), callback="https://w.example/websub/t", secret="s", lease_s=60)
    assert parse_qs(body.decode()) == {
        "hub.mode": ["subscribe"],
        "hub.topic": [URL],
        "hub.callback": ["https://w.example/websub/t"],
        "hub.lease_seconds": ["60"],
        "hub.secret": ["s"],
    }
    plain = Hub("http://hub.example/", URL)
    assert not is_private(plain)
    assert b"secret" not in subscription(plain, callback="https://w.example/websub/t", secret="s", lease_s=60)


def test_signatures() -> None:
    digest = hmac.new(b"s", b"body", hashlib.sha256).hexdigest()
    assert is_signed(b"body", f"sha256={digest}", "s")
    assert is_signed(b"body", f"SHA256={digest.upper()} ", "s")
    for method in ("sha1", "sha384", "sha512"):
        assert is_signed(b"body", f"{method}={hmac.new(b's', b'body', method).hexdigest()}", "s")
    for header in (
        None,
        "",
        digest,
        f"sha256={digest[:-1]}",
        f"md5={hmac.new(b's', b'body', 'md5').hexdigest()}",
        "sha256=é",
    ):
        assert not is_signed(b"body", header, "s")
    assert not is_signed(b"other", f"sha256={digest}", "s")
    assert not is_signed(b"body", f"sha256={digest}", "other")
