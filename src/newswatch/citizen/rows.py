"""The list of rows: what a server does, and what it must see next."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from newswatch.citizen.scene import Scene

RowScript = Callable[[Scene], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Row:
    """One promise: its number, what it says, the script that proves it, and `[http]` settings the script wants."""

    id: str
    promise: str
    script: RowScript
    http: dict[str, Any] = field(default_factory=dict)
    optional: bool = False  # beyond what every server may expect; scored apart


class Rows:
    """Rows in the order in which they were written down."""

    def __init__(self) -> None:
        self.all: list[Row] = []

    def row(
        self, row_id: str, promise: str, *, optional: bool = False, **http: Any
    ) -> Callable[[RowScript], RowScript]:
        """Write a row down; decorates its script."""

        def add(script: RowScript) -> RowScript:
            self.all.append(Row(row_id, promise, script, http, optional))
            return script

        return add
