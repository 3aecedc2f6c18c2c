"""A18: what `routes test` says, what `notify preview` shows and what is really sent are the same."""

from datetime import timedelta
from typing import Any

from newswatch.model import AttemptResult, DeliveryState, Outcome
from newswatch.notify.routing import tried
from newswatch.pipeline.making import PREVIEW_KEY, Preview, facts_of, preview
from newswatch.store import chain
from tests.alerts.newsroom import Make, Newsroom
from tests.alerts.test_silences import silence

EVERY: dict[str, dict[str, Any]] = {
    "bot": {},
    "hook": {"type": "slack", "webhook_url": "https://hooks.example/T0"},
    "mail": {"type": "email", "to": ["a@example.org", "b@example.org"]},
    "web": {"type": "webhook", "url": "https://web.example/in"},
    "file": {"type": "file", "path": "/tmp/none.jsonl"},
    "screen": {"type": "terminal", "zone": "Asia/Seoul"},
    "other": {},
}


def seen(room: Newsroom, article_id: int, destination: str, *, anew: bool = False) -> Preview:
    with room.database.reading() as connection:
        story_id = chain.story_named(connection, article_id)
        assert story_id is not None
        found = preview(
            connection,
            room[destination].real,
            room.config.route_values,
            story_id=story_id,
            destination=destination,
            anew=anew,
            now=room.clock(),
        )
    assert found is not None
    return found


async def test_a18_the_preview_and_what_is_sent_have_the_same_bytes(newsroom: Make) -> None:
    routes = [{"to": [name for name in EVERY if name != "other"]}, {"match": {"rule": "wave"}, "to": ["other"]}]
    room = newsroom(destinations=EVERY, routes=routes)
    article = room.publish("Storm in the harbour", story="a")
    for number in range(3):
        room.publish("Storm closes the harbour", story="a", source=f"Paper {number}", language="ko")
    await room.pipeline.match.tick()
    room.clock.advance(timedelta(minutes=1))
    previews = {name: seen(room, article, name) for name in room.inboxes}
    assert {one.state for name, one in previews.items() if name != "other"} == {DeliveryState.PENDING}
    await room.work()
    for name, inbox in room.inboxes.items():
        if name == "other":
            assert inbox.arrived == []
            continue
        (told,) = inbox.arrived
        assert told.delivery.rendered is not None
        assert (name, told.delivery.rendered) == (name, previews[name].rendered)
        assert told.delivery.key == previews[name].key
        assert seen(room, article, name).rendered == told.delivery.rendered, "afterwards it is what was sent"
    assert routed(room, article) == {name for name, inbox in room.inboxes.items() if inbox.arrived}


def routed(room: Newsroom, article_id: int) -> set[str]:
    """Return where the routes take what an article met, as `routes test` says it."""
    with room.database.reading() as connection:
        found = chain.read(connection, chain.story_named(connection, article_id) or 0)
    assert found is not None
    return {
        name
        for row in found.matches
        for one in tried(facts_of(row), room.config.route_values)
        if one.taken
        for name in one.route.destinations
    }


async def test_a_preview_for_those_who_are_not_told_says_so(embedded: Make) -> None:
    room = embedded(destinations={"desk": {}, "other": {}}, routes=[{"to": ["desk"]}])
    article = room.publish("Storm in the harbour")
    await room.pass_time(timedelta(minutes=2))
    elsewhere = seen(room, article, "other")
    assert (elsewhere.key, elsewhere.note) == (PREVIEW_KEY, "no route gives other this story")
    assert seen(room, article, "desk", anew=True).key == PREVIEW_KEY
    silence(room, rule="storm")
    half = seen(room, article, "desk", anew=True)
    assert (b"Harbour" in half.rendered.body, b"Storm*" in half.rendered.body, half.note) == (True, False, "")
    silence(room, rule="harbour")
    assert seen(room, article, "desk", anew=True).note == "all of it is silenced there now"


async def test_a_preview_of_what_comes_in_a_digest_points_there(embedded: Make) -> None:
    room = embedded(destinations={"desk": {"digest": "daily"}})
    article = room.publish("Storm")
    await room.work()
    assert seen(room, article, "desk").note.startswith("it comes in a digest, which `newswatch digest preview desk`")


async def test_a_preview_of_a_fallback_says_for_whom_it_is(embedded: Make) -> None:
    room = embedded(destinations={"desk": {"fallback": "duty"}, "duty": {}}, routes=[{"to": ["desk"]}])
    room["desk"].always = AttemptResult(Outcome.RETRY, "HTTP 503")
    article = room.publish("Storm")
    await room.pass_time(timedelta(minutes=11))
    assert b"via fallback: desk has not taken it" in seen(room, article, "duty").rendered.body
