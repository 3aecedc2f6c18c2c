"""The presearch may only change speed, and SQLite's FTS5 must agree where both can say the same."""

import random
import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newswatch.flag.matching import Engine
from newswatch.model import MatchInput
from tests.flag.helpers import check_spans, pack

VOCABULARY = ["lee", "takaichi", "summit", "talks", "nara", "trade", "fish", "seoul", "tokyo", "spring"]


def _text(chance: random.Random, low: int, high: int) -> str:
    words = chance.choices(VOCABULARY, k=chance.randint(low, high))
    return "".join(word + chance.choice([" ", " ", " ", ", ", ". ", ".\n\n"]) for word in words)


LANGUAGES = ["en", "ko"]


def _article(chance: random.Random) -> MatchInput:
    return MatchInput(
        _text(chance, 0, 4),
        _text(chance, 0, 25),
        chance.choice([*LANGUAGES, "en-GB", ""]),
        source=chance.choice(["Evening Dusk", "Dawn", ""]),
        country=chance.choice(["KR", "jp", ""]),
        url=chance.choice(["https://example.org/Sport/1", "https://example.org/", ""]),
        authors=chance.choice([("Kim Min-ji", "Jo"), ()]),
        section=chance.choice(["World news", ""]),
    )


TERM = st.sampled_from(
    [*VOCABULARY, "sum*", "ta*", '"lee takaichi"', "title:lee", "case:Lee", "lead:nara", "sub:al", '"lee nara"~2']
)
MENTIONED = st.recursive(
    TERM,
    lambda inner: st.one_of(
        st.builds(lambda a, b: f"({a} OR {b})", inner, inner),
        st.builds(
            lambda a, o, n, b: f"({a} {o}/{n} {b})",
            inner,
            st.sampled_from(["NEAR", "ONEAR", "NOT NEAR"]),
            st.integers(1, 4),
            inner,
        ),
        st.builds(lambda a, b: f"({a} NEAR/S {b})", inner, inner),
        st.builds(lambda a, b: f"({a} EXCEPT {b})", inner, inner),
    ),
    max_leaves=4,
)
FACT = st.sampled_from(
    ["lang:en", "lang:(en OR ko)", "source:dusk", 'source:"evening dusk"', "source:da*", "country:KR", "url:/sport/",
     "author:kim", "section:world", "words > 9"]
)  # fmt: skip
COMPARISON = st.sampled_from([">=", ">", "<", "<=", "="])
WEIGHT = st.integers(-5, 5)
QUERY = st.recursive(
    st.one_of(MENTIONED, MENTIONED, FACT),
    lambda inner: st.one_of(
        st.builds(lambda a, b: f"({a} AND {b})", inner, inner),
        st.builds(lambda a, b: f"({a} OR {b})", inner, inner),
        st.builds(lambda a: f"(NOT {a})", inner),
        st.builds(lambda a, b, c, k: f"{k} OF ({a}, {b}, {c})", inner, inner, inner, st.integers(1, 3)),
        st.builds(
            lambda a, b, w, v, c, n: f"SCORE({a}^{w}, {b}^{v}) {c} {n}",
            inner, inner, WEIGHT, WEIGHT, COMPARISON, st.integers(-6, 6),
        ),
        st.builds(lambda a, c, n: f"COUNT({a}) {c} {n}", MENTIONED, COMPARISON, st.integers(0, 3)),
        st.builds(lambda a, c, n: f"TALLY({a}^2) {c} {n}", MENTIONED, COMPARISON, st.integers(-2, 5)),
    ),
    max_leaves=6,
)  # fmt: skip


@given(st.lists(QUERY, min_size=1, max_size=6), st.integers(0, 1 << 30))
@settings(max_examples=200, deadline=None)
def test_presearch_changes_nothing(queries: list[str], seed: int) -> None:
    chance = random.Random(seed)
    ruleset = pack(*(f"{query} AND lang:({chance.choice(LANGUAGES)} OR de)" for query in queries))
    articles = [_article(chance) for _ in range(5)]
    plain = Engine(ruleset, presearch=False)
    fast = Engine(ruleset)
    measured = Engine(ruleset, frequencies=fast.measure(articles))
    for text in articles:
        found = plain.match(text)
        assert fast.match(text) == found
        assert measured.match(text) == found
        for match in found:
            check_spans(match, text)


def _fts_query(chance: random.Random, depth: int = 0) -> tuple[str, str]:
    """Return the same query for newswatch and for FTS5."""
    kind = chance.choice(
        ["term", "prefix", "phrase", "near"] if depth > 2 else ["term", "prefix", "phrase", "near", "and", "or", "not"]
    )
    word = chance.choice(VOCABULARY)
    other = chance.choice([each for each in VOCABULARY if each != word])
    if kind == "term":
        return word, word
    if kind == "prefix":
        return f"{word[:3]}*", f"{word[:3]}*"
    if kind == "phrase":
        return f'"{word} {other}"', f'"{word} {other}"'
    if kind == "near":
        distance = chance.randint(1, 6)
        return f"({word} NEAR/{distance} {other})", f"NEAR({word} {other}, {distance})"
    left, right = _fts_query(chance, depth + 1), _fts_query(chance, depth + 1)
    operator = {"and": ("AND", "AND"), "or": ("OR", "OR"), "not": ("AND NOT", "NOT")}[kind]
    return f"({left[0]} {operator[0]} {right[0]})", f"({left[1]} {operator[1]} {right[1]})"


@pytest.mark.parametrize("seed", range(4))
def test_fts5_agrees(seed: int) -> None:
    chance = random.Random(seed)
    articles = [MatchInput("", _text(chance, 3, 40), "en") for _ in range(60)]
    database = sqlite3.connect(":memory:")
    try:
        database.execute("CREATE VIRTUAL TABLE articles USING fts5(body, tokenize='unicode61')")
    except sqlite3.OperationalError:
        pytest.skip("this SQLite has no FTS5")
    database.executemany(
        "INSERT INTO articles(rowid, body) VALUES (?, ?)", [(i, each.body) for i, each in enumerate(articles)]
    )
    queries = [_fts_query(chance) for _ in range(150)]
    ruleset = pack(*(query for query, _ in queries))
    fast = Engine(ruleset)
    engines = (
        fast,
        Engine(ruleset, presearch=False),
        Engine(ruleset, frequencies=fast.measure(articles)),
        Engine(pack(*(query for query, _ in queries[40:]), "fish")).updated(ruleset),
    )
    for engine in engines:
        found = [set(engine.matching_ids(text)) for text in articles]
        for number, (query, fts) in enumerate(queries):
            expected = {row[0] for row in database.execute("SELECT rowid FROM articles WHERE articles MATCH ?", (fts,))}
            assert {index for index, ids in enumerate(found) if f"r{number}" in ids} == expected, (query, fts)
    database.close()
