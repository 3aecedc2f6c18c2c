"""What lies over the file: environment variables, and files that hold secrets."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from newswatch.config.model import Config
from newswatch.config.walk import fields, is_secret, tables
from newswatch.errors import Problem
from newswatch.toml_positions import KeyPath

PREFIX = "NEWSWATCH__"
_UNREAD = "unread"  # stands for a secret whose file cannot be used, so that it does not seem to be missing as well


class Fault(NamedTuple):
    """Something wrong at a key; `load` finds out where that key stands."""

    path: KeyPath
    message: str
    remedy: str = ""


def apply_environment(
    raw: dict[str, Any], environ: Mapping[str, str]
) -> tuple[dict[str, Any], dict[KeyPath, str], list[Problem]]:
    """Lay `NEWSWATCH__SECTION__KEY=value` over `raw`, the file's content.

    A value that begins with `[` or `{` is read as TOML, any other is text. A variable also replaces the file's other
    form of the same secret (`x` and `x_file`).

    Returns the merged content (a copy), which variable set which key, and what could not be used.
    """
    merged = _copy(raw)
    origins: dict[KeyPath, str] = {}
    problems: list[Problem] = []
    for name in sorted(name for name in environ if name.upper().startswith(PREFIX)):
        keys = name[len(PREFIX) :].lower().split("__")
        if "" in keys:
            remedy = f"write for example {PREFIX}LOG__LEVEL"
            problems.append(Problem(f"environment variable {name}", "names no section and key", remedy))
            continue
        try:
            value = _environment_value(environ[name])
        except tomllib.TOMLDecodeError as error:
            remedy = 'write for example ["a", "b"]'
            problems.append(Problem(f"environment variable {name}", f"not valid TOML: {error}", remedy))
            continue
        table: Any = merged
        path: KeyPath = ()
        for key in keys[:-1]:
            path = (*path, _existing(table, key))
            table = table.setdefault(path[-1], {})
            if not isinstance(table, dict):
                problem = f"{'.'.join(map(str, path))} is not a table, so nothing in it can be set"
                problems.append(Problem(f"environment variable {name}", problem, "set the whole list or value"))
                break
        else:
            key = _existing(table, keys[-1])
            other_form = key.removesuffix("_file") if key.endswith("_file") else f"{key}_file"
            if (*path, other_form) not in origins:  # both in the environment is a mistake to report
                table.pop(other_form, None)
            table[key] = value
            origins[(*path, key)] = name
    return merged, origins, problems


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(child) for key, child in value.items()}
    return [_copy(child) for child in value] if isinstance(value, list) else value


def _existing(table: dict[str, Any], key: str) -> str:
    """Return the key of `table` that `key` means: names such as `duty-mail` cannot be written in a variable's name."""
    return next((name for name in table if name.lower().replace("-", "_") == key), key)


def _environment_value(text: str) -> Any:
    if text.lstrip()[:1] in ("[", "{"):
        return tomllib.loads(f"value = {text.strip()}")["value"]
    return text


def read_secret_files(
    raw: dict[str, Any], folder: Path, environ: Mapping[str, str]
) -> tuple[set[KeyPath], list[Fault]]:
    """Replace every `x_file` in `raw` (changed in place) whose `x` is a secret by the content of that file.

    A relative path is looked for among systemd's credentials first (`$CREDENTIALS_DIRECTORY`, systemd.exec(5)), then in
    `folder`. Returns the keys that could not be filled, and why.
    """
    unfilled: set[KeyPath] = set()
    faults: list[Fault] = []
    for path, section, values in list(tables(Config, raw)):
        for name, field in fields(section).items():
            file_key = f"{name}_file"
            if not is_secret(field) or file_key not in values:
                continue
            given = values.pop(file_key)
            if name in values:
                faults.append(Fault((*path, file_key), f"both {name} and {file_key} are given", "keep one of them"))
                continue
            content, fault = _secret(given, folder, environ)
            if fault:
                faults.append(Fault((*path, file_key), *fault))
                unfilled.add((*path, name))
            values[name] = content
    return unfilled, faults


def _secret(given: Any, folder: Path, environ: Mapping[str, str]) -> tuple[str, tuple[str, str] | None]:
    if not isinstance(given, str) or not given:
        return _UNREAD, ("the path of a file is expected", "")
    path = folder / Path(given).expanduser()
    credentials = environ.get("CREDENTIALS_DIRECTORY")
    if credentials and not Path(given).is_absolute() and (Path(credentials) / given).is_file():
        path = Path(credentials) / given
    try:
        content = path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return _UNREAD, (f"the file {path} does not exist", "create it with the secret as its only line")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        return _UNREAD, (f"the file {path} cannot be read: {reason}", "make it readable for the user newswatch runs as")
    if not content:
        return _UNREAD, (f"the file {path} is empty", "write the secret into it")
    return content, None
