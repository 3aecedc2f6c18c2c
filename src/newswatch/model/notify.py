"""story -> alert -> notification -> delivery -> attempt."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from newswatch.model.collect import Published
from newswatch.model.flag import Match, Severity
from newswatch.model.group import Relation


class DeliveryState(StrEnum):
    """States of a delivery; the diagram is in docs/alerts.md."""

    PENDING = "pending"
    SENDING = "sending"
    DELIVERED = "delivered"
    RETRY_WAIT = "retry_wait"
    AMBIGUOUS = "ambiguous"
    HELD = "held"
    SUPPRESSED = "suppressed"
    DEAD = "dead"
    EXPIRED = "expired"  # too late by itself: it is held for the next roll-up then


class Verdict(StrEnum):
    """What a reader says of a story that a rule flagged."""

    RELEVANT = "relevant"
    IRRELEVANT = "irrelevant"


class NotificationKind(StrEnum):
    """What a notification is about."""

    NEW = "new"
    UPDATE = "update"
    DIGEST = "digest"
    ROLLUP = "rollup"
    OPS = "ops"
    TEST = "test"


class Digest(StrEnum):
    """How often a digest comes."""

    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"


@dataclass(frozen=True, slots=True)
class Destination:
    """A configured place to send to. `settings` is the channel's own configuration, secrets included."""

    name: str
    settings: Any  # one of notify.settings.DestinationSettings
    smtp: Any = None  # notify.settings.SmtpSettings, for e-mail


@dataclass(frozen=True, slots=True)
class Route:
    """Which alerts go where. Empty matchers match everything."""

    destinations: tuple[str, ...]
    rules: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    min_severity: Severity = Severity.INFO
    max_severity: Severity = Severity.FLASH
    continue_: bool = True
    digests: tuple[tuple[str, Digest], ...] = ()  # destinations that get its alerts in a digest instead


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """What routing and timing of a new alert depend on."""

    rule_id: str
    severity: Severity
    tags: tuple[str, ...]
    language: str
    backfill: bool  # came with the first poll of a feed, an import or a re-match
    published: Published | None
    first_seen_at: datetime


ARTICLE_REASONS = frozenset({"backfill", "too_old", "no_route"})
"""Why nobody is told of an alert where that lies in its article: the next article of the story is decided anew."""


@dataclass(frozen=True, slots=True)
class AlertDecision:
    """Where an alert goes and when. `suppressed` names why it goes nowhere now (backfill, too_old, no_route)."""

    destinations: tuple[str, ...]
    due_at: datetime
    suppressed: str | None
    reason: str  # for people
    digests: tuple[tuple[str, Digest], ...] = ()  # also for alerts that are too old to be announced


@dataclass(frozen=True, slots=True)
class MatchedArticle:
    """An article that met a rule, with the texts that the evidence's offsets refer to."""

    article_id: int
    title: str
    body: str
    match: Match


@dataclass(frozen=True, slots=True)
class StoryArticle:
    """One member of a story, as a message shows it."""

    article_id: int
    headline: str
    url: str | None
    source_name: str | None
    language: str
    relation: Relation
    published: Published | None
    first_seen_at: datetime
    tier: int = 2
    credited: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Snippet:
    """A passage with highlights: (start, end) offsets inside `text`."""

    text: str
    highlights: tuple[tuple[int, int], ...]
    field: str
    source_name: str | None = None
    language: str = "und"  # of its article


@dataclass(frozen=True, slots=True)
class AlertReason:
    """Why one rule says that the story matters."""

    rule_id: str
    rule_name: str
    severity: Severity
    score: float
    threshold: float
    why: tuple[str, ...]
    terms: tuple[str, ...]  # what was found, for people: "Takaichi Sanae", "summit"


@dataclass(frozen=True, slots=True)
class FeedbackLinks:
    """Addresses at which a reader says what a story was worth to them."""

    relevant: str
    irrelevant: str
    mute: str


@dataclass(frozen=True, slots=True)
class StoryLine:
    """One story in a digest or roll-up."""

    story_id: int
    severity: Severity
    headline: str
    url: str | None
    language: str
    source_name: str | None
    published: Published | None
    first_seen_at: datetime
    article_count: int
    source_count: int
    rules: tuple[str, ...]  # names
    snippet: Snippet | None = None
    changes: tuple[str, ...] = ()  # what is new, for a story that was told before
    backfill: bool = False
    feedback_url: str | None = None  # given when it is sent, as the links of a message


