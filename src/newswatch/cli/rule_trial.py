"""`newswatch rules test` and `explain`: which rules a text meets, and why or why not."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from newswatch.cli.common import (
    ConfigOption,
    JsonOption,
    PackOption,
    UsageError,
    engine_of,
    fail,
    load,
    missing,
    opened,
    read_input,
    row_id,
)
from newswatch.cli.output import clean, clean_text, many, note, print_json
from newswatch.errors import NotFound
from newswatch.model import Match, MatchInput

if TYPE_CHECKING:
    from newswatch.flag.explain import Explanation
    from newswatch.flag.matching import Engine

RuleArgument = Annotated[str | None, typer.Argument(metavar="[RULE]", help="Only this rule.")]
FullOption = Annotated[
    bool, typer.Option("--full", help="Show alternatives of which nothing was found, too, when explaining.")
]


def try_out(
    file: Annotated[
        str | None, typer.Argument(metavar="[FILE]", help="A text, or - for standard input. Default: the packs' tests.")
    ] = None,
    title: Annotated[str, typer.Option(help="Headline of the text.")] = "",
    language: Annotated[str | None, typer.Option(help="Language of the text; found out by default.")] = None,
    source: Annotated[str, typer.Option(help="Publisher of the text.")] = "",
    country: Annotated[str, typer.Option(help="Country of the publisher.")] = "",
    published: Annotated[str | None, typer.Option(metavar="DAY", help="Day of publication, 2026-01-13.")] = None,
    rule: Annotated[
        str | None, typer.Option("--explain", metavar="RULE", help="Show why the text meets this rule, or why not.")
    ] = None,
    full: FullOption = False,
    pack: PackOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show which rules a text meets and why; without FILE, run the tests of the packs.

    Exit code 1 if no rule is met, or a test fails.

    Example: newswatch rules test article.txt --pack harbours.toml --explain harbour-strike
    """
    day = _day(published)
    engine = engine_of(load(config, quiet=bool(pack)), pack)
    if file is None:
        if rule is not None:
            raise UsageError("--explain needs a text: newswatch rules test FILE --explain RULE")
        _run_pack_tests(engine, json=json)
        return
    text = read_input(file)
    article = MatchInput(
        title=title,
        body=text,
        language=language or _language(f"{title}\n\n{text}"),
        source=source,
        country=country,
        published_on=day,
    )
    if rule is None:
        _report(article, engine.match(article), json=json)
    else:
        _report_proofs(article, _proofs(engine, article, [rule]), full=full, json=json)


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
            _print_match(match, article)
        if not matches:
            note(f"no rule is met (language {article.language}); --explain RULE shows why not")
    if not matches:
        fail(1)


def _print_match(match: Match, article: MatchInput) -> None:
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
        print(f"{many(len(results), 'test')}, {len(failed)} failed")
    if failed:
        fail(1)


def explain(
    article: Annotated[str, typer.Argument(metavar="ARTICLE", help="Id of a stored article.")],
    rule: RuleArgument = None,
    full: FullOption = False,
    pack: PackOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show why a stored article meets a rule by the rules in force now, or why not: the proof, clause by clause.

    Without RULE, rules that it meets or nearly meets are explained. Exit code 1 if it meets none.

    Example: newswatch rules explain 189712345678901234 kr-jp-summit
    """
    from newswatch.cli.near import near_rules
    from newswatch.store import archive, articles

    with opened(config) as (loaded, database), database.reading() as connection:
        article_id = row_id("article", article)
        found = archive.get(connection, article_id)
        if found is None and articles.listing(connection, limit=1, ids=[article_id]):
            message = "the text of this article is no longer kept ([retention] texts), so it cannot be matched again"
            raise UsageError(message)
    if found is None:
        raise missing("article", article)
    engine = engine_of(loaded, pack)
    met = [match.rule_id for match in engine.match(found.given)]
    everything = [known.id for known in engine.ruleset.rules]
    wanted = [rule] if rule is not None else [*met, *near_rules(engine, found.given, everything)]
    proofs = _proofs(engine, found.given, wanted)
    changed = {one for one in set(met) ^ set(found.stored) if rule in (None, one)}
    if changed and not (pack or json):
        note(f"the stored result is another for: {', '.join(sorted(changed))} (rules or text changed since)")
    others = len(everything) - len(proofs)
    if others and rule is None and not json:
        note(f"{many(others, 'more rule')} not met; name one to see why not")
    _report_proofs(found.given, proofs, full=full, json=json)


def _proofs(engine: "Engine", article: MatchInput, rules: Sequence[str]) -> list["Explanation"]:
    from newswatch.flag.explain import explain as prove

    for rule in rules:
        if engine.compiled(rule) is None:
            raise NotFound("rule", rule, f"rules in force: {', '.join(known.id for known in engine.ruleset.rules)}")
    return [prove(engine, article, rule) for rule in rules]


def _report_proofs(article: MatchInput, proofs: Sequence["Explanation"], *, full: bool, json: bool) -> None:
    if json:
        print_json({"language": article.language, "explanations": proofs})
    else:
        for proof in proofs:
            print(clean_text(proof.render(full=full)))
    if not any(proof.matched for proof in proofs):
        fail(1)
