"""Queries of other tools: what they become, and what is said to be lost."""

import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newswatch.errors import RuleError
from newswatch.flag.convert import DIALECTS, convert
from newswatch.flag.query import parse
from newswatch.flag.syntax import canonical
from tests.flag.helpers import hit

QUERIES = [
    # Lucene has no precedence: AND requires its sides, the rest only ranks beside them
    ("lucene", "tax cut", "(tax OR cut)", ()),
    ("lucene", "a1 AND b1", "(a1 AND b1)", ()),
    ("lucene", "a1 AND b1 OR c1", "(a1 AND b1)", ((14, "only ranks"),)),
    ("lucene", "a1 OR b1 AND c1", "(b1 AND c1)", ((1, "only ranks"),)),
    ("lucene", "(a1 OR b1) AND c1", "((a1 OR b1) AND c1)", ()),
    ("lucene", "+tax -income cut", "(tax AND NOT income)", ((14, "only ranks"),)),
    ("lucene", "tax NOT income", "(tax AND NOT income)", ()),
    ("lucene", "tax && !income || fee", "(tax AND NOT income)", ((19, "only ranks"),)),
    ("lucene", "a1 AND NOT (b1 OR c1)", "(a1 AND NOT (b1 OR c1))", ()),
    ("lucene", 'title:"carbon tax" AND body:(rain snow)', '(title:"carbon tax" AND body:(rain OR snow))', ()),
    ("lucene", '"carbon tax"~5', "(carbon NEAR/5 tax)", ()),
    ("lucene", '"carbon import tax"~5', '"carbon import tax"~5', ((1, "keeps their order"),)),
    ("lucene", "roam~1 OR fish", "(roam OR fish)", ((5, "spelt nearly"),)),
    ("lucene", "tax^3 AND fish", "(tax AND fish)", ((4, "only ranks"),)),
    ("lucene", "/joh?nathan/ OR te?t*", '(/joh?nathan/i OR "te?t*")', ()),
    ("lucene", "fish AND date:[2026-01-01 TO 2026-01-31}",
     "(fish AND published >= 2026-01-01 AND published < 2026-01-31)", ()),
    ("lucene", "fish AND words:[100 TO *]", "(fish AND words >= 100)", ()),
    ("lucene", "fish AND price:[1 TO 2]", "fish", ((10, "no counterpart"),)),
    ("lucene", "fish AND _exists_:title", "fish", ((10, "left out"),)),
    ("lucene", "fish AND mood:glad", "fish", ((10, "there is no field mood"),)),
    ("lucene", "lang:ko AND 회담", "(lang:ko AND 회담)", ()),
    ("lucene", "host\\:port OR and", '("host:port" OR and)', ()),
    ("lucene", "site:example.org/world AND fish", '(url:"example.org/world" AND fish)', ()),
    # Meltwater and Brandwatch count words between, and have the usual precedence
    ("meltwater", "Apple near/5 watch", "(Apple NEAR/5 watch)", ()),
    ("meltwater", "apple NEAR watch", "(apple NEAR/4 watch)", ()),
    ("meltwater", "apple ONEAR/10 (watch OR iwatch)", "(apple ONEAR/10 (watch OR iwatch))", ()),
    ("meltwater", 'apple AND (watch OR iwatch) NOT ("apple sauce" OR "apple orchard*")',
     '(apple AND (watch OR iwatch) AND NOT ("apple sauce" OR "apple orchard*"))', ()),
    ("meltwater", "a1 AND b1 OR c1 and d1", "((a1 AND b1) OR (c1 AND d1))", ()),
    ("meltwater", "not sport and lang:ko", "(NOT sport AND lang:ko)", ()),
    ("meltwater", "title:(summit or talks) and nara", "(title:(summit OR talks) AND nara)", ()),
    ("meltwater", "a1 near/5 (b1 and c1)", "((a1 NEAR/5 b1) AND (a1 NEAR/5 c1))", ((4, "spread"),)),
    ("meltwater", "高市 near/5 会談", "(高市 NEAR/5 会談)", ()),
    ("brandwatch", "logitech NEAR/2f keyboard", "(logitech ONEAR/2 keyboard)", ()),
    ("brandwatch", "(apple OR orange) NEAR/5 (phone OR tablet)", "((apple OR orange) NEAR/5 (phone OR tablet))", ()),
    ("brandwatch", '"apple juice"~5', "(apple NEAR/5 juice)", ()),
    ("brandwatch", "((cake OR cookie) AND (birthday OR party))~5", "((cake OR cookie) NEAR/5 (birthday OR party))", ()),
    ("brandwatch", "cake AND -pie", "(cake AND NOT pie)", ()),
    ("brandwatch", "raw:Google AND site:example.org", '(raw:Google AND url:"example.org")', ()),
    ("brandwatch", "cake AND engagement:5 AND near", "(cake AND near)", ((10, "there is no field engagement"),)),
    ("brandwatch", "cake and pie", "(cake AND and AND pie)", ()),
    # LexisNexis binds OR first and counts up to the word itself
    ("lexisnexis", "a1 and b1 or c1", "(a1 AND (b1 OR c1))", ()),
    ("lexisnexis", "tax w/5 cut", "(tax NEAR/4 cut)", ()),
    ("lexisnexis", "tax W/1 cut", '("tax cut" OR "cut tax")', ()),
    ("lexisnexis", "southwest pre/1 air or airline",
     "(southwest ONEAR/1 (air OR airline))", ((11, "one word between"),)),
    ("lexisnexis", "tax pre/2 cut", "(tax ONEAR/1 cut)", ()),
    ("lexisnexis", "tax +3 cut", "(tax ONEAR/2 cut)", ()),
    ("lexisnexis", "rico not w/5 puerto", "(rico NOT NEAR/4 puerto)", ()),
    ("lexisnexis", "bankrupt! w/25 discharg! and not student or college or education! w/5 loan",
     '(("bankrupt*" NEAR/24 "discharg*") AND NOT ((student OR college OR "education*") NEAR/4 loan))', ()),
    ("lexisnexis", "school W/25 liab! AND rugby OR football W/10 injur!",
     '((school NEAR/24 "liab*") AND ((rugby OR football) NEAR/9 "injur*"))', ()),
    ("lexisnexis", "wom*n /s vote", '("wom?n" NEAR/S vote)', ()),
    ("lexisnexis", "tax w/p cut", "(tax NEAR/P cut)", ()),
    ("lexisnexis", "carbon tax and fish", '("carbon tax" AND fish)', ()),
    ("lexisnexis", "ATLEAST3(fish) and CAPS(us) and HEADLINE(rain or snow)",
     "(COUNT(fish) >= 3 AND case:US AND title:(rain OR snow))", ()),
    ("lexisnexis", "HLEAD(summit)", "(title:summit OR lead:summit)", ()),
    ("lexisnexis", "tax w/seg cut", "(tax AND cut)", ((5, "segment"),)),
    ("lexisnexis", "tax and NAICS(fish)", "tax", ((9, "no counterpart"),)),
    ("lexisnexis", "(loan and grant) w/3 student",
     "((loan NEAR/2 student) AND (grant NEAR/2 student))", ((18, "spread"),)),
]  # fmt: skip


