"""The index of rules is joined and chosen anew behind the stages' backs, and nothing else changes."""

from dataclasses import dataclass, replace
from typing import cast

from newswatch.flag.matching import Engine
from newswatch.flag.ruleset import Rule, RuleSet
from newswatch.model import MatchInput
from newswatch.pipeline.context import Context
from newswatch.pipeline.tuning import Tuning
from newswatch.store.database import Database
from tests.pipeline.archive_world import World

MANY = RuleSet(tuple(Rule(f"r{number}", f"Rule {number}", f"common AND word{number}") for number in range(300)))
TEXT = MatchInput("", "a common thing and word7", "en")


@dataclass
class Running:
    """The two parts of the context that are looked at."""

    database: Database
    engine: Engine


async def test_words_of_the_archive_choose_the_clauses(database: Database) -> None:
    world = World(database)
    for number in range(12):
        world.article(f"a common thing, number {number}, and word{number % 3}")
    running = Running(database, Engine(MANY))
    before = running.engine
    tuning = Tuning(cast("Context", running))
    await tuning.tick()
    assert running.engine is not before
    assert running.engine.match(TEXT) == before.match(TEXT)
    tuned = running.engine
    await tuning.tick()  # measured a moment ago
    assert running.engine is tuned


async def test_edits_are_joined_with_the_index(database: Database) -> None:
    few = RuleSet(MANY.rules[:3])
    running = Running(database, Engine(few))
    tuning = Tuning(cast("Context", running))
    await tuning.tick()
    edited = replace(few, rules=(*few.rules, Rule("new", "New", "thing")))
    running.engine = running.engine.updated(edited)
    assert running.engine.edits == 1
    await tuning.tick()
    assert running.engine.edits == 0
    assert running.engine.matching_ids(TEXT) == ["new"]
