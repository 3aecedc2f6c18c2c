"""From a query of another tool to one of newswatch, with the list of what was lost."""

from collections.abc import Mapping
from dataclasses import dataclass

from newswatch.errors import Problem
from newswatch.flag.checks import Names, check
from newswatch.flag.convert.building import Builder
from newswatch.flag.convert.dialects import BRANDWATCH, LEXISNEXIS, MELTWATER
from newswatch.flag.convert.lucene import Lucene
from newswatch.flag.convert.ranked import Dialect, Ranked
from newswatch.flag.convert.tokens import refuse
from newswatch.flag.reading import position
from newswatch.flag.syntax import canonical

_RANKED: Mapping[str, Dialect] = {"meltwater": MELTWATER, "brandwatch": BRANDWATCH, "lexisnexis": LEXISNEXIS}
DIALECTS = ("lucene", *_RANKED)
"""The tools whose queries can be read."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """A query of newswatch, fully parenthesised, and what could not be carried over, by place in the original."""

    query: str
    lost: tuple[Problem, ...]
    remarks: tuple[str, ...]  # what is different throughout


def convert(text: str, dialect: str) -> Conversion:
    """Convert query `text` of one of `DIALECTS`.

    Raises RuleError if it cannot be read, or nothing of it can be said here, and nothing else, whatever the text.
    """
    builder = Builder(text)
    node = (Lucene(builder) if dialect == "lucene" else Ranked(builder, _RANKED[dialect])).read()
    if node is None:
        refuse(text, 0, "nothing of this query can be said here", "see docs/rules.md for what can")
    refused = check(node, Names(), "query", lambda offset: position(text, offset))
    lost = sorted({*builder.lost, *refused}, key=lambda problem: (problem.line or 0, problem.column or 0))
    return Conversion(canonical(node), tuple(lost), tuple(builder.remarks))
