"""When an article was published, as precisely as the publisher says and no more precisely.

A date without a time stays a day. A time without a zone is read in the zone that the article's language suggests and
marked as such. Dates before 1990 and in the future are taken for mistakes.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from newswatch.model import Published

EARLIEST = date(1990, 1, 1)
"""Older dates are placeholders (1970-01-01, 1900-01-01) far more often than archives."""

_FUTURE = timedelta(hours=26)  # the day may already have begun somewhere, and clocks are wrong
_QUARTER = timedelta(minutes=15)  # every zone offset is a multiple of it
_WIDEST_OFFSET = timedelta(hours=14)
_MAX_RAW = 400

_LANGUAGE_OFFSETS = {"ko": 9, "ja": 9, "zh": 8}
_ZONES: dict[str, int] = {
    # minutes east of UTC; abbreviations are ambiguous in theory, these are the readings that news sites mean
    **dict.fromkeys(("z", "utc", "gmt", "wet"), 0),
    **dict.fromkeys(("bst", "cet", "mez"), 60),
    **dict.fromkeys(("cest", "eet", "mesz", "sast"), 120),
    **dict.fromkeys(("eest", "msk", "trt"), 180),
    **dict.fromkeys(("kst", "jst"), 540),
    **dict.fromkeys(("hkt", "sgt", "awst", "pht"), 480),
    "ist": 330, "wib": 420, "ict": 420, "aest": 600, "aedt": 660, "nzst": 720, "nzdt": 780, "pkt": 300,
    "est": -300, "edt": -240, "cdt": -300, "mst": -420, "mdt": -360, "pst": -480, "pdt": -420, "brt": -180,
}  # fmt: skip
_WALL_ZONES = {"et": "America/New_York", "ct": "America/Chicago", "pt": "America/Los_Angeles"}

_MONTHS: dict[str, int] = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar jänner janvier janv enero ene gennaio gen janeiro januari styczeń stycznia января ocak",
            "february feb februar février févr fév febrero febbraio fevereiro fev februari luty lutego февраля şubat",
            "march mar märz mär mars marzo março maart maret marzec marca марта mart",
            "april apr avril avr abril abr aprile abril kwiecień kwietnia апреля nisan",
            "may mai mayo maggio mag maio mei maj maja мая mayıs",
            "june jun juni juin junio giugno giu junho czerwiec czerwca июня haziran",
            "july jul juli juillet juil julio luglio lug julho lipiec lipca июля temmuz",
            "august aug août aoû agosto ago augustus augusti agustus sierpień sierpnia августа ağustos",
            "september sep sept septembre septiembre settembre set setembro wrzesień września сентября eylül",
            "october oct oktober okt octobre octubre ottobre ott outubro out październik października октября ekim",
            "november nov novembre noviembre novembro listopad listopada ноября kasım",
            "december dec dezember dez décembre déc diciembre dic dicembre dezembro desember grudnia декабря aralık",
        ),
        start=1,
    )
    for name in names.split()
}
_DAY_FIRST = frozenset("de fr es it pt nl sv da nb fi pl cs ro tr id vi ru uk el bg".split())
_ERAS = {"令和": 2018, "平成": 1988, "民國": 1911, "民国": 1911}

_URL_DAY = re.compile(r"/((?:19|20)\d{2})[/-]?(0[1-9]|1[0-2])[/-]?(0[1-9]|[12]\d|3[01])(?!\d)")
_CLOCK = (
    r"(?P<half>午前|午後|오전|오후|上午|下午|凌晨|晚上|早上)?\s*"
    r"(?P<h>\d{1,2})\s*(?::|時|时|시|点|點|[hH](?=\d)|\.(?=\d{2}\s*[ap]\.?m))\s*(?:(?P<mi>\d{1,2})(?:\s*(?:分|분))?)?"
    r"(?::(?P<s>\d{2})(?:[.,]\d{1,9})?)?"
    r"\s*(?P<ampm>[ap]\.?m\b\.?)?\s*\(?(?P<zone>Z\b|[+-]\d{2}:?\d{2}|[A-Za-z]{2,5}\b)?"
)
_GAP = r"(?:T|\s*[,、|·]?\s*(?:\([^)]{1,12}\)|[a-zà]{1,4}\b|-)?\s*)"
_TIMED = f"(?:{_GAP}{_CLOCK})?"
_NAME = r"[^\W\d_]{3,12}"
_FORMS = tuple(
    re.compile(form + _TIMED, re.IGNORECASE)
    for form in (
        r"(?<!\d)(?P<y>\d{4})\s?[-./]\s?(?P<m>\d{1,2})\s?[-./]\s?(?P<d>\d{1,2})(?!\d)\.?",
        r"(?<!\d)(?P<y>\d{4})\s*[年년]\s*(?P<m>\d{1,2})\s*[月월]\s*(?P<d>\d{1,2})\s*[日일]",
        rf"(?P<era>{'|'.join(_ERAS)})\s*(?P<y>\d{{1,3}}|元)\s*年\s*(?P<m>\d{{1,2}})\s*月\s*(?P<d>\d{{1,2}})\s*日",
        r"(?<!\d)(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?!\d)",
        rf"(?P<name>{_NAME})\.?\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y>\d{{4}})",
        rf"(?<!\d)(?P<d>\d{{1,2}})(?:st|nd|rd|th|er|\.)?[\s-](?:de\s+)?(?P<name>{_NAME})\.?,?[\s-](?:de\s+)?(?P<y>\d{{4}})",
        r"(?<!\d)(?P<d>\d{1,2})\.\s?(?P<m>\d{1,2})\.\s?(?P<y>\d{4})",
        r"(?<!\d)(?P<d>\d{1,2})(?P<slash>/)(?P<m>\d{1,2})/(?P<y>\d{4})",
    )
)


def parse_date(raw: str, *, found_by: str, language: str = "und") -> Published | None:
    """Return the first date in `raw`, with its time and zone if it has them; None if there is none.

    Understands ISO 8601, RFC 5322, dates with month names of a dozen languages, 2026년 1월 13일 오후 2시,
    令和8年1月13日 and their like. `language` (a BCP 47 primary tag) decides the zone of times that name none, and
    whether 03/04/2026 can be read at all.
    """
    text = unicodedata.normalize("NFKC", raw[:_MAX_RAW]).replace("\u2212", "-").strip()
    for form in _FORMS:
        for found in form.finditer(text):
            published = _build(found, raw.strip()[:_MAX_RAW], found_by, language)
            if published is not None:
                return published
    return None


def find_published(
    candidates: Iterable[tuple[str, str]],
    *,
    feed: Published | None,
    later: "Callable[[], Iterable[tuple[str, str]]] | None" = None,
    language: str,
    now: datetime | None,
) -> tuple[Published | None, list[str]]:
    """Choose the publication time of an article. Returns it with notes for people.

    `candidates` are (found_by, text) of the page's own data, best first; `feed` is what the feed says and follows
    them; `later` gives weaker texts of the page and is only called if nothing better is there. A feed's exact
    instant replaces a page's time of the same day that lacks a clock or a zone.
    """
    notes: list[str] = []

    def first(texts: Iterable[tuple[str, str]]) -> Published | None:
        for found_by, raw in texts:
            parsed = parse_date(raw, found_by=found_by, language=language)
            if parsed is not None and (usable := bounded(parsed, now, notes)) is not None:
                return usable
        return None

    feed = bounded(feed, now, notes) if feed is not None else None
    chosen = first(candidates)
    if chosen is None or (feed is not None and _is_sharper(feed, chosen)):
        chosen = feed
    if chosen is None and later is not None:
        chosen = first(later())
    return chosen, notes


def bounded(published: Published, now: datetime | None, notes: list[str]) -> Published | None:
    """Return `published` unless it cannot be true; says so in `notes`."""
    day = _day(published)
    if day < EARLIEST:
        notes.append(f"date {day} ({published.found_by}) ignored: before {EARLIEST.year}")
        return None
    if now is not None:
        instant = published.at or datetime.combine(day, time(), UTC)
        if instant > now + _FUTURE:
            notes.append(f"date {day} ({published.found_by}) ignored: in the future")
            return None
    return published


def date_in_url(url: str | None) -> list[tuple[str, str]]:
    """Return the day that an article's address names (/2026/01/13/, /20260113-) as a candidate, or nothing."""
    found = _URL_DAY.search(url or "")
    return [("url", f"{found[1]}-{found[2]}-{found[3]}")] if found else []


