"""Slack and mail servers are written to at their pace; who asks to wait, or never answers, holds nobody else up."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from newswatch.clock import VirtualClock
from newswatch.demo.slack import CHANNEL, TOKEN, SlackStandIn
from newswatch.model import AttemptResult, DeliveryState, Outcome
from newswatch.store import deliveries
from tests.alerts.conftest import NOON
from tests.alerts.newsroom import Make, Newsroom
from tests.notify.http import send

PACED: dict[str, Any] = {"per_second": 1, "max_per_hour": 0}
SECOND = timedelta(seconds=1)


async def flood(room: Newsroom, number: int) -> datetime:
    """Let alerts become due at once; return when."""
    for count in range(number):
        room.publish(f"Harbour report {count}")
    await room.pipeline.match.tick()
    await room.pipeline.match.wait()
    room.clock.advance(timedelta(seconds=60))
    return room.clock()


async def deliver(room: Newsroom, seconds: int) -> None:
    """Let time pass in which nothing is done but deliver what is due."""
    for step in range(seconds + 1):
        room.clock.advance(min(step, 1) * SECOND)
        while await room.pipeline.deliver.tick():
            await room.pipeline.deliver.wait()


async def test_a_burst_for_slack_goes_out_at_its_limit_and_never_over_it(embedded: Make) -> None:
    clock = VirtualClock(NOON)
    async with SlackStandIn(now=clock) as slack:
        desk = {"channel": CHANNEL, "token": TOKEN, "api_url": slack.api_url, **PACED}
        room = embedded(destinations={"desk": desk}, http=send, clock=clock)
        room["desk"].onward = True
        began = await flood(room, 16)
        await deliver(room, 15)

    counts = Counter(message.delivery_id for message in slack.messages)
    assert len(counts) == len(slack.messages) == len(room["desk"].tried) == 16, "all, once each, none refused with 429"
    assert [at - began for at, _ in room["desk"].tried] == [0 * SECOND] * 3 + [n * SECOND for n in range(1, 14)]


async def test_what_is_over_a_persons_limit_comes_in_one_message(embedded: Make) -> None:
    room = embedded(destinations={"desk": {**PACED, "max_per_hour": 12}})
    await flood(room, 30)
    await deliver(room, 10)
    assert room["desk"].kinds == ["new"] * 12
    await room.pass_time(timedelta(hours=1), step=1200)

    assert room["desk"].kinds == ["new"] * 12 + ["rollup"]
    listing = room["desk"].arrived[-1].message.listing
    assert listing is not None
    assert listing.total == 18


async def test_flash_goes_ahead(embedded: Make) -> None:
    room = embedded(destinations={"desk": PACED})
    began = await flood(room, 10)
    await room.work()
    room.publish("Tsunami")
    await room.pass_time(13, step=1)

    (flash,) = (one for one in room["desk"].arrived if one.message.headline == "Tsunami")
    assert flash.at - began == 10 * SECOND, "group_wait_flash and not a moment more"
    assert len(room["desk"].arrived) == 11


async def test_daemons_on_one_database_keep_the_pace_together(newsroom: Make) -> None:
    rooms = [newsroom(destinations={"desk": PACED}) for _ in range(2)]
    await flood(rooms[0], 12)
    rooms[1].clock.set(rooms[0].clock())
    for _ in range(5):
        await asyncio.gather(*(room.work() for room in rooms))
        for room in rooms:
            room.clock.advance(SECOND)

    assert sum(len(room["desk"].arrived) for room in rooms) == 3 + 4


async def test_mailboxes_of_one_server_share_its_pace(embedded: Make) -> None:
    boxes = {"duty": {"type": "email", "to": ["a@example.org", "b@example.org", "c@example.org"]}}
    smtp = {"main": {"host": "mail.example", "from": "n@example.org"}}
    room = embedded(destinations=boxes, smtp=smtp)
    began = await flood(room, 5)
    await deliver(room, 30)

    went = sorted(at for box in room.inboxes.values() for at, _ in box.tried)
    assert [at - began for at in went] == [0 * SECOND] * 5 + [3 * n * SECOND for n in range(1, 11)]


async def test_who_asks_to_wait_is_left_alone_as_long_and_nobody_else_is(newsroom: Make) -> None:
    room = newsroom(destinations={"desk": {}, "other": {}})
    room["desk"].answers.append(AttemptResult(Outcome.THROTTLED, "HTTP 429", 429, retry_after_s=7.0))
    began = await flood(room, 3)
    await room.pass_time(10, step=0.5)

    waited = [(at - began).total_seconds() for at, _ in room["desk"].tried]
    assert waited[0] == 0
    assert 7.0 <= waited[1] <= 7.5
    assert len(room["desk"].arrived) == 3
    assert [at - began for at, _ in room["other"].tried] == [0 * SECOND] * 3


async def test_the_daemon_is_woken_when_the_wait_is_over(embedded: Make) -> None:
    room = embedded(destinations={"desk": {}})
    woken = asyncio.Event()
    room.context.wake = lambda stage: woken.set() if stage == "deliver" else None
    room["desk"].answers.append(AttemptResult(Outcome.THROTTLED, "HTTP 429", 429, retry_after_s=1.0))
    await flood(room, 1)
    await room.work()

    await asyncio.wait_for(woken.wait(), 30)


async def test_one_that_never_answers_holds_nobody_up_and_its_fallback_hears_of_it(embedded: Make) -> None:
    three: dict[str, Any] = {"stuck": {"fallback": "duty"}, "other": {"max_per_hour": 0}, "duty": {}}
    room = embedded(destinations=three, routes=[{"to": ["stuck", "other"]}])
    gate = room["stuck"].gate = asyncio.Event()
    room.publish("Storm")
    await room.pipeline.match.tick()
    began = room.clock()
    for _ in range(23):
        room.clock.advance(timedelta(seconds=30))
        room.publish("Harbour")
        for stage in (room.pipeline.match, room.pipeline.fallback, room.pipeline.deliver):
            await stage.tick()
        while len(room.pipeline.deliver.crew) > 1:  # all but the one that hangs
            sending = [task for task in asyncio.all_tasks() if task.get_name() == "deliver"]
            await asyncio.wait(sending, return_when=asyncio.FIRST_COMPLETED)
    (late,) = room["duty"].arrived
    delays = [one.at - one.delivery.created_at for one in room["other"].arrived]
    gate.set()
    await room.pipeline.deliver.wait()

    assert len(room["stuck"].tried) == 1
    assert (late.message.headline, late.message.via) == ("Storm", "stuck")
    assert timedelta(minutes=10) <= late.at - began <= timedelta(minutes=10, seconds=30)
    assert len(delays) == 22
    assert max(delays) <= timedelta(seconds=60), "group_wait, as if nothing hung"
    with room.database.reading() as connection:
        assert deliveries.counts(connection)[DeliveryState.SENDING.value] == 0
