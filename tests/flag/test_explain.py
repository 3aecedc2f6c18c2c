"""Why, and why not."""

from datetime import date
from pathlib import Path

import pytest

from newswatch.errors import NotFound
from newswatch.flag.explain import Explanation, explain
from newswatch.flag.matching import Engine
from newswatch.flag.nearest import Measured
from newswatch.flag.packs import load_packs, parse_pack
from newswatch.model import Evidence, MatchInput, Severity
from tests.flag.helpers import HEAD, article, pack
from tests.flag.people import PEOPLE


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


def test_distances_across_the_headline_are_not_counted() -> None:
    explanation = why("alpha NEAR/5 omega", article("omega", title="alpha"))
    assert explanation.missing == ("alpha NEAR/5 omega: both are there, but not in the same part of the article",)


def test_thresholds_and_languages() -> None:
    assert why("alpha^2", "alpha", options="threshold = 5").missing == ("score 2, the rule needs 5: 3 more points",)
    assert why("alpha", "alpha", options='languages = ["ko", "ja"]').missing == (
        "the rule is for ja, ko, the article is in en",
    )
    simplified = article("会谈", language="zh-Hans")
    assert why("会谈", simplified, options='languages = ["zh-TW", "ko"]').missing == (
        "the rule is for ko, zh-Hant, the article is in zh-Hans",
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
    assert (explanation.score, explanation.threshold) == (20, 15)
    score, sport = explanation.proof.children
    assert (score.detail, score.measured) == ("sum 20, needs >= 15", Measured("points", 20, ">=", 15))
    summit, president, hoax = score.children
    assert [(one.clause, one.detail, one.touched) for one in score.children] == [
        ("title:summit ^12", "adds 12", True),
        ("@president ^8", "adds 8", True),
        ("hoax ^-20", "", False),
    ]
    assert summit.evidence == (Evidence("title", 2, 8, "summit", "summit", weight=12),)
    assert president.evidence == (
        Evidence("body", 0, 13, "President Lee", "@president", "lee", "President Lee", weight=8),
    )
    assert (sport.clause, sport.holds, hoax.holds) == ("NOT sport", True, False)


def test_a_proximity_that_holds_tells_its_distance() -> None:
    near = why("alpha NEAR/4 omega", "alpha 1 2 3 4 5 omega alpha 1 2 omega").proof
    assert (near.holds, near.detail, near.measured) == (True, "distance 0, limit 4", Measured("distance", 0, "<=", 4))
    apart = why("alpha ONEAR/4 omega", "omega alpha 1 2 omega").proof
    assert apart.detail == "distance 2, limit 4"


def test_what_is_between_two_names_is_at_no_distance() -> None:
    assert why("(lee NEAR/9 takaichi) NEAR/3 summit", "Lee held a summit with Takaichi").proof.detail.startswith(
        "distance 0,"
    )


@pytest.mark.parametrize(
    ("query", "text", "nearest"),
    [
        ("alpha AND (beta NEAR/4 gamma)", "alpha beta 1 2 3 4 5 6 7 gamma", Measured("distance", 7, "<=", 4)),
        ("SCORE(alpha^20, beta^10) >= 30", "alpha", Measured("points", 20, ">=", 30)),
        ("ATLEAST/3(fish)", "fish fish", Measured("mentions", 2, ">=", 3)),
        ("2 OF (alpha, beta, gamma)", "beta", Measured("clauses", 1, ">=", 2)),
        ("alpha AND beta", "alpha", None),
        ("alpha", "alpha", None),
    ],
)
def test_the_nearest_miss_is_a_figure(query: str, text: str, nearest: Measured | None) -> None:
    found = why(query, text).nearest
    assert found == nearest
    assert found is None or (not found.enough and found.short_by == abs(found.limit - found.value))


def test_a_score_that_is_short_names_what_would_do() -> None:
    explanation = why("SCORE(alpha^20, beta^5, gamma^10, delta^15) >= 30", "alpha")
    assert explanation.missing == (
        "SCORE(…) >= 30: sum 20, needs >= 30: 10 more points; gamma ^10 or delta ^15 would do",
    )


@pytest.mark.parametrize(
    ("query", "text", "detail"),
    [
        ('"summit meeting"', "A meeting about a summit.", "all its words are there, but not together"),
        ('"summit meeting"', "A summit of heads.", "only “summit” of it is there"),
        ('"summit meeting"', "Heads.", "not found"),
        ("title:summit", "A Summit.", "found, but not where or as the rule wants it: “Summit” (body 2)"),
        ("title:summ*", "A summit.", "found, but not where or as the rule wants it"),
    ],
)
def test_what_is_there_of_a_term(query: str, text: str, detail: str) -> None:
    assert why(query, text).missing[0].split(": ", 1)[1] == detail


def test_the_case_that_gives_the_severity() -> None:
    cases = (
        "[[rules.severities]]\nwhen = 'flood'\nseverity = 'flash'\n"
        "[[rules.severities]]\nwhen = 'title:alpha'\nseverity = 'high'\n"
        "[[rules.severities]]\nwhen = 'alpha'\nseverity = 'info'"
    )
    engine = Engine(parse_pack(f'{HEAD}[[rules]]\nid = "r0"\nname = "R"\nquery = "alpha"\n{cases}'))
    explanation = explain(engine, article("alpha", title="alpha"), "r0")
    assert explanation.severity is Severity.HIGH
    assert [(case.severity.value, case.proof.holds) for case in explanation.cases] == [("flash", False), ("high", True)]


def test_long_lists_of_mentions_are_cut_and_counted() -> None:
    proof = why("tick", "tick " * 20).proof
    assert (len(proof.evidence), proof.total) == (5, 20)


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


def test_of_many_alternatives_those_that_tell_something_are_proved() -> None:
    query = "alpha AND (" + " OR ".join(f"w{number}" for number in range(50)) + ' OR (beta AND gamma) OR "delta x")'
    text = article("alpha gamma")
    engine = Engine(pack(query))
    few, full = explain(engine, text, "r0"), explain(engine, text, "r0", full=True)
    assert (few.matched, few.missing[0], few.nearest) == (full.matched, full.missing[0], full.nearest)
    assert len(full.proof.children[1].children) == 52
    clauses = [child.clause for child in few.proof.children[1].children]
    assert clauses == ["w0", "w1", "w2", "beta AND gamma"]
    assert [child.clause for child in few.pruned().proof.children[1].children] == ["beta AND gamma"]
    assert few.missing[0] == "beta: not found"


def test_progress_is_the_share_of_what_holds() -> None:
    assert why("alpha AND beta AND gamma AND delta", "alpha gamma").proof.progress == 0.5
    assert why("alpha AND NOT beta", "alpha").proof.progress == 1
