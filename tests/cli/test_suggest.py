"""`rules suggest`."""

import json
import tomllib
from pathlib import Path

from tests.cli.conftest import Run
from tests.cli.test_archive import stored  # noqa: F401 - a fixture


def test_a_rule_from_stored_articles(run: Run, stored: dict[str, int], tmp_path: Path) -> None:  # noqa: F811
    ran = run("rules", "suggest", "--from", stored["first"], "--from", stored["copy"], "--since", "60d", "--json")
    assert ran.code == 0
    rule = tomllib.loads(ran.json["rule"])["rules"][0]
    assert "strike" in rule["query"]
    backtest = ran.json["backtest"]
    assert (backtest["examples"], backtest["archive_articles"], backtest["complete"]) == (2, 4, True)
    assert backtest["archive_matches"] == sum(backtest["matches_by_day"].values()) == len(backtest["samples"])
    assert ran.json["terms"][0]["archive"] <= 4
    (tmp_path / "new.toml").write_text(f'[pack]\nid = "new"\nname = "New"\n{ran.json["rule"]}')
    assert run("rules", "lint", "--pack", "new.toml").code in (0, 1)
    found = run("rules", "backtest", "--pack", "new.toml", "--since", "60d", "--json").json["rules"][0]
    assert found["matches"] == backtest["archive_matches"] + 2


def test_for_people(run: Run, stored: dict[str, int], tmp_path: Path) -> None:  # noqa: F811
    (tmp_path / "example.txt").write_text("The harbour strike began. A harbour strike is long.", encoding="utf-8")
    ran = run("rules", "suggest", "--from", "example.txt", "--not", stored["lost"], "--since", "60d")
    assert ran.code == 0
    assert "[[rules]]" in ran.out
    assert "finds 1 of 1 example, 0 of 1 other" in ran.out
    assert "by day: " in ran.out
    assert "few examples" in ran.err


def test_labelled_texts(run: Run, stored: dict[str, int], tmp_path: Path) -> None:  # noqa: F811
    rows = [
        {"title": "", "text": "The ferry sank. A ferry is lost.", "label": "positive"},
        {"title": "", "text": "A ferry sank near the pier. The ferry was old.", "label": "positive"},
        {"title": "", "text": "A ferry race. The race of ferry boats.", "label": "negative"},
        {"title": "", "text": "A race.", "label": "borderline"},
    ]
    (tmp_path / "l.jsonl").write_text("\n".join(map(json.dumps, rows)))
    found = run("rules", "suggest", "--from", "l.jsonl", "--json").json
    assert (found["backtest"]["examples"], found["backtest"]["others"]) == (2, 0)


def test_what_cannot_be(run: Run, stored: dict[str, int], tmp_path: Path) -> None:  # noqa: F811
    (tmp_path / "empty.txt").write_text("12 34", encoding="utf-8")
    ran = run("rules", "suggest", "--from", "empty.txt")
    assert (ran.code, "no term tells the examples" in ran.err) == (1, True)
    assert run("rules", "suggest", "--from", 42).code == 1
    assert run("rules", "suggest").code == 2
    (tmp_path / "l.jsonl").write_text("")
    assert run("rules", "suggest", "--from", "l.jsonl").code == 2
