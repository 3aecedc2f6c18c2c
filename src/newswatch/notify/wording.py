"""A message's facts in words, once for all channels, so that every channel says the same. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from newswatch.model import AlertReason, Message, NotificationKind, Published, Severity, StoryArticle
from newswatch.notify.phrases import Phrases, phrases
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


def in_words(message: Message, zone: str, language: str = "en") -> Words:
    """Return the message's facts in words. `zone` is the IANA time zone of its readers, `language` what they read."""
    words = phrases(language)
    severity = words.say(SEVERITY_WORDS[message.severity])
    source = _source(message.source_name, message.credited, words)
    others = tuple(_other(item, words) for item in message.others[:MAX_OTHERS])
    left = message.article_count - 1 - len(others)
    plus = f", +{message.article_count - 1}" if message.article_count > 1 else ""
    mark = words.say(_KIND_MARKS[message.kind]) if message.kind in _KIND_MARKS else ""
    prefix = f"{mark}: " if mark else ""
    return Words(
        severity=severity,
        mark=mark,
        headline=message.headline,
        url=message.url,
        language="" if message.language == "und" else message.language,
        source=source,
        published=published_words(message.published, zone, language),
        seen=_seen(message.first_seen_at, message.published, zone, language),
        counts=_counts(message, words),
        changes=message.changes,
        notes=(*_about(message, words), *via_words(message, language)),
        reasons=tuple(_reason(reason, words) for reason in message.reasons),
        others=others,
        more=words.say("and {n} more", n=left) if left > 0 else "",
        # Programs put mails together that have the same subject (Gmail) and name the same first one (all).
        subject=message.root.subject
        if message.root is not None and message.root.subject
        else prefix + _subject(message, MAX_SUBJECT - len(prefix)),
        fallback=f"[{severity}] {prefix}{truncate(message.headline, 150)} — {source}{plus}",
    )


def format_instant(instant: datetime, zone: str) -> str:
    """Return an instant as "2026-01-13 14:05 KST"."""
    return instant.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M %Z")


def format_lag(seconds: float, language: str = "en") -> str:
    """Return a duration for people in one unit: "40 s", "12 min", "3 h", "5 days"."""
    say = phrases(language).say
    if seconds < 60:
        return say("{n} s", n=int(seconds))
    if seconds < 3600:
        return say("{n} min", n=int(seconds // 60))
    if seconds < 2 * 86400:
        return say("{n} h", n=int(seconds // 3600))
    return say("{n} days", n=int(seconds // 86400))


def plural(count: int, one: str, many: str = "") -> str:
    """Return "1 source", "2 sources"; `many` for plurals that do not end in s."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def via_words(message: Message, language: str = "en") -> tuple[str, ...]:
    """Return why a fallback destination gets a message, as a line; none if it is its own."""
    if not message.via:
        return ()
    return (phrases(language).say("via fallback: {name} has not taken it", name=clean_line(message.via, 80)),)


def feedback_words(message: Message, language: str = "en") -> tuple[tuple[str, str], ...]:
    """Return what a reader can answer to a message, each with its link; nothing where the message has no links."""
    links, say = message.feedback, phrases(language).say
    if links is None:
        return ()
    return (
        (say("Relevant"), links.relevant),
        (say("Not relevant"), links.irrelevant),
        (say("Mute this story"), links.mute),
    )


def _about(message: Message, words: Phrases) -> tuple[str, ...]:
    """Return under which headline an update's story was told, where it comes with another."""
    told = message.root.message if message.root is not None else None
    if told is None or told.headline == message.headline:
        return ()
    return (words.say("about: {headline}", headline=told.headline),)


def source_words(name: str | None, words: Phrases) -> str:
    """Return the name of a publisher, or that it is unknown."""
    return name or words.say(NO_SOURCE)


def _source(name: str | None, credited: tuple[str, ...], words: Phrases) -> str:
    others = [credit for credit in credited if credit != name]
    known = source_words(name, words)
    return words.say("{source}, citing {names}", source=known, names=", ".join(others[:2])) if others else known


def published_words(published: Published | None, zone: str, language: str = "en") -> str:
    """Return when something was published, as precisely as the publisher said; empty where unknown."""
    if published is None:
        return ""
    if published.at is None:
        return said_published(str(published.on), published, language) if published.on else ""
    return said_published(format_instant(published.at, zone), published, language)


def said_published(time: str, published: Published, language: str = "en") -> str:
    """Return that something was published at a time, which is written in whatever form."""
    say = phrases(language).say
    return say("published {time} (zone assumed)" if published.zone_assumed else "published {time}", time=time)


def _seen(first_seen_at: datetime, published: Published | None, zone: str, language: str) -> str:
    say = phrases(language).say
    at = None if published is None else published.at
    if at is not None and first_seen_at >= at:
        return say("seen {lag} later", lag=format_lag((first_seen_at - at).total_seconds(), language))
    return say("seen {time}", time=format_instant(first_seen_at, zone))


def count_words(articles: int, sources: int, words: Phrases) -> str:
    """Return "7 articles, 4 sources"; empty for a single article."""
    if articles <= 1:
        return ""
    counted = words.several("{n} article", "{n} articles", articles)
    return f"{counted}, {words.several('{n} source', '{n} sources', sources)}"


def _counts(message: Message, words: Phrases) -> str:
    counted = count_words(message.article_count, message.source_count, words)
    if not counted or len(message.languages) <= 1:
        return counted
    spoken = words.several("{n} language", "{n} languages", len(message.languages))
    return f"{counted}, {spoken} ({', '.join(message.languages)})"


def _reason(reason: AlertReason, words: Phrases) -> ReasonLine:
    score, threshold = f"{reason.score:.2f}", f"{reason.threshold:.2f}"
    return ReasonLine(
        rule=reason.rule_name,
        severity=words.say(SEVERITY_WORDS[reason.severity]),
        score=words.say("score {score} of {threshold} needed", score=score, threshold=threshold),
        found=words.say("found: {terms}", terms=", ".join(reason.terms)) if reason.terms else "",
        why=reason.why,
    )


def _other(item: StoryArticle, words: Phrases) -> OtherLine:
    return OtherLine(source_words(item.source_name, words), truncate(item.headline, 120), item.language, item.url)


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
