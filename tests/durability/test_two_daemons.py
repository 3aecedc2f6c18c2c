"""Two daemons on one database: refused on SQLite, shared work on PostgreSQL."""

import signal
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select

from newswatch.store.tables import entry, runner
from tests.durability.nursery import Life, Nursery
from tests.durability.scene import Scene, until

pytestmark = [pytest.mark.durability, pytest.mark.timeout(300)]

_INTERVAL = timedelta(seconds=2)


def test_a_second_daemon_on_an_embedded_database_is_refused(
    make_scene: Callable[..., Scene], make_database: Callable[[str], str], nursery: Nursery
) -> None:
    scene = make_scene(make_database("sqlite"))
    first = nursery.start(scene.config)
    until(scene.first_polls, 60, log=first.output)
    second = nursery.start(scene.config)
    assert second.wait(20) == 3, second.output()
    assert f"pid {first.pid} " in second.output()
    assert "already running" in second.output()
    assert "PostgreSQL" in second.output(), "it says what to do"
    assert first.alive()
    first.kill()
    third = nursery.start(scene.config)
    until(third.not_started, 60, log=third.output)
    until(scene.unfinished, 60, log=third.output)
    assert third.stop() == 0, "a killed daemon's lock is no obstacle"


@pytest.mark.postgres
def test_two_daemons_share_the_work(
    make_scene: Callable[..., Scene], make_database: Callable[[str], str], nursery: Nursery
) -> None:
    interval = f"{_INTERVAL.total_seconds():g}s"
    polling = {"min_interval": interval, "min_interval_unvalidated": interval, "max_interval": interval}
    scene = make_scene(make_database("postgresql"), settings={"polling": polling})
    scene.warm_up(nursery)
    lives = [nursery.start(scene.config) for _ in range(2)]
    until(lambda: _not_at_work(scene, 2), 60)
    for _ in range(4):
        scene.world.publish(8)
        until(scene.unfinished, 60)
    scene.world.publish_all()
    until(scene.unfinished, 60)
    assert [life.stop() for life in lives] == [0, 0], [life.output() for life in lives]
    scene.check()
    asked = defaultdict(list)
    for request in scene.world.requests():
        if request["path"].endswith((".xml", ".json")):
            asked[request["path"]].append(datetime.fromisoformat(request["at"]))
    assert len(asked) == 10
    gaps = {path: min(later - earlier for earlier, later in pairwise(times)) for path, times in asked.items()}
    # when a feed is asked is decided before the request and logged after it
    assert min(gaps.values()) > 0.9 * _INTERVAL, f"asked twice within an interval: {gaps}"


@pytest.mark.postgres
def test_one_of_two_daemons_is_killed(
    make_scene: Callable[..., Scene], make_database: Callable[[str], str], nursery: Nursery
) -> None:
    """What the dead one had claimed is taken over by the other one long before the claims run out."""
    scene = make_scene(make_database("postgresql"))
    scene.warm_up(nursery)
    scene.world.faults(delay_s=1.0)
    lives = [nursery.start(scene.config) for _ in range(2)]
    until(lambda: _not_at_work(scene, 2), 60)
    scene.world.publish_all()
    busy: list[Life] = []

    def nobody_busy() -> str | None:
        busy[:] = [life for life in lives if scene.claimed_by(life.pid, entry)]
        return None if busy else "nobody works on an entry"

    until(nobody_busy, 60, every=0.01)
    victim = busy[0]
    survivor = next(life for life in lives if life is not victim)
    victim.kill()
    assert victim.code == -signal.SIGKILL
    scene.world.faults(delay_s=0.0)
    until(lambda: _not_at_work(scene, 1), 60, log=survivor.output)
    until(scene.unfinished, 60, log=survivor.output)
    assert survivor.stop() == 0, survivor.output()
    scene.check()


def _not_at_work(scene: Scene, wanted: int) -> str | None:
    found = scene.column(select(runner.c.pid))
    return None if len(found) == wanted else f"daemons at work: {found}"
