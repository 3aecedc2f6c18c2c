"""What readers said, as operators see it: lists, precision by version of a rule, examples for `rules test`."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from newswatch.cli.judgements import Figures, by_version, figures, in_short
from newswatch.ids import IdSource
from newswatch.model import Verdict
from newswatch.store import feedback
from newswatch.store.database import Database
from newswatch.store.feedback import Judged
from newswatch.store.tables import article_text, delivery
from tests.cli.conftest import NOW, TEXT, Filled, Run

PACK = """
[pack]
id = "summits"
name = "Summits"
[[rules]]
id = "summit"
name = "Summit"
query = "QUERY"
"""


@pytest.fixture
def database(configured: Path, filled: Filled) -> Database:
    configured.with_name("summits.toml").write_text(PACK.replace("QUERY", "leaders"))
    configured.write_text(configured.read_text() + '\n[rules]\npacks = ["./summits.toml"]\n')
    return Database(f"sqlite:///{configured.parent}/nw.db")


def say(database: Database, filled: Filled, verdict: Verdict) -> None:
    new_id = IdSource(lambda: NOW)
    with database.writing() as connection:
        key = connection.execute(select(delivery.c.delivery_key)).scalar_one()
        (one,) = feedback.told(connection, key, filled.story)
        feedback.judge(connection, one, verdict, new_id=new_id, now=datetime.now(UTC))


def test_what_was_said_is_listed_and_can_be_forgotten(run: Run, database: Database, filled: Filled) -> None:
    assert "nobody has said anything" in run("feedback", "list").err
    say(database, filled, Verdict.IRRELEVANT)
    assert "irrelevant" in run("feedback", "list", "--rule", "summit", "--since", "1h").out
    assert run("feedback", "list", "--rule", "storm", "--json").json == []
    (row,) = run("feedback", "list", "--json").json
    assert (row["rule_hash"], row["article_id"], row["destination"]) == ("abc", str(filled.article), "desk")
    assert run("feedback", "remove", row["id"]).out == "forgotten\n"
    assert run("feedback", "remove", row["id"]).code == 1


def test_the_precision_of_each_version(run: Run, database: Database, filled: Filled) -> None:
    say(database, filled, Verdict.RELEVANT)
    (row,) = run("feedback", "rules", "--json").json
    assert (row["rule"], row["rule_hash"], row["precision"], row["relevant"]) == ("summit", "abc", 1.0, 1)
    assert "1.00 (1 of 1)" in run("feedback", "rules").out
    (rule,) = run("rules", "list", "--feedback", "--json").json
    assert [rule["feedback"][of]["precision"] for of in ("version", "all_versions")] == [None, 1.0], "it was edited"
    assert run("rules", "list", "--feedback").out.count("1.00 (1 of 1)") == 1
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE feedback SET rule_hash = ?", (rule["hash"],))
    assert run("rules", "list", "--feedback").out.count("1.00 (1 of 1)") == 2
    assert "precision" not in run("rules", "list").out


@pytest.mark.parametrize(
    ("query", "verdict", "counts"),
    [
        ("leaders", Verdict.RELEVANT, (1, 0, 0, 0)),
        ("harbour", Verdict.RELEVANT, (0, 0, 1, 0)),
        ("leaders", Verdict.IRRELEVANT, (0, 1, 0, 0)),
        ("harbour", Verdict.IRRELEVANT, (0, 0, 0, 1)),
    ],
)
def test_a_rule_is_tested_on_what_readers_said(
    run: Run,
    database: Database,
    filled: Filled,
    configured: Path,
    query: str,
    verdict: Verdict,
    counts: tuple[int, ...],
) -> None:
    say(database, filled, verdict)
    configured.with_name("summits.toml").write_text(PACK.replace("QUERY", query))
    ran = run("rules", "test", "--feedback", "--json")
    assert tuple(ran.json["groups"]["summit"][name] for name in ("tp", "fp", "fn", "tn")) == counts
    assert [one["text"] for one in ran.json["mistakes"]] == [str(filled.article)] * (counts[1] + counts[2])
    least = run("rules", "test", "--feedback", "--rule", "summit", "--min-recall", "0.5")
    assert least.code == (0 if counts[0] else 1)


def test_what_cannot_be_tested(run: Run, database: Database, filled: Filled) -> None:
    assert "nobody has judged anything yet" in run("rules", "test", "--feedback").err
    assert run("rules", "test", "x.jsonl", "--feedback").code == 2
    say(database, filled, Verdict.RELEVANT)
    with database.writing() as connection:
        connection.execute(delete(article_text))
    assert "1 article left out: the text is no longer kept" in run("rules", "test", "--feedback").err
    assert run("feedback", "export", "--rule", "summit").code == 1


def test_what_was_said_can_be_exported_and_tested(run: Run, database: Database, filled: Filled, tmp_path: Path) -> None:
    say(database, filled, Verdict.RELEVANT)
    line = run("feedback", "export", "--rule", "summit").out
    row = json.loads(line)
    assert (row["label"], row["text"], row["lang"], row["source"]) == ("positive", TEXT, "en", "Dusk")
    path = tmp_path / "said.jsonl"
    path.write_text(line)
    assert run("rules", "test", path, "--json").json["overall"]["tp"] == 1


def test_voices_are_counted_by_article() -> None:
    def one(article_id: int, relevant: int, irrelevant: int, version: int = 1, rule_hash: str = "a") -> Judged:
        return Judged("storm", rule_hash, article_id, version, relevant, irrelevant)

    assert in_short(figures([]).document()) == ""
    assert in_short(figures([one(1, 1, 1)]).document()) == "1 disputed"
    several = [
        one(1, 2, 1),
        one(2, 0, 1),
        one(3, 1, 1),
        one(4, 1, 0),
        one(4, 0, 2, version=2),
        one(5, 1, 0, rule_hash="b"),
    ]
    assert figures(several) == Figures(2, 2, 1)
    assert figures(several).precision == 0.5
    assert by_version(several) == {("storm", "a"): Figures(1, 2, 1), ("storm", "b"): Figures(1, 0, 0)}
