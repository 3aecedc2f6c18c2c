"""Pages without feeds: selectors, and the links that they find."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from newswatch.collect.feed import parse_feed
from newswatch.collect.selectors import BadSelector, compiled
from newswatch.model import FeedDocument, FeedKind, FeedRejected, FetchReason
from tests.collect.conftest import NOW

URL = "https://paper.example/news/"
PAGE = """<!doctype html><html lang="ko"><head><title>The Paper</title></head><body>
<nav class="top"><a href="/">Home</a><a href="/about">About</a></nav>
<main id="list">
 <article class="card lead"><a href="/1"><img alt="a ship" src="x"></a><h2><a href="/1">첫 기사</a></h2>
  <time datetime="2026-11-24T09:00:00+09:00">today</time></article>
 <article class="card"><h2>Second</h2><a data-kind="story" href="2.html?id=7">read more</a></article>
 <article class="card"><a href="javascript:void(0)">nothing</a></article>
 <article class="card"><a href="https://other.example/3" title="Third"></a></article>
 <p><a href="#top">up</a></p>
</main></body></html>"""


def read(selector: str, body: str = PAGE) -> FeedDocument | FeedRejected:
    return parse_feed(
        body.encode(), url=URL, content_type="text/html; charset=utf-8", kind=FeedKind.PAGE, selector=selector, now=NOW
    )


def links(selector: str) -> list[str | None]:
    found = read(selector)
    assert isinstance(found, FeedDocument), found
    return [entry.link for entry in found.entries]


def test_articles_of_a_page() -> None:
    found = read("#list .card")
    assert isinstance(found, FeedDocument)
    assert (found.kind, found.title, found.language) == ("page", "The Paper", "ko")
    assert [(entry.link, entry.title) for entry in found.entries] == [
        ("https://paper.example/1", "첫 기사"),
        ("https://paper.example/news/2.html?id=7", "Second"),
        ("https://other.example/3", "Third"),
    ]
    published = found.entries[0].published
    assert published is not None
    assert published.at == datetime(2026, 11, 24, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("article h2 a", ["https://paper.example/1"]),
        ("main > article.card.lead > h2 > a", ["https://paper.example/1"]),
        ("a[data-kind]", ["https://paper.example/news/2.html?id=7"]),
        (
            "a[data-kind=story], nav a[href$='about']",
            ["https://paper.example/about", "https://paper.example/news/2.html?id=7"],
        ),
        ("a[href^='https:']", ["https://other.example/3"]),
        ("a[href*='.html']", ["https://paper.example/news/2.html?id=7"]),
        ("article[class~=lead]", ["https://paper.example/1"]),
        ("//article[1]//a", ["https://paper.example/1"]),
        ("*#list p a, .top a[href='/about']", ["https://paper.example/about"]),
    ],
)
def test_selectors(selector: str, expected: list[str]) -> None:
    assert sorted(str(link) for link in links(selector)) == sorted(expected)


@pytest.mark.parametrize("selector", ["", "a:hover", "a + b", "h2 ~ a", "//a[", "a >", "> a", "a,,b", "a[href", "1a"])
def test_selectors_that_are_not_understood(selector: str) -> None:
    with pytest.raises(BadSelector):
        compiled(selector)


@pytest.mark.parametrize("selector", ["//video", "count(//a)", "//a/@href", "$x"])
def test_selectors_that_find_nothing_say_so(selector: str) -> None:
    if selector.startswith(("count", "$")):
        selector = f"({selector})"
    found = read(selector)
    assert isinstance(found, FeedRejected)
    assert found.reason is FetchReason.NOT_A_FEED
    assert selector in found.detail


def test_a_page_that_is_empty() -> None:
    assert isinstance(read("a", "<html></html>"), FeedRejected)


@pytest.mark.parametrize("text", ["//a[.='\x00']", "a[title='\x01']", "/\ufffe"])
def test_characters_that_no_page_can_contain_are_refused(text: str) -> None:
    with pytest.raises(BadSelector, match="not valid XPath"):
        compiled(text)


@given(st.text(max_size=60))
def test_any_text_is_a_selector_or_refused(text: str) -> None:
    try:
        found = compiled(text)
    except BadSelector:
        return
    assert isinstance(found, etree.XPath)


# --- sitemaps --------------------------------------------------------------------------------------------------------

SPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def sitemap(body: str, kind: FeedKind = FeedKind.FEED) -> FeedDocument | FeedRejected:
    return parse_feed(body.encode(), url=URL, content_type=None, kind=kind, now=NOW)


def test_f23_a_plain_sitemap_is_taken_on_request_the_newest_pages_of_it() -> None:
    urls = "".join(
        f"<url><loc>https://paper.example/{n}</loc><lastmod>2026-11-{1 + n // 20:02}T00:{n % 60:02}:00Z</lastmod></url>"
        for n in range(300)
    )
    body = f"<urlset {SPACE}>{urls}<url><loc>https://paper.example/undated</loc></url></urlset>"
    assert isinstance(sitemap(body), FeedRejected)
    found = sitemap(body, FeedKind.SITEMAP)
    assert isinstance(found, FeedDocument)
    assert len(found.entries) == 200
    assert all(entry.published and entry.published.at for entry in found.entries)
    assert "https://paper.example/0" not in {entry.link for entry in found.entries}
    assert found.notes == ("of 300 pages the 200 that changed last were taken",)


def test_f23_an_index_names_its_sitemaps_the_best_first() -> None:
    def index(*names: str) -> tuple[str, ...]:
        children = "".join(
            f"<sitemap><loc>/{name}.xml</loc><lastmod>2026-11-0{n}</lastmod></sitemap>" for n, name in enumerate(names)
        )
        found = sitemap(f"<sitemapindex {SPACE}>{children}</sitemapindex>")
        assert isinstance(found, FeedRejected)
        assert found.is_index
        return found.links

    assert index("a", "b", "c") == tuple(f"https://paper.example/{name}.xml" for name in "cba")
    assert index("a", "google-news", "c") == ("https://paper.example/google-news.xml",)
