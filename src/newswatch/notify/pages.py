"""What is not about one story (digests, roll-ups, operations notices) in words, once for all channels. Pure."""

from dataclasses import dataclass

from newswatch.model import Listing, Message, Notice, Severity, Snippet, StoryLine
from newswatch.notify.text import truncate
from newswatch.notify.wording import (
    MAX_SUBJECT,
    NO_SOURCE,
    SEVERITY_WORDS,
    format_instant,
    in_words,
    plural,
    published_words,
    via_words,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One story of a page."""

    severity: str
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


def page_of(message: Message, zone: str) -> Page | None:
    """Return a message as a page; None for the message of one story, which `in_words` puts into words."""
    if message.listing is not None:
        return _listing(message, message.listing, zone)
    if message.notice is not None:
        return _notice(message, message.notice)
    return None


def fallback_line(message: Message, zone: str) -> str:
    """Return any message in one line, for lists and for those who see nothing else."""
    page = page_of(message, zone)
    return page.fallback if page is not None else in_words(message, zone).fallback


def _listing(message: Message, listing: Listing, zone: str) -> Page:
    ends = f" · {format_instant(listing.ends_at, zone)}" if listing.ends_at else ""
    count = plural(listing.total, "story", "stories") + (f" ({listing.high} high)" if listing.high else "")
    title = f"{listing.title}{ends}"
    facts = [count]
    if listing.rules:
        facts.append("rules: " + ", ".join(f"{name} {number}" for name, number in listing.rules))
    if len(listing.languages) > 1:
        facts.append("languages: " + ", ".join(f"{name} {number}" for name, number in listing.languages))
    left = listing.total - len(listing.stories)
    return Page(
        severity=message.severity,
        title=title,
        facts=tuple(facts),
        entries=tuple(_entry(line, zone) for line in listing.stories),
        more=f"{left} more: see `newswatch alerts list`" if left > 0 else "",
        notes=(*via_words(message), *listing.notes),
        subject=truncate(f"{title} · {count}", MAX_SUBJECT),
        fallback=f"{title} · {count}",
        feedback_url=listing.feedback_url,
    )


def _notice(message: Message, notice: Notice) -> Page:
    title = truncate(f"{'Over' if notice.over else 'newswatch'}: {message.headline}", MAX_SUBJECT)
    return Page(
        severity=message.severity,
        title=title,
        facts=notice.lines,
        entries=(),
        more="",
        notes=(*via_words(message), *([f"What to do: {notice.remedy}"] if notice.remedy else [])),
        subject=title,
        fallback=title,
    )


def _entry(line: StoryLine, zone: str) -> Entry:
    counts = ""
    if line.article_count > 1:
        counts = f"{plural(line.article_count, 'article')}, {plural(line.source_count, 'source')}"
    facts = [line.source_name or NO_SOURCE, published_words(line.published, zone), counts]
    if line.backfill:
        facts.append("from before its feed was watched")
    return Entry(
        severity=SEVERITY_WORDS[line.severity],
        headline=line.headline,
        url=line.url,
        language="" if line.language == "und" else line.language,
        facts=" · ".join(filter(None, facts)),
        rules=", ".join(line.rules),
        snippet=line.snippet,
        changes=line.changes,
        feedback_url=line.feedback_url,
    )