def _day(published: Published) -> date:
    if published.on is not None:
        return published.on
    return published.at.date() if published.at is not None else date.min


def _is_sharper(feed: Published, page: Published) -> bool:
    if feed.at is None or feed.zone_assumed:
        return False
    if page.at is None:
        return abs((feed.at.date() - _day(page)).days) <= 1
    if not page.zone_assumed:
        return False
    apart = abs(feed.at.replace(second=0) - page.at.replace(second=0))
    return apart <= _WIDEST_OFFSET and apart % _QUARTER == timedelta(0)


def _build(found: re.Match[str], raw: str, found_by: str, language: str) -> Published | None:
    parts = found.groupdict()
    day = _calendar_day(parts, language)
    if day is None:
        return None
    clock = _clock(parts)
    # 00:00:00 is what programs write for "no time known"
    if clock is None or (clock == time(0, 0) and parts.get("half") is None):
        return Published(precision="day", found_by=found_by, on=day, raw=raw)
    zone, assumed = _zone(parts.get("zone"), language)
    try:
        instant = datetime.combine(day, clock, zone).astimezone(UTC)
    except OverflowError:
        return None
    precision = "second" if parts.get("s") else "minute"
    return Published(precision=precision, found_by=found_by, at=instant, raw=raw, zone_assumed=assumed)


