from datetime import timedelta

from newswatch.clock import VirtualClock
from newswatch.ids import IdSource
from newswatch.model import EntryState
from newswatch.store import entries, feeds
from newswatch.store.database import Database
from newswatch.store.entries import Ending
from newswatch.store.leases import Lease
from tests.store import values


def _feed(database: Database, clock: VirtualClock, new_id: IdSource) -> int:
    feed_id = new_id()
    with database.writing() as connection:
        feeds.add(connection, values.feed(language="ko"), feed_id=feed_id, now=clock())
    return feed_id


def test_known_entries_are_left_alone_and_edited_ones_are_work_again(
    database: Database, clock: VirtualClock, new_id: IdSource
) -> None:
    feed_id = _feed(database, clock, new_id)
    with database.writing() as connection:
        batch = [values.entry(1), values.entry(2), values.entry(2)]
        first = entries.store(connection, feed_id, batch, new_id=new_id, now=clock(), backfill=True)
        assert (len(first.new), len(first.edited), first.known) == (2, 0, 0)
        claimed = entries.claim_due(connection, Lease(1, clock(), 60), 10)
        entries.finish(connection, [Ending(entry, EntryState.DONE) for entry in claimed])
        edited = values.entry(2, title="Title 2, corrected", content_hash="hash-2b")
        second = entries.store(
            connection, feed_id, [values.entry(1), edited, values.entry(3)], new_id=new_id, now=clock(), backfill=False
        )
        assert (len(second.new), len(second.edited), second.known) == (1, 1, 1)
        again = entries.claim_due(connection, Lease(1, clock(), 60), 10)
    assert [(entry.key, entry.revision, entry.backfill) for entry in again] == [
        ("guid-2", 1, True),
        ("guid-3", 0, False),
    ]
    assert again[0].title == "Title 2, corrected"


def test_a_claim_brings_everything_the_next_stage_needs(
    database: Database, clock: VirtualClock, new_id: IdSource
) -> None:
    feed_id = _feed(database, clock, new_id)
    with database.writing() as connection:
        entries.store(connection, feed_id, [values.entry()], new_id=new_id, now=clock(), backfill=False)
        entry = entries.claim_due(connection, Lease(1, clock(), 60), 10)[0]
    assert entry.authors == ("Ada Reyes",)
    assert entry.published == values.entry().published
    assert (entry.feed_name, entry.source_name, entry.source_language, entry.attempts) == (
        "Feed 1",
        "The Lantern",
        "ko",
        1,
    )


def test_an_attempt_counts_even_if_its_process_dies(database: Database, clock: VirtualClock, new_id: IdSource) -> None:
    feed_id = _feed(database, clock, new_id)
    with database.writing() as connection:
        entries.store(connection, feed_id, [values.entry()], new_id=new_id, now=clock(), backfill=False)
    for expected in (1, 2, 3):
        with database.writing() as connection:
            assert entries.claim_due(connection, Lease(1, clock(), 60), 10)[0].attempts == expected
        clock.advance(timedelta(seconds=61))


def test_a_late_result_is_thrown_away(database: Database, clock: VirtualClock, new_id: IdSource) -> None:
    feed_id = _feed(database, clock, new_id)
    with database.writing() as connection:
        entries.store(connection, feed_id, [values.entry()], new_id=new_id, now=clock(), backfill=False)
        slow = entries.claim_due(connection, Lease(1, clock(), 60), 10)[0]
    clock.advance(timedelta(seconds=61))
    with database.writing() as connection:
        quick = entries.claim_due(connection, Lease(2, clock(), 60), 10)[0]
        assert entries.still_held(connection, [slow]) == set()
        assert entries.still_held(connection, [quick]) == {quick.id}
        entries.finish(connection, [Ending(slow, EntryState.REJECTED, "late")])
        assert entries.counts(connection)["rejected"] == 0
        entries.finish(connection, [Ending(quick, EntryState.DONE)])
        assert entries.counts(connection)["done"] == 1


def test_a_postponed_entry_waits(database: Database, clock: VirtualClock, new_id: IdSource) -> None:
    feed_id = _feed(database, clock, new_id)
    with database.writing() as connection:
        entries.store(connection, feed_id, [values.entry()], new_id=new_id, now=clock(), backfill=False)
        entry = entries.claim_due(connection, Lease(1, clock(), 60), 10)[0]
        until = clock() + timedelta(minutes=2)
        entries.finish(connection, [Ending(entry, EntryState.NEW, "dns", "no such host", due_at=until)])
        assert entries.claim_due(connection, Lease(1, clock(), 60), 10) == []
        assert entries.oldest_waiting(connection) == until
    clock.advance(timedelta(minutes=2))
    with database.writing() as connection:
        assert len(entries.claim_due(connection, Lease(1, clock(), 60), 10)) == 1


def test_many_entries_at_once(database: Database, clock: VirtualClock, new_id: IdSource) -> None:
    feed_id = _feed(database, clock, new_id)
    batch = [values.entry(number) for number in range(1200)]
    with database.writing() as connection:
        assert len(entries.store(connection, feed_id, batch, new_id=new_id, now=clock(), backfill=False).new) == 1200
        assert entries.store(connection, feed_id, batch, new_id=new_id, now=clock(), backfill=False).known == 1200


def test_rejected_and_quarantined_entries_are_shown_and_can_be_tried_again(
    database: Database, clock: VirtualClock, new_id: IdSource
) -> None:
    feed_id = _feed(database, clock, new_id)
    with database.writing() as connection:
        batch = [values.entry(1), values.entry(2)]
        entries.store(connection, feed_id, batch, new_id=new_id, now=clock(), backfill=False)
        first, second = entries.claim_due(connection, Lease(1, clock(), 60), 10)
        rejected = Ending(first, EntryState.REJECTED, "too_short", "12 characters")
        quarantined = Ending(second, EntryState.QUARANTINED, "parse_crash", "signal 11")
        entries.finish(connection, [rejected, quarantined])
        shown = entries.rejected(connection, since=clock(), limit=10)
        assert {row["reason"] for row in shown} == {"too_short", "parse_crash"}
        assert entries.retry_quarantined(connection, clock()) == 1
        assert [entry.id for entry in entries.claim_due(connection, Lease(1, clock(), 60), 10)] == [second.id]
