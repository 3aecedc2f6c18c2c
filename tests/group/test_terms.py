"""Vectors of articles: headline and lead, rare words before common ones, names the same in every language."""

import math

import pytest

from newswatch.group.terms import (
    MOST_TERMS,
    joined,
    lead,
    likeness,
    name_term,
    weigh,
    word_counts,
)
from newswatch.model import ALL_ARTICLES


def test_the_headline_counts_twice_and_function_words_not_at_all() -> None:
    headline, text = word_counts("Ferry", "", "en"), word_counts("", "ferry", "en")
    assert list(headline.values()) == [2]
    assert list(text.values()) == [1]
    assert headline.keys() == text.keys()
    assert word_counts("The ferry", "", "en", {"the"}) == headline


def test_the_same_letters_are_another_word_in_another_language() -> None:
    assert word_counts("gift", "", "en").keys().isdisjoint(word_counts("gift", "", "de"))


def test_short_numbers_single_characters_and_endings_in_hiragana_are_no_words() -> None:
    assert word_counts("", "a 7 12", "en") == {}
    assert len(word_counts("", "2026", "en")) == 1
    assert word_counts("", "について", "ja") == {}
    assert len(word_counts("", "会談", "ja")) == 1


def test_the_lead_is_three_paragraphs() -> None:
    assert lead("one\n\ntwo\n\nthree\n\nfour") == "one\ntwo\nthree"
    assert len(lead("x" * 9_000)) == 1_500


def test_rare_words_weigh_more() -> None:
    words = word_counts("", "harbour said", "en")
    harbour, said = (next(iter(word_counts("", word, "en"))) for word in ("harbour", "said"))
    vector = weigh(words, (), {ALL_ARTICLES: 1_000, said: 900, harbour: 3})
    assert vector[harbour] > 5 * vector[said]
    assert math.isclose(likeness(vector, vector), 1.0)


def test_a_name_weighs_more_than_a_word_and_is_none() -> None:
    words = word_counts("", "harbour", "en")
    vector = weigh(words, [name_term("harbour")], {})
    assert vector[name_term("harbour")] > vector[next(iter(words))]


def test_nothing_is_like_nothing() -> None:
    assert weigh({}, (), {}) == {}
    assert likeness({}, {}) == 0.0


def test_a_vector_keeps_the_heaviest_terms_in_a_fixed_order() -> None:
    vector = weigh({number: 1 + number // 50 for number in range(1, 200)}, (), {})
    assert len(vector) == MOST_TERMS
    assert list(vector) == [*range(150, 200), *range(100, 114)]


@pytest.mark.parametrize("articles", [1, 19, 500])
def test_a_new_article_moves_the_mean(articles: int) -> None:
    mean = joined({1: 1.0}, articles, {2: 1.0})
    assert math.isclose(mean[2] / mean[1], 1 / min(articles, 20))
