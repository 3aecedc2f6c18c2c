"""`newswatch rules evaluate`: how well a rule tells labelled texts apart."""

import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newswatch.cli.common import ConfigOption, JsonOption, PackOption, UsageError, engine_of, fail, load
from newswatch.cli.labelled import Counts, Label, Labelled, Mistake, Reported, Score, read_labelled
from newswatch.cli.output import Column, clean, many, note, print_json, print_rows
from newswatch.cli.progress import tracked
from newswatch.errors import NotFound, Problem
from newswatch.model import MatchInput, Severity

if TYPE_CHECKING:
    from newswatch.flag.matching import Engine
    from newswatch.flag.ruleset import Rule

_LONG = 100  # characters of a headline or reason in the list of mistakes
_GATES = ("precision", "recall", "f1")

Gate = Annotated[float | None, typer.Option(min=0, max=1, help="Exit code 1 if the overall figure is lower.")]


def evaluate(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="JSON Lines with title, text and label (positive, negative, borderline), or -."
        ),
    ],
    rule: Annotated[
        str | None, typer.Option(metavar="RULE", help="Rule to score. Default: the first of the highest severity.")
    ] = None,
    lead_only: Annotated[
        bool, typer.Option("--lead-only", help="Show the rule only headline and lead, as most feeds do.")
    ] = False,
    min_precision: Gate = None,
    min_recall: Gate = None,
    min_f1: Gate = None,
    pack: PackOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Score a rule on labelled texts: precision, recall and F1 for each language, and the mistakes by kind.

    Lines may also have id, lang (else found out), kind (what sort of text it is), date (2026-01-13), tier (how near to
    the topic a negative is), severity (with which it should be reported), source, country and url. Borderline texts
    are counted apart: neither answer is wrong there. Lines that cannot be used are named and left out. Exit code 1 if
    there are any, or a figure is too low.

    Example: newswatch rules evaluate labelled.jsonl --rule harbour-strike --pack harbours.toml --min-f1 0.9
    """
    engine = engine_of(load(config, quiet=bool(pack)), pack)
    chosen = chosen_rule(engine, rule)
    problems: list[Problem] = []
    score = Score()
    lines = read_lines(file)
    for one in read_labelled(tracked(lines, total=len(lines), doing=f"evaluating {chosen.id}"), file):
        if isinstance(one, Problem):
            problems.append(one)
        else:
            text = replace(one, given=_lead(one.given)) if lead_only else one
            score.add(text, *_answer(engine, chosen.id, text))
    wanted = dict(zip(_GATES, (min_precision, min_recall, min_f1), strict=True))
    too_low = [
        f"{name} is {_shown(value)}, wanted is {least:g}"
        for name, least in wanted.items()
        if least is not None and ((value := getattr(score.overall, name)) is None or value < least)
    ]
    if json:
        print_json({"rule": chosen.id, **_document(score), "too_low": too_low, "problems": problems})
    else:
        _print(score, chosen)
        for problem in (*problems, *too_low):
            note(str(problem))
    if problems or too_low:
        fail(1)


def chosen_rule(engine: "Engine", rule_id: str | None) -> "Rule":
    """Return a rule, the first of the highest severity if none is named. Raises UsageError, NotFound."""
    rules = engine.ruleset.rules
    if not rules:
        raise UsageError("there are no rules to evaluate; name a pack with --pack")
    if rule_id is None:
        return max(rules, key=lambda one: one.severity.rank)  # the first of several
    found = engine.compiled(rule_id)
    if found is None:
        raise NotFound("rule", rule_id, f"rules in force: {', '.join(one.id for one in rules)}")
    return found.rule


def read_lines(file: str) -> list[bytes]:
    """Return the lines of a file, or of standard input for "-". Raises UsageError."""
    try:
        return (sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()).splitlines()
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from error


def _lead(given: MatchInput) -> MatchInput:
    from newswatch.flag.document import Document

    return replace(given, body=Document(given).lead)


def _answer(engine: "Engine", rule_id: str, text: Labelled) -> tuple[Severity | None, str]:
    """Return the severity with which the text is reported, None if it is not, and what speaks for that."""
    from newswatch.flag.explain import explain

    for match in engine.match(text.given):
        if match.rule_id == rule_id:
            return match.severity, "; ".join(match.why)
    # The proof takes longer than the answer, and only a mistake is asked for reasons.
    missing = explain(engine, text.given, rule_id).missing if text.label is Label.POSITIVE else ()
    return None, "; ".join(missing)


def _document(score: Score) -> dict[str, Any]:
    return {
        "overall": _figures(score.overall),
        "mean_of_languages": {name: score.mean(name) for name in _GATES},
        "languages": {name: _figures(counts) for name, counts in sorted(score.languages.items())},
        "borderline": {**asdict(_sum(score.borderline)), "languages": _each(score.borderline)},
        "false_reports": _each(score.tiers),
        "severities": _severities(score),
        "severity_confusion": [
            {"wanted": wanted, "reported": given, "texts": number} for wanted, given, number in _confusion(score)
        ],
        "misjudged": [
            {**_identity(one.text), "wanted": one.text.severity, "reported": one.reported} for one in score.misjudged
        ],
        "mistakes": [
            {**_identity(one.text), "reported": one.reported, "why": one.why} for one in _sorted(score.mistakes)
        ],
    }


def _identity(text: Labelled) -> dict[str, Any]:
    return {
        "id": text.id,
        "line": text.line,
        "lang": text.given.language,
        "label": text.label,
        "kind": text.kind,
        "tier": text.tier,
        "title": text.given.title,
    }


def _figures(counts: Counts) -> dict[str, Any]:
    return {**asdict(counts), **{name: getattr(counts, name) for name in _GATES}}


def _each(groups: dict[str, Reported]) -> dict[str, Any]:
    return {name: asdict(one) for name, one in sorted(groups.items())}


def _sum(groups: dict[str, Reported]) -> Reported:
    return Reported(sum(one.reported for one in groups.values()), sum(one.texts for one in groups.values()))


def _severities(score: Score) -> dict[str, int]:
    return {severity.value: score.severities[severity] for severity in reversed(Severity) if score.severities[severity]}


def _confusion(score: Score) -> list[tuple[Severity, Severity | None, int]]:
    """Return the severities wanted with those given and the number of texts, highest first."""
    answers = (*reversed(Severity), None)
    return [
        (wanted, given, number)
        for wanted in reversed(Severity)
        for given in answers
        if (number := score.confusion[wanted, given])
    ]


def _sorted(mistakes: list[Mistake]) -> list[Mistake]:
    return sorted(mistakes, key=lambda one: (not one.reported, one.text.kind, one.text.line))


def _print(score: Score, rule: "Rule") -> None:
    print(f"{rule.id}: {clean(rule.name)}\n")
    rows = [{"of": name, **_figures(counts)} for name, counts in sorted(score.languages.items())]
    rows.append({"of": "all", **_figures(score.overall)})
    rows.append({"of": "mean", **{name: score.mean(name) for name in _GATES}})
    shown = [{**row, **{name: _shown(row[name]) for name in _GATES}} for row in rows]
    counted = [Column(name.upper(), name, right=True) for name in ("tp", "fp", "fn", "tn")]
    print_rows(shown, [Column("", "of"), *counted, *(Column(name, name, right=True) for name in _GATES)], empty="")
    print()
    _print_reported("borderline reported", score.borderline)
    _print_reported("false reports", score.tiers)
    severities = ", ".join(f"{number} {name}" for name, number in _severities(score).items())
    print(f"severities: {severities or 'nothing was reported'}")
    for wanted, group in groupby(_confusion(score), key=lambda one: one[0]):
        given = ", ".join(f"{number} {severity or 'not reported'}" for _, severity, number in group)
        print(f"  to be {wanted}: {given}")
    for reported, title in ((True, "reported, but should not be"), (False, "missed")):
        _print_mistakes(title, [one for one in _sorted(score.mistakes) if one.reported is reported])
    if score.misjudged:
        print(f"\nreported with another severity: {many(len(score.misjudged), 'text')}")
        for misjudged in score.misjudged:
            print(f"  {_line(misjudged.text)}\n    {misjudged.reported}, wanted is {misjudged.text.severity}")


def _print_reported(title: str, groups: dict[str, Reported]) -> None:
    if groups:
        every = _sum(groups)
        each = ", ".join(f"{clean(name)} {one.reported} of {one.texts}" for name, one in sorted(groups.items()))
        print(f"{title}: {every.reported} of {every.texts} ({each})")


def _print_mistakes(title: str, mistakes: Sequence[Mistake]) -> None:
    if mistakes:
        print(f"\n{title}: {many(len(mistakes), 'text')}")
    for kind, group in groupby(mistakes, key=lambda one: one.text.kind):
        found = list(group)
        print(f"  {clean(kind)}: {len(found)}")
        for one in found:
            print(f"    {_line(one.text)}")
            if one.why:
                print(f"      {_cut(clean(one.why))}")


def _line(text: Labelled) -> str:
    given = text.given
    return f"{clean(text.id)} [{clean(given.language)}] {_cut(clean(given.title or given.body))}"


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _cut(text: str) -> str:
    return text if len(text) <= _LONG else f"{text[: _LONG - 1]}…"
