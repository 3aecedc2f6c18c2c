"""`rules apply` and `matches history`."""

import re
from pathlib import Path

import pytest
from sqlalchemy import text

from newswatch.pipeline.apply import Applier
from newswatch.store.database import Database
from tests.cli.conftest import Filled, Run
from tests.cli.test_rules import PACK


@pytest.fixture
def pack(configured: Path) -> Path:
    """The configured pack. The stored article meets its rule `meeting`; the stored match is of another rule."""
    path = configured.with_name("pack.toml")
    path.write_text(PACK, encoding="utf-8")
    configured.write_text(configured.read_text() + '\n[rules]\npacks = ["./pack.toml"]\n')
    return path


@pytest.fixture
def seen(run: Run, filled: Filled, tmp_path: Path) -> Filled:
    """The stored article as one that the daemon has matched."""
    database = Database(f"sqlite:///{tmp_path}/nw.db")
    with database.writing() as connection:
        connection.execute(text("UPDATE article_version SET matched_at = seen_at"))
    database.close()
    return filled


def test_a_dry_run_then_in_earnest(run: Run, seen: Filled, pack: Path) -> None:
    dry = run("rules", "apply", "--dry-run")
    assert dry.code == 0
    assert "1 article would be looked at; nothing was changed" in dry.out
    assert "left as they are, because their rules are not in force: summit (1)" in dry.err
    assert run("matches", "list", "--rule", "meeting", "--json").json == []
    ran = run("rules", "apply", "--json")
    found = {
        name: ran.json[name] for name in ("articles", "added", "changed", "withdrawn", "alerts_opened_as_backfill")
    }
    assert found == {"articles": 1, "added": 1, "changed": 0, "withdrawn": 0, "alerts_opened_as_backfill": 1}
    assert ran.json["samples"]["added"][0]["article_id"] == str(seen.article)
    assert "(back-filled)" in run("matches", "list").out
    assert "nothing changes" in run("rules", "apply").err


def test_a_changed_rule(run: Run, seen: Filled, pack: Path) -> None:
    assert run("rules", "apply").code == 0
    pack.write_text(PACK.replace("leaders NEAR/5 met", "leaders^4 AND met"))
    out = run("rules", "apply").out
    assert re.search(r"^meeting +0 +1 +0$", out, re.MULTILINE)
    assert "meeting: score 1 -> 5" in out
    pack.write_text(PACK.replace("leaders NEAR/5 met", "ministers"))
    assert "withdrawn: 1 match" in run("rules", "apply", "--rule", "meeting").out
    rows = run("matches", "history", seen.article, "--json").json
    assert [(row["rule_id"], row["score"], row["ended_by"]) for row in rows] == [
        ("meeting", 5, "withdrawn"),
        ("meeting", 1, "replaced"),
        ("summit", 40, None),
    ]
    assert rows[0]["began_at"] == rows[1]["ended_at"] > rows[1]["began_at"] == rows[1]["matched_at"]
    assert "in force" in run("matches", "history", seen.article, "summit").out
    assert run("matches", "history", 42).code == 1


def test_a_rule_that_is_not_in_force(run: Run, seen: Filled, pack: Path) -> None:
    ran = run("rules", "apply", "--rule", "summit", "--json")
    assert (ran.code, ran.json["withdrawn"]) == (0, 1)
    assert run("rules", "apply", "--rule", "summit").code == 1


def test_ctrl_c_and_on_again(run: Run, seen: Filled, pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Applier._write

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Applier, "_write", interrupted)
    ran = run("rules", "apply")
    assert (ran.code, "the same command goes on there" in ran.err) == (130, True)
    monkeypatch.setattr(Applier, "_write", whole)
    ran = run("rules", "apply")
    assert ran.code == 0
    assert "goes on after 0 articles" in ran.err
    assert "1 article looked at" in ran.out
