import subprocess
import sys
from datetime import timedelta

from sqlalchemy import select, update

from newswatch.clock import VirtualClock
from newswatch.ids import IdSource
from newswatch.store import feeds, leases, overview, periodic
from newswatch.store.database import Database
from newswatch.store.leases import Lease
from newswatch.store.settings import RetentionSettings
from newswatch.store.tables import runner
from tests.store import values


def _claimed_by(database: Database, clock: VirtualClock, new_id: IdSource, owner: int) -> None:
    with database.writing() as connection:
        leases.register(connection, owner, clock())
        feeds.add(connection, values.feed(), feed_id=new_id(), now=clock())
        assert len(feeds.claim_due(connection, Lease(owner, clock(), 3600), 10)) == 1


def _free(database: Database, clock: VirtualClock) -> int:
    with database.writing() as connection:
        return len(feeds.claim_due(connection, Lease(99, clock(), 60), 10))


def test_work_of_a_process_that_lives_is_left_alone(database: Database, clock: VirtualClock, new_id: IdSource) -> None:
    _claimed_by(database, clock, new_id, 1)
    with database.writing() as connection:
        assert leases.release_dead(connection, own_id=2, now=clock(), silent_s=60, alone=False) == 0
    assert _free(database, clock) == 0


def test_work_of_an_ended_process_of_this_machine_is_free_at_once(
    database: Database, clock: VirtualClock, new_id: IdSource
) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    _claimed_by(database, clock, new_id, 1)
    with database.writing() as connection:
        connection.execute(update(runner).values(pid=ended.pid))
        assert leases.release_dead(connection, own_id=2, now=clock(), silent_s=60, alone=False) == 1
    assert _free(database, clock) == 1


def test_a_pid_that_was_given_to_another_process_is_not_mistaken_for_it(
    database: Database, clock: VirtualClock, new_id: IdSource
) -> None:
    _claimed_by(database, clock, new_id, 1)
    with database.writing() as connection:
        connection.execute(update(runner).values(process_started="1"))
        assert leases.release_dead(connection, own_id=2, now=clock(), silent_s=60, alone=False) == 1


def test_a_process_elsewhere_is_dead_when_its_heartbeat_stops(
    database: Database, clock: VirtualClock, new_id: IdSource
) -> None:
    _claimed_by(database, clock, new_id, 1)
    with database.writing() as connection:
        connection.execute(update(runner).values(host="another-machine"))
    clock.advance(timedelta(seconds=50))
    with database.writing() as connection:
        assert leases.release_dead(connection, own_id=2, now=clock(), silent_s=60, alone=False) == 0
        leases.heartbeat(connection, 1, clock())
    clock.advance(timedelta(seconds=61))
    with database.writing() as connection:
        assert leases.release_dead(connection, own_id=2, now=clock(), silent_s=60, alone=False) == 1
    assert _free(database, clock) == 1


def test_who_was_taken_for_dead_reports_back(database: Database, clock: VirtualClock) -> None:
    with database.writing() as connection:
        leases.heartbeat(connection, 7, clock())
        assert connection.execute(select(runner.c.id)).scalars().all() == [7]


def test_leaving_gives_everything_back(database: Database, clock: VirtualClock, new_id: IdSource) -> None:
    _claimed_by(database, clock, new_id, 1)
    with database.writing() as connection:
        leases.unregister(connection, 1)
    assert _free(database, clock) == 1


def test_a_slot_is_taken_once(database: Database, clock: VirtualClock) -> None:
    with database.writing() as connection:
        assert periodic.take(connection, "retention", "2026-01-13", clock())
        assert not periodic.take(connection, "retention", "2026-01-13", clock())
        assert periodic.take(connection, "retention", "2026-01-14", clock())


def test_retention_removes_the_poll_log_when_it_is_old(
    database: Database, clock: VirtualClock, new_id: IdSource
) -> None:
    with database.writing() as connection:
        feed_id = new_id()
        feeds.add(connection, values.feed(), feed_id=feed_id, now=clock())
        record = feeds.PollRecord("new", 200, 0.1)
        feeds.log_polls(connection, [(feed_id, record)], new_id=new_id, now=clock())
    for kept_days, left in ((29, 1), (31, 0)):
        with database.writing() as connection:
            periodic.retain(connection, RetentionSettings(), clock() + timedelta(days=kept_days))
            assert len(feeds.recent_polls(connection, feed_id, 10)) == left


def test_the_overview_says_what_waits(database: Database, clock: VirtualClock, new_id: IdSource) -> None:
    with database.writing() as connection:
        feeds.add(connection, values.feed(), feed_id=new_id(), now=clock())
    clock.advance(timedelta(seconds=90))
    with database.reading() as connection:
        found = overview.overview(connection, clock())
    assert found["feeds"]["due"] == 1
    assert found["oldest_waiting_s"] == {"poll": 90.0, "article": 0.0, "match": 0.0, "deliver": 0.0}
