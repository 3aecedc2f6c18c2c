"""What rules would have made of the archive: matches, alerts, who would have heard."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from newswatch.model import ARTICLE_REASONS, AlertDecision, AlertFacts, Match, Route, Severity

if TYPE_CHECKING:
    from newswatch.flag.matching import Engine
    from newswatch.notify.settings import AlertSettings
    from newswatch.store.archive import Archived


@dataclass(frozen=True, slots=True)
class Sample:
    """One article for people to look at.

    `severity`, `score` and `why` tell what the rule says now, None and empty where it is not met; `was` and `was_score`
    what it said before. `but` says what is missing now, or was before.
    """

    article_id: int
    day: str
    source: str
    language: str
    headline: str
    severity: Severity | None = None
    score: float | None = None
    was: Severity | None = None
    was_score: float | None = None
    why: str = ""
    but: str = ""


def sample(one: "Archived", match: Match | None, **before: Any) -> Sample:
    """Return an article with what a rule says of it now; `before` has what it said before."""
    return Sample(
        article_id=one.article_id,
        day=_day(one),
        source=one.given.source or "unknown source",
        language=one.given.language,
        headline=one.headline,
        severity=match.severity if match else None,
        score=match.score if match else None,
        why="; ".join(match.why) if match else "",
        **before,
    )


def missing(engine: "Engine", one: "Archived", rule_id: str) -> str:
    """Say why an article does not meet a rule."""
    from newswatch.flag.explain import explain

    if engine.compiled(rule_id) is None:
        return "there is no such rule"
    return "; ".join(explain(engine, one.given, rule_id).missing)


def _day(one: "Archived | AlertFacts") -> str:
    return one.first_seen_at.date().isoformat()


@dataclass(slots=True)
class Kept:
    """How many articles there are of a kind, and the first of them."""

    most: int
    total: int = 0
    samples: list[Sample] = field(default_factory=list)

    @property
    def wants_more(self) -> bool:
        """Whether another sample is kept."""
        return len(self.samples) < self.most

    def add(self, one: Sample) -> None:
        """Count an article."""
        self.total += 1
        if self.wants_more:
            self.samples.append(one)


@dataclass(frozen=True, slots=True)
class Opened:
    """An alert that would have been opened."""

    story: tuple[str, int]
    facts: AlertFacts
    decision: AlertDecision


@dataclass(slots=True)
class Backtest:
    """What one rule makes of the archive. `gained`, `lost` and `kept` compare with the matches that are stored."""

    gained: Kept
    lost: Kept
    kept: Kept
    days: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    severities: Counter[str] = field(default_factory=Counter)
    _stories: defaultdict[tuple[str, int], list[AlertFacts]] = field(default_factory=lambda: defaultdict(list))

    def add(self, engine: "Engine", rule_id: str, one: "Archived", match: Match | None) -> None:
        """Count an article: what the rule says of it now, beside the match that is stored."""
        was = one.stored.get(rule_id)
        if match is None:
            if was is not None:
                but = missing(engine, one, rule_id) if self.lost.wants_more else ""
                self.lost.add(sample(one, None, was=was, but=but))
            return
        (self.gained if was is None else self.kept).add(sample(one, match, was=was))
        self.days[_day(one)] += 1
        self.sources[one.given.source or "unknown source"] += 1
        self.languages[one.given.language] += 1
        self.severities[match.severity.value] += 1
        story = ("article", one.article_id) if one.story_id is None else ("story", one.story_id)
        self._stories[story].append(
            AlertFacts(
                rule_id=match.rule_id,
                severity=match.severity,
                tags=match.tags,
                language=one.given.language,
                backfill=one.backfill,
                published=one.published,
                first_seen_at=one.first_seen_at,
            )
        )

    @property
    def matched(self) -> int:
        """The number of articles that meet the rule."""
        return self.days.total()

    def alerts(self, routes: Sequence[Route], settings: "AlertSettings") -> list[Opened]:
        """Return the alerts that would have been opened, as the daemon decides on them.

        A story's first article opens its alert. Where nobody is told because of that article, the next is decided.
        """
        from newswatch.notify.decide import decide_alert

        def decided(story: tuple[str, int], facts: AlertFacts) -> Opened:
            return Opened(story, facts, decide_alert(facts, routes=routes, now=facts.first_seen_at, settings=settings))

        found = []
        for story, facts in self._stories.items():
            every = [decided(story, one) for one in sorted(facts, key=lambda each: each.first_seen_at)]
            found.append(next((one for one in every if one.decision.suppressed not in ARTICLE_REASONS), every[0]))
        return found


def told_by_day(alerts: Iterable[Opened]) -> dict[str, Counter[str]]:
    """Return how many alerts each destination would have been told at once on each day."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for one in alerts:
        for name in () if one.decision.suppressed else one.decision.destinations:
            found[name][_day(one.facts)] += 1
    return dict(found)


def digested_by_day(alerts: Iterable[Opened]) -> dict[str, Counter[str]]:
    """Return how many alerts each digest of a destination would have been given on each day."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for one in alerts:
        for name, digest in one.decision.digests:
            found[f"{name} ({digest.value} digest)"][_day(one.facts)] += 1
    return dict(found)


def messages_by_day(alerts: Iterable[Opened]) -> dict[str, Counter[str]]:
    """Return how many messages each destination would have had: rules that a story meets at a time share one."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    leaves: dict[tuple[str, tuple[str, int]], datetime] = {}
    for one in sorted(alerts, key=lambda each: each.facts.first_seen_at):
        for name in () if one.decision.suppressed else one.decision.destinations:
            at = one.facts.first_seen_at
            if leaves.get((name, one.story), at) <= at:
                leaves[name, one.story] = one.decision.due_at
                found[name][_day(one.facts)] += 1
    return dict(found)


def by_day(counts: Mapping[str, int]) -> dict[str, int]:
    """Return counts with their days in order."""
    return dict(sorted(counts.items()))


def every_day(counts: Mapping[str, int], since: datetime | None, until: datetime) -> list[int]:
    """Return the counts of all days from `since` (else the first that has one) until `until`."""
    first = min(counts, default=None) if since is None else since.date().isoformat()
    if first is None:
        return []
    start = date.fromisoformat(first)
    length = (until.date() - start).days + 1
    return [counts.get((start + timedelta(days=number)).isoformat(), 0) for number in range(length)]


def by_number(counts: Mapping[str, int]) -> dict[str, int]:
    """Return counts, highest first; equal ones by name."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def shown(one: Sample) -> dict[str, Any]:
    """Return a sample as a row."""
    return {name: getattr(one, name) for name in Sample.__slots__}
