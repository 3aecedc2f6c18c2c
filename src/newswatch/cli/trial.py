"""Answers of rules beside the answers that somebody wants: figures, mistakes, other thresholds."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from newswatch.cli.charts import bar
from newswatch.cli.labelled import Counts, Label, Labelled, read_labelled
from newswatch.cli.output import Column, clean, cut, many, print_rows
from newswatch.cli.progress import tracked
from newswatch.cli.rule_evaluate import chosen_rule, read_lines
from newswatch.errors import Problem
from newswatch.model import MatchInput

if TYPE_CHECKING:
    from newswatch.flag.matching import Engine
    from newswatch.flag.ruleset import PackTest
    from newswatch.flag.sweep import Dial

_LIMITS = 15  # thresholds in a sweep
_BAR = 12


@dataclass(frozen=True, slots=True)
class Answer:
    """What a rule says of one text. `reached` is the greatest threshold with which it would report it, if any."""

    rule: str
    group: str  # the figures are given for each group: the rule, or the language of labelled texts
    text: str  # its name
    title: str
    wanted: bool
    reported: bool
    why: str = ""
    reached: float | None = None


@dataclass(slots=True)
class Trial:
    """All answers. `results` are the packs' tests, `dials` what can be turned in a rule with a threshold."""

    by: str  # what the groups are: rule | language | feedback, which is by rule too
    answers: list[Answer] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    dials: dict[str, "Dial"] = field(default_factory=dict)
    borderline: Counter[bool] = field(default_factory=Counter)  # by whether they were reported

    @property
    def overall(self) -> Counts:
        """The counts of all answers together."""
        return counted(self.answers)

    @property
    def failed(self) -> list[dict[str, Any]]:
        """The packs' tests that fail."""
        return [result for result in self.results if not result["ok"]]

    def groups(self) -> dict[str, Counts]:
        """Return the counts of each group."""
        names = sorted({answer.group for answer in self.answers})
        return {name: counted(answer for answer in self.answers if answer.group == name) for name in names}


@dataclass(frozen=True, slots=True)
class Gates:
    """The least figures that are asked for, None where none is."""

    beta: float
    least: Mapping[str, float | None]

    def figures(self, counts: Counts) -> dict[str, float | None]:
        """Return precision, recall, F1 and the F of `beta`."""
        return {
            "precision": counts.precision,
            "recall": counts.recall,
            "f1": counts.f1,
            "f": counts.f_beta(self.beta),
        }

    def too_low(self, counts: Counts) -> list[str]:
        """Return what is lower than asked, in words. A figure that there is none of is too low as well."""
        figures = self.figures(counts)
        return [
            f"{self._name(name)} is {_shown(figures[name])}, wanted is {least:g}"
            for name, least in self.least.items()
            if least is not None and ((value := figures[name]) is None or value < least)
        ]

    def _name(self, name: str) -> str:
        return f"F{self.beta:g}" if name == "f" else name


def counted(answers: Iterable[Answer]) -> Counts:
    """Return how many answers are right and wrong."""
    counts = Counts()
    for answer in answers:
        counts.add(wanted=answer.wanted, reported=answer.reported)
    return counts


# --- running ---


def pack_trial(engine: "Engine", rule: str | None) -> Trial:
    """Run the tests of the packs; with `rule`, only what they say about that rule."""
    wanted = None if rule is None else chosen_rule(engine, rule).id
    trial = Trial("rule", dials=_dials(engine, wanted))
    for case in engine.ruleset.tests:
        rules = [one for one in case.rules if wanted in (None, one)]
        if rules:
            _run_test(engine, trial, case, rules)
    return trial


