"""The dates that feeds write: RFC 822 and ISO 8601 as they should be, and what stands there instead. Pure.

A date that can be read in two ways is not read: no instant is better than a wrong one.
"""

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from newswatch.collect.datewords import MONTHS, WEEKDAYS, ZONES_MIN
from newswatch.model import Published

_LONGEST = 100
_FIRST_YEAR = 1971  # 1970 and year 1 are how programs write "unknown"
_LAST_YEAR = 9998
_SEOUL = "Asia/Seoul"

_RFC822 = re.compile(
    r"(?:[A-Za-z]{3,9},? )?(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) "
    r"(?:([+-])(\d{2})(\d{2})|GMT|UTC|Z)\Z"
)
_ISO = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.\d+)?(?:Z|([+-])(\d{2}):?(\d{2}))\Z",
)
_ENGLISH = {
    name: number for number, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), start=1)
}

_EPOCH = re.compile(r"(\d{10})(\d{3})?\Z")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T?(\d{2})(\d{2})(\d{2})?\s*(\S+)?)?\Z")
_TIME = re.compile(
    r"(?<![\d:])(?:(오전|오후|午前|午後|上午|下午)\s*)?"
    r"(?:(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,]\d+)?)?|(\d{1,2})\s*[시時时点點](?:\s*(\d{1,2})\s*[분分])?(?:\s*(\d{1,2})\s*[초秒])?)"
    r"(?![\d:])\s*([ap]\.?m\.?(?![a-z]))?",
    re.IGNORECASE,
)
_OFFSET = re.compile(r"(?:(?:GMT|UTC|UT)\s*)?([+\-−])(\d{1,2})(?::?(\d{2}))?\Z", re.IGNORECASE)
_YEAR_FIRST = re.compile(r"(\d{4})\s*(?:[-/.年년])\s*(\d{1,2})\s*(?:[-/.月월])\s*(\d{1,2})\s*[.日일]?\Z")
_DAY_FIRST = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})\Z")
_WORDS = re.compile(r"\d+|[^\W\d_]+(?:['’][^\W\d_]+)?", re.UNICODE)
_LATER_HALF = frozenset({"오후", "午後", "下午"})
_EARLIER_HALF = frozenset({"오전", "午前", "上午"})


def parse_date(
    text: str | None, *, zone: str | None = None, language: str | None = None, found_by: str = "feed"
) -> Published | None:
    """Return the instant or day that `text` means, None if it means none for certain.

    `zone` (IANA name) is used where the text names no zone; without it such times are UTC, Korean forms Korean time,
    and in all three cases `zone_assumed` says so. `language` (BCP 47) tells whether 19/08/2026 puts the day first.
    A date without a time of day is a day, never an invented midnight.
    """
    if not text:
        return None
    raw = text.strip()[:_LONGEST]
    quick = _well_written(raw)
    if quick is not None:
        return Published(precision="second", found_by=found_by, at=quick, raw=raw) if _plausible(quick.year) else None
    return _Reading(raw, zone, language, found_by).read()


def _well_written(raw: str) -> datetime | None:
    """Read the two forms that nearly all feeds use; None for everything else."""
    try:
        if found := _RFC822.match(raw):
            day, name, year, hour, minute, second, sign, zone_h, zone_m = found.groups()
            return _utc(int(year), _ENGLISH[name], int(day), int(hour), int(minute), int(second), sign, zone_h, zone_m)
        if found := _ISO.match(raw):
            year, month, day, hour, minute, second, sign, zone_h, zone_m = found.groups()
            return _utc(int(year), int(month), int(day), int(hour), int(minute), int(second), sign, zone_h, zone_m)
    except (ValueError, KeyError, OverflowError):
        pass
    return None


def _utc(
    year: int, month: int, day: int, hour: int, minute: int, second: int, sign: str | None, zone_h: str, zone_m: str
) -> datetime:
    at = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    if sign is None:
        return at
    offset = int(zone_h) * 60 + int(zone_m)
    if offset > 14 * 60:
        raise ValueError("no zone is that far from Greenwich")
    return at - timedelta(minutes=offset if sign == "+" else -offset)


