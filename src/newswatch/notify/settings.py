"""What the user can set about alerts, routes and destinations."""

import re
from base64 import b64decode
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.utils import parseaddr
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, HttpUrl, SecretStr, field_validator, model_validator

from newswatch.model import Digest
from newswatch.notify.links import parse_keys
from newswatch.notify.reader import ReaderSettings
from newswatch.settings import ByteSize, Duration, Section


def _mail_address(text: str) -> str:
    try:
        Address(addr_spec=text)
    except (HeaderParseError, ValueError, IndexError) as error:
        raise ValueError(f"{text!r} is not a mail address; write for example desk@example.org") from error
    if not re.fullmatch(r"[^@\s,]+@[^@\s,]+", text):
        raise ValueError(f"{text!r} is not a mail address; write for example desk@example.org")
    return text


def _mail_sender(text: str) -> str:
    if "\n" in text or "\r" in text:
        raise ValueError("a sender is one line")
    _mail_address(parseaddr(text)[1])
    return text


def _uri_reference(text: str) -> str:
    # RFC 3986, appendix A: the characters that may stand in one.
    if not re.fullmatch(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+", text):
        raise ValueError(f"{text!r} is not a URI reference; write for example https://news.example.org/newswatch")
    return text


UriReference = Annotated[str, AfterValidator(_uri_reference)]
MailAddress = Annotated[str, AfterValidator(_mail_address)]
MailSender = Annotated[str, AfterValidator(_mail_sender)]


class AlertSettings(Section):
    """`[alerts]`: when something is told."""

    group_wait: Duration = 60.0
    """Time from the first match of a story to its alert, so that copies arriving meanwhile are counted in it."""
    group_wait_flash: Duration = 10.0
    """The same for severity flash."""
    group_interval: Duration = 1800.0
    """Time between the messages about one story in one destination, if there is something to add. A graver alert does
    not wait."""
    followup_sources: tuple[int, ...] = (3, 10, 30)
    """Numbers of sources at which a story that was told is worth a follow-up. Empty: growth alone is not."""
    mail_followups: int = Field(default=3, ge=0)
    """Follow-ups to a story in a mailbox within a day; what comes then is told together when the day is over."""
    quiet_after: Duration = Field(default=86400.0, gt=0)
    """An alert is quiet when its story has had no article for this long, and opens again when one comes."""
    close_after: Duration = 7 * 86400.0
    """An alert is closed when it has been quiet for this long; nothing more is told of it."""
    fallback_after: Duration = Field(default=600.0, gt=0)
    """High and flash alerts not delivered within this time also go to the destination's `fallback`."""
    digest_late: Duration = 6 * 3600.0
    """A digest missed while newswatch was down is made up for within this time, and says that it is late."""
    instant_max_age: Duration = 86400.0
    """Articles published longer ago than this are stored and flagged but not announced."""
    stale_after: Duration = 6 * 3600.0
    """Single alerts that could not be delivered for this long come in one message instead of late one by one."""
    send_timeout: Duration = Field(default=20.0, gt=0)
    """Time for one attempt."""
    ambiguous_guard: Duration = 50.0
    """Time between an attempt of unknown outcome and the look whether it arrived. Must exceed `send_timeout`."""
    retry_delays: tuple[Duration, ...] = (5.0, 15.0, 60.0, 300.0, 900.0, 3600.0)
    """Waiting times between attempts; the last one repeats. Each is shortened at random by up to half."""
    retry_for: Duration = 86400.0
    """Attempts go on for this long."""

    @field_validator("followup_sources")
    @classmethod
    def _rising(cls, numbers: tuple[int, ...]) -> tuple[int, ...]:
        if any(number < 2 for number in numbers) or list(numbers) != sorted(set(numbers)):
            raise ValueError("numbers of sources rise and begin at 2 or more; write for example [3, 10, 30]")
        return numbers

    @model_validator(mode="after")
    def _guard_outlives_attempt(self) -> Self:
        if self.ambiguous_guard <= self.send_timeout:
            raise ValueError("ambiguous_guard must be longer than send_timeout, or a slow answer looks like a lost one")
        return self


class OperationsSettings(Section):
    """`[operations]`: what newswatch tells about itself. Everything is also in the log and in the metrics."""

    to: tuple[str, ...] = ()
    """Destinations that hear of failing or silent feeds, silent rules, messages that do not get through
    and a disk that fills up: once when it begins and once when it is over. Empty: nobody."""
    outbox_age: Duration = Field(default=300.0, gt=0)
    """Messages that wait for longer than this are worth a notice."""
    disk_free: ByteSize = 500_000_000
    """Less room than this on the disk of an SQLite database is worth a notice."""
    feeds: bool = True
    """Whether to tell of feeds that fail, fall silent, or are gone."""
    rules: bool = True
    """Whether to tell of rules that have not matched for unusually long."""
    heartbeat_url: SecretStr | None = None
    """Asked with GET as long as all is well, for a service that raises the alarm when it no longer is."""
    heartbeat_every: Duration = Field(default=300.0, ge=10)
    """How often."""
    heartbeat_private: bool = False
    """The heartbeat's address may be private."""


class FeedbackSettings(Section):
    """`[feedback]`: links with which readers say what is relevant, mute a story, or get no more mail.

    They lead to `web.base_url`; without it messages carry none.
    """

    enabled: bool = True
    """Whether messages carry them."""
    links_valid: Duration = Field(default=30 * 86400.0, ge=3600, le=366 * 86400)
    """For how long the links of a message work."""
    keys: SecretStr | None = None
    """What signs the links: 32 random bytes as base64. Several are separated by spaces or line ends: the first signs,
    all are known. Default with SQLite: made at the first start and kept in `DATABASE.keys` beside the database."""
    mute_for: Duration = Field(default=86400.0, ge=600, le=30 * 86400)
    """How long a story is muted unless its reader chooses another time."""

    @field_validator("keys")
    @classmethod
    def _usable_keys(cls, keys: SecretStr | None) -> SecretStr | None:
        if keys is not None:
            parse_keys(keys.get_secret_value())  # raises ValueError itself
        return keys


class SmtpSettings(Section):
    """`[smtp.NAME]`: a mail server."""

    host: str
    """Its name or address."""
    port: int = Field(default=587, ge=1, le=65535)
    """587 for `starttls`, 465 for `tls`."""
    security: Literal["starttls", "tls", "none"] = "starttls"
    """`starttls` refuses to go on without encryption; `none` is for a server on this machine."""
    username: str | None = None
    """Account, if the server wants one."""
    password: SecretStr | None = None
    """Password of the account."""
    sender: MailSender = Field(alias="from")
    """Address that mails come from: `newswatch <newswatch@example.org>`."""
    per_minute: float = Field(default=20, ge=0)
    """Mails a minute that the server is given, whoever they are for; five may go at once. 0: no limit. Flash never
    waits."""
    ca_file: str | None = None
    """Certificates to trust instead of the system's (PEM, absolute path), for a server with its own authority."""


class TemplatedDestination(ReaderSettings):
    """What every kind of destination has whose messages can be written otherwise."""

    templates: str | None = None
    """Folder with templates of your own for this destination, relative to the configuration file."""


class PeopleSettings(TemplatedDestination):
    """What every kind of destination has that disturbs people."""

    max_per_hour: int = Field(default=12, ge=0)
    """Single alerts within an hour; the rest comes in one message afterwards. 0: no limit. Flash is never held."""


class EmailDestination(PeopleSettings):
    """`[destinations.NAME]` with `type = "email"`: mail to one or more people."""

    type: Literal["email"]
    """Which kind of destination this is."""
    to: tuple[MailAddress, ...] = Field(min_length=1)
    """Addresses. Each message goes to all of them."""
    smtp: str = "main"
    """Which `[smtp.NAME]`."""


class SlackDestination(PeopleSettings):
    """`[destinations.NAME]` with `type = "slack"`: a bot token with a channel, or an incoming webhook."""

    type: Literal["slack"]
    """Which kind of destination this is."""
    channel: str | None = None
    """Channel id (C0123…) for a bot token."""
    token: SecretStr | None = None
    """Bot token (xoxb-…) with chat:write and channels:history."""
    webhook_url: SecretStr | None = None
    """Incoming webhook; simpler, without threads and without the guarantee against duplicates."""
    api_url: HttpUrl = HttpUrl("https://slack.com/api/")
    """Where the Slack API is."""
    per_second: float = Field(default=1, ge=0)
    """Messages a second in the channel, as Slack asks for; three may go at once. 0: no limit. Flash never waits."""
    on_ambiguous: Literal["resend", "hold"] = "resend"
    """For incoming webhooks: what to do when the answer to a message was lost."""


class WebhookDestination(TemplatedDestination):
    """`[destinations.NAME]` with `type = "webhook"`: a POST signed as Standard Webhooks describes."""

    type: Literal["webhook"]
    """Which kind of destination this is."""
    url: SecretStr
    """Where the POST goes. Treated as a secret because such addresses often carry one."""
    secret: SecretStr | None = None
    """Signing secret (`whsec_` + base64). Without it requests are not signed."""
    previous_secret: SecretStr | None = None
    """The old secret, still signed with while receivers change over."""
    allow_private: bool = False
    """The receiver may be on a private address."""
    body: Literal["newswatch", "cloudevents"] = "newswatch"
    """Form of the JSON document: newswatch's own, or a CloudEvents 1.0 event around the same data."""
    event_source: UriReference = "/newswatch"
    """`source` of CloudEvents: names this newswatch where a receiver hears of several."""

    @field_validator("secret", "previous_secret")
    @classmethod
    def _signing_secret(cls, secret: SecretStr | None) -> SecretStr | None:
        """Check the form: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md."""
        if secret is None:
            return None
        try:
            key = b64decode(secret.get_secret_value().removeprefix("whsec_"), validate=True)
        except ValueError as error:
            raise ValueError("a signing secret is whsec_ followed by base64") from error
        if len(key) < 16:
            raise ValueError("a signing secret has at least 16 bytes (24 to 64 are usual), as base64 after whsec_")
        return secret


class AppriseDestination(PeopleSettings):
    """`[destinations.NAME]` with `type = "apprise"`: Teams, Discord, Telegram and what else Apprise reaches."""

    type: Literal["apprise"]
    """Which kind of destination this is."""
    url: SecretStr
    """Apprise's address of one receiver: `discord://…`, `tgram://…`, `workflows://…` for Teams. It holds the secrets of
    the service. `format=markdown` in it chooses how messages are written."""
    per_minute: float = Field(default=20, ge=0)
    """Messages a minute; three may go at once. 0: no limit. Flash never waits."""
    on_ambiguous: Literal["resend", "hold"] = "resend"
    """What to do when the answer to a message was lost."""


class FileDestination(ReaderSettings):
    """`[destinations.NAME]` with `type = "file"`: one JSON object a line."""

    type: Literal["file"]
    """Which kind of destination this is."""
    path: str
    """The file that lines are added to, relative to the configuration file."""


class FeedDestination(TemplatedDestination):
    """`[destinations.NAME]` with `type = "feed"`: Atom and JSON feeds in a folder, for feed readers."""

    type: Literal["feed"]
    """Which kind of destination this is."""
    folder: str
    """The folder that they are written to, relative to the configuration file; it is made if it is not there."""
    url: str | None = Field(default=None, pattern=r"^https?://[^\s/]+\S*$")
    """Address under which people reach the folder, so that the feeds can name their own."""
    title: str = "newswatch"
    """Title of the feed of everything; that of a rule adds the rule's name."""
    entries: int = Field(default=50, ge=1, le=1000)
    """How many stories each feed keeps, those that changed last."""


class TerminalDestination(ReaderSettings):
    """`[destinations.NAME]` with `type = "terminal"`: shown where the daemon runs."""

    type: Literal["terminal"]
    """Which kind of destination this is."""


DestinationSettings = Annotated[
    EmailDestination
    | SlackDestination
    | WebhookDestination
    | AppriseDestination
    | FileDestination
    | FeedDestination
    | TerminalDestination,
    Field(discriminator="type"),
]


class RouteMatch(Section):
    """What a route applies to. Everything given must hold; nothing given matches all."""

    rule: tuple[str, ...] | str = ()
    """Rule id or ids."""
    tag: tuple[str, ...] | str = ()
    """Tag or tags of rules."""
    language: tuple[str, ...] | str = ()
    """Language or languages of articles, as tags: `ko`, `zh-Hant`; `zh` has both scripts."""
    severity: str = Field(default=">=info", pattern=r"^(>=)?\s*(info|normal|high|flash)$")
    """`high` for exactly that, `>=high` for that and above."""


class RouteSettings(Section):
    """`[[routes]]`: which alerts go where, tried in order."""

    match: RouteMatch = RouteMatch()
    """What it applies to: `match = { rule = "...", severity = ">=high" }`. Default: every alert."""
    to: tuple[str, ...] = Field(min_length=1)
    """Names of destinations."""
    digest: Digest | Literal["off"] | None = None
    """Its alerts go into a digest (`hourly`, `daily`, `weekly`), or each by itself (`off`). Default: as the destination
    says."""
    continue_: bool = Field(default=True, alias="continue")
    """Whether later routes are tried after this one."""
