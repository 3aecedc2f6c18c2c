"""Writes docs/configuration.md and docs/newswatch.schema.json from the settings themselves.

>>> python -m newswatch.config.docs docs
"""

import inspect
import json
import sys
import types
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from newswatch.config.schema import all_sections, config_schema
from newswatch.config.walk import fields, is_secret, sections_of
from newswatch.settings import Section, format_duration

_INTRODUCTION = """\
# Configuration

<!-- Written by `python -m newswatch.config.docs docs`; change the settings' descriptions, not this file. -->

newswatch reads one TOML file: the one named with `--config`, else the one that `$NEWSWATCH_CONFIG` names, else
`newswatch.toml` in the current folder. `newswatch init` writes a commented one that works as it is. Everything has a
default; a setting you do not need is best left out.

- `newswatch check-config` reports every mistake at once, with line, column and what to do.
- `newswatch config show` shows what is in force, secrets hidden. `newswatch config schema` prints the JSON Schema,
  which is also in [newswatch.schema.json](newswatch.schema.json); editors that know Taplo complete and check with
  `#:schema newswatch.schema.json` as the first line of the file.
- The running daemon takes a changed file with `systemctl reload newswatch` (SIGHUP) or `POST /-/reload`. A file with
  mistakes changes nothing: the old configuration stays in force.

## Environment

`NEWSWATCH__SECTION__KEY` sets a key and goes before the file: `NEWSWATCH__LOG__LEVEL=debug`,
`NEWSWATCH__DESTINATIONS__DESK__CHANNEL=C0123`. Names are not case-sensitive and `_` stands for `-` in names of your
own. A value that begins with `[` or `{` is read as TOML: `NEWSWATCH__RULES__PACKS='["korea-japan-summit"]'`.

## Secrets

Every setting marked *secret* can also be given as `<name>_file`: the path of a file that holds nothing else. Docker
and Kubernetes secrets and systemd's `LoadCredential=` work this way; a relative path is looked for in
`$CREDENTIALS_DIRECTORY` first, then beside the configuration file. Giving both forms is a mistake and reported.

## Values

A *duration* is a text such as `"90s"`, `"5m"`, `"1h30m"`, `"2d"` or `"1w"`, or a number of seconds. A *size* is a text
such as `"15MB"` or `"512KiB"`, or a number of bytes. Relative paths are relative to the configuration file's folder.
"""


def configuration_page() -> str:
    """Return docs/configuration.md."""
    parts = [_INTRODUCTION]
    for section in all_sections():
        heading, _, text = inspect.cleandoc(section.__doc__ or "").partition(": ")
        if not heading.startswith("`"):  # a table inside another, such as the matcher of a route
            heading, text = _place(section), inspect.cleandoc(section.__doc__ or "")
        parts.append(f"\n## {heading}\n\n{_sentence(text)}\n\n| key | value | default | |\n|---|---|---|---|\n")
        parts += [_row(name, field) for name, field in fields(section).items()]
    return "".join(parts)


def _place(section: type[Section]) -> str:
    owner = next(o for o in all_sections() for f in o.model_fields.values() if section in sections_of(f.annotation))
    key = next(name for name, f in fields(owner).items() if section in sections_of(f.annotation))
    return f"`{key}` of {(owner.__doc__ or '').partition(':')[0]}"


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    return text[:1].upper() + text[1:]


def _row(name: str, field: FieldInfo) -> str:
    secret = f"<br>or `{name}_file`" if is_secret(field) else ""
    description = " ".join((field.description or "").split()).replace("|", "\\|")
    return f"| `{name}`{secret} | {_type(field.annotation, field.metadata)} | {_default(field)} | {description} |\n"


def _type(annotation: Any, metadata: list[Any]) -> str:
    """Name a type for people."""
    if any("parse_duration" in repr(item) for item in metadata):
        return "duration"
    if any("parse_size" in repr(item) for item in metadata):
        return "size"
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type(arguments[0], list(arguments[1:]))
    if origin is Literal:
        return " \\| ".join(f'`"{value}"`' for value in arguments)
    if origin in (Union, types.UnionType):
        names = dict.fromkeys(_type(argument, []) for argument in arguments if argument is not type(None))
        return " or ".join(names)
    if origin is tuple:
        return f"list of {_type(arguments[0], [])}"
    if origin is dict:
        return f"table of {_type(arguments[1], [])} by name"
    if annotation is SecretStr:
        return "text, *secret*"
    simple: dict[Any, str] = {str: "text", int: "whole number", float: "number", bool: "`true` \\| `false`"}
    if annotation in simple:
        return simple[annotation]
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return "table"
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return " \\| ".join(f'`"{value}"`' for value in annotation)
    return {"HttpUrl": "URL", "IPv4Network": "network", "IPv6Network": "network"}[annotation.__name__]


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    if field.default_factory is not None:
        return ""
    value: Any = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
    if value is None:
        return ""
    kind = _type(field.annotation, field.metadata)
    if kind == "duration":
        return f'`"{format_duration(value)}"`'
    if kind == "list of duration":
        return "`[" + ", ".join(f'"{format_duration(item)}"' for item in value) + "]`"
    if kind == "size":
        return f'`"{value // 1_000_000}MB"`'
    if isinstance(value, Section):
        return ""
    if isinstance(value, bool | int | float):
        return f"`{json.dumps(value)}`"
    if isinstance(value, tuple):
        return f"`{json.dumps(list(value))}`"
    return f'`"{value}"`'


def schema_text() -> str:
    """Return docs/newswatch.schema.json."""
    return json.dumps(config_schema(), indent=2, ensure_ascii=False) + "\n"


def main(folder: str = "docs") -> None:
    """Write both files into `folder`."""
    (Path(folder) / "configuration.md").write_text(configuration_page(), encoding="utf-8")
    (Path(folder) / "newswatch.schema.json").write_text(schema_text(), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
