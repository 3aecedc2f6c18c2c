"""The facts of messages that are not about one story: digests, roll-ups, operations notices. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from newswatch.model import Listing, Message, Notice, NotificationKind, Severity, StoryLine
from newswatch.notify.text import clean_line

MAX_STORIES = 50
MAX_COUNTED = 8  # rules or languages with their numbers
MAX_LINES = 20


@dataclass(frozen=True, slots=True)
class Tally:
    """How many stories there are of each kind."""

    high: int  # or flash
    rules: Counter[str]
    languages: Counter[str]


def line_of(message: Message) -> StoryLine:
    """Return the message of one story as a line of a list."""
    return StoryLine(
        story_id=message.story_id or 0,
        severity=message.severity,
        headline=message.headline,
        url=message.url,
        language=message.language,
        source_name=message.source_name,
        published=message.published,
        first_seen_at=message.first_seen_at,
        article_count=message.article_count,
        source_count=message.source_count,
        rules=tuple(dict.fromkeys(reason.rule_name for reason in message.reasons)),
        snippet=message.snippets[0] if message.snippets else None,
        changes=message.changes,
        backfill=message.backfill,
    )


def compose_listing(
    kind: NotificationKind,
    title: str,
    lines: Iterable[StoryLine],
    *,
    total: int | None = None,
    tally: Tally | None = None,
    notes: Sequence[str] = (),
    ends_at: datetime,
) -> Message:
    """Return a list of stories as a message: the gravest first, then the newest; what was there before comes last.

    `total` and `tally` count all stories if `lines` has only the first of them.
    """
    ordered = sorted(lines, key=lambda line: (line.backfill, -line.severity.rank, -line.first_seen_at.timestamp()))
    counted = tally or Tally(
        high=sum(line.severity.rank >= Severity.HIGH.rank for line in ordered),
        rules=Counter(rule for line in ordered for rule in line.rules),
        languages=Counter(line.language for line in ordered),
    )
    listing = Listing(
        title=title,
        total=len(ordered) if total is None else total,
        high=counted.high,
        stories=tuple(ordered[:MAX_STORIES]),
        rules=tuple(counted.rules.most_common(MAX_COUNTED)),
        languages=tuple(counted.languages.most_common(MAX_COUNTED)),
        notes=tuple(notes),
        ends_at=ends_at,
    )
    worst = max((line.severity for line in ordered), key=lambda severity: severity.rank, default=Severity.INFO)
    return _message(kind, worst, title, ends_at, listing=listing)


def compose_notice(title: str, notice: Notice, *, since: datetime, severity: Severity = Severity.NORMAL) -> Message:
    """Return a notice about newswatch itself as a message."""
    cleaned = Notice(
        reason=notice.reason,
        subject=clean_line(notice.subject, 200),
        lines=tuple(clean_line(line, 300) for line in notice.lines[:MAX_LINES]),
        remedy=clean_line(notice.remedy, 300),
        over=notice.over,
    )
    return _message(NotificationKind.OPS, severity, clean_line(title, 200), since, notice=cleaned)


def _message(
    kind: NotificationKind,
    severity: Severity,
    headline: str,
    at: datetime,
    *,
    listing: Listing | None = None,
    notice: Notice | None = None,
) -> Message:
    return Message(
        kind=kind,
        severity=severity,
        headline=headline,
        url=None,
        language="en",
        source_name=None,
        credited=(),
        published=None,
        first_seen_at=at,
        story_id=None,
        article_count=0,
        source_count=0,
        languages=(),
        reasons=(),
        snippets=(),
        others=(),
        listing=listing,
        notice=notice,
    )
