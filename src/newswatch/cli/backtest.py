"""What rules would have made of the archive: matches, alerts, who would have heard; and how two versions differ."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from newswatch.model import AlertFacts, Match, Route, Severity

if TYPE_CHECKING:
    from newswatch.flag.matching import Engine
    from newswatch.notify.settings import AlertSettings
    from newswatch.store.archive import Archived


@dataclass(frozen=True, slots=True)
class Sample:
    """One article for people to look at. `severity` and `why` are None and empty where the rule is not met."""

    article_id: int
    day: str
    source: str
    language: str
    headline: str
    severity: Severity | None = None
    was: Severity | None = None
    why: str = ""


def sample(one: "Archived", match: Match | None, was: Severity | None = None) -> Sample:
    """Return an article with what a rule says of it now, and the severity that it had before."""
    return Sample(
        article_id=one.article_id,
        day=_day(one),
        source=one.given.source or "unknown source",
        language=one.given.language,
        headline=one.headline,
        severity=match.severity if match else None,
        was=was,
        why="; ".join(match.why) if match else "",
    )


def _day(one: "Archived | AlertFacts") -> str:
    return one.first_seen_at.date().isoformat()


@dataclass(slots=True)
class Backtest:
    """What one rule makes of the archive. `gained` and `lost` compare with the matches that are stored."""

    days: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    severities: Counter[str] = field(default_factory=Counter)
    gained: list[Sample] = field(default_factory=list)
    lost: list[Sample] = field(default_factory=list)
    kept: list[Sample] = field(default_factory=list)
    _alerts: dict[tuple[str, int], AlertFacts] = field(default_factory=dict)

    def add(self, one: "Archived", match: Match | None, was: Severity | None) -> None:
        """Count an article: what the rule says of it now, and the severity of its stored match."""
        if match is None:
            if was is not None:
                self.lost.append(sample(one, None, was))
            return
        (self.gained if was is None else self.kept).append(sample(one, match, was))
        self.days[_day(one)] += 1
        self.sources[one.given.source or "unknown source"] += 1
        self.languages[one.given.language] += 1
        self.severities[match.severity.value] += 1
        # Articles come newest first: what stays is the earliest of its story, which opens the alert.
        story = ("article", one.article_id) if one.story_id is None else ("story", one.story_id)
        self._alerts[story] = AlertFacts(
            rule_id=match.rule_id,
            severity=match.severity,
            tags=match.tags,
            language=one.given.language,
            backfill=one.backfill,
            published=one.published,
            first_seen_at=one.first_seen_at,
        )

    @property
    def matched(self) -> int:
        """The number of articles that meet the rule."""
        return self.days.total()

    def alerts(self) -> Counter[str]:
        """Return how many stories would have opened an alert on each day."""
        return Counter(_day(facts) for facts in self._alerts.values())

    def told(self, routes: Sequence[Route], settings: "AlertSettings") -> dict[str, Counter[str]]:
        """Return how many alerts each destination would have been told on each day."""
        from newswatch.notify.decide import decide_alert

        found: dict[str, Counter[str]] = {}
        for facts in self._alerts.values():
            decision = decide_alert(facts, routes=routes, now=facts.first_seen_at, settings=settings)
            for name in () if decision.suppressed else decision.destinations:
                found.setdefault(name, Counter())[_day(facts)] += 1
        return found


@dataclass(slots=True)
class Difference:
    """How two versions of one rule answer. Samples of `changed` have both severities."""

    gained: list[Sample] = field(default_factory=list)
    lost: list[Sample] = field(default_factory=list)
    changed: list[Sample] = field(default_factory=list)
    same: int = 0

    def add(self, one: "Archived", old: Match | None, new: Match | None) -> None:
        """Count an article that meets the rule in one version at least."""
        if old is None:
            self.gained.append(sample(one, new))
        elif new is None:
            self.lost.append(sample(one, None, old.severity))
        elif old.severity is not new.severity:
            self.changed.append(sample(one, new, old.severity))
        else:
            self.same += 1


def differences(found: dict[str, Difference], one: "Archived", old: "Engine", new: "Engine") -> None:
    """Add the answers of two engines to one article to `found`, by rule."""
    before = {match.rule_id: match for match in old.match(one.given)}
    after = {match.rule_id: match for match in new.match(one.given)}
    for rule_id in before.keys() | after.keys():
        found.setdefault(rule_id, Difference()).add(one, before.get(rule_id), after.get(rule_id))


def by_day(counts: Counter[str]) -> dict[str, int]:
    """Return counts with their days in order."""
    return dict(sorted(counts.items()))


def by_number(counts: Counter[str]) -> dict[str, int]:
    """Return counts, highest first; equal ones by name."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def shown(one: Sample) -> dict[str, Any]:
    """Return a sample as a row."""
    return {name: getattr(one, name) for name in Sample.__slots__}
