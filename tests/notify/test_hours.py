"""Local times against real zones: digests exactly once for each date, quiet hours without gaps."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newswatch.model import Digest
from newswatch.notify.hours import always_quiet, next_slot, quiet_until, slots
from newswatch.notify.reader import QuietHours, ReaderSettings

ZONES = ["Asia/Seoul", "Asia/Tokyo", "America/New_York", "Europe/Brussels", "Australia/Lord_Howe", "UTC"]
START = datetime(2026, 1, 1, tzinfo=UTC)


def reader(**settings: object) -> ReaderSettings:
    return ReaderSettings.model_validate(settings)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("at", ["02:30", "08:00", "23:59"])
@pytest.mark.parametrize("outage_h", [0, 6])
def test_every_local_date_has_its_digest_exactly_once(zone: str, at: str, outage_h: int) -> None:
    """400 days of ticks, with an outage of six hours before every tick at another time of the day."""
    wanted = reader(zone=zone, digest_at=[at])
    late = timedelta(hours=6)
    taken: list[str] = []
    now = START
    step = timedelta(hours=outage_h, minutes=0 if outage_h else 53)
    while now < START + timedelta(days=400):
        taken += [
            slot.key for slot in slots(wanted, Digest.DAILY, after=now - late, until=now) if slot.key not in taken[-5:]
        ]
        now += step
    first = START.astimezone(ZoneInfo(zone)).date()
    dates = [date.fromisoformat(key.split()[0]) for key in taken]
    assert len(dates) == len(set(dates))
    assert set(dates) >= {first + timedelta(days=number) for number in range(1, 399)}


def test_a_skipped_time_is_the_shifted_instant_and_a_repeated_one_the_first() -> None:
    new_york = reader(zone="America/New_York", digest_at=["02:30"])
    spring = next_slot(new_york, Digest.DAILY, datetime(2026, 3, 8, 1, 0, tzinfo=UTC) + timedelta(hours=5))
    assert (spring.key, spring.due_at) == ("2026-03-08 02:30", datetime(2026, 3, 8, 7, 30, tzinfo=UTC))  # 03:30 EDT
    repeated = reader(zone="America/New_York", digest_at=["01:30"])
    autumn = next_slot(repeated, Digest.DAILY, datetime(2026, 11, 1, 4, 0, tzinfo=UTC))
    assert (autumn.key, autumn.due_at) == ("2026-11-01 01:30", datetime(2026, 11, 1, 5, 30, tzinfo=UTC))  # EDT
    assert next_slot(repeated, Digest.DAILY, autumn.due_at).key == "2026-11-02 01:30"


@pytest.mark.parametrize(
    ("zone", "apart"),
    [("America/New_York", {3600}), ("Asia/Kolkata", {3600}), ("Australia/Lord_Howe", {3600, 5400})],
)
def test_hourly_digests_are_an_hour_apart_whatever_the_clock_shows(zone: str, apart: set[int]) -> None:
    found = slots(reader(zone=zone), Digest.HOURLY, after=START, until=START + timedelta(days=365))
    assert {(b.due_at - a.due_at).total_seconds() for a, b in pairwise(found)} == apart
    assert len({slot.key for slot in found}) == len(found)
    assert {slot.due_at.astimezone(ZoneInfo(zone)).minute for slot in found} == {0}


def test_weekly_digests_come_on_their_day() -> None:
    found = slots(reader(digest_day="wed"), Digest.WEEKLY, after=START, until=START + timedelta(days=28))
    assert [slot.due_at.weekday() for slot in found] == [2] * 4


NIGHT = {"from": "22:00", "to": "07:00"}


@pytest.mark.parametrize(
    ("now", "ends"),
    [
        ("2026-01-13T21:59", None),
        ("2026-01-13T22:00", "2026-01-14T07:00"),
        ("2026-01-14T06:59", "2026-01-14T07:00"),
        ("2026-01-14T07:00", None),
        ("2026-01-16T23:00", None),  # a Friday: the nights from Sunday to Thursday are quiet
        ("2026-01-16T05:00", "2026-01-16T07:00"),  # still Thursday's night
    ],
)
def test_quiet_hours_over_midnight_belong_to_the_day_they_begin(now: str, ends: str | None) -> None:
    weekdays = reader(zone="Asia/Seoul", quiet=[{**NIGHT, "days": ["sun", "mon", "tue", "wed", "thu"]}])
    zone = ZoneInfo("Asia/Seoul")
    found = quiet_until(weekdays, datetime.fromisoformat(now).replace(tzinfo=zone).astimezone(UTC))
    wanted = datetime.fromisoformat(ends).replace(tzinfo=zone).astimezone(UTC) if ends else None
    assert found == wanted


def test_windows_that_touch_are_one() -> None:
    both = reader(quiet=[{"from": "22:00", "to": "06:00"}, {"from": "06:00", "to": "08:00"}])
    assert quiet_until(both, datetime(2026, 1, 13, 23, 0, tzinfo=UTC)) == datetime(2026, 1, 14, 8, 0, tzinfo=UTC)


def test_windows_that_leave_no_minute_are_found() -> None:
    def windows(*spans: tuple[str, str], days: tuple[str, ...] = ()) -> tuple[QuietHours, ...]:
        given = {"days": days} if days else {}
        return tuple(QuietHours.model_validate({"from": start, "to": end, **given}) for start, end in spans)

    assert always_quiet(windows(("00:00", "00:00")))
    assert always_quiet(windows(("08:00", "20:00"), ("19:00", "09:00")))
    assert not always_quiet(windows(("08:00", "20:00"), ("20:01", "08:00")))
    assert not always_quiet(windows(("00:00", "00:00"), days=("mon", "tue", "wed", "thu", "fri", "sat")))
    assert not always_quiet(())


CLOCK = st.times().map(lambda at: f"{at:%H:%M}")
DAY = st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"])


@given(
    st.sampled_from(ZONES),
    st.lists(st.tuples(CLOCK, CLOCK, st.sets(DAY, min_size=1)), min_size=1, max_size=3),
    st.integers(0, 365 * 1440),
)
def test_the_end_of_quiet_hours_is_not_quiet_and_every_minute_before_is(
    zone: str, spans: list[tuple[str, str, set[str]]], minute: int
) -> None:
    windows = [{"from": start, "to": end, "days": sorted(days)} for start, end, days in spans]
    wanted = reader(zone=zone, quiet=windows)
    if always_quiet(wanted.quiet):
        return
    now = START + timedelta(minutes=minute)
    ends = quiet_until(wanted, now)
    if ends is None:
        return
    assert ends > now
    assert quiet_until(wanted, ends) is None
    for part in range(1, 8):
        between = now + (ends - now) * part / 8
        assert quiet_until(wanted, between) == ends
