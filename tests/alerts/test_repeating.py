"""`deliveries replay`: what was lost comes once more, and doing it twice sends nothing twice."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from newswatch.model import AttemptResult, Outcome
from newswatch.pipeline.repeating import Plan, carry_out, plan
from newswatch.store import deliveries, repeats
from newswatch.store.tables import delivery
from tests.alerts.newsroom import Make, Newsroom

HOUR = timedelta(hours=1)


def replay(room: Newsroom, destination: str, *to: str, again: bool = False, **window: Any) -> Plan:
    with room.database.writing() as connection:
        rows = repeats.candidates(connection, destination=destination, limit=100, **window)
        made = plan(connection, rows, to, again=again)
        done = carry_out(connection, made, new_id=room.new_id, now=room.clock())
        assert len(done) == len(made.repeats)
        deliveries.enable(connection, to[0] if to else destination, room.clock())
    return made


def reasons(made: Plan) -> Counter[str]:
    return Counter(reason for _, reason in made.left_out)


async def test_a_time_goes_again_under_the_same_keys_and_once(newsroom: Make) -> None:
    room = newsroom()
    room.publish("Harbour too early")
    await room.pass_time(HOUR)
    since = room.clock()
    room.publish("Harbour", story="a")
    room["desk"].answers = [AttemptResult(Outcome.REJECTED, "channel_not_found")]
    await room.pass_time(timedelta(minutes=10))
    room.publish("Storm")
    await room.pass_time(timedelta(minutes=10))
    until = room.clock()
    room.publish("Harbour too late")
    await room.pass_time(timedelta(minutes=10))
    before = {one.delivery.key: one.delivery.rendered for one in room["desk"].arrived}
    assert room["desk"].headlines == [["Harbour too early"], ["Storm"], ["Harbour too late"]]
    made = replay(room, "desk", since=since, until=until)
    assert [one.row["state"] for one in made.repeats] == ["dead", "delivered"]
    assert reasons(replay(room, "desk", since=since, until=until)) == {"it is on its way": 2}
    await room.work()
    assert room["desk"].headlines[3:] == [["Harbour"], ["Storm"]]
    again = room["desk"].arrived[4].delivery
    assert again.rendered == before[again.key], "what was sent is sent again, byte for byte"
    twice = replay(room, "desk", since=since, until=until)
    assert (twice.repeats, reasons(twice)) == ((), {"it was replayed before (--again)": 2})
    assert len(replay(room, "desk", since=since, until=until, again=True).repeats) == 2


async def test_what_died_once_more_is_replayed_once_more(embedded: Make) -> None:
    room = embedded()
    room["desk"].always = AttemptResult(Outcome.REJECTED, "no")
    room.publish("Storm")
    await room.pass_time(timedelta(minutes=5))
    for _ in range(2):
        assert len(replay(room, "desk").repeats) == 1
        await room.work()
    assert len(room["desk"].tried) == 3


async def test_what_was_not_to_be_told_or_is_told_in_a_rollup_is_left_out(embedded: Make) -> None:
    start = datetime(2026, 1, 13, 12, 30, tzinfo=UTC)
    quiet = {"quiet": [{"from": "13:00", "to": "14:00"}]}
    room = embedded(start=start, destinations={"desk": quiet}, operations={"to": ["desk"]})
    cancelled = room.publish("Harbour cancelled")
    await room.work()
    with room.database.writing() as connection:
        ((row,),) = connection.execute(select(delivery.c.id)).all()
        assert deliveries.cancel(connection, row, room.clock())
    assert cancelled
    await room.pass_time(timedelta(minutes=30))
    room.publish("Storm")
    await room.pass_time(timedelta(minutes=5))
    assert reasons(replay(room, "desk")) == {
        "it was not to be told: cancelled by hand": 1,
        "it is on its way": 1,
        f"told in delivery {rollup_id(room)}": 1,
    }
    await room.pass_time(HOUR)
    (one,) = replay(room, "desk").repeats
    assert one.row["kind"] == "rollup"
    await room.work()
    assert room["desk"].kinds == ["rollup", "rollup"]


def rollup_id(room: Newsroom) -> int:
    ((found,),) = room.rows(select(delivery.c.id).where(delivery.c.kind == "rollup"))
    return int(found)


async def test_another_destination_gets_each_story_once_as_it_is_now(newsroom: Make) -> None:
    room = newsroom(destinations={"old": {}, "new": {}}, routes=[{"to": ["old"]}])
    room.publish("Harbour", story="a")
    await room.pass_time(timedelta(minutes=5))
    for source in ("The Gull", "The Mast", "The Wharf"):
        room.publish("Storm in the harbour", story="a", source=source)
    await room.pass_time(HOUR)
    room.publish("Harbour held")
    room["old"].answers = [AttemptResult(Outcome.DISABLED, "channel is archived")]
    await room.pass_time(timedelta(minutes=5))
    assert room["old"].kinds == ["new", "update"]
    made = replay(room, "old", "new")
    assert [(one.destination, len(one.alert_ids)) for one in made.repeats] == [("new", 2), ("new", 1)]
    await room.work()
    first, second = room["new"].arrived
    assert (first.kind, first.message.source_count, len(first.message.reasons)) == ("new", 4, 2)
    assert second.headlines == ["Harbour held"]
    assert {row.state for row in room.rows(select(delivery.c.state).where(delivery.c.destination == "old"))} == {
        "delivered",
        "suppressed",
    }, "nothing waits for the old one any more"
    assert reasons(replay(room, "old", "new")) == {
        "new hears of the story already": 1,
        "it was not to be told: replayed to new": 1,
    }
    room.publish("Storm in the harbour", story="a", source="The Buoy", language="ko")
    await room.pass_time(HOUR)
    assert room["new"].kinds == ["new", "new", "update"], "the thread goes on where it is told now"


async def test_a_digest_goes_to_another_destination_as_it_was(embedded: Make) -> None:
    mail = {"type": "email", "to": ["a@example.org", "b@example.org"], "digest": "daily"}
    room = embedded(destinations={"team": mail, "new": {}}, routes=[{"to": ["team"]}])
    room.publish("Storm")
    await room.pass_time(timedelta(days=1), step=HOUR)
    made = replay(room, "team", "new")
    assert [one.row["destination"] for one in made.repeats] == ["team", "team:b@example.org"], "all its mailboxes"
    await room.work()
    assert room["new"].kinds == ["digest", "digest"]
    assert room["new"].headlines[0] == ["Storm"]
    assert reasons(replay(room, "team", "new")) == {"new has it already": 2}
