"""`newswatch rules backtest` and `diff`: rules against the archive."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newswatch.cli.archive import INTERRUPTED, each
from newswatch.cli.backtest import Backtest, Difference, Sample, by_day, by_number, differences, shown
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
from newswatch.errors import NotFound

if TYPE_CHECKING:
    from newswatch.store.archive import Archived

_MONTH = "30d"
_SOURCES = 10  # shown to people; JSON has all

RuleOption = Annotated[str | None, typer.Option(metavar="RULE", help="Only this rule.")]
SamplesOption = Annotated[int, typer.Option(min=0, max=100_000, help="Show at most this many articles of each kind.")]


def backtest(
    since: SinceOption = _MONTH,
    rule: RuleOption = None,
    samples: SamplesOption = 5,
    pack: PackOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Try rules on the stored articles: what they would have flagged, who would have been told how often.

    Matches are counted by day, source and language and compared with those that are stored: gained are new, lost would
    be no more. An alert is a story's first match; destinations are told of it as routes and [alerts] say. Changes
    nothing. Ctrl-C ends it and shows what was found.

    Example: newswatch rules backtest --since 7d --pack harbours.toml
    """
    start = since_instant(since)
    with opened(config) as (loaded, database):
        engine = engine_of(loaded, pack)
        ids = [one.id for one in engine.ruleset.rules]
        if rule is not None and rule not in ids:
            raise NotFound("rule", rule, f"rules in force: {', '.join(ids)}")
        found = {one: Backtest() for one in ids if rule in (None, one)}

        def take(one: "Archived") -> None:
            matches = {match.rule_id: match for match in engine.match(one.given)}
            for rule_id, tally in found.items():
                tally.add(one, matches.get(rule_id), one.stored.get(rule_id))

        seen, interrupted = each(database, start, "trying rules", take)
    told = {name: tally.told(loaded.route_values, loaded.alerts) for name, tally in found.items()}
    if json:
        rules = [_backtest_document(name, tally, told[name], samples) for name, tally in found.items()]
        print_json({"articles": seen, "interrupted": interrupted, "rules": rules})
    else:
        _print_backtest(found, told, seen, samples)
    if interrupted:
        fail(INTERRUPTED)


def _backtest_document(name: str, tally: Backtest, told: Mapping[str, Counter[str]], samples: int) -> dict[str, Any]:
    alerts = tally.alerts()
    return {
        "rule": name,
        "matches": tally.matched,
        "alerts": alerts.total(),
        "gained": len(tally.gained),
        "lost": len(tally.lost),
        "severities": by_number(tally.severities),
        "matches_by_day": by_day(tally.days),
        "alerts_by_day": by_day(alerts),
        "told_by_day": {destination: by_day(days) for destination, days in sorted(told.items())},
        "sources": by_number(tally.sources),
        "languages": by_number(tally.languages),
        "samples": {
            "gained": _rows(tally.gained, samples),
            "lost": _rows(tally.lost, samples),
            "kept": _rows(tally.kept, samples),
        },
    }


def _rows(found: Sequence[Sample], samples: int) -> list[dict[str, Any]]:
    return [shown(one) for one in found[:samples]]


def _print_backtest(
    found: Mapping[str, Backtest], told: Mapping[str, Mapping[str, Counter[str]]], seen: int, samples: int
) -> None:
    rows = [
        {
            "rule": name,
            "matches": tally.matched,
            "alerts": tally.alerts().total(),
            "gained": len(tally.gained),
            "lost": len(tally.lost),
            "told": ", ".join(f"{to} {days.total()}" for to, days in sorted(told[name].items())) or "nobody",
        }
        for name, tally in found.items()
    ]
    numbers = [Column(name, name, right=True) for name in ("matches", "alerts", "gained", "lost")]
    print_rows(rows, [Column("rule", "rule"), *numbers, Column("told", "told")], empty="no rules")
    print(f"of {many(seen, 'article')}")
    for name, tally in found.items():
        if tally.matched or tally.lost:
            print(f"\n{name}")
            _print_counts(tally, told[name])
            _print_samples("gained", tally.gained, samples)
            _print_samples("lost", tally.lost, samples)
            _print_samples("kept", tally.kept, samples)


