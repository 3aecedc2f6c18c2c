"""What became of a story: told in the thread that told of it, once, and only where something material has changed."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from newswatch.flag.matching import Engine
from newswatch.flag.packs import parse_pack
from newswatch.model import AttemptResult, Outcome
from newswatch.pipeline.regrouping import merge_by_hand, split_by_hand
from newswatch.store import silences
from newswatch.store.tables import alert, announced, delivery, story_member, thread
from tests.alerts.newsroom import PACK, Make, Newsroom

HALF_AN_HOUR = timedelta(minutes=31)
OTHER_RULE = PACK.replace('id = "harbour"', 'id = "port"').replace('name = "Harbour"', 'name = "Port"')
TWO = {"desk": {}, "late": {"type": "email", "to": ["late@example.org"]}}


def _copies(room: Newsroom, number: int, *, start: int = 1, title: str = "Harbour strike") -> None:
    for place in range(start, start + number):
        room.publish(title, story="a", source=f"Paper {place}")


def _changes(room: Newsroom, name: str = "desk") -> list[tuple[str, ...]]:
    return [one.message.changes for one in room[name].arrived if one.kind == "update"]


async def test_a7_thirty_copies_in_ten_minutes_are_one_message_and_at_most_one_update(newsroom: Make) -> None:
    room = newsroom(destinations=TWO)
    for number in range(10):
        _copies(room, 3, start=1 + 3 * number, title="Harbour storm brings tsunami")
        await room.pass_time(60)
    await room.pass_time(timedelta(hours=3), step=300)
    for name in TWO:
        root, *updates = room[name].arrived
        assert root.kind == "new"
        assert {reason.rule_name for reason in root.message.reasons} == {"Harbour", "Storm", "Wave"}
        (update,) = updates
        assert update.kind == "update"
        assert update.message.source_count == 30
        assert update.message.changes == (f"{root.message.source_count} → 30 sources",)
        assert {reason.rule_name for reason in update.message.reasons} == {"Harbour", "Storm", "Wave"}


async def test_rule_3_growth_is_told_after_the_interval_and_never_by_the_clock(newsroom: Make) -> None:
    room = newsroom()
    _copies(room, 1)
    await room.pass_time(timedelta(minutes=2))
    _copies(room, 1, start=2)
    await room.pass_time(timedelta(hours=2), step=600)
    assert room["desk"].kinds == ["new"], "a second source is not worth a message"
    _copies(room, 1, start=3)
    await room.pass_time(timedelta(hours=20), step=3600)
    assert _changes(room) == [("1 → 3 sources",)]
    update = room["desk"].arrived[1]
    assert update.message.root is not None
    assert update.delivery.thread_ref == f"ref-{room['desk'].arrived[0].delivery.key}"
    assert {one.source_name for one in update.message.others} <= {"Paper 2", "Paper 3"}, "new evidence only"


async def test_rule_3_a_graver_rule_does_not_wait_and_goes_to_the_channel(newsroom: Make) -> None:
    room = newsroom()
    _copies(room, 1)
    await room.pass_time(timedelta(minutes=2))
    room.publish("Harbour strike and storm", story="a", source="The Gull")
    await room.pass_time(60)
    (update,) = room["desk"].arrived[1:]
    assert update.message.changes[0] == "severity: Normal → High"
    assert "also meets: Storm" in update.message.changes
    assert update.message.graver
    assert room.rows(select(thread.c.destination)) == [("desk",)], "several rules on one story share a thread"


async def test_rule_12_a_reply_waits_for_its_root_and_stands_alone_if_the_root_is_dead(newsroom: Make) -> None:
    room = newsroom()
    room["desk"].answers = [AttemptResult(Outcome.RETRY, "HTTP 503", retry_after_s=1800)]
    _copies(room, 1)
    await room.pass_time(timedelta(minutes=2))
    room.publish("Storm", story="a", source="The Gull")
    await room.pass_time(timedelta(minutes=20))
    assert room["desk"].arrived == []
    await room.pass_time(timedelta(minutes=20))
    assert room["desk"].kinds == ["new", "update"]

    room["desk"].answers = [AttemptResult(Outcome.REJECTED, "no")]
    room.publish("Harbour fire", story="b")
    await room.pass_time(timedelta(minutes=2))
    room.publish("Storm over the harbour", story="b", source="The Gull")
    await room.pass_time(60)
    (alone,) = room["desk"].arrived[2:]
    assert alone.message.root is None
    assert alone.delivery.thread_ref is None
    room.publish("Tsunami", story="b", source="The Tern")
    await room.pass_time(60)
    assert room["desk"].arrived[3].delivery.thread_ref == f"ref-{alone.delivery.key}", "it has become the root"


async def test_mail_is_followed_up_three_times_a_day_and_then_told_together(newsroom: Make) -> None:
    room = newsroom(destinations={"late": TWO["late"]}, alerts={"followup_sources": [2, 3, 4, 5, 6]})
    for number in range(1, 7):
        _copies(room, 1, start=number)
        await room.pass_time(HALF_AN_HOUR, step=HALF_AN_HOUR / 4)
    assert room["late"].kinds == ["new"] + ["update"] * 3
    await room.pass_time(timedelta(hours=26), step=1800)
    assert _changes(room, "late")[3:] == [("4 → 6 sources",)]
    root, *updates = room["late"].arrived
    for one in updates:
        assert one.message.root is not None
        assert one.message.root.ref == f"ref-{root.delivery.key}"


async def test_quiet_hours_and_silences_hold_follow_ups_back(newsroom: Make) -> None:
    room = newsroom(destinations={"desk": {"quiet": [{"from": "12:30", "to": "15:00"}]}})
    _copies(room, 1)
    await room.pass_time(timedelta(minutes=20))
    _copies(room, 4, start=2)
    await room.pass_time(timedelta(hours=2), step=900)
    assert room["desk"].kinds == ["new"]
    room.publish("Tsunami", story="a", source="The Gull")
    await room.pass_time(60)
    assert room["desk"].kinds == ["new", "update"], "flash breaks through"
    await room.pass_time(timedelta(hours=2), step=900)
    assert room["desk"].kinds == ["new", "update"], "all was told with it"


async def test_what_was_told_in_a_rollup_is_followed_up(newsroom: Make) -> None:
    room = newsroom(destinations={"desk": {"quiet": [{"from": "12:00", "to": "13:00"}]}})
    _copies(room, 1)
    await room.pass_time(timedelta(hours=1))
    assert room["desk"].kinds == ["rollup"]
    _copies(room, 3, start=2)
    await room.pass_time(timedelta(hours=1), step=600)
    assert room["desk"].kinds == ["rollup", "update"]
    assert _changes(room) == [("1 → 4 sources",)]


async def test_two_daemons_tell_a_change_once(newsroom: Make) -> None:
    room, other = newsroom(), newsroom()
    _copies(room, 1)
    await room.pass_time(timedelta(minutes=2))
    _copies(room, 4, start=2)
    await room.work()
    for one in (room, other):
        one.clock.set(room.clock() + HALF_AN_HOUR)
    told = await asyncio.gather(*(one.pipeline.follow.tick() for one in (room, other)))
    assert sorted(told) == [0, 1]
    for one in (other, room):
        await one.work()
    assert len(room["desk"].arrived) + len(other["desk"].arrived) == 2


async def test_a8_nothing_that_was_told_is_told_as_new_again(newsroom: Make) -> None:
    room = newsroom()
    first = room.publish("Harbour strike", story="a", source="The Gull")
    await room.pass_time(timedelta(minutes=5))
    room.publish("Harbour strike", story="a", source="The Gull", known_id=first)  # issued again
    await room.pass_time(HALF_AN_HOUR, step=300)
    room.context.engine = Engine(parse_pack(OTHER_RULE))  # to which the article is new
    room.publish("Harbour strike", story="a", source="The Gull", known_id=first, text="Edited.")
    await room.pass_time(timedelta(hours=2), step=300)
    again = newsroom(start=room.clock())
    await again.pass_time(timedelta(hours=2), step=300)
    assert room["desk"].kinds == ["new", "update"]
    assert _changes(room) == [("also meets: Port",)], "the new rule is told, the article is not new"
    assert again["desk"].arrived == []
    assert room.rows(select(announced.c.article_id)) == [(first,)]


async def test_the_ledger_holds_where_an_article_comes_to_another_story(newsroom: Make) -> None:
    room = newsroom()
    told = room.publish("Harbour strike", story="a")
    await room.pass_time(timedelta(minutes=5))
    room.publish("Something else", story="b", source="The Gull")
    await room.pass_time(60)
    with room.database.writing() as connection:  # as another way of grouping might have it
        query = select(story_member.c.story_id).where(story_member.c.article_id != told)
        other = connection.execute(query).scalar_one()
        connection.execute(story_member.update().where(story_member.c.article_id == told).values(story_id=other))
    room.context.engine = Engine(parse_pack(OTHER_RULE))
    room.publish("Harbour strike", known_id=told, text="Edited.")
    await room.pass_time(timedelta(hours=1), step=600)
    assert room["desk"].kinds == ["new", "update"]
    assert room["desk"].arrived[1].delivery.thread_ref == f"ref-{room['desk'].arrived[0].delivery.key}"


@pytest.mark.parametrize("kept_is_older", [True, False])
async def test_rule_16_of_two_merged_stories_the_older_thread_goes_on(newsroom: Make, kept_is_older: bool) -> None:
    room = newsroom()
    first = room.publish("Harbour strike", story="a")
    await room.pass_time(timedelta(minutes=5))
    second = room.publish("Dockers leave the harbour", story="b", source="The Gull")
    await room.pass_time(timedelta(minutes=5))
    of = dict(room.rows(select(story_member.c.article_id, story_member.c.story_id)))
    kept, gone = (of[first], of[second]) if kept_is_older else (of[second], of[first])
    with room.database.writing() as connection:
        merge_by_hand(room.context, connection, kept, gone)
    await room.pass_time(timedelta(minutes=2))
    root, younger, line = room["desk"].arrived
    assert line.message.changes[0].startswith("merged into: ")
    assert line.delivery.thread_ref == f"ref-{younger.delivery.key}"
    for number in range(4):
        room.publish("Harbour strike", story="a", source=f"Paper {number}")
    await room.pass_time(timedelta(hours=2), step=600)
    (update,) = room["desk"].arrived[3:]
    assert update.delivery.thread_ref == f"ref-{root.delivery.key}"


async def test_rule_16_a_split_announces_nothing_and_both_go_on(newsroom: Make) -> None:
    room = newsroom()
    room.publish("Harbour strike", story="a")
    second = room.publish("Harbour strike", story="a", source="The Gull")
    await room.pass_time(timedelta(minutes=5))
    ((story_id,),) = set(room.rows(select(story_member.c.story_id)))
    with room.database.writing() as connection:
        split_by_hand(room.context, connection, story_id, [second])
    await room.pass_time(timedelta(hours=2), step=600)
    assert room["desk"].kinds == ["new"]


async def test_alerts_grow_quiet_close_and_open_again(newsroom: Make) -> None:
    room = newsroom(stories={"events": "off", "window": 30 * 86400})
    _copies(room, 1)
    await room.pass_time(timedelta(minutes=5))
    await room.pass_time(timedelta(hours=25), step=timedelta(hours=5))
    assert room.rows(select(alert.c.state)) == [("quiet",)]
    _copies(room, 1, start=2)
    await room.pass_time(timedelta(minutes=20))
    assert room.rows(select(alert.c.state)) == [("open",)]
    await room.pass_time(timedelta(days=9), step=timedelta(days=3))
    assert room.rows(select(alert.c.state)) == [("closed",)]
    _copies(room, 4, start=3)
    await room.pass_time(timedelta(hours=1), step=600)
    assert len(room.rows(select(alert.c.id))) == 1, "they have joined the story"
    assert room["desk"].kinds == ["new"], "nothing more is told of a closed alert"
    assert set(room.rows(select(delivery.c.state))) == {("delivered",)}


async def test_a_silence_holds_follow_ups_back_while_it_lasts(newsroom: Make) -> None:
    room = newsroom()
    _copies(room, 1)
    await room.pass_time(timedelta(minutes=5))
    with room.database.writing() as connection:
        silences.add(
            connection,
            {"rule": "harbour"},
            silence_id=room.new_id(),
            reason="known",
            author="me",
            ends_at=room.clock() + timedelta(hours=2),
            now=room.clock(),
        )
    _copies(room, 4, start=2)
    await room.pass_time(timedelta(hours=2), step=600)
    assert room["desk"].kinds == ["new"]
    _copies(room, 1, start=6)
    await room.pass_time(timedelta(minutes=10))
    assert _changes(room) == [("1 → 6 sources",)]


async def test_a_graver_follow_up_that_does_not_get_through_goes_to_the_fallback(newsroom: Make) -> None:
    room = newsroom(destinations={"desk": {"fallback": "duty"}, "duty": {}}, routes=[{"to": ["desk"]}])
    _copies(room, 1)
    await room.pass_time(timedelta(minutes=5))
    room["desk"].always = AttemptResult(Outcome.RETRY, "HTTP 503")
    room.publish("Harbour storm", story="a", source="The Gull")
    await room.pass_time(timedelta(minutes=15))
    (one,) = [one for one in room["duty"].arrived if one.kind == "update"]  # others are notices about the desk
    assert (one.message.via, one.message.root, one.delivery.thread_ref) == ("desk", None, None)
    assert "also meets: Storm" in one.message.changes


async def test_a_story_in_the_way_of_a_mistake_does_not_stop_the_others(
    newsroom: Make,
) -> None:
    room = newsroom()
    _copies(room, 1)
    room.publish("Harbour fire", story="b")
    await room.pass_time(timedelta(minutes=5))
    first = min(row.story_id for row in room.rows(select(thread.c.story_id)))
    for name, title in (("a", "Harbour strike"), ("b", "Harbour fire")):
        for number in range(3):
            room.publish(title, story=name, source=f"Other {number}")
    await room.work()
    broken = update(thread).where(thread.c.story_id == first).values(told={"sources": 1})
    with room.database.writing() as connection:
        connection.execute(broken)
    await room.pass_time(timedelta(hours=1), step=600)
    assert room["desk"].kinds == ["new", "new", "update"]


async def test_a9_what_a_feed_already_had_is_not_announced(embedded: Make) -> None:
    room = embedded()
    for number in range(100):
        room.publish(f"Harbour {number}", backfill=True)
    await room.pass_time(timedelta(hours=1), step=600)
    assert room["desk"].arrived == []
    assert room.rows(select(alert.c.suppressed).distinct()) == [("backfill",)]


async def test_the_interval_counts_from_the_last_message_for_growth_and_for_rules_alike(newsroom: Make) -> None:
    room = newsroom()
    first = room.publish("Harbour strike", story="a")
    grown = room.publish("Harbour fire", story="b")
    assert first != grown
    await room.pass_time(timedelta(minutes=5))
    _copies(room, 2)
    room.context.engine = Engine(parse_pack(OTHER_RULE))
    room.publish("Harbour fire", story="b", known_id=grown, text="Edited.")
    await room.pass_time(timedelta(minutes=40), step=300)
    roots, updates = room["desk"].arrived[:2], room["desk"].arrived[2:]
    assert sorted(one.message.changes[-1] for one in updates) == ["also meets: Port"] * 2
    for one in updates:
        assert timedelta(minutes=30) <= one.at - roots[0].at <= timedelta(minutes=35)


async def test_a_story_that_is_merged_before_it_is_told_is_told_in_the_thread(newsroom: Make) -> None:
    room = newsroom()
    first = room.publish("Harbour strike", story="a")
    await room.pass_time(timedelta(minutes=5))
    second = room.publish("Storm over the harbour", story="b", source="The Gull")
    await room.work()
    of = dict(room.rows(select(story_member.c.article_id, story_member.c.story_id)))
    with room.database.writing() as connection:
        merge_by_hand(room.context, connection, of[first], of[second])
    await room.pass_time(timedelta(hours=1), step=300)
    root, update_ = room["desk"].arrived
    assert (root.kind, update_.kind) == ("new", "update")
    assert "also meets: Storm" in update_.message.changes
    assert set(room.rows(select(delivery.c.state))) == {("delivered",), ("suppressed",)}