def _plausible(year: int) -> bool:
    return _FIRST_YEAR <= year <= _LAST_YEAR


class _Reading:
    """One attempt at an unusual date: the time of day is cut out first, then the zone, then the day is read."""

    def __init__(self, raw: str, zone: str | None, language: str | None, found_by: str) -> None:
        self._raw = raw
        self._zone = zone
        self._language = (language or "").lower()
        self._found_by = found_by

    def read(self) -> Published | None:
        text = unicodedata.normalize("NFKC", self._raw)
        text = re.sub(r"\([^()]*\)", " ", text)  # comments: "(KST)", "(수)"
        text = " ".join(text.split())
        try:
            return self._epoch(text) or self._compact(text) or self._usual(text)
        except (ValueError, OverflowError):
            return None

    def _epoch(self, text: str) -> Published | None:
        found = _EPOCH.match(text)
        if not found:
            return None
        at = datetime.fromtimestamp(int(found[1]), UTC)
        return self._instant(at, "second") if at.year >= 1995 else None

    def _compact(self, text: str) -> Published | None:
        found = _COMPACT.match(text)
        if not found:
            return None
        year, month, day = int(found[1]), int(found[2]), int(found[3])
        if found[4] is None:
            return self._day(date(year, month, day))
        zone, assumed = self._named_zone(found[7] or "", None)
        at = datetime(year, month, day, int(found[4]), int(found[5]), int(found[6] or 0), tzinfo=zone)
        return self._instant(at, "second" if found[6] else "minute", assumed=assumed)

    def _usual(self, text: str) -> Published | None:
        text = re.sub(r"(?<=\d)T(?=\d{1,2}:)", " ", text)
        time = _TIME.search(text)
        if time is None:
            on = self._date_of(text)
            return self._day(on) if on else None
        hour, minute, second = self._clock(time)
        before, after = text[: time.start()], text[time.end() :].strip(" ,")
        asian = time[1] is not None or time[5] is not None or bool(re.search("[년월]", text))
        # "Wed Aug 19 10:35:01 KST 2026": what follows the time is zone, year, or both; or the date comes last.
        zone_text, rest = self._split_zone(after)
        on = self._date_of(f"{before} {rest}".strip())
        if on is None:
            return None
        zone, assumed = self._named_zone(zone_text, _SEOUL if asian and re.search("[가-힣]", text) else None)
        at = datetime(on.year, on.month, on.day, hour, minute, second or 0, tzinfo=zone)
        return self._instant(at, "minute" if second is None else "second", assumed=assumed)

    @staticmethod
    def _clock(found: re.Match[str]) -> tuple[int, int, int | None]:
        half, latin = found[1], (found[8] or "").lower().replace(".", "")
        hour = int(found[2] or found[5])
        minute = int(found[3] or found[6] or 0)
        second = found[4] or found[7]
        if half or latin:
            if hour > 12:
                half = latin = None  # "오후 15:10" says it twice
            elif half in _LATER_HALF or latin == "pm":
                hour = hour % 12 + 12
            elif half in _EARLIER_HALF or latin == "am":
                hour %= 12
        if hour > 23 or minute > 59 or (second is not None and int(second) > 60):
            raise ValueError("no such time of day")
        return hour, minute, None if second is None else min(int(second), 59)

    def _split_zone(self, after: str) -> tuple[str, str]:
        words = after.split()
        if words and (_OFFSET.match(words[0]) or words[0].upper() in ZONES_MIN or "/" in words[0]):
            if len(words) > 1 and words[0].upper() in ("GMT", "UTC", "UT") and _OFFSET.match(words[1]):
                return words[0] + words[1], " ".join(words[2:])
            rest = words[1:]
            if _OFFSET.match(words[0]) and rest and rest[0].upper() in ZONES_MIN:
                rest = rest[1:]  # "+0900 KST": said twice
            return words[0], " ".join(rest)
        return "", after

    def _named_zone(self, text: str, assumed_zone: str | None) -> tuple[tzinfo, bool]:
        """Return the zone that `text` names, or the assumed one, and whether it was assumed."""
        if text.upper() in ZONES_MIN:
            return timezone(timedelta(minutes=ZONES_MIN[text.upper()])), False
        if found := _OFFSET.match(text):
            minutes = int(found[2]) * 60 + int(found[3] or 0)
            if minutes > 14 * 60:
                raise ValueError("no zone is that far from Greenwich")
            return timezone(timedelta(minutes=minutes if found[1] == "+" else -minutes)), False
        if text:
            return _zone_info(text), False
        name = self._zone or assumed_zone
        return (_zone_info(name) if name else UTC), True

    def _date_of(self, text: str) -> date | None:
        text = text.strip(" ,")
        if found := _YEAR_FIRST.match(self._without_weekday(text)):
            return date(int(found[1]), int(found[2]), int(found[3]))
        if found := _DAY_FIRST.match(text):
            return self._by_language(int(found[1]), int(found[2]), int(found[3]), dotted="." in text)
        return _from_words(text)

    @staticmethod
    def _without_weekday(text: str) -> str:
        words = text.split()
        while words and words[-1].strip(",.").casefold() in WEEKDAYS:
            words.pop()
        while words and words[0].strip(",.").casefold() in WEEKDAYS:
            words.pop(0)
        return " ".join(words)

    def _by_language(self, first: int, second: int, year: int, *, dotted: bool) -> date | None:
        """19/08/2026: Americans put the month first, most others the day. "en" alone may be either."""
        language = self._language
        if language in ("en-us", "en-ph") and not dotted:
            return date(year, first, second)
        day_first = dotted or (language and language.partition("-")[0] not in ("en", "ko", "ja", "zh", "hu", "lt"))
        if day_first or language.startswith("en-"):
            return date(year, second, first)
        return None

    def _instant(self, at: datetime, precision: str, *, assumed: bool = False) -> Published | None:
        at = at.astimezone(UTC)
        if not _plausible(at.year):
            return None
        return Published(precision=precision, found_by=self._found_by, at=at, raw=self._raw, zone_assumed=assumed)

    def _day(self, on: date) -> Published | None:
        if not _plausible(on.year):
            return None
        return Published(precision="day", found_by=self._found_by, on=on, raw=self._raw)


