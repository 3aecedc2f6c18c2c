"""Going through the settings by their types: which table of a file is which section."""

import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from newswatch.settings import Section
from newswatch.toml_positions import KeyPath


class Table(NamedTuple):
    """A table of the raw configuration and the section that describes it."""

    path: KeyPath
    section: type[Section]
    values: dict[str, Any]


def tables(section: type[Section], values: dict[str, Any], path: KeyPath = ()) -> Iterator[Table]:
    """Yield `values` and every table below it that a section describes; whatever has a wrong type is passed over."""
    yield Table(path, section, values)
    for name, field in fields(section).items():
        if name in values:
            yield from _below(field.annotation, values[name], (*path, name))


def _below(annotation: Any, value: Any, path: KeyPath) -> Iterator[Table]:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is dict and isinstance(value, dict):
        for key, child in value.items():
            yield from _below(arguments[1], child, (*path, key))
    elif origin is tuple and isinstance(value, list):
        for index, child in enumerate(value):
            yield from _below(arguments[0], child, (*path, index))
    elif isinstance(value, dict):
        section = chosen_section(annotation, value)
        if section is not None:
            yield from tables(section, value, path)


def fields(section: type[Section]) -> dict[str, FieldInfo]:
    """Return a section's fields by the name that is written in the file."""
    return {field.alias or name: field for name, field in section.model_fields.items()}


def sections_of(annotation: Any) -> list[type[Section]]:
    """Return every section that a value of this type may be, containers looked through."""
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        return [annotation] if issubclass(annotation, Section) else []
    arguments = get_args(annotation)
    if get_origin(annotation) is Annotated:
        arguments = arguments[:1]
    return [section for argument in arguments for section in sections_of(argument)]


def chosen_section(annotation: Any, value: dict[str, Any]) -> type[Section] | None:
    """Return the section that describes the table `value`: of several, the one whose `type` it names."""
    candidates = sections_of(annotation)
    if len(candidates) == 1:
        return candidates[0]
    return next((section for section in candidates if value.get("type") in kinds(section)), None)


def kinds(section: type[Section]) -> tuple[Any, ...]:
    """Return the values that `type` has in this section, empty if it has no such key."""
    field = section.model_fields.get("type")
    return get_args(field.annotation) if field is not None and get_origin(field.annotation) is Literal else ()


def is_secret(field: FieldInfo) -> bool:
    """Tell whether a setting is a secret, which can also be given as `<name>_file`."""
    return _holds_secret(field.annotation)


def _holds_secret(annotation: Any) -> bool:
    if get_origin(annotation) in (Union, types.UnionType, Annotated):
        return any(_holds_secret(argument) for argument in get_args(annotation))
    return annotation is SecretStr
