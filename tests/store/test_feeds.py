from dataclasses import replace
from datetime import timedelta

from newswatch.clock import VirtualClock
from newswatch.ids import IdSource
from newswatch.model import FeedEvent, FeedStatus, HealthState
from newswatch.store import feeds
from newswatch.store.database import Database
from newswatch.store.feeds import PollRecord, RecordedPoll, Sharing
from newswatch.store.leases import Lease, release
from newswatch.store.tables import feed
from tests.store import values


def _lease(clock: VirtualClock, owner: int = 1, seconds: float = 60) -> Lease:
    return Lease(owner, clock(), seconds)


def test_header_bytes_come_back_as_they_went_in(database: Database, clock: VirtualClock, new_id: IdSource) -> None:
    with database.writing() as connection:
        feeds.add(connection, values.feed(), feed_id=new_id(), now=clock())
        claimed = feeds.claim_due(connection, _lease(clock), 10)[0]
        known = replace(
            claimed, etag=b'"caf\xe9"', last_modified=b"yesterday-ish", next_poll_at=clock(), skip_hours=(0, 23)
        )
        feeds.record_polls(connection, [RecordedPoll(known)], new_id=new_id, now=clock())
    with database.reading() as connection:
        again = feeds.all_feeds(connection)[0]
    assert (again.etag, again.last_modified, again.skip_hours) == (b'"caf\xe9"', b"yesterday-ish", (0, 23))


def test_a_feed_is_added_once(database: Database, clock: VirtualClock, new_id: IdSource) -> None:
    with database.writing() as connection:
        assert feeds.add(connection, values.feed(), feed_id=new_id(), now=clock())
        assert not feeds.add(connection, values.feed(name="again"), feed_id=new_id(), now=clock())
        assert [feed.name for feed in feeds.all_feeds(connection)] == ["Feed 1"]


def test_a_claimed_feed_is_not_claimed_again_until_its_lease_ends(
    database: Database, clock: VirtualClock, new_id: IdSource
) -> None:
    with database.writing() as connection:
        feeds.add(connection, values.feed(), feed_id=new_id(), now=clock())
        first = feeds.claim_due(connection, _lease(clock), 10)
        assert feeds.claim_due(connection, _lease(clock, owner=2), 10) == []
    clock.advance(timedelta(seconds=61))
    with database.writing() as connection:
        second = feeds.claim_due(connection, _lease(clock, owner=2), 10)
        assert [feed.id for feed in second] == [first[0].id]
        late = replace(first[0], etag=b"late", next_poll_at=clock())
        fresh = replace(second[0], etag=b"fresh", next_poll_at=clock() + timedelta(hours=1))
        assert feeds.still_held(connection, [late]) == set()
        assert feeds.still_held(connection, [fresh]) == {fresh.id}
        feeds.record_polls(connection, [RecordedPoll(fresh)], new_id=new_id, now=clock())
        assert feeds.still_held(connection, [late]) == set()
        assert feeds.all_feeds(connection)[0].etag == b"fresh"


def test_claims_take_the_longest_waiting_first(database: Database, clock: VirtualClock, new_id: IdSource) -> None:
    with database.writing() as connection:
        for number, minutes in ((1, 5), (2, 30), (3, -5)):
            value = values.feed(number, next_poll_at=clock() - timedelta(minutes=minutes))
            feeds.add(connection, value, feed_id=new_id(), now=clock())
        claimed = feeds.claim_due(connection, _lease(clock), 2)
    assert [feed.name for feed in claimed] == ["Feed 2", "Feed 1"]


def test_feeds_of_higher_priority_come_first(database: Database, clock: VirtualClock, new_id: IdSource) -> None:
    with database.writing() as connection:
        for number, priority in ((1, 0), (2, 5), (3, -5), (4, 0)):
            feeds.add(connection, values.feed(number, priority=priority), feed_id=new_id(), now=clock())
        claimed = feeds.claim_due(connection, _lease(clock), 3)
    assert [feed.name for feed in claimed] == ["Feed 2", "Feed 1", "Feed 4"]


