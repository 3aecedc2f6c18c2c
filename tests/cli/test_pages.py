"""The commands that the documentation shows are there, with these options, and its links lead somewhere."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from newswatch.cli.docs import commands

ROOT = Path(__file__).parents[2]
COMMANDS = dict(commands())
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
EVERYWHERE = {"--config", "-c", "--help"}


def shown(page: Path) -> Iterator[list[str]]:
    """Yield the words of each newswatch command in the shell blocks of a page."""
    for block in re.findall(
        r"^```(?:sh|console)\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    ):
        for line in block.replace("\\\n", " ").splitlines():
            for step in re.split(r" (?:&&|;|>|\||#) ?", line.removeprefix("$ ")):
                if step.strip().startswith("newswatch "):
                    yield shlex.split(step, comments=True)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_commands_of_a_page(page: Path) -> None:
    for words in shown(page):
        known = [name for name in COMMANDS if words[: name.count(" ") + 1] == name.split()]
        assert known or words[1].startswith("-"), f"no such command: {' '.join(words)}"
        parameters = COMMANDS[known[-1]].params if known else []
        options = {option for parameter in parameters for option in (*parameter.opts, *parameter.secondary_opts)}
        given = {word.split("=")[0] for word in words if word.startswith("--")}
        assert given <= options | EVERYWHERE, " ".join(words)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_links_of_a_page(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), target


def test_the_tools_page_shows_them() -> None:
    assert len(list(shown(ROOT / "docs/rule-tools.md"))) >= 12
