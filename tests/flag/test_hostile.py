"""Inputs that nobody sends by accident. None may raise, hang or give a span that is not there.

There are no timed assertions: what is quadratic here does not end within the tests' time limit.
"""

import random
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newswatch.errors import RuleError
from newswatch.flag.entities import Entity
from newswatch.flag.explain import explain
from newswatch.flag.matching import Engine
from newswatch.flag.packs import parse_pack
from newswatch.flag.ruleset import Rule, RuleSet
from newswatch.model import MatchInput
from tests.flag.helpers import HEAD, article, check_spans, matches, pack

QUERIES = (
    "lee NEAR/5 takaichi",
    "lee ONEAR/1000 takaichi",
    "(lee NEAR/9 takaichi) NEAR/9 summit",
    "lee NEAR/S takaichi",
    "lee NEAR/P takaichi",
    "lee NOT NEAR/2 takaichi",
    '"lee takaichi"~50',
    "takaichi EXCEPT (lee OR 'x)",
    "ATLEAST/3(lee OR takaichi)",
    "TALLY(lee^2~5, 李) > 3",
    "l*e OR *kaichi OR t?kaichi",
    "case:Lee OR raw:Lee",
    "title:lee OR lead:lee OR FIRST/9(lee)",
    "李 NEAR/3 高",
    "sub:a AND sub:e",
    "words > 3 AND lee",
)
ENGINE = Engine(pack(*(query.replace("'x", "x") for query in QUERIES)))
EDITED = Engine(pack("lee", "nobody", "nothing")).updated(ENGINE.ruleset)
PLAIN = Engine(ENGINE.ruleset, presearch=False)

TEXTS = {
    "empty": "",
    "only spaces": " " * 1_000_000,
    "only punctuation": ".,;!?…、。「」" * 50_000,
    "one long word": "lee" * 333_333,
    "one long run of kanji": "李高市" * 30_000,
    "names without end": "Lee Takaichi " * 15_000,
    "names that never meet": "lee " * 15_000 + "x " * 2_000 + "takaichi " * 15_000,
    "no full stop": "summit " * 100_000 + "lee takaichi",
    "lone surrogates": "\ud800 Lee \udfff Takaichi \ud83d",
    "NUL and controls": "Lee\x00Takaichi\x01\x02\x85 summit\x7f",
    "right to left": "\u202eLee\u202c התקיימה פסגה Takaichi \u2067قمة\u2069 Lee",
    "combining marks": "L" + "\u0301" * 10_000 + "ee Takaichi",
    "decomposed": unicodedata.normalize("NFD", "李 高市 Lée Tàkaichi 이재명 がぎぐ") * 2_000,
    "ligatures and fractions": "ﬁ ½ ㈱ ﷺ Lee ㍿ ™ Takaichi" * 1_000,
    "emoji": "👩‍👩‍👧‍👦 Lee 🇰🇷🇯🇵 Takaichi " * 1_000,
    "line breaks": "Lee\n\n\nTakaichi\r\n\u2028summit\n" * 6_000,
    "quotes": '"“”«»「」Lee"Takaichi' * 6_000,
}


@pytest.mark.parametrize("name", TEXTS)
def test_hostile_texts(name: str) -> None:
    for text in (article(TEXTS[name]), MatchInput(TEXTS[name][:5_000], "", "xx-wrong", "\ud800", "\x00", "\ud800")):
        found = ENGINE.match(text)
        assert found == PLAIN.match(text)
        assert found == EDITED.match(text)
        assert {match.rule_id for match in found} == set(ENGINE.matching_ids(text))
        for match in found:
            check_spans(match, text)


@pytest.mark.parametrize("name", ["lone surrogates", "NUL and controls", "right to left", "combining marks", "empty"])
def test_hostile_texts_are_explained(name: str) -> None:
    for rule in ENGINE.ruleset.rules:
        assert explain(ENGINE, article(TEXTS[name]), rule.id).proof.clause


def test_a_megabyte_and_many_rules() -> None:
    chance = random.Random(7)
    words = [f"word{number}" for number in range(3_000)]
    rules = [f"{a} NEAR/900 {b} OR {c} AND NOT {d}" for a, b, c, d in (chance.sample(words, 4) for _ in range(300))]
    engine = Engine(pack(*rules), max_evidence=5)
    text = article(" ".join(chance.choices(words, k=120_000)))
    found = engine.match(text)
    assert found
    assert all(len(match.evidence) <= 5 for match in found)
    assert max(match.evidence_total for match in found) > 5


def test_evidence_of_very_many_pairs_is_bounded() -> None:
    (match,) = Engine(pack("lee NEAR/1000 takaichi")).match(article("lee takaichi " * 20_000))
    assert len(match.evidence) == 50
    assert match.evidence_total > 50


