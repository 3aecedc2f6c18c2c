"""kill -9 at every named place of the flow, many times each: nothing is lost and nothing comes twice."""

import os
import signal
import time
from functools import partial

import pytest
from sqlalchemy import select

from newswatch.demo.library import load_articles
from newswatch.failpoints import NAMES
from newswatch.store.tables import delivery
from tests.durability.nursery import Nursery
from tests.durability.scene import Scene, until

pytestmark = [pytest.mark.durability, pytest.mark.timeout(1800)]

KILLS = int(os.environ.get("NEWSWATCH_KILLS", "5"))
_REACHED_WITHIN_S = 120


class Supply:
    """The demo's articles, published one at a time: new flagged stories and others by turns, then the copies."""

    def __init__(self, scene: Scene) -> None:
        fresh = [one for one in load_articles() if not one.archive]
        flagged = [one.key for one in fresh if one.flagged and one.key == one.story]
        others = [one.key for one in fresh if not one.flagged]
        by_turns = [key for pair in zip(flagged, others, strict=False) for key in pair]
        self._scene = scene
        self._flagged = flagged
        self._keys = by_turns + [one.key for one in fresh if one.key not in by_turns]

    def publish(self) -> None:
        """Publish one article."""
        assert self._scene.world.publish_keys(self._keys.pop(0)), "everything is published"

    def publish_flagged(self) -> None:
        """Publish one new flagged story, as long as there is one."""
        self._scene.world.publish_keys(*self._flagged[:1])
        del self._flagged[:1]


@pytest.mark.parametrize("place", NAMES)
def test_killed_at(place: str, scene: Scene, nursery: Nursery) -> None:
    scene.warm_up(nursery)
    supply = Supply(scene)
    for number in range(KILLS):
        supply.publish()
        nth = 2 if number % 3 == 2 else 1
        life = nursery.start(scene.config, failpoint=f"{place}:{nth}")
        deadline = time.monotonic() + _REACHED_WITHIN_S
        while life.wait(1) is None and time.monotonic() < deadline:
            if scene.unfinished() is None:
                supply.publish()  # what was there went through in one batch
        assert life.code == -signal.SIGKILL, f"life {number} was to end at {place}, but: {life.code}\n{life.output()}"
    scene.finish(nursery)


def test_killed_while_an_answer_is_awaited(scene: Scene, nursery: Nursery) -> None:
    """Every other time the message is in Slack when the daemon dies, only it has not learnt so."""
    scene.warm_up(nursery)
    supply = Supply(scene)
    kills = 0
    for number in range(2 * KILLS):
        if kills == KILLS:
            break
        stored = number % 2 == 0
        supply.publish_flagged()
        scene.world.faults(slack=["slow" if stored else "hang"], webhook=["stored-hang"])
        life = nursery.start(scene.config)
        until(partial(_not_awaited, scene, stored=stored), _REACHED_WITHIN_S, every=0.02)
        life.kill()
        kills += _not_awaited(scene, stored=stored) is None  # or its answer came in the meantime
    assert kills == KILLS
    scene.world.faults(slack=[], webhook=[])
    scene.finish(nursery)


def _not_awaited(scene: Scene, *, stored: bool) -> str | None:
    """Look whether a message is being sent to Slack; `stored`: and has arrived there."""
    query = select(delivery.c.delivery_key).where(delivery.c.destination == "desk", delivery.c.state == "sending")
    sending = set(scene.column(query))
    arrived = {message["delivery_id"] for message in scene.world.slack_messages()}
    wanted = sending & arrived if stored else sending - arrived
    return None if wanted else f"sending {sending}, arrived {arrived}"
