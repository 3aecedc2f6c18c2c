"""Simulated time, and a short simulation of polling."""

import asyncio
import time
from datetime import timedelta
from pathlib import Path

import pytest

from bench.simulation import BEGIN, World, rows, simulate
from bench.virtualtime import VirtualLoop


def test_sleeping_takes_no_time_and_comes_in_order() -> None:
    loop = VirtualLoop()
    woken: list[tuple[str, float]] = []

    async def sleeper(name: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        woken.append((name, loop.time()))

    async def both() -> None:
        await asyncio.gather(sleeper("late", 7200), sleeper("early", 3600))

    loop.run_until_complete(both())
    loop.close()
    assert [(name, round(at)) for name, at in woken] == [("early", 3600), ("late", 7200)]


def test_work_in_a_thread_ends_at_the_instant_at_which_it_began() -> None:
    loop = VirtualLoop()

    async def work() -> float:
        timer = asyncio.create_task(asyncio.sleep(60))
        await asyncio.to_thread(time.sleep, 0.05)
        ended = loop.time()
        await timer
        return ended

    assert loop.run_until_complete(work()) == 0
    loop.close()


def test_a_loop_that_nobody_wakes_says_so() -> None:
    loop = VirtualLoop()
    with pytest.raises(RuntimeError, match="nobody"):
        loop.run_until_complete(loop.create_future())
    loop.close()


def test_an_hour_of_many_feeds_keeps_every_promise(tmp_path: Path) -> None:
    day = simulate(tmp_path, 200, 1)
    assert [row for row in rows(day) if row.met is False] == []
    assert len(day.world.asked) == 200


def test_requests_that_come_early_or_close_are_seen() -> None:
    """The simulation's own eyes: a world that is asked too soon says so."""
    loop = VirtualLoop()

    async def ask() -> World:
        world = World.of(200, lambda: BEGIN + timedelta(seconds=loop.time()))
        feed = world.feeds()[0]
        world.plans[feed.url] = BEGIN + timedelta(hours=1)
        await asyncio.gather(world.opening("11.0.0.0"), world.opening("11.0.0.0"))
        world.answer(b"GET /0 HTTP/1.1\r\nHost: feeds.h0.example\r\n\r\n")
        return world

    world = loop.run_until_complete(ask())
    loop.close()
    assert (world.closest_s, world.most_at_once, world.early) == (0, 2, 1)