def test_publishers_share_a_claim(database: Database, clock: VirtualClock, new_id: IdSource) -> None:
    def claimed(limit: int, **sharing: set[str]) -> list[str]:
        with database.writing() as connection:
            found = feeds.claim_due(connection, _lease(clock), limit, Sharing(2, **sharing))
            for one in found:
                release(connection, feed, one.id, one.lease_token)
        return [one.name for one in found]

    with database.writing() as connection:
        for name, minutes in {"big/1": 90, "big/2": 80, "big/3": 70, "mid/1": 60, "big/4": 50, "mid/2": 40}.items():
            host, _, number = name.partition("/")
            waits = timedelta(minutes=minutes)
            url = f"https://{number}.{host}.example/"
            value = values.feed(url=url, name=name, next_poll_at=clock() - waits)
            feeds.add(connection, value, feed_id=new_id(), now=clock())
    assert claimed(9) == ["big/1", "big/2", "mid/1", "mid/2"]
    assert claimed(3) == ["big/1", "big/2", "mid/1"]
    assert claimed(9, busy={"big.example"}) == ["mid/1", "mid/2"]
    assert claimed(9, unlimited={"big.example"}) == ["big/1", "big/2", "big/3", "mid/1", "big/4", "mid/2"]


def test_a_blocked_host_holds_all_its_feeds(database: Database, clock: VirtualClock, new_id: IdSource) -> None:
    with database.writing() as connection:
        for url in ("https://a.example.org/1", "https://b.example.org/2", "https://other.net/3"):
            feeds.add(connection, values.feed(url=url, name=url), feed_id=new_id(), now=clock())
        feeds.block_host(
            connection, "https://a.example.org/1", until=clock() + timedelta(hours=2), reason="429 from the server"
        )
        assert [feed.name for feed in feeds.claim_due(connection, _lease(clock), 10)] == ["https://other.net/3"]
    clock.advance(timedelta(hours=2, seconds=1))
    with database.writing() as connection:
        assert len(feeds.claim_due(connection, _lease(clock, owner=2), 10)) == 3


def test_feeds_of_the_file_are_kept_in_step_with_it(database: Database, clock: VirtualClock, new_id: IdSource) -> None:
    one, two = values.feed(1, origin="config"), values.feed(2, origin="config")
    with database.writing() as connection:
        assert feeds.sync_configured(connection, [one, two], new_id=new_id, now=clock()) == (2, 0, 0)
        assert feeds.sync_configured(connection, [one, two], new_id=new_id, now=clock()) == (0, 0, 0)
        feeds.add(connection, values.feed(3), feed_id=new_id(), now=clock())
        renamed = replace(one, name="Renamed", tier=1)
        assert feeds.sync_configured(connection, [renamed], new_id=new_id, now=clock()) == (0, 1, 1)
        state = {feed.name: feed.status for feed in feeds.all_feeds(connection)}
        assert state == {
            "Renamed": FeedStatus.ACTIVE,
            "Feed 2": FeedStatus.DISABLED,
            "Feed 3": FeedStatus.ACTIVE,
        }
        assert feeds.sync_configured(connection, [renamed, two], new_id=new_id, now=clock()) == (0, 1, 0)
        assert feeds.counts(connection, clock())["active"] == 3


def test_a_moved_feed_never_takes_the_url_of_another(database: Database, clock: VirtualClock, new_id: IdSource) -> None:
    with database.writing() as connection:
        for number in (1, 2):
            feeds.add(connection, values.feed(number), feed_id=new_id(), now=clock())
        first, second = feeds.claim_due(connection, _lease(clock), 10)
        moved = replace(first, url=second.url, next_poll_at=clock())
        free = replace(second, url="https://new.example/feed", next_poll_at=clock())
        events = (FeedEvent("moved", "to https://new.example/feed"),)
        polls = [RecordedPoll(moved, moved=True), RecordedPoll(free, moved=True, events=events)]
        feeds.record_polls(connection, polls, new_id=new_id, now=clock())
        assert {feed.url for feed in feeds.all_feeds(connection)} == {first.url, "https://new.example/feed"}
        assert [event["kind"] for event in feeds.events(connection, since=clock(), limit=5)] == ["moved"]


def test_the_poll_log_is_kept_and_errors_are_found(database: Database, clock: VirtualClock, new_id: IdSource) -> None:
    with database.writing() as connection:
        feed_id = new_id()
        feeds.add(connection, values.feed(), feed_id=feed_id, now=clock())
        records = [
            (feed_id, PollRecord("new", 200, 0.25, 900, 3, 2)),
            (feed_id, PollRecord("dns", None, 1.0, detail="x")),
        ]
        feeds.log_polls(connection, records, new_id=new_id, now=clock())
        polls = feeds.recent_polls(connection, feed_id, 10)
        errors = feeds.recent_errors(connection, since=clock(), limit=10)
    assert {poll["outcome"] for poll in polls} == {"new", "dns"}
    assert [(error["outcome"], error["name"]) for error in errors] == [("dns", "Feed 1")]


