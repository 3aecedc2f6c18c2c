"""Where words begin and end in Chinese, Japanese and Korean: substring, `word:` and EXCEPT, measured and tested."""

import re
import tomllib
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from newswatch.errors import RuleError
from newswatch.flag.packs import parse_pack
from tests.flag.helpers import HEAD, article, hit, texts

ROOT = Path(__file__).parents[2]
CASES = [
    (language, case)
    for language, table in tomllib.loads(Path(__file__).with_name("boundaries.toml").read_text("utf-8")).items()
    for case in table["cases"]
]
POLICIES: dict[str, Callable[[dict[str, Any]], str]] = {
    "substring": lambda case: str(case["term"]),
    "`word:`": lambda case: f"word:{case['term']}",
    "`EXCEPT`": lambda case: f"{case['term']} EXCEPT {case['except']}" if "except" in case else str(case["term"]),
}


def errors(policy: str, language: str) -> tuple[int, int]:
    """Return false positives and false negatives of a policy on the cases of a language."""
    wrong = [
        case["meant"]
        for where, case in CASES
        if where == language and hit(POLICIES[policy](case), article(case["text"], language=where)) != case["meant"]
    ]
    return wrong.count(False), wrong.count(True)


def test_the_cases_are_as_many_as_the_page_says() -> None:
    counts = {
        language: (len(found), sum(case["meant"] for case in found))
        for language in ("ja", "ko", "zh")
        if (found := [case for where, case in CASES if where == language])
    }
    assert counts == {"ja": (18, 11), "ko": (18, 12), "zh": (12, 8)}


@pytest.mark.parametrize(("language", "case"), CASES, ids=[f"{where}-{case['text']}" for where, case in CASES])
def test_every_term_that_is_meant_is_found_and_except_leaves_out_the_rest(language: str, case: dict[str, Any]) -> None:
    text = article(case["text"], language=language)
    assert hit(POLICIES["substring"](case), text)
    assert hit(POLICIES["`EXCEPT`"](case), text) is case["meant"]
    assert hit(POLICIES["`word:`"](case), text) or not case["meant"]


@pytest.mark.parametrize("policy", POLICIES)
def test_the_table_of_the_page_has_the_errors_that_are_made(policy: str) -> None:
    page = (ROOT / "docs" / "rules.md").read_text("utf-8")
    (row,) = re.findall(rf"^\| {re.escape(policy)} \|(.*)\|$", page, re.MULTILINE)
    assert [tuple(map(int, cell.split("/"))) for cell in row.split("|")] == [
        errors(policy, language) for language in ("ja", "ko", "zh")
    ]


@pytest.mark.parametrize(
    ("language", "query", "text", "expected"),
    [
        ("ko", "word:나라", "우리나라 수출이 늘었다", False),
        ("ko", "word:나라", unicodedata.normalize("NFD", "나라에서 만났다"), True),
        ("ko", "word:대통령", "😀😀 \ud800 국민이 대통령에게 물었다", True),
        ("ko", "word:다카이치", "이재명 대통령은 다카이치 사나에 총리와 만났다", True),  # a name is no single word
        ("ja", "word:京都", "😀\ud800東京都から京都へ", True),
        ("ja", "word:京都", "\ud800東京都から", False),
        ("ja", "word:G7首脳", "Ｇ７首脳会議が開幕", True),
        ("zh", "word:市长", "😀😀\ud800南京市长江大桥", False),
        ("zh", 'word:"李在明"', "\x00李在明\x00", True),
        ("en", "word:京都", "東京都 in an English text", True),  # no analyser is asked about other languages
        ("ja", "word:(京都 OR 会談)", "東京都で会談", True),
        ("ja", "word:sub:京都", "東京都", True),  # the inner one counts
        ("ja", "sub:word:京都", "東京都", False),
    ],
)
def test_word_edges(language: str, query: str, text: str, expected: bool) -> None:
    assert hit(query, article(text, language=language)) is expected


def test_a_rule_may_want_words_throughout() -> None:
    both, words = article("東京都の代表", language="ja"), 'cjk = "word"'
    assert hit("京都", both)
    assert not hit("京都", both, options=words)
    assert hit("sub:京都", both, options=words)
    assert hit("京都", both, options='cjk = "substring"')
    assert hit("port", article("the port"), options=words)
    assert not hit("port", article("the airport"), options=words)


@pytest.mark.parametrize(
    ("query", "options", "column", "words"),
    [
        ("a OR case:@e", "", 11, "case: does not change how the aliases of @e are compared"),
        ("word:(京都 OR @e)", 'languages = ["ja"]', 13, "word: does not change how the aliases of @e"),
        ("raw:/abcd/", "", 5, "raw: does not change what a regular expression matches"),
    ],
)
def test_modes_that_would_change_nothing_are_refused(query: str, options: str, column: int, words: str) -> None:
    entity = '[[entities]]\nid = "e"\nname = "E"\naliases = { en = ["Elm"] }\n'
    with pytest.raises(RuleError) as caught:
        parse_pack(f"{HEAD}{entity}[[rules]]\nid = 'r'\nname = 'R'\n{options}\nquery = '''\n{query}'''")
    (problem,) = caught.value.problems
    assert (words in problem.message, problem.line, problem.column) == (True, 13, column)
    assert hit("京都 OR @e", article("the Elm", language="ja"), entity, 'languages = ["ja"]\ncjk = "word"')


def test_what_stands_at_the_edge_is_exact() -> None:
    assert texts("word:京都", article("東京都から京都へ、京都府へ", language="ja")) == ["京都", "京都"]
