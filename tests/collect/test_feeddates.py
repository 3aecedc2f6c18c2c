"""Dates as feeds write them (fault rows F29 and F30)."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newswatch.collect import datewords
from newswatch.collect.feeddates import parse_date


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


MORNING = utc(2026, 8, 19, 1, 35, 1)
LATE = utc(2026, 8, 19, 10, 35, 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Thu,28 Jul 2022 4:35:5 GMT+9", utc(2022, 7, 27, 19, 35, 5)),
        ("Wed, 19 Aug 2026 10:35:01 +09:00", MORNING),
        ("Wed, 19 Aug 2026 10:35:01 +0900", MORNING),
        ("2026-08-19T10:35:01+09:00", MORNING),
        ("Wed, 19 Aug 2026 10:35:01 KST", MORNING),
        ("Wed, 19 Aug 2026 10:35:01 JST", MORNING),
        ("Wed, 19 Aug 2026 10:35:01 MSK", utc(2026, 8, 19, 7, 35, 1)),
        ("Wed, 19 Aug 2026 10:35:01 EST", utc(2026, 8, 19, 15, 35, 1)),
        ("2026-08-19T10:35:01.123456789Z", LATE),
        ("1755567301", utc(2025, 8, 19, 1, 35, 1)),
        ("19 août 2026 10:35:01 +0200", utc(2026, 8, 19, 8, 35, 1)),
        ("Mer, 19 Ago 2026 10:35:01 -0300", utc(2026, 8, 19, 13, 35, 1)),
        ("Ср, 19 Авг 2026 10:35:01 +0300", utc(2026, 8, 19, 7, 35, 1)),
        ("水, 19 8月 2026 10:35:01 +0900", MORNING),
        ("Wed Aug 19 10:35:01 KST 2026", MORNING),
        ("Wed, 19 Aug 2026 10:35:01 GMT+0900 (KST)", MORNING),
        ("2026-08-19 10:35:01 Asia/Seoul", MORNING),
        ("20260819T103501Z", LATE),
        ("2026-08-19 10:35:01 +0000 UTC", LATE),
        ("Wed, 19 Aug 2026 10:35:60 GMT", utc(2026, 8, 19, 10, 35, 59)),
        ("2041-01-01T00:00:00Z", utc(2041, 1, 1)),  # F30: kept as written; what is sorted by is bounded elsewhere
    ],
)
def test_f29_instants_to_the_second(text: str, expected: datetime) -> None:
    found = parse_date(text)
    assert found is not None
    assert (found.at, found.precision, found.zone_assumed, found.raw) == (expected, "second", False, text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-08-19 10:35:01", LATE),
        ("2026-08-19T10:35:01", LATE),
        ("Wed Aug 19 10:35:01 2026", LATE),
        ("2026-08-19 오전 10:35:01", MORNING),
        ("2026년 8월 19일 (수) 오후 10:35:01", utc(2026, 8, 19, 13, 35, 1)),
    ],
)
def test_f29_a_zone_that_is_assumed_is_marked(text: str, expected: datetime) -> None:
    found = parse_date(text)
    assert found is not None
    assert (found.at, found.zone_assumed) == (expected, True)


def test_f29_the_feeds_zone_is_used_where_the_text_names_none() -> None:
    seoul = parse_date("2026-08-19 10:35:01", zone="Asia/Seoul")
    assert seoul is not None
    assert (seoul.at, seoul.zone_assumed) == (MORNING, True)
    own = parse_date("2026-08-19T10:35:01Z", zone="Asia/Seoul")
    assert own is not None
    assert (own.at, own.zone_assumed) == (LATE, False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026/08/19 10:35", utc(2026, 8, 19, 10, 35)),
        ("2026년 8월 19일 (수) 오전 10:35", utc(2026, 8, 19, 1, 35)),
        ("2026. 8. 19. 오후 3시 5분", utc(2026, 8, 19, 6, 5)),
        ("2026年8月19日 15:04", utc(2026, 8, 19, 15, 4)),
        ("Aug 19, 2026 at 3:04 pm EST", utc(2026, 8, 19, 20, 4)),
        ("19.08.2026 10:35", utc(2026, 8, 19, 10, 35)),
        ("Wednesday, August 19th, 2026 12:10 AM", utc(2026, 8, 19, 0, 10)),
        ("19 Aug 26 10:35 GMT", utc(2026, 8, 19, 10, 35)),
    ],
)
def test_f29_instants_to_the_minute(text: str, expected: datetime) -> None:
    found = parse_date(text)
    assert found is not None
    assert (found.at, found.precision) == (expected, "minute")


@pytest.mark.parametrize(
    "text",
    [
        "Wed, 19 Aug 2026",
        "2026-08-19",
        "19 de agosto de 2026",
        "2026年08月19日",
        "2026. 8. 19.",
        "20260819",
        "Aug 19, 2026",
    ],
)
def test_f29_a_day_stays_a_day(text: str) -> None:
    found = parse_date(text)
    assert found is not None
    assert (found.at, found.on, found.precision) == (None, date(2026, 8, 19), "day")


def test_f29_sept_is_september() -> None:
    found = parse_date("Sept 7, 2026")
    assert found is not None
    assert found.on == date(2026, 9, 7)


@pytest.mark.parametrize(
    ("language", "expected"),
    [("fr", utc(2026, 8, 7, 10, 35)), ("en-GB", utc(2026, 8, 7, 10, 35)), ("en-US", utc(2026, 7, 8, 10, 35))],
)
def test_f29_day_and_month_by_the_feeds_language(language: str, expected: datetime) -> None:
    found = parse_date("07/08/2026 10:35", language=language)
    assert found is not None
    assert found.at == expected


@pytest.mark.parametrize(
    "text",
    [
        "19/08/2026 10:35",
        "Wed, 19 Aug 2026 25:61:00 GMT",
        "Wed, 31 Feb 2026 10:00:00 GMT",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "0001-01-01T00:00:00Z",
        "0",
        "1755",
        "yesterday",
        "2026-08",
        "Wed, 19 Foo 2026 10:35:01 GMT",
        "2026-08-19T10:35:01+25:00",
        "2026-08-19 10:35:01 Moon/Crater",
        "19 Aug Sep 2026",
        "",
        None,
    ],
)
def test_f29_f30_what_is_no_certain_date_is_none(text: str | None) -> None:
    assert parse_date(text) is None


@given(st.text(max_size=120))
def test_any_text_is_read_without_error(text: str) -> None:
    found = parse_date(text)
    assert found is None or (found.at is None) != (found.on is None)


@given(st.datetimes(min_value=datetime(1972, 1, 1), max_value=datetime(2090, 1, 1)))  # noqa: DTZ001
def test_both_usual_forms_give_the_instant_back(naive: datetime) -> None:
    at = naive.replace(microsecond=0, tzinfo=UTC)
    for text in (at.isoformat(), at.strftime("%a, %d %b %Y %H:%M:%S +0000"), at.strftime("%Y-%m-%d %H:%M:%S UTC")):
        found = parse_date(text)
        assert found is not None
        assert found.at == at


def test_no_name_means_two_months() -> None:
    seen: dict[str, int] = {}
    for line in datewords._MONTH_NAMES.strip().splitlines():
        names = line.split()
        assert len(names) == 12, line
        for number, name in enumerate(names, start=1):
            assert name == "-" or seen.setdefault(name, number) == number, name
            assert name == name.casefold()
