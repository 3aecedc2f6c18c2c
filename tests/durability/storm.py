"""Alerts in a storm: the daemon is killed every second, and receivers fail in every way; then everything is counted.

    python -m tests.durability.storm --alerts 1000 --kills 200

Each alert is told on Slack and by mail. Alerts come while the daemon dies, so that there is always something under way.
Of the messages to Slack 10 % are answered with 429, 7 % with 500 before they are stored and 5 % after, 4 % are stored
and never answered, 3 % are stored and the connection is reset; of the mails 10 % meet 451, 3 % a connection that breaks
after DATA, 3 % one that breaks after they were kept.
"""

import argparse
import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from rich.progress import Progress
from sqlalchemy import func, or_, select, update

from newswatch.clock import VirtualClock, system_now
from newswatch.config import load_config
from newswatch.flag.matching import Engine
from newswatch.flag.packs import load_packs
from newswatch.ids import IdSource
from newswatch.model import Route
from newswatch.store import migrate
from newswatch.store.tables import attempt, delivery
from tests.durability.nursery import Nursery
from tests.durability.scene import Scene, until
from tests.pipeline.archive_world import World
from tests.postgres import postgres_server

SLACK = {"429": 0.10, "500": 0.07, "stored-500": 0.05, "stored-hang": 0.04, "stored-reset": 0.03}
MAIL = {"451": 0.10, "close": 0.03, "stored-close": 0.03}
SETTINGS: dict[str, dict[str, Any]] = {
    "rules": {"packs": ["storm.toml"]},
    "destinations.desk": {"per_second": 0, "max_per_hour": 0},
    "destinations.duty": {"max_per_hour": 0},
}
_PACK = '[pack]\nid = "storm"\nname = "Storm"\n[[rules]]\nid = "storm"\nname = "Storm"\nquery = "storm"\n'
_ENDS_WITHIN_S = 1800


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a storm left behind. A mail that came again is odd unless it is the same and its first try was in doubt."""

    alerts: int
    kills: int  # or robberies
    seconds: float
    told: int  # messages that the outbox calls delivered
    lost: int  # of them, those that no receiver has
    slack_twice: int
    mails_again: int
    mails_odd: int
    left: int  # messages that are not delivered
    in_doubt: int  # attempts whose outcome was not known
    attempts: int

    @property
    def kept(self) -> bool:
        """Whether nothing was lost, and nothing came twice that need not."""
        return not (self.lost or self.slack_twice or self.mails_odd or self.left) and self.told == 2 * self.alerts


class Storm:
    """A world of receivers that fail, alerts for them, and a daemon that is killed. Used inside `scene`."""

    def __init__(self, scene: Scene, *, seed: int, latency: tuple[float, float] | None = None) -> None:
        """`latency` is between how many seconds Slack takes to answer, and a message to appear; none by default."""
        self._scene = scene
        self._random = Random(seed)
        self._latency = latency
        (scene.folder / "storm.toml").write_text(_PACK, encoding="utf-8")
        scene.configure(SETTINGS)
        text = scene.config.read_text(encoding="utf-8").partition("[[feeds]]")[0]
        scene.config.write_text(text, encoding="utf-8")
        migrate.upgrade(scene.database)
        self._world = World(
            scene.database,
            load_config(scene.config, environ={}),
            (Route(("desk", "duty")),),
            VirtualClock(system_now()),
        )
        self._world.new_id = IdSource.apart(system_now)
        self._engine = Engine(load_packs(("storm.toml",), base=scene.folder), max_evidence=1)
        self._made = 0

    def rage(self, nursery: Nursery, *, alerts: int, kills: int, each: Callable[[], object] = lambda: None) -> Outcome:
        """Open `alerts` while the daemon is killed `kills` times, let it finish undisturbed, and count."""
        began = time.monotonic()
        self._scene.world.faults(slack=self._faults(SLACK, 20 * alerts), mail=self._faults(MAIL, 20 * alerts))
        for number in range(kills):
            self._open(alerts * (number + 1) // kills)
            self._one_life(nursery)
            each()
        self._scene.world.faults(slack=[], mail=[], slack_latency_s=0, slack_appears_s=0)
        life = nursery.start(self._scene.config)
        until(self._left, _ENDS_WITHIN_S, every=0.5, log=life.output)
        assert life.stop() == 0, life.output()
        return self._count(alerts, kills, time.monotonic() - began)

    def rob(
        self, nursery: Nursery, *, alerts: int, robberies: int, each: Callable[[], object] = lambda: None
    ) -> Outcome:
        """Let two daemons tell of `alerts` while what they have claimed is taken from them, and count."""
        began = time.monotonic()
        self._scene.world.faults(slack=self._faults(SLACK, 20 * alerts), mail=self._faults(MAIL, 20 * alerts))
        lives = [nursery.start(self._scene.config) for _ in range(2)]
        for life in lives:
            until(life.not_started, 120, log=life.output)
        for number in range(robberies):
            self._open(alerts * (number + 1) // robberies)
            time.sleep(self._random.uniform(0.1, 0.5))
            with self._scene.database.writing() as connection:
                over = system_now() - timedelta(seconds=1)
                held = delivery.c.lease_until.is_not(None)
                connection.execute(update(delivery).where(held).values(lease_until=over))
            each()
        self._scene.world.faults(slack=[], mail=[])
        until(self._left, _ENDS_WITHIN_S, every=0.5, log=lives[0].output)
        assert [life.stop() for life in lives] == [0, 0], [life.output() for life in lives]
        return self._count(alerts, robberies, time.monotonic() - began)

    def calm(self, nursery: Nursery, *, steady: int, backlog: int) -> dict[str, float]:
        """Return how quickly alerts arrive when nothing fails: 50 a minute, and a `backlog` that waits at the start.

        Seconds from the alert to the receiver's acceptance (p50, p95), messages a second of the backlog.
        """
        life = nursery.start(self._scene.config)
        until(life.not_started, 120, log=life.output)
        for _ in range(steady):
            self._open(self._made + 1)
            time.sleep(60 / 50)
        until(self._left, _ENDS_WITHIN_S, log=life.output)
        assert life.stop() == 0, life.output()
        rows = self._scene.rows(select(delivery.c.created_at, delivery.c.delivered_at, delivery.c.destination))
        found: dict[str, float] = {}
        for name in ("desk", "duty"):
            waits = sorted((row[1] - row[0]).total_seconds() for row in rows if row[2] == name)
            found |= {f"{name}_p50_s": waits[len(waits) // 2], f"{name}_p95_s": waits[len(waits) * 95 // 100]}
        began = system_now()
        self._open(self._made + backlog)
        life = nursery.start(self._scene.config)
        until(self._left, _ENDS_WITHIN_S, log=life.output)
        assert life.stop() == 0, life.output()
        for name in ("desk", "duty"):
            own = (delivery.c.destination == name, delivery.c.created_at >= began)
            first, last = self._scene.rows(
                select(func.min(delivery.c.first_attempt_at), func.max(delivery.c.delivered_at)).where(*own)
            )[0]
            found[f"{name}_a_second"] = backlog / max(0.001, (last - first).total_seconds())
        return {name: round(value, 2) for name, value in found.items()}

    def _one_life(self, nursery: Nursery) -> None:
        if self._latency is not None:
            latency_s = self._random.uniform(*self._latency)
            self._scene.world.faults(slack_latency_s=latency_s, slack_appears_s=latency_s)
        life = nursery.start(self._scene.config)
        until(life.not_started, 120, every=0.01, log=life.output)
        assert life.wait(self._random.uniform(0.5, 1.5)) is None, life.output()
        life.kill()

    def _faults(self, shares: Mapping[str, float], count: int) -> list[str]:
        names = [*shares, "ok"]
        return self._random.choices(names, [*shares.values(), 1 - sum(shares.values())], k=count)

    def _open(self, target: int) -> None:
        """Open alerts until there are `target`."""
        while self._made < target:
            self._made += 1
            self._world.now.set(system_now())
            text = f"Storm number {self._made} reached the coast of Nara."
            article, story = self._world.article(text)
            decided = self._world.alert(self._engine, text, article, story)
            assert decided == [None], f"not told: {decided}"

    def _left(self) -> str | None:
        waits = delivery.c.state.in_(("pending", "sending", "retry_wait", "ambiguous", "held"))
        query = select(delivery.c.state, func.count()).where(waits).group_by(delivery.c.state)
        rows = self._scene.rows(query)
        return f"not delivered: {rows}" if rows else None

    def _count(self, alerts: int, kills: int, seconds: float) -> Outcome:
        rows = self._scene.rows(
            select(delivery.c.id, delivery.c.delivery_key, delivery.c.destination, delivery.c.state)
        )
        told = [row for row in rows if row.state == "delivered"]
        doubted = set(
            self._scene.column(
                select(delivery.c.delivery_key)
                .join(attempt, attempt.c.delivery_id == delivery.c.id)
                .where(or_(attempt.c.outcome.is_(None), attempt.c.outcome == "ambiguous"))
            )
        )
        posted = Counter(message["delivery_id"] for message in self._scene.world.slack_messages())
        mails: dict[str, list[str]] = {}
        for mail in self._scene.world.mails():
            mails.setdefault(mail["message_id"], []).append(mail["raw"])
        keys = {row.delivery_key for row in told if row.destination == "desk"}
        again = {name: copies for name, copies in mails.items() if len(copies) > 1}
        odd = [name for name, copies in again.items() if len(set(copies)) > 1 or not _of(name, doubted)]
        mailed = sum(row.destination == "duty" for row in told)
        return Outcome(
            alerts=alerts,
            kills=kills,
            seconds=round(seconds),
            told=len(told),
            lost=len(keys - set(posted)) + max(0, mailed - len(mails)),
            slack_twice=sum(count - 1 for count in posted.values()),
            mails_again=sum(len(copies) - 1 for copies in again.values()),
            mails_odd=len(odd),
            left=len(rows) - len(told),
            in_doubt=len(doubted),
            attempts=self._scene.column(select(func.count()).select_from(attempt))[0],
        )


def _of(message_id: str, keys: set[str]) -> bool:
    return any(key in message_id for key in keys)


@contextmanager
def storm(folder: Path, url: str, *, seed: int, latency: tuple[float, float] | None = None) -> Iterator[Storm]:
    """Set the scene for a storm on the database at `url`."""
    with Scene(folder, url) as scene:
        yield Storm(scene, seed=seed, latency=latency)


def main() -> None:
    """Rage on SQLite and on PostgreSQL, with quick and with slow receivers, and print the figures as JSON lines."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--alerts", type=int, default=1000, help="each is told on Slack and by mail")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=("sqlite", "postgresql", "robbed", "calm"))
    given = parser.parse_args()
    broken = False
    with postgres_server() as server, Nursery() as nursery, Progress() as progress:
        for kind in ("sqlite", "postgresql"):
            if given.only not in (None, kind):
                continue
            for latency in (None, (0.3, 1.2)):
                with tempfile.TemporaryDirectory() as name:
                    folder = Path(name)
                    url = f"sqlite:///{folder / 'storm.db'}" if kind == "sqlite" else server.url(server.create())
                    task = progress.add_task(f"{kind}, Slack {'slow' if latency else 'quick'}", total=given.kills)
                    with storm(folder, url, seed=given.seed, latency=latency) as raging:
                        outcome = raging.rage(
                            nursery,
                            alerts=given.alerts,
                            kills=given.kills,
                            each=lambda task=task: progress.advance(task),  # type: ignore[misc]
                        )
                broken = _told(progress, outcome, database=kind, latency_s=latency) or broken
        if given.only in (None, "robbed"):
            with tempfile.TemporaryDirectory() as name:
                task = progress.add_task("postgresql, two daemons robbed of their claims", total=given.kills)
                with storm(Path(name), server.url(server.create()), seed=given.seed) as raging:
                    outcome = raging.rob(
                        nursery, alerts=given.alerts, robberies=given.kills, each=lambda: progress.advance(task)
                    )
            broken = _told(progress, outcome, database="postgresql", daemons=2) or broken
        if given.only in (None, "calm"):
            with tempfile.TemporaryDirectory() as name, storm(Path(name), f"sqlite:///{name}/calm.db", seed=1) as calm:
                figures = calm.calm(nursery, steady=100, backlog=given.alerts)
            progress.console.print(json.dumps({"calm": figures}), soft_wrap=True, highlight=False)
    raise SystemExit(broken)


def _told(progress: Progress, outcome: Outcome, **facts: Any) -> bool:
    """Print what a storm left behind, and return whether that is not as promised."""
    line = {**facts, **asdict(outcome), "kept": outcome.kept}
    progress.console.print(json.dumps(line), soft_wrap=True, highlight=False)
    return not outcome.kept


if __name__ == "__main__":
    main()
