"""Rules and entities from the command line."""

import io
import re
import shlex
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.text import Text
from sqlalchemy import text

from newswatch.cli.proofs import print_proofs
from newswatch.cli.rule_convert import Tool
from newswatch.flag.convert import DIALECTS
from newswatch.flag.explain import explain
from newswatch.flag.matching import Engine
from newswatch.flag.packs import load_packs
from newswatch.ids import IdSource
from newswatch.model import Article, MatchInput, ParsedEntry
from newswatch.store import entries
from newswatch.store.database import Database
from tests.cli.conftest import NOW, Filled, Run
from tests.store.filling import store_article

ROOT = Path(__file__).parents[2]


class Terminal(io.StringIO):
    """Standard output that is a terminal."""

    def isatty(self) -> bool:
        return True


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
    assert run("rules", "test").out.endswith("1 test, 0 failed\n")
    pack.write_text(PACK.replace('expect = ["meeting"]', 'expect = ["quill"]'))
    ran = run("rules", "test")
    assert ran.code == 1
    assert "they met: quill is not met, meeting is met" in ran.out
    assert run("rules", "test", "--json").json["failed"] == 1


def test_explain(run: Run, filled: Filled, pack: Path) -> None:
    ran = run("rules", "explain", filled.article)
    assert ran.code == 0
    assert "meeting (Meeting of leaders) matches" in ran.out
    assert "body 8-15: The two «leaders» met in Nara on Tuesday." in ran.out
    assert "✓ leaders NEAR/5 met  [distance 0, limit 5]" in ran.out
    assert "the stored result is another for: meeting, summit" in ran.err
    assert "1 more rule not met" in ran.err
    why_not = run("rules", "explain", filled.article, "quill")
    assert why_not.code == 1
    assert "missing: @aster: not found" in why_not.out
    unknown = run("rules", "explain", filled.article, "other")
    assert unknown.code == 1
    assert "rules in force: meeting, quill" in unknown.err


def test_explain_sees_the_country_of_the_feed(run: Run, filled: Filled, pack: Path, tmp_path: Path) -> None:
    pack.write_text(PACK.replace("leaders NEAR/5 met", "leaders AND country:KR"))
    assert run("rules", "explain", filled.article, "meeting").code == 1
    database = Database(f"sqlite:///{tmp_path}/nw.db")
    with database.writing() as connection:
        entry = ParsedEntry("1", "https://dusk.example/1", "Leaders meet", None, None, content_hash="1")
        entries.store(connection, filled.feed, [entry], new_id=lambda: 1, now=NOW, backfill=False)
        connection.execute(text("UPDATE entry SET article_id = :article"), {"article": filled.article})
        connection.execute(text("UPDATE feed SET country = 'KR'"))
    database.close()
    assert run("rules", "explain", filled.article, "meeting").code == 0


def test_explain_without_a_rule_shows_near_misses(run: Run, filled: Filled, pack: Path) -> None:
    pack.write_text(PACK.replace("'@aster'", "'leaders AND Nara AND football'"))
    ran = run("rules", "explain", filled.article)
    assert "quill (Quill) does not match" in ran.out
    assert "missing: football: not found" in ran.out
    explanations = run("rules", "explain", filled.article, "--json").json["explanations"]
    assert [(one["rule_id"], one["matched"]) for one in explanations] == [("meeting", True), ("quill", False)]


def test_explain_by_another_pack(run: Run, filled: Filled, configured: Path) -> None:
    configured.with_name("other.toml").write_text(PACK.replace("meeting", "talks"))
    ran = run("rules", "explain", filled.article, "talks", "--pack", "other.toml")
    assert ran.code == 0
    assert "talks (Meeting of leaders) matches" in ran.out


