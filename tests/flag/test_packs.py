"""Pack files: what they may hold, every problem with its place, and the packs that come along."""

import sys
from datetime import date
from pathlib import Path

import pytest

from newswatch.errors import RuleError
from newswatch.flag.matching import Engine
from newswatch.flag.packs import load_packs, parse_pack, shipped_packs
from newswatch.flag.ruleset import PackTest, RuleSet
from newswatch.model import MatchInput, Severity
from tests.flag.helpers import HEAD, check_spans

ROOT = Path(__file__).parents[2]


def rule(query: str, more: str = "") -> str:
    return f'{HEAD}[[rules]]\nid = "r"\nname = "R"\nquery = \'{query}\'\n{more}'


BACKWARDS = """[[entities]]
id = "e"
name = "E"
names = { en = "E" }
roles = [{ office = "e", from = 2020-01-02, to = 2020-01-01 }]
"""
PROBLEMS = [
    (rule("(a OR b"), 7, 10, "never closed"),
    (rule("a AND titel:b"), 7, 16, "unknown field"),
    (f'{HEAD}[[rules]]\nid="r"\nname="R"\nquery = """\na OR\n  \\"b OR"""', 9, 3, "never closed"),
    (f'{HEAD}[[rules]]\nid="r"\nname="R"\nquery = "a OR \\"b\\" OR \\u0021"', 7, 24, "nothing on its right"),
    (f'{HEAD}[[rules]]\nid="r"\nname="R"\nquery = """\na OR \\\n   b, c"""', 9, 5, "comma"),
    (rule("@nobody"), 7, 10, "no entity or list called 'nobody'"),
    (rule("..."), 7, 10, "cannot stand here"),
    (rule('"..."'), 7, 10, "no letters or digits"),
    (rule("a*"), 7, 10, "at least two letters"),
    (rule("ab*cd*ef*gh*"), 7, 10, "at most 3 *"),
    (rule("case:ab*"), 7, 15, "letter by letter"),
    (rule('"ab c*"~2'), 7, 10, "no * or ?"),
    (rule("NOT a"), 7, 10, "names nothing that an article must contain"),
    (rule("a OR NOT b"), 7, 10, "names nothing that an article must contain"),
    (rule("COUNT(a) < 3"), 7, 10, "names nothing that an article must contain"),
    (rule("SCORE(a^-1) > -3"), 7, 10, "names nothing that an article must contain"),
    (rule("published > 2020-01-01"), 7, 10, "names nothing that an article must contain"),
    (rule("a NEAR (b AND c)"), 7, 18, "needs something with mentions"),
    (rule("(NOT a) NEAR b"), 7, 11, "needs something with mentions"),
    (rule("ATLEAST/2(a AND b)"), 7, 20, "needs something with mentions"),
    (rule("TALLY(a AND b) > 1"), 7, 16, "needs something with mentions"),
    (rule("source:(a NEAR b) c"), 7, 18, "takes words or phrases"),
    (rule('lang:"-" c'), 7, 15, "needs letters or digits"),
    (rule("a", 'fields = ["head"]'), 8, 11, "fields"),
    (rule("a", 'severity = "huge"'), 8, 1, "severity"),
    (rule("a", "treshold = 3"), 8, 1, "unknown key rules.treshold"),
    (rule("a", '[[rules.severities]]\nwhen = "b ("\nseverity = "high"'), 9, 12, "ends where a term is expected"),
    (rule("a", '[[rules]]\nid = "r"\nname = "R"\nquery = "b"'), 9, 1, "defined twice"),
    (rule("a", '[[rules]]\nid = "R r"\nname = "R"\nquery = "b"'), 9, 1, "cannot name a rule"),
    (rule("a", '[[tests]]\ntext = "t"\nexpect = ["s"]'), 10, 1, "no rule 's'"),
    (rule("a", "[[rules]]\nid = 's'\nname = 'S'"), 8, 1, "query is missing"),
    (f"{HEAD}[lists]\na = []\n", 5, 1, "list a is empty"),
    (f'{HEAD}[lists]\na = ["@b"]\nb = "x OR @a"\n', 5, 1, "refers to itself"),
    (f'{HEAD}[lists]\na = ["good", "…"]\n', 5, 1, "no letters"),
    (f'{HEAD}[lists]\na = "x AND ("\n', 5, 13, "ends where a term is expected"),
    (f'{HEAD}[[entities]]\nid = "e"\nname = "E"\naliases = {{ en = ["…"] }}', 7, 13, "alias without letters"),
    (f'{HEAD}[[entities]]\nid = "e"\nname = "E"\n', 4, 1, "no names, aliases or holders"),
    (HEAD + BACKWARDS.replace('office = "e"', 'office = "o"'), 8, 10, "no office 'o'"),
    (f'{HEAD}[[entities]]\nid = "e"\nname = "E"\nnames = {{ en = "E" }}\nshort_with = "f"', 8, 1, "no entity 'f'"),
    (HEAD + BACKWARDS, 8, 10, "ends before it begins"),
    ('[[rules]]\nid = "r"\nname = "R"\nquery = "a"', None, None, "[pack] is missing"),
    ("[pack\n", 1, None, "not valid TOML"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "column", "words"), PROBLEMS)
