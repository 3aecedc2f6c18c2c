"""`newswatch rules`: what is looked for, and what a text would meet."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newswatch.cli.common import (
    ConfigOption,
    JsonOption,
    UsageError,
    engine_of,
    fail,
    load,
    missing,
    opened,
    read_input,
    row_id,
)
from newswatch.cli.output import Column, clean, note, print_json, print_rows
from newswatch.errors import NotFound
from newswatch.model import Match, MatchInput, Severity

if TYPE_CHECKING:
    from newswatch.config import Config
    from newswatch.flag.matching import Engine

app = typer.Typer(help="The rules in force.", no_args_is_help=True)

RuleArgument = Annotated[str | None, typer.Argument(metavar="[RULE]", help="Only this rule.")]


@app.command("list")
def list_rules(config: ConfigOption = None, json: JsonOption = False) -> None:
    """List the rules of the configured packs with severity, tags and where their alerts go.

    Example: newswatch rules list
    """
    from newswatch.cli.routing import destinations_of

    loaded = load(config)
    ruleset = engine_of(loaded).ruleset
    rows = [
        {
            "id": rule.id,
            "name": rule.name,
            "severity": rule.severity,
            "severities": [
                severity for severity in Severity if severity in {case.severity for case in rule.severities}
            ],
            "tags": rule.tags,
            "languages": rule.languages,
            "destinations": destinations_of(rule, loaded.route_values),
            "description": rule.description,
            "query": rule.query,
            "hash": rule.hash,
        }
        for rule in ruleset.rules
    ]
    if json:
        print_json(rows)
        return
    print_rows(
        rows,
        [
            Column("id", "id"),
            Column("name", "name", wide=True),
            Column("severity", lambda row: list(dict.fromkeys([row["severity"], *row["severities"]]))),
            Column("tags", "tags", wide=True),
            Column("languages", lambda row: row["languages"] or "all"),
            Column("goes to", lambda row: row["destinations"] or "nobody"),
        ],
        empty="no rules; name packs in [rules] packs",
    )


@app.command("test")
def try_out(
    file: Annotated[
        str | None, typer.Argument(metavar="[FILE]", help="A text, or - for standard input. Default: the packs' tests.")
    ] = None,
    title: Annotated[str, typer.Option(help="Headline of the text.")] = "",
    language: Annotated[str | None, typer.Option(help="Language of the text; found out by default.")] = None,
    source: Annotated[str, typer.Option(help="Publisher of the text.")] = "",
    country: Annotated[str, typer.Option(help="Country of the publisher.")] = "",
    published: Annotated[str | None, typer.Option(metavar="DAY", help="Day of publication, 2026-01-13.")] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show which rules a text meets and why; without FILE, run the tests of the packs.

    Exit code 1 if no rule is met, or a test fails.

    Example: newswatch rules test article.txt --language ko
    """
    engine = engine_of(load(config))
    if file is None:
        _run_pack_tests(engine, json=json)
        return
    text = read_input(file)
    article = MatchInput(
        title=title,
        body=text,
        language=language or _language(f"{title}\n\n{text}"),
        source=source,
        country=country,
        published_on=_day(published),
    )
    _report(article, engine.match(article), json=json)


def _language(text: str) -> str:
    from newswatch.extract.language import detect_language

    return detect_language(text).language


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--published {text!r} is not a day; write for example 2026-01-13") from None


def _report(article: MatchInput, matches: tuple[Match, ...], *, json: bool) -> None:
    if json:
        print_json({"language": article.language, "matches": matches})
    else:
        for match in matches:
            print_match(match, article)
        if not matches:
            note(f"no rule is met (language {article.language})")
    if not matches:
        fail(1)


def print_match(match: Match, article: MatchInput) -> None:
    """Print one match: the rule, why, and each piece of evidence in its surroundings."""
    score = f", score {match.score:g} of {match.threshold:g}" if match.threshold else ""
    print(f"{match.rule_id}: {clean(match.rule_name)} ({match.severity.value}{score})")
    for line in match.why:
        print(f"  because {clean(line)}")
    for found in match.evidence:
        text = article.title if found.field == "title" else article.body
        name = f"  [{found.entity}]" if found.entity else ""
        before, after = clean(text[max(0, found.start - 30) : found.start]), clean(text[found.end : found.end + 30])
        print(f"  {found.field} {found.start}-{found.end}: …{before} «{clean(found.text)}» {after}…{name}")
    if match.evidence_total > len(match.evidence):
        print(f"  and {match.evidence_total - len(match.evidence)} more")


