"""OPML in and out (fault row F33)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newswatch.collect.opml import OpmlResult, parse_opml, render_opml
from newswatch.model import Feed
from newswatch.worker_settings import WorkerSettings
from newswatch.workers import WorkerPool


def document(body: str, before: str = "") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}<opml version="2.0"><head/><body>{body}</body></opml>'.encode()
    )


def test_feeds_in_folders_and_in_any_spelling() -> None:
    found = parse_opml(
        document(
            '<outline text="Asia">'
            '<outline type="rss" text="한국 &amp; 일본" xmlUrl="https://a.example/rss" language="ko"/>'
            '<outline title="B" text="b" xmlurl=" http://b.example/feed "/></outline>'
            '<outline XMLURL="https://c.example/"/><outline text="a folder"/>'
            '<outline text="again" xmlUrl="https://a.example/rss"/>'
        )
    )
    assert [(feed.url, feed.name, feed.language) for feed in found.feeds] == [
        ("https://a.example/rss", "한국 & 일본", "ko"),
        ("http://b.example/feed", "B", None),
        ("https://c.example/", "c.example", None),
    ]
    assert found.skipped == ()


def test_what_cannot_be_polled_is_named() -> None:
    found = parse_opml(document('<outline text="disk" xmlUrl="file:///etc/passwd"/>\n<outline xmlUrl="http://a b/"/>'))
    assert found.feeds == ()
    assert [problem.where for problem in found.skipped] == ["disk", "http://a b/"]
    assert "file" in found.skipped[0].message


def test_secrets_are_not_repeated_in_problems() -> None:
    (problem,) = parse_opml(document('<outline xmlUrl="ftp://me:hunter2@a.example/?token=hunter3"/>')).skipped
    assert "hunter" not in str(problem)


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "not"),
        (b"hello", "not"),
        (b"<rss><channel/></rss>", "not OPML"),
        (document(""), "no feeds"),
        (document("&a;", '<!DOCTYPE opml [<!ENTITY a "b"><!ENTITY c "&a;&a;">]>'), "entities"),
        (document("", '<!DOCTYPE opml [<!ENTITY a SYSTEM "file:///etc/passwd">]>'), "entities"),
        (b" " * 20_000_001, "bytes"),
    ],
)
def test_f33_what_is_refused_says_why(data: bytes, word: str) -> None:
    found = parse_opml(data)
    assert found.feeds == ()
    assert word in found.skipped[0].message


async def _soon(data: bytes) -> OpmlResult:
    """Read OPML with a limit of CPU time. 5 seconds are promised; slow machines get twice that."""
    async with WorkerPool(WorkerSettings(processes=1, deadline=10)) as pool:
        return await pool.run(parse_opml, data)


async def test_f33_a_hundred_thousand_outlines_are_limited() -> None:
    found = await _soon(document("".join(f'<outline xmlUrl="https://h{n}.example/f"/>' for n in range(100_000))))
    assert len(found.feeds) == 20_000
    assert "79000 more" in found.skipped[-1].message


async def test_f33_depth_is_limited() -> None:
    nested = "".join(f'<outline xmlUrl="https://h{n}.example/f">' for n in range(10_000)) + "</outline>" * 10_000
    found = await _soon(document(nested))
    assert 0 < len(found.feeds) <= 50
    assert found.skipped


def test_what_is_written_is_read_again() -> None:
    feeds = [
        Feed(id=1, url="https://a.example/rss?x=1&y=2", name='한국 <"&>', language="ko"),
        Feed(id=2, url="http://b.example/", name="B\nB"),
    ]
    found = parse_opml(render_opml(feeds))
    assert [(feed.url, feed.name, feed.language) for feed in found.feeds] == [
        ("https://a.example/rss?x=1&y=2", '한국 <"&>', "ko"),
        ("http://b.example/", "B B", None),
    ]


def test_f34_secrets_leave_only_on_request() -> None:
    feeds = [Feed(id=1, url="https://me:hunter2@a.example/rss?token=hunter3", name="A")]
    assert b"hunter" not in render_opml(feeds)
    assert [feed.url for feed in parse_opml(render_opml(feeds, secrets=True)).feeds] == [feeds[0].url]


@given(st.binary(max_size=300))
def test_no_bytes_raise(data: bytes) -> None:
    found = parse_opml(b"<opml><body>" + data)
    assert found.feeds == () or all(feed.url for feed in found.feeds)
