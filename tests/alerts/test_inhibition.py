"""Rule 9: once a flash alert on a story is told, lower rules on it add nothing there."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select, update

from newswatch.store.tables import alert, delivery
from tests.alerts.newsroom import Arrived, Make
from tests.alerts.test_explaining import explained

NIGHT = {"quiet": [{"from": "22:00", "to": "07:00"}], "zone": "Asia/Seoul"}
EVENING = datetime(2026, 1, 13, 13, 5, tzinfo=UTC)  # 22:05 in Seoul


def rules(one: Arrived) -> list[str]:
    return [reason.rule_id for reason in one.message.reasons]


async def test_after_flash_a_lower_rule_is_not_told_where_flash_was(newsroom: Make) -> None:
    routes = [{"to": ["desk"]}, {"match": {"severity": "high"}, "to": ["other"]}]
    room = newsroom(destinations={"desk": {}, "other": {}}, routes=routes)
    article = room.publish("Tsunami", story="a")
    await room.pass_time(timedelta(minutes=5))
    room.publish("Storm after the wave", story="a", source="The Gull")
    await room.pass_time(timedelta(hours=2), step=timedelta(minutes=5))
    assert [rules(one) for one in room["desk"].arrived] == [["wave"]]
    assert [rules(one) for one in room["other"].arrived] == [["storm"]], "who does not hear of flash hears of the lower"
    found = explained(room, article)
    (desk,) = [one for one in found["destinations"] if one["destination"] == "desk"]
    (thread,) = desk["threads"]
    assert thread["inhibited"] == {"storm": "inhibited: Wave (flash) was told there on the same story"}
    assert thread["rules_not_told_yet"] == []


async def test_what_was_told_before_stays_told_and_flash_comes_at_once(embedded: Make) -> None:
    room = embedded()
    room.publish("Storm", story="a")
    await room.pass_time(timedelta(minutes=2))
    room.publish("Tsunami", story="a", source="The Gull")
    await room.pass_time(timedelta(minutes=1))
    assert [rules(one) for one in room["desk"].arrived] == [["storm"], ["wave", "storm"]]


async def test_what_comes_together_is_one_message_as_soon_as_flash_wants_it(embedded: Make) -> None:
    room = embedded()
    room.publish("Storm", story="a")
    await room.work()
    room.clock.advance(timedelta(seconds=20))
    room.publish("Tsunami", story="a", source="The Gull")
    flagged_at = room.clock()
    await room.pass_time(60, step=1)
    (told,) = room["desk"].arrived
    assert rules(told) == ["wave", "storm"]
    assert told.at - flagged_at == timedelta(seconds=10), "group_wait_flash"


async def test_what_is_held_for_the_night_is_not_told_after_flash_was(newsroom: Make) -> None:
    room = newsroom(start=EVENING, destinations={"desk": NIGHT})
    room.publish("Storm", story="a")
    room.publish("Harbour", story="b")
    await room.pass_time(timedelta(minutes=5))
    room.publish("Tsunami", story="a", source="The Gull")
    await room.pass_time(timedelta(hours=9), step=timedelta(minutes=5))
    assert [(one.kind, one.headlines) for one in room["desk"].arrived] == [
        ("new", ["Tsunami"]),
        ("rollup", ["Harbour"]),
    ]
    reasons = room.rows(select(delivery.c.reason).where(delivery.c.state == "suppressed"))
    assert reasons == [("inhibited: Wave (flash) was told there on the same story",)]


async def test_a_flash_alert_that_is_closed_inhibits_nothing(embedded: Make) -> None:
    room = embedded()
    room.publish("Tsunami", story="a")
    await room.pass_time(timedelta(minutes=5))
    with room.database.writing() as connection:
        connection.execute(update(alert).values(state="closed"))
    room.publish("Storm after the wave", story="a", source="The Gull")
    await room.pass_time(timedelta(hours=2), step=timedelta(minutes=5))
    assert [one.kind for one in room["desk"].arrived] == ["new", "update"]
