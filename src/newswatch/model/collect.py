"""feed -> entry: what is polled, what goes over HTTP for it, what a feed document holds, and when to ask next."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class FeedStatus(StrEnum):
    """Whether a feed is polled."""

    ACTIVE = "active"
    DISABLED = "disabled"  # by the user, or no longer in the configuration file
    GONE = "gone"  # the server answered 410; only the user brings it back


class FeedKind(StrEnum):
    """What a feed's URL leads to."""

    FEED = "feed"  # RSS, Atom, RDF, JSON Feed, news sitemap or an index of sitemaps
    SITEMAP = "sitemap"  # a plain sitemap too: the pages that changed last
    PAGE = "page"  # an HTML page on which a selector finds the links


class HealthState(StrEnum):
    """How a feed is doing."""

    NEW = "new"  # nothing is known yet
    OK = "ok"
    MOVED = "moved"  # asked at another address than the one it was added with
    SILENT = "silent"  # brings nothing new for longer than is usual for it
    FAILING = "failing"  # several polls in a row failed
    GONE = "gone"  # the server answered 410
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """How a feed is doing, why as a code (a `FetchReason` if it fails), and the same for people."""

    state: HealthState
    reason: str
    detail: str


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
    priority: int = 0  # asked before others that are due if higher
    kind: FeedKind = FeedKind.FEED
    selector: str | None = None  # finds the article links of a page
    etag: bytes | None = None  # header bytes exactly as received
    last_modified: bytes | None = None
    body_hash: str | None = None  # blake2b-128 of the last parsed body, hex
    seen: bytes | None = None  # the entries of that body, by which the next one tells what is new (`collect.partial`)
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
    gaps: tuple[tuple[int, float], ...] = ()  # how long it usually brings nothing new (`collect.gaps`)
    moved_from: str | None = None  # the URL it was added with, if a permanent redirect led elsewhere
    moved_at: datetime | None = None
    health: HealthState = HealthState.NEW  # as of the last poll
    health_reason: str | None = None
    health_detail: str | None = None
    health_since: datetime | None = None
    pushed_until: datetime | None = None  # how long a hub has promised to push what is new


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
class RequestOptions:
    """What a user wants requests of a feed to be like.

    `user_agent` goes to every host, `headers` (cookies and credentials among them) to the first origin only. `proxy` is
    the URL of an HTTP proxy.
    """

    user_agent: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    proxy: str | None = None


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
    options: RequestOptions = RequestOptions()


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
class KnownEntry:
    """What is stored of an entry, as far as recognising it needs."""

    id: int
    key: str
    content_hash: str
    link: str | None
    title: str | None
    published_at: datetime | None
    first_seen_at: datetime


@dataclass(frozen=True, slots=True)
class FeedDocument:
    """A parsed feed. `hints_s` is the longest polling interval the document asks for, None if it asks for none."""

    kind: str  # rss | atom | rdf | json | sitemap | page
    entries: tuple[ParsedEntry, ...]
    unchanged: int = 0  # further entries, which were left out because the feed's last document had them too
    seen: bytes | None = None  # by which the next document tells what this one had (`collect.partial`)
    title: str | None = None
    link: str | None = None
    language: str | None = None
    previous: str | None = None  # where older entries are (RFC 5005)
    hub: str | None = None  # what pushes its news (WebSub), and what the feed calls itself there; as written
    self_url: str | None = None
    hints_s: int | None = None
    skip_hours: tuple[int, ...] = ()  # GMT
    skip_days: tuple[int, ...] = ()  # Monday = 0, GMT
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """How many entries the document has, with those that were left out."""
        return len(self.entries) + self.unchanged


@dataclass(frozen=True, slots=True)
class Hub:
    """What pushes the news of a feed (WebSub), and under which address it knows the feed."""

    url: str
    topic: str


@dataclass(frozen=True, slots=True)
class Subscription:
    """What was agreed with a feed's hub. `token` is the last part of the callback's address; both are secret."""

    feed_id: int
    hub: Hub
    token: str
    secret: str
    state: str  # wanted | asked | active | denied
    asked_at: datetime | None = None
    confirmed_at: datetime | None = None
    expires_at: datetime | None = None
    next_at: datetime | None = None  # when the hub is to be asked, again or for the first time
    failures: int = 0  # requests in a row that led to nothing
    detail: str | None = None  # why, for people
    pushes: int = 0
    last_push_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FeedRejected:
    """The body is not a feed that can be used.

    `links` are feeds that an HTML page offers, or the sitemaps of an index, best first.
    """

    reason: FetchReason
    detail: str
    links: tuple[str, ...] = ()
    is_index: bool = False


@dataclass(frozen=True, slots=True)
class PollPlan:
    """When to ask next, and why then."""

    next_poll_at: datetime
    interval_s: int
    reason: str


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """Something about a feed that a person may want to know.

    kind: failing, silent, recovered, moved, gone, gap (entries may have been missed), reissued (old entries came
    again), correction, retraction.
    """

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
    feed_moved_from: str | None = None
    lease_token: int = 0
    article_id: int | None = None  # set when an earlier revision of the entry gave an article
