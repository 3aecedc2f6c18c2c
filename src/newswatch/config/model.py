"""The whole configuration, composed of the sections that the parts own."""

import hashlib
import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, PrivateAttr, SecretStr

from newswatch.collect.settings import BrowserSettings, HttpSettings, PollingSettings
from newswatch.config.sections import DaemonSettings, FeedSettings, LogSettings, WebSettings, WebSubSettings
from newswatch.extract.settings import ExtractionSettings
from newswatch.extract.site_rules import read_rules
from newswatch.flag.settings import RulesSettings
from newswatch.group.settings import StorySettings
from newswatch.model import Destination, Feed, FeedStatus, RequestOptions, Route, SiteRule
from newswatch.notify.routes import destinations_from_settings, from_settings
from newswatch.notify.settings import (
    AlertSettings,
    DestinationSettings,
    FeedbackSettings,
    FeedDestination,
    FileDestination,
    OperationsSettings,
    RouteSettings,
    SmtpSettings,
    TemplatedDestination,
)
from newswatch.settings import Section
from newswatch.store.settings import DatabaseSettings, RetentionSettings
from newswatch.worker_settings import WorkerSettings

_SQLITE = "sqlite:///"


class Config(Section):
    """Everything a user can set. Frozen; a reload makes a new one."""

    database: DatabaseSettings = DatabaseSettings()
    daemon: DaemonSettings = DaemonSettings()
    http: HttpSettings = HttpSettings()
    polling: PollingSettings = PollingSettings()
    extraction: ExtractionSettings = ExtractionSettings()
    browser: BrowserSettings = BrowserSettings()
    workers: WorkerSettings = WorkerSettings()
    rules: RulesSettings = RulesSettings()
    stories: StorySettings = StorySettings()
    alerts: AlertSettings = AlertSettings()
    operations: OperationsSettings = OperationsSettings()
    feedback: FeedbackSettings = FeedbackSettings()
    smtp: dict[str, SmtpSettings] = Field(default_factory=dict)
    destinations: dict[str, DestinationSettings] = Field(default_factory=dict)
    routes: tuple[RouteSettings, ...] = ()
    feeds: tuple[FeedSettings, ...] = ()
    retention: RetentionSettings = RetentionSettings()
    web: WebSettings = WebSettings()
    websub: WebSubSettings = WebSubSettings()
    log: LogSettings = LogSettings()

    _source_path: Path | None = PrivateAttr(default=None)
    _folder: Path = PrivateAttr(default_factory=Path.cwd)

    @property
    def source_path(self) -> Path | None:
        """The file this configuration was read from, absolute; None if there is none."""
        return self._source_path

    @property
    def folder(self) -> Path:
        """What relative paths in the configuration are relative to: the file's folder, else the current folder."""
        return self._folder

    @property
    def hash(self) -> str:
        """16 hex digits that change when a setting changes. Secrets are left out, so that it can be shown."""
        values = json.dumps(self.model_dump(mode="json", by_alias=True), sort_keys=True)
        return hashlib.blake2b(values.encode(), digest_size=8).hexdigest()

    @property
    def feed_values(self) -> tuple[Feed, ...]:
        """The feeds of the file as values, in its order. Their `id` is 0 until they are stored."""
        return tuple(_feed(feed) for feed in self.feeds)

    @cached_property
    def request_options(self) -> Mapping[str, RequestOptions]:
        """What requests are to be like, by URL of the feeds that say something about it."""
        options = {feed.url: feed.request_options for feed in self.feeds}
        return {url: wanted for url, wanted in options.items() if wanted != RequestOptions()}

    @cached_property
    def thorough_feeds(self) -> Mapping[str, bool]:
        """Whether pages are read thoroughly, by URL of the feeds that say something about it."""
        return {feed.url: feed.extraction_mode == "thorough" for feed in self.feeds if feed.extraction_mode}

    @cached_property
    def site_rules(self) -> Mapping[str, SiteRule]:
        """What the operator knows of single sites, by domain. Raises ValueError if the file says something wrong."""
        return {} if self.extraction.sites is None else read_rules(Path(self.extraction.sites))

    @property
    def route_values(self) -> tuple[Route, ...]:
        """The routes as values, in the order in which they are tried."""
        return from_settings(self.routes, self.destinations)

    def destinations_values(self) -> dict[str, Destination]:
        """Return the destinations as values by name; e-mail destinations as one for each mailbox."""
        return {value.name: value for value in destinations_from_settings(self.destinations, self.smtp)}

    def with_sections(self, sections: Mapping[str, Any]) -> "Config":
        """Return a copy in which the named sections are the given ones."""
        return self.model_copy(update=dict(sections))

    def placed(self, source: Path | None, folder: Path) -> "Config":
        """Return the same configuration knowing its file, with relative paths made absolute below `folder`."""
        destinations = {name: _settings_below(folder, settings) for name, settings in self.destinations.items()}
        url = SecretStr(absolute_sqlite_url(self.database.url.get_secret_value(), folder))
        packs = tuple(
            str(folder / Path(pack).expanduser()) if is_pack_path(pack) else pack for pack in self.rules.packs
        )
        paths = {"archive": self.extraction.archive, "sites": self.extraction.sites}
        placed = {name: str(folder / Path(path).expanduser()) for name, path in paths.items() if path is not None}
        config = self.model_copy(
            update={
                "extraction": self.extraction.model_copy(update=placed),
                "database": self.database.model_copy(update={"url": url}),
                "rules": self.rules.model_copy(update={"packs": packs}),
                "destinations": destinations,
            }
        )
        config._source_path = source  # noqa: SLF001  # our own copy
        config._folder = folder  # noqa: SLF001  # our own copy
        return config


def _settings_below(folder: Path, settings: DestinationSettings) -> DestinationSettings:
    """Return a destination's settings with relative paths made absolute."""
    if isinstance(settings, TemplatedDestination) and settings.templates is not None:
        templates = str(folder / Path(settings.templates).expanduser())
        settings = settings.model_copy(update={"templates": templates})
    match settings:
        case FileDestination(path=path):
            return settings.model_copy(update={"path": str(folder / Path(path).expanduser())})
        case FeedDestination(folder=path):
            return settings.model_copy(update={"folder": str(folder / Path(path).expanduser())})
        case _:
            return settings


def is_pack_path(pack: str) -> bool:
    """Tell whether an element of `rules.packs` is a path; otherwise it is the name of a pack that is shipped."""
    return "/" in pack or "\\" in pack or pack.endswith(".toml")


def absolute_sqlite_url(url: str, folder: Path) -> str:
    """Return a `sqlite:///relative` URL as an absolute one below `folder`; any other URL unchanged."""
    path, question, query = url.removeprefix(_SQLITE).partition("?")
    if not url.startswith(_SQLITE) or not path or path.startswith((":memory:", "file:")):
        return url
    return f"{_SQLITE}{folder / path}{question}{query}"


def _feed(feed: FeedSettings) -> Feed:
    return Feed(
        id=0,
        url=feed.url,
        name=feed.name or urlsplit(feed.url).hostname or feed.url,
        source_name=feed.source,
        language=feed.language,
        country=feed.country,
        tier=feed.tier,
        origin="config",
        status=FeedStatus.ACTIVE if feed.enabled else FeedStatus.DISABLED,
        interval_s=None if feed.interval is None else round(feed.interval),
        full_text=feed.full_text,
        time_zone=feed.time_zone,
        allow_private=feed.allow_private,
        priority=feed.priority,
        kind=feed.kind,
        selector=feed.selector,
    )
