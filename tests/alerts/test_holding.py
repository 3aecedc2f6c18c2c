"""Quiet hours and limits: nothing is sent that should wait, nothing that waits is lost, all of it comes once."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from newswatch.model import AttemptResult, Outcome
from newswatch.store import deliveries
from newswatch.store.tables import delivery
from tests.alerts.newsroom import Make

NIGHT = {"quiet": [{"from": "22:00", "to": "07:00"}], "zone": "Asia/Seoul"}
EVENING = datetime(2026, 1, 13, 12, 50, tzinfo=UTC)  # 21:50 in Seoul
MORNING = datetime(2026, 1, 13, 22, 0, tzinfo=UTC)  # 07:00 on the 14th


async def test_rule_7_quiet_hours_hold_what_is_not_flash_and_tell_it_together(newsroom: Make) -> None:
    room = newsroom(start=EVENING, destinations={"desk": NIGHT})
    room.publish("Harbour before the night")
    await room.pass_time(timedelta(minutes=20))
    assert room["desk"].headlines == [["Harbour before the night"]]
    room.publish("Harbour at night")
    room.publish("Storm at night")
    room.publish("Tsunami at night")
    await room.pass_time(timedelta(hours=1))
    assert room["desk"].headlines[1:] == [["Tsunami at night"]], "flash breaks through"
    states = room.rows(select(delivery.c.state, delivery.c.reason).where(delivery.c.state == "held"))
    assert len(states) == 2
    assert all("quiet hours until 2026-01-14 07:00 KST" in row.reason for row in states)
    await room.pass_time(timedelta(hours=9))
    (rollup,) = room["desk"].arrived[2:]
    assert (rollup.kind, rollup.at) == ("rollup", MORNING)
    assert rollup.headlines == ["Storm at night", "Harbour at night"], "the gravest first"
    assert set(room.rows(select(delivery.c.state))) == {("delivered",)}


async def test_rule_7_flash_waits_too_where_the_reader_says_so(newsroom: Make) -> None:
    room = newsroom(start=EVENING, destinations={"desk": {**NIGHT, "flash_breaks_quiet": False}})
    await room.pass_time(timedelta(minutes=20))
    room.publish("Tsunami at night")
    await room.pass_time(timedelta(hours=1))
    assert room["desk"].arrived == []


async def test_rule_7_a_retry_does_not_disturb_the_night(newsroom: Make) -> None:
    room = newsroom(start=EVENING, destinations={"desk": NIGHT})
    room["desk"].answers = [AttemptResult(Outcome.RETRY, "HTTP 503", retry_after_s=900)]
    room.publish("Storm")
    await room.pass_time(timedelta(hours=10))
    assert [(one.kind, one.at) for one in room["desk"].arrived] == [("rollup", MORNING)]


async def test_rule_6_more_than_a_person_wants_in_an_hour_comes_in_one_message(newsroom: Make) -> None:
    room = newsroom(destinations={"desk": {"max_per_hour": 3}})
    for number in range(10):
        room.publish(f"Harbour {number}")
    await room.pass_time(timedelta(minutes=10))
    assert room["desk"].kinds == ["new"] * 3
    room.publish("Tsunami")
    await room.pass_time(timedelta(minutes=40))
    assert room["desk"].kinds == ["new"] * 4, "flash is never held"
    await room.pass_time(timedelta(minutes=30))
    assert room["desk"].kinds == ["new"] * 4 + ["rollup"]
    told = [headline for one in room["desk"].headlines for headline in one]
    assert sorted(told) == sorted(["Tsunami", *(f"Harbour {number}" for number in range(10))]), "nothing is dropped"


async def test_rule_6_twelve_an_hour_are_enough_for_people_unless_they_say_otherwise(embedded: Make) -> None:
    """What is beyond what fits into one message comes in further ones: nothing is dropped."""
    people = {"desk": {}, "web": {"type": "webhook", "url": "https://hook.example"}}
    room = embedded(destinations=people)
    for number in range(36):
        room.publish(f"Harbour {number}")
    await room.pass_time(timedelta(minutes=70), step=timedelta(minutes=5))
    assert room["web"].kinds == ["new"] * 36, "a machine takes everything"
    assert room["desk"].kinds == ["new"] * 12 + ["rollup"] * 2
    assert [len(headlines) for headlines in room["desk"].headlines[12:]] == [20, 4]
    assert len({headline for one in room["desk"].headlines for headline in one}) == 36


async def test_rule_11_what_is_too_late_comes_in_one_message(newsroom: Make) -> None:
    room = newsroom()
    room["desk"].always = AttemptResult(Outcome.RETRY, "HTTP 503")
    for title in ("Harbour", "Storm"):
        room.publish(title, story=title)
    await room.pass_time(timedelta(hours=7), step=timedelta(minutes=10))
    rows = room.rows(select(delivery.c.state, delivery.c.reason).where(delivery.c.kind == "new"))
    assert {row.state for row in rows} == {"held"}
    assert all(row.reason.startswith("not delivered within 6h (stale_after)") for row in rows)
    room["desk"].always = None
    await room.pass_time(timedelta(hours=1), step=timedelta(minutes=10))
    assert room["desk"].headlines == [["Storm", "Harbour"]]
    for source in ("The Gull", "The Mast", "The Wharf"):
        room.publish("Storm", story="Storm", source=source)
    await room.pass_time(timedelta(hours=1), step=timedelta(minutes=10))
    assert room["desk"].kinds == ["rollup", "update"]


async def test_rule_11_after_an_outage_of_newswatch_too(embedded: Make) -> None:
    room = embedded()
    for number in range(3):
        room.publish(f"Harbour {number}")
    await room.work()
    room.clock.advance(timedelta(hours=8))
    await room.pass_time(120)
    assert room["desk"].kinds == ["rollup"]
    assert len(room["desk"].headlines[0]) == 3


async def test_rule_6_those_that_failed_do_not_all_come_when_their_destination_is_back(embedded: Make) -> None:
    room = embedded(destinations={"desk": {"max_per_hour": 3}})
    room["desk"].always = AttemptResult(Outcome.RETRY, "HTTP 503")
    for number in range(6):
        room.publish(f"Harbour {number}")
        await room.pass_time(timedelta(minutes=30), step=timedelta(minutes=10))
    assert {state for (state,) in room.rows(select(delivery.c.state))} == {"retry_wait"}, "nobody was disturbed yet"
    room["desk"].always = None
    await room.pass_time(timedelta(hours=3), step=timedelta(minutes=10))
    assert room["desk"].kinds == ["new"] * 3 + ["rollup"]
    assert len({headline for one in room["desk"].headlines for headline in one}) == 6


async def test_rule_7_a_follow_up_that_failed_does_not_disturb_the_night(embedded: Make) -> None:
    room = embedded(start=EVENING - timedelta(hours=2), destinations={"desk": NIGHT})
    room.publish("Storm", story="a")
    await room.pass_time(timedelta(minutes=45), step=timedelta(minutes=5))
    room["desk"].always = AttemptResult(Outcome.RETRY, "HTTP 503")
    for source in ("The Gull", "The Mast", "The Wharf"):
        room.publish("Storm", story="a", source=source)
    await room.pass_time(timedelta(hours=2), step=timedelta(minutes=10))
    room["desk"].always = None
    await room.pass_time(timedelta(hours=10), step=timedelta(minutes=10))
    assert [(one.kind, one.at >= MORNING) for one in room["desk"].arrived] == [("new", False), ("update", True)]


async def test_what_is_held_and_told_meanwhile_goes_on_in_its_thread(newsroom: Make) -> None:
    room = newsroom(destinations={"desk": {"max_per_hour": 1, "quiet": [{"from": "13:00", "to": "13:30"}]}})
    room.publish("Harbour, before")
    await room.pass_time(120)
    room.publish("Harbour", story="a")
    await room.pass_time(120)
    room.publish("Storm in the harbour", story="a", source="The Gull")
    await room.pass_time(120)
    held = room.rows(select(delivery.c.id).where(delivery.c.state == "held").order_by(delivery.c.id))
    with room.database.writing() as connection:
        assert deliveries.retry(connection, held[1][0], room.clock())
    await room.pass_time(timedelta(hours=3), step=timedelta(minutes=10))
    assert room["desk"].kinds == ["new", "new", "update"], "once as news, and no roll-up of what was told"
    assert room["desk"].arrived[2].message.changes == ("also meets: Harbour",)


async def test_what_is_late_twice_is_held_twice(embedded: Make) -> None:
    room = embedded()
    room["desk"].always = AttemptResult(Outcome.RETRY, "HTTP 503")
    room.publish("Storm")
    for _ in range(2):
        await room.pass_time(timedelta(hours=7), step=timedelta(minutes=20))
        ((held,),) = room.rows(select(delivery.c.id).where(delivery.c.kind == "new", delivery.c.state == "held"))
        with room.database.writing() as connection:
            assert deliveries.retry(connection, held, room.clock())
    room["desk"].always = None
    await room.pass_time(timedelta(hours=2), step=timedelta(minutes=20))
    assert room["desk"].kinds == ["new"]


async def test_a_story_that_was_held_twice_is_told_once(newsroom: Make) -> None:
    room = newsroom(start=MORNING - timedelta(hours=3), destinations={"desk": NIGHT})
    room.publish("Harbour", story="a")
    await room.pass_time(timedelta(minutes=30))
    room.publish("Storm in the harbour", story="a", source="The Gull")
    await room.pass_time(timedelta(hours=3))
    (rollup,) = room["desk"].arrived
    assert rollup.message.listing is not None
    (line,) = rollup.message.listing.stories
    assert set(line.rules) == {"Storm", "Harbour"}


async def test_a_rollup_that_fails_keeps_its_items_until_it_is_through(newsroom: Make) -> None:
    room = newsroom(start=MORNING - timedelta(hours=3), destinations={"desk": NIGHT})
    room.publish("Storm")
    await room.pass_time(timedelta(hours=2))
    room["desk"].answers = [AttemptResult(Outcome.RETRY, "HTTP 503")] * 3
    await room.pass_time(timedelta(hours=2))
    assert room["desk"].kinds == ["rollup"]
    assert set(room.rows(select(delivery.c.state))) == {("delivered",)}


async def test_what_is_asked_for_by_hand_goes_at_once_and_leaves_the_rollup(newsroom: Make) -> None:
    room = newsroom(start=MORNING - timedelta(hours=3), destinations={"desk": NIGHT})
    room.publish("Storm")
    await room.pass_time(timedelta(minutes=5))
    ((held,),) = room.rows(select(delivery.c.id).where(delivery.c.state == "held"))
    with room.database.writing() as connection:
        assert deliveries.enable(connection, "desk", room.clock()) == 0, "what is held for the night is not released"
        assert deliveries.retry(connection, held, room.clock())
    await room.pass_time(timedelta(hours=4))
    assert room["desk"].kinds == ["new"]
    assert sorted(room.rows(select(delivery.c.state))) == [("delivered",), ("suppressed",)]