def test_a_million_aliases() -> None:
    extra = '[[entities]]\nid = "crowd"\nname = "Crowd"\naliases = { en = ["name"] }\n'
    crowd = Entity("crowd", "Crowd", aliases={"en": tuple(f"name{number:06d}x" for number in range(1_000_000))})
    ruleset = replace(pack("@crowd NEAR/3 met", extra=extra), entities=(crowd,))
    (match,) = Engine(ruleset).match(article("There name765432x met somebody."))
    assert match.evidence[0].alias == "name765432x"


def test_very_many_alternatives() -> None:
    query = " OR ".join(f"w{number}x" for number in range(20_000))
    assert matches(query, "a w19999x b")
    assert not matches(query, "a w20000x b")


def test_fifty_thousand_mentions_on_each_side() -> None:
    text = article("lee " * 50_000 + "x " * 2_000 + "takaichi " * 50_000)
    engine = Engine(pack("lee NEAR/1000 takaichi", "lee NEAR/1000f takaichi", "takaichi ONEAR/1000 lee", "title:lee"))
    assert engine.match(text) == ()


@pytest.mark.parametrize(
    ("expression", "text", "found"),
    [
        ("/aab(a+)+$/", "aab" + "a" * 1_000_000, True),
        ("/aab(a+)+$/", "aab" + "a" * 1_000_000 + "!", False),
        ("/lee.*/", "lee " * 250_000, True),
        ("/lee(.*)*takaichi/", "lee " * 250_000, False),
        ("/(x?lee){5}lee/", "lee" * 300_000, True),
    ],
)
def test_expressions_that_take_others_for_ever(expression: str, text: str, found: bool) -> None:
    pytest.importorskip("re2")
    engine = Engine(pack(expression))
    assert bool(engine.match(article(text))) is found


@pytest.mark.parametrize("expression", ["/.*/", "/(a+)+$/", "/(?=lee)lee/", r"/(lee)\1/", "/(lee{1000}){1000}/"])
def test_expressions_that_are_refused(expression: str) -> None:
    pytest.importorskip("re2")
    with pytest.raises(RuleError):
        pack(expression)


def test_a_megabyte_of_all_scripts_and_ten_thousand_rules() -> None:
    chance = random.Random(11)
    latin = [f"word{number}" for number in range(4_000)]
    han = ["".join(chance.choices("李高市首脳会談京都東韓国日本政府奈良", k=3)) for _ in range(2_000)]
    terms = latin + han
    queries = []
    for number in range(10_000):
        first, second, third = chance.sample(terms, 3)
        operator = ("AND", "NEAR/5", "NEAR/S", "AND NOT")[number % 4]
        queries.append(f"({first} OR {third}) {operator} {second}")
    engine = Engine(RuleSet(tuple(Rule(f"r{number}", "R", query) for number, query in enumerate(queries))))
    body = " ".join(
        chance.choice(latin) if chance.random() < 0.7 else chance.choice(han) + "。" for _ in range(150_000)
    )
    text = article(body[:1_000_000], title="李 word1")
    ids = engine.matching_ids(text)
    assert len(ids) > 1_000
    some = Engine(RuleSet(tuple(rule for rule in engine.ruleset.rules if rule.id in ids[:40])), max_evidence=3)
    for match in some.match(text):
        check_spans(match, text)
        assert len(match.evidence) == min(3, match.evidence_total)


def test_many_entities_with_many_names() -> None:
    people = tuple(
        Entity(f"p{n}", f"P {n}", names={"en": (f"Family{n}x|Given-name{n % 97}",)}, aliases={"en": (f"alias {n}",)})
        for n in range(5_000)
    )
    query = " OR ".join(f"@p{n}" for n in range(5_000))
    engine = Engine(RuleSet((Rule("r", "R", query),), people))
    (match,) = engine.match(article("Then Given name77 Family77x, alias 4999, and alias 5000 spoke."))
    assert [(mention.entity, mention.alias) for mention in match.evidence] == [
        ("p77", "Given-name77 Family77x"),
        ("p4999", "alias 4999"),
    ]


@given(st.text(max_size=80))
@settings(max_examples=200, deadline=None)
def test_any_pack_text_is_a_pack_or_a_rule_error(text: str) -> None:
    for whole in (text, f"{HEAD}{text}", f"{HEAD}[[rules]]\nid='r'\nname='R'\nquery='''{text}'''"):
        engine = engine_of(whole)
        assert engine is None or isinstance(engine.match(article(text)), tuple)


@given(st.binary(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_bytes_as_a_query(raw: bytes) -> None:
    text = raw.decode("latin-1")
    query = "".join(f"\\U{ord(char):08x}" for char in text)
    engine = engine_of(f'{HEAD}[[rules]]\nid="r"\nname="R"\nquery="{query}"')
    for match in engine.match(article(text)) if engine else ():
        check_spans(match, article(text))


def engine_of(text: str) -> Engine | None:
    """Return an engine for the pack `text`, None if it is refused with problems that have a place."""
    try:
        return Engine(parse_pack(text))
    except RuleError as error:
        if not error.problems:
            raise
        return None
