"""`newswatch routes`: where alerts go, and why."""

from pathlib import Path

import pytest

from tests.cli.conftest import Filled, Run

ROUTES = """
[[routes]]
match = { severity = "flash" }
to = ["desk"]

[[routes]]
match = { rule = "storm", language = "ko" }
to = ["desk", "team"]
continue = false

[[routes]]
to = ["team"]
digest = "daily"

[destinations.team]
type = "email"
to = ["a@example.org", "b@example.org"]
[smtp.main]
host = "mail.example"
from = "n@example.org"

[rules]
packs = ["./pack.toml"]
"""
PACK = """
[pack]
id = "test"
name = "Test"
[[rules]]
id = "storm"
name = "Storm"
severity = "high"
tags = ["weather"]
query = "storm"
[[rules.severities]]
when = "hurricane"
severity = "flash"
"""


@pytest.fixture
def routed(configured: Path, tmp_path: Path) -> dict[int, int]:
    """A configuration with routes. Return the line of each."""
    (tmp_path / "pack.toml").write_text(PACK, encoding="utf-8")
    text = configured.read_text(encoding="utf-8").replace('[[routes]]\nto = ["desk"]\n', "") + ROUTES
    configured.write_text(text, encoding="utf-8")
    places = [number for number, line in enumerate(text.splitlines(), start=1) if line == "[[routes]]"]
    return dict(enumerate(places, start=1))


def test_each_severity_of_a_rule_and_the_line_of_each_route(run: Run, routed: dict[int, int]) -> None:
    high, flash = run("routes", "test", "--rule", "storm", "--language", "ko", "--json").json["cases"]
    assert (high["severity"], flash["severity"], high["tags"]) == ("high", "flash", ["weather"])
    mailboxes = [{"destination": name, "digest": None} for name in ("desk", "team", "team:b@example.org")]
    assert high["to"] == flash["to"] == mailboxes
    assert [(one["route"], one["line"], one["taken"]) for one in high["routes"]] == [
        (1, routed[1], False),
        (2, routed[2], True),
        (3, routed[3], False),
    ]
    assert "route 2 ends the search" in high["routes"][2]["refusal"]


def test_for_people(run: Run, routed: dict[int, int]) -> None:
    shown = run("routes", "test", "--severity", "normal", "--language", "en").out
    assert shown.splitlines() == [
        "severity normal; language en -> team (daily digest), team:b@example.org (daily digest)",
        f"  route 1 (line {routed[1]}) does not: its severity normal is not flash",
        f"  route 2 (line {routed[2]}) does not: its rule (none given) is not storm",
        (
            f"  route 3 (line {routed[3]}) takes it: every alert; "
            "to team (daily digest), team:b@example.org (daily digest)"
        ),
    ]


def test_what_goes_nowhere_is_bad_news(run: Run, configured: Path) -> None:
    configured.write_text(
        configured.read_text(encoding="utf-8").replace('to = ["desk"]', 'to = ["desk"]\nmatch = {rule = "x"}')
    )
    nowhere = run("routes", "test", "--severity", "flash")
    assert (nowhere.code, nowhere.out.splitlines()[0]) == (1, "severity flash -> nobody")


def test_a_stored_story_with_whether_it_would_be_told_now(run: Run, routed: dict[int, int], filled: Filled) -> None:
    for given in (filled.story, filled.article):
        (case,) = run("routes", "test", given, "--json").json["cases"]
        assert (case["rule_id"], case["severity"], case["language"]) == ("summit", "high", "en")
        assert case["not_told"] is None
        assert [one["destination"] for one in case["to"]] == ["team", "team:b@example.org"]
    assert "rule summit; severity high; language en; tags diplomacy" in run("routes", "test", filled.story).out


def test_lines_are_told_only_where_the_file_has_these_routes(
    run: Run, routed: dict[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [row["line"] for row in run("routes", "list", "--json").json] == list(routed.values())
    assert "every alert" in run("routes", "list").out
    monkeypatch.setenv("NEWSWATCH__ROUTES", '[{to = ["desk"]}]')
    assert [row["line"] for row in run("routes", "list", "--json").json] == [None]


def test_wrong_usage(run: Run, routed: dict[int, int], filled: Filled) -> None:
    assert run("routes", "test").code == 2
    assert run("routes", "test", filled.story, "--rule", "storm").code == 2
    unknown = run("routes", "test", "--rule", "strom")
    assert (unknown.code, "rules in force: storm" in unknown.err) == (1, True)
    assert run("routes", "test", "12").code == 1
