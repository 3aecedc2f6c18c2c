"""Mentions are replaced with a revision, counted by week, and kept for as long as is wanted."""

from datetime import timedelta

from newswatch.clock import VirtualClock
from newswatch.ids import IdSource
from newswatch.model import Mention
from newswatch.store import mentions
from newswatch.store.database import Database

ADA = Mention("ada", "person", (("title", 0, 3), ("body", 7, 10)))
BOB = Mention("bob", "person", (("body", 1, 4),))


def test_a_revision_replaces_them(database: Database, new_id: IdSource) -> None:
    one = new_id()
    with database.writing() as connection:
        mentions.store(connection, {one: [ADA, BOB]}, [])
        assert mentions.of_articles(connection, [one]) == {one: [ADA, BOB]}
        mentions.store(connection, {one: [BOB]}, [one])
        assert mentions.of_articles(connection, [one]) == {one: [BOB]}
        mentions.store(connection, {one: []}, [one])
        assert mentions.of_articles(connection, [one]) == {}


def test_weeks_begin_on_monday_and_old_ones_go(database: Database, clock: VirtualClock, new_id: IdSource) -> None:
    monday = clock().replace(hour=0, minute=0) - timedelta(days=clock().weekday())
    clock.set(monday)
    first = new_id()
    clock.set(monday + timedelta(days=6, hours=23))
    second = new_id()
    clock.set(monday + timedelta(days=7))
    third = new_id()
    with database.writing() as connection:
        mentions.store(connection, {first: [ADA, BOB], second: [ADA], third: [ADA, BOB]}, [])
        (week, count), (_, other) = mentions.weekly(connection, "ada", since=None).items()
        assert (mentions.week_begins(week), count, other) == (monday, 2, 1)
        (bob,) = mentions.together(connection, "ada", since=None)
        assert (bob["articles"], bob["weeks"]) == (2, {week: 1, week + 1: 1})
        assert mentions.weekly(connection, "ada", since=clock()) == {week + 1: 1}
        assert mentions.retain(connection, clock()) == 3
        assert mentions.weekly(connection, "ada", since=None) == {week + 1: 1}
