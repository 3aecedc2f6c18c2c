from tests.cli.conftest import Filled, Run


def test_a_silence_from_beginning_to_end(run: Run, filled: Filled) -> None:
    added = run("silence", "add", "--rule", "summit", "--for", "2h", "--reason", "drill", "--author", "mina", "--json")
    assert added.json["matchers"] == {"rule": "summit"}
    (row,) = run("silence", "list", "--json").json
    assert (row["id"], row["author"], row["reason"]) == (added.json["id"], "mina", "drill")
    assert "rule summit" in run("silence", "list").out
    assert run("silence", "expire", row["id"]).out == "ended\n"
    assert run("silence", "expire", row["id"]).code == 1
    assert run("silence", "list", "--json").json == []
    assert len(run("silence", "list", "--ended", "--json").json) == 1


def test_a_silence_needs_an_object_a_reason_and_an_end(run: Run, filled: Filled) -> None:
    assert "--rule, --story, --source, --entity or --to" in run("silence", "add", "--reason", "x").err
    assert "at most 30d" in run("silence", "add", "--rule", "a", "--reason", "x", "--for", "31d").err
    assert run("silence", "add", "--rule", "a", "--reason", " ").code == 2
    assert run("silence", "add", "--rule", "a", "--reason", "x", "--for", "soon").code == 2
    assert run("silence", "expire", "12").code == 1
