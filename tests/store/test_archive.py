"""The archive as rules see it."""

from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import text

from newswatch.clock import VirtualClock
from newswatch.ids import IdSource
from newswatch.model import MatchInput
from newswatch.store import archive, entries, feeds
from newswatch.store.database import Database
from tests.store import values
from tests.store.filling import store_article


def _store(database: Database, clock: VirtualClock, new_id: IdSource, key: str, body: str) -> int:
    with database.writing() as connection:
        return store_article(
            connection,
            values.article(body),
            url_keys=[key],
            shingles=frozenset(),
            backfill=False,
            first_seen_at=clock(),
            known_id=None,
            new_id=new_id,
            now=clock(),
        ).article_id


def test_an_article_as_rules_see_it(database: Database, clock: VirtualClock, new_id: IdSource) -> None:
    article_id = _store(database, clock, new_id, "a", "The harbour reopened.")
    with database.writing() as connection:
        feeds.add(connection, values.feed(country="KR"), feed_id=new_id(), now=clock())
        feed = feeds.get(connection, values.feed().url)
        assert feed is not None
        entries.store(connection, feed.id, [values.entry()], new_id=new_id, now=clock(), backfill=False)
        connection.execute(text("UPDATE entry SET article_id = :id"), {"id": article_id})
    with database.reading() as connection:
        found = archive.get(connection, article_id)
        assert archive.get(connection, 1) is None
    assert found is not None
    assert found.given == MatchInput(
        title="Harbour reopens",
        body="The harbour reopened.",
        language="en",
        source="The Lantern",
        country="KR",
        url="https://news1.example/1",
        authors=("Ada Reyes",),
        published_on=date(2026, 1, 13),
    )
    assert (found.story_id, found.stored, found.backfill) == (None, {}, False)


def test_rules_see_the_current_revision_where_its_text_is_kept(
    database: Database, clock: VirtualClock, new_id: IdSource
) -> None:
    article_id = _store(database, clock, new_id, "a", "The harbour reopened.")
    with database.writing() as connection:
        store_article(
            connection,
            replace(values.article("The harbour closed again."), published=None),
            url_keys=["a"],
            shingles=frozenset(),
            backfill=False,
            first_seen_at=clock(),
            known_id=article_id,
            new_id=new_id,
            now=clock(),
        )
    with database.writing() as connection:
        found = archive.get(connection, article_id)
        assert found is not None
        assert found.given.body == "The harbour closed again."
        connection.execute(text("DELETE FROM article_text"))
        assert archive.get(connection, article_id) is None
        assert archive.count(connection) == 0


def test_a_scan_goes_page_by_page_from_the_newest(database: Database, clock: VirtualClock, new_id: IdSource) -> None:
    ids = []
    for number in range(205):
        clock.set(clock() + timedelta(minutes=1))
        ids.append(_store(database, clock, new_id, str(number), f"Report {number}."))
    assert [one.article_id for one in archive.scan(database)] == ids[::-1]
    since = clock() - timedelta(minutes=2)
    assert [one.article_id for one in archive.scan(database, since=since)] == ids[:-4:-1]
    with database.reading() as connection:
        assert archive.count(connection) == 205
        assert archive.count(connection, since=since) == 3
