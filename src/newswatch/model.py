"""The values that cross boundaries, in the order in which they flow.

feed -> entry -> page -> article -> match -> story -> alert -> notification -> delivery -> attempt

All are frozen and slotted. Rows, feedparser dicts, httpx responses and lxml trees never leave the module that knows
them. Instants are aware UTC datetimes, durations are seconds, offsets count Unicode code points.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

# --- collect -----------------------------------------------------------------------------------------------------


class FeedStatus(StrEnum):
    """Whether a feed is polled."""

    ACTIVE = "active"
    DISABLED = "disabled"  # by the user, or no longer in the configuration file
    GONE = "gone"  # the server answered 410; only the user brings it back


@dataclass(frozen=True, slots=True)
class Feed:
    """A polled URL with everything that the next request and the next plan need."""

    id: int
    url: str
    name: str
    source_name: str | None = None  # the publisher, for people
    language: str | None = None  # BCP 47 tag the user gave; only a hint
    country: str | None = None
    tier: int = 2  # 1 = agency or paper of record, 3 = aggregator
    origin: str = "cli"  # config | cli | opml
    status: FeedStatus = FeedStatus.ACTIVE
    interval_s: int | None = None  # the user's own interval; None = adaptive
    full_text: bool = True  # fetch article pages
    time_zone: str | None = None  # for dates without a zone
    allow_private: bool = False  # may be on a private address
    etag: bytes | None = None  # header bytes exactly as received
    last_modified: bytes | None = None
    body_hash: str | None = None  # blake2b-128 of the last parsed body, hex
    next_poll_at: datetime | None = None
    last_poll_at: datetime | None = None
    last_success_at: datetime | None = None
    last_new_at: datetime | None = None
    entries_per_day: float | None = None  # observed
    server_min_s: int | None = None  # longest interval that the feed or its server asked for
    validates: bool = False  # the server has answered 304 at least once
    fail_count: int = 0
    last_reason: str | None = None  # reason code of the last failure, None after success
    last_error: str | None = None  # the same for people
    redirect_url: str | None = None  # a permanent redirect being observed
    redirect_count: int = 0
    redirect_since: datetime | None = None
    polls: int = 0
    lease_token: int = 0  # fencing token of the claim that this value came from
    skip_hours: tuple[int, ...] = ()  # GMT hours in which the feed does not want to be asked
    skip_days: tuple[int, ...] = ()  # the same, Monday = 0


class FetchReason(StrEnum):
    """Why a fetch did not give a usable body. Shown in `feeds list`, logs and metrics."""

    DNS = "dns"
    CONNECT = "connect"
    RESET = "reset"
    TLS = "tls"
    DEADLINE = "deadline"
    TOO_LARGE = "too_large"
    ENCODING = "encoding"  # content coding broken or unknown
    TRUNCATED = "truncated"
    PROTOCOL = "protocol"  # not HTTP, or headers over the limits
    REDIRECT = "redirect"  # loop, too many, missing target
    SCHEME = "scheme"  # not http or https
    BLOCKED_ADDRESS = "blocked_address"
    RATE_LIMITED = "rate_limited"  # 429, or 503 with Retry-After
    HTTP = "http"  # any other status that is not success
    GONE = "gone"  # 410
    ROBOTS = "robots"
    INVALID_URL = "invalid_url"
    # judged after the body arrived
    NOT_A_FEED = "not_a_feed"
    UNPARSABLE = "unparsable"
    EMPTY = "empty"
    ENTITIES = "entities"  # XML entity budget exceeded
    PARSE_TIMEOUT = "parse_timeout"  # CPU deadline of the worker
    PARSE_CRASH = "parse_crash"  # the worker died (memory limit, segmentation fault)
    PARSE_ERROR = "parse_error"  # our own bug: logged with its traceback and counted


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """One conditional GET. `accept` is the Accept header, `max_bytes` caps raw and decoded bytes alike."""

    url: str
    accept: str
    etag: bytes | None = None
    last_modified: bytes | None = None
    max_bytes: int = 15_000_000
    deadline_s: float = 60.0
    allow_private: bool = False


@dataclass(frozen=True, slots=True)
class Redirect:
    """One hop: the status and where it pointed (absolute)."""

    status: int
    url: str


@dataclass(frozen=True, slots=True)
class Page:
    """What a fetch brought: a 200-like answer with its decoded body."""

    url: str
    final_url: str
    status: int
    body: bytes
    content_type: str | None
    etag: bytes | None
    last_modified: bytes | None
    headers: tuple[tuple[bytes, bytes], ...]  # lower-case names, values as received
    redirects: tuple[Redirect, ...]
    fetched_at: datetime
    elapsed_s: float
    raw_bytes: int  # on the wire


@dataclass(frozen=True, slots=True)
class NotModified:
    """304 to a conditional request."""

    url: str
    final_url: str
    etag: bytes | None  # new validators, None where the answer named none
    last_modified: bytes | None
    headers: tuple[tuple[bytes, bytes], ...]
    redirects: tuple[Redirect, ...]
    fetched_at: datetime
    elapsed_s: float


@dataclass(frozen=True, slots=True)
class FetchFailure:
    """No usable answer. `retry_after_s` is the server's wish, already bounded to [0, 7 days]."""

    url: str
    reason: FetchReason
    detail: str  # for people, without secrets
    status: int | None = None
    retry_after_s: int | None = None
    redirects: tuple[Redirect, ...] = ()
    headers: tuple[tuple[bytes, bytes], ...] = ()
    fetched_at: datetime | None = None
    elapsed_s: float = 0.0


