"""Why, and why not."""

from datetime import date
from pathlib import Path

import pytest

from newswatch.errors import NotFound
from newswatch.flag.explain import Explanation, explain
from newswatch.flag.matching import Engine
from newswatch.flag.packs import load_packs
from newswatch.model import MatchInput
from tests.flag.helpers import article, pack
from tests.flag.test_entities import PEOPLE


def why(query: str, text: MatchInput | str, extra: str = "", options: str = "") -> Explanation:
    if isinstance(text, str):
        text = article(text)
    engine = Engine(pack(query, extra=extra, options=options))
    explanation = explain(engine, text, "r0")
    assert explanation.matched == bool(engine.match(text))
    return explanation


MISSES = [
    ("alpha AND beta", "alpha", "beta: not found"),
    ("alpha AND (beta OR gamma)", "alpha", "beta: not found"),
    ("alpha NEAR/4 omega", "alpha 1 2 3 4 5 6 7 omega", "alpha NEAR/4 omega: distance 7, limit 4"),
    ("alpha ONEAR/4 omega", "omega alpha", "alpha ONEAR/4 omega: both are there, but in the other order"),
    ("alpha NEAR/S omega", "Alpha. Omega.", "alpha NEAR/S omega: both are there, but never in one sentence"),
    ("SCORE(alpha^20, beta^10) >= 30", "alpha", "SCORE(…) >= 30: sum 20, needs >= 30: 10 more points"),
    ("SCORE(alpha^20) > 20", "alpha", "SCORE(…) > 20: sum 20, needs > 20: more than 0 more points"),
    ("ATLEAST/3(fish)", "fish fish", "COUNT(fish) >= 3: 2 mentions, needs >= 3"),
    ("2 OF (alpha, beta, gamma)", "beta", "2 OF (alpha, beta, gamma): 1 of 2 needed"),
    ("alpha AND NOT beta", "alpha beta", "NOT beta: found, but must be absent"),
    ("京都 EXCEPT 東京都", "東京都", "京都 EXCEPT 東京都: every mention belongs to what is excepted"),
    ("alpha NOT NEAR/3 beta", "alpha beta", "every mention of the left side has one of the right side near"),
    ("title:alpha", "alpha", "title:alpha: found, but not where or as the rule wants it"),
    ("case:Alpha", "alpha", "case:Alpha: found, but not where or as the rule wants it"),
]


@pytest.mark.parametrize(("query", "text", "line"), MISSES)
def test_the_first_failing_clause_and_the_nearest_miss(query: str, text: str, line: str) -> None:
    explanation = why(query, text)
    assert not explanation.matched
    assert line in explanation.missing[0]
    assert f"missing: {explanation.missing[0]}" in explanation.render()


def test_distances_across_the_headline_are_not_counted() -> None:
    explanation = why("alpha NEAR/5 omega", article("omega", title="alpha"))
    assert explanation.missing == ("alpha NEAR/5 omega: both are there, but not in the same part of the article",)


def test_thresholds_and_languages() -> None:
    assert why("alpha^2", "alpha", options="threshold = 5").missing == ("score 2, the rule needs 5",)
    assert why("alpha", "alpha", options='languages = ["ko", "ja"]').missing == (
        "the rule is for ja, ko, the article is in en",
    )


def test_names_that_were_there_but_do_not_count() -> None:
    assert "“Lee” is there but a short form counts only beside a full form" in why("@lee", "Lee", PEOPLE).missing[0]
    late = article("President Yoon spoke", published=date(2026, 1, 13))
    assert "“President Yoon” is there but not in office on 2026-01-13" in why("@yoon", late, PEOPLE).missing[0]
    other = why("@lee", "Lee Kuan Yew met John Lee", PEOPLE)
    assert not other.matched


def test_the_proof_shows_fields_offsets_aliases_and_weights() -> None:
    text = article("President Lee was there.", title="A summit", published=date(2026, 1, 13))
    explanation = why("SCORE(title:summit^12, @president^8, hoax^-20) >= 15 AND NOT sport", text, PEOPLE)
    assert explanation.matched
    assert explanation.missing == ()
    rendered = explanation.render()
    for line in (
        "r0 (Rule 0) matches, severity normal; score 20, needs 15",
        "✓ title:summit ^12  [adds 12]",
        "title 2-8: “summit”",
        "body 0-13: “President Lee” = President Lee (lee)",
        "✓ NOT sport",
    ):
        assert line in rendered
    assert "✗ hoax" not in rendered
    assert "✗ hoax" in explanation.render(full=True)


def test_long_lists_of_mentions_are_cut_and_counted() -> None:
    assert "… 15 more" in why("tick", "tick " * 20).render()


def test_an_unknown_rule_is_named() -> None:
    with pytest.raises(NotFound, match="no rule 'other'"):
        explain(Engine(pack("alpha")), article("alpha"), "other")


def test_explanations_agree_with_matches_on_every_pack_test() -> None:
    engine = Engine(load_packs(["korea-japan-summit"], base=Path()))
    for case in engine.ruleset.tests:
        text = MatchInput(case.title, case.text, case.language, published_on=case.published)
        for rule in engine.ruleset.rules:
            explanation = explain(engine, text, rule.id)
            assert explanation.matched == (rule.id in case.expect)
            assert bool(explanation.missing) != explanation.matched
            assert explanation.render(full=True)
