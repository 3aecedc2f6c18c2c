"""`newswatch rules apply`: the rules in force applied to stored articles."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newswatch.cli.archive import INTERRUPTED
from newswatch.cli.common import ConfigOption, JsonOption, SinceOption, engine_of, fail, opened, since_instant
from newswatch.cli.output import Column, clean, cut, many, note, print_json, print_rows
from newswatch.cli.progress import counter
from newswatch.clock import system_now
from newswatch.errors import NotFound

if TYPE_CHECKING:
    from newswatch.config import Config
    from newswatch.flag.matching import Engine
    from newswatch.pipeline.apply import Applier, Change, Page
    from newswatch.store.applications import Application
    from newswatch.store.database import Database

_KINDS = ("added", "changed", "withdrawn")


@dataclass(slots=True)
class Outcome:
    """What applying rules led to so far."""

    articles: int = 0
    left: int = 0
    alerts: int = 0
    rules: dict[str, Counter[str]] = field(default_factory=dict)
    samples: dict[str, list["Change"]] = field(default_factory=dict)
    interrupted: bool = False

    def add(self, page: "Page", most: int) -> None:
        """Count a page; keep at most `most` changes of each kind as samples."""
        self.articles += page.articles
        self.left += page.left
        self.alerts += page.alerts
        for change in page.changes:
            self.rules.setdefault(change.rule_id, Counter())[change.kind.value] += 1
            kept = self.samples.setdefault(change.kind.value, [])
            if len(kept) < most:
                kept.append(change)


def apply(
    rule: Annotated[str | None, typer.Option(metavar="RULE", help="Only this rule.")] = None,
    since: SinceOption = "30d",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")] = False,
    restart: Annotated[
        bool, typer.Option("--restart", help="Begin anew, even if the last time was broken off.")
    ] = False,
    samples: Annotated[int, typer.Option(min=0, max=100_000, help="Show at most this many changes of each kind.")] = 5,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Apply the rules in force to stored articles: matches are added, brought up to date and withdrawn.

    Nobody is told of what is found: alerts are opened as back-filled, and the next new article of their story is
    decided as always. Matches that were are kept (`matches history`). Matches of rules that are not in force are left
    as they are; --rule with the id of such a rule withdraws them. A daemon can run meanwhile. Ctrl-C ends it; the same
    command goes on where it stopped.

    Example: newswatch rules apply --rule harbour-strike --since 90d --dry-run
    """
    start = since_instant(since)
    with opened(config) as (loaded, database):
        engine = engine_of(loaded)
        orphans = _orphans(database, engine)
        if rule is not None and engine.compiled(rule) is None and rule not in orphans:
            raise NotFound("rule", rule, f"rules in force: {', '.join(one.id for one in engine.ruleset.rules)}")
        applier = _applier(loaded, database, engine, rule)
        application = None if dry_run else applier.begin(start, restart=restart)
        pages = applier.preview(start) if application is None else applier.pages(application, start)
        outcome = _work(database, start, pages, application, samples)
    if json:
        print_json(_document(outcome, application, dry_run=dry_run))
    else:
        _print(outcome, dry_run=dry_run)
        if orphans and rule is None:
            listed = ", ".join(f"{clean(name)} ({number})" for name, number in sorted(orphans.items()))
            note(f"left as they are, because their rules are not in force: {listed}; --rule RULE withdraws them")
    if outcome.interrupted:
        fail(INTERRUPTED)


def _orphans(database: "Database", engine: "Engine") -> dict[str, int]:
    from newswatch.store import matches

    with database.reading() as connection:
        return {name: number for name, number in matches.counts(connection).items() if engine.compiled(name) is None}


def _applier(loaded: "Config", database: "Database", engine: "Engine", rule: str | None) -> "Applier":
    from newswatch.ids import IdSource
    from newswatch.pipeline.apply import Applier

    return Applier(loaded, database, engine, loaded.route_values, system_now, IdSource.apart(system_now), rule)


