"""`rules test` on labelled texts and on the packs' tests: figures, mistakes, other thresholds, gates."""

import io
import json
from pathlib import Path

import pytest

from newswatch.cli.charts import bar, sparkline
from newswatch.cli.labelled import Counts
from newswatch.flag.document import Document
from newswatch.flag.matching import Engine
from newswatch.flag.sweep import dial, thresholds
from newswatch.model import MatchInput
from tests.cli.conftest import Run
from tests.flag.helpers import article, pack

PACK = """
[pack]
id = "harbours"
name = "Harbours"

[[rules]]
id = "strike"
name = "Strikes in harbours"
severity = "high"
query = 'SCORE(strike^20, harbour^10, football^-30) >= 30 AND NOT lightning'

[[rules]]
id = "fire"
name = "Fires in harbours"
query = 'harbour AND fire'

[[tests]]
name = "cranes stand still"
text = "The harbour strike began."
expect = ["strike"]
[[tests]]
name = "fire on a ferry"
text = "A ferry was on fire."
expect = ["fire"]
"""

ROWS = [
    ("both", "positive", "The harbour strike began at noon."),
    ("one", "positive", "A strike began at noon."),
    ("other", "negative", "The harbour is calm, the strike is over."),
    ("sport", "negative", "A strike in football, at the harbour."),
    ("bolt", "negative", "A lightning strike at the harbour."),
    ("none", "negative", "The choir sang."),
    ("maybe", "borderline", "The harbour strike of 1912."),
]


@pytest.fixture
def labelled(configured: Path) -> Path:
    """Labelled texts beside a configured pack."""
    configured.with_name("harbours.toml").write_text(PACK, encoding="utf-8")
    configured.write_text(configured.read_text() + '\n[rules]\npacks = ["./harbours.toml"]\n')
    path = configured.with_name("labelled.jsonl")
    lines = [
        json.dumps({"id": name, "lang": "en", "label": label, "title": "", "text": text}) for name, label, text in ROWS
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_labelled_texts(run: Run, labelled: Path) -> None:
    ran = run("rules", "test", labelled, "--json")
    assert ran.code == 0
    overall = ran.json["overall"]
    assert [overall[name] for name in ("tp", "fp", "fn", "tn")] == [1, 1, 1, 3]
    assert (overall["precision"], overall["recall"], overall["f1"], overall["f"]) == (0.5, 0.5, 0.5, 0.5)
    assert [(one["text"], one["reported"]) for one in ran.json["mistakes"]] == [("one", False), ("other", True)]
    assert "10 more points; harbour ^10 would do" in ran.json["mistakes"][0]["why"]
    assert ran.json["borderline"] == {"reported": 1, "texts": 1}
    out = run("rules", "test", labelled).out
    assert "missed: 1 text" in out
    assert "borderline: 1 of 1 text reported" in out


def test_another_rule(run: Run, labelled: Path) -> None:
    overall = run("rules", "test", labelled, "--rule", "fire", "--json").json["overall"]
    assert (overall["tp"], overall["precision"], overall["f1"]) == (0, None, 0)
    assert run("rules", "test", labelled, "--rule", "fir").code == 1


@pytest.mark.parametrize(
    ("gates", "code", "said"),
    [
        (("--min-precision", 0.5, "--min-recall", 0.5, "--min-f1", 0.5), 0, ""),
        (("--min-precision", 0.95), 1, "precision is 0.500, wanted is 0.95"),
        (("--min-recall", 0.51), 1, "recall is 0.500, wanted is 0.51"),
        (("--min-f1", 0.9), 1, "f1 is 0.500, wanted is 0.9"),
        (("--min-f", 0.9, "--beta", 2), 1, "F2 is 0.500, wanted is 0.9"),
        (("--rule", "fire", "--min-precision", 0.1), 1, "precision is -, wanted is 0.1"),
    ],
)
def test_gates(gates: tuple[str | float, ...], code: int, said: str, run: Run, labelled: Path) -> None:
    ran = run("rules", "test", labelled, *gates)
    assert (ran.code, said in ran.err) == (code, True)
    assert run("rules", "test", labelled, *gates, "--json").json["too_low"] == ([said] if said else [])


def test_lines_that_cannot_be_used_are_named(run: Run, labelled: Path) -> None:
    labelled.write_text(labelled.read_text() + "\n{}\n")
    ran = run("rules", "test", labelled)
    assert (ran.code, "labelled.jsonl:8: lacks title, text, label" in ran.err) == (1, True)


def test_labels_from_standard_input(run: Run, labelled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(labelled.read_bytes())))
    assert run("rules", "test", "-", "--labelled", "--json").json["overall"]["tp"] == 1


