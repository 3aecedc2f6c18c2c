"""Local times as instants: when digests are due, until when it is quiet. Pure.

A local time that a change of clocks skips means the instant at which it would have been (02:30 that does not exist is
03:30), one that comes twice means its first. This is what `datetime` does with fold=0 (PEP 495).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from newswatch.model import Digest
from newswatch.notify.reader import DAYS, QuietHours, ReaderSettings

_A_DAY = timedelta(days=1)
_LONGEST_QUIET = timedelta(days=8)


@dataclass(frozen=True, slots=True)
class Slot:
    """One time at which a digest is due. `key` is unique for each destination and kind of digest."""

    key: str
    due_at: datetime


def slots(reader: ReaderSettings, digest: Digest, *, after: datetime, until: datetime) -> list[Slot]:
    """Return the slots of a destination's digest in (after, until], earliest first.

    Daily and weekly ones are named by local date and time, so that each is there once for each date whatever the clock
    does; hourly ones by the instant, because an hour that comes twice is two hours.
    """
    zone = ZoneInfo(reader.zone)
    found = {
        slot
        for day in _days(after.astimezone(zone).date() - _A_DAY, until.astimezone(zone).date() + _A_DAY)
        for slot in _slots_of(day, reader, digest, zone)
        if after < slot.due_at <= until
    }
    return sorted(found, key=lambda slot: (slot.due_at, slot.key))


def next_slot(reader: ReaderSettings, digest: Digest, after: datetime) -> Slot:
    """Return the first slot after an instant."""
    span = timedelta(days=1)
    while True:
        found = slots(reader, digest, after=after, until=after + span)
        if found:
            return found[0]
        span *= 2


def quiet_until(reader: ReaderSettings, now: datetime) -> datetime | None:
    """Return when the quiet hours end that `now` lies in; None if it is not quiet. Windows that touch are one."""
    zone = ZoneInfo(reader.zone)
    ends = now
    while True:
        windows = [
            window
            for day in _days(ends.astimezone(zone).date() - 2 * _A_DAY, ends.astimezone(zone).date())
            for window in _windows_of(day, reader.quiet, zone)
        ]
        later = max((end for start, end in windows if start <= ends < end), default=None)
        if later is None:
            return ends if ends > now else None
        ends = later
        if ends - now > _LONGEST_QUIET:  # the configuration refuses this; nothing is held for ever
            return ends


def always_quiet(windows: Sequence[QuietHours]) -> bool:
    """Return whether the windows leave no minute of a week, so that nothing would ever be sent."""
    monday = date(2024, 1, 1)
    spans = sorted(
        (day * 1440 + _minutes(window.from_), day * 1440 + _minutes(window.from_) + _length(window))
        for day in range(-7, 14)
        for window in windows
        if DAYS[(monday + day * _A_DAY).weekday()] in window.days
    )
    covered = 0
    for start, end in spans:
        if start > covered:
            continue
        covered = max(covered, end)
    return covered >= 7 * 1440


def _minutes(at: str) -> int:
    clock = time.fromisoformat(at)
    return clock.hour * 60 + clock.minute


def _length(window: QuietHours) -> int:
    return (_minutes(window.to) - _minutes(window.from_)) % 1440 or 1440


def _days(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def _slots_of(day: date, reader: ReaderSettings, digest: Digest, zone: ZoneInfo) -> Iterator[Slot]:
    if digest is Digest.HOURLY:
        for hour in range(24):
            for fold in (0, 1):
                at = datetime.combine(day, time(hour, fold=fold), zone).astimezone(UTC)
                if at.astimezone(zone).minute == 0:
                    yield Slot(at.strftime("%Y-%m-%dT%H:%MZ"), at)
        return
    if digest is Digest.WEEKLY and DAYS[day.weekday()] != reader.digest_day:
        return
    for local in reader.digest_at:
        yield Slot(f"{day} {local}", _instant(day, local, zone))


def _windows_of(day: date, windows: Sequence[QuietHours], zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    for window in windows:
        if DAYS[day.weekday()] in window.days:
            last = day if _minutes(window.to) > _minutes(window.from_) else day + _A_DAY
            yield _instant(day, window.from_, zone), _instant(last, window.to, zone)


def _instant(day: date, at: str, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.fromisoformat(at), zone).astimezone(UTC)
