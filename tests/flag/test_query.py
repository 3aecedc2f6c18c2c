"""The parser: what it reads, what it refuses and where, and that printing and reading agree."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newswatch.errors import RuleError
from newswatch.flag import syntax
from newswatch.flag.query import MAX_LEAVES, notes, parse
from newswatch.flag.syntax import Unit, Wild, canonical

ROWS = [
    ("a b", "(a AND b)"),
    ("a && b & c", "(a AND b AND c)"),
    ("a || b | c", "(a OR b OR c)"),
    ("a AND b OR c", "((a AND b) OR c)"),
    ("a OR b AND c", "(a OR (b AND c))"),
    ("a NOT b", "(a AND NOT b)"),
    ("a -b !c", "(a AND NOT b AND NOT c)"),
    ("+a +b", "(a AND b)"),
    ("NOT a NEAR/3 b", "NOT (a NEAR/3 b)"),
    ("a NEAR b", "(a NEAR/4 b)"),
    ("a W/5 b", "(a NEAR/5 b)"),
    ("a PRE/5 b", "(a ONEAR/5 b)"),
    ("a NEAR/5f b", "(a ONEAR/5 b)"),
    ("a SENTENCE b", "(a NEAR/S b)"),
    ("a W/S b", "(a NEAR/S b)"),
    ("a PARAGRAPH b", "(a NEAR/P b)"),
    ("a NOT NEAR/5 b", "(a NOT NEAR/5 b)"),
    ("a NOT PARAGRAPH b", "(a NOT NEAR/P b)"),
    ("a NEAR/2 b NEAR/3 c", "((a NEAR/2 b) NEAR/3 c)"),
    ("a NEAR/2 (b OR c)", "(a NEAR/2 (b OR c))"),
    ("京都 EXCEPT (東京都 OR 京都議定書)", "(京都 EXCEPT (東京都 OR 京都議定書))"),
    ('"a b"~3', '"a b"~3'),
    ('"a b"~3^5', '"a b"~3^5'),
    ("ATLEAST/3(x)", "COUNT(x) >= 3"),
    ("ATLEAST3(x)", "COUNT(x) >= 3"),
    ("ATLEAST 3 (x)", "COUNT(x) >= 3"),
    ("COUNT(x OR y) < 2", "COUNT((x OR y)) < 2"),
    ("2 OF (a, b c, d)", "2 OF (a, (b AND c), d)"),
    ("SCORE(a^20, b^10.5, c^-50) >= 30", "SCORE(a^20, b^10.5, c^-50) >= 30"),
    ("TALLY((a OR b)^2~3) > 4", "TALLY((a OR b)^2~3) > 4"),
    ("FIRST/50(x)", "FIRST/50(x)"),
    ("title:a^3", "title:a^3"),
    ("title:(a^3)", "title:a^3"),
    ("title:case:Apple", "title:case:Apple"),
    ("title:(a OR NOT b)", "title:(a OR NOT b)"),
    ("lang:ko source:Reuters", "(lang:ko AND source:Reuters)"),
    ("url:/world/ AND (url:https://a.b/c?d=e)", '(url:"/world/" AND url:"https://a.b/c\\?d=e")'),
    ('url:(/ab/ OR x) url:"q"', "(url:(/ab/ OR x) AND url:q)"),
    ("@takaichi-sanae @lee", "(@takaichi-sanae AND @lee)"),
    ('@"two words"', '@"two words"'),
    ("published >= 2026-01-31 words<300", "(published >= 2026-01-31 AND words < 300)"),
    ("/ab+c\\/d/i", "/ab+c\\/d/i"),
    ("a # comment )\n b", "(a AND b)"),
    ("(((a)))", "a"),
    ("“curly” „low“ «angle» 「かぎ」 『二重』", "(curly AND low AND angle AND かぎ AND 二重)"),
    ('"say \\"x\\" \\\\ \\*"', '"say \\"x\\" \\\\ \\*"'),
    ("nucle* wom?n", '("nucle*" AND "wom?n")'),
    ("a\\*b", '"a\\*b"'),
    ("ANDROID ORACLE NOTE NEARBY", "(ANDROID AND ORACLE AND NOTE AND NEARBY)"),
    ("AT&T AC/DC U.S. O'Neill 한·일 12:30", '("AT&T" AND "AC/DC" AND "U.S" AND "O\'Neill" AND "한·일" AND "12:30")'),
    ("George W Bush", '(George AND "W" AND Bush)'),
    ('"AND"', '"AND"'),
    ("published", '"published"'),
]


@pytest.mark.parametrize(("query", "printed"), ROWS)
def test_reads_and_prints(query: str, printed: str) -> None:
    node = parse(query)
    assert canonical(node) == printed
    assert parse(printed) == node


ERRORS = [
    ("", 1, "empty"),
    ("  # only a comment", 19, "empty"),
    ("(a OR b", 1, "never closed"),
    ("a)", 2, "no opening one"),
    ("a AND ()", 7, "empty"),
    ("SCORE() > 1", 6, "empty"),
    ("a AND", 3, "nothing on its right"),
    ("a OR OR b", 3, "nothing on its right"),
    ("a & | b", 3, "nothing on its right"),
    ("NOT", 1, "nothing on its right"),
    ("a NEAR/5", 3, "nothing on its right"),
    ("OR a", 1, "nothing on its left"),
    ("NEAR/5 a", 1, "nothing on its left"),
    ("titel:x", 1, "unknown field 'titel'"),
    ("a NEAR/0 b", 3, "distance of 0"),
    ("a NEAR/1001 b", 3, "at most 1000"),
    ("a NEAR/x b", 3, "is no distance"),
    ("a NEAR/ 5 b", 3, "needs a number right behind it"),
    ('a "bc', 3, "never closed"),
    ('""', 1, "phrase is empty"),
    ('"  "', 1, "phrase is empty"),
    ("/abc", 1, "never closed"),
    ("x //", 3, "empty"),
    ("a, b", 2, "comma"),
    ("a^", 2, "needs a number"),
    ("a ^3", 3, "right after a term"),
    ("a^2^3", 4, "two weights"),
    ("(a^2)^3", 1, "two weights"),
    ("5 OF (a, b)", 1, "can never hold"),
    ("0 OF (a)", 1, "out of range"),
    ("OF (a)", 1, "needs a number on its left"),
    ("2 OF (a,, b)", 9, "missing after the comma"),
    ("ATLEAST(a)", 8, "needs a number"),
    ("ATLEAST/2 a", 1, "needs parentheses"),
    ("ATLEAST/2(a, b)", 1, "takes one expression"),
    ("COUNT(a) 3", 10, "needs a comparison"),
    ("COUNT(a) > x", 12, "whole number"),
    ("SCORE(a^2)", 11, "needs a comparison"),
    ("SCORE(a) >= x", 13, "compared with a number"),
    ("published > tomorrow", 13, "compared with a date"),
    ("published > 2026-02-30", 13, "compared with a date"),
    ("words > few", 9, "compared with a number"),
    ("@", 1, "needs the name"),
    ("a > 3", 3, "compares only"),
    ("a ☃", 3, "cannot stand here"),
]


@pytest.mark.parametrize(("query", "column", "words"), ERRORS)
def test_refuses_with_place_cause_and_remedy(query: str, column: int, words: str) -> None:
    with pytest.raises(RuleError) as caught:
        parse(query, "a rule")
    (problem,) = caught.value.problems
    assert (problem.where, problem.line, problem.column) == ("a rule", 1, column)
    assert words in problem.message
    assert problem.remedy


def test_lines_are_counted() -> None:
    with pytest.raises(RuleError) as caught:
        parse("a AND\n  (b OR\n  c d))")
    assert (caught.value.problems[0].line, caught.value.problems[0].column) == (3, 7)


@pytest.mark.parametrize(
    "query",
    [
        "(" * 20_000,
        "(" * 20_000 + "a" + ")" * 20_000,
        "!" * 20_000 + "a",
        "NOT " * 20_000 + "a",
        " NEAR ".join("a" * 20_000),
    ],
)
def test_too_deep_is_an_error_not_a_crash(query: str) -> None:
    with pytest.raises(RuleError, match="nested more than 100 deep"):
        parse(query)


def test_a_hundred_deep_is_read_and_printed() -> None:
    node = parse("(x OR " * 90 + "a" + ")" * 90)
    assert parse(canonical(node)) == node
    node = parse("NOT " * 90 + "a")
    assert parse(canonical(node)) == node


def test_many_alternatives() -> None:
    node = parse(" OR ".join(f"w{number}" for number in range(MAX_LEAVES)))
    assert isinstance(node, syntax.Or)
    assert len(node.items) == MAX_LEAVES
    with pytest.raises(RuleError, match="more than 20000 terms"):
        parse(" OR ".join(["x"] * (MAX_LEAVES + 1)))


def test_notes_on_what_is_easily_misread() -> None:
    assert [(note.column, note.code) for note in notes("a AND b OR c and d e")] == [
        (14, "lower-case-operator"),
        (20, "adjacent-words"),
        (1, "mixed-operators"),
    ]
    assert notes("(a AND b) OR c") == []
    assert notes("a AND NOT b AND -c") == []


def check_round_trip(text: str) -> None:
    """Assert that `text` is refused with a place, or means the same after printing."""
    try:
        node = parse(text)
    except RuleError as error:
        if error.problems[0].line is None or error.problems[0].column is None:
            raise
        return
    assert parse(canonical(node)) == node


@given(st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_text_parses_or_is_a_rule_error(text: str) -> None:
    check_round_trip(text)


TOKENS = (
    'a b 이재명 高市 "x y" “z” AND OR NOT NEAR NEAR/3 ONEAR/2 W/S EXCEPT ( ) , ^2 ^-1.5 ~3 title: case: url: @e /abc/ '
    "SCORE( COUNT( ATLEAST/2( FIRST/9( 2 OF ( >= < 3 published words lang:ko * ? \\ # \n - ! + | & \x00 \ud800"
).split(" ")
PIECES = st.lists(st.sampled_from(TOKENS), max_size=14)


@given(PIECES, st.sampled_from(["", " "]))
@settings(max_examples=500, deadline=None)
def test_any_mixture_of_tokens_parses_or_is_a_rule_error(pieces: list[str], glue: str) -> None:
    check_round_trip(glue.join(pieces))


NAMES = st.sampled_from(
    ["lee", "이재명", "高市", "a b", "AND", "x*y", 'q"q', "back\\slash", "9", "U.S.", "https://a.b/c?d"]
)
TERMS = st.builds(lambda text, wild: syntax.Term((text, Wild.ANY) if wild else (text,)), NAMES, st.booleans())


def _grow(nodes: st.SearchStrategy[syntax.Node]) -> st.SearchStrategy[syntax.Node]:
    pair = st.lists(nodes, min_size=2, max_size=3).map(tuple)
    plain = nodes.filter(lambda node: not isinstance(node, syntax.Boost))
    number = st.integers(-99, 99) | st.sampled_from([0.5, -2.25])
    unit = st.sampled_from(Unit)
    return st.one_of(
        st.builds(syntax.And, pair),
        st.builds(syntax.Or, pair),
        st.builds(syntax.Not, nodes),
        st.builds(
            lambda a, b, kind, distance, ordered, negated: syntax.Near(
                a, b, kind, distance if kind is Unit.WORDS else 4, ordered and kind is Unit.WORDS, negated
            ),
            nodes, nodes, unit, st.integers(1, 1000), st.booleans(), st.booleans(),
        ),
        st.builds(syntax.Except, nodes, nodes),
        st.builds(syntax.Scope, st.sampled_from(["title", "lead", "case", "sub", "lang", "url"]), plain),
        st.builds(lambda item, w, cap: syntax.Boost(item, float(w), cap), plain, number, st.none() | st.integers(1, 9)),
        st.builds(syntax.Count, nodes, st.sampled_from([">=", "<", "="]), st.integers(0, 99)),
        st.builds(syntax.First, st.integers(1, 99), nodes),
        st.builds(lambda items: syntax.Some(2, items), pair),
        st.builds(lambda items, n, each: syntax.Score(items, ">=", float(n), each), pair, number, st.booleans()),
    )  # fmt: skip


LEAVES = st.one_of(
    TERMS,
    st.builds(syntax.Reference, st.sampled_from(["lee", "two words", "a-b"])),
    st.builds(syntax.Regex, st.sampled_from(["ab+c", "x\\/y", "[(]|b"]), st.booleans()),
    st.builds(syntax.Meta, st.just("words"), st.sampled_from([">=", "<", "="]), st.just("9")),
    st.builds(syntax.Meta, st.just("published"), st.sampled_from([">", "<="]), st.just("2026-01-31")),
)


@given(st.recursive(LEAVES, _grow, max_leaves=12))
@settings(max_examples=300, deadline=None)
def test_canonical_text_means_the_same(node: syntax.Node) -> None:
    printed = canonical(node)
    assert parse(printed) == node
    assert canonical(parse(printed)) == printed
