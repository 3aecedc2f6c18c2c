"""`newswatch rules backtest`: rules against the archive."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newswatch.cli.archive import INTERRUPTED, each
from newswatch.cli.backtest import (
    Backtest,
    Kept,
    Opened,
    Sample,
    by_day,
    by_number,
    digested_by_day,
    every_day,
    messages_by_day,
    shown,
    told_by_day,
)
from newswatch.cli.charts import bar, sparkline
from newswatch.cli.common import (
    ConfigOption,
    JsonOption,
    PackOption,
    SinceOption,
    engine_of,
    fail,
    opened,
    since_instant,
)
from newswatch.cli.output import Column, clean, cut, many, print_json, print_rows
from newswatch.clock import system_now
from newswatch.errors import NotFound

if TYPE_CHECKING:
    from newswatch.store.archive import Archived

MONTH = "30d"
_SOURCES = 10  # shown to people; JSON has all
_BAR = 20
_SPARKS = 60  # days that a line of bars shows

RuleOption = Annotated[str | None, typer.Option(metavar="RULE", help="Only this rule.")]
SamplesOption = Annotated[int, typer.Option(min=0, max=100_000, help="Show at most this many articles of each kind.")]


@dataclass(frozen=True, slots=True)
class Result:
    """What rules made of the archive, and the alerts that they would have opened."""

    since: datetime | None
    until: datetime
    articles: int
    interrupted: bool
    rules: Mapping[str, Backtest]
    alerts: Mapping[str, list[Opened]]

    @property
    def every_alert(self) -> list[Opened]:
        """The alerts of all rules."""
        return [one for alerts in self.alerts.values() for one in alerts]

    def sparks(self, counts: Mapping[str, int]) -> str:
        """Return the last days as a line of bars."""
        return sparkline(every_day(counts, self.since, self.until)[-_SPARKS:])


def backtest(
    since: SinceOption = MONTH,
    rule: RuleOption = None,
    samples: SamplesOption = 5,
    pack: PackOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Try rules on the stored articles: what they would have flagged, who would have been told how often.

    Matches are counted by day (UTC), source and language and compared with those that are stored: gained are new, lost
    would be no more. Alerts are decided as the daemon does it, by story, routes and [alerts]; rules that a story meets
    at a time share a message. Changes nothing. Ctrl-C ends it and shows what was found.

    Example: newswatch rules backtest --since 7d --pack harbours.toml
    """
    start = since_instant(since)
    with opened(config) as (loaded, database):
        engine = engine_of(loaded, pack)
        ids = [one.id for one in engine.ruleset.rules]
        if rule is not None and rule not in ids:
            raise NotFound("rule", rule, f"rules in force: {', '.join(ids)}")
        found = {one: Backtest(Kept(samples), Kept(samples), Kept(samples)) for one in ids if rule in (None, one)}

        def take(one: "Archived") -> None:
            matches = {match.rule_id: match for match in engine.match(one.given)}
            for rule_id, tally in found.items():
                tally.add(engine, rule_id, one, matches.get(rule_id))

        seen, interrupted = each(database, start, "trying rules", take)
    alerts = {name: tally.alerts(loaded.route_values, loaded.alerts) for name, tally in found.items()}
    result = Result(start, system_now(), seen, interrupted, found, alerts)
    if json:
        print_json(_document(result))
    else:
        _print(result)
    if interrupted:
        fail(INTERRUPTED)


def _document(result: Result) -> dict[str, Any]:
    return {
        "since": result.since,
        "until": result.until,
        "articles": result.articles,
        "interrupted": result.interrupted,
        "messages_by_day": _days(messages_by_day(result.every_alert)),
        "rules": [_rule_document(name, tally, result.alerts[name]) for name, tally in result.rules.items()],
    }


def _rule_document(name: str, tally: Backtest, alerts: list[Opened]) -> dict[str, Any]:
    return {
        "rule": name,
        "matches": tally.matched,
        "alerts": len(alerts),
        "gained": tally.gained.total,
        "lost": tally.lost.total,
        "severities": by_number(tally.severities),
        "matches_by_day": by_day(tally.days),
        "alerts_by_day": by_day(_alert_days(alerts)),
        "told_by_day": _days(told_by_day(alerts)),
        "digested_by_day": _days(digested_by_day(alerts)),
        "not_told": by_number(Counter(one.decision.suppressed for one in alerts if one.decision.suppressed)),
        "sources": by_number(tally.sources),
        "languages": by_number(tally.languages),
        "samples": {kind: [shown(one) for one in getattr(tally, kind).samples] for kind in ("gained", "lost", "kept")},
    }


