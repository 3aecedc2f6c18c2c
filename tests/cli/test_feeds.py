"""Feeds from the command line."""

from datetime import timedelta
from pathlib import Path

import pytest

from newswatch.store.database import Database
from newswatch.store.tables import feed
from tests.cli.conftest import NOW, Filled, Run


def test_add_makes_the_database(run: Run, configured: Path) -> None:
    ran = run("feeds", "add", "https://a.example/rss", "--name", "A", "--language", "ko", "--interval", "15m", "--json")
    assert ran.code == 0
    (added,) = ran.json["added"]
    assert (added["name"], added["interval_s"], added["origin"]) == ("A", 900, "cli")
    again = run("feeds", "add", "https://a.example/rss")
    assert again.code == 0
    assert "known already: A" in again.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ftp://a.example/"], "url: 'ftp://a.example/' is not a web address"),
        (["https://a.example/", "--interval", "soon"], "interval: 'soon' is not a duration"),
        (["https://a.example/", "--language", "??"], "language: '??' is not a language tag"),
        (["https://a.example/", "--time-zone", "Seoul"], "time_zone: 'Seoul' is not a time zone"),
        (["https://a.example/", "--tier", "9"], "--tier"),
    ],
)
def test_add_refuses(arguments: list[str], message: str, run: Run, configured: Path) -> None:
    ran = run("feeds", "add", *arguments)
    assert ran.code == 2
    assert message in ran.err
    assert not (configured.parent / "nw.db").exists()


def test_a_password_in_an_address_is_not_shown(run: Run, configured: Path) -> None:
    ran = run("feeds", "add", "https://u:hunter2@a.example/rss", "--name", "A")
    assert "hunter2" not in ran.out
    assert "hunter2" not in run("feeds", "list", "--json").out


@pytest.mark.parametrize("which", ["name", "url", "id"])
def test_disable_enable_poll(which: str, run: Run, filled: Filled) -> None:
    name = {"name": "Dusk", "url": "https://dusk.example/rss", "id": str(filled.feed)}[which]
    assert run("feeds", "disable", name).out == "Dusk: disabled\n"
    assert run("feeds", "list", "--status", "disabled", "--json").json[0]["name"] == "Dusk"
    refused = run("feeds", "poll", name)
    assert refused.code == 2
    assert "newswatch feeds enable" in refused.err
    assert run("feeds", "enable", name, "--json").json["result"] == "enabled"
    assert run("feeds", "poll", name).out == "Dusk: due\n"


def test_a_feed_is_not_polled_sooner_than_it_may_be(run: Run, filled: Filled, tmp_path: Path) -> None:
    later = NOW + timedelta(hours=9)
    _make(filled, tmp_path, last_poll_at=NOW, next_poll_at=later)
    out = run("feeds", "poll", "Dusk").out
    assert out.startswith("Dusk: due in ")
    assert "for it was asked" in out


def test_remove(run: Run, filled: Filled) -> None:
    assert run("feeds", "remove", "Dusk").code == 0
    assert run("feeds", "list", "--json").json == []
    assert run("articles", "show", filled.article).code == 0


def test_a_feed_of_the_file_is_removed_there(run: Run, configured: Path) -> None:
    assert run("feeds", "add", "https://lantern.example/rss").code == 0
    ran = run("feeds", "remove", "https://lantern.example/rss")
    assert ran.code == 2
    assert "take it out there" in ran.err


def test_a_feed_that_is_not_there(run: Run, filled: Filled) -> None:
    ran = run("feeds", "remove", "Dawn")
    assert ran.code == 1
    assert "no feed 'Dawn'" in ran.err


def test_two_feeds_of_one_name(run: Run, filled: Filled) -> None:
    run("feeds", "add", "https://b.example/rss", "--name", "Dusk")
    assert "several have this name" in run("feeds", "disable", "Dusk").err


def test_errors(run: Run, filled: Filled) -> None:
    assert "no such host" in run("feeds", "errors").out
    (row,) = run("feeds", "errors", "--json").json
    assert (row["name"], row["what"]) == ("Dusk", "dns")


def _make(filled: Filled, folder: Path, **values: object) -> None:
    database = Database(f"sqlite:///{folder}/nw.db")
    with database.writing() as connection:
        connection.execute(feed.update().where(feed.c.id == filled.feed).values(**values))
    database.close()


def test_list_tells_how_feeds_are_doing(run: Run, filled: Filled, tmp_path: Path) -> None:
    assert run("feeds", "list", "--unwell", "--json").json == []
    detail = "nothing new for 9 days; more than 2 days is not usual for it"
    _make(filled, tmp_path, health="silent", health_reason="silent", health_detail=detail)
    shown = run("feeds", "list", "--unwell").out
    assert "silent" in shown
    assert detail in shown
    (row,) = run("feeds", "list", "--health", "silent", "--json").json
    assert (row["health"], row["health_reason"]) == ("silent", "silent")
    assert run("feeds", "list", "--health", "failing", "--json").json == []
    assert "1 silent; `newswatch feeds list --unwell`" in run("status").err
    _make(filled, tmp_path, health="failing", fail_count=4, last_reason="dns", last_error="no such host")
    shown = run("feeds", "list", "--failing").out
    assert "dns" in shown
    assert "no such host" in shown


