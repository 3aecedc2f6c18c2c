"""An engine for changed rules gives what a new one gives, and nobody who matches meanwhile notices."""

import random
import threading
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from newswatch.flag.matching import Engine
from newswatch.flag.packs import parse_pack
from newswatch.flag.ruleset import Rule, RuleSet
from newswatch.model import Match, MatchInput
from tests.flag.helpers import HEAD, article, pack
from tests.flag.test_properties import QUERY, VOCABULARY

TEXTS = [
    article("Lee met Takaichi in Nara. The summit talks were about trade and fish.", title="Lee in Nara"),
    article("Takaichi spoke of spring. Seoul listened, Tokyo did not.", title="Spring talks"),
    article("fish " * 30 + "lee takaichi " * 3, title="Fish"),
    article("Nothing of interest."),
]
EDIT = st.tuples(st.sampled_from(["put", "delete"]), st.integers(0, 7), QUERY)


def rules_of(queries: dict[str, str]) -> RuleSet:
    return RuleSet(tuple(Rule(name, name, f"({query}) AND lang:en") for name, query in queries.items()))


def found(engine: Engine, texts: list[MatchInput]) -> list[tuple[Match, ...]]:
    return [engine.match(text) for text in texts]


@given(st.lists(QUERY, max_size=6), st.lists(st.lists(EDIT, max_size=4), max_size=4), st.booleans())
@settings(max_examples=100, deadline=None)
def test_edits_give_what_a_new_engine_gives(
    queries: list[str], rounds: list[list[tuple[str, int, str]]], settle: bool
) -> None:
    current = {f"r{number}": query for number, query in enumerate(queries)}
    engine = Engine(rules_of(current))
    for edits in rounds:
        for kind, number, query in edits:
            if kind == "put":
                current[f"r{number}"] = query
            else:
                current.pop(f"r{number}", None)
        engine = engine.updated(rules_of(current))
        fresh = Engine(rules_of(current))
        assert found(engine, TEXTS) == found(fresh, TEXTS)
        assert set(engine.always_run) == set(fresh.always_run)
        assert {rule.id for rule in engine.ruleset.rules} == current.keys()
        if settle:
            engine = engine.settled()
            assert engine.edits == 0
            assert found(engine, TEXTS) == found(fresh, TEXTS)
        retuned = engine.settled(engine.measure(TEXTS))
        assert found(retuned, TEXTS) == found(fresh, TEXTS)


def test_only_what_differs_is_compiled() -> None:
    before = Engine(pack("alpha", "beta", "gamma"))
    after = before.updated(pack("alpha", "beta OR delta", "gamma", "epsilon"))
    assert after.edits == 3  # one rule gone from the large index, two in the small one
    assert after.compiled("r0") is before.compiled("r0")
    assert after.compiled("r1") is not before.compiled("r1")
    assert [match.rule_id for match in after.match(article("delta epsilon gamma"))] == ["r1", "r2", "r3"]
    assert [match.rule_id for match in before.match(article("delta epsilon gamma"))] == ["r2"]
    assert after.version != before.version
    back = after.updated(before.ruleset)
    assert back.compiled("r3") is None
    assert back.match(article("alpha beta")) == before.match(article("alpha beta"))
    assert before.updated(before.ruleset).edits == 0


def test_many_edits_compile_everything_anew() -> None:
    few = Engine(pack("alpha"))
    many = few.updated(pack(*(f"w{number}x" for number in range(1_200))))
    assert many.edits == 0
    assert many.updated(pack("alpha")).match(article("alpha w3x"))[0].rule_id == "r0"


ENTITY = """[[entities]]
id = "lee"
name = "Lee"
names = {{ en = ["{name}"] }}
short = {{ en = ["Lee"] }}
short_with = ["seat"]
[[entities]]
id = "seat"
name = "Seat"
aliases = {{ en = ["{seat}"] }}
"""


def test_a_changed_entity_changes_the_rules_that_use_it() -> None:
    def engine_of(name: str, seat: str) -> RuleSet:
        return pack("@lee", "other", extra=ENTITY.format(name=name, seat=seat))

    before = Engine(engine_of("Lee|Jae-myung", "Blue House"))
    renamed = before.updated(engine_of("Lee|Nak-yon", "Blue House"))
    assert renamed.compiled("r1") is before.compiled("r1")
    assert not renamed.match(article("Lee Jae-myung"))
    assert renamed.match(article("Lee Nak-yon"))[0].evidence[0].alias == "Lee Nak-yon"
    moved = renamed.updated(engine_of("Lee|Nak-yon", "Yongsan"))
    assert not moved.match(article("Lee at the Blue House"))
    assert moved.match(article("Lee at Yongsan"))
    assert moved.settled().match(article("Lee at Yongsan"))


def test_changed_texts_around_a_query_are_taken_over() -> None:
    rule = '[[rules]]\nid = "r"\nname = "{}"\nquery = "alpha"\nseverity = "{}"\n'
    before = Engine(parse_pack(HEAD + rule.format("One", "info")))
    (match,) = before.updated(parse_pack(HEAD + rule.format("Two", "high"))).match(article("alpha"))
    assert (match.rule_name, match.severity.value) == ("Two", "high")


def test_rules_change_while_others_match() -> None:
    chance = random.Random(5)
    stable = {f"s{number}": " AND ".join(chance.sample(VOCABULARY, 2)) for number in range(20)}
    holder = [Engine(rules_of(stable))]
    expected = [{match.rule_id for match in holder[0].match(text)} for text in TEXTS]
    wrong: list[object] = []
    done = threading.Event()

    def match_all() -> None:
        while not done.is_set():
            engine = holder[0]
            in_force = {rule.id for rule in engine.ruleset.rules}
            for text, wanted in zip(TEXTS, expected, strict=True):
                ids = set(engine.matching_ids(text))
                if {name for name in ids if name.startswith("s")} != wanted or not ids <= in_force:
                    wrong.append((text, ids))

    threads = [threading.Thread(target=match_all) for _ in range(2)]
    for thread in threads:
        thread.start()
    current = dict(stable)
    for number in range(60):
        current[f"x{number % 7}"] = chance.choice(VOCABULARY)
        current.pop(f"x{number % 5}", None)
        engine = holder[0].updated(rules_of(current))
        holder[0] = engine.settled() if number % 10 == 9 else engine
    done.set()
    for thread in threads:
        thread.join()
    assert not wrong


def test_an_edit_among_very_many_rules_compiles_one() -> None:
    many = RuleSet(tuple(Rule(f"r{n}", f"Rule {n}", f"alpha{n % 997} AND beta{n}", hash=str(n)) for n in range(20_000)))
    engine = Engine(many)
    edited = replace(many, rules=(*many.rules[:-1], Rule("r19999", "New", "gamma", hash="new")))
    after = engine.updated(edited)
    assert after.edits == 2
    assert after.matching_ids(article("gamma alpha1 beta998")) == ["r19999", "r998"]
    assert sum(after.compiled(rule.id) is not engine.compiled(rule.id) for rule in many.rules) == 1