def _print_counts(tally: Backtest, told: Mapping[str, Counter[str]]) -> None:
    alerts = tally.alerts()
    days = [
        {
            "day": day,
            "matches": matches,
            "alerts": alerts[day],
            "told": ", ".join(f"{to} {counts[day]}" for to, counts in sorted(told.items()) if counts[day]),
        }
        for day, matches in by_day(tally.days).items()
    ]
    numbers = [Column(name, name, right=True) for name in ("matches", "alerts")]
    if days:
        print_rows(days, [Column("day", "day"), *numbers, Column("told", "told")], empty="")
    for title, counts in (("sources", tally.sources), ("languages", tally.languages), ("severity", tally.severities)):
        if counts:
            listed = [f"{clean(name)} {number}" for name, number in by_number(counts).items()]
            more = f", {len(listed) - _SOURCES} more" if len(listed) > _SOURCES else ""
            print(f"{title}: {', '.join(listed[:_SOURCES])}{more}")


def _print_samples(title: str, found: Sequence[Sample], samples: int) -> None:
    if not found or not samples:
        return
    print(f"{title}: {many(len(found), 'article')}")
    for one in found[:samples]:
        severity = " -> ".join(value.value for value in (one.was, one.severity) if value)
        headline = cut(f"{clean(one.source)}: {clean(one.headline)}")
        print(f"  {one.article_id} {one.day} [{clean(one.language)}] {headline}")
        if one.why:
            print(f"    {severity}, {cut(clean(one.why))}")
    if len(found) > samples:
        print(f"  and {len(found) - samples} more")


def diff(
    old: Annotated[str, typer.Argument(metavar="PACK_A", help="The present version: a pack's name, file or folder.")],
    new: Annotated[str, typer.Argument(metavar="PACK_B", help="The other version.")],
    since: SinceOption = _MONTH,
    samples: SamplesOption = 20,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Compare two versions of a rule pack over the stored articles: gained, lost, other severity.

    Rules are compared by id. Exit code 1 if there is any difference. Ctrl-C ends it and shows what was found.

    Example: newswatch rules diff korea-japan-summit ./korea-japan-summit-2 --since 7d
    """
    start = since_instant(since)
    with opened(config) as (loaded, database):
        before, after = engine_of(loaded, [old]), engine_of(loaded, [new])
        found: dict[str, Difference] = {}
        seen, interrupted = each(database, start, "comparing rules", lambda one: differences(found, one, before, after))
    found = dict(sorted(found.items()))
    if json:
        rules = [_diff_document(name, one, samples) for name, one in found.items()]
        print_json({"articles": seen, "interrupted": interrupted, "rules": rules})
    else:
        _print_diff(found, seen, samples)
    if interrupted:
        fail(INTERRUPTED)
    if any(one.gained or one.lost or one.changed for one in found.values()):
        fail(1)


def _diff_document(name: str, one: Difference, samples: int) -> dict[str, Any]:
    return {
        "rule": name,
        "gained": len(one.gained),
        "lost": len(one.lost),
        "changed": len(one.changed),
        "same": one.same,
        "samples": {
            "gained": _rows(one.gained, samples),
            "lost": _rows(one.lost, samples),
            "changed": _rows(one.changed, samples),
        },
    }


def _print_diff(found: Mapping[str, Difference], seen: int, samples: int) -> None:
    rows = [
        {"rule": name, "gained": len(one.gained), "lost": len(one.lost), "changed": len(one.changed), "same": one.same}
        for name, one in found.items()
    ]
    numbers = [Column(name, name, right=True) for name in ("gained", "lost", "changed", "same")]
    print_rows(rows, [Column("rule", "rule"), *numbers], empty="no article meets a rule of either version")
    print(f"of {many(seen, 'article')}")
    for name, one in found.items():
        if one.gained or one.lost or one.changed:
            print(f"\n{name}")
            _print_samples("gained", one.gained, samples)
            _print_samples("lost", one.lost, samples)
            _print_samples("other severity", one.changed, samples)
