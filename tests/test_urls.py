import pytest
from hypothesis import given
from hypothesis import strategies as st

from newswatch.urls import canonical_url, registered_domain, url_key


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.example.com/a/b", "https://www.example.com/a/b"),
        ("HTTPS://WWW.Example.COM:443/a/b/", "https://www.example.com/a/b"),
        ("http://example.com:80", "http://example.com"),
        ("http://example.com:8080/", "http://example.com:8080"),
        ("https://example.com./a", "https://example.com/a"),
        ("https://example.com/a#comments", "https://example.com/a"),
        ("https://user:secret@example.com/a", "https://example.com/a"),
        ("https://example.com/a?utm_source=rss&id=7&UTM_Medium=x", "https://example.com/a?id=7"),
        ("https://example.com/a?b=2&a=1", "https://example.com/a?b=2&a=1"),
        ("https://example.com/a?fbclid=1&gclid=2", "https://example.com/a"),
        ("https://example.com/a?&&id=1&", "https://example.com/a?id=1"),
        ("https://www.bbc.co.uk/news/1?at_medium=RSS&at_campaign=rss", "https://www.bbc.co.uk/news/1"),
        ("https://example.com/%7eme/%c3%a9", "https://example.com/~me/%C3%A9"),
        ("https://example.com/a%2fb", "https://example.com/a%2Fb"),
        ("  https://example.com/a  ", "https://example.com/a"),
        ("https://bücher.example/x", "https://xn--bcher-kva.example/x"),
        ("http://[2001:DB8:0::1]:80/x", "http://[2001:db8::1]/x"),
        ("https://example.com/뉴스?제목=회담", "https://example.com/뉴스?제목=회담"),
        ("mailto:a@example.com", "mailto:a@example.com"),
        ("not a url", "not a url"),
        ("http://[broken", "http://[broken"),
        ("http://example.com:99999/a", "http://example.com:99999/a"),
    ],
)
def test_canonical_url(url: str, expected: str) -> None:
    assert canonical_url(url) == expected


@pytest.mark.parametrize(
    "other",
    [
        "https://www.example.com/story/1",
        "http://www.example.com/story/1/",
        "https://www.example.com/story/1?utm_campaign=x",
        "https://www.example.com/story/1#0",
    ],
)
def test_one_article_has_one_key(other: str) -> None:
    assert url_key(other) == url_key("https://www.example.com/story/1")


def test_keys_are_32_hex_digits_and_differ() -> None:
    first, second = url_key("https://example.com/1"), url_key("https://example.com/2")
    assert first != second
    assert len(first) == len(second) == 32
    int(first, 16)


@given(st.text(max_size=60))
def test_canonical_form_is_stable_and_never_raises(text: str) -> None:
    once = canonical_url("https://example.com/" + text)
    assert canonical_url(once) == once
    assert len(url_key(text)) == 32


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("news.bbc.co.uk", "bbc.co.uk"),
        ("WWW.Example.com.", "example.com"),
        ("english.hani.co.kr", "hani.co.kr"),
        ("www3.nhk.or.jp", "nhk.or.jp"),
        ("someone.github.io", "someone.github.io"),  # a private suffix: its users are strangers to each other
        ("co.uk", "co.uk"),
        ("localhost", "localhost"),
        ("127.0.0.1", "127.0.0.1"),
        ("[::1]", "::1"),
        ("", ""),
    ],
)
def test_registered_domain(host: str, expected: str) -> None:
    assert registered_domain(host) == expected
