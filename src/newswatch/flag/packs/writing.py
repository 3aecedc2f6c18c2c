"""Entities written into a pack file, whose other text stays as it is, comments included."""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from newswatch.errors import Problem
from newswatch.flag.packs.records import BY_LANGUAGE, LISTS, Placed, Record, normal, plain
from newswatch.flag.packs.schema import EntityTable

_ORDER = ("id", "type", "name", "source", "checked", "romanise", "short_with", "not", "roles", "dated")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_HEADER = re.compile(r"^[ \t]*(\[\[?)[ \t]*([^\]#]+?)[ \t]*\]\]?", re.MULTILINE)
_OPAQUE = re.compile(
    r'''"""(?:\\.|[^\\])*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*"|'[^'\n]*'|#[^\n]*''', re.DOTALL
)  # strings and comments
_WIDTH = 118


@dataclass(slots=True)
class Outcome:
    """The new text of a pack file, and what happened to each entity."""

    text: str
    added: list[str] = field(default_factory=list)
    completed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)


def written(records: Iterable[Record]) -> str:
    """Return `[[entities]]` tables in TOML."""
    return "\n".join(_entity(record) for record in records)


def _entity(record: Record) -> str:
    lines = ["[[entities]]"]
    lines += [_assignment(key, record[key]) for key in _ORDER if key in record]
    for key in BY_LANGUAGE:
        if record.get(key):
            lines.append(f"[entities.{key}]")
            lines += [_assignment(_key(language), texts) for language, texts in record[key].items()]
    return "\n".join(lines) + "\n"


def _assignment(key: str, value: Any) -> str:
    line = f"{key} = {_value(value)}"
    if isinstance(value, list) and (len(line) > _WIDTH or any(isinstance(item, Mapping) for item in value[1:])):
        return f"{key} = [\n" + "".join(f"  {_value(item)},\n" for item in value) + "]"
    return line


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return f"[{', '.join(_value(item) for item in value)}]"
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{_key(key)} = {_value(item)}' for key, item in value.items())} }}"
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007F")


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else json.dumps(key, ensure_ascii=False)


def new_pack(pack: str) -> str:
    """Return the text of a pack with nothing in it yet."""
    return f"[pack]\nid = {_value(pack)}\nname = {_value(pack)}\n"


def put(
    text: str, where: str, entities: Iterable[Placed], *, replace: bool, problems: list[Problem], source: str
) -> Outcome:
    """Put `entities` of the file `source` into the pack `text` of the file `where`.

    New ones are appended. One that is there already is completed by what it lacks; where the two disagree, that is
    added to `problems`, unless `replace` says that the new one stands instead.
    """
    outcome = Outcome(text)
    present = {str(one.get("id")): number for number, one in enumerate(tomllib.loads(text).get("entities", ()))}
    appended = []
    for one in entities:
        name = one.record["id"]
        if name not in present:
            appended.append(one.record)
            outcome.added.append(name)
            continue
        block = _block(outcome.text, present[name])
        if block is None:
            remedy = "write it as a table of its own, [[entities]]"
            problems.append(Problem(where, f"{name} stands in a list and cannot be changed there", remedy))
            continue
        before = _record(outcome.text[slice(*block)])
        after = one.record if replace else _united(before, one, source, problems)
        if after == before:
            outcome.unchanged.append(name)
        else:
            outcome.text = _exchanged(outcome.text, block, after)
            outcome.completed.append(name)
    if appended:
        outcome.text = f"{outcome.text.rstrip()}\n\n{written(appended)}"
    return outcome


def _block(text: str, index: int) -> tuple[int, int] | None:
    """Return where the `[[entities]]` number `index` stands with its sub-tables, None if it has no header."""
    headers = [(found.start(), found[2].strip()) for found in _HEADER.finditer(_blanked(text))]
    own = [number for number, (_, name) in enumerate(headers) if name == "entities"]
    if index >= len(own):
        return None
    first = own[index]
    following = next((at for at, name in headers[first + 1 :] if not name.startswith("entities.")), len(text))
    body = text[headers[first][0] : following]
    kept = re.sub(r"(?:[ \t]*(?:#[^\n]*)?\n)*[ \t]*(?:#[^\n]*)?\Z", "", body)  # what follows belongs to the next table
    return headers[first][0], headers[first][0] + len(kept)


def _blanked(text: str) -> str:
    """Return `text` with strings and comments blanked, so that nothing in them looks like a header."""
    return _OPAQUE.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)


def _record(block: str) -> Record:
    return plain(EntityTable.model_validate(tomllib.loads(block)["entities"][0]))


def _united(old: Record, new: Placed, where: str, problems: list[Problem]) -> Record:
    united = dict(old)
    for key, value in new.record.items():
        if key in BY_LANGUAGE:
            mine = old.get(key, {})
            languages = dict.fromkeys([*mine, *value])
            united[key] = {one: list(dict.fromkeys([*mine.get(one, ()), *value.get(one, ())])) for one in languages}
        elif key in LISTS or key in ("roles", "dated"):
            mine = old.get(key, [])
            united[key] = [*mine, *(item for item in value if item not in mine)]
        elif key not in old:
            united[key] = value
        elif old[key] != value:
            message = f"{new.record['id']}: {key} is {value!r}, but the pack has {old[key]!r}"
            remedy = "make them equal, or let the file stand instead with --replace"
            problems.append(Problem(where, message, remedy, new.line))
    return normal(united)


def _exchanged(text: str, block: tuple[int, int], record: Record) -> str:
    start, end = block
    comments = [found[0] for found in _OPAQUE.finditer(text, start, end) if found[0].startswith("#")]
    before = "".join(f"{comment}\n" for comment in comments)
    return f"{text[:start]}{before}{written([record]).rstrip()}{text[end:]}"
