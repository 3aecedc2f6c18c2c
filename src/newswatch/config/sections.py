"""The sections that belong to no stage: daemon, web, log and the list of feeds."""

import re
from base64 import b64encode
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator

from newswatch.collect.selectors import compiled
from newswatch.model import FeedKind, RequestOptions
from newswatch.notify.reader import Zone
from newswatch.settings import Duration, Section

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_LISTEN = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s:\[\]/]+)):(\d{1,5})")


def split_listen(listen: str) -> tuple[str, int]:
    """Split "host:port" or "[v6]:port" into host and port. Raises ValueError."""
    found = _LISTEN.fullmatch(listen)
    if found is None or int(found[3]) > 65535:
        raise ValueError(f'{listen!r} is not an address; write for example "127.0.0.1:8700" or "[::1]:8700"')
    return found[1] or found[2], int(found[3])


def _listen(value: str) -> str:
    split_listen(value)
    return value


def _web_url(value: str) -> str:
    parts = urlsplit(value)  # raises ValueError itself for a broken IPv6 address
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f'{value!r} is not a web address; write for example "https://news.example.org/rss"')
    return value


def _language(value: str) -> str:
    if _LANGUAGE.fullmatch(value) is None:
        raise ValueError(f'{value!r} is not a language tag (BCP 47); write for example "ko", "ja", "en" or "zh-Hant"')
    return value


# What newswatch decides itself: conditions, lengths, codings, and what belongs to the connection (RFC 9110).
_OWN_HEADERS = frozenset(
    "accept-encoding connection content-length host if-modified-since if-none-match keep-alive proxy-authorization "
    "proxy-connection range te trailer transfer-encoding upgrade user-agent cookie authorization".split()
)


