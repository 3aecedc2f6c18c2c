"""Commands that read the database: tables for people, documents for programs, and what to do next."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from newswatch.ids import IdSource
from newswatch.store import destinations
from newswatch.store.database import Database
from tests.cli.conftest import NOW, TEXT, Filled, Run, _article
from tests.store.filling import store_article

LISTS = ["articles", "matches", "stories", "alerts", "deliveries"]


@pytest.mark.parametrize("noun", [*LISTS, "feeds"])
def test_lists(noun: str, run: Run, filled: Filled) -> None:
    ran = run(noun, "list")
    assert ran.code == 0
    assert len(ran.out.splitlines()) == 2
    assert "\x1b" not in ran.out
    rows = run(noun, "list", "--json").json
    assert isinstance(rows, list)
    assert all(isinstance(row["id"], str) for row in rows)


@pytest.mark.parametrize("noun", LISTS)
def test_since_and_limit(noun: str, run: Run, filled: Filled) -> None:
    assert len(run(noun, "list", "--json", "--since", "1h", "--limit", 5).json) == 1
    assert run(noun, "list", "--json", "--since", "2100-01-01").json == []
    refused = run(noun, "list", "--since", "soon")
    assert (refused.code, refused.out) == (2, "")
    assert "write for example 24h, 7d or 2026-01-13" in refused.err


@pytest.mark.parametrize("noun", LISTS)
def test_empty_lists_say_so(noun: str, run: Run, configured: Path) -> None:
    assert run("db", "upgrade").code == 0
    ran = run(noun, "list")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err.strip()
    assert run(noun, "list", "--json").json == []


@pytest.mark.parametrize("noun", LISTS)
def test_without_a_database_it_says_what_to_run(noun: str, run: Run, configured: Path) -> None:
    ran = run(noun, "list")
    assert ran.code == 3
    assert "newswatch db upgrade" in ran.err


def test_an_article(run: Run, filled: Filled) -> None:
    ran = run("articles", "show", filled.article)
    assert "Leaders of two neighbours meet in Nara" in ran.out
    assert "\x1b" not in ran.out
    assert "두 정상은 나라에서 정상회담을 했다." in ran.out
    assert "removed line 3 (share_bar): Share this" in ran.out
    assert "The Lantern" in ran.out
    document = run("articles", "show", filled.article, "--json").json
    assert document["id"] == str(filled.article)
    assert document["published_at"].endswith("Z")


@pytest.mark.parametrize("words", ["leaders", "정상회담", '"two leaders"'])
def test_search(words: str, run: Run, filled: Filled) -> None:
    assert [row["id"] for row in run("articles", "search", words, "--json").json] == [str(filled.article)]
    assert run("articles", "search", words, "--json", "--since", "2100-01-01").json == []


def test_search_without_result(run: Run, filled: Filled) -> None:
    ran = run("articles", "search", "football")
    assert (ran.code, ran.out) == (0, "")
    assert "nothing found for football" in ran.err


@pytest.mark.parametrize(
    ("noun", "kind"), [("articles", "article"), ("stories", "story"), ("alerts", "alert"), ("deliveries", "delivery")]
)
@pytest.mark.parametrize("name", ["42", "nonsense", "9" * 30])
def test_what_is_not_there(noun: str, kind: str, name: str, run: Run, filled: Filled) -> None:
    ran = run(noun, "show", name)
    assert ran.code == 1
    assert f"no {kind} '{name}'" in ran.err
    assert f"newswatch {noun} list" in ran.err


def test_a_story(run: Run, filled: Filled) -> None:
    assert "origin" in run("stories", "show", filled.story).out
    document = run("stories", "show", filled.story, "--json").json
    assert [one["article_id"] for one in document["articles"]] == [str(filled.article)]


def test_an_alert(run: Run, filled: Filled) -> None:
    ran = run("alerts", "show", filled.alert)
    assert "route 1 to desk" in ran.out
    assert str(filled.delivery) in ran.out
    assert run("alerts", "list", "--rule", "other", "--json").json == []


def test_matches_show_what_was_found(run: Run, filled: Filled) -> None:
    rows: list[dict[str, Any]] = run("matches", "list", "--rule", "summit", "--json").json
    assert rows[0]["evidence"][0]["text"] == "two"
    assert "40/30" in run("matches", "list").out


def test_deliveries_can_be_cancelled_and_tried_again(run: Run, filled: Filled) -> None:
    assert run("deliveries", "list", "--state", "dead", "--json").json == []
    assert run("deliveries", "cancel", filled.delivery).code == 0
    again = run("deliveries", "cancel", filled.delivery, "--json")
    assert (again.code, again.json["cancelled"], again.json["state"]) == (1, False, "suppressed")
    assert run("deliveries", "show", filled.delivery, "--json").json["state"] == "suppressed"
    assert run("deliveries", "retry", filled.delivery, "--json").json == {
        "retried": [str(filled.delivery)],
        "released": 0,
        "unchanged": 0,
    }
    assert run("deliveries", "show", filled.delivery, "--json").json["state"] == "retry_wait"


def test_retry_wants_one_or_all_dead(run: Run, filled: Filled) -> None:
    assert run("deliveries", "retry").code == 2
    assert run("deliveries", "retry", filled.delivery, "--dead").code == 2
    assert run("deliveries", "retry", filled.delivery, "--to", "desk").code == 2
    assert run("deliveries", "retry", "--dead", "--json").json == {"retried": [], "released": 0, "unchanged": 0}
    pending = run("deliveries", "retry", filled.delivery)
    assert pending.code == 1
    assert "is pending" in pending.err


def test_retry_enables_a_destination_and_releases_what_it_held(run: Run, filled: Filled, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/nw.db")
    with database.writing() as connection:
        destinations.disable(connection, "desk", reason="the token was revoked", now=NOW)
        connection.execute(text("UPDATE delivery SET state = 'held', due_at = NULL"))
    database.close()
    assert "desk takes nothing: the token was revoked" in run("status").err
    unknown = run("deliveries", "retry", "--dead", "--to", "dask")
    assert unknown.code == 1
    assert "configured are: desk" in unknown.err
    assert run("deliveries", "retry", "--dead").out == "0 to be tried again\n"
    ran = run("deliveries", "retry", "--dead", "--to", "desk")
    assert ran.out == "0 to be tried again, 1 held delivery released\n"
    assert run("deliveries", "show", filled.delivery, "--json").json["state"] == "retry_wait"
    assert "takes nothing" not in run("status").err


def test_the_name_of_a_mail_destination_is_all_its_mailboxes(
    run: Run, filled: Filled, configured: Path, tmp_path: Path
) -> None:
    team = '[destinations.team]\ntype = "email"\nto = ["a@example.org", "b@example.org"]\n'
    smtp = '[smtp.main]\nhost = "mail.example"\nfrom = "n@example.org"\n'
    text_of = configured.read_text(encoding="utf-8")
    configured.write_text(text_of.replace("[[routes]]", f"{team}{smtp}[[routes]]"), encoding="utf-8")
    database = Database(f"sqlite:///{tmp_path}/nw.db")
    with database.writing() as connection:
        for name in ("team", "team:b@example.org"):
            destinations.disable(connection, name, reason="the password was refused", now=NOW)
        connection.execute(text("UPDATE delivery SET state = 'held', destination = 'team:b@example.org'"))
    database.close()
    assert [row["id"] for row in run("deliveries", "list", "--to", "team", "--json").json] == [str(filled.delivery)]
    assert run("deliveries", "list", "--to", "tea", "--json").json == []
    assert "1 held delivery released" in run("deliveries", "retry", "--dead", "--to", "team").out
    assert "takes nothing" not in run("status").err


def test_status(run: Run, filled: Filled) -> None:
    ran = run("status")
    assert ran.code == 0
    assert "not running" in ran.out
    assert "1 summit" in ran.out
    assert "newswatch run" in ran.err
    document = run("status", "--json").json
    assert document["deliveries"]["pending"] == 1
    assert document["daemons"] == []


def test_the_configuration_can_be_named_before_and_after(run: Run, filled: Filled, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    moved = elsewhere / "other.toml"
    moved.write_text(f'[database]\nurl = "sqlite:///{tmp_path}/nw.db"')
    assert len(run("--config", moved, "articles", "list", "--json").json) == 1
    assert len(run("articles", "list", "--json", "-c", moved).json) == 1


def test_without_a_file_it_says_that_defaults_are_in_force(run: Run) -> None:
    assert "defaults are in force" in run("status").err


def test_what_a_revision_changed(run: Run, filled: Filled, tmp_path: Path) -> None:
    refused = run("articles", "diff", filled.article)
    assert refused.code == 2
    assert "there is one revision only" in refused.err
    database = Database(f"sqlite:///{tmp_path}/nw.db")
    with database.writing() as connection:
        store_article(
            connection,
            replace(_article(), title="Leaders meet in Kyoto", text=TEXT.replace("Nara", "Kyoto")),
            url_keys=["key"],
            shingles=frozenset({1}),
            backfill=False,
            first_seen_at=NOW,
            known_id=filled.article,
            new_id=IdSource(lambda: NOW, offset=500),
            now=NOW,
        )
    database.close()
    shown = run("articles", "diff", filled.article)
    assert shown.code == 0
    assert "--- revision 1" in shown.out
    assert "-The two leaders met in Nara on Tuesday." in shown.out
    assert "+The two leaders met in Kyoto on Tuesday." in shown.out
    assert "\x1b" not in shown.out
    found = run("articles", "diff", filled.article, "--from", "2", "--to", "1", "--json").json
    assert (found["from"], found["to"]) == (2, 1)
    assert "no revision 7; the article has 2 revisions" in run("articles", "diff", filled.article, "--to", "7").err
