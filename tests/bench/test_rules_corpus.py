"""The benchmark's corpus and rules: the same for everybody, and of the shape that monitoring has."""

import hashlib
from collections import Counter

import pytest

from bench.rules.corpus import LONGEST, SHORTEST, articles, long_article
from bench.rules.queries import MANY_WILDCARDS, All, Any, Not, Score, Term, newswatch, plain, queries, ruleset
from bench.rules.world import LANGUAGES, world
from newswatch.flag.matching import Engine


def digest(texts: list[str]) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]


def test_articles_are_the_same_for_everybody() -> None:
    assert digest([f"{article.title}\n{article.body}" for article in articles(200)]) == "8283e1c98f8851ff"


def test_rules_are_the_same_for_everybody() -> None:
    assert digest([newswatch(query) for query in queries(1000)]) == "18b1f3d1f605b3f3"
    assert digest([newswatch(query) for query in queries(1000, wildcards=MANY_WILDCARDS)]) == "c2cfbf1b6d06d811"


def test_a_smaller_set_is_the_beginning_of_a_larger_one() -> None:
    assert [*queries(50)] == [*queries(300)][:50]
    assert articles(20) == articles(40)[:20]


def test_articles_have_the_length_and_languages_of_news() -> None:
    found = articles(100)
    assert all(SHORTEST - 2 <= len(article.body) <= LONGEST for article in found)
    assert Counter(article.language for article in found) == dict.fromkeys(LANGUAGES, 25)
    assert len(long_article(100_000).body) >= 100_000


def test_terms_of_unspaced_scripts_have_two_characters_or_more() -> None:
    for language in ("ko", "ja", "zh"):
        assert min(map(len, world().words[language])) >= 2


def test_rules_match_what_their_topic_is_about() -> None:
    engine = Engine(ruleset(queries(1000)))
    matches = sum(len(engine.match(article)) for article in articles(100))
    assert 50 < matches < 300


@pytest.mark.parametrize(
    ("held", "holds"),
    [("a", False), ("ab", True), ("abx", False), ("abcx", True), ("bc", False), ("ac", True), ("acx", False)],
)
def test_a_score_is_the_same_as_its_plain_form(held: str, holds: bool) -> None:
    a, b, c, x = (Any((Term(name),)) for name in "abcx")
    score = Score(((a, 20), (b, 15), (c, 10), (x, -15)), 30)

    def true(node: object) -> bool:
        match node:
            case Term():
                return node.text in held
            case All():
                return all(map(true, node.items))
            case Any():
                return any(map(true, node.items))
            case Not():
                return not true(node.item)
            case _:
                raise TypeError(node)

    assert true(plain(score)) is holds
