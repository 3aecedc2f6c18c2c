"""kill -9 at every named place of the flow, many times each: nothing is lost and nothing comes twice."""

import os
import signal
from functools import partial

import pytest
from sqlalchemy import select

from newswatch.demo.library import load_articles
from newswatch.failpoints import NAMES
from newswatch.store.tables import delivery
from tests.durability.nursery import Nursery
from tests.durability.scene import Scene, until

pytestmark = [pytest.mark.durability, pytest.mark.timeout(600)]

KILLS = int(os.environ.get("NEWSWATCH_KILLS", "20"))
_REACHED_WITHIN_S = 30


class Supply:
    """The demo's articles, those of new flagged stories first, to be published a few at a time."""

    def __init__(self, scene: Scene) -> None:
        fresh = [one for one in load_articles() if not one.archive]
        self._scene = scene
        originals = [one.key for one in fresh if one.flagged and one.key == one.story]
        self._flagged = [*originals, *(one.key for one in fresh if one.flagged and one.key != one.story)]
        self._others = [one.key for one in fresh if not one.flagged]

    def publish(self) -> None:
        """Publish one article that is flagged and one that is not, as long as there are any."""
        self._scene.world.publish_keys(*self._flagged[:1], *self._others[:1])
        del self._flagged[:1], self._others[:1]


@pytest.mark.parametrize("place", NAMES)
def test_killed_at(place: str, scene: Scene, nursery: Nursery) -> None:
    scene.warm_up(nursery)
    supply = Supply(scene)
    for number in range(KILLS):
        supply.publish()
        life = nursery.start(scene.config, failpoint=f"{place}:{1 + number % 2}")
        code = life.wait(_REACHED_WITHIN_S)
        assert code == -signal.SIGKILL, f"life {number} was to end at {place}, but: {code}\n{life.output()}"
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
        supply.publish()
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
