"""Every example of docs/rules.md does what the page says."""

import re
from pathlib import Path

import pytest

from newswatch.flag import syntax
from newswatch.flag.matching import Engine
from newswatch.flag.packs import parse_pack
from newswatch.model import MatchInput
from tests.flag.helpers import article, hit

PAGE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
RULES = re.findall(r"^```rule\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
PACKS = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
EXAMPLES = [
    (block.partition("\n")[0], line[0] == "+", line[2:]) for block in RULES for line in block.splitlines()[1:] if line
]


def test_the_page_has_examples_in_four_languages() -> None:
    assert len(RULES) >= 15
    assert PACKS
    for script in ("[a-z]{4}", "[가-힣]{2}", "[ぁ-ん]{2}", "[谈这为]"):
        assert any(re.search(script, text) for _, _, text in EXAMPLES)


@pytest.mark.parametrize(("query", "expected", "text"), EXAMPLES)
def test_examples(query: str, expected: bool, text: str) -> None:
    language, text = re.fullmatch(r"(?:\[(\w\w)\] )?(.*)", text).groups()  # type: ignore[union-attr]
    title, bar, body = text.partition(" | ")
    assert hit(query, article(body if bar else text, title if bar else "", language or "en")) is expected


@pytest.mark.parametrize("text", PACKS)
def test_packs(text: str) -> None:
    ruleset = parse_pack(text)
    engine = Engine(ruleset)
    assert ruleset.tests
    for case in ruleset.tests:
        found = engine.match(MatchInput(case.title, case.text, case.language, published_on=case.published))
        assert {match.rule_id for match in found} == set(case.expect)
        if case.severity:
            assert found[0].severity == case.severity


TRANSLATIONS = [
    ("a NEAR/5 b", "a b", "a 1 2 3 4 5 6 b"),
    ("SCORE(title:x^3) >= 3", "x | y", "y | x"),
    ("2 OF (a, b, c)", "a c", "c c"),
    ("a ONEAR/5 b", "a b", "b a"),
    ("a SENTENCE b", "a b.", "A went. B came."),
    ("a NEAR/5f b", "a b", "b a"),
    ("raw:Xy", "Xy", "xy"),
    ("a W/5 b", "b a", "a 1 2 3 4 5 6 b"),
    ("a PRE/5 b", "a b", "b a"),
    ("a W/S b", "a b.", "A went. B came."),
    ("a W/P b", "A went. B came.", "A went.\n\nB came."),
    ("a NOT W/5 b", "a 1 2 3 4 5 6 b", "a b"),
    ("ATLEAST/5(xx)", "xx xx xx xx xx", "xx xx xx xx"),
    ("case:XX", "XX", "xx"),
    ("title:x", "x | y", "y | x"),
    ("a NEAR/P b", "A went. B came.", "A went.\n\nB came."),
    ("FIRST/3(x)", "a b x", "a b c x"),
    ("TALLY(xx^2) >= 4", "xx xx", "xx"),
]


@pytest.mark.parametrize(("query", "yes", "no"), TRANSLATIONS)
def test_the_table_for_people_from_elsewhere(query: str, yes: str, no: str) -> None:
    for text, expected in ((yes, True), (no, False)):
        title, bar, body = text.partition(" | ")
        assert hit(query, article(body if bar else text, title if bar else "")) is expected


def test_the_page_names_every_field_mode_and_keyword() -> None:
    for name in (*syntax.FIELDS, *syntax.MODES, *syntax.KEYWORDS):
        assert name in PAGE
