r"""Entities as records of plain values, and as the tables people keep them in: TSV and JSON.

A record has the keys of `[[entities]]` in a pack (see `schema.EntityTable`), without those that have their default. The
table has one row for each entity and, like an export of Wikidata, one column for each language: `names:en`, `names:ko`.
Several values in a cell are separated by `; `. A backslash makes the next character literal; `\s` is a space at an edge
of a value, `\t` a tab. A role is written `office from/to`, a dated name `language:name from/to`; either day may be
missing, and a `?` at the end of a role says that nobody checked it.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from pydantic import ValidationError

from newswatch.errors import Problem
from newswatch.flag.checks import valid_id
from newswatch.flag.entities import Entity, Period
from newswatch.flag.normalise import fold
from newswatch.flag.packs.schema import EntityTable

Record = dict[str, Any]

BY_LANGUAGE = ("names", "aliases", "short", "styles")
LISTS = ("short_with", "not")
_PLAIN = ("id", "type", "name", *LISTS, "roles", "dated", "romanise", "source", "checked")
_DEFAULTS = {"romanise": True, "checked": True}
_FLAGS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
_DAYS = re.compile(r"(?P<what>.*\S)\s+(?P<from>[0-9-]*)/(?P<to>[0-9-]*)(?P<unchecked>\s*\?)?", re.DOTALL)


class Placed:
    """A record with the line on which it begins in the file it came from."""

    __slots__ = ("line", "record")

    def __init__(self, record: Record, line: int) -> None:
        self.record = record
        self.line = line


def record_of(entity: Entity) -> Record:
    """Return an entity as a record."""
    found: Record = {"id": entity.id, "type": entity.type, "name": entity.name, "source": entity.source}
    found |= {key: {lang: list(texts) for lang, texts in getattr(entity, key).items()} for key in BY_LANGUAGE}
    found |= {"short_with": list(entity.short_with), "not": list(entity.excluded)}
    found["roles"] = [
        {"office": role.office, **_days_of(role), **({} if role.checked else {"checked": False})}
        for role in entity.roles
    ]
    found["dated"] = [{"text": one.text, "lang": one.language, **_days_of(one.period)} for one in entity.dated]
    found |= {"romanise": entity.romanise, "checked": entity.checked}
    return normal(found)


def normal(record: Mapping[str, Any]) -> Record:
    """Return a record without what is empty or has its default."""
    return {
        key: value
        for key, value in record.items()
        if value not in ("", [], {}, None) and value is not _DEFAULTS.get(key)
    }


def _days_of(period: Period) -> Record:
    days = {"from": period.start, "to": period.end}
    return {key: day for key, day in days.items() if day is not None}


# --- JSON ---


def to_json(records: Iterable[Record]) -> str:
    """Return records as a JSON array."""
    return json.dumps(list(records), ensure_ascii=False, indent=2, default=date.isoformat) + "\n"


def from_json(text: str, where: str, problems: list[Problem]) -> list[Placed]:
    """Read a JSON array of records, or one record a line. What is wrong is added to `problems`."""
    decoder = json.JSONDecoder()
    placed: list[Placed] = []
    at, inside = 0, False
    while True:
        at = _skip(text, at, " \t\r\n," if inside else " \t\r\n")
        if text.startswith("[", at) and not inside:
            at, inside = at + 1, True
            continue
        if at >= len(text) or text.startswith("]", at):
            return placed
        line = text.count("\n", 0, at) + 1
        try:
            value, at = decoder.raw_decode(text, at)
        except (json.JSONDecodeError, RecursionError) as error:
            reason = f"is not JSON: {error.msg}" if isinstance(error, json.JSONDecodeError) else "is nested too deeply"
            problems.append(Problem(where, reason, "see `newswatch entities export --json` for the form", line))
            return placed
        if isinstance(value, dict):
            placed.append(Placed(value, line))
        else:
            problems.append(Problem(where, "an entity is an object", 'write {"id": …, "name": …}', line))


def _skip(text: str, at: int, characters: str) -> int:
    while at < len(text) and text[at] in characters:
        at += 1
    return at


# --- TSV ---


def to_tsv(records: Iterable[Record]) -> str:
    """Return records as a table with tabs, the first line with the names of the columns."""
    rows = list(records)
    columns = list(_columns(rows))
    lines = ["\t".join(columns), *("\t".join(_cell(row, column) for column in columns) for row in rows)]
    return "\n".join(lines) + "\n"


def _columns(rows: Sequence[Record]) -> Iterator[str]:
    yield from ("id", "type", "name")
    for key in BY_LANGUAGE:
        languages = dict.fromkeys(language for row in rows for language in row.get(key, {}))
        yield from (f"{key}:{language}" for language in languages)
    yield from _PLAIN[3:]


def _cell(row: Record, column: str) -> str:
    key, _, language = column.partition(":")
    value = row.get(key, _DEFAULTS.get(key, ""))
    if key in BY_LANGUAGE:
        return _listed((value or {}).get(language, ()))
    if key == "roles":
        return _listed(f"{role['office']} {_days(role)}{'' if role.get('checked', True) else ' ?'}" for role in value)
    if key == "dated":
        return _listed(f"{one['lang']}:{one['text']} {_days(one)}" for one in value)
    if key in LISTS:
        return _listed(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _escaped(str(value))


def _days(period: Mapping[str, Any]) -> str:
    return f"{period.get('from', '')}/{period.get('to', '')}"


def _listed(values: Iterable[str]) -> str:
    return "; ".join(_edged(_escaped(value).replace(";", "\\;")) for value in values)


def _edged(text: str) -> str:
    """Write a space at an edge, which asks for a word's edge there, so that it can be seen."""
    shown = f"\\s{text[1:]}" if text.startswith(" ") else text
    return f"{shown[:-1]}\\s" if shown.endswith(" ") else shown


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def from_tsv(text: str, where: str, problems: list[Problem]) -> list[Placed]:
    """Read a table with tabs. What is wrong is added to `problems`, with its line."""
    lines = list(csv.reader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE, strict=True))
    if not lines:
        problems.append(
            Problem(where, "this file is empty", "its first line names the columns: id, type, name, names:en …")
        )
        return []
    columns = [column.strip() for column in lines[0]]
    for column in columns:
        key, colon, language = column.partition(":")
        if not (column in _PLAIN or (key in BY_LANGUAGE and colon and language)):
            remedy = f"known are {', '.join(_PLAIN)}, and {', '.join(f'{one}:LANGUAGE' for one in BY_LANGUAGE)}"
            problems.append(Problem(where, f"unknown column {column!r}", remedy, 1))
    placed = []
    for number, cells in enumerate(lines[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(columns):
            message = f"has {len(cells)} cells, but there are {len(columns)} columns"
            problems.append(Problem(where, message, "write a tab inside a value as \\t", number))
            continue
        placed.append(Placed(_row(dict(zip(columns, cells, strict=False)), where, number, problems), number))
    return placed


def _row(cells: Mapping[str, str], where: str, line: int, problems: list[Problem]) -> Record:
    record: Record = {}
    for column, cell in cells.items():
        key, _, language = column.partition(":")
        values = _split(cell)
        if not values:
            continue
        if key in BY_LANGUAGE:
            record.setdefault(key, {})[language] = values
        elif key in LISTS:
            record[key] = values
        elif key in ("roles", "dated"):
            record[key] = [found for value in values if (found := _dated(key, value, where, line, problems))]
        elif key in _DEFAULTS:
            flag = _FLAGS.get(cell.strip().lower())
            if flag is None:
                problems.append(Problem(where, f"{key} is {cell.strip()!r}", "write yes or no", line))
            record[key] = flag
        elif key in _PLAIN:
            record[key] = _unescaped(cell).strip()
    return record


def _dated(key: str, value: str, where: str, line: int, problems: list[Problem]) -> Record | None:
    found = _DAYS.fullmatch(value)
    language, colon, text = (found["what"] if found else value).partition(":")
    if found is None or (key == "dated" and not (colon and text)):
        form = "office 2024-10-01/2025-10-21" if key == "roles" else "en:Blue House 2025-12-29/"
        problems.append(Problem(where, f"{key} has {value!r}", f"write {form}; either day may be missing", line))
        return None
    days = {name: found[name] for name in ("from", "to") if found[name]}
    if key == "dated":
        return {"text": text, "lang": language, **days}
    return {"office": found["what"], **days, **({"checked": False} if found["unchecked"] else {})}


def _split(cell: str) -> list[str]:
    """Split a cell at semicolons that no backslash makes literal."""
    parts = re.findall(r"(?:\\.|[^;\\])+", cell, re.DOTALL)
    return [text for part in parts if (text := _unescaped(part.strip()))]


def _unescaped(text: str) -> str:
    named = {"t": "\t", "n": "\n", "r": "\r", "s": " "}
    return re.sub(r"\\(.)", lambda found: named.get(found[1], found[1]), text, flags=re.DOTALL)


# --- checking ---


def checked(placed: Iterable[Placed], where: str, offices: Iterable[str], problems: list[Problem]) -> list[Placed]:
    """Return the records that are whole, in their normal form; what is wrong with the others is added to `problems`.

    `offices` are the entities that are known besides: a role names one of those or one of the file.
    """
    given = list(placed)
    known = {*offices, *(str(one.record.get("id")) for one in given)}
    seen: dict[str, int] = {}
    right = []
    for one in given:
        before = len(problems)
        table = _table(one, where, problems)
        if table is not None:
            if not valid_id(table.id):
                message = f"{table.id!r} cannot name an entity"
                problems.append(Problem(where, message, "use small letters, digits and hyphens", one.line))
            if table.id in seen:
                remedy = f"the first is on line {seen[table.id]}; put them together or rename one"
                problems.append(Problem(where, f"{table.id} stands twice", remedy, one.line))
            seen.setdefault(table.id, one.line)
            problems.extend(_faults(table, where, one.line, known))
        if table is not None and len(problems) == before:
            right.append(Placed(plain(table), one.line))
    return right


def _table(one: Placed, where: str, problems: list[Problem]) -> EntityTable | None:
    try:
        return EntityTable.model_validate(one.record)
    except ValidationError as error:
        for item in error.errors(include_url=False, include_input=False):
            shown = ".".join(str(part) for part in item["loc"])
            message, remedy = f"{shown}: {item['msg']}", "see docs/entities.md for the form of an entity"
            if item["type"] == "missing":
                message, remedy = f"{shown} is missing", f"give every entity {shown}"
            elif item["type"] == "extra_forbidden":
                message, remedy = (
                    f"unknown key {shown}",
                    f"known are {', '.join(_PLAIN[:3] + BY_LANGUAGE + _PLAIN[3:])}",
                )
            problems.append(Problem(where, message, remedy, one.line))
        return None


def _faults(table: EntityTable, where: str, line: int, known: set[str]) -> Iterator[Problem]:
    for key in BY_LANGUAGE:
        for language, texts in getattr(table, key).items():
            for text in texts:
                if not fold(re.sub(r"\{\w+\}", "x", text).replace("|", " ")):
                    yield Problem(
                        where, f"{table.id}: {key}:{language} has {text!r}, without letters", "remove it", line
                    )
    for text in table.not_:
        if not fold(text):
            yield Problem(where, f"{table.id}: not has {text!r}, without letters", "remove it", line)
    for named, key in (
        *((role.office, "office") for role in table.roles),
        *((one, "short_with") for one in table.short_with),
    ):
        if named not in known:
            message = f"{table.id}: there is no {key} {named!r}"
            yield Problem(where, message, "add it to the file, or name the pack that has it with --pack", line)
    for start, end in [*((one.from_, one.to) for one in table.roles), *((one.from_, one.to) for one in table.dated)]:
        if start and end and start > end:
            yield Problem(where, f"{table.id}: {start} is after {end}", "exchange the days", line)
    if not (table.names or table.aliases or table.dated or table.type == "office"):
        yield Problem(where, f"{table.id} has no names and no aliases", "add names:LANGUAGE or aliases:LANGUAGE", line)


def plain(table: EntityTable) -> Record:
    """Return the record of what was read: lists as lists, nothing that is empty or has its default."""
    dumped = table.model_dump(by_alias=True)
    for key in BY_LANGUAGE:
        dumped[key] = {language: list(texts) for language, texts in dumped[key].items() if texts}
    for key in LISTS:
        dumped[key] = list(dumped[key])
    for key in ("roles", "dated"):
        dumped[key] = [
            {name: value for name, value in one.items() if value is not None and (name, value) != ("checked", True)}
            for one in dumped[key]
        ]
    return normal(dumped)