def _run_test(engine: "Engine", trial: Trial, case: "PackTest", rules: list[str]) -> None:
    article = MatchInput(
        title=case.title,
        body=case.text,
        language=case.language,
        source=case.source,
        country=case.country,
        url=case.url,
        published_on=case.published,
    )
    matches = {match.rule_id: match for match in engine.match(article)}
    reached = _reached(engine, trial.dials, article)
    problems = []
    for rule in rules:
        match = matches.get(rule)
        why = (
            _why(engine, article, rule)
            if match is None and rule in case.expect
            else "; ".join(match.why if match else ())
        )
        trial.answers.append(
            Answer(rule, rule, case.name, case.title, rule in case.expect, match is not None, why, reached.get(rule))
        )
    problems += [f"{rule} is not met" for rule in case.expect if rule in rules and rule not in matches]
    problems += [f"{rule} is met" for rule in rules if rule in matches and rule not in case.expect]
    first = matches.get(case.expect[0]) if case.expect and case.expect[0] in rules else None
    if case.severity is not None and first is not None and first.severity is not case.severity:
        problems.append(f"severity is {first.severity.value}, not {case.severity.value}")
    trial.results.append({"test": case.name, "ok": not problems, "problems": problems})


def labelled_trial(engine: "Engine", file: str, rule: str | None) -> Trial:
    """Ask one rule about labelled texts."""
    chosen = chosen_rule(engine, rule).id
    trial = Trial("language", dials=_dials(engine, chosen))
    lines = read_lines(file)
    for one in read_labelled(tracked(lines, total=len(lines), doing=f"testing {chosen}"), file):
        if isinstance(one, Problem):
            trial.problems.append(one)
            continue
        _ask(engine, trial, chosen, one, group=one.given.language)
    return trial


def feedback_trial(engine: "Engine", texts: Sequence[tuple[str, Labelled]], rule: str | None) -> Trial:
    """Ask rules about articles that they flagged, labelled by what readers said. Rules that are gone are left out."""
    wanted = None if rule is None else chosen_rule(engine, rule).id
    trial = Trial("feedback", dials=_dials(engine, wanted))
    for of_rule, one in tracked(texts, total=len(texts), doing="testing what readers judged"):
        if wanted in (None, of_rule) and engine.compiled(of_rule) is not None:
            _ask(engine, trial, of_rule, one, group=of_rule)
    return trial


def _ask(engine: "Engine", trial: Trial, rule: str, one: Labelled, *, group: str) -> None:
    """Ask a rule about one labelled text."""
    match = next((match for match in engine.match(one.given) if match.rule_id == rule), None)
    if one.label is Label.BORDERLINE:
        trial.borderline[match is not None] += 1
        return
    wanted = one.label is Label.POSITIVE
    why = "; ".join(match.why) if match else _why(engine, one.given, rule) if wanted else ""
    reached = _reached(engine, trial.dials, one.given).get(rule)
    title = one.given.title or one.given.body
    trial.answers.append(Answer(rule, group, one.id, title, wanted, match is not None, why, reached))


def _why(engine: "Engine", article: MatchInput, rule: str) -> str:
    from newswatch.flag.explain import explain

    return "; ".join(explain(engine, article, rule).missing)


def _dials(engine: "Engine", rule: str | None) -> dict[str, "Dial"]:
    from newswatch.flag.sweep import dial

    compiled = ((one.id, engine.compiled(one.id)) for one in engine.ruleset.rules if rule in (None, one.id))
    found = {rule_id: dial(one) for rule_id, one in compiled if one is not None}
    return {rule_id: one for rule_id, one in found.items() if one is not None}


def _reached(engine: "Engine", dials: Mapping[str, "Dial"], article: MatchInput) -> dict[str, float]:
    if not dials:
        return {}
    document = engine.document(article)
    found = {rule: one.reached(document) for rule, one in dials.items()}
    return {rule: value for rule, value in found.items() if value is not None}


# --- showing ---


def sweeps(trial: Trial, gates: Gates) -> dict[str, list[dict[str, Any]]]:
    """Return, for each rule with a threshold, the figures that other thresholds would give."""
    from newswatch.flag.sweep import thresholds

    found = {}
    for rule, turned in trial.dials.items():
        answers = [answer for answer in trial.answers if answer.rule == rule]
        values = [answer.reached for answer in answers if answer.reached is not None]
        rows = []
        for limit in thresholds(values, turned.limit, _LIMITS):
            counts = Counts()
            for answer in answers:
                reported = answer.reached is not None and (
                    answer.reached > limit if turned.strict else answer.reached >= limit
                )
                counts.add(wanted=answer.wanted, reported=reported)
            rows.append(
                {"threshold": limit, "present": limit == turned.limit, **asdict(counts), **gates.figures(counts)}
            )
        best = max((row["f"] or 0.0 for row in rows), default=0.0)
        found[rule] = [{**row, "best": (row["f"] or 0.0) == best > 0} for row in rows]
    return found