def _run_pack_tests(engine: "Engine", *, json: bool) -> None:
    results = []
    for case in engine.ruleset.tests:
        article = MatchInput(
            title=case.title,
            body=case.text,
            language=case.language,
            source=case.source,
            country=case.country,
            url=case.url,
            published_on=case.published,
        )
        matches = {match.rule_id: match for match in engine.match(article) if match.rule_id in case.rules}
        problems = [f"{rule} is not met" for rule in case.expect if rule not in matches]
        problems += [f"{rule} is met" for rule in matches if rule not in case.expect]
        first = matches.get(case.expect[0]) if case.expect else None
        if case.severity is not None and first is not None and first.severity is not case.severity:
            problems.append(f"severity is {first.severity.value}, not {case.severity.value}")
        results.append({"test": case.name, "ok": not problems, "problems": problems})
    failed = [result for result in results if not result["ok"]]
    if json:
        print_json({"tests": len(results), "failed": len(failed), "results": results})
    else:
        for result in failed:
            print(f"{clean(result['test'])}: {clean(result['problems'])}")
        print(f"{len(results)} tests, {len(failed)} failed")
    if failed:
        fail(1)


@app.command()
def explain(
    article: Annotated[str, typer.Argument(metavar="ARTICLE", help="Id of a stored article.")],
    rule: RuleArgument = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show why a stored article meets a rule by the rules in force now, or why not.

    Exit code 1 if it meets none.

    Example: newswatch rules explain 189712345678901234 korea-japan-summit
    """
    from newswatch.store import articles

    with opened(config) as (loaded, database), database.reading() as connection:
        article_id = row_id("article", article)
        found = articles.show(connection, article_id)
        if found is None:
            raise missing("article", article)
    text = found["versions"][-1]["text"]
    if text is None:
        raise UsageError(
            "the text of this article is no longer kept ([retention] texts), so it cannot be matched again"
        )
    engine = engine_of(loaded)
    ids = [known.id for known in engine.ruleset.rules]
    if rule is not None and rule not in ids:
        raise NotFound("rule", rule, f"rules in force: {', '.join(ids)}")
    day = found["published_on"] or (found["published_at"].date() if found["published_at"] else None)
    given = MatchInput(
        title=found["versions"][-1]["title"] or "",
        body=text,
        language=found["language"],
        source=found["source_name"] or "",
        url=found["canonical_url"] or found["url"] or "",
        authors=tuple(found["authors"]),
        section=found["section"] or "",
        published_on=day,
    )
    met = tuple(match for match in engine.match(given) if rule in (None, match.rule_id))
    if not json:
        changed = sorted({match.rule_id for match in met} ^ {one for one in found["rules"] if rule in (None, one)})
        if changed:
            note(f"the stored result is another for: {', '.join(changed)} (rules or text changed since)")
    _report(given, met, json=json)


@app.command()
def lint(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Look for rules that are allowed but hardly meant: slow ones, untested ones, ones nobody hears of.

    Exit code 1 if there are any.

    Example: newswatch rules lint
    """
    loaded = load(config)
    findings = lint_findings(loaded, engine_of(loaded))
    if json:
        print_json({"ok": not findings, "findings": findings})
    else:
        for finding in findings:
            print(f"{finding['rule']}: {finding['message']} ({finding['remedy']})")
        note(f"{len(findings)} findings" if findings else "nothing to complain about")
    if findings:
        fail(1)


def lint_findings(config: "Config", engine: "Engine") -> list[dict[str, Any]]:
    """Return what is doubtful about the rules of `engine` and the routes of `config`."""
    from newswatch.cli.routing import destinations_of

    ruleset = engine.ruleset
    found: list[tuple[str, str, str]] = []
    tested = {rule for case in ruleset.tests for rule in case.expect}
    for rule in ruleset.rules:
        if rule.id in engine.always_run:
            remedy = "add a word that every article of interest contains"
            found.append((rule.id, "no word is necessary for it, so it is evaluated for every article", remedy))
        if rule.id not in tested:
            found.append(
                (rule.id, "no test of its pack expects it", "add a [[tests]] entry with a text that it must meet")
            )
        if not destinations_of(rule, config.route_values):
            found.append((rule.id, "no route takes its alerts", "add a [[routes]] entry, or nobody hears of it"))
    ids, tags = {rule.id for rule in ruleset.rules}, {tag for rule in ruleset.rules for tag in rule.tags}
    for number, route in enumerate(config.route_values, start=1):
        place = f"routes[{number}]"
        found += [
            (place, f"there is no rule {name}", "see `newswatch rules list`") for name in route.rules if name not in ids
        ]
        found += [
            (place, f"no rule has the tag {name}", "see `newswatch rules list`")
            for name in route.tags
            if name not in tags
        ]
    return [{"rule": rule, "message": message, "remedy": remedy} for rule, message, remedy in found]


@app.command()
def packs(json: JsonOption = False) -> None:
    """List the rule packs that come with newswatch.

    Example: newswatch rules packs
    """
    from newswatch.flag.packs import shipped_packs

    names = list(shipped_packs())
    if json:
        print_json(names)
    else:
        for name in names:
            print(name)
