"""`newswatch rules lint`: rules that are allowed but hardly meant."""

from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newswatch.cli.common import ConfigOption, JsonOption, PackOption, engine_of, fail, load, opened
from newswatch.cli.output import clean, many, note, print_json
from newswatch.cli.progress import tracked
from newswatch.flag.findings import CODES, MEASURED, ROUTED, Finding, settle

if TYPE_CHECKING:
    from newswatch.config import Config
    from newswatch.flag.matching import Engine
    from newswatch.flag.ruleset import RuleSet
    from newswatch.flag.sample import Sample

_MEASURED = 1_000  # articles; a share of 5 % is then known to within 1.5 points


def lint(
    pack: PackOption = None,
    archive: Annotated[
        bool, typer.Option("--archive", help="Try the rules on the last 1000 stored articles, too.")
    ] = False,
    most: Annotated[
        float,
        typer.Option(
            metavar="PERCENT", min=0.1, max=100, help="With --archive: name rules that match more of the articles."
        ),
    ] = 10.0,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Look for rules that are allowed but hardly meant: slow, ambiguous, never met, untested, heard by nobody.

    Findings name the rule with line and column in its query, and a code; docs/rules.md explains each. What a pack
    lists under [[lint_ignore]] is left out. Routes are looked at for the configured packs only. Exit code 0 if there
    is nothing to complain about, 1 if there are findings, 2 if a pack is refused.

    Example: newswatch rules lint --pack harbours.toml
    """
    from newswatch.flag.lint import lint as lint_rules

    loaded = load(config, quiet=bool(pack))
    engine = engine_of(loaded, pack)
    sample = _sample(config, engine) if archive else None
    found = [*lint_rules(engine, sample=sample, most=most / 100), *untested(engine.ruleset)]
    looked_for = set(CODES) - (set() if archive else MEASURED) - (ROUTED if pack else set())
    if not pack:
        found += route_findings(loaded, engine.ruleset)
    findings, accepted = settle(found, engine.ruleset.ignores, looked_for)
    if json:
        print_json(
            {
                "ok": not findings,
                "rules": len(engine.ruleset.rules),
                "articles": sample.articles if sample else 0,
                "findings": [_document(finding) for finding in findings],
                "ignored": [{**_document(finding), "reason": reason} for finding, reason in accepted],
            }
        )
    else:
        for finding in findings:
            print(clean(finding))
        result = many(len(findings), "finding") if findings else "nothing to complain about"
        ignored = f", {len(accepted)} ignored" if accepted else ""
        note(f"{many(len(engine.ruleset.rules), 'rule')}, {result}{ignored}")
    if findings:
        fail(1)


def _document(finding: Finding) -> dict[str, Any]:
    row = asdict(finding)
    where = row.pop("where")
    return {"rule": where, **row}


def _sample(config: Path | None, engine: "Engine") -> "Sample":
    from newswatch.flag.sample import ENOUGH, take
    from newswatch.store import archive

    with opened(config) as (_, database):
        with database.reading() as connection:
            total = min(_MEASURED, archive.count(connection))
        if total < ENOUGH:
            stored = f"{many(total, 'article')} stored" if total else "no articles stored"
            note(f"{stored}; shares of articles say something from {ENOUGH} on")
        latest = islice(archive.scan(database), total)
        return take(engine, [one.given for one in tracked(latest, total=total, doing="reading articles")])


def untested(ruleset: "RuleSet") -> list[Finding]:
    """Return the rules that no test expects."""
    tested = {rule for case in ruleset.tests for rule in case.expect}
    remedy = "add a [[tests]] entry with a text that it must meet"
    return [
        Finding("untested", rule.id, "no test of its pack expects it", remedy)
        for rule in ruleset.rules
        if rule.id not in tested
    ]


def route_findings(config: "Config", ruleset: "RuleSet") -> list[Finding]:
    """Return the rules that no route takes, and what routes name but no rule has."""
    from newswatch.cli.routing import destinations_of

    remedy = "add a [[routes]] entry, or nobody hears of it"
    found = [
        Finding("unrouted", rule.id, "no route takes its alerts", remedy)
        for rule in ruleset.rules
        if not destinations_of(rule, config.route_values)
    ]
    ids, tags = {rule.id for rule in ruleset.rules}, {tag for rule in ruleset.rules for tag in rule.tags}
    for number, route in enumerate(config.route_values, start=1):
        missing = [f"there is no rule {name}" for name in route.rules if name not in ids]
        missing += [f"no rule has the tag {name}" for name in route.tags if name not in tags]
        found += [
            Finding("route-names-nothing", f"routes[{number}]", message, "see `newswatch rules list`")
            for message in missing
        ]
    return found
