"""How long a feed is usually silent: against samples whose percentiles are known."""

import random
from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newswatch.collect.gaps import Gaps, silence_limit_s, with_arrivals
from tests.collect.conftest import NOW

HOUR = 3600.0
DAY = 86400.0
BUCKET = 2**0.25  # a limit is an upper edge, so it lies up to this factor above the gap itself


def arrivals(gaps_s: Iterable[float]) -> list[datetime]:
    at, found = NOW, [NOW]
    for gap in gaps_s:
        at += timedelta(seconds=gap)
        found.append(at)
    return found


def limit(gaps_s: Iterable[float]) -> float:
    found = silence_limit_s(with_arrivals((), arrivals(gaps_s), after=None))
    assert found is not None
    return found


def test_nothing_is_known_of_a_feed_without_gaps() -> None:
    assert silence_limit_s(()) is None
    assert with_arrivals((), [NOW], after=None) == ()


def test_after_one_gap_only_a_very_long_silence_is_unusual() -> None:
    assert limit([DAY]) == pytest.approx(99 * DAY, rel=BUCKET - 1)


@pytest.mark.parametrize(("count", "factor"), [(2, 18.0), (5, 7.56), (20, 5.18), (100, 4.71)])
def test_few_gaps_are_read_with_care(count: int, factor: float) -> None:
    # So close together that none fades: n (100 ** (1/n) - 1) means.
    assert factor <= limit([600.0] * count) / 600 <= factor * BUCKET


def test_of_many_independent_gaps_it_is_the_99th_percentile() -> None:
    generator = random.Random(5)  # exponential with a mean of an hour: the percentile is 4.605 h
    found = limit(generator.expovariate(1 / HOUR) for _ in range(2000))
    assert 4.605 * HOUR / BUCKET <= found <= 4.605 * HOUR * BUCKET**2


def test_weekends_are_usual_though_rarer_than_one_gap_in_a_hundred() -> None:
    working_week = ([0.4 * HOUR] * 29 + [12 * HOUR]) * 5 + [62 * HOUR]
    assert 62 * HOUR <= limit(working_week * 3) <= 62 * HOUR * BUCKET


def test_one_long_silence_does_not_become_the_rule() -> None:
    assert limit([HOUR] * 150 + [40 * DAY] + [HOUR] * 150) < 30 * DAY


def test_what_the_feed_used_to_do_is_forgotten() -> None:
    weekly_before = limit([7 * DAY] * 20 + [2 * HOUR] * 12 * 120)
    assert weekly_before < 2 * DAY


def test_entries_of_one_minute_are_one_arrival() -> None:
    together = arrivals([HOUR, 1, 1, 1, 1, HOUR])
    assert with_arrivals((), together, after=None) == with_arrivals((), arrivals([HOUR, HOUR + 4]), after=None)


def test_the_order_of_arrivals_does_not_matter() -> None:
    found = arrivals([HOUR, DAY, 300])
    assert with_arrivals((), reversed(found), after=None) == with_arrivals((), found, after=None)


@given(st.lists(st.floats(min_value=0, max_value=1e9), max_size=60))
def test_any_gaps_stay_few_numbers_and_give_a_limit(gaps_s: list[float]) -> None:
    gaps: Gaps = ()
    at = NOW.replace(year=1000)
    for gap in gaps_s:
        before, at = at, at + timedelta(seconds=gap)
        gaps = with_arrivals(gaps, [at], after=before)
    assert len(gaps) <= 101
    assert all(weight > 0 for _, weight in gaps)
    found = silence_limit_s(gaps)
    assert found is None or found > 0
