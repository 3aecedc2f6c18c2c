from pathlib import Path

from newswatch.store.database import Database
from tests.cli.conftest import Filled, Run


def test_one_picture_of_the_whole_chain(run: Run, filled: Filled) -> None:
    shown = run("alerts", "explain", filled.story)
    assert shown.code == 0
    assert "\x1b" not in shown.out
    for part in (
        "nobody was told: desk: new is pending",
        "summit (Summit) by 1 article",
        "because “two” and “meet” within 5 words",
        f"summit: alert {filled.alert}, high, open since ",
        f"delivery {filled.delivery}: pending",
        "queued",
        ": sent",
    ):
        assert part in shown.out
    assert [line for line in shown.out.splitlines() if line.startswith(("RULES", "ALERTS", "TO"))] == [
        "RULES MET",
        "ALERTS",
        "TO desk",
    ]


def test_as_json_with_every_id_as_text(run: Run, filled: Filled) -> None:
    found = run("alerts", "explain", filled.article, "--json").json
    assert found["story"]["id"] == str(filled.story)
    assert found["rules"][0]["articles"][0]["evidence"][0]["text"] == "two"
    (desk,) = found["destinations"]
    assert desk["deliveries"][0]["next"][0]["what"] == "sent"
    assert found["not_routed"] == []


def test_what_is_not_there_says_so(run: Run, filled: Filled, tmp_path: Path) -> None:
    unknown = run("alerts", "explain", "12")
    assert (unknown.code, "stories list" in unknown.err) == (1, True)
    database = Database(f"sqlite:///{tmp_path}/nw.db")
    with database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM story_member")
    database.close()
    early = run("alerts", "explain", filled.article)
    assert (early.code, "the rules have not looked at it yet" in early.err) == (1, True)
