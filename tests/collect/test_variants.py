"""One article under several addresses."""

from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newswatch.collect.variants import desktop, is_aggregator, onward, unwrapped

ARTICLE = "https://paper.example/2026/summit?id=7"
QUOTED = "https%3A%2F%2Fpaper.example%2F2026%2Fsummit%3Fid%3D7"
OLD_NEWS_ID = urlsafe_b64encode(b"\x08\x13\x22\x26" + ARTICLE.encode() + b"\xd2\x01\x00").decode().rstrip("=")


@pytest.mark.parametrize(
    "link",
    [
        f"https://www.google.com/url?rct=j&sa=t&url={QUOTED}&ct=ga&cd=x",
        f"https://www.google.com/url?q={QUOTED}",
        "https://www.google.com/amp/s/paper.example/2026/summit?id=7",
        "https://paper-example.cdn.ampproject.org/c/s/paper.example/2026/summit?id=7",
        f"https://news.google.com/rss/articles/{OLD_NEWS_ID}?oc=5",
        f"https://r.search.yahoo.com/_ylt=A0/RV=2/RE=1/RO=10/RU={QUOTED}/RK=2/RS=x-",
        f"https://www.bing.com/news/apiclick.aspx?ref=FexRss&url={QUOTED}&c=1",
        f"https://l.facebook.com/l.php?u={QUOTED}",
    ],
)
def test_aggregators_links_carry_the_publishers(link: str) -> None:
    assert unwrapped(link) == ARTICLE


@pytest.mark.parametrize(
    "link",
    [
        ARTICLE,
        "https://www.google.com/url?q=javascript:alert(1)",
        "https://www.google.com/search?q=https://paper.example/",
        "https://news.google.com/rss/articles/CBMiWkFVX3lxTE1xQ2ZKd0RhU0Z3Qk5h",
        "https://www.google.com/amp/s/nodomain",
        "http://[broken",
    ],
)
def test_other_links_stay(link: str) -> None:
    assert unwrapped(link) == link


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("https://m.paper.example/1", ("https://paper.example/1", "https://www.paper.example/1")),
        ("https://amp.www.paper.example/1", ("https://www.paper.example/1",)),
        ("https://paper.example/1/amp/", ("https://paper.example/1",)),
        ("https://paper.example/1.amp.html", ("https://paper.example/1",)),
        ("https://paper.example/amp/news/1", ("https://paper.example/news/1",)),
        ("https://paper.example/1?id=2&outputType=amp", ("https://paper.example/1?id=2",)),
        ("https://paper.example/1", ()),
        ("https://www.paper.example/champ", ()),
        ("https://m.example/1", ()),  # a domain of one letter, not a mobile page
    ],
)
def test_mobile_and_amp_pages_are_variants(link: str, expected: tuple[str, ...]) -> None:
    assert desktop(link) == expected


def refresh(content: str) -> bytes:
    return f'<html><head><META HTTP-EQUIV="Refresh" content="{content}"></head></html>'.encode()


@pytest.mark.parametrize(
    ("url", "body", "expected"),
    [
        ("https://a.example/1", refresh("0; url=https://b.example/2"), "https://b.example/2"),
        ("https://a.example/1", refresh("5;URL='/2'"), "https://a.example/2"),
        ("https://a.example/1", refresh("300; url=/2"), None),
        ("https://a.example/1", refresh("60"), None),
        ("https://a.example/1", refresh("0; url=https://a.example/1#top"), None),
        ("https://a.example/1", refresh("0; url=javascript:alert(1)"), None),
        ("https://a.example/1", b"<p>an article</p>", None),
        ("https://news.google.com/a", b'<c-wiz data-n-au="https://b.example/2"></c-wiz>', "https://b.example/2"),
        ("https://a.example/1", b'<c-wiz data-n-au="https://b.example/2"></c-wiz>', None),
    ],
)
def test_pages_that_send_their_readers_on(url: str, body: bytes, expected: str | None) -> None:
    assert onward(url, body) == expected


def test_what_is_an_aggregator() -> None:
    assert is_aggregator("https://news.google.com/rss/articles/x")
    assert not is_aggregator("https://news.yahoo.co.jp/articles/x")
    assert not is_aggregator("http://[broken")


@given(st.text(max_size=200), st.binary(max_size=400))
def test_nothing_raises(link: str, body: bytes) -> None:
    for url in (link, f"https://news.google.com/rss/articles/{link}", f"https://m.a.example/{link}"):
        unwrapped(url)
        desktop(url)
        onward(url, body + b"<meta http-equiv=refresh content='" + body)
