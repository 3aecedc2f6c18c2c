"""Every command explains itself, and the page of commands is current."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from newswatch.cli.docs import commands, commands_page
from tests.cli.conftest import Run

COMMANDS = dict(commands())
PAGE = Path(__file__).parents[2] / "docs/commands.md"
WITHOUT_JSON: dict[str, str] = {}
"""Commands without --json, each with the reason. There are none."""
OTHER_NAMES = {"newswatch config check": "newswatch check-config"}


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == commands_page(), "run python -m newswatch.cli.docs docs"


@pytest.mark.parametrize(("name", "command"), COMMANDS.items(), ids=list(COMMANDS))
def test_every_command_has_help_with_an_example(name: str, command: Any) -> None:
    assert "Example: newswatch " in command.help
    assert all(parameter.help for parameter in command.params if parameter.name != "help"), name


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_json(name: str) -> None:
    assert any("--json" in parameter.opts for parameter in COMMANDS[name].params) is (name not in WITHOUT_JSON)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_example_is_this_command_with_options_that_it_has(name: str) -> None:
    command = COMMANDS[name]
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    for example in re.findall(r"Example: (.+)", command.help):
        steps = [" ".join(shlex.split(step)) for step in re.split(r" (?:&&|>|\|) ", example)]
        words = next(step for step in steps if step.startswith(OTHER_NAMES.get(name, name))).split()
        assert {word for word in words if word.startswith("--")} <= known


@pytest.mark.parametrize("name", COMMANDS)
def test_an_option_that_is_not_there_is_wrong_usage(name: str, run: Run) -> None:
    ran = run(*name.split()[1:], "--no-such-option")
    assert (ran.code, ran.out) == (2, "")
    assert "--no-such-option" in ran.err


@pytest.mark.parametrize("name", COMMANDS)
def test_help_works(name: str, run: Run) -> None:
    ran = run(*name.split()[1:], "--help")
    assert ran.code == 0
    assert "Example: newswatch" in " ".join(ran.out.split())


def test_the_root_help_names_the_exit_codes(run: Run) -> None:
    assert "3 something needed cannot be reached" in " ".join(run("--help").out.split())
