"""What every reader of a format gives back: the document's own words, neither cleaned nor resolved."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class RawEntry:
    """One item as written. Links may be relative to `base`; texts may be HTML."""

    base: str = ""  # what links are relative to: xml:base or the feed's URL
    guid: str | None = None
    link: str | None = None
    title: str | None = None
    summary: str | None = None
    contents: list[str] = field(default_factory=list)  # HTML
    authors: list[str] = field(default_factory=list)
    published: str | None = None
    updated: str | None = None
    language: str | None = None
    source_name: str | None = None


@dataclass(slots=True)
class RawFeed:
    """A document as written. `kind` is rss, atom, rdf, json, sitemap or page."""

    kind: str
    entries: list[RawEntry] = field(default_factory=list)
    title: str | None = None
    link: str | None = None
    language: str | None = None
    previous: str | None = None  # the page of older entries (RFC 5005, prev-archive)
    hub: str | None = None  # rel=hub
    self_url: str | None = None  # rel=self
    ttl: str | None = None  # minutes
    update_period: str | None = None  # sy:updatePeriod
    update_frequency: str | None = None
    skip_hours: list[str] = field(default_factory=list)
    skip_days: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    guessed: bool = False  # read by a reader that mends what is broken
