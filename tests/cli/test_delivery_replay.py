import io
from pathlib import Path

import pytest

from newswatch.model import AttemptResult, DeliveryState, Outcome, Transition
from newswatch.store import deliveries
from newswatch.store.database import Database
from newswatch.store.leases import Lease
from tests.cli.conftest import NOW, Filled, Run


@pytest.fixture
def dead(filled: Filled, configured: Path, tmp_path: Path) -> Filled:
    """The delivery is dead, its destination disabled, and there is another one."""
    text = configured.read_text(encoding="utf-8")
    other = '[destinations.log]\ntype = "file"\npath = "told.jsonl"\n'
    configured.write_text(text.replace("[[feeds]]", f"{other}[[feeds]]"), encoding="utf-8")
    database = Database(f"sqlite:///{tmp_path}/nw.db")
    later = NOW.replace(year=NOW.year + 1)
    with database.writing() as connection:
        (one,) = deliveries.claim_due(connection, Lease(1, later, 60), 5)
        ended = Transition(DeliveryState.DEAD, None, "refused", disable_destination=True)
        result = AttemptResult(Outcome.REJECTED, "refused")
        deliveries.finish(connection, one, ended, number=None, result=result, now=later)
    database.close()
    return filled


def test_looked_at_first_then_sent_and_not_twice(run: Run, dead: Filled) -> None:
    given = ("deliveries", "replay", "--to", "desk", "--since", "1h")
    shown = run(*given, "--dry-run")
    assert "1 message would be sent; nothing was changed" in shown.out
    assert run("deliveries", "show", dead.delivery, "--json").json["state"] == "dead"
    asked = run(*given)
    assert (asked.code, "this sends 1 message to desk; say --yes" in asked.err) == (2, True)
    done = run(*given, "--yes", "--json").json
    assert [row["id"] for row in done["replayed"]] == done["queued_ids"] == [str(dead.delivery)]
    assert run("deliveries", "show", dead.delivery, "--json").json["state"] == "retry_wait"
    again = run(*given, "--yes")
    assert (again.code, "left out: 1 message, it is on its way" in again.err) == (1, True)


def test_one_delivery_to_another_destination(run: Run, dead: Filled) -> None:
    done = run("deliveries", "replay", dead.delivery, "--to", "log", "--yes", "--json").json
    (made,) = done["queued_ids"]
    shown = run("deliveries", "show", made, "--json").json
    assert (shown["destination"], shown["state"], shown["story_id"]) == ("log", "pending", str(dead.story))
    assert run("deliveries", "replay", "--from", "desk", "--to", "log", "--since", "1h", "--yes").code == 1


class Keyboard(io.StringIO):
    """Standard input at which somebody sits."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("answer", "code", "state"), [("n\n", 1, "dead"), ("y\n", 0, "retry_wait")])
def test_who_is_asked_can_refuse(
    run: Run, dead: Filled, monkeypatch: pytest.MonkeyPatch, answer: str, code: int, state: str
) -> None:
    monkeypatch.setattr("sys.stdin", Keyboard(answer))
    asked = run("deliveries", "replay", dead.delivery)
    assert (asked.code, "Send 1 message to desk once more?" in asked.err) == (code, True)
    assert run("deliveries", "show", dead.delivery, "--json").json["state"] == state


@pytest.mark.parametrize(
    "given",
    [
        (),
        ("--to", "desk"),
        ("--since", "1h"),
        ("12", "--since", "1h"),
        ("12", "--from", "desk"),
        ("--to", "desk", "--since", "soon"),
        ("--to", "desk", "--since", "1h", "--until", "soon"),
    ],
)
def test_wrong_usage(run: Run, dead: Filled, given: tuple[str, ...]) -> None:
    assert run("deliveries", "replay", *given).code == 2


def test_what_is_not_there(run: Run, dead: Filled) -> None:
    assert run("deliveries", "replay", "12").code == 1
    unknown = run("deliveries", "replay", "--to", "dsk", "--since", "1h")
    assert (unknown.code, "configured are: desk, log" in unknown.err) == (1, True)
