"""The summit pack on texts of our own that are labelled in examples/labelled: the bar that the pack has to hold."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from newswatch.cli.labelled import Label, Labelled, Score, read_labelled
from newswatch.flag.document import Document
from newswatch.flag.matching import Engine
from newswatch.flag.packs import load_packs
from newswatch.model import MatchInput, Severity

ROOT = Path(__file__).parents[2]
TEXTS = ROOT / "examples" / "labelled" / "summit.jsonl"
INDEPENDENT = TEXTS.with_name("summit-independent.jsonl")


@cache
def texts(path: Path = TEXTS) -> tuple[Labelled, ...]:
    found = tuple(read_labelled(path.read_bytes().splitlines(), path.name))
    return tuple(one for one in found if isinstance(one, Labelled))


@cache
def engine() -> Engine:
    return Engine(load_packs(["korea-japan-summit"], base=ROOT))


def severity(rule: str, given: MatchInput) -> Severity | None:
    return next((match.severity for match in engine().match(given) if match.rule_id == rule), None)


def score(*, lead_only: bool) -> Score:
    total = Score()
    for text in texts():
        given = replace(text.given, body=Document(text.given).lead) if lead_only else text.given
        total.add(text, severity("kr-jp-summit", given), "")
    return total


def test_texts_of_somebody_who_did_not_know_the_rules() -> None:
    total = Score()
    for text in texts(INDEPENDENT):
        total.add(text, severity("kr-jp-summit", text.given), "")
    told = [(one.text.id, one.reported) for one in total.mistakes]
    assert len(texts(INDEPENDENT)) == 48
    assert (total.overall.precision or 0) >= 0.95, told
    assert (total.overall.recall or 0) >= 0.95, told


def test_the_texts_are_whole() -> None:
    lines = TEXTS.read_bytes().splitlines()
    assert len(texts()) == len(lines) >= 200  # no line is damaged
    assert len({text.id for text in texts()}) == len(lines)
    for language in ("en", "ko", "ja", "zh"):
        labels = {text.label for text in texts() if text.given.language == language}
        assert labels == set(Label)
    years = {text.given.published_on.year for text in texts() if text.given.published_on is not None}
    assert years >= set(range(2012, 2027))
    assert all(text.severity for text in texts() if text.label is not Label.NEGATIVE)


@pytest.mark.parametrize("lead_only", [False, True])
def test_the_bar(lead_only: bool) -> None:
    found = score(lead_only=lead_only)
    told = [(one.text.id, one.reported) for one in found.mistakes]
    assert (found.overall.precision or 0) >= 0.95, told
    assert (found.overall.recall or 0) >= 0.95, told
    for language, counts in found.languages.items():
        assert (counts.f1 or 0) >= 0.90, (language, told)


def test_severity_tells_held_from_planned() -> None:
    confusion = score(lead_only=False).confusion
    for wanted in (Severity.HIGH, Severity.NORMAL):
        reported = sum(number for (want, given), number in confusion.items() if want is wanted and given is not None)
        assert confusion[wanted, wanted] >= 0.9 * reported


def test_what_is_only_mentioned_is_rarely_reported_as_the_topic() -> None:
    """Neither answer is wrong for a borderline text, but most of them are not reported, or with the lowest severity."""
    borderline = [text for text in texts() if text.label is Label.BORDERLINE]
    low = [text for text in borderline if severity("kr-jp-summit", text.given) in (None, Severity.INFO)]
    assert len(low) >= 0.7 * len(borderline)


@pytest.mark.parametrize(("rule", "kind"), [("kr-jp-ministers", "kj-ministers"), ("kr-jp-us-trilateral", "trilateral")])
def test_the_rules_beside_it(rule: str, kind: str) -> None:
    wanted = [text for text in texts() if text.kind.startswith(kind)]
    found = [text for text in texts() if severity(rule, text.given)]
    right = [text for text in found if text in wanted]
    assert len(wanted) >= 10
    assert len(right) >= 0.9 * len(wanted)
    assert len(right) >= 0.75 * len(found)
    assert not [text for text in found if text.label is Label.POSITIVE]
    assert {severity(rule, text.given) for text in right} == {Severity.INFO}
