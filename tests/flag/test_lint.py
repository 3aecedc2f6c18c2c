"""Warnings about rules that are allowed but hardly meant."""

import pytest

from newswatch.flag.lint import lint
from newswatch.flag.matching import Engine
from tests.flag.helpers import article, pack

WARNINGS = [
    ("alpha AND beta OR gamma", 1, "AND binds tighter than OR here"),
    ("alpha beta", 7, "side by side"),
    ("alpha and beta", 7, "and is a term here"),
    ("EU AND alpha", 1, "EU is very short"),
    ("京都", 1, "京都 is short and found inside longer words (for example 京都 EXCEPT (东京都 OR 京都府 OR 東京都))"),
    ("나라", 1, "나라살림"),
    ("李 AND 会談", 1, "李 is short"),
    ("alpha AND NOT alpha", 11, "alpha is both wanted and excluded"),
    ("alpha OR beta OR alpha", 18, "alpha stands here twice"),
    ("정상회담 OR 한일정상회담", 9, "한일정상회담 is found wherever 정상회담 is"),
    ("SCORE(alpha^2, beta^3, gamma^-9) >= 6", 1, "add up to 5 at most, 6 is never reached"),
    ("lang:ko AND NOT sport", 1, "evaluated for every article"),
]


@pytest.mark.parametrize(("query", "column", "words"), WARNINGS)
def test_warnings(query: str, column: int, words: str) -> None:
    warnings = lint(Engine(pack(query)))
    assert any(words in str(warning) and warning.column == column for warning in warnings), warnings
    assert all(warning.remedy and warning.where == "r0" for warning in warnings)


@pytest.mark.parametrize(
    "query",
    [
        "(alpha AND beta) OR gamma",
        '"alpha beta"',
        "京都 EXCEPT 東京都",
        "case:EU",
        "正常化 OR 首脳会談",
        "alpha AND NOT beta",
    ],
)
def test_sound_rules_are_left_alone(query: str) -> None:
    assert lint(Engine(pack(query))) == []


def test_terms_in_too_many_articles_are_named() -> None:
    engine = Engine(pack("alpha AND news"))
    shares = engine.measure([article("news")] * 19 + [article("alpha news")])
    assert [warning.message for warning in lint(engine, frequencies=shares)] == [
        "news stands in 100% of recent articles"
    ]


def test_a_lexicon_of_ones_own() -> None:
    assert "奈良漬" in str(lint(Engine(pack("奈良")), lexicon=["奈良漬"])[0])
