"""Runs rows and says which promises are kept."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from newswatch.citizen import further, requests, schedule, trouble
from newswatch.citizen.rows import Row
from newswatch.citizen.scene import BrokenPromise, scene
from newswatch.store import migrate
from newswatch.store.database import Database

ROWS: tuple[Row, ...] = tuple(
    sorted((*requests.ROWS.all, *schedule.ROWS.all, *trouble.ROWS.all, *further.ROWS.all), key=lambda row: row.id)
)
"""Every promise, by number."""

_MEMORY = Path("/dev/shm")  # noqa: S108 - thousands of commits of which nothing is to last; a folder of its own is made


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one row; `detail` says what the server saw instead, None if the promise is kept."""

    id: str
    promise: str
    kept: bool
    detail: str | None
    elapsed_s: float
    optional: bool = False


async def run_rows(rows: Sequence[Row], *, done: Callable[[Result], None] = lambda _: None) -> list[Result]:
    """Run rows one after the other; `done` is called after each."""
    results = []
    place = _MEMORY if os.access(_MEMORY, os.W_OK | os.X_OK) else None
    with TemporaryDirectory(prefix="newswatch-citizen-", dir=place) as name:
        folder = Path(name)
        template = folder / "template.db"
        database = Database(f"sqlite:///{template}")
        migrate.upgrade(database)
        database.close()
        for row in rows:
            results.append(await _run(row, folder, template))
            done(results[-1])
    return results


async def _run(row: Row, folder: Path, template: Path) -> Result:
    began = time.monotonic()
    detail: str | None = None
    try:
        async with scene(folder, template, **row.http) as made:
            await row.script(made)
    except BrokenPromise as broken:
        detail = str(broken)
    return Result(row.id, row.promise, detail is None, detail, round(time.monotonic() - began, 2), row.optional)
