"""Of a document that the feed has had most of before, only the rest is read, and it makes no difference."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newswatch.collect.feed import parse_feed
from newswatch.model import FeedDocument, ParsedEntry
from tests.collect.conftest import NOW

URL = "https://n.example/feed"
NAMESPACES = "xmlns:dc='http://purl.org/dc/elements/1.1/'"


def rss(*items: str, head: str = "<title>News</title>", root: str = f"<rss {NAMESPACES}>", tail: str = "") -> bytes:
    return f"{root}<channel>{head}{''.join(items)}{tail}</channel></rss>".encode()


def atom(*items: str) -> bytes:
    return f"<feed xmlns='http://www.w3.org/2005/Atom'><title>News</title>{''.join(items)}</feed>".encode()


def item(number: int, *, title: str | None = None, guid: str | None = None, more: str = "") -> str:
    link = f"<link>https://n.example/{number}</link>"
    return f"<item><guid>{guid or number}</guid>{link}<title>{title or f'Title {number}'}</title>{more}</item>"


def entry(number: int) -> str:
    link = f"<link href='https://n.example/{number}'/>"
    return f"<entry><id>tag:n.example,2026:{number}</id>{link}<title>Title {number}</title></entry>"


def read(body: bytes, seen: bytes | None = None, *, url: str = URL, zone: str | None = None) -> FeedDocument:
    found = parse_feed(body, url=url, content_type=None, time_zone=zone, seen=seen, max_entries=30, now=NOW)
    assert isinstance(found, FeedDocument)
    return found


def titles(document: FeedDocument) -> list[str | None]:
    return [one.title for one in document.entries]


def test_only_the_new_entries_are_read() -> None:
    first = read(rss(*map(item, range(5))))
    assert (len(first.entries), first.unchanged) == (5, 0)
    second = read(rss(*map(item, range(2, 7)), head="<title>Newer</title><ttl>90</ttl>"), first.seen)
    assert titles(second) == ["Title 5", "Title 6"]
    assert (second.unchanged, second.size) == (3, 5)
    assert (second.title, second.hints_s) == ("Newer", 5400)
    third = read(rss(*map(item, range(3, 8))), second.seen)
    assert titles(third) == ["Title 7"]


def test_atom_is_read_so_too() -> None:
    first = read(atom(*map(entry, range(5))))
    assert titles(read(atom(entry(9), *map(entry, range(4))), first.seen)) == ["Title 9"]


def test_where_nothing_is_new_only_the_head_is_read() -> None:
    first = read(rss(*map(item, range(3))))
    second = read(rss(*map(item, range(3)), head="<title>News</title><lastBuildDate>now</lastBuildDate>"), first.seen)
    assert (second.entries, second.unchanged) == ((), 3)


def test_an_edited_entry_is_read_under_its_key() -> None:
    first = read(rss(item(1), item(2)))
    (edited,) = read(rss(item(1), item(2, title="Corrected")), first.seen).entries
    assert (edited.key, edited.title) == (first.entries[1].key, "Corrected")


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(rss(item(1), item(2), item(3, guid="1")), id="a new entry claims a known guid"),
        pytest.param(
            rss(item(1), item(2), "<item><guid>x</guid><link>https://n.example/1</link></item>"),
            id="a new entry has a known link",
        ),
        pytest.param(rss(item(1), item(2), item(3), root="<rss>"), id="the root is another"),
        pytest.param(rss(item(1), item(2), item(3), tail="<item/>"), id="an entry that does not end"),
        pytest.param(rss(item(1), item(2), item(3), head="<!-- <item>4</item> -->"), id="an entry in a comment"),
        pytest.param(rss(item(1), item(2), item(3), head="<items/>"), id="an element with a similar name"),
        pytest.param(
            rss(item(1), item(2)).replace(b"</channel>", b"</channel>" + item(3).encode()), id="beside the channel"
        ),
        pytest.param(rss(*map(item, range(1, 40))), id="more than may be taken"),
        pytest.param(rss(item(1), item(2), item(3)).replace(b"</rss>", b"</rss"), id="damaged"),
    ],
)
def test_what_may_make_a_difference_is_read_whole(second: bytes) -> None:
    first = read(rss(item(1), item(2)))
    found = read(second, first.seen)
    assert found.unchanged == 0
    assert found.entries == read(second).entries


def test_an_entry_that_seems_to_end_earlier_than_it_does_is_read_with_its_rest() -> None:
    def body(rest: str) -> bytes:
        return rss(item(1), item(2, more=f"<description><![CDATA[</item>]]>{rest}</description>"))

    first = read(body("old"))
    second = read(body("new"), first.seen)  # the bytes up to the seeming end are the same
    assert second.entries == read(body("new")).entries


@pytest.mark.parametrize("other", [{"url": "https://n.example/b"}, {"zone": "Asia/Seoul"}])
def test_another_address_or_time_zone_is_another_document(other: dict[str, str]) -> None:
    first = read(rss(item(1), item(2)))
    assert read(rss(item(1), item(2), item(3)), first.seen, **other).unchanged == 0


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(rss(item(1), item(2)) + b"&", id="mended by the tolerant reader"),
        pytest.param(rss(item(1), head="<!-- <item>4</item> -->"), id="an entry in a comment"),
        pytest.param(b'{"version": "https://jsonfeed.org/version/1.1", "title": "t", "items": []}', id="JSON Feed"),
        pytest.param(rss(), id="no entries"),
    ],
)
def test_what_cannot_be_cut_is_not_remembered(body: bytes) -> None:
    assert read(body).seen is None


def test_what_was_kept_of_another_version_or_is_damaged_is_no_use() -> None:
    for seen in (b"", b"x", b"\0" * 28, b"\xff" * 1000):
        assert len(read(rss(item(1), item(2)), seen).entries) == 2


PIECES = st.builds(
    lambda guid, link, title, extra: "<item>" + guid + link + title + extra + "</item>",
    st.sampled_from(["", "<guid>1</guid>", "<guid>2</guid>", "<guid>https://n.example/3</guid>"]),
    st.sampled_from(["", "<link>/1</link>", "<link>/2</link>", "<link>/3</link>", "<link>/4</link>"]),
    st.sampled_from(["", "<title>a</title>", "<title>b</title>", "<title><![CDATA[c]]></title>"]),
    st.sampled_from(["", "", "<dc:creator>A</dc:creator>", "<description>&lt;p></description>", "<x>"]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(PIECES, max_size=6), min_size=2, max_size=5))
def test_nothing_that_reading_everything_would_store_is_missed(documents: list[list[str]]) -> None:
    stored: dict[str, str] = {}
    seen: bytes | None = None
    for items in documents:
        body = rss(*items)
        whole, partly = read(body), read(body, seen)
        expected, got = changes(whole.entries, stored), changes(partly.entries, stored)
        assert got.items() <= expected.items()
        missed = {key: digest for key, digest in expected.items() if key not in got}
        assert set(missed.values()) <= set(stored.values())  # known, under the key it had when it was not alone with it
        stored |= got
        seen = partly.seen


def changes(entries: tuple[ParsedEntry, ...], stored: dict[str, str]) -> dict[str, str]:
    return {one.key: one.content_hash for one in entries if stored.get(one.key) != one.content_hash}
