"""`newswatch rules explain`: why an article meets a rule, or why not."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from newswatch.cli.common import ConfigOption, JsonOption, PackOption, engine_of, fail, load, opened
from newswatch.cli.given import (
    CountryOption,
    LanguageOption,
    PublishedOption,
    SourceOption,
    TextFacts,
    TitleOption,
    is_text,
    stored,
)
from newswatch.cli.output import many, note, print_json
from newswatch.errors import NotFound
from newswatch.model import MatchInput, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from newswatch.flag.explain import Explanation
    from newswatch.flag.matching import Engine

FullOption = Annotated[
    bool, typer.Option("--full", help="When explaining, show alternatives that were not needed or not found, too.")
]


def explain(
    article: Annotated[
        str,
        typer.Argument(metavar="ARTICLE", help="Id of a stored article, a file with a text, or - for standard input."),
    ],
    rule: Annotated[str | None, typer.Argument(metavar="[RULE]", help="Only this rule.")] = None,
    title: TitleOption = "",
    language: LanguageOption = None,
    source: SourceOption = "",
    country: CountryOption = "",
    published: PublishedOption = None,
    full: FullOption = False,
    pack: PackOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show why an article meets a rule by the rules in force now, or why not: the proof, clause by clause.

    Each leaf is shown with its mentions in the text, with alias and entity; proximities with the distance and its
    limit, scores with their sum and what is needed. Without RULE, the rules that the article meets or nearly meets are
    explained. The options about a text are for files. Exit code 1 if no rule is met.

    Example: newswatch rules explain 189712345678901234 kr-jp-summit
    """
    if is_text(article):
        loaded = load(config, quiet=bool(pack))
        given = TextFacts(title, language, source, country, published).article(article)
        before: Mapping[str, Severity] | None = None
    else:
        with opened(config) as (loaded, database):
            found = stored(database, article)
        given, before = found.given, found.stored
    engine = engine_of(loaded, pack)
    met = [match.rule_id for match in engine.match(given)]
    proofs = prove(engine, given, [rule] if rule is not None else _told(engine, given, met), full=full)
    if not json:
        if before is not None and not pack:
            _compare(set(met), set(before), rule)
        others = len(engine.ruleset.rules) - len(proofs)
        if others and rule is None:
            note(f"{many(others, 'more rule')} not met; name one to see why not")
    report(given, proofs, full=full, json=json)


def _told(engine: "Engine", article: MatchInput, met: Sequence[str]) -> list[str]:
    from newswatch.flag.near import near_rules

    return [*met, *near_rules(engine, article, [known.id for known in engine.ruleset.rules])]


def _compare(met: set[str], before: set[str], rule: str | None) -> None:
    changed = {one for one in met ^ before if rule in (None, one)}
    if changed:
        note(f"the stored result is another for: {', '.join(sorted(changed))} (rules or text changed since)")


def prove(engine: "Engine", article: MatchInput, rules: Sequence[str], *, full: bool) -> list["Explanation"]:
    """Explain rules for an article; unless `full`, without what tells nothing. Raises NotFound for an unknown rule."""
    from newswatch.flag.explain import explain as explained

    for rule in rules:
        if engine.compiled(rule) is None:
            raise NotFound("rule", rule, f"rules in force: {', '.join(known.id for known in engine.ruleset.rules)}")
    proofs = [explained(engine, article, rule, full=full) for rule in rules]
    return proofs if full else [one.pruned() for one in proofs]


def report(article: MatchInput, proofs: Sequence["Explanation"], *, full: bool, json: bool) -> None:
    """Print explanations; exit code 1 if none is of a match."""
    from newswatch.cli.proofs import print_proofs

    if json:
        print_json({"language": article.language, "explanations": proofs})
    else:
        print_proofs(proofs, article, full=full)
    if not any(proof.matched for proof in proofs):
        fail(1)
