"""What commands print: JSON on request, tables on a terminal, aligned text elsewhere.

Whatever comes from outside (headlines, error texts) is stripped of control characters, so that it cannot move a
terminal's cursor or forge lines.
"""

import dataclasses
import json
import sys
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

_CONTROL = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_KEPT = "\u200c\u200d"  # joiners that scripts and emoji need


class Column(NamedTuple):
    """A column: its heading, and the key of a row or a function of it. `wide` columns give way when space is short."""

    title: str
    value: str | Callable[[Mapping[str, Any]], Any]
    wide: bool = False
    right: bool = False


def clean(value: Any) -> str:
    """Return a value as one line of text that is safe to print on a terminal."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(clean(item) for item in value)
    text = " ".join(str(value).split())
    return "".join(c for c in text if c in _KEPT or unicodedata.category(c) not in _CONTROL)


def clean_text(text: str) -> str:
    """Return a text with its lines, safe to print on a terminal."""
    return "\n".join(
        "".join(c for c in line if c == "\t" or c in _KEPT or unicodedata.category(c) not in _CONTROL)
        for line in text.split("\n")
    )


def ago(instant: datetime | None, now: datetime) -> str:
    """Return how long ago (or in how long) an instant is, for people: "3m ago", "in 2h", "never"."""
    if instant is None:
        return "never"
    distance = now - instant
    text = span(abs(distance))
    return f"in {text}" if distance < timedelta(0) else f"{text} ago"


def span(duration: timedelta) -> str:
    """Return a duration with its largest unit: "45s", "3m", "2h", "5d"."""
    seconds = int(duration.total_seconds())
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def many(number: int, noun: str) -> str:
    """Return a number with its noun: "1 rule", "12 rules", "3 stories", "2 matches"."""
    if number != 1:
        noun = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}es" if noun.endswith("ch") else f"{noun}s"
    return f"{number} {noun}"


def cut(text: str, most: int = 100) -> str:
    """Return a text of at most `most` characters, with an ellipsis where it was longer."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def plain(value: Any) -> Any:
    """Return a value as JSON can hold it: instants in ISO 8601 with Z, row ids as text.

    Row ids are longer than the 53 bits that JavaScript and jq keep exactly.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain_id(value[key]) if _names_id(str(key)) else plain(value[key]) for key in value}
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, set | frozenset):
        return sorted(plain(item) for item in value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value


def _names_id(key: str) -> bool:
    return key == "id" or key.endswith(("_id", "_ids"))


def _plain_id(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return [_plain_id(item) for item in value] if isinstance(value, list | tuple) else plain(value)


def print_json(value: Any) -> None:
    """Print a JSON document on standard output."""
    print(json.dumps(plain(value), ensure_ascii=False, indent=2))


def print_rows(rows: Sequence[Mapping[str, Any]], columns: Sequence[Column], *, empty: str) -> None:
    """Print rows for people, or the sentence `empty` (on standard error) if there are none."""
    if not rows:
        note(empty)
        return
    cells = [[clean(_cell(row, column)) for column in columns] for row in rows]
    if sys.stdout.isatty():
        _print_table(columns, cells)
        return
    from rich.cells import cell_len

    lines = [[column.title for column in columns], *cells]
    widths = [max(cell_len(line[index]) for line in lines) for index in range(len(columns))]
    for line in lines:
        padded = (
            " " * (width - cell_len(text)) + text if column.right else text + " " * (width - cell_len(text))
            for text, width, column in zip(line, widths, columns, strict=True)
        )
        print("  ".join(padded).rstrip())


def _cell(row: Mapping[str, Any], column: Column) -> Any:
    return row.get(column.value) if isinstance(column.value, str) else column.value(row)


def _print_table(columns: Sequence[Column], cells: Iterable[Sequence[str]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(
            column.title,
            justify="right" if column.right else "left",
            no_wrap=not column.wide,
            overflow="fold" if column.wide else "ellipsis",
            ratio=1 if column.wide else None,
        )
    for line in cells:
        table.add_row(*(Text(text) for text in line))
    Console(highlight=False).print(table)


def print_facts(facts: Mapping[str, Any]) -> None:
    """Print names and values, one a line, values aligned. Empty values are left out."""
    shown = {name: clean(value) for name, value in facts.items() if clean(value)}
    width = max((len(name) for name in shown), default=0)
    for name, text in shown.items():
        print(f"{name:<{width}}  {text}")


def note(text: str) -> None:
    """Print a sentence for people on standard error."""
    print(text, file=sys.stderr)
