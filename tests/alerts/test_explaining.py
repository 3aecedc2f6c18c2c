"""`alerts explain`: the chain as it was, and what comes next as it then really comes."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from newswatch.model import AttemptResult, Outcome
from newswatch.pipeline.explaining import explain_story
from newswatch.store import chain, unsubscribed
from newswatch.store.tables import story
from tests.alerts.newsroom import Make, Newsroom
from tests.alerts.test_silences import silence

DOWN = AttemptResult(Outcome.RETRY, "HTTP 503", status=503, retry_after_s=300)


def explained(room: Newsroom, article_id: int) -> dict[str, Any]:
    with room.database.reading() as connection:
        story_id = chain.story_named(connection, article_id)
        assert story_id is not None
        found = explain_story(connection, room.config, story_id, room.clock())
    assert found is not None
    return found


def steps(found: dict[str, Any], destination: str = "desk") -> list[tuple[datetime | None, str]]:
    (one,) = [one for one in found["destinations"] if one["destination"] == destination]
    return [(step.at, step.what) for row in one["deliveries"] for step in row["next"]]


async def test_the_whole_chain_of_a_story_that_was_told(newsroom: Make) -> None:
    room = newsroom(destinations={"desk": {"fallback": "duty"}, "duty": {}, "archive": {}}, routes=[{"to": ["desk"]}])
    room["desk"].answers = [DOWN]
    article = room.publish("Storm in the harbour", story="a")
    began = room.clock()
    await room.work()
    waiting = explained(room, article)
    assert waiting["verdict"] == ["nobody was told: desk: new is pending"]
    assert steps(waiting) == [
        (began + timedelta(minutes=1), "sent"),
        (began + timedelta(minutes=10), "goes to duty too, if it is not delivered"),
    ]
    assert waiting["not_routed"] == ["duty", "archive"]
    await room.pass_time(timedelta(minutes=1))
    tried = explained(room, article)
    (desk,) = tried["destinations"]
    (row,) = desk["deliveries"]
    assert [event["what"] for event in row["events"]] == ["queued", "message made", "attempt 1: retry"]
    assert row["events"][-1]["detail"] == "HTTP 503"
    assert steps(tried)[0] == (room.clock() + timedelta(minutes=5), "tried again")
    assert steps(tried)[1] == (began + timedelta(hours=6), "told with others in one message, unless it succeeds before")
    await room.pass_time(timedelta(minutes=6))
    told = explained(room, article)
    assert told["verdict"] == [f"desk was told {began + timedelta(minutes=6):%Y-%m-%d %H:%M:%SZ}"]
    storm, harbour = (next(one for one in told["rules"] if one["rule_id"] == name) for name in ("storm", "harbour"))
    assert [one["article_id"] for one in storm["articles"]] == [article]
    assert harbour["articles"][0]["found"] == ["harbour"]
    assert harbour["articles"][0]["evidence"][0]["field"] in ("title", "body")
    assert {one["rule_id"]: one["reason"] for one in told["alerts"]} == dict.fromkeys(
        ("storm", "harbour"), "route 1 to desk; waiting 1m for copies"
    )
    assert steps(told) == []


async def test_what_comes_next_in_a_thread_is_what_then_comes(embedded: Make) -> None:
    room = embedded(destinations={"desk": {}})
    article = room.publish("Harbour", story="a")
    await room.pass_time(timedelta(minutes=2))
    (thread,) = explained(room, article)["destinations"][0]["threads"]
    assert "sources reach 3 (now 1)" in thread["next"][0].what
    for source in ("The Gull", "The Mast", "The Wharf"):
        room.publish("Harbour", story="a", source=source)
    await room.work()
    (thread,) = explained(room, article)["destinations"][0]["threads"]
    (step,) = thread["next"]
    assert step.what == "told more: 1 → 4 sources"
    await room.pass_time(timedelta(hours=1))
    assert [one.message.changes for one in room["desk"].arrived] == [(), ("1 → 4 sources",)]
    assert room["desk"].arrived[1].at - step.at < timedelta(minutes=1)
    assert explained(room, article)["destinations"][0]["threads"][0]["follow_ups"] == 1


async def test_what_is_held_or_silenced_says_so_before_and_after(embedded: Make) -> None:
    evening = datetime(2026, 1, 13, 12, 59, tzinfo=UTC)
    night = {"quiet": [{"from": "13:00", "to": "14:00"}], "max_per_hour": 1}
    room = embedded(start=evening, destinations={"desk": night, "duty": {}})
    silence(room, destination="duty", rule="harbour")
    article = room.publish("Harbour")
    await room.work()
    assert steps(explained(room, article)) == [
        (evening + timedelta(minutes=1), "held for quiet hours, told in one message 2026-01-13 14:00 UTC")
    ]
    assert "suppressed: silenced until" in steps(explained(room, article), "duty")[0][1]
    await room.pass_time(timedelta(minutes=2))
    found = explained(room, article)
    assert steps(found) == [(datetime(2026, 1, 13, 14, tzinfo=UTC), steps(found)[0][1])]
    assert steps(found)[0][1].startswith("told in delivery ")
    assert any("desk: new is held: quiet hours until" in line for line in found["verdict"])
    assert any("duty: new is suppressed: silenced until" in line for line in found["verdict"])
    await room.pass_time(timedelta(hours=1, minutes=5))
    verdict = explained(room, article)["verdict"]
    assert [line[:13] for line in verdict] == ["desk was told", "not told: dut"]
    (row,) = explained(room, article)["destinations"][0]["deliveries"]
    assert [event["what"] for event in row["events"]] == ["queued", "held", "delivered"], "the way is kept"
    assert row["events"][1]["detail"].startswith("quiet hours until 2026-01-13 14:00 UTC; comes in delivery ")
    assert row["events"][1]["at"] == evening + timedelta(minutes=1)
    later = [room.publish("Harbour again"), room.publish("Harbour once more")]
    await room.pass_time(timedelta(minutes=3))
    third = room.publish("Harbour, the third")
    await room.work()
    assert steps(explained(room, third))[0][1].startswith("held: more than 1 within an hour, told in one message")
    assert "more than 1 within an hour" in explained(room, later[1])["verdict"][0]


async def test_why_nobody_was_told(embedded: Make) -> None:
    room = embedded(destinations={"desk": {"digest": "daily"}}, routes=[{"match": {"rule": "storm"}, "to": ["desk"]}])
    unread = room.publish("Garden")
    with room.database.writing() as connection:
        assert chain.story_named(connection, unread) is None, "in no story yet"
        assert chain.read(connection, 1) is None
    await room.work()
    old, unrouted, digested = room.publish("Storm", backfill=True), room.publish("Harbour"), room.publish("Storm two")
    await room.work()
    assert explained(room, unread)["verdict"] == ["nobody was told: none of its 1 articles meets a rule"]
    assert "storm: backfill" in explained(room, old)["verdict"][0]
    assert "harbour: no_route" in explained(room, unrouted)["verdict"][0]
    found = explained(room, digested)
    assert found["verdict"] == ["nobody was told: desk: waits for the daily digest"]
    (item,) = found["destinations"][0]["digests"]
    assert item["next"][0].at == datetime(2026, 1, 14, 8, tzinfo=UTC)
    await room.pass_time(timedelta(days=1))
    assert explained(room, digested)["verdict"] == ["desk was told in the daily digest 2026-01-14 08:00:00Z"]


async def test_a_disabled_destination_and_the_fallback(embedded: Make) -> None:
    room = embedded(destinations={"desk": {"fallback": "duty"}, "duty": {}}, routes=[{"to": ["desk"]}])
    room["desk"].always = AttemptResult(Outcome.DISABLED, "token_revoked")
    article = room.publish("Storm")
    await room.pass_time(timedelta(minutes=2))
    found = explained(room, article)
    assert "token_revoked" in found["destinations"][0]["disabled"]
    assert next(what for _, what in steps(found)).startswith("nothing by itself: repair its destination")
    await room.pass_time(timedelta(minutes=10))
    assert explained(room, article)["verdict"][0].startswith("duty was told")
    assert explained(room, article)["verdict"][0].endswith("(via fallback for desk)")
    assert len(steps(explained(room, article))) == 1, "the fallback has it: it does not get it again"


async def test_who_has_unsubscribed_is_sent_nothing_and_that_is_said(embedded: Make) -> None:
    room = embedded(destinations={"team": {"type": "email", "to": ["a@example.org"]}})
    article = room.publish("Storm")
    await room.work()
    with room.database.writing() as connection:
        unsubscribed.stop(connection, "team", "a@example.org", "page", room.clock())
    found = explained(room, article)
    assert found["destinations"][0]["unsubscribed"] == "a@example.org has unsubscribed on 2026-01-13"
    assert steps(found, "team")[0][1] == "suppressed: a@example.org has unsubscribed on 2026-01-13"
    await room.pass_time(timedelta(minutes=2))
    assert explained(room, article)["verdict"] == [
        "nobody was told: team: new is suppressed: a@example.org has unsubscribed on 2026-01-13"
    ]


async def test_any_id_of_the_chain_leads_to_its_story(newsroom: Make) -> None:
    room = newsroom()
    article = room.publish("Storm")
    await room.pass_time(timedelta(minutes=2))
    ((story_id,),) = room.rows(select(story.c.id))
    found = explained(room, article)
    alert, delivery = found["alerts"][0]["id"], found["destinations"][0]["deliveries"][0]["id"]
    with room.database.reading() as connection:
        for one in (story_id, article, alert, delivery):
            assert chain.story_named(connection, one) == story_id
        assert chain.story_named(connection, 7) is None
