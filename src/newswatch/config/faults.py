"""What pydantic found wrong, in words for the person who wrote the file."""

import difflib
from collections.abc import Iterable
from typing import Any

from pydantic_core import ErrorDetails

from newswatch.config.layers import Fault
from newswatch.config.model import Config
from newswatch.config.walk import Table, fields, is_secret, kinds, sections_of, tables
from newswatch.toml_positions import KeyPath

_MESSAGES = {
    "missing": "is required",
    "string_type": "a text in quotes is expected",
    "int_type": "a whole number is expected",
    "int_parsing": "a whole number is expected",
    "int_from_float": "a whole number is expected",
    "float_type": "a number is expected",
    "float_parsing": "a number is expected",
    "bool_type": "true or false is expected",
    "bool_parsing": "true or false is expected",
    "tuple_type": 'a list such as ["a", "b"] is expected',
    "dict_type": "a table is expected",
    "model_type": "a table is expected",
    "model_attributes_type": "a table is expected",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "too_short": "at least {min_length} is needed",
    "string_too_short": "must not be empty",
    "string_too_long": "must not be longer than {max_length} characters",
    "literal_error": "must be {expected}",
    "string_pattern_mismatch": "does not have the form {pattern}",
    "url_parsing": "is not a web address ({error})",
    "url_scheme": "must begin with {expected_schemes}",
    "union_tag_not_found": "`type` is required",
}
_SHOW_VALUE = {"literal_error", "string_pattern_mismatch", "url_parsing", "url_scheme", "int_parsing", "float_parsing"}
_TABLE_ERRORS = {"model_type", "dict_type", "model_attributes_type"}


def faults(raw: dict[str, Any], errors: Iterable[ErrorDetails]) -> list[Fault]:
    """Translate the errors of `Config.model_validate(raw)`; several about one key become one."""
    known = {table.path: table for table in tables(Config, raw)}
    found: dict[KeyPath, Fault] = {}
    for error in errors:
        fault = _fault(raw, known, error)
        found.setdefault(fault.path, fault)
    return list(found.values())


def _fault(raw: dict[str, Any], known: dict[KeyPath, Table], error: ErrorDetails) -> Fault:
    path = key_path(raw, error["loc"])
    kind = error["type"]
    missing = error["loc"][-1] if kind == "missing" else None
    if kind == "extra_forbidden":
        return _unknown_key(known, path)
    if missing is not None:
        return Fault((*path, str(missing)), "is required", "add it")
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        return _wrong_type_tag(path, kind, error)
    if kind == "value_error":
        return _own_error(known, path, str(error.get("ctx", {}).get("error", error["msg"])))
    template = _MESSAGES.get(kind)
    message = template.format(**error.get("ctx", {})) if template else error["msg"].removeprefix("Input should be ")
    if kind in _SHOW_VALUE and not _is_secret(known, path):
        message = (
            f"{_shown(error['input'])} {message}"
            if message.startswith("is")
            else f"{message}, not {_shown(error['input'])}"
        )
    remedy = (
        f"write [{'.'.join(map(str, path))}] on a line of its own" if kind in _TABLE_ERRORS and len(path) == 1 else ""
    )
    return Fault(path, message, remedy)


def _own_error(known: dict[KeyPath, Table], path: KeyPath, message: str) -> Fault:
    """Return what a section's validator says; one about a whole section that begins with a key is about that key."""
    key, _, rest = message.partition(" ")
    if path in known and key in fields(known[path].section):
        return Fault((*path, key), rest)
    return Fault(path, message)


def key_path(raw: Any, location: tuple[int | str, ...]) -> KeyPath:
    """Return a pydantic location without the parts that are not keys of `raw` (tags of unions, missing keys)."""
    path: KeyPath = ()
    for part in location:
        inside = part in raw if isinstance(raw, dict) else isinstance(raw, list) and part in range(len(raw))
        if inside:
            raw = raw[part]
            path = (*path, part)
    return path


def closest(word: str, words: Iterable[str]) -> str:
    """Return a remedy that names the most similar of `words`, or all of them if none is similar and they are few."""
    known = sorted(words)
    found = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if found:
        return f"did you mean {found[0]}?"
    return f"known: {', '.join(known)}" if 0 < len(known) <= 12 else ""


def _unknown_key(known: dict[KeyPath, Table], path: KeyPath) -> Fault:
    key, table = str(path[-1]), known.get(path[:-1])
    names = _names(table.section) if table else []
    if not difflib.get_close_matches(key, names, n=1, cutoff=0.6):
        elsewhere = [
            section for section, field in Config.model_fields.items() if key in _sections_keys(field.annotation)
        ]
        if len(elsewhere) == 1 and (elsewhere[0],) != path[:-1]:
            return Fault(path, "there is no such setting here", f"{key} belongs in [{elsewhere[0]}]")
    return Fault(path, "there is no such setting", closest(key, names))


def _names(section: Any) -> list[str]:
    known = fields(section)
    return [*known, *(f"{name}_file" for name, field in known.items() if is_secret(field))]


def _sections_keys(annotation: Any) -> set[str]:
    return {name for section in sections_of(annotation) for name in _names(section)}


def _wrong_type_tag(path: KeyPath, kind: str, error: ErrorDetails) -> Fault:
    annotation = Config.model_fields[str(path[0])].annotation
    types = [str(name) for section in sections_of(annotation) for name in kinds(section)]
    given = error["input"].get("type") if isinstance(error["input"], dict) else None
    if kind == "union_tag_not_found" or given is None:
        return Fault((*path, "type"), "is required", f"add one of: {', '.join(types)}")
    return Fault((*path, "type"), f"there is no type {_shown(given)}", closest(str(given), types))


def _is_secret(known: dict[KeyPath, Table], path: KeyPath) -> bool:
    table = known.get(path[:-1])
    field = fields(table.section).get(str(path[-1])) if table else None
    return field is not None and is_secret(field)


def _shown(value: Any) -> str:
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "…"
