"""What is not about one story (digests, roll-ups, operations notices) in words, once for all channels. Pure."""

from dataclasses import dataclass

from newswatch.model import Listing, Message, Notice, Severity, Snippet, StoryLine
from newswatch.notify.phrases import Phrases, phrases
from newswatch.notify.text import truncate
from newswatch.notify.wording import (
    MAX_SUBJECT,
    SEVERITY_WORDS,
    count_words,
    format_instant,
    in_words,
    published_words,
    source_words,
    via_words,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One story of a page."""

    severity: str
    grade: str  # the severity in no language: info | normal | high | flash
    headline: str
    url: str | None
    language: str  # tag, empty where unknown
    facts: str  # "Example News · published 2026-01-13 14:05 KST · 7 articles, 4 sources"
    rules: str  # "Summit, Trade"
    snippet: Snippet | None
    changes: tuple[str, ...]
    feedback_url: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """What a list says, from top to bottom."""

    severity: Severity
    title: str
    facts: tuple[str, ...]
    entries: tuple[Entry, ...]
    more: str  # "37 more in `newswatch alerts list`"; empty if all are there
    notes: tuple[str, ...]
    subject: str
    fallback: str  # one line
    feedback_url: str | None = None  # where its reader says what was relevant


def page_of(message: Message, zone: str, language: str = "en") -> Page | None:
    """Return a message as a page; None for the message of one story, which `in_words` puts into words."""
    if message.listing is not None:
        return _listing(message, message.listing, zone, language)
    if message.notice is not None:
        return _notice(message, message.notice, language)
    return None


def fallback_line(message: Message, zone: str, language: str = "en") -> str:
    """Return any message in one line, for lists and for those who see nothing else."""
    page = page_of(message, zone, language)
    return page.fallback if page is not None else in_words(message, zone, language).fallback


def more_stories(number: int, words: Phrases) -> str:
    """Return how many stories a message has no room for."""
    return words.several("and {n} more story", "and {n} more stories", number)


def _listing(message: Message, listing: Listing, zone: str, language: str) -> Page:
    words = phrases(language)
    ends = f" · {format_instant(listing.ends_at, zone)}" if listing.ends_at else ""
    high = f" ({words.say('{n} high', n=listing.high)})" if listing.high else ""
    count = words.several("{n} story", "{n} stories", listing.total) + high
    title = f"{words.say(listing.title)}{ends}"
    facts = [count]
    if listing.rules:
        rules = ", ".join(f"{name} {number}" for name, number in listing.rules)
        facts.append(words.say("rules: {counts}", counts=rules))
    if len(listing.languages) > 1:
        spoken = ", ".join(f"{name} {number}" for name, number in listing.languages)
        facts.append(words.say("languages: {counts}", counts=spoken))
    left = listing.total - len(listing.stories)
    return Page(
        severity=message.severity,
        title=title,
        facts=tuple(facts),
        entries=tuple(_entry(line, zone, language) for line in listing.stories),
        more=words.say("{n} more: see `newswatch alerts list`", n=left) if left > 0 else "",
        notes=(*via_words(message, language), *listing.notes),
        subject=truncate(f"{title} · {count}", MAX_SUBJECT),
        fallback=f"{title} · {count}",
        feedback_url=listing.feedback_url,
    )


def _notice(message: Message, notice: Notice, language: str) -> Page:
    say = phrases(language).say
    title = truncate(f"{say('Over') if notice.over else 'newswatch'}: {message.headline}", MAX_SUBJECT)
    return Page(
        severity=message.severity,
        title=title,
        facts=notice.lines,
        entries=(),
        more="",
        notes=(
            *via_words(message, language),
            *([say("What to do: {remedy}", remedy=notice.remedy)] if notice.remedy else []),
        ),
        subject=title,
        fallback=title,
    )


def _entry(line: StoryLine, zone: str, language: str) -> Entry:
    words = phrases(language)
    facts = [
        source_words(line.source_name, words),
        published_words(line.published, zone, language),
        count_words(line.article_count, line.source_count, words),
    ]
    if line.backfill:
        facts.append(words.say("from before its feed was watched"))
    return Entry(
        severity=words.say(SEVERITY_WORDS[line.severity]),
        grade=line.severity.value,
        headline=line.headline,
        url=line.url,
        language="" if line.language == "und" else line.language,
        facts=" · ".join(filter(None, facts)),
        rules=", ".join(line.rules),
        snippet=line.snippet,
        changes=line.changes,
        feedback_url=line.feedback_url,
    )
