"""What is worth a follow-up, and how it is said."""

import pytest

from newswatch.model import Severity, StoryArticle
from newswatch.notify.changes import StoryFacts, changes, facts_from_json, facts_of, is_correction
from tests.notify.values import article

THRESHOLDS = (3, 10, 30)
MEMBERS = [article(number) for number in range(1, 15)]
KOREAN = article(15, source_name="Yonhap", language="ko")
LEADING = article(16, source_name="Reuters", tier=1)


NAMES = {"harbour": "Harbour", "storm": "Storm"}


def _lines(before: list[StoryArticle], after: list[StoryArticle], *, rules: tuple[str, ...] = ()) -> tuple[str, ...]:
    normal = Severity.NORMAL
    found = changes(
        facts_of(before, normal),
        facts_of(after, normal),
        after,
        new_rules=rules,
        names=NAMES,
        thresholds=THRESHOLDS,
    )
    assert not found.graver
    return found.lines


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [(1, 2, None), (2, 3, "2 → 3 sources"), (3, 9, None), (9, 14, "9 → 14 sources"), (14, 3, None), (10, 14, None)],
)
def test_growth_counts_at_three_ten_and_thirty_sources(before: int, after: int, line: str | None) -> None:
    assert _lines(MEMBERS[:before], MEMBERS[:after]) == ((line,) if line else ())


def test_a_further_copy_by_the_same_source_is_no_news() -> None:
    same = [article(number, source_name="One Agency") for number in range(1, 14)]
    assert _lines(same[:1], same) == ()


def test_a_first_report_in_a_language_names_who_has_it_and_how_far_the_story_has_come() -> None:
    assert _lines(MEMBERS[:4], [*MEMBERS[:4], KOREAN]) == ("4 → 5 sources", "first Korean report: Yonhap")


def test_chinese_in_another_script_is_no_further_language() -> None:
    simplified, traditional = (article(18 + n, language=tag) for n, tag in enumerate(("zh-Hans", "zh-Hant")))
    assert _lines(MEMBERS[:4], [*MEMBERS[:4], traditional]) == ("4 → 5 sources", "first Chinese report: Source 19")
    assert _lines([*MEMBERS[:4], simplified], [*MEMBERS[:4], simplified, traditional]) == ()


def test_the_first_leading_source_is_told_and_no_second() -> None:
    assert _lines(MEMBERS[:4], [*MEMBERS[:4], LEADING]) == ("4 → 5 sources", "first leading source: Reuters")
    second = article(17, source_name="Kyodo", tier=1)
    assert _lines([*MEMBERS[:4], LEADING], [*MEMBERS[:4], LEADING, second]) == ()


def test_a_correction_is_told_with_its_headline_once() -> None:
    corrected = article(3, headline="Correction: The talks were on Monday", source_name="The Gull")
    after = [*MEMBERS[:2], corrected]
    assert _lines(MEMBERS[:3], after) == ("corrected: Correction: The talks were on Monday (The Gull)",)
    assert _lines(after, after) == ()


@pytest.mark.parametrize(
    ("headline", "expected"),
    [
        ("Correction: harbour talks", True),
        ("CORRECTED-Harbour talks fail", True),
        ("(RETRACTED) Harbour talks", True),
        ("[정정] 항만 회담", True),
        ("【訂正】港湾会談", True),
        ("Market correction deepens", False),
        ("정정당당한 승부", False),
    ],
)
def test_headlines_that_correct(headline: str, expected: bool) -> None:
    assert is_correction(headline) is expected


def test_a_graver_rule_is_said_first() -> None:
    facts = facts_of(MEMBERS[:1], Severity.NORMAL)
    graver = facts_of(MEMBERS[:2], Severity.HIGH)
    found = changes(facts, graver, MEMBERS[:2], new_rules=["Storm"], names=NAMES, thresholds=THRESHOLDS)
    assert found.graver
    assert found.lines == ("severity: Normal → High", "1 → 2 sources", "also meets: Storm")


def test_facts_survive_their_row() -> None:
    facts = StoryFacts(3, ("en", "ko"), Severity.FLASH, ("Reuters",), (7,), ("storm",))
    assert facts_from_json(facts.as_json()) == facts
    older = {name: value for name, value in facts.as_json().items() if name != "lost"}
    assert facts_from_json(older).lost == ()


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        ((), ("storm",), "no longer meets: Storm (revised by the publisher)"),
        ((), ("harbour", "unknown"), "no longer meets: Harbour, unknown (revised by the publisher)"),
        (("storm",), ("storm",), None),
        (("storm",), (), None),
    ],
)
def test_a_rule_that_a_story_has_lost_is_told_once(
    before: tuple[str, ...], after: tuple[str, ...], line: str | None
) -> None:
    was, now = (facts_of(MEMBERS[:1], Severity.NORMAL, lost=lost) for lost in (before, after))
    found = changes(was, now, MEMBERS[:1], new_rules=(), names=NAMES, thresholds=THRESHOLDS)
    assert found.lines == ((line,) if line else ())
