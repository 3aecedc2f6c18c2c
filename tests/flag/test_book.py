"""Packs read again give what reading them for the first time gives, and parse only what has changed."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newswatch.errors import RuleError
from newswatch.flag.packs import load_packs
from newswatch.flag.packs.book import RuleBook
from newswatch.flag.ruleset import RuleSet

HEAD = '[pack]\nid = "test"\nname = "Test"\n'
NAMES = '[lists]\nfish = ["cod", "hake"]\n\n[[entities]]\nid = "lee"\nname = "Lee"\naliases = { en = ["Lee"] }\n\n'
IGNORE = '[[lint_ignore]]\nfinding = "untested"\nrules = ["a"]\nreason = "an example"\n\n'
TEST = '[[tests]]\ntext = "alpha"\nexpect = ["a"]\n\n'


def rule(name: str, query: str, more: str = "") -> str:
    return f"[[rules]]\nid = \"{name}\"\nname = \"Rule {name}\"\nquery = '''\n{query}'''\n{more}\n"


A = rule("a", "alpha")
B = rule("b", "beta AND @fish", '[[rules.severities]]\nwhen = "title:beta"\nseverity = "high"')
C = rule("c", "@lee", 'tags = ["people"]')


class Packs:
    """A folder with one pack, and the book that reads it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.book = RuleBook()

    def write(self, text: str, name: str = "pack.toml") -> None:
        (self.folder / name).write_bytes(text.encode())

    def load(self) -> RuleSet:
        """Read by the book, and check that it is what a first reading gives."""
        try:
            fresh = load_packs((".",), base=self.folder)
        except RuleError as error:
            with pytest.raises(RuleError) as caught:
                self.book.load((".",), base=self.folder)
            assert caught.value.problems == error.problems  # noqa: PT017 - of the other error
            raise
        found = self.book.load((".",), base=self.folder)
        assert found == fresh
        return found


@pytest.fixture
def packs(tmp_path: Path) -> Packs:
    return Packs(tmp_path)


def test_unchanged_rules_are_the_same_objects(packs: Packs) -> None:
    packs.write(HEAD + NAMES + A + TEST + B + C)
    before = packs.load()
    packs.write(HEAD + NAMES + C + A.replace("alpha", "alpha OR omega") + TEST + B + rule("d", "delta"))
    after = packs.load()
    assert [each.id for each in after.rules] == ["c", "a", "b", "d"]
    assert after.rules[0] is before.rules[2]
    assert after.rules[1] != before.rules[0]
    assert after.rules[2] is before.rules[1]
    assert after.entities is before.entities
    assert after.hash != before.hash
    packs.write(HEAD + NAMES + C + A + TEST + B)
    assert packs.load().hash != after.hash
    packs.write(HEAD + NAMES + C + A + TEST + B + IGNORE)
    assert packs.load().rules[1] is packs.load().rules[1]


def test_a_changed_list_is_a_change_of_the_rules_that_use_it(packs: Packs) -> None:
    packs.write(HEAD + NAMES + A + B + C)
    before = packs.load()
    packs.write(HEAD + NAMES.replace("hake", "pike") + A + B + C)
    after = packs.load()
    assert [one.hash == other.hash for one, other in zip(before.rules, after.rules, strict=True)] == [True, False, True]


def test_errors_are_told_in_the_whole_text_and_forget_nothing(packs: Packs) -> None:
    packs.write(HEAD + NAMES + A + B + C)
    before = packs.load()
    for wrong in (
        A + B + C + rule("d", "alpha AND AND"),
        A + B + rule("c", "@nobody"),
        A + B + C + A,
        A + B + C + "[[rules]\n",
        A + B + C + '[[tests]]\ntext = "x"\nexpect = ["nobody"]\n',
    ):
        packs.write(HEAD + NAMES + wrong)
        with pytest.raises(RuleError):
            packs.load()
        packs.write(HEAD + NAMES + A + B + C)
        assert packs.load() == before


def test_what_only_looks_like_a_rule_is_not_taken_for_one(packs: Packs) -> None:
    hidden = '[[rules]]\nid = "b"\nname = "Not a rule"\nquery = "gamma"\n'
    for wanted in ("alpha", "omega"):
        packs.write(HEAD + rule("a", wanted, f'description = """\n{hidden}"""') + rule("b", "beta"))
        found = packs.load()
        assert [each.query.strip() for each in found.rules] == [wanted, "beta"]


def test_rules_in_several_files_and_with_other_line_ends(packs: Packs) -> None:
    packs.write(HEAD + NAMES + A)
    packs.write(B, "rest.toml")
    before = packs.load()
    packs.write((B + C).replace("\n", "\r\n"), "rest.toml")
    after = packs.load()
    assert all(one is other for one, other in zip(after.rules, before.rules, strict=False))
    packs.write(HEAD + NAMES + B)
    packs.write(C + A, "rest.toml")
    assert [each.id for each in packs.load().rules] == ["b", "c", "a"]


@given(st.lists(st.lists(st.sampled_from([A, B, C, TEST, rule("d", "delta"), rule("a", "other")]), max_size=6)))
@settings(max_examples=60, deadline=None)
def test_any_row_of_edits(tmp_path_factory: pytest.TempPathFactory, rounds: list[list[str]]) -> None:
    packs = Packs(tmp_path_factory.mktemp("packs"))
    for tables in rounds:
        packs.write(HEAD + NAMES + "".join(tables))
        try:
            packs.load()
        except RuleError:
            continue
