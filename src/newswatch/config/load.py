"""From a file, the environment and secret files to a `Config`, or to every problem at once."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from newswatch.config.checks import cross_checks
from newswatch.config.faults import faults, key_path
from newswatch.config.layers import Fault, apply_environment, read_secret_files
from newswatch.config.model import Config
from newswatch.errors import ConfigError, Problem
from newswatch.toml_positions import KeyPath, locate, nearest, syntax_problem

FILE_NAME = "newswatch.toml"
VARIABLE = "NEWSWATCH_CONFIG"


def find_config(environ: Mapping[str, str], folder: Path) -> Path | None:
    """Return the configuration file to use when none is named: `$NEWSWATCH_CONFIG`, else newswatch.toml in `folder`.

    None if there is neither. The file that the variable names need not exist; `load_config` then says so.
    """
    if environ.get(VARIABLE):
        return Path(environ[VARIABLE])
    return folder / FILE_NAME if (folder / FILE_NAME).is_file() else None


def load_config(path: Path | None, *, environ: Mapping[str, str]) -> Config:
    """Read the configuration.

    `path` is the TOML file; None means the one that `find_config` finds, or only defaults and environment. `environ`
    is the process's environment: `NEWSWATCH__SECTION__KEY` sets a key and goes before the file. Every secret `x` can be
    given as `x_file`.

    Raises ConfigError with every problem: where it stands, what is wrong and what to do.
    """
    path = path or find_config(environ, Path.cwd())
    text, written = _read(path)
    folder = (path.parent if path else Path.cwd()).resolve()
    raw, origins, problems = apply_environment(written, environ)
    unfilled, found = read_secret_files(raw, folder, environ)
    original: dict[KeyPath, KeyPath] = {}
    try:
        config = Config.model_validate(raw)
    except ValidationError as error:
        found += faults(raw, error.errors())
        usable, original = _without_faulty(raw, error)
        config = Config.model_validate(usable)
    found += cross_checks(config, raw, original)
    problems += [_problem(fault, path, text, origins) for fault in found if fault.path not in unfilled]
    if problems:
        raise ConfigError(
            sorted(set(problems), key=lambda problem: (problem.line or 0, problem.where, problem.message))
        )
    return config.placed(path.resolve() if path else None, folder)


def _read(path: Path | None) -> tuple[str, dict[str, Any]]:
    if path is None:
        return "", {}
    where = str(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise ConfigError([Problem(where, "there is no such file", "`newswatch init` writes one")]) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError([Problem(where, "is not UTF-8 text", "save it as UTF-8", line)]) from None
    except OSError as error:
        raise ConfigError(
            [Problem(where, f"cannot be read: {error.strerror}", "check the path and its rights")]
        ) from None
    try:
        return text, tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([syntax_problem(where, text, error)]) from None


def _without_faulty(raw: dict[str, Any], error: ValidationError) -> tuple[dict[str, Any], dict[KeyPath, KeyPath]]:
    """Return `raw` without the sections, or single items of named and listed sections, that could not be used.

    What is left can be validated, so that one mistake does not hide another. Also returns where the remaining items of
    lists stood.
    """
    faulty = {key_path(raw, details["loc"])[:2] for details in error.errors()}
    usable: dict[str, Any] = {}
    original: dict[KeyPath, KeyPath] = {}
    for section, value in raw.items():
        if (section,) in faulty:
            continue
        if isinstance(value, list):
            kept = [index for index in range(len(value)) if (section, index) not in faulty]
            original |= {(section, new): (section, old) for new, old in enumerate(kept)}
            usable[section] = [value[index] for index in kept]
        elif section in ("smtp", "destinations"):
            usable[section] = {name: item for name, item in value.items() if (section, name) not in faulty}
        elif not any(path[0] == section for path in faulty):
            usable[section] = value
    return usable, original


def _problem(fault: Fault, path: Path | None, text: str, origins: dict[KeyPath, str]) -> Problem:
    key = _dotted(fault.path)
    position = nearest(locate(text), fault.path)
    variable = _variable(fault.path, origins, in_file=position is not None)
    if variable:
        return Problem(f"environment variable {variable}", f"{key}: {fault.message}", fault.remedy)
    where = "configuration" if path is None else str(path)
    line, column = position if position and path else (None, None)
    return Problem(where, f"{key}: {fault.message}", fault.remedy, line, column)


def _variable(path: KeyPath, origins: dict[KeyPath, str], *, in_file: bool) -> str | None:
    """Return the variable that set this key or a table around it; or one inside, if the file has no such table."""
    around = (origins[path[:length]] for length in range(len(path), 0, -1) if path[:length] in origins)
    inside = (name for place, name in origins.items() if not in_file and place[: len(path)] == path)
    return next(around, None) or next(inside, None)


def _dotted(path: KeyPath) -> str:
    """Write a path as people know it from the file: `feeds[3].url`, counted from 1."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")
