"""A publisher with many feeds does not hold the others up."""

import asyncio
from pathlib import Path

from newswatch.citizen.scene import rss, scene
from newswatch.citizen.scripted import Seen, Wire, answer
from tests.conftest import MakeDatabase


async def test_a_slow_publisher_with_many_feeds_takes_only_its_share(
    tmp_path: Path, make_database: MakeDatabase
) -> None:
    template = Path(make_database("sqlite").removeprefix("sqlite:///"))
    goes_on, all_asked = asyncio.Event(), asyncio.Event()

    async def slow(_seen: Seen, wire: Wire) -> None:
        await goes_on.wait()
        await wire.send(answer(200, rss("a"), b"Connection: close"))

    async def quick(_seen: Seen, wire: Wire) -> None:
        if len([seen for seen in stage.server.seen if seen.host.startswith("small")]) == 5:
            all_asked.set()
        await wire.send(answer(200, rss("a"), b"Connection: close"))

    async with scene(tmp_path, template, concurrency=10) as stage:
        for number in range(30):
            await stage.add(f"http://n{number}.big.example/rss", slow)
        for number in range(5):
            await stage.add(f"http://small{number}.example/rss", quick)
        woken: list[str] = []
        stage.pipeline.context.wake = woken.append
        await stage.pipeline.poll.tick()
        await asyncio.wait_for(all_asked.wait(), 30)
        assert sum("big" in seen.host for seen in stage.server.seen) == 2
        goes_on.set()
        await stage.pipeline.poll.wait()
        assert "poll" in woken
        await stage.poll()
        assert len({seen.host for seen in stage.server.seen}) == len(stage.server.seen) == 35
