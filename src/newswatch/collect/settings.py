"""What the user can set about collecting."""

from ipaddress import IPv4Network, IPv6Network

from pydantic import Field, HttpUrl

from newswatch.settings import ByteSize, Duration, Section


class HostSettings(Section):
    """`[http.hosts."NAME"]`: how one publisher is asked, by registered domain or host name."""

    per_host: int | None = Field(default=None, ge=1, le=100)
    """Fetches under way at once. Default: `http.per_host`."""
    spacing: Duration | None = None
    """Shortest time between two requests. Default: `http.host_spacing`."""
    apart: bool = False
    """Each host of this domain is a publisher of its own, such as blogs of a platform: a 429 is for its host alone."""


class HttpSettings(Section):
    """`[http]`: how newswatch behaves towards servers."""

    contact_url: str = "https://github.com/newswatch/newswatch"
    """A page about this installation, sent in the User-Agent so that publishers can reach you."""
    total_timeout: Duration = 60.0
    """Everything about one fetch, redirects included."""
    connect_timeout: Duration = 10.0
    """Name look-up and connection."""
    read_timeout: Duration = 20.0
    """Longest silence of a server while it answers."""
    max_feed_size: ByteSize = 15_000_000
    """Largest feed, decoded."""
    max_page_size: ByteSize = 5_000_000
    """Largest article page, decoded."""
    max_redirects: int = Field(default=10, ge=0, le=20)
    """Redirects followed in one fetch."""
    concurrency: int = Field(default=50, ge=1, le=1000)
    """Fetches under way at once."""
    per_host: int = Field(default=2, ge=1, le=100)
    """Fetches under way at once for one registered domain."""
    host_spacing: Duration = 1.0
    """Shortest time between two requests to one registered domain."""
    max_rate: float = Field(default=50.0, gt=0, le=10_000)
    """Most requests begun in one second, to all servers together, so that a start after downtime is no burst."""
    unspaced_hosts: tuple[str, ...] = ()
    """Hosts of your own that need no spacing, such as a self-hosted RSS bridge."""
    hosts: dict[str, HostSettings] = Field(default_factory=dict)
    """Publishers that are to be asked differently."""
    allow_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    """Private networks that feeds and pages may be fetched from, as CIDR. Empty: public addresses only."""
    proxy: HttpUrl | None = None
    """HTTP proxy for all fetches. The proxy then makes the connections, so it must refuse private addresses itself."""


class BrowserSettings(Section):
    """`[browser]`: Chromium for pages that show their text only to a browser (needs the extra `browser`)."""

    enabled: bool = False
    """Whether pages of which nothing can be taken are shown to a browser before they are given up."""
    sites: tuple[str, ...] = ()
    """Publishers (registered domains) whose pages go to the browser even if something can be taken of them."""
    executable: str | None = None
    """Chromium's program. Default: the one of the system, else Playwright's."""
    sandbox: bool = True
    """Chromium's own sandbox. It does not work as root, nor in most containers."""
    timeout: Duration = Field(default=30.0, ge=1, le=300)
    """Longest time for one page."""
    settle: Duration = Field(default=3.0, ge=0, le=60)
    """Longest wait for a page to come to rest after its HTML is there."""
    at_once: int = Field(default=2, ge=1, le=20)
    """Pages shown at once. Each takes some 100 MB."""
    max_traffic: ByteSize = 30_000_000
    """Most that one page may load, everything together."""


class PollingSettings(Section):
    """`[polling]`: how often feeds are asked."""

    min_interval: Duration = Field(default=900.0, ge=1)
    """Shortest time between two polls of a feed whose server answers "not modified" when nothing changed."""
    min_interval_unvalidated: Duration = Field(default=3600.0, ge=1)
    """The same for servers that always send everything."""
    max_interval: Duration = Field(default=86400.0, ge=1)
    """Longest time between two polls, also of failing feeds."""
    pushed_factor: float = Field(default=4.0, ge=1, le=100)
    """How many times longer a feed waits while a hub pushes what is new (`[websub]`)."""
    jitter: float = Field(default=0.1, ge=0, le=0.5)
    """Share of the interval that is added at random, so that polls spread."""
    max_entries: int = Field(default=1000, ge=1)
    """Entries taken from one poll; the newest ones, with a notice."""
    silent_after: Duration = Field(default=21600.0, ge=60)
    """A feed that brings nothing new is called silent when that lasts longer than is usual for it, but no sooner."""
