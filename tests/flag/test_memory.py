"""What building rules asks of the system: the cycle collector comes back, and large pages change no result."""

import gc

import pytest

from newswatch.flag.matching import Engine
from newswatch.flag.memory import building, use_large_pages
from newswatch.flag.ruleset import Rule, RuleSet
from newswatch.model import MatchInput


@pytest.mark.parametrize("enabled", [True, False])
def test_the_cycle_collector_is_off_while_building_and_then_as_it_was(*, enabled: bool) -> None:
    before = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        with building(1):
            assert not gc.isenabled()
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if before else gc.disable)()


def test_what_lies_in_large_pages_reads_as_before() -> None:
    engine = Engine(RuleSet(tuple(Rule(f"r{n}", f"r{n}", f"word{n} AND other") for n in range(2000))))
    article = MatchInput("word7 and word1999", "The other.", "en")
    before = engine.match(article)
    assert use_large_pages() >= 0  # none where the system has no such pages
    assert engine.match(article) == before
    assert [match.rule_id for match in before] == ["r1999", "r7"]