def _calendar_day(parts: dict[str, str | None], language: str) -> date | None:
    name, era, year_text = parts.get("name"), parts.get("era"), parts["y"] or ""
    month = _MONTHS.get(name.lower(), 0) if name else int(parts["m"] or 0)
    day = int(parts["d"] or 0)
    year = 1 if year_text == "元" else int(year_text)
    if era:
        year += _ERAS[era]
    elif parts.get("slash") and month <= 12 and day <= 12 and month != day and language not in _DAY_FIRST:
        return None  # 03/04/2026: March in America, April elsewhere
    try:
        return date(year, month, day)
    except ValueError:
        pass
    try:  # 01/13/2026: only one reading is a date
        return date(year, day, month) if not name and not era else None
    except ValueError:
        return None


def _clock(parts: dict[str, str | None]) -> time | None:
    if parts.get("h") is None:
        return None
    hour, minute, second = int(parts["h"] or 0), int(parts.get("mi") or 0), int(parts.get("s") or 0)
    afternoon = parts.get("half") in {"午後", "오후", "下午", "晚上"} or (parts.get("ampm") or "").lower().startswith(
        "p"
    )
    morning = parts.get("half") in {"午前", "오전", "上午", "凌晨", "早上"} or (
        parts.get("ampm") or ""
    ).lower().startswith("a")
    if afternoon and hour < 12:
        hour += 12
    elif morning and hour == 12:
        hour = 0
    try:
        return time(hour, minute, min(second, 59))
    except ValueError:
        return None


def _zone(name: str | None, language: str) -> tuple[timezone | ZoneInfo, bool]:
    if name:
        if name[0] in "+-":
            minutes = int(name[1:3]) * 60 + int(name[-2:])
            if minutes <= 14 * 60:
                return timezone(timedelta(minutes=minutes if name[0] == "+" else -minutes)), False
        lowered = name.lower()
        if lowered == "cst":  # China, or the middle of America
            return timezone(timedelta(hours=8 if language == "zh" else -6)), False
        if lowered in _ZONES:
            return timezone(timedelta(minutes=_ZONES[lowered])), False
        if lowered in _WALL_ZONES:
            return ZoneInfo(_WALL_ZONES[lowered]), False
    return timezone(timedelta(hours=_LANGUAGE_OFFSETS.get(language, 0))), True