@pytest.mark.parametrize(("dialect", "text", "query", "lost"), QUERIES, ids=[f"{row[0]}: {row[1]}" for row in QUERIES])
def test_what_queries_become(dialect: str, text: str, query: str, lost: tuple[tuple[int, str], ...]) -> None:
    found = convert(text, dialect)
    assert found.query == query
    assert canonical(parse(found.query)) == found.query
    assert len(found.lost) == len(lost), found.lost
    for problem, (column, words) in zip(found.lost, lost, strict=True):
        assert (problem.line, problem.column, words in problem.message) == (1, column, True), problem
        assert problem.remedy


@pytest.mark.parametrize(
    ("dialect", "text", "yes", "no"),
    [
        ("lucene", "+tax +(carbon import)", "an import tax", "a carbon price"),
        ("lexisnexis", "park w/3 lee or kim", "Kim will meet Park", "Kim will be there with Park"),
        ("meltwater", "park onear/1 lee", "Park met Lee", "Lee met Park"),
        ("brandwatch", "park NEAR/1f lee", "Park met Lee", "Lee met Park"),
    ],
)
def test_what_becomes_of_them_matches(dialect: str, text: str, yes: str, no: str) -> None:
    query = convert(text, dialect).query
    assert hit(query, yes)
    assert not hit(query, no)


