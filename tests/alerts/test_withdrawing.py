"""A revision that no longer meets a rule: the match is withdrawn and kept, and people hear what they have to."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from newswatch.flag.matching import Engine
from newswatch.flag.packs import parse_pack
from newswatch.store import history
from newswatch.store.tables import alert, article_version, delivery, digest_item, past_match, rule_match
from tests.alerts.newsroom import PACK, Make, Newsroom

HALF_AN_HOUR = timedelta(minutes=31)
LOST = "no longer meets: Harbour (revised by the publisher)"


def _alerts(room: Newsroom) -> list[tuple[str, str | None]]:
    return [tuple(row) for row in room.rows(select(alert.c.rule_id, alert.c.suppressed).order_by(alert.c.rule_id))]


def _met(room: Newsroom) -> list[tuple[str, int]]:
    query = select(rule_match.c.rule_id, rule_match.c.article_id).order_by(rule_match.c.rule_id)
    return [tuple(row) for row in room.rows(query)]


def _updates(room: Newsroom) -> list[tuple[str, ...]]:
    return [one.message.changes for one in room["desk"].arrived if one.kind == "update"]


async def test_it_is_kept_with_the_revision_that_has_lost_it(newsroom: Make) -> None:
    room = newsroom()
    first = room.publish("Harbour strike and storm")
    await room.work()
    room.clock.advance(HALF_AN_HOUR)
    room.publish("Strike and storm", known_id=first)
    await room.work()
    assert _met(room) == [("storm", first)]
    query = select(past_match.c.rule_id, past_match.c.ended_by, article_version.c.seq).join(
        article_version, article_version.c.id == past_match.c.ended_version_id
    )
    assert room.rows(query) == [("harbour", "withdrawn", 2)]
    with room.database.reading() as connection:
        (was,) = history.past(connection, first, rule_id="harbour")
    assert (was["ended_at"], was["revision"]) == (room.clock(), 2)


async def test_who_was_not_told_is_not_told_and_is_when_it_is_met_again(newsroom: Make) -> None:
    room = newsroom(destinations={"desk": {}, "daily": {"digest": "daily", "digest_at": ["08:00"]}})
    first = room.publish("Harbour strike", story="a")
    await room.work()
    room.publish("Strike", story="a", known_id=first)
    await room.pass_time(timedelta(minutes=5))
    assert (room["desk"].arrived, room["daily"].arrived) == ([], [])
    assert _alerts(room) == [("harbour", "withdrawn")]
    (reason,) = room.rows(select(delivery.c.reason))[0]
    assert reason == "its article was revised, and no article of the story meets the rule any more"
    assert room.rows(select(digest_item.c.alert_id)) == []

    room.publish("Harbour strike goes on", story="a", known_id=first)
    await room.pass_time(timedelta(minutes=5))
    assert room["desk"].headlines == [["Harbour strike goes on"]]
    assert _alerts(room) == [("harbour", None)]
    room.publish("Strike goes on", story="a", known_id=first)
    room.publish("Harbour strike ends", story="a", known_id=first)
    await room.pass_time(HALF_AN_HOUR, step=600)
    assert room["desk"].kinds == ["new"], "what was there again before anybody looked is no news"


async def test_of_several_rules_the_message_leaves_out_what_was_lost(newsroom: Make) -> None:
    room = newsroom()
    first = room.publish("Harbour strike and storm")
    await room.work()
    room.publish("Strike and storm", known_id=first)
    await room.pass_time(timedelta(minutes=5))
    (only,) = room["desk"].arrived
    assert [reason.rule_id for reason in only.message.reasons] == ["storm"]
    assert _alerts(room) == [("harbour", "withdrawn"), ("storm", None)]


async def test_who_was_told_is_told_in_the_thread_once(newsroom: Make) -> None:
    room = newsroom()
    first = room.publish("Harbour strike", story="a")
    await room.pass_time(timedelta(minutes=5))
    room.publish("Strike", story="a", known_id=first, text="It was elsewhere.")
    await room.pass_time(timedelta(minutes=20))
    assert _updates(room) == [], "the interval is kept"
    await room.pass_time(timedelta(hours=3), step=900)
    assert _updates(room) == [(LOST,)]
    update = room["desk"].arrived[1].message
    assert update.root is not None
    assert [(reason.rule_id, reason.terms) for reason in update.reasons] == [("harbour", ())]
    assert (update.severity.value, update.snippets) == ("normal", ())
    assert _alerts(room) == [("harbour", None)], "what was told stays told"
    for text in ("Harbour strike", "Strike again"):  # the first is what it was
        room.publish(text, story="a", known_id=first)
        await room.pass_time(timedelta(hours=1), step=900)
    assert _updates(room) == [(LOST,)], "to and fro is no news"


async def test_an_alert_lives_as_long_as_an_article_of_its_story_meets_the_rule(newsroom: Make) -> None:
    room = newsroom()
    first = room.publish("Harbour strike", story="a")
    second = room.publish("Harbour strike", story="a", source="The Gull")
    await room.work()
    room.publish("Strike", story="a", known_id=first)
    await room.pass_time(timedelta(hours=2), step=600)
    assert room["desk"].kinds == ["new"]
    assert room.rows(select(alert.c.article_id, alert.c.suppressed)) == [(second, None)]
    assert _met(room) == [("harbour", second)]


async def test_a_rule_that_comes_and_goes_before_it_is_told_is_not_told(newsroom: Make) -> None:
    room = newsroom()
    first = room.publish("Harbour strike", story="a")
    await room.pass_time(timedelta(minutes=5))
    second = room.publish("Tsunami and a cup of tea", story="a", source="The Gull", backfill=True)
    third = room.publish("Port strike and a storm", story="a", source="The Tern")
    room.publish("Port strike", story="a", source="The Tern", known_id=third)  # both versions in one batch
    await room.pass_time(timedelta(hours=1), step=600)
    assert _met(room) == [("harbour", first), ("wave", second)]
    assert _alerts(room) == [("harbour", None), ("storm", "withdrawn"), ("wave", "backfill")]
    assert _updates(room) == [("1 → 3 sources",)]


@pytest.mark.parametrize(
    ("then", "kept"),
    [
        ({"method": "feed"}, True),
        ({"method": "feed-summary"}, True),
        ({"method": "json-ld"}, False),
        ({"paywall": True}, False),  # as long as before
        ({"paywall": True, "title": "Strike", "text": ""}, True),
    ],
)
async def test_what_was_only_read_less_of_keeps_its_match(embedded: Make, then: dict[str, Any], kept: bool) -> None:
    room = embedded()
    long = "Paragraph after paragraph. " * 20
    first = room.publish("Strike", text=f"{long} The harbour is closed.", method="trafilatura")
    await room.work()
    revision: dict[str, Any] = {"title": "Strike", "text": long, "method": "trafilatura", **then}
    room.publish(**revision, known_id=first)
    await room.work()
    assert _met(room) == ([("harbour", first)] if kept else [])
    assert len(room.rows(select(past_match.c.id))) == (0 if kept else 1)


async def test_matches_of_rules_that_are_not_in_force_stay(embedded: Make) -> None:
    room = embedded()
    first = room.publish("Harbour strike")
    await room.work()
    room.context.engine = Engine(parse_pack(PACK.replace('id = "harbour"', 'id = "port"')))
    room.publish("Strike", known_id=first)
    await room.work()
    assert _met(room) == [("harbour", first)]


async def test_a_changed_rule_is_not_put_down_to_the_publisher(embedded: Make) -> None:
    room = embedded()
    first = room.publish("Harbour strike", story="a")
    await room.pass_time(timedelta(minutes=5))
    room.context.engine = Engine(parse_pack(PACK.replace('query = "harbour"', 'query = "typhoon"')))
    room.publish("Harbour strike", story="a", known_id=first, text="It goes on.")
    await room.pass_time(timedelta(hours=1), step=600)
    assert _met(room) == []
    assert room.rows(select(past_match.c.ended_by, past_match.c.ended_version_id)) == [("withdrawn", None)]
    assert room["desk"].kinds == ["new"]
