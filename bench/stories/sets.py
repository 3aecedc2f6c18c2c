"""Labelled sets of news: what is understood.

* `*.jsonl`: one object a line with `event`, `title`, `text`, `language` (default en), and `at` (ISO 8601) or `hours`.
* `*.csv` as of the UCI News Aggregator (https://archive.ics.uci.edu/dataset/359): TITLE, STORY, TIMESTAMP in
  milliseconds; headlines without texts.
"""

import csv
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

_START = datetime(2026, 1, 13, 9, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Labelled:
    """One text and the event that it is about."""

    event: str
    title: str
    text: str
    language: str
    at: datetime


def read_set(path: Path) -> list[Labelled]:
    """Return the texts of a file in the order in which they came. Raises ValueError where it is no such file."""
    try:
        if path.suffix == ".csv":
            with path.open(encoding="utf-8", newline="") as lines:
                found = [_headline(row) for row in csv.DictReader(lines) if row.get("TIMESTAMP")]
        else:
            found = [_text(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path}: not a labelled set: {error}") from error
    return sorted(found, key=lambda one: one.at)


def _headline(row: dict[str, str]) -> Labelled:
    at = datetime.fromtimestamp(int(row["TIMESTAMP"]) / 1000, UTC)
    return Labelled(row["STORY"], row["TITLE"], "", "en", at)


def _text(row: dict[str, Any]) -> Labelled:
    at = datetime.fromisoformat(row["at"]) if "at" in row else _START + timedelta(hours=row["hours"])
    return Labelled(row["event"], row["title"], row["text"], row.get("language", "en"), at)