@dataclass(frozen=True, slots=True)
class Listing:
    """What a digest or roll-up lists: the gravest first."""

    title: str  # "Daily digest", "While it was quiet"
    total: int  # stories; `stories` has at most as many as fit
    high: int  # of these, high or flash
    stories: tuple[StoryLine, ...]
    rules: tuple[tuple[str, int], ...] = ()  # stories by rule
    languages: tuple[tuple[str, int], ...] = ()
    notes: tuple[str, ...] = ()  # why it is late, what was held
    ends_at: datetime | None = None  # of the time it tells of
    feedback_url: str | None = None  # given when it is sent: where its reader says what was relevant


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about newswatch itself that a person should know, or that it is over."""

    reason: str  # feed_silent | dead_letters | ...
    subject: str  # the feed, rule or destination that it is about, empty for the whole
    lines: tuple[str, ...]
    remedy: str = ""
    over: bool = False


@dataclass(frozen=True, slots=True)
class ThreadRoot:
    """The message that a follow-up answers."""

    key: str  # its delivery's
    ref: str | None = None  # what the receiver calls it: Slack ts, Message-ID
    subject: str = ""
    message: "Message | None" = None  # as it would be now, where it can be edited


@dataclass(frozen=True, slots=True)
class Message:
    """The facts of a notification, the same for every channel. Frozen as JSON in the notification row."""

    kind: NotificationKind
    severity: Severity
    headline: str
    url: str | None
    language: str
    source_name: str | None
    credited: tuple[str, ...]
    published: Published | None
    first_seen_at: datetime
    story_id: int | None  # None: it is not about one story
    article_count: int
    source_count: int
    languages: tuple[str, ...]
    reasons: tuple[AlertReason, ...]
    snippets: tuple[Snippet, ...]
    others: tuple[StoryArticle, ...]  # other members, best first
    backfill: bool = False
    changes: tuple[str, ...] = ()  # of an update: what has changed since the last message
    listing: Listing | None = None  # of digests and roll-ups
    notice: Notice | None = None  # of operations notices
    via: str | None = None  # the destination that did not take it, where this one stands in
    root: ThreadRoot | None = None  # of an update: what it answers
    graver: bool = False  # of an update: more severe than what was told
    feedback: FeedbackLinks | None = None  # given when it is sent: each receiver has links of their own
    unsubscribe_url: str | None = None  # the same


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message in a channel's own form, ready to send byte for byte.

    `body` is what is transmitted (RFC 5322 message, JSON document, text); `meta` holds what the transport needs beside
    it (recipients, HTTP headers), `summary` is one line for people.
    """

    content_type: str
    body: bytes
    summary: str
    meta: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One notification on its way to one destination."""

    id: int
    key: str  # ULID; the idempotency key the receiver sees
    notification_id: int
    destination: str
    state: DeliveryState
    attempts: int
    rendered: Rendered | None
    created_at: datetime
    due_at: datetime
    lease_token: int = 0
    provider_id: str | None = None  # Slack ts, Message-ID
    sending_since: datetime | None = None  # when the attempt whose outcome is unknown began
    thread_ref: str | None = None  # provider id of the thread's root message
    kind: NotificationKind = NotificationKind.NEW
    severity: Severity = Severity.NORMAL
    by_hand: bool = False  # somebody asked for it: neither quiet hours nor limits hold it
    via: str | None = None  # the destination that this one stands in for


class Outcome(StrEnum):
    """What became of one attempt. `retry?` is data: see notify/outcome.py."""

    DELIVERED = "delivered"
    RETRY = "retry"  # certainly not delivered, worth another try
    THROTTLED = "throttled"  # the destination asks us to wait; does not count as an attempt
    AMBIGUOUS = "ambiguous"  # may or may not have arrived
    REJECTED = "rejected"  # this message will never be taken
    DISABLED = "disabled"  # this destination will take nothing until someone repairs it


@dataclass(frozen=True, slots=True)
class AttemptResult:
    """The answer to one attempt, secrets removed from `detail`."""

    outcome: Outcome
    detail: str
    status: int | None = None
    provider_id: str | None = None
    retry_after_s: float | None = None
    began_thread: bool = False  # the message that it should have answered is gone


@dataclass(frozen=True, slots=True)
class Transition:
    """What an attempt's result makes of its delivery."""

    state: DeliveryState
    due_at: datetime | None
    reason: str  # for people
    count_attempt: bool = True
    pause_destination_until: datetime | None = None
    disable_destination: bool = False
