"""Every command explains itself, and the page of commands is current."""

from pathlib import Path
from typing import Any

import pytest

from newswatch.cli.docs import commands, commands_page
from tests.cli.conftest import Run

COMMANDS = dict(commands())
PAGE = Path(__file__).parents[2] / "docs/commands.md"
# Those print a document of their own, or run in the foreground.
WITHOUT_JSON = {"newswatch init", "newswatch demo", "newswatch config schema", "newswatch feeds export"}


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == commands_page(), "run python -m newswatch.cli.docs docs"


@pytest.mark.parametrize(("name", "command"), COMMANDS.items(), ids=list(COMMANDS))
def test_every_command_has_help_with_an_example(name: str, command: Any) -> None:
    assert "Example: newswatch " in command.help
    assert all(parameter.help for parameter in command.params if parameter.name != "help"), name


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - WITHOUT_JSON))
def test_every_command_has_json(name: str) -> None:
    assert any("--json" in parameter.opts for parameter in COMMANDS[name].params)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_works(name: str, run: Run) -> None:
    ran = run(*name.split()[1:], "--help")
    assert ran.code == 0
    assert "Example: newswatch" in " ".join(ran.out.split())


def test_the_root_help_names_the_exit_codes(run: Run) -> None:
    assert "3 something needed cannot be reached" in " ".join(run("--help").out.split())
