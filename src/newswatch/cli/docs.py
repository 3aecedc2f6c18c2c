"""Writes docs/commands.md from the commands themselves.

>>> python -m newswatch.cli.docs docs
"""

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.main import get_command

from newswatch.cli.main import app

_INTRODUCTION = """\
# Commands

<!-- Written by `python -m newswatch.cli.docs docs`; change the commands' descriptions, not this file. -->

`newswatch COMMAND --help` says the same. Results go to standard output, messages to standard error. On a terminal
lists are tables, elsewhere aligned text, and with `--json` one JSON document whose keys stay the same: instants are
ISO 8601 in UTC, ids are texts because they are longer than the numbers that JavaScript and jq keep exactly.

| exit code | means |
|---|---|
| 0 | done |
| 1 | bad news: something was found, failed, or is not there |
| 2 | wrong usage or configuration |
| 3 | something needed cannot be reached: the database, the daemon |
| 130 | Ctrl-C |

Every command takes `--config FILE`; without it, `$NEWSWATCH_CONFIG` names the file, else newswatch.toml in the current
folder is used.
"""


def commands() -> Iterator[tuple[str, Any]]:
    """Yield every command with its full name, in the order of the help."""
    yield from _below("newswatch", get_command(app))


def _below(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    for child_name, child in command.commands.items():
        if hasattr(child, "commands"):
            yield from _below(f"{name} {child_name}", child)
        else:
            yield f"{name} {child_name}", child


def commands_page() -> str:
    """Return docs/commands.md."""
    return _INTRODUCTION + "".join(_section(name, command) for name, command in commands())


def _section(name: str, command: Any) -> str:
    text, _, example = inspect.cleandoc(command.help or "").partition("Example: ")
    arguments = [parameter for parameter in command.params if parameter.param_type_name == "argument"]
    options = [
        parameter
        for parameter in command.params
        if parameter.param_type_name == "option" and parameter.name not in ("help", "config", "json")
    ]
    usage = " ".join([name, *(_usage(argument) for argument in arguments), *(["[OPTIONS]"] if options else [])])
    parts = [f"\n## {name}\n\n{text.strip()}\n\n```sh\n{usage}\n```\n"]
    rows = [f"| `{_usage(argument)}` | {_text(argument.help)} |\n" for argument in arguments if argument.help]
    rows += [f"| `{_option(option)}` | {_text(option.help)}{_default(option)} |\n" for option in options]
    if any(parameter.name == "json" for parameter in command.params):
        text = next(_text(option.help) for option in command.params if option.name == "json")
        rows.append(f"| `--json` | {text} |\n")
    if rows:
        parts += ["\n| | |\n|---|---|\n", *rows]
    return "".join([*parts, f"\nExample:\n\n```sh\n{example.strip()}\n```\n"])


def _usage(argument: Any) -> str:
    return str(argument.metavar or (argument.name or "").upper())


def _option(option: Any) -> str:
    names = ", ".join([*option.opts, *option.secondary_opts])
    if option.is_flag:
        return names
    return f"{names} {option.metavar or option.name.upper()}"


def _text(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


def _default(option: Any) -> str:
    if option.is_flag or option.default in (None, "", ()):
        return ""
    return f" Default: {option.default}."


def main(folder: str = "docs") -> None:
    """Write the page into `folder`."""
    (Path(folder) / "commands.md").write_text(commands_page(), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
