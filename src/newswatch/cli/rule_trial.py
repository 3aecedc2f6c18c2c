"""`newswatch rules test`: the packs' own tests, labelled texts, or which rules one text meets."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newswatch.cli.common import ConfigOption, JsonOption, PackOption, UsageError, engine_of, fail, load, opened
from newswatch.cli.given import CountryOption, LanguageOption, PublishedOption, SourceOption, TextFacts, TitleOption
from newswatch.cli.output import clean, many, note, print_json
from newswatch.cli.rule_explain import FullOption, prove, report
from newswatch.cli.trial import Gates, Trial, feedback_trial, labelled_trial, pack_trial, print_trial, trial_document
from newswatch.model import Match, MatchInput

if TYPE_CHECKING:
    from newswatch.flag.matching import Engine

_LABELLED = (".jsonl", ".ndjson")

Least = Annotated[float | None, typer.Option(min=0, max=1, help="Exit code 1 if the overall figure is lower.")]


def try_out(
    file: Annotated[
        str | None,
        typer.Argument(
            metavar="[FILE]",
            help="A text, labelled texts (.jsonl), or - for standard input. Default: the packs' tests.",
        ),
    ] = None,
    *,
    title: TitleOption = "",
    language: LanguageOption = None,
    source: SourceOption = "",
    country: CountryOption = "",
    published: PublishedOption = None,
    explained: Annotated[
        str | None, typer.Option("--explain", metavar="RULE", help="Show why the text meets this rule, or why not.")
    ] = None,
    full: FullOption = False,
    rule: Annotated[
        str | None,
        typer.Option(metavar="RULE", help="Only this rule. Default with labels: the first of the highest severity."),
    ] = None,
    labelled: Annotated[
        bool, typer.Option("--labelled", help="Read FILE as labelled texts, whatever its name.")
    ] = False,
    feedback: Annotated[
        bool, typer.Option("--feedback", help="Articles that rules flagged, labelled by what readers said of them.")
    ] = False,
    beta: Annotated[
        float, typer.Option(min=0.01, max=100, help="How many times as important as precision recall is in F.")
    ] = 1.0,
    sweep: Annotated[bool, typer.Option("--sweep", help="Show what other thresholds would give.")] = False,
    min_precision: Least = None,
    min_recall: Least = None,
    min_f1: Least = None,
    min_f: Annotated[float | None, typer.Option("--min-f", min=0, max=1, help="The same for F with --beta.")] = None,
    pack: PackOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Try rules: on the tests of their packs, on labelled texts, on what readers judged, or on one text.

    Tests and labelled texts give precision, recall and F, the mistakes, and with --sweep what other thresholds would
    give. Labelled texts are JSON Lines as for `rules evaluate`, which counts them by kind and severity. Exit code 1
    if a test fails, a line cannot be used, a figure is too low, or the one text meets no rule. With --feedback, what
    was never flagged is not among the texts: recall is that of the relevant articles which a rule found before.

    Example: newswatch rules test labelled.jsonl --rule harbour-strike --pack harbours.toml --sweep --min-recall 0.95
    """
    facts = TextFacts(title, language, source, country, published)
    many_texts = file is None or labelled or file.endswith(_LABELLED)
    if feedback and (file is not None or labelled):
        raise UsageError("--feedback takes the texts from the database; leave FILE and --labelled out")
    _refuse(file, explained, many_texts=many_texts, sweep=sweep, labelled=labelled)
    engine = engine_of(load(config, quiet=bool(pack)), pack)
    if not many_texts:
        _one_text(engine, facts.article(file or "-"), rule, explained, full=full, json=json)
        return
    if feedback:
        trial = _judged(engine, rule, config)
    else:
        trial = pack_trial(engine, rule) if file is None else labelled_trial(engine, file, rule)
    gates = Gates(beta, {"precision": min_precision, "recall": min_recall, "f1": min_f1, "f": min_f})
    _report(trial, gates, sweep=sweep, json=json)


def _judged(engine: "Engine", rule: str | None, config: Path | None) -> Trial:
    from newswatch.cli.judgements import labelled_texts

    with opened(config) as (_, database), database.reading() as connection:
        texts, gone = labelled_texts(connection, rule)
    if gone:
        note(f"{many(gone, 'article')} left out: the text is no longer kept ([retention] texts)")
    if not texts:
        note("nobody has judged anything yet; messages carry links for it (docs/alerts.md, Answers of readers)")
    return feedback_trial(engine, texts, rule)


def _refuse(file: str | None, explained: str | None, *, many_texts: bool, sweep: bool, labelled: bool) -> None:
    """Raise UsageError for options that do not go together."""
    if labelled and file is None:
        raise UsageError("--labelled needs a file: newswatch rules test labelled.jsonl")
    if many_texts and explained is not None:
        raise UsageError("--explain needs one text: newswatch rules test FILE --explain RULE")
    if sweep and not many_texts:
        raise UsageError("--sweep needs labelled texts (.jsonl) or the packs' tests, not one text")


def _report(trial: Trial, gates: Gates, *, sweep: bool, json: bool) -> None:
    too_low = gates.too_low(trial.overall)
    if json:
        print_json(trial_document(trial, gates, sweep=sweep))
    else:
        print_trial(trial, gates, sweep=sweep)
        for problem in (*trial.problems, *too_low):
            note(str(problem))
    if too_low or trial.problems or trial.failed:
        fail(1)


def _one_text(
    engine: "Engine", article: MatchInput, rule: str | None, explained: str | None, *, full: bool, json: bool
) -> None:
    if explained is not None:
        report(article, prove(engine, article, [explained], full=full), full=full, json=json)
        return
    matches = [match for match in engine.match(article) if rule in (None, match.rule_id)]
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
    from newswatch.cli.proofs import mention, plain_console

    score = f", score {match.score:g} of {match.threshold:g}" if match.threshold else ""
    print(f"{match.rule_id}: {clean(match.rule_name)} ({match.severity.value}{score})")
    for line in match.why:
        print(f"  because {clean(line)}")
    console = plain_console()
    for found in match.evidence:
        console.print("  ", mention(found, article), sep="")
    if match.evidence_total > len(match.evidence):
        print(f"  and {match.evidence_total - len(match.evidence)} more")