def _work(
    database: "Database",
    since: datetime | None,
    pages: Iterable["Page"],
    application: "Application | None",
    samples: int,
) -> Outcome:
    from newswatch.store import archive

    position = 0
    if application is not None and application.resumed:
        position = application.position
        note(f"goes on after {many(application.articles, 'article')}, where it was broken off; --restart begins anew")
    with database.reading() as connection:
        total = archive.count(connection, since=since, after_id=position)
    outcome = Outcome()
    try:
        with counter(total=total, doing="applying rules") as count:
            for page in pages:
                outcome.add(page, samples)
                count(page.articles)
    except KeyboardInterrupt:
        outcome.interrupted = True
        after = "" if application is None else "; the same command goes on there"
        note(f"interrupted after {outcome.articles} of {total} articles, oldest first{after}")
    return outcome


def _total(outcome: Outcome) -> Counter[str]:
    return sum(outcome.rules.values(), Counter())


def _document(outcome: Outcome, application: "Application | None", *, dry_run: bool) -> dict[str, Any]:
    total = _total(outcome)
    return {
        "dry_run": dry_run,
        "resumed": application is not None and application.resumed,
        "interrupted": outcome.interrupted,
        "articles": outcome.articles,
        "left_to_the_daemon": outcome.left,
        **{kind: total[kind] for kind in _KINDS},
        "alerts_opened_as_backfill": outcome.alerts,
        "rules": _rows(outcome),
        "samples": {kind: [_sample(one) for one in outcome.samples.get(kind, [])] for kind in _KINDS},
    }


def _rows(outcome: Outcome) -> list[dict[str, Any]]:
    return [{"rule": name, **{kind: counts[kind] for kind in _KINDS}} for name, counts in sorted(outcome.rules.items())]


def _sample(change: "Change") -> dict[str, Any]:
    return {
        "rule": change.rule_id,
        "article_id": change.article.article_id,
        "first_seen_at": change.article.first_seen_at,
        "language": change.article.given.language,
        "source": change.article.given.source,
        "headline": change.article.headline,
        "before": _brief(change.before),
        "after": _brief(change.after),
    }


def _brief(match: Any) -> dict[str, Any] | None:
    if match is None:
        return None
    return {"severity": match.severity, "score": match.score, "rule_hash": match.rule_hash, "why": match.why}


def _print(outcome: Outcome, *, dry_run: bool) -> None:
    print_rows(
        _rows(outcome),
        [Column("rule", "rule"), *(Column(kind, kind, right=True) for kind in _KINDS)],
        empty="nothing changes",
    )
    for line in _samples(outcome):
        print(line)
    done = "would be looked at; nothing was changed" if dry_run else "looked at"
    print(f"{many(outcome.articles, 'article')} {done}")
    if outcome.left:
        print(f"{many(outcome.left, 'article')} left to the daemon, which has not matched the newest version yet")
    if not dry_run and outcome.alerts:
        print(f"{many(outcome.alerts, 'alert')} opened as back-filled: nobody is told until the story goes on")
    if not dry_run and outcome.rules:
        note("a daemon that runs takes changed rules up when it is reloaded (SIGHUP)")


def _samples(outcome: Outcome) -> Iterator[str]:
    for kind in _KINDS:
        kept = outcome.samples.get(kind, [])
        if not kept:
            continue
        total = _total(outcome)[kind]
        yield f"\n{kind}: {many(total, 'match')}"
        for change in kept:
            given = change.article.given
            day = change.article.first_seen_at.date().isoformat()
            headline = cut(f"{clean(given.source or 'unknown source')}: {clean(change.article.headline)}")
            yield f"  {change.article.article_id} {day} [{clean(given.language)}] {headline}"
            yield f"    {clean(change.rule_id)}: {_told(change)}"
        if total > len(kept):
            yield f"  and {total - len(kept)} more"


def _told(change: "Change") -> str:
    if change.before is None or change.after is None:
        one = change.after or change.before
        return "" if one is None else cut(f"{one.severity.value}, {clean('; '.join(one.why))}")
    before, after = change.before, change.after
    parts = [
        f"{name} {old} -> {new}"
        for name, old, new in (
            ("severity", before.severity.value, after.severity.value),
            ("score", f"{before.score:g}", f"{after.score:g}"),
            ("mentions", before.evidence_total, after.evidence_total),
        )
        if old != new
    ]
    return ", ".join(parts) or "the same by another version of the rule"
