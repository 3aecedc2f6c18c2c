"""One token function for both databases, and queries that cannot be wrong."""

import sqlite3
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newswatch.search_tokens import MAX_TOKENS, fts5_query, query_terms, tokens, tsquery, tsvector_text

TEXTS = {
    "ko": "이재명 대통령은 13일 일본 나라현에서 다카이치 총리와 한일 정상회담을 했다. 삼성전자 주가가 올랐다.",
    "ja": "日韓首脳会談が奈良県で開かれた。高市早苗首相は｢未来志向｣と述べた。ﾄﾖﾀ自動車",
    "zh": "苹果公司与华为在北京举行会谈，讨论了合作问题",
    "en": "Lee Jae-myung met Takaichi in Nara; the CAFÉ’s owner said 3.5 percent",
    "mixed": "日本BBC放送がG7国の会合を伝えた",
    "hi": "राष्ट्रपति ने हिन्दी में कहा",
    "th": "ประธานาธิบดีเกาหลีใต้",
}


@pytest.fixture
def index() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE t USING fts5(body, content='')")
    for row, text in enumerate(TEXTS.values()):
        connection.execute("INSERT INTO t(rowid, body) VALUES (?, ?)", (row, " ".join(tokens(text))))
    yield connection
    connection.close()


def search(index: sqlite3.Connection, query: str) -> list[str]:
    expression = fts5_query(query)
    if expression is None:
        return []
    rows = index.execute("SELECT rowid FROM t WHERE t MATCH ? ORDER BY rowid", (expression,)).fetchall()
    return [list(TEXTS)[row] for (row,) in rows]


def test_words_are_folded_in_case_width_and_accents() -> None:
    assert tokens("CAFÉ Ｆｕｌｌ１２ Straße Ελλάδα don’t") == ["cafe", "full12", "strasse", "ελλαδα", "don", "t"]


def test_a_decomposed_letter_is_the_composed_one() -> None:
    assert tokens("Cafe\u0301") == tokens("Café") == ["cafe"]
    assert tokens("정상") == tokens("정상") == ["정상", "상"]


def test_runs_become_pairs_and_a_last_single_character() -> None:
    assert tokens("高市早苗") == ["高市", "市早", "早苗", "苗"]
    assert tokens("県") == ["県"]


def test_scripts_that_touch_are_taken_apart() -> None:
    assert tokens("日本BBC放送") == ["日本", "本", "bbc", "放送", "送"]


def test_half_width_kana_are_whole_kana() -> None:
    assert tokens("ﾄﾖﾀ") == tokens("トヨタ")


def test_a_mark_does_not_cut_a_word() -> None:
    assert tokens("हिन्दी كِتَاب") == ["हिन्दी", "كِتَاب"]


def test_a_text_gives_at_most_the_tokens_that_have_positions() -> None:
    assert len(tokens("word " * 20_000)) == MAX_TOKENS


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("삼성", ["ko"]),
        ("정상회담", ["ko"]),
        ("한일 정상회담", ["ko"]),
        ("이재명 다카이치", ["ko"]),
        ("华为", ["zh"]),
        ("高市早苗", ["ja"]),
        ("首脳会談 奈良", ["ja"]),
        ("トヨタ", ["ja"]),
        ("「未来志向」", ["ja"]),
        ("題", []),
        ("题", ["zh"]),  # the last character of its run
        ("県", ["ja"]),
        ("일본 OR 日本", ["ko", "mixed"]),
        ("日本bbc", ["mixed"]),
        ("g7国", ["mixed"]),
        ("cafe", ["en"]),
        ("Jae-myung", ["en"]),
        ("jae lee", ["en"]),
        ('"jae lee"', []),
        ('"lee jae"', ["en"]),
        ("“met Takaichi”", ["en"]),
        ("lee -nara", []),
        ("lee -seoul", ["en"]),
        ("nara | 奈良", ["ja", "en"]),
        ("lee AND nara", ["en"]),
        ("हिन्दी", ["hi"]),
        ("北海道", []),
        ("首会", []),
    ],
)
def test_a_person_finds(index: sqlite3.Connection, query: str, found: list[str]) -> None:
    assert search(index, query) == found


@pytest.mark.parametrize("query", ["", "   ", "-", "-nara", "OR", "AND", "* ( )", '""', "“”", "、。", "OR OR |"])
def test_nothing_to_look_for_is_none(query: str) -> None:
    assert (query_terms(query), fts5_query(query), tsquery(query)) == (None, None, None)


@pytest.mark.parametrize(
    "query",
    [
        '"unclosed',
        "NEAR(a b, 3)",
        "body:lee",
        "^lee",
        "a* OR",
        "lee' ; DROP TABLE t; --",
        "a\\b 'c",
        "{x} : +y",
        "x" * 9999,
    ],
)
def test_no_query_is_an_error(index: sqlite3.Connection, query: str) -> None:
    assert fts5_query(query) is not None
    assert isinstance(search(index, query), list)


@given(st.text(max_size=80))
def test_any_query_runs_on_fts5(query: str) -> None:
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("CREATE VIRTUAL TABLE t USING fts5(body, content='')")
        expression = fts5_query(query)
        if expression is not None:
            assert connection.execute("SELECT rowid FROM t WHERE t MATCH ?", (expression,)).fetchall() == []
    finally:
        connection.close()


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40))
def test_a_text_is_found_by_its_own_words(text: str) -> None:
    words = tokens(text)
    if not words:
        return
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("CREATE VIRTUAL TABLE t USING fts5(body, content='')")
        connection.execute("INSERT INTO t(rowid, body) VALUES (1, ?)", (" ".join(words),))
        quoted = fts5_query('"' + text.replace('"', " ") + '"')
        if quoted is not None:
            assert connection.execute("SELECT rowid FROM t WHERE t MATCH ?", (quoted,)).fetchall() == [(1,)]
    finally:
        connection.close()


def test_tsquery_says_the_same() -> None:
    assert (
        tsquery('lee OR 이재명 "first second" -nara')
        == "('lee' | '이재' <-> '재명') & ('first' <-> 'second') & !('nara')"
    )
    assert tsquery("県") == "('県':*)"


def test_tsvector_has_positions_and_gaps() -> None:
    assert tsvector_text(["a", "b", "", "", "a"]) == "'a':1,5 'b':2"


def test_tsvector_quotes_what_needs_it() -> None:
    assert tsvector_text(["it's", "a\\b"]) == "'it''s':1 'a\\\\b':2"


def test_tsvector_stays_inside_postgresqls_limits() -> None:
    text = tsvector_text([f"w{number}" for number in range(20_000)])
    assert "'w16382':16383" in text
    assert "'w16383' 'w16384'" in text  # findable, in no phrase
    assert tsvector_text(["x"] * 1_000).count(",") == 254
    assert len(tsvector_text(["あ" * 60 + str(number) for number in range(15_000)]).encode()) < 1_048_575
