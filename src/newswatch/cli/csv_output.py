"""Lists as CSV (RFC 4180), for Excel and other programs.

In UTF-8 with a byte order mark, without which Excel reads it in the code page of the machine (CP949, CP932) and breaks
Korean and Japanese. A cell that a spreadsheet would take for a formula begins with an apostrophe
(https://owasp.org/www-community/attacks/CSV_Injection): headlines are written by strangers.
"""

import csv
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import typer

from newswatch.cli.output import Column, clean, plain, print_json, print_rows

CsvOption = Annotated[bool, typer.Option("--csv", help="Print CSV, as Excel reads it, instead of text.")]

_BOM = "\ufeff"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def print_list(
    rows: Sequence[Mapping[str, Any]],
    columns: Sequence[Column],
    *,
    csv_columns: Sequence[str],
    empty: str,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Print rows in the form that is asked for: JSON with all they hold, CSV, or these columns for people."""
    if as_json:
        print_json(rows)
    elif as_csv:
        print_csv(rows, csv_columns)
    else:
        print_rows(rows, columns, empty=empty)


def print_csv(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Print these columns of the rows, with their names in the first line. Lists are one cell, with commas."""
    sys.stdout.write(_BOM)
    writer = csv.writer(sys.stdout, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_cell(row[name]) for name in columns] for row in rows)


def _cell(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return clean(value)
    if isinstance(value, int | float):
        return value
    text = str(plain(value)) if isinstance(value, datetime) else clean(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
