from datetime import UTC, datetime
from pathlib import Path

import pytest

from newswatch.cli import doctor_checks
from newswatch.config import load_config
from newswatch.store import unsubscribed
from newswatch.store.database import Database
from tests.cli.conftest import Filled, Run

MAIL = """
[smtp.main]
host = "mail.example"
from = "newswatch@example.org"
[destinations.team]
type = "email"
to = ["Mina@example.org", "bo@example.org"]
[destinations.press]
type = "email"
to = ["bo@example.org"]
"""


@pytest.fixture
def mailing(configured: Path, filled: Filled) -> Path:
    configured.write_text(configured.read_text() + MAIL)
    return configured


def test_who_has_unsubscribed_and_is_sent_to_again(run: Run, mailing: Path) -> None:
    database = Database(f"sqlite:///{mailing.parent}/nw.db")
    with database.writing() as connection:
        for destination, address in (("team", "mina@example.org"), ("gone", "old@example.org")):
            unsubscribed.stop(connection, destination, address, "one_click", datetime(2026, 1, 13, tzinfo=UTC))
    database.close()
    rows = run("addresses", "list", "--json").json
    assert [(row["destination"], row["address"], row["stopped_at"], row["configured"]) for row in rows] == [
        ("team", "Mina@example.org", "2026-01-13T00:00:00Z", True),
        ("team", "bo@example.org", None, True),
        ("press", "bo@example.org", None, True),
        ("gone", "old@example.org", "2026-01-13T00:00:00Z", False),
    ]
    assert "by one click in a mail program" in run("addresses", "list", "--stopped").out
    assert run("addresses", "resume", "MINA@example.org").out == "MINA@example.org gets mail again of team\n"
    assert run("addresses", "resume", "mina@example.org").code == 1
    assert [row["destination"] for row in run("addresses", "list", "--stopped", "--json").json] == ["gone"]


def test_an_address_is_stopped_by_hand(run: Run, mailing: Path) -> None:
    assert run("addresses", "stop", "bo@example.org", "--json").json["changed"] == ["team", "press"]
    assert run("addresses", "stop", "bo@example.org", "--to", "team").code == 1
    assert run("addresses", "resume", "bo@example.org", "--to", "team").code == 0
    missing = run("addresses", "stop", "bo@example.org", "--to", "desk")
    assert (missing.code, "it is one of team, press" in missing.err) == (1, True)
    assert run("addresses", "stop", "nobody@example.org").code == 1
    (check,) = [one for one in doctor_checks.storage(load_config(mailing, environ={})) if "unsubscribed" in one.state]
    assert check.name == "destination press"
