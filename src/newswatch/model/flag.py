"""article -> match: what a rule can see, and what it found."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


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
class Mention:
    """An entity of the gazetteer in an article. Spans are (field, start, end) in the original texts, in order."""

    entity: str
    type: str  # person, place, organisation, office, event or other
    spans: tuple[tuple[str, int, int], ...]  # field is "title" or "body"


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
