"""Every example of docs/rules.md does what the page says."""

import ast
import inspect
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest

from newswatch.errors import RuleError
from newswatch.flag import checks, query, reading, syntax
from newswatch.flag.findings import CODES, MEASURED
from newswatch.flag.lint import lint
from newswatch.flag.matching import Engine
from newswatch.flag.packs import parse_pack
from newswatch.model import MatchInput
from tests.flag.helpers import article, hit, pack

PAGE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
RULES = re.findall(r"^```rule\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
PACKS = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
EXAMPLES = [
    (block.partition("\n")[0], line[0] == "+", line[2:]) for block in RULES for line in block.splitlines()[1:] if line
]


def test_the_page_has_examples_in_four_languages() -> None:
    assert len(RULES) >= 15
    assert PACKS
    for script in ("[a-z]{4}", "[가-힣]{2}", "[ぁ-ん]{2}", "[谈这为]"):
        assert any(re.search(script, text) for _, _, text in EXAMPLES)


@pytest.mark.parametrize(("query", "expected", "text"), EXAMPLES)
def test_examples(query: str, expected: bool, text: str) -> None:
    language, text = re.fullmatch(r"(?:\[([\w-]+)\] )?(.*)", text).groups()  # type: ignore[union-attr]
    title, bar, body = text.partition(" | ")
    assert hit(query, article(body if bar else text, title if bar else "", language or "en")) is expected


@pytest.mark.parametrize("text", PACKS)
def test_packs(text: str) -> None:
    ruleset = parse_pack(text)
    engine = Engine(ruleset)
    assert ruleset.tests
    for case in ruleset.tests:
        found = engine.match(MatchInput(case.title, case.text, case.language, published_on=case.published))
        assert {match.rule_id for match in found} == set(case.expect)
        if case.severity:
            assert found[0].severity == case.severity


def table(heading: str) -> list[list[str]]:
    """Return the cells of the first table under a heading, without its head."""
    section = PAGE.partition(f"{heading}\n")[2].partition("\n#")[0]
    rows = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows]


def quoted(cell: str) -> list[str]:
    """Return what stands in backticks."""
    return re.findall(r"`([^`]+)`", cell)


def shown(text: str) -> MatchInput:
    """Read a text of the table: a language, a headline and facts may stand with it."""
    found = re.fullmatch(r"(?:\[([\w-]+)\] )?(?:(.*) ‖ )?(.*?)(?: \(([^)]+)\))?", text)
    assert found is not None
    language, title, body, fact = found.groups()
    given = MatchInput(title or "", body.replace("⏎", "\n"), language or "en")
    if fact is None:
        return given
    if fact.startswith("https:"):
        return replace(given, url=fact)
    if re.fullmatch(r"[\d-]+", fact):
        return replace(given, published_on=date.fromisoformat(fact))
    return replace(given, source=fact)


ENTITY = """
[[entities]]
id = "takaichi"
name = "Takaichi Sanae"
aliases = { en = ["Takaichi"], ja = ["高市"] }
[lists]
tokyo = ["Tokyo"]
"""
ELSEWHERE = table("## Coming from elsewhere")
TRANSLATIONS = [(query, *quoted(row[3]), *quoted(row[4])) for row in ELSEWHERE for query in quoted(row[2])]


@pytest.mark.parametrize(("query", "yes", "no"), TRANSLATIONS)
def test_the_table_for_people_from_elsewhere(query: str, yes: str, no: str) -> None:
    assert hit(query, shown(yes), ENTITY)
    assert not hit(query, shown(no), ENTITY)


def test_every_tool_and_need_is_in_that_table() -> None:
    tools = " ".join(row[1] for row in ELSEWHERE)
    for tool in ("Lucene", "Elasticsearch", "Meltwater", "Talkwalker", "Brandwatch", "LexisNexis", "Factiva", "EMM"):
        assert tool in tools
    queries = " ".join(query for query, _, _ in TRANSLATIONS)
    needs = "ONEAR/ NEAR/ W/S NEAR/P EXCEPT ATLEAST/ COUNT( SCORE( TALLY( case: raw: title: lead: FIRST/ @ lang: url:"
    for need in (*needs.split(), "NOT NEAR/", "2 OF ("):
        assert need in queries, need


ERRORS = table("### Errors")


@pytest.mark.parametrize(("cell", "column", "message", "remedy"), [row for row in ERRORS if row[1]])
def test_errors_are_as_the_page_says(cell: str, column: str, message: str, remedy: str) -> None:
    (query,) = quoted(cell)
    with pytest.raises(RuleError) as caught:
        pack(query, extra=ENTITY)
    problem = caught.value.problems[0]
    assert (str(problem.column), problem.message, problem.remedy) == (column, message, remedy)
    assert problem.line == ENTITY.count("\n") + 10  # of the pack's file


def _pattern(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant):
        return re.escape(str(node.value))
    if isinstance(node, ast.JoinedStr):
        return "".join(re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".+" for part in node.values)
    return None


@pytest.mark.parametrize("module", [checks, query, reading], ids=lambda module: module.__name__)
def test_every_error_of_the_source_is_on_the_page(module: ModuleType) -> None:
    messages, wanted = [row[2] for row in ERRORS], {"_fail", "problem"}
    calls = [
        node
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in wanted
    ]
    patterns = [pattern for call in calls if len(call.args) > 1 and (pattern := _pattern(call.args[1]))]
    assert len(patterns) >= 5
    for pattern in patterns:
        assert any(re.fullmatch(pattern, message, re.DOTALL) for message in messages), pattern


FINDINGS = table("### Findings of lint")


@pytest.mark.parametrize(("code", "example"), [(quoted(row[0])[0], row[1]) for row in FINDINGS if "`" in row[1]])
def test_findings_are_as_the_page_says(code: str, example: str) -> None:
    if "--archive" not in example:
        assert code in {finding.code for finding in lint(Engine(pack(*quoted(example))))}


def test_every_finding_is_on_the_page() -> None:
    assert {code for row in FINDINGS for code in quoted(row[0])} == set(CODES)
    archive = {quoted(row[0])[0] for row in FINDINGS if "--archive" in row[1]}
    assert archive == MEASURED


def test_the_page_names_every_field_mode_and_keyword() -> None:
    for name in (*syntax.FIELDS, *syntax.MODES, *syntax.KEYWORDS):
        assert name in PAGE
