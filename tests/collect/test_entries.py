"""What makes an entry the same entry (fault rows F24 to F26)."""

import random
from itertools import product

import pytest

from newswatch.collect.feed import parse_feed
from newswatch.model import FeedDocument, ParsedEntry
from tests.collect.conftest import NOW


def parse(*items: str) -> tuple[ParsedEntry, ...]:
    body = f"<rss><channel>{''.join(f'<item>{item}</item>' for item in items)}</channel></rss>"
    found = parse_feed(body.encode(), url="https://n.example/feed", content_type=None, now=NOW)
    assert isinstance(found, FeedDocument)
    return found.entries


def key(item: str) -> str:
    (entry,) = parse(item)
    return entry.key


def test_f24_any_combination_of_missing_parts_keeps_its_identity_when_reordered() -> None:
    items = []
    for number, (guid, link, title, day) in enumerate(product([True, False], repeat=4)):
        parts = [f"<description>words {number}</description>"]
        parts += [f"<guid isPermaLink='false'>g{number}</guid>"] if guid else []
        parts += [f"<link>/{number}</link>"] if link else []
        parts += [f"<title>t{number}</title>"] if title else []
        parts += ["<pubDate>Tue, 24 Nov 2026 08:00:00 GMT</pubDate>"] if day else []
        items.append("".join(parts))
    first = {entry.summary: entry.key for entry in parse(*items)}
    assert len(set(first.values())) == 16
    shuffled = items[:]
    random.Random(7).shuffle(shuffled)
    assert {entry.summary: entry.key for entry in parse(*shuffled)} == first


def test_f25_one_guid_for_all_loses_no_entry() -> None:
    items = [f"<guid>same</guid><link>/{number}</link><title>t{number}</title>" for number in range(5)]
    entries = parse(*items)
    assert len({entry.key for entry in entries}) == 5
    again = parse(*reversed(items))
    assert {entry.key for entry in again} == {entry.key for entry in entries}


def test_one_link_for_all_loses_no_entry() -> None:
    items = [f"<link>https://n.example/</link><title>t{number}</title>" for number in range(5)]
    assert len({entry.key for entry in parse(*items)}) == 5


def test_one_guid_and_one_link_for_all_loses_no_entry() -> None:
    items = [f"<guid>same</guid><link>/</link><title>t{number}</title>" for number in range(5)]
    assert len({entry.key for entry in parse(*items)}) == 5


def test_exact_repetitions_are_one_entry() -> None:
    assert len(parse(*["<guid>1</guid><title>t</title><link>/1</link>"] * 3)) == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("<guid>https://bbc.example/1#0</guid>", "<guid>https://bbc.example/1#1</guid>"),
        ("<guid>http://n.example/1</guid>", "<guid>https://n.example/1</guid>"),
        ("<guid>https://n.example/1</guid>", "<guid>https://n.example/1?utm_source=rss</guid>"),
        ("<link>http://n.example/1</link>", "<link>https://n.example/1?at_medium=RSS</link>"),
        ("<guid> a </guid>", "<guid>a</guid>"),
    ],
)
def test_f26_small_changes_of_guid_or_link_keep_the_identity(first: str, second: str) -> None:
    assert key(f"<title>t</title>{first}") == key(f"<title>t</title>{second}")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("<guid>https://n.example/1</guid>", "<guid>https://n.example/2</guid>"),
        ("<guid>https://live.example/x#post-1</guid>", "<guid>https://live.example/x#post-2</guid>"),
        ("<guid>https://live.example/x#17002</guid>", "<guid>https://live.example/x#17003</guid>"),
        ("<guid>A</guid>", "<guid>a</guid>"),
        (f"<guid>{'a' * 500}1</guid>", f"<guid>{'a' * 500}2</guid>"),
    ],
)
def test_different_guids_are_different_entries(first: str, second: str) -> None:
    assert key(f"<title>t</title>{first}") != key(f"<title>t</title>{second}")


@pytest.mark.parametrize("guid", ["12345", "https://n.example/1", "tag:n.example,2026:1", "a b"])
def test_an_entry_keeps_its_identity_when_its_feed_is_damaged_for_once(guid: str) -> None:
    sound, damaged = (
        parse(f"<guid>{guid}</guid><title>A and B</title>"),
        parse(f"<guid>{guid}</guid><title>A & B</title>"),
    )
    assert [entry.key for entry in sound] == [entry.key for entry in damaged]
    assert [entry.link for entry in sound] == [entry.link for entry in damaged]
    assert sound[0].link == (guid if guid.startswith("https") else None)


def test_keys_are_short_enough_to_store() -> None:
    long = "x" * 5_000
    entries = parse(
        f"<guid>{long}</guid><title>a</title>",
        f"<guid>{long}</guid><title>b</title>",
        f"<guid>{long}</guid><link>/c</link>",
    )
    assert len(entries) == 3
    assert all(len(entry.key) <= 200 for entry in entries)


@pytest.mark.parametrize("field", ["title", "description"])
def test_f27_an_edit_changes_the_content_hash_and_nothing_else_does(field: str) -> None:
    def entry(words: str, day: str) -> ParsedEntry:
        (found,) = parse(f"<guid>1</guid><{field}>{words}</{field}><pubDate>{day}</pubDate>")
        return found

    monday, tuesday = "Mon, 23 Nov 2026 08:00:00 GMT", "Tue, 24 Nov 2026 08:00:00 GMT"
    assert entry("before", monday).content_hash == entry("before", tuesday).content_hash
    assert entry("before", monday).content_hash != entry("after", monday).content_hash
    assert entry("before", monday).key == entry("after", monday).key


def test_empty_items_are_left_out() -> None:
    assert parse("", "<guid isPermaLink='false'>1</guid>", "<category>x</category>") == ()
