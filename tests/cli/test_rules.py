"""Rules and entities from the command line."""

from pathlib import Path

import pytest

from tests.cli.conftest import Filled, Run

PACK = """
[pack]
id = "two-leaders"
name = "Two leaders"

[[entities]]
id = "aster"
name = "Aster Quill"
type = "person"
names = { en = "Quill|Aster" }

[[rules]]
id = "meeting"
name = "Meeting of leaders"
query = 'leaders NEAR/5 met'
severity = "high"
tags = ["diplomacy"]

[[rules]]
id = "quill"
name = "Quill"
query = '@aster'

[[tests]]
name = "they met"
text = "The two leaders met in Nara."
expect = ["meeting"]
"""


@pytest.fixture
def pack(configured: Path) -> Path:
    """A pack of two rules, named in the configuration."""
    path = configured.with_name("pack.toml")
    path.write_text(PACK, encoding="utf-8")
    configured.write_text(configured.read_text() + '\n[rules]\npacks = ["./pack.toml"]\n')
    return path


def test_list(run: Run, pack: Path) -> None:
    rows = run("rules", "list", "--json").json
    assert [(row["id"], row["severity"], row["destinations"]) for row in rows] == [
        ("meeting", "high", ["desk"]),
        ("quill", "normal", ["desk"]),
    ]
    assert "Meeting of leaders" in run("rules", "list").out


def test_a_text(run: Run, pack: Path, tmp_path: Path) -> None:
    path = tmp_path / "article.txt"
    path.write_text("On Tuesday the two leaders met in Nara.")
    ran = run("rules", "test", path)
    assert ran.code == 0
    assert "meeting: Meeting of leaders (high" in ran.out
    assert "«leaders»" in ran.out
    (match,) = run("rules", "test", path, "--json").json["matches"]
    assert match["rule_id"] == "meeting"
    path.write_text("Nothing of interest.")
    assert run("rules", "test", path).code == 1
    assert run("rules", "test", path, "--title", "Aster Quill arrives").code == 0


def test_a_text_that_cannot_be_read(run: Run, pack: Path) -> None:
    assert run("rules", "test", "none.txt").code == 2
    assert run("rules", "test", pack, "--published", "soon").code == 2


def test_the_tests_of_the_pack(run: Run, pack: Path) -> None:
    assert run("rules", "test").out == "1 tests, 0 failed\n"
    pack.write_text(PACK.replace('expect = ["meeting"]', 'expect = ["quill"]'))
    ran = run("rules", "test")
    assert ran.code == 1
    assert "they met: quill is not met, meeting is met" in ran.out
    assert run("rules", "test", "--json").json["failed"] == 1


def test_explain(run: Run, filled: Filled, pack: Path) -> None:
    ran = run("rules", "explain", filled.article)
    assert ran.code == 0
    assert "meeting: Meeting of leaders" in ran.out
    assert "the stored result is another for: meeting, summit" in ran.err
    assert run("rules", "explain", filled.article, "quill").code == 1
    unknown = run("rules", "explain", filled.article, "other")
    assert unknown.code == 1
    assert "rules in force: meeting, quill" in unknown.err


def test_lint(run: Run, configured: Path, pack: Path) -> None:
    configured.write_text(
        configured.read_text().replace('to = ["desk"]', 'to = ["desk"]\nmatch = { rule = ["meeting", "metting"] }')
    )
    ran = run("rules", "lint", "--json")
    assert ran.code == 1
    found = {(one["rule"], one["message"]) for one in ran.json["findings"]}
    assert found == {
        ("quill", "no test of its pack expects it"),
        ("quill", "no route takes its alerts"),
        ("routes[1]", "there is no rule metting"),
    }


def test_a_broken_pack_names_file_and_line(run: Run, pack: Path) -> None:
    pack.write_text(PACK.replace("leaders NEAR/5 met", "(leaders NEAR/5 met"))
    ran = run("rules", "list")
    assert ran.code == 2
    assert "pack.toml:15" in ran.err


def test_entities(run: Run, pack: Path) -> None:
    assert [row["id"] for row in run("entities", "list", "--type", "person", "--json").json] == ["aster"]
    assert run("entities", "list", "--type", "place", "--json").json == []
    aliases = {alias["text"] for alias in run("entities", "show", "aster", "--json").json["aliases"]}
    assert "Aster Quill" in aliases
    assert "Aster Quill" in run("entities", "show", "aster").out
    unknown = run("entities", "show", "nobody")
    assert unknown.code == 1
    assert "newswatch entities list" in unknown.err


def test_shipped_packs(run: Run) -> None:
    assert "korea-japan-summit" in run("rules", "packs", "--json").json
