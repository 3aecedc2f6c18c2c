"""What readers say at the links of messages: asked as a browser asks, from the message to the row."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select, update
from starlette.applications import Starlette

from newswatch.model import Message, Verdict
from newswatch.notify.links import Links, Purpose
from newswatch.pipeline.feedback import Feedback
from newswatch.store import feedback as rows
from newswatch.store import history, matches, moves, unsubscribed
from newswatch.store.database import Database
from newswatch.store.history import Ended
from newswatch.store.tables import feedback, metadata, rule_match, silence
from newswatch.web.feedback import feedback_routes
from tests.alerts.newsroom import Make, Newsroom

TEAM = {"type": "email", "to": ["a@example.org", "b@example.org"], "zone": "Asia/Seoul"}
LINKS = Links("https://nw.example", (b"k" * 32,), timedelta(days=30))
FORM = {"content-type": "application/x-www-form-urlencoded"}


def linked(room: Newsroom) -> Newsroom:
    room.context.links = LINKS
    return room


def linked_message(room: Newsroom, to: str = "desk") -> Message:
    """Return the last message to a destination with the links that its channel gives it."""
    one = room[to].arrived[-1]
    return LINKS.attached(one.message, key=one.delivery.key, now=one.at, unsubscribe=True)


def stop_link(room: Newsroom, to: str) -> str:
    url = linked_message(room, to).unsubscribe_url
    assert url is not None
    return url


@asynccontextmanager
async def browser(room: Newsroom) -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(routes=feedback_routes(Feedback(room.context)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        yield client


async def told(room: Newsroom, *titles: str, to: str = "desk") -> Any:
    """Publish articles and return the links of the message that comes of the last."""
    for title in titles:
        room.publish(title)
    await room.pass_time(90, step=90)
    return linked_message(room, to).feedback


def state(room: Newsroom) -> dict[str, int]:
    """Return how many rows each table has, and what is in the ones that answers change."""
    with room.database.reading() as connection:
        counts = {
            name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in metadata.tables.items()
        }
        return {**counts, "said": hash(tuple(connection.execute(select(feedback)).all()))}


async def test_a_verdict_is_stored_with_the_version_of_the_rule(newsroom: Make) -> None:
    room = linked(newsroom())
    links = await told(room, "Storm")
    async with browser(room) as client:
        for _ in range(2):
            answer = await client.post(links.irrelevant, data={"rule": "storm"})
            assert answer.status_code == 200
            assert "Storm: marked as not relevant" in answer.text
        (row,) = room.rows(select(feedback))
        rule = room.context.engine.compiled("storm")
        assert rule is not None
        assert (row.rule_id, row.rule_hash, row.destination) == ("storm", rule.rule.hash, "desk")
        assert (row.verdict, row.judged_at) == ("irrelevant", room.clock())
        assert row.delivery_key == room["desk"].arrived[-1].delivery.key
        await client.post(links.relevant, data={"rule": "storm"})
    (row,) = room.rows(select(feedback))
    assert row.verdict == "relevant", "the last word counts"
    with room.database.reading() as connection:
        (one,) = rows.judged(connection)
        assert (one.relevant, one.irrelevant, one.verdict) == (1, 0, Verdict.RELEVANT)
        assert [said["headline"] for said in rows.listing(connection, limit=5)] == ["Storm"]


async def test_a15_looking_changes_nothing(embedded: Make) -> None:
    room = linked(embedded(destinations={"team": TEAM}))
    links = await told(room, "Storm", to="team:b@example.org")
    urls = [links.relevant, links.irrelevant, links.mute, stop_link(room, "team")]
    before = state(room)
    async with browser(room) as client:
        assert {(await client.get(url)).status_code for url in urls * 100} == {200}
        for url in urls:
            assert (await client.head(url)).status_code == 200
            assert (await client.options(url)).status_code == 405
            assert (await client.put(url)).status_code == 405
    assert state(room) == before


async def test_a_muted_story_is_told_no_more_until_the_end(newsroom: Make) -> None:
    room = linked(
        newsroom(alerts={"followup_sources": [2]}, destinations={"desk": {"zone": "Asia/Seoul"}, "other": {}})
    )
    room.publish("Storm", story="a")
    links = await told(room)
    async with browser(room) as client:
        asked = await client.get(links.mute)
        assert "Only for desk:" in asked.text
        assert "7 days" in asked.text
        answers = [await client.post(links.mute, data={"rule": "storm", "for": "3600"}) for _ in range(2)]
    assert "muted until 2026-01-13 22:02 KST" in answers[0].text
    assert answers[0].text == answers[1].text, "again the same"
    ((matchers, author, ends_at),) = room.rows(select(silence.c.matchers, silence.c.author, silence.c.ends_at))
    assert matchers == {"rule": "storm", "story": str(story_of(room)), "destination": "desk"}
    assert (author, ends_at) == ("a reader of desk", room.clock() + timedelta(hours=1))
    room.publish("Storm 2", story="a", source="The Gull")
    room.publish("Storm 3", story="a", source="The Tern")
    await room.pass_time(timedelta(hours=2), step=600)
    assert (room["desk"].kinds, room["other"].kinds) == (["new"], ["new", "update"])
    room.publish("Storm 4", story="a", source="The Auk")
    await room.pass_time(120)
    assert room["desk"].kinds == ["new", "update"], "when another article comes after the end"


def story_of(room: Newsroom) -> int:
    story_id = room["desk"].arrived[0].message.story_id
    assert story_id is not None
    return story_id


async def test_every_story_of_a_rule_can_be_muted_and_that_undone(embedded: Make) -> None:
    room = linked(embedded(destinations={"team": TEAM}))
    links = await told(room, "Storm", to="team")
    async with browser(room) as client:
        assert "Only for a@example.org:" in (await client.get(links.mute)).text
        await client.post(links.mute, data={"rule": "storm", "what": "every", "for": "604800"})
        await told(room, "Storm two", to="team:b@example.org")
        assert len(room["team"].arrived) == 1, "who muted it hears nothing"
        assert len(room["team:b@example.org"].arrived) == 2, "a colleague does"
        again = await client.get(links.mute)
        assert "Unmute" in again.text
        assert "For how long" not in again.text, "all of it is muted"
        assert "Unmute" not in (await client.get(links.relevant)).text
        answer = await client.post(links.mute, data={"undo": "1"})
        assert "muted until" not in answer.text
    await told(room, "Storm three", to="team")
    assert len(room["team"].arrived) == 2


async def test_of_several_rules_the_chosen_ones_are_meant(embedded: Make) -> None:
    room = linked(embedded())
    links = await told(room, "Storm in the harbour")
    async with browser(room) as client:
        asked = await client.get(links.relevant)
        assert re.findall(r'type="checkbox" name="rule" value="(\w+)" checked', asked.text) == ["storm", "harbour"]
        none = await client.post(links.relevant, data={})
        assert (none.status_code, "Choose at least one rule" in none.text) == (400, True)
        assert room.rows(select(feedback)) == []
        await client.post(links.relevant, data={"rule": ["harbour", "made-up"]})
        assert [row.rule_id for row in room.rows(select(feedback))] == ["harbour"]
        await client.post(links.irrelevant, data={"rule": ["harbour", "storm"]})
    assert {(row.rule_id, row.verdict) for row in room.rows(select(feedback))} == {
        ("harbour", "irrelevant"),
        ("storm", "irrelevant"),
    }


@pytest.mark.parametrize(
    ("settings", "hours"),
    [({"digest": "daily", "digest_at": ["18:00"]}, 7), ({"quiet": [{"from": "12:00", "to": "18:00"}]}, 7)],
)
async def test_a_list_has_a_link_for_each_story(embedded: Make, settings: dict[str, Any], hours: int) -> None:
    room = linked(
        embedded(
            destinations={"desk": settings, "other": {}},
            routes=[{"to": ["desk"], "match": {"severity": "high"}}, {"to": ["other"]}],
        )
    )
    for title in ("Storm in the harbour", "Storm at sea"):
        room.publish(title)
    await room.pass_time(timedelta(hours=hours), step=timedelta(minutes=30))
    listing = linked_message(room).listing
    assert listing is not None
    urls = {line.headline: line.feedback_url or "" for line in listing.stories}
    assert listing.feedback_url is not None
    async with browser(room) as client:
        every = await client.get(listing.feedback_url)
        assert re.findall(r'<a href="([^"]+)">([^<]+)</a>', every.text) == [
            (urls[headline], headline) for headline in ("Storm in the harbour", "Storm at sea")
        ]
        page = await client.get(urls["Storm in the harbour"])
        assert "Storm in the harbour" in page.text
        assert "<form" not in page.text
        assert (await client.post(urls["Storm in the harbour"], data={"rule": "storm"})).status_code == 405
        relevant, _irrelevant, _mute = re.findall(r'<a href="(https://nw\.example/feedback/[^"]+)">', page.text)
        answer = await client.post(relevant, data={"rule": ["storm", "harbour"]})
        assert "marked as relevant" in answer.text
    assert [(row.rule_id, row.destination) for row in room.rows(select(feedback))] == [("storm", "desk")], (
        "the destination was not told of the other rule"
    )


async def test_what_is_refused_and_why(embedded: Make) -> None:
    room = linked(embedded(destinations={"team": TEAM}))
    links = await told(room, "Storm", to="team")
    stop = stop_link(room, "team")
    before = state(room)
    data = {"rule": "storm"}
    async with browser(room) as client:
        forged = await client.post(links.relevant[:-1] + "?", data=data)
        assert (forged.status_code, "not valid" in forged.text) == (404, True)
        for wrong in (stop.replace("unsubscribe", "feedback"), links.mute.replace("feedback", "unsubscribe")):
            assert (await client.post(wrong, data=data)).status_code == 404, "a link has one purpose"
        elsewhere = await client.post(links.relevant, data=data, headers={"sec-fetch-site": "cross-site"})
        assert elsewhere.status_code == 403
        assert (
            await client.post(links.relevant, content=b"rule=storm&x=" + b"x" * 20_000, headers=FORM)
        ).status_code == 413
        assert (await client.post(links.relevant, content=b"a=1&" * 200, headers=FORM)).status_code == 400
        assert (await client.post(links.mute, data={**data, "for": "1"})).status_code == 400
        assert (await client.post(links.mute, data={**data, "for": "9" * 5000})).status_code == 400
        room.clock.advance(timedelta(days=31))
        late = await client.post(links.relevant, data=data)
        assert (late.status_code, "expired" in late.text) == (410, True)
        assert room.context.links is not None
        unknown = room.context.links.url(Purpose.RELEVANT, delivery="0" * 26, story_id=1, now=room.clock())
        assert (await client.post(unknown, data=data)).status_code == 410
        room.context.links = None
        assert (await client.get(links.relevant)).status_code == 404
    assert state(room) == before


async def test_a_database_that_does_not_answer_is_asked_again_later(embedded: Make) -> None:
    room = linked(embedded())
    links = await told(room, "Storm")
    gone = room.context.database = Database("postgresql://nobody@127.0.0.1:9/none")  # nobody listens on discard
    async with browser(room) as client:
        answer = await client.post(links.relevant, data={"rule": "storm"}, headers={"accept-language": "ko"})
    gone.close()
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    assert "데이터베이스가 응답하지 않습니다" in answer.text


async def test_the_page_is_text_whatever_the_headline_is(embedded: Make) -> None:
    room = linked(embedded())
    links = await told(room, 'Storm <script>alert(1)</script> & "quotes" \u202e<!channel>')
    async with browser(room) as client:
        answer = await client.get(links.relevant)
    assert "<script" not in answer.text
    assert "&lt;script&gt;" in answer.text
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    for name, value in {
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "content-type": "text/html; charset=utf-8",
    }.items():
        assert answer.headers[name] == value
    assert 'name="viewport"' in answer.text
    assert re.findall(r"\s(?:src|style|on\w+)=", answer.text) == []


ONE_CLICK = [
    (b"List-Unsubscribe=One-Click", FORM["content-type"]),
    (
        b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
        "multipart/form-data; boundary=x",
    ),
]


async def test_one_click_stops_an_address_and_no_other(newsroom: Make) -> None:
    room = linked(newsroom(destinations={"team": TEAM, "other": {"type": "email", "to": ["a@example.org"]}}))
    await told(room, "Storm", to="team")
    url = stop_link(room, "team")
    async with browser(room) as client:
        for body, kind in ONE_CLICK:
            assert (await client.post(url, content=body, headers={"content-type": kind})).status_code == 200
        with room.database.reading() as connection:
            (row,) = unsubscribed.listing(connection)
        assert (row["destination"], row["address"], row["how"]) == ("team", "a@example.org", "one_click")
        await told(room, "Storm two", to="other")
        assert [len(inbox.arrived) for inbox in room.inboxes.values()] == [1, 2, 2]
        page = await client.get(url)
        assert "a@example.org gets no more mail of “team” since 2026-01-13 21:02 KST" in page.text
        assert "Send mail again" in page.text
        assert "Unsubscribe?" in (await client.post(url, data={"undo": "1"})).text
    await told(room, "Storm three", to="team")
    assert len(room["team"].arrived) == 2


async def test_what_is_said_is_of_the_version_that_the_message_told_of(newsroom: Make) -> None:
    room = linked(newsroom())
    links = await told(room, "Storm")
    (was,) = room.rows(select(rule_match))
    room.clock.advance(timedelta(hours=1))
    with room.database.writing() as connection:
        history.end(connection, "storm", was.article_id, Ended.REPLACED, new_id=room.new_id, now=room.clock())
        matches.remember_rule(
            connection, rule_hash="edited", rule_id="storm", name="Storm", definition={}, now=room.clock()
        )
        connection.execute(update(rule_match).values(rule_hash="edited"))
    async with browser(room) as client:
        await client.post(links.relevant, data={"rule": "storm"})
        assert [row.rule_hash for row in room.rows(select(feedback))] == [was.rule_hash]
        with room.database.writing() as connection:
            history.end(connection, "storm", was.article_id, Ended.WITHDRAWN, new_id=room.new_id, now=room.clock())
        await client.post(links.irrelevant, data={"rule": "storm"})
    assert [(row.rule_hash, row.verdict) for row in room.rows(select(feedback))] == [(was.rule_hash, "irrelevant")]


async def test_a_story_that_went_into_another_can_still_be_judged(embedded: Make) -> None:
    room = linked(embedded())
    await told(room, "Harbour")
    links = await told(room, "Storm")
    kept, gone = (one.message.story_id for one in room["desk"].arrived)
    assert kept is not None
    assert gone is not None
    with room.database.writing() as connection:
        moves.merge(connection, kept, gone, by_hand=True, new_id=room.new_id, now=room.clock())
    async with browser(room) as client:
        assert "Thank you" in (await client.post(links.relevant, data={"rule": "storm"})).text
    assert [(row.rule_id, row.story_id) for row in room.rows(select(feedback))] == [("storm", kept)]
