from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from newswatch.store.database import Database
from tests.alerts.newsroom import Make, Newsroom

NOON = datetime(2026, 1, 13, 12, 1, tzinfo=UTC)  # a Tuesday


@pytest.fixture
def newsroom(database: Database) -> Make:
    """Makes newsrooms on the test's database; several stand for several daemons."""

    def make(start: datetime = NOON, **settings: Any) -> Newsroom:
        return Newsroom(database, start=start, **settings)

    return make


@pytest.fixture
def embedded(make_database: Any) -> Iterator[Make]:
    """The same on SQLite alone, for what does not depend on the database and takes long."""
    opened = Database(make_database("sqlite"))

    def make(start: datetime = NOON, **settings: Any) -> Newsroom:
        return Newsroom(opened, start=start, **settings)

    yield make
    opened.close()
