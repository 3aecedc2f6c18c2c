"""`newswatch rules lint`: rules that are allowed but hardly meant."""

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newswatch.cli.common import ConfigOption, JsonOption, PackOption, engine_of, fail, load, opened
from newswatch.cli.output import clean, many, note, print_json
from newswatch.cli.progress import tracked
from newswatch.errors import Problem

if TYPE_CHECKING:
    from newswatch.config import Config
    from newswatch.flag.matching import Engine
    from newswatch.flag.ruleset import RuleSet

_MEASURED = 1_000  # articles; a share of 5 % is then known to within 1.5 points


def lint(
    pack: PackOption = None,
    archive: Annotated[
        bool, typer.Option("--archive", help="Look for words that stand in too many of the last 1000 stored articles.")
    ] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Look for rules that are allowed but hardly meant: slow, ambiguous, never met, untested, heard by nobody.

    Findings name the rule with line and column in its query. Routes are looked at for the configured packs only. Exit
    code 1 if there are any findings.

    Example: newswatch rules lint --pack harbours.toml
    """
    loaded = load(config, quiet=bool(pack))
    engine = engine_of(loaded, pack)
    frequencies = _frequencies(config, engine) if archive else {}
    findings = lint_findings(engine, frequencies)
    if not pack:
        findings += route_findings(loaded, engine.ruleset)
    if json:
        rows = [
            {"rule": one.where, "line": one.line, "column": one.column, "message": one.message, "remedy": one.remedy}
            for one in findings
        ]
        print_json({"ok": not findings, "findings": rows})
    else:
        for finding in findings:
            print(clean(finding))
        result = many(len(findings), "finding") if findings else "nothing to complain about"
        note(f"{many(len(engine.ruleset.rules), 'rule')}, {result}")
    if findings:
        fail(1)


def _frequencies(config: Path | None, engine: "Engine") -> dict[str, float]:
    from newswatch.store import archive

    with opened(config) as (_, database):
        with database.reading() as connection:
            total = min(_MEASURED, archive.count(connection))
        if not total:
            note("there are no stored articles to measure words in")
        latest = islice(archive.scan(database), total)
        return engine.measure(one.given for one in tracked(latest, total=total, doing="reading articles"))


def lint_findings(engine: "Engine", frequencies: dict[str, float]) -> list[Problem]:
    """Return what is doubtful about the rules of `engine` themselves, and those that no test expects."""
    from newswatch.flag.lint import lint as lint_rules

    tested = {rule for case in engine.ruleset.tests for rule in case.expect}
    untested = [
        Problem(rule.id, "no test of its pack expects it", "add a [[tests]] entry with a text that it must meet")
        for rule in engine.ruleset.rules
        if rule.id not in tested
    ]
    return [*lint_rules(engine, frequencies=frequencies), *untested]


def route_findings(config: "Config", ruleset: "RuleSet") -> list[Problem]:
    """Return the rules that no route takes, and what routes name but no rule has."""
    from newswatch.cli.routing import destinations_of

    found = [
        Problem(rule.id, "no route takes its alerts", "add a [[routes]] entry, or nobody hears of it")
        for rule in ruleset.rules
        if not destinations_of(rule, config.route_values)
    ]
    ids, tags = {rule.id for rule in ruleset.rules}, {tag for rule in ruleset.rules for tag in rule.tags}
    for number, route in enumerate(config.route_values, start=1):
        missing = [f"there is no rule {name}" for name in route.rules if name not in ids]
        missing += [f"no rule has the tag {name}" for name in route.tags if name not in tags]
        found += [Problem(f"routes[{number}]", message, "see `newswatch rules list`") for message in missing]
    return found