FetchOutcome = Page | NotModified | FetchFailure


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """An outbound request that is not a poll: a webhook, a Slack call."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    timeout_s: float
    allow_private: bool = False
    max_bytes: int = 1_000_000


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """Any HTTP answer, whatever its status. Redirects are not followed. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class HttpFailure:
    """No HTTP answer. `maybe_sent` is False only if certainly no byte of the request reached the receiver."""

    reason: FetchReason
    detail: str  # for people, without secrets
    maybe_sent: bool


HttpSend = Callable[[HttpRequest], Awaitable[HttpAnswer | HttpFailure]]
"""The one way out for channels; `collect.http.Fetcher.send` is the implementation."""


@dataclass(frozen=True, slots=True)
class Published:
    """A publication time as precise as the publisher gave it. Exactly one of `at` and `on` is set.

    `precision` is "second", "minute" or "day"; `found_by` says where it stood (feed, json-ld, opengraph, header, text).
    """

    precision: str
    found_by: str
    at: datetime | None = None
    on: date | None = None
    raw: str | None = None
    zone_assumed: bool = False  # the text named no zone


@dataclass(frozen=True, slots=True)
class ParsedEntry:
    """One item of a feed document, cleaned: no control characters, links absolute and http(s) only."""

    key: str  # stable identity inside its feed
    link: str | None
    title: str | None
    summary: str | None  # plain text
    content_html: str | None  # the longest content the feed carries
    authors: tuple[str, ...] = ()
    published: Published | None = None
    updated: Published | None = None
    guid: str | None = None
    language: str | None = None
    source_name: str | None = None  # <source> of aggregators
    content_hash: str = ""  # of title, summary, content: changes when the entry is edited
    notes: tuple[str, ...] = ()  # what was truncated or dropped, for people


@dataclass(frozen=True, slots=True)
class FeedDocument:
    """A parsed feed. `hints_s` is the longest polling interval the document asks for, None if it asks for none."""

    kind: str  # rss | atom | rdf | json | sitemap
    entries: tuple[ParsedEntry, ...]
    title: str | None = None
    link: str | None = None
    language: str | None = None
    hints_s: int | None = None
    skip_hours: tuple[int, ...] = ()  # GMT
    skip_days: tuple[int, ...] = ()  # Monday = 0, GMT
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FeedRejected:
    """The body is not a feed that can be used. `links` are feeds that an HTML page offers."""

    reason: FetchReason
    detail: str
    links: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PollPlan:
    """When to ask next, and why then."""

    next_poll_at: datetime
    interval_s: int
    reason: str


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """Something about a feed that a person may want to know: moved, gone, failing, recovered, gap."""

    kind: str
    detail: str


@dataclass(frozen=True, slots=True)
class PollDecision:
    """What a poll changes: the feed as it is to be stored, the next plan, and events."""

    feed: Feed
    plan: PollPlan
    events: tuple[FeedEvent, ...] = ()


class EntryState(StrEnum):
    """Where an entry stands."""

    NEW = "new"  # its page is still to be fetched
    DONE = "done"  # its article is stored
    REJECTED = "rejected"  # no article; the reason is stored
    QUARANTINED = "quarantined"  # brought its worker down repeatedly


@dataclass(frozen=True, slots=True)
class Entry:
    """A stored entry with its feed's facts that the article stage needs."""

    id: int
    feed_id: int
    key: str
    link: str | None
    title: str | None
    summary: str | None
    content_html: str | None
    authors: tuple[str, ...]
    published: Published | None
    first_seen_at: datetime
    backfill: bool  # came with the first poll of its feed
    revision: int  # 0 = first, +1 each time the feed edits it
    attempts: int
    feed_name: str
    feed_url: str
    source_name: str | None
    source_language: str | None
    tier: int
    full_text: bool
    allow_private: bool
    lease_token: int = 0
    article_id: int | None = None  # set when an earlier revision of the entry gave an article


# --- extract -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CreditedSource:
    """Whom the text credits. `start` and `end` are offsets in the article's text."""

    name: str
    start: int
    end: int
    pattern: str  # which form of words said so


@dataclass(frozen=True, slots=True)
class RemovedText:
    """A line the cleaner took out, kept so that nothing disappears without a trace."""

    text: str
    reason: str  # widget | sign_off | share_bar | copyright | repeated | corpus_header ...
    line: int  # line of the input, from 1


