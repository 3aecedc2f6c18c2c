"""The storm in short: everything is told, on Slack once, by mail again only where nobody could know."""

from pathlib import Path

import pytest

from tests.conftest import MakeDatabase
from tests.durability.nursery import Nursery
from tests.durability.storm import storm

pytestmark = [pytest.mark.durability, pytest.mark.timeout(600)]


@pytest.mark.parametrize("latency", [None, (0.3, 1.2)], ids=["quick", "slow"])
def test_nothing_is_lost_in_a_storm(
    tmp_path: Path, empty_database_url: str, nursery: Nursery, latency: tuple[float, float] | None
) -> None:
    with storm(tmp_path, empty_database_url, seed=7, latency=latency) as raging:
        outcome = raging.rage(nursery, alerts=24, kills=6)
    assert outcome.kept, outcome
    assert outcome.told == 48


@pytest.mark.postgres
def test_two_daemons_that_lose_their_claims_say_nothing_twice(
    tmp_path: Path, make_database: MakeDatabase, nursery: Nursery
) -> None:
    with storm(tmp_path, make_database("postgresql"), seed=7) as raging:
        outcome = raging.rob(nursery, alerts=30, robberies=10)
    assert outcome.kept, outcome
    assert outcome.told == 60