def _from_words(text: str) -> date | None:
    """Read "Wed, 19 Aug 2026", "Sept 7, 2026", "19 de agosto de 2026", "19 8月 2026" in any order that is certain."""
    numbers: list[str] = []
    month: int | None = None
    words = re.sub(r"(\d)(?:st|nd|rd|th|er|º|ª)\b", r"\1", re.sub(r"(?<!\d)(\d{1,2})\s*[月월]", r" month\1 ", text))
    for word in re.findall(r"month\d{1,2}|" + _WORDS.pattern, words):
        name = word.casefold()
        if name.startswith("month") and name[5:].isdigit():
            found: int | None = int(name[5:])
        elif word.isdigit():
            numbers.append(word)
            continue
        elif name in WEEKDAYS:
            continue
        else:
            found = MONTHS.get(name)
        if found is None or month is not None:
            return None
        month = found
    if month is None or len(numbers) != 2:
        return None
    day, year = numbers if len(numbers[0]) <= 2 else reversed(numbers)
    if len(day) > 2 or len(year) not in (2, 4):
        return None
    number = int(year)
    if len(year) == 2:  # RFC 2822, section 4.3
        number += 2000 if number < 50 else 1900
    return date(number, month, int(day))


def _zone_info(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (OSError, KeyError) as error:  # ZoneInfoNotFoundError is a KeyError
        raise ValueError(f"no time zone is called {name!r}") from error
