"""`newswatch routes`: where alerts go, and why."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newswatch.cli.common import ConfigOption, JsonOption, UsageError, engine_of, fail, load, missing, opened, row_id
from newswatch.cli.output import Column, clean, note, print_json, print_rows
from newswatch.clock import system_now
from newswatch.errors import NotFound
from newswatch.model import AlertFacts, Route, Severity

if TYPE_CHECKING:
    from newswatch.config import Config
    from newswatch.model import AlertDecision

app = typer.Typer(help="Where alerts go.", no_args_is_help=True)

_NOT_GIVEN = "und"  # language not known, as ISO 639-2 calls it


@app.command("list")
def list_routes(config: ConfigOption = None, json: JsonOption = False) -> None:
    """List the routes in the order in which they are tried, each with its line in the configuration.

    Example: newswatch routes list
    """
    from newswatch.config.places import route_lines
    from newswatch.notify.routing import described

    loaded = load(config)
    rows = [
        {
            "route": number,
            "line": line,
            "takes": described(route),
            "to": _places(route.destinations, route.digests),
            "continue": route.continue_,
        }
        for number, (route, line) in enumerate(zip(loaded.route_values, route_lines(loaded), strict=True), start=1)
    ]
    if json:
        print_json(rows)
        return
    print_rows(
        rows,
        [
            Column("route", "route", right=True),
            Column("line", "line", right=True),
            Column("takes", "takes", wide=True),
            Column("to", lambda row: _goes(row["to"]), wide=True),
            Column("then", lambda row: "goes on" if row["continue"] else "ends"),
        ],
        empty="no routes, so nobody is told of anything; add [[routes]] to the configuration",
    )


@app.command("test")
def try_out(
    given: Annotated[str | None, typer.Argument(metavar="[ID]", help="Id of a stored article or story.")] = None,
    rule: Annotated[
        str | None, typer.Option(help="Id of a rule; its severities and tags count unless given here.")
    ] = None,
    severity: Annotated[
        Severity | None, typer.Option(metavar="SEVERITY", help="info, normal (the default), high or flash.")
    ] = None,
    language: Annotated[str | None, typer.Option(help="Language of the article, as a tag: ko, zh-Hant.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="Tag of the rule. Can be given repeatedly.")] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show which routes take an alert, and for each other one why it does not.

    For a stored article or story: every rule that it met, and whether it would be told now. Exit code 1 if an alert
    would go nowhere.

    Example: newswatch routes test --rule kr-jp-summit --language ko
    """
    labels = (rule, severity, language, tag)
    if (given is None) == (not any(labels)):
        raise UsageError("give either the id of an article or story, or --rule, --severity, --language or --tag")
    now = system_now()
    if given is not None:
        loaded, facts = _stored(config, given)
    else:
        loaded = load(config)
        facts = list(_labelled(loaded, rule, severity, language, tag, now))
    cases = list(_cases(loaded, facts, now))
    if json:
        print_json({"cases": cases})
    else:
        for one in cases:
            for line in _lines(one):
                print(line)
        if not cases:
            note("it meets no rule, so there is nothing to route; `newswatch rules explain` shows why")
    if not cases or not all(one["to"] for one in cases):
        fail(1)


def _labelled(
    loaded: "Config",
    rule: str | None,
    severity: Severity | None,
    language: str | None,
    tags: Sequence[str] | None,
    now: datetime,
) -> Iterable[AlertFacts]:
    """Yield what the options say; without a severity, once for each that the rule can have. Raises NotFound."""
    severities, known_tags = [severity or Severity.NORMAL], tuple(tags or ())
    if rule is not None:
        found = {one.id: one for one in engine_of(loaded).ruleset.rules}
        if rule not in found:
            raise NotFound("rule", rule, f"rules in force: {', '.join(found) or 'none'}")
        known_tags = known_tags or found[rule].tags
        if severity is None:
            every = {found[rule].severity, *(case.severity for case in found[rule].severities)}
            severities = sorted(every, key=lambda one: one.rank)
    for one in severities:
        yield AlertFacts(
            rule or "", one, known_tags, language or _NOT_GIVEN, backfill=False, published=None, first_seen_at=now
        )


