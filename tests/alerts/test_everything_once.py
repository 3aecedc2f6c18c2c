"""Quiet hours, limits, failures and repairs together: each story is told once, and nobody is disturbed."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from newswatch.model import AttemptResult, Outcome, Severity
from newswatch.notify.hours import quiet_until
from newswatch.pipeline.explaining import explain_story
from newswatch.store import deliveries
from newswatch.store.tables import alert, delivery
from tests.alerts.newsroom import Arrived, Make, Newsroom

HOUR = timedelta(hours=1)
TITLES = ("Harbour", "Storm", "Tsunami", "Storm in the harbour")
STATES = {
    "up": None,
    "down": AttemptResult(Outcome.RETRY, "HTTP 503"),
    "off": AttemptResult(Outcome.DISABLED, "token_revoked"),
}


@pytest.mark.parametrize("seed", [1, 2])
async def test_each_story_is_told_once_and_never_at_a_wrong_time(embedded: Make, seed: int) -> None:
    random = Random(seed)
    limit = random.choice((1, 3, 12))
    begins = random.randrange(24)
    wishes = {"max_per_hour": limit, "quiet": [{"from": f"{begins:02d}:00", "to": f"{(begins + 3) % 24:02d}:30"}]}
    room = embedded(start=datetime(2026, 1, 13, 8, tzinfo=UTC), destinations={"desk": wishes})
    state = "up"
    for _ in range(14):
        if random.random() < 0.25:
            state = random.choice(("up", "down", "off")) if state == "up" else "up"
            turn(room, state)
        for _ in range(random.choice((0, 0, 1, 2))):
            publish(room, random)
        await room.pass_time(HOUR / 2, step=HOUR / 6)
    turn(room, "up")
    await room.pass_time(30 * HOUR, step=HOUR)

    arrived = room["desk"].arrived
    told = Counter(story_id for one in arrived for story_id in stories_of(one))
    flagged = {story_id for (story_id,) in room.rows(select(alert.c.story_id))}
    assert told == dict.fromkeys(flagged, 1)
    assert {row.state for row in room.rows(select(delivery.c.state))} <= {"delivered", "suppressed"}
    reader = room.context.reader("desk")
    loud = [one for one in arrived if one.delivery.severity is not Severity.FLASH]
    assert [one.at for one in loud if quiet_until(reader, one.at) is not None] == []
    singles = [one.at for one in loud if one.kind == "new"]
    assert all(later - earlier >= HOUR for earlier, later in zip(singles, singles[limit:], strict=False))
    with room.database.reading() as connection:
        for story_id in flagged:
            found: Any = explain_story(connection, room.config, story_id, room.clock())
            assert found["verdict"][0].startswith("desk was told"), found["verdict"]


def turn(room: Newsroom, state: str) -> None:
    """Let the destination be up, down, or off until somebody repairs it, who does so when it is up."""
    room["desk"].always = STATES[state]
    if state == "up":
        with room.database.writing() as connection:
            deliveries.enable(connection, "desk", room.clock())


def publish(room: Newsroom, random: Random) -> None:
    story = f"story {random.randrange(10)}"
    room.publish(f"{random.choice(TITLES)} {story}", story=story, source=f"Paper {random.randrange(40)}")


def stories_of(one: Arrived) -> list[int]:
    """Return the stories that a message announces; a follow-up announces none."""
    if one.message.listing is not None:
        return [line.story_id for line in one.message.listing.stories]
    return [one.message.story_id or 0] if one.kind == "new" else []
