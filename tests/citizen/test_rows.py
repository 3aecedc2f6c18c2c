"""What servers see of newswatch: each row of the citizen table, named by its number."""

import pytest

from newswatch.citizen.rows import Row
from newswatch.citizen.run import ROWS, run_rows
from newswatch.citizen.scene import FEED_URL, Scene, rss, same
from newswatch.citizen.scripted import answer
from newswatch.model import FeedStatus


def test_every_row_is_there_once() -> None:
    assert [row.id for row in ROWS if not row.optional] == [f"C{number:02}" for number in range(1, 35)]
    assert [row.id for row in ROWS if row.optional] == ["C35", "C36", "C37", "C38"]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
async def test_citizen(row: Row) -> None:
    (result,) = await run_rows([row])
    assert result.detail is None
    assert result.kept


async def test_a_broken_promise_is_reported_and_the_rest_goes_on() -> None:
    async def asks_twice(scene: Scene) -> None:
        await scene.add(FEED_URL, answer(200, rss("a")))
        await scene.fresh()
        same(len(scene.asked()), 2, "requests")

    async def is_given_up(scene: Scene) -> None:
        await scene.add(FEED_URL, answer(410))
        await scene.fresh()
        await scene.fresh()

    async def works(scene: Scene) -> None:
        await scene.add(FEED_URL, answer(200, rss("a")))
        await scene.fresh()
        same((await scene.feed()).status, FeedStatus.ACTIVE, "status")

    seen: list[str] = []
    rows = [Row("X1", "asks twice", asks_twice), Row("X2", "goes on", is_given_up), Row("X3", "works", works)]
    results = await run_rows(rows, done=lambda result: seen.append(result.id))
    assert [result.detail for result in results] == [
        "requests: 1 instead of 2",
        f"{FEED_URL} is not asked within eight days",
        None,
    ]
    assert [result.kept for result in results] == [False, False, True]
    assert seen == ["X1", "X2", "X3"]