def test_what_is_different_throughout_is_told_once() -> None:
    found = convert("tax and cut", "lexisnexis")
    assert found.lost == ()
    assert ["plurals" in remark for remark in found.remarks] == [True]
    assert convert("tax and cut", "meltwater").remarks == ()


def test_what_is_refused_here_is_told_with_its_place() -> None:
    found = convert("tax OR\nt* OR fish", "meltwater")
    assert [(problem.line, problem.column) for problem in found.lost] == [(2, 1)]
    assert "at least two letters" in found.lost[0].message
    assert "names nothing" in convert("NOT tax", "meltwater").lost[0].message


@pytest.mark.parametrize(
    ("dialect", "text", "column", "words"),
    [
        ("lucene", "", 1, "nothing of this query"),
        ("lucene", "(a1 OR b1", 1, "never closed"),
        ("lucene", "a1)", 3, "no opening"),
        ("lucene", 'a1 "b1', 4, "never closed"),
        ("lucene", "a1 ]", 4, "cannot be read"),
        ("lucene", "+", 1, "nothing of this query"),
        ("lucene", "AND a1", 1, "nothing on its left"),
        ("lucene", "a1 AND OR b1", 8, "nothing on its left"),
        ("lucene", "(a1 OR) AND b1", 7, "nothing on its right"),
        ("meltwater", "AND a1", 1, "nothing on its left"),
        ("meltwater", "a1 OR", 4, "nothing on its right"),
        ("meltwater", "a1 OR OR b1", 4, "an operator on its right"),
        ("meltwater", "a1 AND (b1 OR", 12, "nothing on its right"),
        ("brandwatch", "mood:glad", 1, "nothing of this query"),
        ("lexisnexis", "a1 w/5", 4, "nothing on its right"),
        ("lexisnexis", "(a1 or (b1", 8, "never closed"),
        ("lucene", "(" * 200 + "a", 101, "nested more than 100"),
        ("meltwater", "(" * 20_000, 101, "nested more than 100"),
        ("meltwater", "title:" * 20_000 + "a", 601, "nested more than 100"),
        ("lucene", "title:" * 20_000 + "a", 601, "nested more than 100"),
        ("meltwater", " near ".join(["a1"] * 2_000), 804, "joined by distance"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(dialect: str, text: str, column: int, words: str) -> None:
    with pytest.raises(RuleError) as caught:
        convert(text, dialect)
    (problem,) = caught.value.problems
    assert (words in problem.message, problem.line, problem.column) == (True, 1, column), problem


@pytest.mark.parametrize("dialect", DIALECTS)
def test_twenty_thousand_alternatives(dialect: str) -> None:
    query = convert(" OR ".join(f"w{number}x" for number in range(20_000)), dialect).query
    assert query.count(" OR ") == 19_999


def test_the_example_of_the_page() -> None:
    page = (Path(__file__).parents[2] / "docs" / "rules.md").read_text("utf-8")
    examples = re.findall(r"^newswatch rules convert --from (\w+) '(.+)'\n# (.+)$", page, re.MULTILINE)
    assert examples
    for dialect, text, query in examples:
        assert convert(text, dialect).query == query


PIECES = st.lists(
    st.sampled_from(
        (
            'a1 b2 이재명 "x y" “z” AND OR NOT and or not near/3 ONEAR/2 W/5 w/s /p +4 NEAR/2f ( ) [1 TO 2] '
            "^2 ~3 title: mood: "
            "ATLEAST3( CAPS( HEADLINE( + - ! & && || * ? ! \\ # { } /abc/ … \x00 \ud800 raw: date:[2026-01-01 TO *] ~"
        ).split(" ")
    ),
    max_size=12,
)  # fmt: skip


@example("lucene", ["ATLEAST3", "()"], "")
@example("lucene", ["FIRST100"], "")
@given(st.sampled_from(DIALECTS), PIECES | st.text(max_size=40).map(lambda text: [text]), st.sampled_from(["", " "]))
@settings(max_examples=600, deadline=None)
def test_any_text_becomes_a_query_or_a_rule_error(dialect: str, pieces: list[str], glue: str) -> None:
    try:
        found = convert(glue.join(pieces), dialect)
    except RuleError as error:
        assert error.problems[0].line  # noqa: PT017 - what else is raised fails the test by itself
        return
    assert canonical(parse(found.query)) == found.query