def _stored(config: Path | None, given: str) -> tuple["Config", list[AlertFacts]]:
    """Return what a stored article, or each of a story, has met. Raises NotFound."""
    from newswatch.pipeline.making import facts_of
    from newswatch.store import chain, stories

    asked = row_id("story", given)
    with opened(config) as (loaded, database), database.reading() as connection:
        story_id = chain.story_named(connection, asked)
        found = chain.read(connection, story_id) if story_id is not None else None
        if found is None:
            raise missing("story", given)
        members = {one.article_id: one for one in stories.members(connection, found.story["id"])}
    return loaded, [
        replace(facts_of(row), published=members[row["article_id"]].published)
        for row in found.matches
        if asked not in members or row["article_id"] == asked
    ]


def _cases(loaded: "Config", facts: Iterable[AlertFacts], now: datetime) -> Iterator[dict[str, Any]]:
    """Yield where alerts go and why; those that are the same for routes once."""
    from newswatch.config.places import route_lines
    from newswatch.notify.decide import decide_alert

    routes, lines = loaded.route_values, route_lines(loaded)
    decided: dict[tuple[Any, ...], tuple[AlertFacts, AlertDecision]] = {}
    for one in facts:
        decision = decide_alert(one, routes=routes, now=now, settings=loaded.alerts)
        decided.setdefault((one.rule_id, one.severity, one.tags, one.language, decision.suppressed), (one, decision))
    for one, decision in decided.values():
        yield _case(one, decision, routes, lines)


def _case(
    facts: AlertFacts, decision: "AlertDecision", known: Sequence[Route], lines: Sequence[int | None]
) -> dict[str, Any]:
    from newswatch.notify.routing import described, tried

    routes = [
        {
            "route": one.number,
            "line": line,
            "takes": described(one.route),
            "taken": one.taken,
            "refusal": one.refusal,
            "to": _places(one.route.destinations, one.route.digests),
        }
        for one, line in zip(tried(facts, known), lines, strict=True)
    ]
    return {
        "rule_id": facts.rule_id or None,
        "severity": facts.severity,
        "tags": facts.tags,
        "language": facts.language,
        "to": _places(decision.destinations, decision.digests),
        "not_told": decision.suppressed,
        "reason": decision.reason,
        "routes": routes,
    }


def _places(destinations: Sequence[str], digests: Iterable[tuple[str, Any]]) -> list[dict[str, Any]]:
    instant = [{"destination": name, "digest": None} for name in destinations]
    return instant + [{"destination": name, "digest": digest} for name, digest in digests]


def _goes(to: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(
        f"{one['destination']} ({one['digest']} digest)" if one["digest"] else one["destination"] for one in to
    )


def _lines(case: Mapping[str, Any]) -> Iterable[str]:
    facts = [f"rule {case['rule_id']}"] if case["rule_id"] else []
    facts.append(f"severity {case['severity']}")
    facts += [f"language {case['language']}"] if case["language"] != _NOT_GIVEN else []
    facts += [f"tags {', '.join(case['tags'])}"] if case["tags"] else []
    yield f"{clean('; '.join(facts))} -> {clean(_goes(case['to'])) or 'nobody'}"
    if case["not_told"] not in (None, "no_route"):
        yield f"  but not told at once ({case['not_told']}): {clean(case['reason'])}"
    for one in case["routes"]:
        where = f"route {one['route']}" + (f" (line {one['line']})" if one["line"] else "")
        if one["taken"]:
            yield f"  {where} takes it: {clean(one['takes'])}; to {clean(_goes(one['to']))}"
        else:
            yield f"  {where} does not: {clean(one['refusal'])}"
    if not case["routes"]:
        yield "  there are no routes; add [[routes]] to the configuration"
