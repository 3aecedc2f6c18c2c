"""What a benchmark found, for people and as JSON."""

import json
import os
import platform
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what, figure, and the target it is held to (empty if none)."""

    what: str
    figure: str
    target: str = ""
    met: bool | None = None


def machine() -> dict[str, str | int]:
    """Describe where this runs."""
    processor = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.exists():
        lines = information.read_text(encoding="utf-8").splitlines()
        processor = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), processor)
    return {
        "processor": processor,
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        "system": platform.platform(),
        "python": platform.python_version(),
        "newswatch": version("newswatch"),
    }


def publish(name: str, title: str, rows: list[Row], data: dict[str, object]) -> None:
    """Show the rows and write everything to bench/results/NAME.json."""
    table = Table(title=title, title_justify="left")
    for column in ("", "figure", "target", ""):
        table.add_column(column)
    for row in rows:
        verdict = "" if row.met is None else "[green]met[/]" if row.met else "[red]missed[/]"
        table.add_row(row.what, row.figure, row.target, verdict)
    Console().print(table)
    RESULTS.mkdir(exist_ok=True)
    document = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "rows": [asdict(row) for row in rows],
        "data": data,
    }
    (RESULTS / f"{name}.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
