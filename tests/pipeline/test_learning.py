"""The lines of sites: by the page's own site, whatever feed it came from, and never too many of them."""

from datetime import UTC, datetime, timedelta

import pytest

from newswatch.clock import VirtualClock
from newswatch.extract.site_lines import EdgeLines
from newswatch.pipeline.learning import LearnedLines, learn, site_of
from newswatch.store.database import Database

FRAME = 7


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(datetime(2026, 1, 13, 9, tzinfo=UTC))


def _pages(count: int) -> list[EdgeLines]:
    return [EdgeLines(frozenset({FRAME}), text) for text in range(1, count + 1)]


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://sport.herald.example/1?a=b", "herald.example"),
        ("https://news.herald.co.uk/", "herald.co.uk"),
        ("http://127.0.0.1:8000/x", "127.0.0.1"),
        ("urn:uuid:1", ""),
        (None, ""),
    ],
)
def test_a_site_is_what_somebody_registered(url: str | None, site: str) -> None:
    assert site_of(url) == site


async def test_what_was_stored_is_known_at_once_here_and_within_an_hour_elsewhere(
    database: Database, clock: VirtualClock
) -> None:
    here, elsewhere = LearnedLines(database, clock), LearnedLines(database, clock)
    assert await here.of("https://herald.example/1") == frozenset()
    assert await elsewhere.of("https://herald.example/1") == frozenset()
    here.know(await database.write(learn, {"herald.example": _pages(3), "": _pages(1)}, now=clock()))
    assert await here.of("https://www.herald.example/2") == {FRAME}
    assert await elsewhere.of("https://www.herald.example/2") == frozenset()
    clock.advance(timedelta(hours=1))
    assert await elsewhere.of("https://www.herald.example/2") == {FRAME}
    assert await LearnedLines(database, clock).of("https://herald.example/3") == {FRAME}
    assert await here.of("https://other.example/") == frozenset()


async def test_only_the_sites_used_last_are_kept_in_memory(database: Database, clock: VirtualClock) -> None:
    lines = LearnedLines(database, clock, most=2)
    lines.know({"a.example": frozenset({1}), "b.example": frozenset({2})})
    assert await lines.of("https://a.example/") == {1}
    lines.know({"c.example": frozenset({3})})
    assert await lines.of("https://a.example/") == {1}
    assert await lines.of("https://c.example/") == {3}
    assert await lines.of("https://b.example/") == frozenset(), "read from the database, which has nothing of it"
