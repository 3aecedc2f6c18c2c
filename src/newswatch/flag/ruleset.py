"""What a rule pack amounts to: rules, entities, lists and tests, all checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from newswatch.flag.entities import Entity
from newswatch.flag.findings import Ignore
from newswatch.flag.query import parse
from newswatch.flag.syntax import Node
from newswatch.model import Severity


@dataclass(frozen=True, slots=True)
class SeverityCase:
    """The severity of a match whose article also satisfies `when`."""

    when: Node
    severity: Severity


@dataclass(frozen=True, slots=True)
class Rule:
    """A named query with everything that a match carries. `fields` and `languages` empty means all.

    There may be very many of them, so the syntax tree is not kept: it takes several times the memory of the text.
    """

    id: str
    name: str
    query: str  # as written
    languages: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    threshold: float | None = None  # least score; None = none asked
    severity: Severity = Severity.NORMAL
    severities: tuple[SeverityCase, ...] = ()  # the first that holds wins
    tags: tuple[str, ...] = ()
    description: str = ""
    cjk: Literal["substring", "word"] = "substring"  # how terms of Chinese, Japanese and Korean are found
    hash: str = ""  # of the rule and of everything it refers to

    @property
    def node(self) -> Node:
        """The syntax tree of the query, parsed anew each time."""
        return parse(self.query, self.id)


@dataclass(frozen=True, slots=True)
class PackTest:
    """A text of a pack with the rules that must and may match it."""

    name: str
    text: str
    expect: tuple[str, ...]  # rule ids; all others of `rules` must not match
    title: str = ""
    language: str = "en"
    source: str = ""
    country: str = ""
    url: str = ""
    published: date | None = None
    severity: Severity | None = None  # of the first rule expected
    rules: tuple[str, ...] = ()  # the rules of the test's own pack


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Checked rules with the names they use. `hash` changes when anything that can change a match does."""

    rules: tuple[Rule, ...] = ()
    entities: tuple[Entity, ...] = ()
    lists: Mapping[str, Node] = field(default_factory=dict)
    tests: tuple[PackTest, ...] = ()
    hash: str = ""
    ignores: tuple[Ignore, ...] = ()  # findings of lint that the packs' authors accept
