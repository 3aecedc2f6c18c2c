"""Publication times: as precise as the publisher gave them, and no more."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newswatch.extract.dates import date_in_url, find_published, parse_date
from newswatch.model import Published

NOW = datetime(2026, 2, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("raw", "language", "precision", "instant"),
    [
        ("2026-01-13T14:49:05+09:00", "en", "second", "2026-01-13T05:49:05"),
        ("2026-01-13T05:49:05Z", "en", "second", "2026-01-13T05:49:05"),
        ("2026-01-13T14:49:12.123+0900", "en", "second", "2026-01-13T05:49:12"),
        ("2026-01-13 14:49 KST", "en", "minute", "2026-01-13T05:49:00"),
        ("Tue, 13 Jan 2026 05:49:00 GMT", "en", "second", "2026-01-13T05:49:00"),
        ("January 13, 2026, 3:20 pm EST", "en", "minute", "2026-01-13T20:20:00"),
        ("Jan. 13, 2026 at 3:20 p.m. ET", "en", "minute", "2026-01-13T20:20:00"),
        ("July 13, 2026 at 3:20 PM ET", "en", "minute", "2026-07-13T19:20:00"),
        ("13 January 2026 10:02 GMT", "en", "minute", "2026-01-13T10:02:00"),
        ("2026年1月13日 14:49 JST", "ja", "minute", "2026-01-13T05:49:00"),
        ("2026-01-13 14:49 CST", "zh", "minute", "2026-01-13T06:49:00"),
        ("2026-01-13 14:49 CST", "en", "minute", "2026-01-13T20:49:00"),
    ],
)
def test_a_time_with_a_zone_is_an_instant(raw: str, language: str, precision: str, instant: str) -> None:
    found = parse_date(raw, found_by="test", language=language)
    assert found is not None
    assert (found.precision, found.zone_assumed) == (precision, False)
    assert found.at == datetime.fromisoformat(instant).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("raw", "language", "instant"),
    [
        ("2026년 1월 13일 오후 2시 30분", "ko", "2026-01-13T05:30:00"),
        ("입력 2026.01.13 (화) 14:49", "ko", "2026-01-13T05:49:00"),
        ("令和8年1月13日 午後2時", "ja", "2026-01-13T05:00:00"),
        ("２０２６年１月１３日　１４時４９分", "ja", "2026-01-13T05:49:00"),
        ("2026年01月13日 14:49 来源：", "zh", "2026-01-13T06:49:00"),
        ("13. Januar 2026, 14:05 Uhr", "de", "2026-01-13T14:05:00"),
        ("13 janvier 2026 à 14h05", "fr", "2026-01-13T14:05:00"),
        ("Published: 2026/1/13 2:05 PM", "en", "2026-01-13T14:05:00"),
    ],
)
def test_a_time_without_a_zone_is_read_in_the_languages_zone_and_marked(raw: str, language: str, instant: str) -> None:
    found = parse_date(raw, found_by="test", language=language)
    assert found is not None
    assert (found.at, found.zone_assumed) == (datetime.fromisoformat(instant).replace(tzinfo=UTC), True)


@pytest.mark.parametrize(
    "raw",
    [
        "2026-01-13",
        "2026년 1월 13일",
        "令和8年1月13日",
        "民國115年1月13日",
        "2026. 1. 13.",
        "13/01/2026",
        "01/13/2026",
        "20260113",
        "January 13th, 2026",
        "13 de enero de 2026",
        "13.01.2026",
        "2026-01-13T00:00:00Z",
        "2026-01-13 00:00",
    ],
)
def test_a_day_stays_a_day(raw: str) -> None:
    found = parse_date(raw, found_by="test")
    assert found is not None
    assert (found.precision, found.on, found.at) == ("day", date(2026, 1, 13), None)


def test_a_first_year_of_an_era_has_a_name() -> None:
    found = parse_date("令和元年5月1日", found_by="test")
    assert found is not None
    assert found.on == date(2019, 5, 1)


def test_an_ambiguous_date_is_only_read_where_the_language_settles_it() -> None:
    assert parse_date("03/04/2026", found_by="test", language="en") is None
    french = parse_date("03/04/2026", found_by="test", language="fr")
    assert french is not None
    assert french.on == date(2026, 4, 3)


@pytest.mark.parametrize(
    "raw", ["", "soon", "2026-13-45", "2026-02-30", "14:49", "1月13日", "99999999", "room 2026", "１３日"]
)
def test_what_is_no_date_is_none(raw: str) -> None:
    assert parse_date(raw, found_by="test") is None


@given(st.text(alphabet="0123456789-/.:年月日 TZ+aApPmM令和오후", max_size=60))
def test_no_text_is_an_error(raw: str) -> None:
    found = parse_date(raw, found_by="test")
    assert found is None or (found.at is None) != (found.on is None)


def test_the_pages_own_time_comes_before_the_feeds() -> None:
    feed = Published(precision="second", found_by="feed", at=datetime(2026, 1, 13, 6, tzinfo=UTC))
    found, notes = find_published([("json-ld", "2026-01-13T14:49:00+09:00")], feed=feed, language="ko", now=NOW)
    assert found is not None
    assert (found.found_by, found.at, notes) == ("json-ld", datetime(2026, 1, 13, 5, 49, tzinfo=UTC), [])


def test_the_feeds_instant_replaces_a_bare_day_of_the_page() -> None:
    feed = Published(precision="second", found_by="feed", at=datetime(2026, 1, 13, 6, tzinfo=UTC))
    found, _ = find_published([("meta", "2026-01-13")], feed=feed, language="en", now=NOW)
    assert found == feed
    other, _ = find_published([("meta", "2026-01-02")], feed=feed, language="en", now=NOW)
    assert other is not None
    assert other.on == date(2026, 1, 2)  # another day: the feed tells of an update


def test_the_feeds_instant_replaces_the_same_local_time_without_a_zone() -> None:
    feed = Published(precision="second", found_by="feed", at=datetime(2026, 1, 13, 19, 20, 8, tzinfo=UTC))
    found, _ = find_published([("meta", "2026-01-13 14:20")], feed=feed, language="en", now=NOW)
    assert found == feed
    kept, _ = find_published([("meta", "2026-01-13 14:27")], feed=feed, language="en", now=NOW)
    assert kept is not None
    assert kept.found_by == "meta"


def test_the_weaker_texts_are_only_asked_when_nothing_else_is_there() -> None:
    asked: list[str] = []

    def weaker() -> list[tuple[str, str]]:
        asked.append("asked")
        return [("text", "2026년 1월 13일 14:49")]

    find_published([("meta", "2026-01-13")], feed=None, later=weaker, language="ko", now=NOW)
    assert asked == []
    found, _ = find_published([], feed=None, later=weaker, language="ko", now=NOW)
    assert found is not None
    assert found.found_by == "text"


@pytest.mark.parametrize("raw", ["1970-01-01T00:00:01Z", "1900-01-01", "2026-02-03T00:00:01Z", "9999-12-31T23:59:59Z"])
def test_impossible_dates_are_ignored_and_noted(raw: str) -> None:
    found, notes = find_published([("json-ld", raw)], feed=None, language="en", now=NOW)
    assert found is None
    assert len(notes) == 1
    assert "json-ld" in notes[0]


def test_a_feed_from_the_future_is_ignored_too() -> None:
    feed = Published(precision="second", found_by="feed", at=NOW + timedelta(days=3))
    assert find_published([], feed=feed, language="en", now=NOW)[0] is None


def test_a_day_that_has_begun_elsewhere_is_not_the_future() -> None:
    found, _ = find_published([("meta", "2026-02-02")], feed=None, language="ko", now=NOW)
    assert found is not None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/2026/01/13/title", [("url", "2026-01-13")]),
        ("https://a.example/20260113-3030", [("url", "2026-01-13")]),
        ("https://a.example/view/2026011314490", []),
        ("https://a.example/2026/13/01/", []),
        (None, []),
    ],
)
def test_addresses_name_days(url: str | None, expected: list[tuple[str, str]]) -> None:
    assert date_in_url(url) == expected
