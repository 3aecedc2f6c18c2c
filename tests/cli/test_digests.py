from pathlib import Path

import pytest

from newswatch.model import Digest
from newswatch.store import digests
from newswatch.store.database import Database
from tests.cli.conftest import NOW, Filled, Run


@pytest.fixture
def waiting(filled: Filled, configured: Path, tmp_path: Path) -> Filled:
    """One alert that waits for the daily digest of the terminal."""
    text = configured.read_text(encoding="utf-8")
    configured.write_text(text.replace('type = "terminal"', 'type = "terminal"\ndigest = "daily"'), encoding="utf-8")
    database = Database(f"sqlite:///{tmp_path}/nw.db")
    with database.writing() as connection:
        digests.add(
            connection,
            [("desk", Digest.DAILY)],
            alert_id=filled.alert,
            story_id=filled.story,
            backfill=False,
            now=NOW,
        )
    database.close()
    return filled


def test_the_list_tells_when_and_how_many(run: Run, waiting: Filled) -> None:
    (row,) = run("digest", "list", "--json").json
    assert (row["destination"], row["digest"], row["waiting"]) == ("desk", "daily", 1)
    assert "desk" in run("digest", "list").out


def test_a_preview_changes_nothing_and_a_digest_goes_once(run: Run, waiting: Filled) -> None:
    shown = run("digest", "preview", "desk")
    assert "Daily digest" in shown.out
    assert "Leaders of two neighbours" in shown.out
    assert run("digest", "preview", "desk", "--json").json["rendered"]["body"].startswith("[bold")
    sent = run("digest", "send", "desk", "--json").json
    assert (sent["queued"], sent["stories"]) == (True, 1)
    assert run("deliveries", "list", "--json").json[0]["kind"] == "digest"
    again = run("digest", "send", "desk")
    assert "nothing waits" in again.err


def test_a_wrong_name_says_what_there_is(run: Run, filled: Filled) -> None:
    unknown = run("digest", "preview", "nobody")
    assert (unknown.code, "desk" in unknown.err) == (1, True)
    none = run("digest", "send", "desk", "--every", "weekly")
    assert none.code == 2
    assert "no route gives desk" in none.err
