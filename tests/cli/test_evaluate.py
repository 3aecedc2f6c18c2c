"""`rules evaluate`: scores of a rule on labelled texts of our own."""

import json
from pathlib import Path
from typing import Any

import pytest

from newswatch.cli.labelled import Counts, Labelled, read_labelled
from newswatch.errors import Problem
from tests.cli.conftest import Run

LABELLED = Path(__file__).with_name("labelled.jsonl")
PACK = """
[pack]
id = "harbours"
name = "Harbours"

[[rules]]
id = "harbour-word"
name = "Harbours"
query = "harbour* OR port"
severity = "info"

[[rules]]
id = "harbour-strike"
name = "Strikes in harbours"
query = '(harbour* OR port OR 부산항) NEAR/12 (strike OR 파업)'
severity = "normal"
[[rules.severities]]
when = "title:strike"
severity = "high"

[[rules]]
id = "harbour-fire"
name = "Fires in harbours"
query = 'harbour* AND fire'
severity = "normal"
"""


@pytest.fixture
def evaluate(run: Run, tmp_path: Path) -> Run:
    """Runs `rules evaluate` with the pack of harbours."""
    (tmp_path / "harbours.toml").write_text(PACK, encoding="utf-8")
    return lambda *arguments: run("rules", "evaluate", "--pack", "harbours.toml", *arguments)


def test_scores(evaluate: Run) -> None:
    ran = evaluate(LABELLED, "--json")
    assert (ran.code, ran.err) == (0, "")
    found = ran.json
    assert found["rule"] == "harbour-strike"
    assert found["overall"] == {"tp": 2, "fp": 1, "fn": 1, "tn": 1, "precision": 2 / 3, "recall": 2 / 3, "f1": 2 / 3}
    assert found["languages"]["en"] == {"tp": 1, "fp": 1, "fn": 1, "tn": 1, "precision": 0.5, "recall": 0.5, "f1": 0.5}
    assert found["languages"]["ko"]["f1"] == 1.0
    assert found["mean_of_languages"] == {"precision": 0.75, "recall": 0.75, "f1": 0.75}
    assert found["borderline"] == {
        "reported": 1,
        "texts": 2,
        "languages": {"en": {"reported": 1, "texts": 1}, "ko": {"reported": 0, "texts": 1}},
    }
    assert found["false_reports"] == {"easy": {"reported": 0, "texts": 1}, "hard": {"reported": 1, "texts": 1}}
    assert found["severities"] == {"high": 2, "normal": 2}


def test_mistakes_have_their_reasons(evaluate: Run) -> None:
    wrong, missed = evaluate(LABELLED, "--json").json["mistakes"]
    assert (wrong["id"], wrong["kind"], wrong["reported"]) == ("a3", "other-strike", True)
    assert "“strike” + “harbour” within 12 words" in wrong["why"]
    assert (missed["id"], missed["line"], missed["reported"]) == ("a2", 2, False)
    assert missed["why"].startswith("strike: not found")


def test_severities_are_compared(evaluate: Run, tmp_path: Path) -> None:
    texts = [
        ("Strike in harbour", "", "positive", "high"),
        ("Harbour news", "The harbour expects a strike.", "positive", "high"),
        ("Harbour news", "The harbour expects a strike.", "borderline", "info"),
        ("Harbour news", "Cranes stand still.", "positive", "normal"),
        ("Harbour news", "Cranes stand still.", "negative", None),
    ]
    keys = ("title", "text", "label", "severity")
    lines = [json.dumps(dict(zip(keys, text, strict=True))) for text in texts]
    (tmp_path / "given.jsonl").write_text("\n".join(lines), encoding="utf-8")
    assert evaluate("given.jsonl", "--json").json["severity_confusion"] == [
        {"wanted": "high", "reported": "high", "texts": 1},
        {"wanted": "high", "reported": "normal", "texts": 1},
        {"wanted": "normal", "reported": None, "texts": 1},
        {"wanted": "info", "reported": "normal", "texts": 1},
    ]
    misjudged = evaluate("given.jsonl", "--json").json["misjudged"]
    assert [(one["line"], one["wanted"], one["reported"]) for one in misjudged] == [
        (2, "high", "normal"),
        (3, "info", "normal"),
    ]
    assert "    normal, wanted is info\n" in evaluate("given.jsonl").out
    assert "  to be high: 1 high, 1 normal\n  to be normal: 1 not reported\n" in evaluate("given.jsonl").out


