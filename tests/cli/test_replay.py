"""`replay`: one line for each input, and messages as their receivers read them."""

import json
from pathlib import Path
from typing import Any

import pytest

from newswatch.cli.rendered import for_people, readable
from tests.cli.conftest import Run

SUMMIT = (
    "South Korean President Lee Jae-myung and Japanese Prime Minister Takaichi Sanae held a summit in Busan. "
    "The two leaders agreed to share radar data on coastal weather and to meet again in the autumn. "
    "Their officials spoke of ferries, of fishing grounds and of a museum for the sailors of both coasts."
)
HARBOUR = (
    "The harbour council of Port Ellery voted on Monday to rebuild the northern breakwater before winter. "
    "Fishermen had asked for the work since the storms of last spring damaged forty boats at their moorings."
)


@pytest.fixture
def given(tmp_path: Path) -> Path:
    """Four articles, one of them a copy, and one without a text worth the name."""
    lines: list[dict[str, Any]] = [
        {"title": "Breakwater to be rebuilt", "text": HARBOUR, "published": "2026-05-03", "source": "The Lantern"},
        {"title": "Leaders meet\x1b[31m in Busan", "text": SUMMIT, "published": "2026-05-05", "source": "Dusk"},
        {"title": "Two leaders, one radar", "text": SUMMIT, "published": "2026-05-06"},
        {"title": "Soon more", "text": "Wait.", "published": "2026-05-04"},
    ]
    path = tmp_path / "given.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return path


def test_brief_is_a_line_for_each_input(run: Run, given: Path) -> None:
    ran = run("replay", given, "--brief")
    harbour, short, summit, copy, totals = ran.out.splitlines()
    assert harbour == "Breakwater to be rebuilt (The Lantern, 2026-05-03): meets no rule"
    assert short.startswith("no article from Soon more: too_short")
    assert summit.startswith("Leaders meet[31m in Busan (Dusk, 2026-05-05): flagged by kr-jp-summit (")
    assert "“summit”" in summit
    assert summit.endswith("; would tell replay:mail, replay:slack")
    assert copy.endswith("; of a story told already")
    assert totals == (
        "4 inputs, 3 articles, 2 flagged, 2 stories, 2 messages would be sent; nothing was stored or sent"
    )


def test_brief_says_what_was_known(run: Run, given: Path, configured: Path) -> None:
    assert run("replay", given, "--brief", "--store").out.endswith(
        "2 messages would be sent; stored, nothing was sent\n"
    )
    lines = run("replay", given, "--brief", "--store").out.splitlines()
    assert [line.endswith("; known already") for line in lines[:-1]] == [True, False, True, True]
    assert "would tell" not in "".join(lines)
    assert lines[-1].startswith("4 inputs (4 known already), 3 articles, 2 flagged, 2 stories, 0 messages")


def test_brief_is_not_json(run: Run, given: Path) -> None:
    assert run("replay", given, "--brief", "--json").code == 2


def test_a_mail_is_shown_decoded(run: Run, given: Path) -> None:
    mail, slack = (one["rendered"]["body"] for one in run("replay", given, "--json").json["deliveries"])
    headers = dict(mail["headers"])
    assert headers["To"] == "analyst@example.org"
    assert "—" in headers["Subject"]
    assert headers["List-Unsubscribe"].startswith("<mailto:")
    assert "Takaichi Sanae" in mail["text"]
    assert "\r" not in mail["text"] + mail["html"]
    assert "<mark" in mail["html"]
    assert isinstance(slack["blocks"], list)
    text = run("replay", given).out
    assert "Message-ID: <" in text
    assert "Content-Type: multipart" not in text
    assert '"blocks": [' in text


@pytest.mark.parametrize(
    ("content_type", "body", "shown", "text"),
    [
        ("text/plain; charset=utf-8", "YQ==", "a", "a"),
        ("text/x-rich-markup; charset=utf-8", "W2JvbGRdYSBcW2JdWy9ib2xkXQo=", "[bold]a \\[b][/bold]\n", "a [b]"),
        ("text/x-rich-markup; charset=utf-8", "YSBbL2Jd", "a [/b]", "a [/b]"),
        ("application/json", "eyJhIjoxfQ==", {"a": 1}, '{\n  "a": 1\n}'),
        (
            "message/rfc822",
            "VG86IGFAZXhhbXBsZS5vcmcNClgtQTogYg0KDQpoaQ0K",
            {"headers": [["To", "a@example.org"], ["X-A", "b"]], "text": "hi\n", "html": None},
            "To: a@example.org\n\nhi",
        ),
    ],
)
def test_what_is_sent_can_be_read(content_type: str, body: str, shown: Any, text: str) -> None:
    rendered = {"content_type": content_type, "body": body, "summary": "s", "meta": {}}
    found = readable(rendered)
    assert found is not None
    assert found["body"] == shown
    assert for_people(rendered) == text


def test_what_was_never_made_is_said() -> None:
    assert readable(None) is None
    assert for_people(None) == "(nothing was made to be sent)"
