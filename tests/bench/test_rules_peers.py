"""The benchmark's engines agree on the same rules and articles: newswatch, SQLite FTS5, plain regular expressions."""

import pytest

from bench.rules.corpus import articles
from bench.rules.own import engine, matching
from bench.rules.peers.fts5 import Fts5, expression
from bench.rules.peers.lucene import nested
from bench.rules.peers.naive import Naive
from bench.rules.peers.postgres import tsqueries
from bench.rules.queries import MANY_WILDCARDS, All, Any, Near, Not, Score, Some, Term, queries, ruleset
from bench.rules.tokens import term_tokens, tokens

WHO, WHAT = Any((Term("Rolea Hapen"), Term("서울"))), Any((Term("summit"),))
NEAR = Near((Term("Rolea Hapen"),), (Term("summit"), Term("talks")), 3)


@pytest.mark.parametrize("wildcards", [0.04, MANY_WILDCARDS])
def test_newswatch_finds_what_fts5_and_regular_expressions_find(wildcards: float) -> None:
    texts = articles(60)
    own = engine(ruleset(queries(1000, wildcards=wildcards)))
    found = [sorted(int(rule[1:]) for rule in matching(own, text)) for text in texts]
    fts5 = Fts5(queries(1000, wildcards=wildcards), texts)
    try:
        assert [sorted(rules) for rules in fts5.batches["batch of 500"]()] == found
        assert fts5.singles["one document, N MATCH"](7) == found[7]
    finally:
        fts5.close()
    naive = Naive(queries(1000, wildcards=wildcards), texts)
    assert [naive.singles["one document"](number) for number in range(12)] == found[:12]
    assert sum(map(len, found)) > 30


def test_a_term_of_unspaced_scripts_is_a_phrase_of_pairs() -> None:
    assert tokens("高市早苗は東京") == ["高市", "市早", "早苗", "苗は", "は東", "東京"]
    assert tokens("Lee Jae-myung’s G7首脳会議") == ["lee", "jae", "myung", "s", "g7", "首脳", "脳会", "会議"]
    assert term_tokens(Term("이재명")) == ["이재", "재명"]


def test_queries_are_written_in_each_language() -> None:
    query = All((WHO, WHAT, Not(Any((Term("talk", prefix=True),)))))
    assert expression(query) == '((("rolea hapen" OR "서울") AND ("summit")) NOT ("talk"*))'
    assert list(tsqueries(query)) == ["((('rolea' <-> 'hapen') | ('서울')) & (('summit')) & !(('talk':*)))"]
    assert nested(query) == '(all (any "rolea hapen" "서울") (any "summit") (not (any (prefix "talk"))))'
    assert nested(Some(2, (WHO, WHAT))) == '(some 2 (any "rolea hapen" "서울") (any "summit"))'


def test_near_is_written_in_each_language() -> None:
    assert expression(NEAR) == '(NEAR("rolea hapen" "summit", 3) OR NEAR("rolea hapen" "talks", 3))'
    assert nested(NEAR) == '(near 3 (any "rolea hapen") (any "summit" "talks"))'
    (row,) = tsqueries(All((NEAR, WHAT)))
    assert row.count(" <4> ") == 2
    assert " <5> " not in row
    assert row.endswith(" & (('summit'))")


def test_a_score_is_written_as_the_combinations_that_reach_it() -> None:
    score = Score(((Term("a1"), 20), (Term("b1"), 10), (Term("x1"), -10)), 30)
    assert nested(score) == '(any (all "a1" "b1" (not "x1")))'