def _header_name(value: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", value) is None:
        raise ValueError(f"{value!r} is not the name of a header")
    if value.lower() in _OWN_HEADERS:
        raise ValueError(f"{value} cannot be set here; there are user_agent, cookie, username and password")
    return value


def _header_value(value: str) -> None:
    if not value.isascii() or not value.isprintable():
        raise ValueError("the value of a header or cookie is one line of ASCII characters")


HeaderName = Annotated[str, AfterValidator(_header_name)]
WebUrl = Annotated[str, AfterValidator(_web_url)]
Language = Annotated[str, AfterValidator(_language)]
Tick = Annotated[Duration, Field(ge=0.1, le=86400)]


class DaemonSettings(Section):
    """`[daemon]`: how often the daemon looks for each kind of work, and how it stops."""

    poll_tick: Tick = 5.0
    """How often it looks for feeds that are due. When each feed is due is decided by `[polling]`."""
    article_tick: Tick = 2.0
    """How often it looks for entries whose article is to be fetched and extracted."""
    match_tick: Tick = 2.0
    """How often it looks for articles that no rule has seen yet."""
    delivery_tick: Tick = 2.0
    """How often it looks for messages that are due."""
    alert_tick: Tick = 15.0
    """How often it looks for digests that are due, stories that have grown, and trouble of its own."""
    housekeeping_tick: Tick = 3600.0
    """How often it removes what `[retention]` no longer keeps."""
    lease: Duration = Field(default=120.0, ge=10, le=3600)
    """Work that a process claimed and did not finish within this time is taken up again by another."""
    shutdown_grace: Duration = Field(default=25.0, ge=0, le=600)
    """After SIGTERM, work under way may finish for this long; the rest is released for the next start."""


class WebSettings(Section):
    """`[web]`: health, readiness and metrics over HTTP."""

    enabled: bool = True
    """Whether the daemon listens at all."""
    listen: Annotated[str, AfterValidator(_listen)] = "127.0.0.1:8700"
    """Address and port. Everything served here is unauthenticated, so keep it on this machine or behind a proxy."""
    base_url: WebUrl | None = None
    """The address under which people reach this installation, for links in messages."""
    metrics: bool = True
    """Whether `/metrics` (Prometheus) is served."""


class WebSubSettings(Section):
    """`[websub]`: hubs that push what is new of feeds (WebSub), so that it need not wait for the next poll."""

    callback_url: WebUrl | None = None
    """The address under which hubs on the internet reach `/websub/` of `web.listen`. Without it no hub is asked."""
    lease: Duration = Field(default=864000.0, ge=3600, le=7776000)
    """For how long a hub is asked to push; it is asked again before that ends."""


class LogSettings(Section):
    """`[log]`: what the daemon tells on standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least important kind of line that is shown."""
    format: Literal["human", "json"] = "human"
    """`human` for a terminal, `json` for a log collector: one JSON object a line."""


class FeedSettings(Section):
    """`[[feeds]]`: a feed to watch. Feeds can also be added with `newswatch feeds add` or imported as OPML."""

    url: WebUrl
    """Address of the RSS, Atom or JSON feed, news sitemap or index of sitemaps, or of what `kind` says."""
    kind: FeedKind = FeedKind.FEED
    """`sitemap`: a plain sitemap too, its pages that changed last. `page`: the links on a page without a feed."""
    selector: str | None = Field(default=None, min_length=1, max_length=1000)
    """What finds the article links on a page: CSS such as `"main h2 a"`, or XPath such as `"//article//a"`."""
    name: str | None = Field(default=None, min_length=1, max_length=200)
    """What to call it. Default: the host of its address."""
    source: str | None = Field(default=None, min_length=1, max_length=200)
    """The publisher, as messages name it."""
    language: Language | None = None
    """Language of the feed (BCP 47); a hint for texts too short to tell."""
    country: str | None = Field(default=None, pattern=r"^[A-Z]{2}$")
    """Country of the publisher (two capital letters, ISO 3166-1), for rules that ask for it."""
    tier: int = Field(default=2, ge=1, le=3)
    """1 for agencies and papers of record, 2 for others, 3 for aggregators."""
    interval: Duration | None = Field(default=None, ge=60)
    """A fixed polling interval. Default: adapted to how often the feed publishes, within `[polling]`."""
    full_text: bool = True
    """Whether article pages are fetched; otherwise the feed's own text is taken."""
    extraction_mode: Literal["normal", "thorough"] | None = None
    """How its pages are read. Default: `extraction.mode`."""
    time_zone: Zone | None = None
    """Zone of dates in which the feed names none."""
    allow_private: bool = False
    """The feed may be on a private address, such as an RSS bridge of your own."""
    priority: int = Field(default=0, ge=-10, le=10)
    """Feeds of higher priority are asked before others that are due."""
    user_agent: str | None = Field(default=None, min_length=1, max_length=500)
    """Sent instead of newswatch's own name, for this feed and its articles."""
    headers: dict[HeaderName, SecretStr] = Field(default_factory=dict)
    """Further request headers. They go to the feed's own site only, never to where a redirect leads."""
    cookie: SecretStr | None = None
    """A Cookie header, such as that of a subscription; for the feed's own site only, articles included."""
    username: str | None = None
    """For HTTP basic authentication."""
    password: SecretStr | None = None
    """For HTTP basic authentication."""
    proxy: SecretStr | None = None
    """An HTTP proxy for this feed and its articles. It makes the connections, so it must itself refuse private ones."""
    enabled: bool = True
    """Whether it is polled."""

    @property
    def request_options(self) -> RequestOptions:
        """What requests of this feed are to be like."""
        headers = {name: value.get_secret_value() for name, value in self.headers.items()}
        if self.cookie is not None:
            headers["Cookie"] = self.cookie.get_secret_value()
        if self.username is not None:
            pair = f"{self.username}:{self.password.get_secret_value() if self.password else ''}"
            headers["Authorization"] = "Basic " + b64encode(pair.encode()).decode("ascii")  # RFC 7617
        proxy = None if self.proxy is None else self.proxy.get_secret_value()
        return RequestOptions(self.user_agent, tuple(headers.items()), proxy)

    @model_validator(mode="after")
    def _belongs_together(self) -> Self:
        if (self.kind is FeedKind.PAGE) != (self.selector is not None):
            raise ValueError('a page needs a selector, and nothing else has one (kind = "page")')
        if self.selector is not None:
            compiled(self.selector)  # raises ValueError itself
        if self.password is not None and self.username is None:
            raise ValueError("a password needs a username")
        if self.proxy is not None:
            _web_url(self.proxy.get_secret_value())
        for value in (*self.headers.values(), *((self.cookie,) if self.cookie else ())):
            _header_value(value.get_secret_value())
        return self
