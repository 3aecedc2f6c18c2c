"""What a back-test expects is what the daemon does."""

from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import select

from newswatch.cli.backtest import Backtest, Kept, messages_by_day, told_by_day
from newswatch.flag.matching import Engine
from newswatch.model import Published, Route, Severity
from newswatch.store import archive
from newswatch.store.database import Database
from newswatch.store.tables import alert, delivery
from tests.flag.helpers import pack
from tests.pipeline.archive_world import DESK, World

ENGINE = Engine(pack("strike", "harbour OR choir", "fire^2"))


@pytest.mark.parametrize("seed", range(3))
def test_alerts_and_messages_as_the_daemon_has_them(seed: int, database_url: str) -> None:
    random = Random(seed)
    database = Database(database_url)
    world = World(database, routes=(DESK, Route(("ko",), languages=("ko",)), Route(("two",), rules=("r1", "r2"))))
    events: list[tuple[int, int]] = []
    for number in range(80):
        world.now.set(world.now() + timedelta(minutes=random.choice([1, 40, 600])))
        words = random.sample(["strike", "harbour", "choir", "fire", "ferry", "market"], 2)
        backfill = random.random() < 0.3
        age = timedelta(hours=random.choice([1, 2, 60]))
        published = Published("second", "json-ld", at=world.now() - age)
        story = random.choice(events)[1] if events and random.random() < 0.6 else None
        text = f"{number} {' '.join(words)}"
        article, story = world.article(text, story=story, backfill=backfill, published=published)
        events.append((article, story))
        world.alert(ENGINE, text, article, story, backfill=backfill, published=published)
    tallies = {rule.id: Backtest(Kept(0), Kept(0), Kept(0)) for rule in ENGINE.ruleset.rules}
    for one in archive.scan(database):
        found = {match.rule_id: match for match in ENGINE.match(one.given)}
        for rule_id, tally in tallies.items():
            tally.add(ENGINE, rule_id, one, found.get(rule_id))
    alerts = {name: tally.alerts(world.routes, world.config.alerts) for name, tally in tallies.items()}
    for name, expected in alerts.items():
        told = {(one.story[1], one.decision.suppressed, one.facts.severity) for one in expected}
        rows = world.rows(alert.c.story_id, alert.c.suppressed, alert.c.severity, alert.c.rule_id)
        assert told == {(story, held, Severity(severity)) for story, held, severity, rule in rows if rule == name}
    every = [one for expected in alerts.values() for one in expected]
    assert sum(days.total() for days in told_by_day(every).values()) > 20
    with database.reading() as connection:
        sent = list(connection.execute(select(delivery.c.destination)).scalars())
    expected_messages = {name: days.total() for name, days in messages_by_day(every).items()}
    assert set(expected_messages) == set(sent)
    database.close()
