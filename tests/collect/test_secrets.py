"""What a feed's address holds of secrets stays where it is needed: in the feed's row and in requests to its server."""

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select

from newswatch import log
from newswatch.citizen.scene import Scene, scene
from newswatch.citizen.scripted import answer
from newswatch.collect.opml import render_opml
from newswatch.config import LogSettings
from newswatch.model import Feed
from newswatch.store import feeds
from newswatch.store.tables import metadata
from tests.conftest import MakeDatabase

SECRETS = ("hunter2", "hunter3", "hunter4")
# Where a feed's own address has to be.
NEEDED = {("feed", "url"), ("feed", "url_key"), ("feed", "moved_from"), ("feed", "redirect_url")}
TROUBLES = {
    "refused": answer(403, b"no: hunter2 hunter3"),
    "moved": answer(301, b"", b"Location: http://you:hunter4@other.example/rss?api_key=hunter4"),
    "page": answer(200, b"<html><body>hunter2</body></html>"),
    "elsewhere": answer(302, b"", b"Location: ftp://you:hunter4@other.example/"),
    "inside": answer(302, b"", b"Location: http://you:hunter4@127.0.0.1/?token=hunter4"),
    "half": answer(200, b"<rss", b"Content-Length: 900", b"Connection: close", length=False),
}


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    log.setup(LogSettings.model_validate({"level": "debug", "format": "json"}), stream=stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


async def test_f34_no_secret_of_an_address_gets_anywhere(
    tmp_path: Path, make_database: MakeDatabase, lines: io.StringIO
) -> None:
    async with scene(tmp_path, Path(make_database("sqlite").removeprefix("sqlite:///"))) as stage:
        urls = [f"http://me:hunter2@feed-{host}.example/rss?token=hunter3&page=1" for host in TROUBLES]
        for url, script in zip(urls, TROUBLES.values(), strict=True):
            await stage.add(url, script)
        for _ in range(40):
            await stage.next(None)
        assert all(len(stage.asked(url)) > 2 for url in urls)
        assert all(seen.headers["authorization"].startswith(b"Basic ") for url in urls for seen in stage.asked(url))
        stored = await _stored(stage)
        known: list[Feed] = await stage.database.read(feeds.all_feeds)
        metrics = stage.pipeline.context.metrics.exposition().decode()
        exported = render_opml(known).decode()
    assert lines.getvalue()
    for secret in SECRETS:
        assert secret not in stored
        assert secret not in lines.getvalue()
        assert secret not in metrics
        assert secret not in exported


async def _stored(stage: Scene) -> str:
    """Return every value of every table but those that hold a feed's address."""

    def read(connection: Connection) -> list[list[Any]]:
        found: list[list[Any]] = []
        for table in metadata.sorted_tables:
            columns = [column for column in table.columns if (table.name, column.name) not in NEEDED]
            found += [list(row) for row in connection.execute(select(*columns))]
        return found

    return json.dumps(await stage.database.read(read), default=str)
