"""The shape of a pack file. What is written here is only read; `loading` turns it into the values of the engine."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from newswatch.model import Severity
from newswatch.settings import Section


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_listed)]
"""One text or several."""
ByLanguage = dict[str, Texts]
"""Texts by language code (en, ko, ja, zh ...)."""


class PackTable(Section):
    """`[pack]`: who the pack is."""

    id: str
    name: str
    version: str = "1"
    description: str = ""


class RoleTable(Section):
    """One office held: `{ office = "jp-prime-minister", from = 2025-10-21 }`."""

    office: str
    from_: date | None = Field(default=None, alias="from")
    to: date | None = None
    checked: bool = True


class DatedTable(Section):
    """A name for some time: `{ text = "President-elect Lee", lang = "en", from = 2025-06-03, to = 2025-06-04 }`."""

    text: str
    lang: str
    from_: date | None = Field(default=None, alias="from")
    to: date | None = None


class EntityTable(Section):
    """`[[entities]]`: a person, place, organisation or office."""

    id: str
    name: str
    type: Literal["person", "place", "organisation", "office", "event", "other"] = "other"
    names: ByLanguage = Field(default_factory=dict)
    aliases: ByLanguage = Field(default_factory=dict)
    short: ByLanguage = Field(default_factory=dict)
    short_with: Texts = ()
    dated: tuple[DatedTable, ...] = ()
    styles: ByLanguage = Field(default_factory=dict)
    not_: Texts = Field(default=(), alias="not")
    roles: tuple[RoleTable, ...] = ()
    romanise: bool = True
    source: str = ""
    checked: bool = True


class SeverityTable(Section):
    """`[[rules.severities]]`: another severity where a further query holds."""

    when: str
    severity: Severity


class RuleTable(Section):
    """`[[rules]]`: one rule."""

    id: str
    name: str
    query: str
    languages: Texts = ()
    fields: tuple[Literal["title", "lead", "body", "text"], ...] = ()
    threshold: float | None = None
    cjk: Literal["substring", "word"] = "substring"
    severity: Severity = Severity.NORMAL
    severities: tuple[SeverityTable, ...] = ()
    tags: Texts = ()
    description: str = ""


class TestTable(Section):
    """`[[tests]]`: a text and the rules that must match it, and no others of the pack."""

    __test__ = False  # not for pytest

    name: str = ""
    text: str = ""
    title: str = ""
    lang: str = "en"
    source: str = ""
    country: str = ""
    url: str = ""
    published: date | None = None
    expect: Texts
    severity: Severity | None = None


class IgnoreTable(Section):
    """`[[lint_ignore]]`: a finding of `rules lint` that is as it should be, and why."""

    finding: str
    rules: Texts = ()
    lists: Texts = ()
    term: str = ""
    reason: str


class PackFile(Section):
    """A whole pack file."""

    pack: PackTable | None = None
    lists: dict[str, str | tuple[str, ...]] = Field(default_factory=dict)
    entities: tuple[EntityTable, ...] = ()
    rules: tuple[RuleTable, ...] = ()
    tests: tuple[TestTable, ...] = ()
    lint_ignore: tuple[IgnoreTable, ...] = ()