def test_a_feed_is_found_by_id_url_and_name(database: Database, clock: VirtualClock, new_id: IdSource) -> None:
    with database.writing() as connection:
        feed_id = new_id()
        feeds.add(connection, values.feed(), feed_id=feed_id, now=clock())
        for which in (feed_id, str(feed_id), "Feed 1", "https://news1.example/feed?a=1"):
            found = feeds.get(connection, which)
            assert found is not None
            assert found.id == feed_id
        assert feeds.get(connection, "nowhere") is None


def test_health_is_stored_counted_and_begins_anew_when_enabled(
    database: Database, clock: VirtualClock, new_id: IdSource
) -> None:
    with database.writing() as connection:
        for number in (1, 2, 3):
            feeds.add(connection, values.feed(number), feed_id=new_id(), now=clock())
        first, second, third = feeds.claim_due(connection, _lease(clock), 10)
        ill = replace(
            first,
            health=HealthState.SILENT,
            health_reason="silent",
            health_detail="d",
            health_since=clock(),
            gaps=((3, 1.5),),
        )
        well = replace(second, health=HealthState.OK)
        feeds.record_polls(connection, [RecordedPoll(ill), RecordedPoll(well)], new_id=new_id, now=clock())
        feeds.set_status(connection, third.id, FeedStatus.DISABLED, now=clock())
        assert feeds.health_counts(connection) == {"new": 0, "ok": 1, "moved": 0, "silent": 1, "failing": 0}
        stored = {feed.id: feed for feed in feeds.all_feeds(connection)}
        assert (stored[first.id].health, stored[first.id].gaps) == (HealthState.SILENT, ((3, 1.5),))
        assert (stored[first.id].health_detail, stored[first.id].health_since) == ("d", clock())
        assert stored[third.id].health is HealthState.DISABLED
        feeds.set_status(connection, first.id, FeedStatus.ACTIVE, now=clock())
        again = feeds.get(connection, first.id)
        assert again is not None
        assert (again.health, again.health_since, again.gaps) == (HealthState.NEW, None, ((3, 1.5),))


def test_c27_a_moved_feed_is_known_by_both_addresses(database: Database, clock: VirtualClock, new_id: IdSource) -> None:
    wanted = values.feed(1, origin="config")
    followed = replace(wanted, url="https://new.example/feed")
    with database.writing() as connection:
        feeds.sync_configured(connection, [wanted], new_id=new_id, now=clock())
        (claimed,) = feeds.claim_due(connection, _lease(clock), 10)
        moved = replace(claimed, url=followed.url, moved_from=wanted.url, moved_at=clock(), next_poll_at=clock())
        feeds.record_polls(connection, [RecordedPoll(moved, moved=True)], new_id=new_id, now=clock())
        assert feeds.sync_configured(connection, [wanted], new_id=new_id, now=clock()) == (0, 0, 0)
        assert not feeds.add(connection, values.feed(1), feed_id=new_id(), now=clock())
        (stored,) = feeds.all_feeds(connection)
        assert (stored.url, stored.moved_from, stored.status) == (followed.url, wanted.url, FeedStatus.ACTIVE)
        assert feeds.get(connection, wanted.url) == stored
        assert feeds.sync_configured(connection, [followed], new_id=new_id, now=clock()) == (0, 1, 0)
        assert feeds.all_feeds(connection)[0].moved_from is None


def test_events_are_told_once(database: Database, clock: VirtualClock, new_id: IdSource) -> None:
    with database.writing() as connection:
        feeds.add(connection, values.feed(), feed_id=new_id(), now=clock())
        (claimed,) = feeds.claim_due(connection, _lease(clock), 10)
        events = (FeedEvent("failing", "no such host"), FeedEvent("gap", "all are new"))
        feeds.record_polls(connection, [RecordedPoll(claimed, events=events)], new_id=new_id, now=clock())
        notices = feeds.untold(connection, since=clock() - timedelta(hours=1), limit=10)
        assert [(notice.kind, notice.feed_name) for notice in notices] == [("failing", "Feed 1"), ("gap", "Feed 1")]
        assert feeds.untold(connection, since=clock() + timedelta(hours=1), limit=10) == []
        feeds.mark_told(connection, [notices[0].id], clock())
        assert [notice.kind for notice in feeds.untold(connection, since=clock(), limit=10)] == ["gap"]
        assert len(feeds.events(connection, since=clock(), limit=10)) == 2