def test_every_problem_names_its_place(text: str, line: int | None, column: int | None, words: str) -> None:
    with pytest.raises(RuleError) as caught:
        parse_pack(text, "own.toml")
    problem = caught.value.problems[0]
    assert words in problem.message
    assert (problem.where, problem.line) == ("own.toml", line)
    assert column is None or problem.column == column
    assert problem.remedy


def test_all_problems_are_told_at_once() -> None:
    text = f"{HEAD}[[rules]]\nid='a'\nname='A'\nquery='(x'\n[[rules]]\nid='b'\nname='B'\nquery='@c AND @d'\n"
    with pytest.raises(RuleError) as caught:
        parse_pack(text)
    assert [(problem.line, problem.column) for problem in caught.value.problems] == [(7, 8), (11, 8), (11, 15)]


def test_regular_expressions_are_refused_without_their_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert parse_pack(rule("/summit+/")).rules
    monkeypatch.setitem(sys.modules, "re2", None)  # as Python says that a module cannot be imported
    with pytest.raises(RuleError, match=r"need google-re2, which is not installed \(install newswatch\[regex\]\)"):
        parse_pack(rule("/summit+/"))


@pytest.mark.parametrize(
    ("language", "module"), [("ko", "kiwipiepy"), ("ja", "sudachipy"), ("ja", "sudachidict_small"), ("zh", "rjieba")]
)
def test_word_edges_are_refused_without_an_analyser(
    language: str, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = f'languages = ["{language}"]'
    assert parse_pack(rule("word:高市", options)).rules
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(RuleError, match=f"word: needs {module}, which is not installed"):
        parse_pack(rule("word:高市", options))
    assert parse_pack(rule("word:summit", options)).rules  # Latin words have edges anyway


def test_paths_and_folders(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "a.toml").write_text(f'{HEAD}[lists]\nfish = ["tuna", "참치"]\n', encoding="utf-8")
    (folder / "b.toml").write_text('[[rules]]\nid = "fish"\nname = "Fish"\nquery = "@fish"\n', encoding="utf-8")
    (tmp_path / "one.toml").write_bytes(rule("cod").replace("\n", "\r\n").encode("utf-8-sig"))
    ruleset = load_packs(["mine", "one.toml", str(folder.parent / "one.toml")][:2], base=tmp_path)
    assert [each.id for each in ruleset.rules] == ["fish", "r"]
    assert Engine(ruleset).match(MatchInput("참치", "", "ko"))[0].rule_id == "fish"
    assert load_packs([], base=tmp_path) == RuleSet(hash=load_packs([], base=tmp_path).hash)


def test_a_pack_has_one_header(tmp_path: Path) -> None:
    for folder, texts in {"none": ("", ""), "two": (HEAD, HEAD), "one": (HEAD, "")}.items():
        (tmp_path / folder).mkdir()
        for name, text in zip("ab", texts, strict=True):
            (tmp_path / folder / f"{name}.toml").write_text(f'{text}[lists]\n{name} = ["x"]\n', encoding="utf-8")
    assert load_packs(["one"], base=tmp_path).lists
    for folder, words in (("none", "[pack] is missing"), ("two", "[pack] stands in more than one file")):
        with pytest.raises(RuleError) as caught:
            load_packs([folder], base=tmp_path)
        assert words in str(caught.value)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("korea-japan-sumit", "did you mean korea-japan-summit?"),
        ("nothing.toml", "there is no such pack"),
        ("empty", "has no .toml file"),
        ("latin.toml", "is not UTF-8"),
    ],
)
def test_packs_that_cannot_be_read(name: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "latin.toml").write_bytes(b"# caf\xe9\n")
    with pytest.raises(RuleError) as caught:
        load_packs([name], base=tmp_path)
    assert words in str(caught.value)