def test_options_that_do_not_go_together(run: Run, labelled: Path, tmp_path: Path) -> None:
    (tmp_path / "article.txt").write_text("A strike.")
    assert run("rules", "test", "article.txt", "--sweep").code == 2
    assert run("rules", "test", labelled, "--explain", "fire").code == 2
    assert run("rules", "test", "--labelled").code == 2


def test_a_sweep(run: Run, labelled: Path) -> None:
    (rows,) = run("rules", "test", labelled, "--sweep", "--json").json["sweep"].values()
    assert [(row["threshold"], row["tp"], row["fp"], row["present"]) for row in rows] == [
        (0, 2, 3, False),
        (20, 2, 1, False),
        (30, 1, 1, True),
    ]
    assert [row["best"] for row in rows] == [False, True, False]
    out = run("rules", "test", labelled, "--sweep", "--beta", 2).out
    assert "strike: thresholds" in out
    assert "F2" in out
    assert next(line for line in out.splitlines() if line.strip().startswith("20 ")).endswith("best")
    assert "no rule here has one threshold" in run("rules", "test", labelled, "--rule", "fire", "--sweep").out


def test_the_tests_of_a_pack_give_figures_for_each_rule(run: Run, labelled: Path) -> None:
    ran = run("rules", "test", "--json")
    assert ran.code == 1
    assert (ran.json["tests"], ran.json["failed"]) == (2, 1)
    figures = {name: (one["tp"], one["fp"], one["fn"], one["tn"]) for name, one in ran.json["groups"].items()}
    assert figures == {"fire": (0, 0, 1, 1), "strike": (1, 0, 0, 1)}
    assert run("rules", "test", "--rule", "strike", "--min-precision", 1).code == 0
    assert run("rules", "test", "--rule", "strike", "--json").json["groups"].keys() == {"strike"}
    assert "harbour: not found" in run("rules", "test").out


@pytest.mark.parametrize(
    ("query", "options", "limit", "reached"),
    [
        ("SCORE(alpha^2, beta^3) >= 4", "", 4, 5),
        ("SCORE(alpha^2, beta^3) > 4 AND alpha", "", 4, 5),
        ("SCORE(alpha^2, beta^3) >= 9 AND gamma", "", 9, None),
        ("alpha^2", "threshold = 3", 3, 2),
        ("gamma", "threshold = 3", 3, None),
        ("SCORE(alpha) >= 1", 'languages = ["ko"]', 1, None),
    ],
)
def test_what_can_be_turned(query: str, options: str, limit: float, reached: float | None) -> None:
    engine = Engine(pack(query, options=options))
    compiled = engine.compiled("r0")
    assert compiled is not None
    turned = dial(compiled)
    assert turned is not None
    assert (turned.limit, turned.reached(_document(engine))) == (limit, reached)


def _document(engine: Engine) -> Document:
    return engine.document(article("alpha beta"))


@pytest.mark.parametrize("query", ["alpha", "SCORE(a) >= 1 AND SCORE(b) >= 1", "SCORE(alpha) <= 1 AND alpha"])
def test_what_cannot_be_turned(query: str) -> None:
    compiled = Engine(pack(query)).compiled("r0")
    assert compiled is not None
    assert dial(compiled) is None


def test_a_sweep_agrees_with_the_engine() -> None:
    texts = [MatchInput("", "alpha " * a + "beta " * b, "en") for a in range(4) for b in range(4)]
    for limit in range(1, 9):
        engine = Engine(pack(f"TALLY(alpha^2, beta^1~2) >= {limit} AND alpha"))
        compiled = engine.compiled("r0")
        assert compiled is not None
        turned = dial(compiled)
        assert turned is not None
        for text in texts:
            reached = turned.reached(engine.document(text))
            assert bool(engine.match(text)) == (reached is not None and reached >= limit)


def test_few_thresholds_of_many() -> None:
    found = thresholds([float(number) for number in range(1000)], 333.5, 15)
    assert len(found) <= 16
    assert {0.0, 333.5, 999.0} >= {found[0], 333.5}
    assert found == sorted(found)
    assert thresholds([1, 1, 2], 2, 15) == [1, 2]


def test_f_beta_is_between_precision_and_recall() -> None:
    counts = Counts(tp=6, fp=2, fn=6)
    assert counts.f_beta(1) == counts.f1 == pytest.approx(0.6)
    assert counts.f_beta(0.001) == pytest.approx(0.75, abs=1e-4)
    assert counts.f_beta(1000) == pytest.approx(0.5, abs=1e-4)
    assert Counts().f_beta(2) is None


def test_bars() -> None:
    assert [bar(share, 2) for share in (0, 0.5, 0.75, 1, 3, -1)] == ["  ", "█ ", "█▌", "██", "██", "  "]
    assert sparkline([0, 1, 4, 8]) == "·▂▅█"
    assert sparkline([0, 0]) == "··"
    assert sparkline([]) == ""