@dataclass(frozen=True, slots=True)
class ExtractRequest:
    """Everything the extraction of one article needs, picklable for a worker process."""

    url: str | None
    body: bytes | None  # the fetched page; None = only the entry's own content
    content_type: str | None
    entry_title: str | None = None
    entry_summary: str | None = None
    entry_content_html: str | None = None
    entry_authors: tuple[str, ...] = ()
    entry_published: Published | None = None
    source_name: str | None = None
    source_language: str | None = None
    page_reason: str | None = None  # why there is no page (reason code of the fetch)
    now: datetime | None = None  # bounds dates in the future
    max_bytes: int = 5_000_000
    min_characters: int = 80  # least text of an article; characters of unspaced scripts count fourfold


@dataclass(frozen=True, slots=True)
class Article:
    """Text and metadata of one article, as extracted. `text` has paragraphs separated by one blank line."""

    text: str
    title: str | None
    display_headline: str  # the title, or one derived from the lead
    language: str  # BCP 47 primary tag, "und" where unknown
    language_confidence: float  # 0 to 1
    method: str  # trafilatura | trafilatura-precision | feed | seed | json-ld ...
    method_reason: str  # why this method was taken
    url: str | None = None
    canonical_url: str | None = None
    authors: tuple[str, ...] = ()
    published: Published | None = None
    modified: Published | None = None
    source_name: str | None = None  # the publisher
    credited: tuple[CreditedSource, ...] = ()
    section: str | None = None
    image_url: str | None = None
    paywall: bool = False
    word_count: int = 0
    removed: tuple[RemovedText, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The text's paragraphs."""
        return tuple(self.text.split("\n\n")) if self.text else ()


@dataclass(frozen=True, slots=True)
class NotAnArticle:
    """The page and the entry gave no text worth an article. `reason` is a code, `detail` is for people."""

    reason: str  # no_text | too_short | not_html | too_large | parse_timeout | parse_crash | listing ...
    detail: str
    notes: tuple[str, ...] = ()


ExtractOutcome = Article | NotAnArticle


# --- flag --------------------------------------------------------------------------------------------------------


class Severity(StrEnum):
    """How much an alert matters; ordered by `rank`."""

    INFO = "info"
    NORMAL = "normal"
    HIGH = "high"
    FLASH = "flash"

    @property
    def rank(self) -> int:
        """0 for info to 3 for flash."""
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True)
class MatchInput:
    """What a rule can see of an article. Fields not known are empty."""

    title: str
    body: str  # paragraphs separated by blank lines
    language: str
    source: str = ""
    country: str = ""
    url: str = ""
    authors: tuple[str, ...] = ()
    section: str = ""
    published_on: date | None = None  # the day, in UTC, for roles valid between dates


@dataclass(frozen=True, slots=True)
class Evidence:
    """One mention that helped to meet a rule. Offsets are in the original field's text."""

    field: str  # title | body
    start: int
    end: int
    text: str  # exactly original[start:end]
    term: str  # as written in the rule
    entity: str | None = None  # gazetteer id
    alias: str | None = None  # the alias that hit
    weight: float | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """One rule met by one article."""

    rule_id: str
    rule_name: str
    rule_hash: str  # content hash of rule and of the entities it uses
    severity: Severity
    score: float
    threshold: float
    tags: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    evidence_total: int  # mentions found; `evidence` is capped
    why: tuple[str, ...]  # the satisfied clauses in words, one line each


# --- group -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StoryCandidate:
    """An article already in a story that shares sampled shingles with the new one."""

    article_id: int
    story_id: int
    source_name: str | None
    shingles: frozenset[int]
    shared: int


class Relation(StrEnum):
    """How an article came into its story."""

    ORIGIN = "origin"  # first of its story
    COPY = "copy"  # near-duplicate of a member
    REPORT = "report"  # independent report


@dataclass(frozen=True, slots=True)
class Assignment:
    """Which story an article belongs to. `story_id` None means a new story."""

    story_id: int | None
    relation: Relation
    similarity: float  # containment of the smaller in the larger, 0 to 1
    of_article_id: int | None
    reason: str


# --- notify ------------------------------------------------------------------------------------------------------


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
    EXPIRED = "expired"


class NotificationKind(StrEnum):
    """What a notification is about."""

    NEW = "new"
    UPDATE = "update"
    DIGEST = "digest"
    ROLLUP = "rollup"
    OPS = "ops"
    TEST = "test"


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


@dataclass(frozen=True, slots=True)
class AlertDecision:
    """Where an alert goes and when. `suppressed` names why it goes nowhere now (backfill, too_old, no_route)."""

    destinations: tuple[str, ...]
    due_at: datetime
    suppressed: str | None
    reason: str  # for people


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
    story_id: int
    article_count: int
    source_count: int
    languages: tuple[str, ...]
    reasons: tuple[AlertReason, ...]
    snippets: tuple[Snippet, ...]
    others: tuple[StoryArticle, ...]  # other members, best first
    backfill: bool = False


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


@dataclass(frozen=True, slots=True)
class Transition:
    """What an attempt's result makes of its delivery."""

    state: DeliveryState
    due_at: datetime | None
    reason: str  # for people
    count_attempt: bool = True
    pause_destination_until: datetime | None = None
    disable_destination: bool = False