def trial_document(trial: Trial, gates: Gates, *, sweep: bool) -> dict[str, Any]:
    """Return everything as JSON can hold it."""
    figures = {name: {**asdict(counts), **gates.figures(counts)} for name, counts in trial.groups().items()}
    document: dict[str, Any] = {
        "by": trial.by,
        "beta": gates.beta,
        "overall": {**asdict(trial.overall), **gates.figures(trial.overall)},
        "groups": figures,
        "mistakes": [answer for answer in trial.answers if answer.wanted is not answer.reported],
        "too_low": gates.too_low(trial.overall),
        "problems": trial.problems,
    }
    if trial.by == "rule":
        document |= {"tests": len(trial.results), "failed": len(trial.failed), "results": trial.results}
    else:
        document["borderline"] = {"reported": trial.borderline[True], "texts": trial.borderline.total()}
    return document | ({"sweep": sweeps(trial, gates)} if sweep else {})


def print_trial(trial: Trial, gates: Gates, *, sweep: bool) -> None:
    """Print figures, mistakes and, if asked for, the sweep."""
    rows = [{"of": name, **asdict(counts), **gates.figures(counts)} for name, counts in trial.groups().items()]
    rows.append({"of": "all", **asdict(trial.overall), **gates.figures(trial.overall)})
    names = ["precision", "recall", "f1", *(["f"] if gates.beta != 1 else [])]
    columns = [Column(trial.by, "of"), *(Column(name.upper(), name, right=True) for name in ("tp", "fp", "fn", "tn"))]
    columns += [Column(f"f{gates.beta:g}" if name == "f" else name, name, right=True) for name in names]
    if trial.answers:
        print_rows([{**row, **{name: _shown(row[name]) for name in names}} for row in rows], columns, empty="")
    if trial.borderline:
        print(f"borderline: {trial.borderline[True]} of {many(trial.borderline.total(), 'text')} reported")
    _print_mistakes(trial)
    if sweep:
        _print_sweeps(trial, gates)
    if trial.by == "rule":
        for result in trial.failed:
            print(f"{clean(result['test'])}: {clean(result['problems'])}")
        print(f"{many(len(trial.results), 'test')}, {len(trial.failed)} failed")


def _print_mistakes(trial: Trial) -> None:
    for reported, title in ((True, "reported, but should not be"), (False, "missed")):
        found = [one for one in trial.answers if one.reported is reported and one.wanted is not reported]
        if found:
            print(f"\n{title}: {many(len(found), 'text')}")
        for one in found:
            print(f"  {clean(one.text)} [{clean(one.group)}] {cut(clean(one.title))}".rstrip())
            if one.why:
                print(f"    {cut(clean(one.why))}")


def _print_sweeps(trial: Trial, gates: Gates) -> None:
    for rule, rows in sweeps(trial, gates).items():
        print(f"\n{rule}: thresholds")
        name = f"F{gates.beta:g}"
        print(f"  {'':>8}  {'precision':<{_BAR + 6}} {'recall':<{_BAR + 6}} {name:<{_BAR + 6}}")
        for row in rows:
            cells = " ".join(
                f"{bar(row[key] or 0, _BAR)} {_shown(row[key]):<5}" for key in ("precision", "recall", "f")
            )
            marks = [mark for mark, there in (("now", row["present"]), ("best", row["best"])) if there]
            print(f"  {row['threshold']:>8g}  {cells} {', '.join(marks)}".rstrip())
    if not trial.dials:
        print(
            "\nno rule here has one threshold that could be turned (`threshold`, or one SCORE or TALLY that is needed)"
        )


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