def test_a_moved_feed_hides_secrets_of_both_addresses(run: Run, filled: Filled, tmp_path: Path) -> None:
    _make(filled, tmp_path, health="moved", moved_from="https://u:hunter2@old.example/", moved_at=NOW)
    assert "hunter2" not in run("feeds", "list", "--json").out


def test_list_tells_of_feeds_that_are_only_in_the_file(run: Run, filled: Filled) -> None:
    assert "1 feeds of the configuration are not stored yet" in run("feeds", "list").err


def test_citizen_prints_the_score(run: Run) -> None:
    ran = run("feeds", "citizen", "C01", "c05")
    assert ran.code == 0
    assert ran.out.splitlines()[0].startswith("C01  kept    a new feed costs one GET")
    assert ran.out.splitlines()[-1] == "2 of 2"
    found = run("feeds", "citizen", "C01", "--json").json
    assert (found["kept"], found["of"], found["results"][0]["id"]) == (1, 1, "C01")
    mixed = run("feeds", "citizen", "C01", "C38")
    assert mixed.out.splitlines()[-1] == "1 of 1, 1 of 1 beyond what servers may expect"
    assert "no such row: C99; there are C01 to C38" in run("feeds", "citizen", "C99").err


def test_the_catalogue_is_listed_and_filtered(run: Run, configured: Path) -> None:
    everything = run("feeds", "catalogue", "--json").json
    assert len(everything) > 100
    korean = run("feeds", "catalogue", "--language", "ko", "--json").json
    assert {feed["language"] for feed in korean} == {"ko"}
    chinese = run("feeds", "catalogue", "--language", "zh", "--json").json
    assert {feed["language"] for feed in chinese} == {"zh-Hans", "zh-Hant"}
    assert "The Diplomat" in run("feeds", "catalogue", "diplomat").out
    assert run("feeds", "catalogue", "no such paper").err.strip() == "the catalogue has no such feed"


def test_feeds_of_the_catalogue_are_added(run: Run, configured: Path) -> None:
    added = run("feeds", "add", "--catalogue", "The Diplomat", "--catalogue", "News.Az", "--json").json["added"]
    assert [(feed["name"], feed["origin"], feed["tier"], feed["country"]) for feed in added] == [
        ("The Diplomat", "catalogue", 2, "US"),
        ("News.Az", "catalogue", 2, "AZ"),
    ]
    japanese = run("feeds", "add", "--all", "--language", "ja", "--tier", "1", "--json").json["added"]
    assert {(feed["language"], feed["tier"]) for feed in japanese} == {("ja", 1)}
    assert len(run("feeds", "add", "--language", "ja", "--json").json["known"]) == len(japanese)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give the address of a feed, or --catalogue NAME"),
        (["--catalogue", "Nonsense"], "--catalogue 'Nonsense' is none"),
        (["--catalogue", "Guardian"], "is several: The Guardian, South Korea, The Guardian, Japan"),
        (["--all", "--language", "fi"], "the catalogue has no such feed"),
        (["https://a.example/", "--catalogue", "News.Az"], "give either an address or --catalogue"),
    ],
)
def test_what_the_catalogue_cannot_give(arguments: list[str], message: str, run: Run, configured: Path) -> None:
    ran = run("feeds", "add", *arguments)
    assert ran.code == 2
    assert message in ran.err


OPML = """<?xml version="1.0"?><opml version="2.0"><head><title>mine</title></head><body>
<outline text="Asia"><outline type="rss" text="A" xmlUrl="https://a.example/rss"/></outline>
<outline type="rss" text="Dusk" xmlUrl="https://dusk.example/rss"/>
<outline type="rss" text="Broken" xmlUrl="ftp://broken.example/rss"/>
</body></opml>"""


def test_opml_in_and_out(run: Run, filled: Filled, tmp_path: Path) -> None:
    (tmp_path / "in.opml").write_text(OPML)
    ran = run("feeds", "import", "in.opml", "--json")
    assert ran.code == 0
    assert [feed["url"] for feed in ran.json["added"]] == ["https://a.example/rss"]
    assert [feed["url"] for feed in ran.json["known"]] == ["https://dusk.example/rss"]
    (skipped,) = ran.json["skipped"]
    assert (skipped["where"], skipped["line"]) == ("Broken", 4)
    assert run("feeds", "export", "out.opml").code == 0
    exported = (tmp_path / "out.opml").read_text()
    # The feeds of the configuration file are exported too.
    for url in ("https://a.example/rss", "https://dusk.example/rss", "https://lantern.example/rss"):
        assert f'xmlUrl="{url}"' in exported
    assert run("feeds", "export", "again.opml", "--json").json == {"file": "again.opml", "feeds": 3}
    assert {feed["url"] for feed in run("feeds", "export", "--json").json} == {
        "https://a.example/rss",
        "https://dusk.example/rss",
        "https://lantern.example/rss",
    }
    again = run("feeds", "import", "out.opml", "--json").json
    assert [feed["url"] for feed in again["added"]] == ["https://lantern.example/rss"]


def test_opml_that_is_none(run: Run, configured: Path, tmp_path: Path) -> None:
    (tmp_path / "in.opml").write_text("not XML")
    ran = run("feeds", "import", "in.opml")
    assert ran.code == 2
    assert ran.err.strip()
    missing = run("feeds", "import", "none.opml")
    assert missing.code == 2
    assert "cannot read none.opml" in missing.err
    nowhere = run("feeds", "export", tmp_path / "no" / "out.opml")
    assert nowhere.code == 2
