"""Trouble of newswatch's own is told once when it begins and once when it is over."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from newswatch.model import AttemptResult, Outcome
from newswatch.notify.settings import OperationsSettings
from newswatch.notify.troubles import RuleActivity, disk_trouble, rule_troubles
from newswatch.store.tables import destination_state, feed, feed_event, trouble
from tests.alerts.conftest import NOON
from tests.alerts.newsroom import Make, Newsroom

BOTH: dict[str, dict[str, str]] = {"desk": {}, "ops": {}}
ROUTES = [{"to": ["desk"]}]
DOWN = AttemptResult(Outcome.RETRY, "HTTP 503")


def room_with_ops(newsroom: Make, **more: object) -> Newsroom:
    return newsroom(destinations=BOTH, routes=ROUTES, operations={"to": ["ops"]}, **more)


async def test_messages_that_do_not_get_through_are_told_once_and_when_they_do(newsroom: Make) -> None:
    room = room_with_ops(newsroom)
    room["desk"].always = DOWN
    room.publish("Storm")
    await room.pass_time(timedelta(minutes=30))
    assert [one.message.headline for one in room["ops"].arrived] == ["messages to desk do not get through"]
    notice = room["ops"].arrived[0].message.notice
    assert notice is not None
    assert "1 message waiting" in notice.lines[0]
    assert "HTTP 503" in notice.lines[0]
    room["desk"].always = None
    await room.pass_time(timedelta(hours=1))
    assert [one.message.notice.over for one in room["ops"].arrived if one.message.notice] == [False, True]
    assert room.rows(select(trouble.c.reason).where(trouble.c.ended_at.is_(None))) == []


async def test_a_disabled_destination_is_told_to_the_others(newsroom: Make) -> None:
    room = newsroom(destinations=BOTH, routes=ROUTES, operations={"to": ["desk", "ops"]})
    room["desk"].answers = [AttemptResult(Outcome.DISABLED, "token_revoked")]
    room.publish("Storm")
    await room.pass_time(timedelta(minutes=5))
    assert room["desk"].arrived == []
    assert [one.message.notice.reason for one in room["ops"].arrived if one.message.notice] == ["destination_disabled"]


async def test_each_mailbox_hears_of_trouble_except_the_one_it_is_about(newsroom: Make) -> None:
    mail = {"type": "email", "to": ["a@example.org", "b@example.org"]}
    room = newsroom(
        destinations={"desk": {}, "ops": mail}, routes=[{"to": ["desk", "ops"]}], operations={"to": ["ops"]}
    )
    first, second = room["ops"], room["ops:b@example.org"]
    room["desk"].always = DOWN
    second.answers = [AttemptResult(Outcome.REJECTED, "550 no such user")]
    room.publish("Storm")
    await room.pass_time(timedelta(minutes=30))
    told = [[one.message.notice.reason for one in box.arrived if one.message.notice] for box in (first, second)]
    assert told == [["dead_letters", "outbox_old"], ["outbox_old"]]


async def test_dead_letters_are_told_once_and_then_counted_by_the_hour(newsroom: Make) -> None:
    room = room_with_ops(newsroom)
    room["desk"].always = AttemptResult(Outcome.REJECTED, "550 no such user")
    for _ in range(3):
        room.publish("Storm")
        await room.pass_time(timedelta(minutes=20))
    told = [one for one in room["ops"].arrived if one.message.notice and one.message.notice.reason == "dead_letters"]
    assert len(told) == 1
    room.publish("Storm again")
    await room.pass_time(timedelta(hours=1))
    told = [one for one in room["ops"].arrived if one.message.notice and one.message.notice.reason == "dead_letters"]
    assert len(told) == 2
    assert "1 message given up" in told[0].message.notice.lines[0]  # type: ignore[union-attr]
    assert "3 messages given up" in told[1].message.notice.lines[0]  # type: ignore[union-attr]


async def test_feeds_that_fail_together_are_one_notice(newsroom: Make) -> None:
    room = room_with_ops(newsroom)
    with room.database.writing() as connection:
        for number in range(5):
            connection.execute(
                insert(feed).values(
                    id=number + 1,
                    url=f"https://user:secret@f{number}.example/rss",
                    url_key=f"f{number}",
                    host_key=f"f{number}",
                    name=f"Feed {number}",
                    origin="cli",
                    created_at=NOON,
                )
            )
            connection.execute(
                insert(feed_event).values(
                    id=room.new_id(), feed_id=number + 1, at=room.clock(), kind="failing", detail="no such host"
                )
            )
    await room.pass_time(timedelta(minutes=10))
    (told,) = room["ops"].arrived
    assert told.message.headline == "5 feeds: fails"
    assert told.message.notice is not None
    assert len(told.message.notice.lines) == 5
    assert "secret" not in str(told.message)


async def test_nobody_asked_nobody_told_but_it_is_kept(newsroom: Make) -> None:
    room = newsroom()
    with room.database.writing() as connection:
        connection.execute(insert(destination_state).values(name="desk", disabled_at=NOON, disabled_reason="revoked"))
    await room.pass_time(timedelta(minutes=2))
    assert room.rows(select(trouble.c.reason, trouble.c.told_at)) == [("destination_disabled", None)]
    with room.database.writing() as connection:
        connection.execute(update(destination_state).values(disabled_at=None))
    await room.pass_time(timedelta(minutes=10))
    assert room["desk"].arrived == []


async def test_a_rule_that_falls_silent_is_told(embedded: Make) -> None:
    room = room_with_ops(embedded)
    for day in range(28):
        room.publish("Harbour" if day < 18 else "Garden", story=f"day {day}")
        room.publish("Garden", story=f"other {day}")
        await room.work()
        room.clock.advance(timedelta(days=1))
    await room.pass_time(timedelta(hours=2))
    told = [one.message for one in room["ops"].arrived if one.message.notice]
    assert [message.headline for message in told] == ["rule Harbour is silent"]
    assert "normally 7 a week, none in " in told[0].notice.lines[0]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("matches", "articles", "articles_since", "silent"),
    [
        (48, 8000, 1500, True),  # nine were to be expected
        (48, 8000, 1000, False),
        (7, 800, 5000, False),  # too few to know a rhythm
        (48, 8000, 0, False),  # newswatch was down: no articles, no matches
    ],
)
def test_a_rule_is_silent_when_the_articles_that_came_should_have_matched(
    matches: int, articles: int, articles_since: int, silent: bool
) -> None:
    last = NOON - timedelta(days=9)
    activity = RuleActivity("r", "Rule", matches, articles, last - timedelta(weeks=8), last, articles_since)
    found = rule_troubles([activity], NOON)
    assert bool(found) == silent
    if silent:
        assert found[0].detail == "normally 6 a week, none in 9 days (1500 articles)"


def test_a_disk_is_low_below_the_limit() -> None:
    settings = OperationsSettings()
    assert disk_trouble(600_000_000, "/data", settings) == []
    assert disk_trouble(None, "/data", settings) == []
    assert "499 MB left" in disk_trouble(499_000_000, "/data", settings)[0].detail
