"""Reports of one event find each other, in one language by words and across languages by people, kind and time."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from newswatch.group.events import Found, Report, find_event, mergeable, score
from newswatch.group.kinds import kinds
from newswatch.group.settings import StorySettings
from newswatch.group.terms import Vector, normal
from newswatch.model import Centroid, Relation

SETTINGS = StorySettings()
NOON = datetime(2026, 1, 13, 12, tzinfo=UTC)
HARBOUR = normal(dict.fromkeys(range(1, 11), 1.0))


def report(vector: Vector = HARBOUR, **changes: object) -> Report:
    return replace(Report(99, "en", vector, NOON), **changes)  # type: ignore[arg-type]


def centroid(number: int, vector: Vector = HARBOUR, **changes: object) -> Centroid:
    value = Centroid(number, number * 10, "en", 1, NOON, 0, vector)
    return replace(value, **changes)  # type: ignore[arg-type]


def find(one: Report, candidates: Sequence[Centroid], *, known: bool = False) -> Found | None:
    return find_event(one, candidates, SETTINGS, has_language=lambda _story, _language: known)


def test_a_report_joins_the_likest_story_in_any_order() -> None:
    some = normal(dict.fromkeys([*range(1, 5), *range(50, 56)], 1.0))
    candidates = [centroid(1, some), centroid(2), centroid(3, some)]
    for order in permutations(candidates):
        found = find(report(), order)
        assert found is not None
        assert (found.assignment.story_id, found.assignment.relation) == (20, Relation.REPORT)
        assert found.centroid == candidates[1]
        assert "100%" in found.assignment.reason


def test_between_equals_the_older_story_is_joined() -> None:
    found = find(report(), [centroid(2), centroid(1)])
    assert found is not None
    assert found.assignment.story_id == 10


def test_another_event_is_not_joined() -> None:
    assert find(report(), [centroid(1, normal(dict.fromkeys([1, *range(60, 70)], 1.0)))]) is None


def test_one_word_in_common_is_never_enough() -> None:
    assert find(report({1: 1.0}), [centroid(1, {1: 1.0})]) is None


def test_likeness_halves_with_time_and_ends_with_the_window() -> None:
    near = score(report(), centroid(1), SETTINGS)
    later = score(report(at=NOON + timedelta(seconds=SETTINGS.fade)), centroid(1), SETTINGS)
    assert (near, later) == (1.0, 0.5)
    assert score(report(at=NOON + timedelta(seconds=SETTINGS.window + 1)), centroid(1), SETTINGS) == 0.0
    assert score(report(at=NOON - timedelta(seconds=SETTINGS.fade)), centroid(1), SETTINGS) == 0.5


@pytest.mark.parametrize(
    ("changes", "joins"),
    [
        ({}, True),
        ({"persons": frozenset({1}), "places": frozenset({5})}, True),
        ({"persons": frozenset({1}), "places": frozenset()}, False),
        ({"persons": frozenset(), "places": frozenset({5, 6, 7})}, False),
        ({"kinds": 2}, False),
        ({"at": NOON + timedelta(hours=49)}, False),
    ],
)
def test_across_languages_people_kind_and_time_decide(changes: dict[str, object], joins: bool) -> None:
    one = report({1: 0.7, 2: 0.7}, language="ko", persons=frozenset({1, 2}), places=frozenset(), kinds=5)
    found = find(replace(one, **changes), [centroid(1, kinds=4)])  # type: ignore[arg-type]
    assert (found is not None) is joins
    if found is not None:
        assert found.centroid is None
        assert "in common with a report in en" in found.assignment.reason


def test_where_a_story_has_the_language_other_languages_do_not_decide() -> None:
    one = report({1: 0.7, 2: 0.7}, language="ko", persons=frozenset({1, 2}), kinds=4)
    assert find(one, [centroid(1, kinds=4)], known=True) is None


def test_stories_that_are_alike_merge_but_not_with_themselves() -> None:
    other = normal(dict.fromkeys(range(70, 80), 1.0))
    same_story = centroid(4, story_id=10)
    foreign = centroid(5, language="ko")
    assert mergeable(centroid(1), [centroid(2), centroid(3, other), same_story, foreign], SETTINGS) == [centroid(2)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Leaders meet in Port Elling", "두 정상 포트엘링서 회담"),
        ("Ferry capsizes", "여객선 전복"),
        ("Earthquake shakes valley", "谷で地震"),
        ("Court fines company", "法院判处公司罚款"),
    ],
)
def test_kinds_are_the_same_in_every_language(one: str, other: str) -> None:
    assert kinds(one, "") & kinds(other, "")


def test_kinds_are_told_apart() -> None:
    assert not kinds("Ferry capsizes", "") & kinds("Rovers win the cup", "")
    assert kinds("A quiet afternoon", "") == 0
    assert not kinds("The methods of metalwork", "") & kinds("They met", "")
