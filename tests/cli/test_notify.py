"""`newswatch notify`: what destinations would get, and whether they can be reached."""

import json
import socket
from pathlib import Path

import pytest

from newswatch.cli.main import main
from tests.cli.conftest import Filled, Run

MORE = """
[destinations.log]
type = "file"
path = "told.jsonl"
[destinations.team]
type = "email"
to = ["a@example.org", "b@example.org"]
[destinations.web]
type = "webhook"
url = "http://127.0.0.1:{port}/in"
allow_private = true
[smtp.main]
host = "127.0.0.1"
port = {port}
security = "none"
from = "n@example.org"
"""


@pytest.fixture
def several(configured: Path) -> Path:
    """A configuration with destinations of which nobody listens at those that need a network."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    text = configured.read_text(encoding="utf-8")
    configured.write_text(text.replace("[[feeds]]", f"{MORE.format(port=port)}[[feeds]]"), encoding="utf-8")
    return configured


def test_a_preview_of_a_story_sends_nothing(run: Run, filled: Filled, several: Path, tmp_path: Path) -> None:
    shown = run("notify", "preview", filled.story, "--to", "desk")
    assert shown.code == 0
    assert "Leaders of two neighbours" in shown.out
    assert "\x1b" not in shown.out
    assert "desk: not made yet, as it would be now" in shown.err
    found = run("notify", "preview", filled.alert, "--destination", "log", "--json").json
    assert (found["note"], found["key"]) == ("no route gives log this story", "PREVIEW")
    assert json.loads(found["rendered"]["body"])["data"]["story"]["id"] == str(filled.story)
    assert run("deliveries", "show", filled.delivery, "--json").json["state"] == "pending"
    assert not (tmp_path / "told.jsonl").exists()


def test_a_sample_in_each_form(run: Run, several: Path) -> None:
    mail = run("notify", "preview", "--sample", "new", "--to", "team").out
    assert mail.startswith("From: ")
    assert "Ferry between Port Ellery" in mail
    assert "<html" in run("notify", "preview", "--sample", "new", "--to", "team", "--as", "html").out
    no_html = run("notify", "preview", "--sample", "new", "--to", "web", "--as", "html")
    assert (no_html.code, "gets no HTML: application/json" in no_html.err) == (2, True)
    shown = run("notify", "preview", "--sample", "digest", "--to", "web").out
    assert json.loads(shown)["data"]["kind"] == "digest"


def test_the_bytes_as_they_are(several: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    given = ["--sample", "test", "--to", "log", "--as", "raw", "--config", str(several)]
    assert main(["notify", "preview", *given]) == 0
    assert json.loads(capfdbinary.readouterr().out)["data"]["kind"] == "test"


def test_a_test_says_what_came_of_it(run: Run, several: Path, tmp_path: Path) -> None:
    good = run("notify", "test", "log")
    assert (good.code, good.out.startswith("log: delivered: ")) == (0, True)
    (line,) = (tmp_path / "told.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["data"]["kind"] == "test"
    bad = run("notify", "test", "web")
    assert bad.code == 1
    assert bad.out.startswith("web: retry: ")
    assert "it certainly did not arrive" in bad.out


def test_all_of_them_each_mailbox_by_itself(run: Run, several: Path) -> None:
    every = run("notify", "test", "--all", "--json")
    found = {row["destination"]: row["outcome"] for row in every.json}
    assert every.code == 1
    assert found == {
        "desk": "delivered",
        "log": "delivered",
        "team": "retry",
        "team:b@example.org": "retry",
        "web": "retry",
    }
    assert "this is a test" in every.err, "a terminal's message does not disturb the document"
    assert {row["destination"] for row in run("notify", "test", "team", "--json").json} == {
        "team",
        "team:b@example.org",
    }


def test_wrong_usage(run: Run, several: Path, filled: Filled) -> None:
    assert run("notify", "test").code == 2
    assert run("notify", "test", "desk", "--all").code == 2
    unknown = run("notify", "test", "dsk")
    assert (unknown.code, "desk, log, team" in unknown.err) == (1, True)
    assert run("notify", "preview").code == 2
    assert run("notify", "preview", "--sample", "new").code == 2, "there are several destinations"
    assert run("notify", "preview", "--sample", "new", "--anew", "--to", "desk").code == 2
    assert run("notify", "preview", "12", "--to", "desk").code == 1