def test_headline_and_lead_alone(evaluate: Run, tmp_path: Path) -> None:
    text = f"{'Rain fell all day. ' * 15}\n\n{'Wind blew. ' * 20}\n\nA strike closed the harbour."
    line = json.dumps({"title": "Weather", "text": text, "lang": "en", "label": "positive"})
    (tmp_path / "given.jsonl").write_text(line, encoding="utf-8")
    assert evaluate("given.jsonl", "--json").json["overall"]["tp"] == 1
    assert evaluate("given.jsonl", "--lead-only", "--json").json["overall"]["fn"] == 1


def test_text_for_people(evaluate: Run) -> None:
    out = evaluate(LABELLED).out
    assert "harbour-strike: Strikes in harbours" in out
    assert "borderline reported: 1 of 2 (en 1 of 1, ko 0 of 1)" in out
    assert "false reports: 1 of 2 (easy 0 of 1, hard 1 of 1)" in out
    assert "reported, but should not be: 1 text\n  other-strike: 1\n    a3 [en] Lightning strike" in out
    assert "missed: 1 text\n  strike-planned: 1\n    a2 [en]" in out


def test_the_rule_can_be_named(evaluate: Run) -> None:
    assert evaluate(LABELLED, "--rule", "harbour-word", "--json").json["overall"]["fp"] == 2
    fire = evaluate(LABELLED, "--rule", "harbour-fire", "--json").json["overall"]
    assert (fire["tp"], fire["precision"], fire["recall"], fire["f1"]) == (0, None, 0.0, 0.0)
    unknown = evaluate(LABELLED, "--rule", "other")
    assert unknown.code == 1
    assert "harbour-word, harbour-strike, harbour-fire" in unknown.err


def test_a_figure_that_is_too_low_is_the_exit_code(evaluate: Run) -> None:
    assert evaluate(LABELLED, "--min-f1", 0.6, "--min-precision", 0.6, "--min-recall", 0.6).code == 0
    ran = evaluate(LABELLED, "--min-recall", 0.9, "--min-f1", 0.6)
    assert ran.code == 1
    assert "recall is 0.667, wanted is 0.9" in ran.err
    assert "f1" not in ran.err


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"not json", "is not JSON: Expecting value (column 1)"),
        (b'{"title": "\xff", "text": "", "label": "positive"}', "is not UTF-8"),
        (b"[" * 100_000, "is nested too deeply"),
        (b"[1]", "is not an object"),
        (b'{"title": "a", "label": "positive"}', "lacks text"),
        (b'{"title": "a", "text": "b", "label": "maybe"}', "labels are positive, negative, borderline"),
        (b'{"title": "a", "text": 7, "label": "positive"}', "has a text that is no text"),
        (b'{"title": "a", "text": "b", "label": "positive", "date": "soon"}', "has the date 'soon'"),
        (b'{"title": "a", "text": "b", "label": "positive", "severity": "low"}', "severities are info, normal"),
        (b'{"title": "a", "text": "b", "label": "negative", "severity": "high"}', "is negative, so it has no severity"),
    ],
)
def test_a_line_that_cannot_be_used_is_named_and_left_out(
    line: bytes, reason: str, evaluate: Run, tmp_path: Path
) -> None:
    good = b'{"title": "Strike in harbour", "text": "", "label": "positive"}'
    (tmp_path / "given.jsonl").write_bytes(b"\xef\xbb\xbf" + good + b"\n\n" + line + b"\r\n" + good)
    ran = evaluate("given.jsonl")
    assert ran.code == 1
    assert "given.jsonl:3: " in ran.err
    assert reason in ran.err
    found = evaluate("given.jsonl", "--json").json
    assert found["overall"]["tp"] == 2
    assert [problem["line"] for problem in found["problems"]] == [3]


def test_only_title_text_and_label_are_needed() -> None:
    line: dict[str, Any] = {"title": "부산항 파업", "text": "부산항에서 파업이 시작됐다.", "label": "positive", "id": 7}
    (found,) = read_labelled([json.dumps(line).encode()], "given")
    assert isinstance(found, Labelled)
    assert (found.id, found.given.language, found.given.published_on) == ("7", "ko", None)
    (unnamed,) = read_labelled([json.dumps({**line, "id": None}).encode()], "given")
    assert not isinstance(unnamed, Problem)
    assert unnamed.id == "line 1"


def test_without_texts_there_are_no_figures(evaluate: Run, tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_bytes(b"")
    overall = evaluate("empty.jsonl", "--json").json["overall"]
    assert (overall["precision"], overall["recall"], overall["f1"]) == (None, None, None)
    assert "-" in evaluate("empty.jsonl").out
    assert evaluate("nowhere.jsonl").code == 2


def test_f1_is_the_harmonic_mean() -> None:
    counts = Counts(tp=6, fp=2, fn=4, tn=1)
    assert (counts.precision, counts.recall) == (0.75, 0.6)
    assert counts.f1 == pytest.approx(2 * 0.75 * 0.6 / (0.75 + 0.6))