def _alert_days(alerts: list[Opened]) -> Counter[str]:
    return Counter(one.facts.first_seen_at.date().isoformat() for one in alerts)


def _days(counts: Mapping[str, Counter[str]]) -> dict[str, dict[str, int]]:
    return {name: by_day(days) for name, days in sorted(counts.items())}


def _print(result: Result) -> None:
    rows = [
        {
            "rule": name,
            "matches": tally.matched,
            "by day": result.sparks(tally.days),
            "alerts": len(result.alerts[name]),
            "gained": tally.gained.total,
            "lost": tally.lost.total,
            "told": _told(result.alerts[name]) or "nobody",
        }
        for name, tally in result.rules.items()
    ]
    columns = [Column(name, name, right=name not in ("rule", "by day", "told")) for name in (rows[0] if rows else ())]
    print_rows(rows, columns, empty="no rules")
    print(f"of {many(result.articles, 'article')}")
    _print_messages(result)
    for name, tally in result.rules.items():
        if tally.matched or tally.lost.total:
            print(f"\n{name}")
            _print_counts(tally, result.alerts[name])
            for kind in ("gained", "lost", "kept"):
                print_samples(kind, getattr(tally, kind))


def _told(alerts: list[Opened], day: str | None = None) -> str:
    counts = {**told_by_day(alerts), **digested_by_day(alerts)}
    numbers = {name: days.total() if day is None else days[day] for name, days in sorted(counts.items())}
    return ", ".join(f"{name} {number}" for name, number in numbers.items() if number)


def _print_messages(result: Result) -> None:
    messages = messages_by_day(result.every_alert)
    rows = [
        {
            "destination": name,
            "messages": days.total(),
            "by day": result.sparks(days),
            "most a day": max(days.values()),
        }
        for name, days in sorted(messages.items())
    ]
    if rows:
        print()
        right = ("messages", "most a day")
        print_rows(rows, [Column(name, name, right=name in right) for name in rows[0]], empty="")


def _print_counts(tally: Backtest, alerts: list[Opened]) -> None:
    most = max(tally.days.values(), default=1)
    opened_on = _alert_days(alerts)
    days = [
        {
            "day": day,
            "": bar(matches / most, _BAR),
            "matches": matches,
            "alerts": opened_on[day],
            "told": _told(alerts, day),
        }
        for day, matches in by_day(tally.days).items()
    ]
    if days:
        print_rows(days, [Column(name, name, right=name in ("matches", "alerts")) for name in days[0]], empty="")
    not_told = Counter(one.decision.suppressed for one in alerts if one.decision.suppressed)
    for title, counts in (
        ("sources", tally.sources),
        ("languages", tally.languages),
        ("severity", tally.severities),
        ("not told", not_told),
    ):
        if counts:
            listed = [f"{clean(name)} {number}" for name, number in by_number(counts).items()]
            more = f", {len(listed) - _SOURCES} more" if len(listed) > _SOURCES else ""
            print(f"{title}: {', '.join(listed[:_SOURCES])}{more}")


def print_samples(title: str, found: Kept) -> None:
    """Print the samples of one kind, and how many more there are."""
    if not found.samples:
        return
    print(f"{title}: {many(found.total, 'article')}")
    for one in found.samples:
        headline = cut(f"{clean(one.source)}: {clean(one.headline)}")
        print(f"  {one.article_id} {one.day} [{clean(one.language)}] {headline}")
        for line in _reasons(one):
            print(f"    {line}")
    if found.total > len(found.samples):
        print(f"  and {found.total - len(found.samples)} more")


def _reasons(one: Sample) -> list[str]:
    severity = " -> ".join(dict.fromkeys(value.value for value in (one.was, one.severity) if value))
    scores = dict.fromkeys(f"{value:g}" for value in (one.was_score, one.score) if value is not None)
    verdict = ", ".join(part for part in (severity, f"score {' -> '.join(scores)}" if len(scores) > 1 else "") if part)
    lines = [f"{verdict}: {cut(clean(one.why))}"] if one.why else []
    if one.but:
        lines.append(f"{'before' if one.why else 'now'}: {cut(clean(one.but))}")
    return lines
