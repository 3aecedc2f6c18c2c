"""One pack file read into its tables, with the place of every key, so that each problem has a line and a column."""

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import ValidationError

from newswatch.errors import Problem
from newswatch.flag.packs import schema
from newswatch.flag.packs.schema import PackFile
from newswatch.flag.packs.strings import locator
from newswatch.flag.reading import Locate
from newswatch.toml_positions import KeyPath, Position, locate, nearest, syntax_problem


@dataclass(slots=True)
class Source:
    """One file with the places of its keys."""

    pack: str
    where: str
    text: str
    positions: Mapping[KeyPath, Position]
    tables: PackFile
    starts: list[int] = field(default_factory=list)

    def problem(self, path: KeyPath, message: str, remedy: str) -> Problem:
        """Return a Problem at the key `path`."""
        position = nearest(dict(self.positions), path)
        line, column = position or (None, None)
        return Problem(self.where, message, remedy, line, column)

    def locate(self, path: KeyPath) -> Locate:
        """Return a function from offsets in the string at `path` to file positions."""
        position = self.positions[path]
        at = self._line_start(position.line) + position.column - 1
        return locator(self.text, at)

    def _line_start(self, line: int) -> int:
        if not self.starts:
            self.starts = [0]
            for index, char in enumerate(self.text):
                if char == "\n":
                    self.starts.append(index + 1)
        return self.starts[line - 1]


def read_source(pack: str, where: str, text: str, problems: list[Problem]) -> Source | None:
    """Read the text of a file; what is wrong is added to `problems`, and then there is no Source."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problems.append(syntax_problem(where, text, error))
        return None
    except RecursionError:
        problems.append(Problem(where, "tables are nested too deeply", "a pack needs three levels at most"))
        return None
    source = Source(pack, where, text, locate(text), PackFile())
    try:
        source.tables = PackFile.model_validate(data)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        problems.extend(_validation_problem(source, item["loc"], item["type"], item["msg"]) for item in details)
        return None
    return source


def _validation_problem(source: Source, path: KeyPath, kind: str, message: str) -> Problem:
    key = next((str(part) for part in reversed(path) if isinstance(part, str)), "")
    shown = ".".join(str(part) for part in path if isinstance(part, str))
    if kind == "extra_forbidden":
        known = _keys_beside(path)
        close = difflib.get_close_matches(key, known, 1)
        remedy = f"did you mean {close[0]}?" if close else f"known here: {', '.join(known)}"
        return source.problem(path, f"unknown key {shown}", remedy)
    if kind == "missing":
        return source.problem(path, f"{shown} is missing", f"add {key} = …")
    return source.problem(path, f"{shown}: {message}", "see docs/rules.md for the form of a pack")


def _keys_beside(path: KeyPath) -> list[str]:
    """Return the keys that the table holding the last key of `path` knows."""
    model: type = PackFile
    names = [part for part in path[:-1] if isinstance(part, str)]
    tables = {"pack": "PackTable", "entities": "EntityTable", "rules": "RuleTable", "tests": "TestTable"}
    tables |= {"roles": "RoleTable", "dated": "DatedTable", "severities": "SeverityTable"}
    tables |= {"lint_ignore": "IgnoreTable"}
    if names:
        model = getattr(schema, tables.get(names[-1], "PackFile"))
    return [info.alias or name for name, info in model.model_fields.items()]  # type: ignore[attr-defined]