def test_the_hash_tells_whether_anything_changed() -> None:
    one, same = parse_pack(rule("a OR b")), parse_pack(rule("a   OR  (b)"))
    assert one.hash == same.hash
    for other in (rule("a OR c"), rule("a OR b", 'severity = "high"'), rule("a OR b", 'fields = ["title"]')):
        assert parse_pack(other).hash != one.hash


SHIPPED = {name: load_packs([name], base=ROOT) for name in shipped_packs()}
ENGINES = {name: Engine(ruleset) for name, ruleset in SHIPPED.items()}
CASES = [(name, test) for name, ruleset in SHIPPED.items() for test in ruleset.tests]


@pytest.mark.parametrize(("name", "case"), CASES, ids=lambda value: value.name if isinstance(value, PackTest) else "")
def test_packs_pass_their_own_tests(name: str, case: PackTest) -> None:
    text = MatchInput(case.title, case.text, case.language, case.source, case.country, case.url, (), "", case.published)
    found = {match.rule_id: match for match in ENGINES[name].match(text)}
    assert set(found) == set(case.expect)
    for match in found.values():
        check_spans(match, text)
    if case.severity is not None:
        assert found[case.expect[0]].severity == case.severity


def test_the_summit_pack_tests_every_language_and_rule() -> None:
    ruleset = SHIPPED["korea-japan-summit"]
    assert len(ruleset.tests) >= 40
    for language in ("en", "ko", "ja", "zh"):
        verdicts = [bool(test.expect) for test in ruleset.tests if test.language == language]
        assert True in verdicts
        assert False in verdicts
    assert {rule_id for test in ruleset.tests for rule_id in test.expect} == {each.id for each in ruleset.rules}


def test_every_entity_of_a_shipped_pack_names_its_source() -> None:
    for ruleset in SHIPPED.values():
        for entity in ruleset.entities:
            assert "https://" in entity.source, entity.id


def test_terms_of_office_follow_each_other() -> None:
    ruleset = SHIPPED["korea-japan-summit"]
    day = date(2012, 1, 1)
    while day < date(2026, 6, 1):
        for office in ("kr-president", "jp-prime-minister"):
            holders = [
                entity.id
                for entity in ruleset.entities
                for role in entity.roles
                if role.office == office and role.covers(day)
            ]
            assert 1 <= len(holders) <= 3, (office, day, holders)  # acting presidents stand beside suspended ones
        day = date.fromordinal(day.toordinal() + 9)


def test_the_seed_article_is_flagged() -> None:
    text = (ROOT / "seeds" / "000_fdfe2a588a6cb9b5.txt").read_text(encoding="utf-8")
    body = text.split("\n\n", 1)[1].removesuffix("News.Az").strip()
    seed = MatchInput("", body, "en", source="News.Az", published_on=date(2026, 1, 13))
    (match,) = ENGINES["korea-japan-summit"].match(seed)
    assert (match.rule_id, match.severity) == ("kr-jp-summit", Severity.HIGH)
    assert match.score >= match.threshold == 6
    check_spans(match, seed)
    assert {mention.entity for mention in match.evidence} >= {"lee-jae-myung", "takaichi-sanae"}
    assert "“summit”" in match.why[0]


@pytest.mark.parametrize("path", sorted((ROOT / "examples" / "packs").glob("*")), ids=lambda path: path.name)
def test_example_packs_load_and_pass(path: Path) -> None:
    ruleset = load_packs([str(path)], base=ROOT)
    engine = Engine(ruleset)
    assert ruleset.tests
    for case in ruleset.tests:
        text = MatchInput(case.title, case.text, case.language, case.source, case.country, case.url)
        assert {match.rule_id for match in engine.match(text)} == set(case.expect), case.name
