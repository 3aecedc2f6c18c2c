"""Looking at every stored article of a time, with progress, until done or interrupted."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from newswatch.cli.output import note
from newswatch.cli.progress import tracked

if TYPE_CHECKING:
    from newswatch.store.archive import Archived
    from newswatch.store.database import Database

INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells have it."""


def each(
    database: "Database", since: datetime | None, doing: str, take: Callable[["Archived"], bool | None]
) -> tuple[int, bool]:
    """Hand the articles first seen since an instant, newest first, to `take`, which may end this by returning True.

    Return how many it was given, and whether Ctrl-C ended it, which is said on standard error.
    """
    from newswatch.store import archive

    with database.reading() as connection:
        total = archive.count(connection, since=since)
    seen = 0
    try:
        for one in tracked(archive.scan(database, since=since), total=total, doing=doing):
            seen += 1
            if take(one):
                return seen, False
    except KeyboardInterrupt:
        note(f"interrupted after {seen} of {total} articles, newest first; what was found until then:")
        return seen, True
    return seen, False
