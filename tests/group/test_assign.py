"""Copies join their story, everything else begins one, and the order of the candidates does not matter."""

from itertools import permutations

from newswatch.group.assign import FEWEST_SHARED, assign
from newswatch.group.settings import StorySettings
from newswatch.group.similarity import sampled
from newswatch.model import Relation, StoryCandidate

SETTINGS = StorySettings()
OWN = frozenset(range(0, 800, 8))


def candidate(
    article: int, values: frozenset[int], *, story: int | None = None, source: str | None = None
) -> StoryCandidate:
    return StoryCandidate(
        article_id=article,
        story_id=story or article * 10,
        source_name=source,
        shingles=values,
        shared=len(values & OWN),
    )


def test_a_near_duplicate_joins_as_a_copy() -> None:
    found = assign(OWN, [candidate(7, OWN | frozenset({8_000, 8_008}), source="Harbour Daily")], SETTINGS)
    assert (found.story_id, found.relation, found.similarity, found.of_article_id) == (70, Relation.COPY, 1.0, 7)
    assert found.reason == "100% of the shorter text is also in article 7 (Harbour Daily)"


def test_an_article_without_candidates_begins_a_story() -> None:
    found = assign(OWN, [], SETTINGS)
    assert (found.story_id, found.relation, found.similarity, found.of_article_id) == (None, Relation.ORIGIN, 0.0, None)
    assert found.reason


def test_too_little_in_common_begins_a_story_and_says_what_was_near() -> None:
    some = frozenset(sorted(OWN)[:30]) | frozenset(range(80_000, 80_560, 8))
    found = assign(OWN, [candidate(7, some)], SETTINGS)
    assert (found.story_id, found.relation, found.similarity, found.of_article_id) == (None, Relation.ORIGIN, 0.3, 7)
    assert "30%" in found.reason
    assert "50%" in found.reason


def test_the_threshold_is_the_users() -> None:
    some = frozenset(sorted(OWN)[:30]) | frozenset(range(80_000, 80_560, 8))
    assert assign(OWN, [candidate(7, some)], StorySettings(copy_similarity=0.3)).relation is Relation.COPY


def test_a_phrase_in_common_is_no_copy() -> None:
    few = frozenset(sorted(OWN)[: FEWEST_SHARED - 1])
    found = assign(OWN, [candidate(7, few)], SETTINGS)
    assert (found.story_id, found.relation) == (None, Relation.ORIGIN)
    assert "too few" in found.reason


def test_identical_short_texts_are_copies() -> None:
    flash = sampled("Ferry returns in March", "en").shingles
    assert assign(flash, [candidate(7, flash)], SETTINGS).relation is Relation.COPY


def test_the_most_similar_then_the_oldest_candidate_decides_in_any_order() -> None:
    near = candidate(5, frozenset(sorted(OWN)[:90]) | frozenset(range(80_000, 80_080, 8)))
    exact = [candidate(9, OWN), candidate(8, OWN), candidate(11, OWN)]
    answers = {assign(OWN, order, SETTINGS) for order in permutations([near, *exact])}
    assert [(answer.story_id, answer.of_article_id) for answer in answers] == [(80, 8)]


def test_between_equals_the_larger_overlap_decides() -> None:
    lead, whole = candidate(5, frozenset(sorted(OWN)[:10])), candidate(6, OWN)
    assert assign(OWN, [lead, whole], SETTINGS).of_article_id == 6


def test_a_text_without_words_begins_a_story() -> None:
    assert assign(frozenset(), [candidate(7, OWN)], SETTINGS).story_id is None