def test_explain_when_the_text_is_gone(run: Run, filled: Filled, pack: Path, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/nw.db")
    with database.writing() as connection:
        connection.execute(text("DELETE FROM article_text"))
    database.close()
    ran = run("rules", "explain", filled.article)
    assert ran.code == 2
    assert "no longer kept" in ran.err
    assert "no article '42'" in run("rules", "explain", 42).err


def test_a_text_explained(run: Run, pack: Path, tmp_path: Path) -> None:
    path = tmp_path / "article.txt"
    path.write_text("The leaders of the two harbour towns and of six islands met in Nara.")
    why_not = run("rules", "test", path, "--explain", "meeting")
    assert why_not.code == 1
    assert "distance 9, limit 5" in why_not.out
    assert run("rules", "test", path, "--explain", "meeting", "--json").json["explanations"][0]["missing"]
    path.write_text("The two leaders met in Nara.")
    assert "matches, severity high" in run("rules", "test", path, "--explain", "meeting").out
    assert run("rules", "test", path, "--explain", "other").code == 1
    assert run("rules", "test", "--explain", "meeting").code == 2


def test_explain_a_file_or_standard_input(
    run: Run, pack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "article.txt"
    path.write_text("Aster Quill came.\n\nThe leaders met.")
    ran = run("rules", "explain", path, "--title", "In Nara", "--language", "en", "--json")
    assert (ran.code, ran.json["language"]) == (0, "en")
    assert {one["rule_id"] for one in ran.json["explanations"]} == {"meeting", "quill"}
    monkeypatch.setattr("sys.stdin", io.StringIO("The leaders met."))
    ran = run("rules", "explain", "-", "quill")
    assert (ran.code, "missing: @aster: not found" in ran.out) == (1, True)
    assert run("rules", "explain", "none.txt").code == 2
    assert run("rules", "explain", path, "--published", "soon").code == 2


def test_mentions_are_coloured_on_a_terminal(
    run: Run, filled: Filled, pack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("TERM", "xterm-256color"), ("COLUMNS", "60")):
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)
    terminal = Terminal()
    monkeypatch.setattr("newswatch.cli.proofs.sys.stdout", terminal)
    engine = Engine(load_packs(["./pack.toml"], base=pack.parent))
    article = MatchInput("", f"{'Very ' * 30}\x1b[31mlong: the leaders met.", "en")
    print_proofs([explain(engine, article, "meeting")], article, full=False)
    printed = terminal.getvalue()
    assert "\x1b[1;33m«leaders»" in printed
    assert "\x1b[31m" not in printed.replace("\x1b[31m✗", "")
    assert max(cell_len(Text.from_ansi(line).plain) for line in printed.splitlines()) <= 60


def test_full_shows_what_was_not_found(run: Run, pack: Path, tmp_path: Path) -> None:
    pack.write_text(PACK.replace("'leaders NEAR/5 met'", "'leaders NEAR/5 (met OR gathered)'"))
    path = tmp_path / "article.txt"
    path.write_text("The two leaders met in Nara.")
    assert "✗ gathered" not in run("rules", "test", path, "--explain", "meeting").out
    assert "✗ gathered" in run("rules", "test", path, "--explain", "meeting", "--full").out


def test_lint(run: Run, configured: Path, pack: Path) -> None:
    configured.write_text(
        configured.read_text().replace('to = ["desk"]', 'to = ["desk"]\nmatch = { rule = ["meeting", "metting"] }')
    )
    pack.write_text(PACK.replace("'@aster'", "'''@aster OR\nxy'''"))
    ran = run("rules", "lint", "--json")
    assert ran.code == 1
    found = {(one["rule"], one["line"], one["column"], one["message"].split(",")[0]) for one in ran.json["findings"]}
    assert {
        ("quill", None, None, "no test of its pack expects it"),
        ("quill", None, None, "no route takes its alerts"),
        ("quill", 2, 1, "xy is very short"),
        ("routes[1]", None, None, "there is no rule metting"),
    } <= found
    assert "quill:2:1: xy is very short" in run("rules", "lint").out


def test_lint_of_a_pack_leaves_routes_alone(run: Run, configured: Path, pack: Path) -> None:
    pack.write_text(PACK.replace('expect = ["meeting"]', 'expect = ["meeting", "quill"]'))
    configured.write_text(configured.read_text().split("[[routes]]")[0])
    ran = run("rules", "lint", "--pack", "pack.toml")
    assert (ran.code, ran.out) == (0, "")
    assert "2 rules, nothing to complain about" in ran.err


def test_lint_tries_the_rules_on_the_archive(run: Run, filled: Filled, pack: Path, tmp_path: Path) -> None:
    ran = run("rules", "lint", "--archive", "--json")
    assert ran.json["articles"] > 0
    assert "stored; shares of articles say something from 100 on" in ran.err
    database, new_id = Database(f"sqlite:///{tmp_path}/nw.db"), IdSource(lambda: NOW + timedelta(hours=1))
    with database.writing() as connection:
        for number in range(100):
            said = f"The leaders met, said number {number}."
            value = Article(said, "Met", "Met", "en", 1.0, "seed", "as given")
            store_article(connection, value, url_keys=[f"archived-{number}"], new_id=new_id, now=NOW)
    database.close()
    found = run("rules", "lint", "--archive", "--json").json
    assert found["articles"] >= 100
    assert "matches-much" in {one["code"] for one in found["findings"]}
    found = run("rules", "lint", "--archive", "--json", "--most", "100").json
    assert "matches-much" not in {one["code"] for one in found["findings"]}


def test_lint_leaves_out_what_a_pack_accepts(run: Run, configured: Path, pack: Path) -> None:
    accepted = '[[lint_ignore]]\nfinding = "untested"\nrules = "quill"\nreason = "nobody writes about him"\n'
    pack.write_text(f"{PACK}\n{accepted}")
    ran = run("rules", "lint", "--pack", "pack.toml", "--json")
    assert (ran.code, ran.json["ok"], ran.json["findings"]) == (0, True, [])
    assert [(one["rule"], one["code"], one["reason"]) for one in ran.json["ignored"]] == [
        ("quill", "untested", "nobody writes about him")
    ]
    assert "2 rules, nothing to complain about, 1 ignored" in run("rules", "lint", "--pack", "pack.toml").err
    tested = PACK.replace('["meeting"]', '["meeting", "quill"]')
    pack.write_text(f"{tested}\n{accepted}")
    ran = run("rules", "lint", "--pack", "pack.toml")
    assert ran.code == 1
    assert "pack.toml:29:1: there is no finding untested to ignore (remove the entry) [unused-ignore]" in ran.out


def test_queries_of_other_tools(run: Run, tmp_path: Path) -> None:
    ran = run("rules", "convert", "--from", "meltwater", "tariff* near/5 (steel or aluminium)")
    assert (ran.code, ran.out, ran.err) == (0, '("tariff*" NEAR/5 (steel OR aluminium))\n', "")
    (tmp_path / "query.txt").write_text("steel\nAND tin OR price^2\n")
    ran = run("rules", "convert", "--from", "lucene", tmp_path / "query.txt")
    assert (ran.code, ran.out) == (1, "(steel AND tin)\n")
    assert "query:2:12: this only ranks results there" in ran.err
    assert "could not be carried over" in ran.err
    found = run("rules", "convert", "--from", "lexisnexis", "steel w/2 tin and NAICS(3)", "--json")
    assert (found.code, found.json["query"]) == (1, "(steel NEAR/1 tin)")
    assert [(one["line"], one["column"]) for one in found.json["lost"]] == [(1, 19)]
    assert "plurals" in found.json["remarks"][0]
    refused = run("rules", "convert", "--from", "brandwatch", "(steel OR tin")
    assert refused.code == 2
    assert "query:1:1: this parenthesis is never closed" in refused.err
    assert [tool.value for tool in Tool] == list(DIALECTS)


def test_a_pack_can_be_named(run: Run, pack: Path) -> None:
    pack.with_name("other.toml").write_text(PACK.replace("meeting", "talks").replace('"quill"', '"quills"'))
    assert {row["id"] for row in run("rules", "list", "--json", "--pack", "other.toml").json} == {"talks", "quills"}
    both = run("rules", "list", "--json", "--pack", "korea-japan-summit", "--pack", "./other.toml").json
    assert {"kr-jp-summit", "talks"} <= {row["id"] for row in both}
    assert run("rules", "test", "--pack", "other.toml").code == 0
    unknown = run("rules", "test", "--pack", "korea-japan-sumit")
    assert unknown.code == 2
    assert "did you mean korea-japan-summit?" in unknown.err


def test_the_example_of_the_readme(run: Run, tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    pack = re.search(r"Put this into `(\S+)`.*?```toml\n(.*?)```\n\n```sh\n(.*?)```", readme, re.DOTALL)
    assert pack is not None
    (tmp_path / pack[1]).write_text(pack[2], encoding="utf-8")
    (tmp_path / "article.txt").write_text(tomllib.loads(pack[2])["tests"][0]["text"])
    commands = [shlex.split(line, comments=True)[1:] for line in pack[3].splitlines()]
    assert {command[1] for command in commands} == {"lint", "test"}
    for command in commands:
        assert run(*command).code == 0, command
    named = re.search(r"name it in `newswatch\.toml`: `(.+?)`", readme)
    assert named is not None
    (tmp_path / "newswatch.toml").write_text(f"[rules]\n{named[1]}\n")
    assert run("check-config").code == 0


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
