"""A message's facts in words, once for all channels, so that every channel says the same. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from newswatch.model import AlertReason, Message, NotificationKind, Published, Severity, StoryArticle
from newswatch.notify.text import clean_line, truncate

MAX_SUBJECT = 120  # characters
MAX_OTHERS = 5
NO_SOURCE = "unknown source"

SEVERITY_WORDS = {
    Severity.INFO: "Info",
    Severity.NORMAL: "Normal",
    Severity.HIGH: "High",
    Severity.FLASH: "Flash",
}
_KIND_MARKS = {NotificationKind.TEST: "Test", NotificationKind.UPDATE: "Update", NotificationKind.OPS: "newswatch"}


@dataclass(frozen=True, slots=True)
class OtherLine:
    """Another article of the story: its publisher, headline, language and address."""

    source: str
    headline: str
    language: str
    url: str | None


@dataclass(frozen=True, slots=True)
class ReasonLine:
    """Why one rule says that the story matters, in parts a channel can set differently."""

    rule: str
    severity: str
    score: str  # "score 0.83 of 0.50 needed"
    found: str  # "found: Takaichi Sanae, summit"; empty if nothing is known
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """Everything a channel needs to write a message for people."""

    severity: str
    mark: str  # "Test", "Update" or empty
    headline: str
    url: str | None
    language: str  # tag, empty where unknown
    source: str  # "News.Az, citing The Diplomat"
    published: str  # "published 2026-01-13 14:05 KST"; empty where unknown
    seen: str  # "seen 12 min later"
    counts: str  # "7 sources, 3 languages"; empty for a single article
    changes: tuple[str, ...]  # of an update: what is new
    notes: tuple[str, ...]  # what an update is about, which destination this one stands in for
    reasons: tuple[ReasonLine, ...]
    others: tuple[OtherLine, ...]
    more: str  # "and 4 more"; empty if all are listed
    subject: str
    fallback: str  # one line: "[High] headline — source, +6"


def in_words(message: Message, zone: str) -> Words:
    """Return the message's facts in words. `zone` is the IANA time zone of its readers."""
    severity = SEVERITY_WORDS[message.severity]
    source = _source(message.source_name, message.credited)
    others = tuple(_other(item) for item in message.others[:MAX_OTHERS])
    left = message.article_count - 1 - len(others)
    plus = f", +{message.article_count - 1}" if message.article_count > 1 else ""
    mark = _KIND_MARKS.get(message.kind, "")
    prefix = f"{mark}: " if mark else ""
    return Words(
        severity=severity,
        mark=mark,
        headline=message.headline,
        url=message.url,
        language="" if message.language == "und" else message.language,
        source=source,
        published=published_words(message.published, zone),
        seen=_seen(message.first_seen_at, message.published, zone),
        counts=_counts(message),
        changes=message.changes,
        notes=(*_about(message), *via_words(message)),
        reasons=tuple(_reason(reason) for reason in message.reasons),
        others=others,
        more=f"and {left} more" if left > 0 else "",
        # Programs put mails together that have the same subject (Gmail) and name the same first one (all).
        subject=message.root.subject
        if message.root is not None and message.root.subject
        else prefix + _subject(message, MAX_SUBJECT - len(prefix)),
        fallback=f"[{severity}] {prefix}{truncate(message.headline, 150)} — {source}{plus}",
    )


def format_instant(instant: datetime, zone: str) -> str:
    """Return an instant as "2026-01-13 14:05 KST"."""
    return instant.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M %Z")


def format_lag(seconds: float) -> str:
    """Return a duration for people in one unit: "40 s", "12 min", "3 h", "5 days"."""
    if seconds < 60:
        return f"{int(seconds)} s"
    if seconds < 3600:
        return f"{int(seconds // 60)} min"
    if seconds < 2 * 86400:
        return f"{int(seconds // 3600)} h"
    return f"{int(seconds // 86400)} days"


def plural(count: int, one: str, many: str = "") -> str:
    """Return "1 source", "2 sources"; `many` for plurals that do not end in s."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def via_words(message: Message) -> tuple[str, ...]:
    """Return why a fallback destination gets a message, as a line; none if it is its own."""
    return (f"via fallback: {clean_line(message.via, 80)} has not taken it",) if message.via else ()


def feedback_words(message: Message) -> tuple[tuple[str, str], ...]:
    """Return what a reader can answer to a message, each with its link; nothing where the message has no links."""
    links = message.feedback
    if links is None:
        return ()
    return (("Relevant", links.relevant), ("Not relevant", links.irrelevant), ("Mute this story", links.mute))


def _about(message: Message) -> tuple[str, ...]:
    """Return under which headline an update's story was told, where it comes with another."""
    told = message.root.message if message.root is not None else None
    return (f"about: {told.headline}",) if told is not None and told.headline != message.headline else ()


def _source(name: str | None, credited: tuple[str, ...]) -> str:
    others = [credit for credit in credited if credit != name]
    return (name or NO_SOURCE) + (f", citing {', '.join(others[:2])}" if others else "")


def published_words(published: Published | None, zone: str) -> str:
    """Return when something was published, as precisely as the publisher said; empty where unknown."""
    if published is None:
        return ""
    if published.at is None:
        return f"published {published.on}" if published.on else ""
    return f"published {format_instant(published.at, zone)}" + (" (zone assumed)" if published.zone_assumed else "")


def _seen(first_seen_at: datetime, published: Published | None, zone: str) -> str:
    at = None if published is None else published.at
    if at is not None and first_seen_at >= at:
        return f"seen {format_lag((first_seen_at - at).total_seconds())} later"
    return f"seen {format_instant(first_seen_at, zone)}"


def _counts(message: Message) -> str:
    if message.article_count <= 1:
        return ""
    parts = [plural(message.article_count, "article"), plural(message.source_count, "source")]
    if len(message.languages) > 1:
        parts.append(plural(len(message.languages), "language") + f" ({', '.join(message.languages)})")
    return ", ".join(parts)


def _reason(reason: AlertReason) -> ReasonLine:
    return ReasonLine(
        rule=reason.rule_name,
        severity=SEVERITY_WORDS[reason.severity],
        score=f"score {reason.score:.2f} of {reason.threshold:.2f} needed",
        found=f"found: {', '.join(reason.terms)}" if reason.terms else "",
        why=reason.why,
    )


def _other(item: StoryArticle) -> OtherLine:
    return OtherLine(item.source_name or NO_SOURCE, truncate(item.headline, 120), item.language, item.url)


def _subject(message: Message, limit: int) -> str:
    """Join headline and rule; the rule keeps its place when the headline is long."""
    if not message.reasons:
        return truncate(message.headline, limit)
    rule = truncate(message.reasons[0].rule_name, 40)
    more = f" +{len(message.reasons) - 1}" if len(message.reasons) > 1 else ""
    return f"{truncate(message.headline, limit - len(rule) - len(more) - 4)} — {rule}{more}"


def epoch(instant: datetime) -> int:
    """Return seconds since 1970, for formats that date themselves in the reader's zone."""
    return int(instant.astimezone(UTC).timestamp())
