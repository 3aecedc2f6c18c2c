"""Rule 15: a grave alert that does not get through goes to the destination that stands in, once and marked."""

from datetime import timedelta

import pytest

from newswatch.model import AttemptResult, Outcome
from tests.alerts.newsroom import Arrived, Make, Newsroom

TWO: dict[str, dict[str, str]] = {"desk": {"fallback": "duty"}, "duty": {}}


def alerts_in(room: Newsroom) -> list[Arrived]:
    """Return what duty was told, without the notices that desk is in trouble."""
    return [one for one in room["duty"].arrived if one.kind == "new"]


@pytest.mark.parametrize("outcome", [Outcome.RETRY, Outcome.REJECTED, Outcome.DISABLED, Outcome.AMBIGUOUS])
async def test_rule_15_a_grave_alert_goes_to_the_fallback_after_ten_minutes(newsroom: Make, outcome: Outcome) -> None:
    room = newsroom(destinations=TWO, routes=[{"to": ["desk"]}])
    room["desk"].always = AttemptResult(outcome, "no")
    room.publish("Storm")
    room.publish("Harbour")
    began = room.clock()
    await room.pass_time(timedelta(hours=3))
    (told,) = alerts_in(room)
    assert told.message.headline == "Storm", "only what is high or flash"
    assert told.message.via == "desk"
    assert timedelta(minutes=10) <= told.at - began <= timedelta(minutes=12)
    assert told.delivery.rendered is not None
    assert b"via fallback: desk has not taken it" in told.delivery.rendered.body


async def test_rule_15_not_what_got_through_nor_what_the_fallback_has(newsroom: Make) -> None:
    room = newsroom(destinations=TWO, routes=[{"to": ["desk"]}, {"match": {"rule": "wave"}, "to": ["duty"]}])
    room.publish("Storm")
    await room.pass_time(timedelta(minutes=30))
    assert room["duty"].arrived == []
    room["desk"].always = AttemptResult(Outcome.RETRY, "no")
    room.publish("Tsunami")
    await room.pass_time(timedelta(minutes=30))
    (told,) = alerts_in(room)
    assert told.message.via is None


async def test_rule_15_what_is_held_for_the_night_is_not_late(newsroom: Make) -> None:
    quiet = {"desk": {"fallback": "duty", "quiet": [{"from": "12:00", "to": "14:00"}]}, "duty": {}}
    room = newsroom(destinations=quiet, routes=[{"to": ["desk"]}])
    room.publish("Storm")
    await room.pass_time(timedelta(hours=3))
    assert (room["desk"].kinds, room["duty"].kinds) == (["rollup"], [])


async def test_each_mailbox_of_a_fallback_is_told(newsroom: Make) -> None:
    mail = {"type": "email", "to": ["a@example.org", "b@example.org"]}
    room = newsroom(destinations={"desk": {"fallback": "duty"}, "duty": mail}, routes=[{"to": ["desk"]}])
    room["desk"].always = AttemptResult(Outcome.REJECTED, "no")
    room.publish("Storm")
    await room.pass_time(timedelta(minutes=30))
    for mailbox in ("duty", "duty:b@example.org"):
        assert [one.message.via for one in room[mailbox].arrived if one.kind == "new"] == ["desk"]
        assert [one.message.notice.reason for one in room[mailbox].arrived if one.message.notice] == ["dead_letters"]


async def test_one_mailbox_that_refuses_is_stood_in_for_once(newsroom: Make) -> None:
    mail = {"type": "email", "to": ["a@example.org", "b@example.org"], "fallback": "duty"}
    room = newsroom(destinations={"team": mail, "duty": {}}, routes=[{"to": ["team"]}])
    room["team"].always = room["team:b@example.org"].always = AttemptResult(Outcome.RETRY, "450 mailbox full")
    room.publish("Storm")
    await room.pass_time(timedelta(minutes=30))
    assert [one.message.via for one in alerts_in(room)] == ["team"]
