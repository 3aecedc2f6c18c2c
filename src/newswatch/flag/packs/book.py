"""Rule packs that are read again and again: a reload parses what has changed.

Of 100 000 rules, reading and checking the text takes most of the time. So each `[[rules]]` table is remembered by the
hash of its text, with the rule that it gave. Read again, tables that are known are taken out of the files before
these are parsed. Everything else of the files is parsed each time; if it is entities or lists that have changed, or
if anything is wrong, all is read as if for the first time.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from newswatch.errors import Problem, RuleError
from newswatch.flag.packs.files import PackText, read_files
from newswatch.flag.packs.loading import build, ruleset_hash
from newswatch.flag.ruleset import Rule, RuleSet

_HEADER = re.compile(r"\n[ \t]*\[+[ \t]*([\w-]+)[ \t]*([].])")  # a third of the time of ^
_ID = re.compile(r"""^[ \t]*id[ \t]*=[ \t]*["']([a-z0-9-]+)["']""", re.MULTILINE)

_Table = tuple[slice, int]
"""Where a `[[rules]]` table is, and the hash of its text: Python's own, of 64 bits and with a secret, is quick."""


class RuleBook:
    """The rule packs as they were read last."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._known: dict[int, Rule] = {}
        self._before: RuleSet | None = None

    def load(self, names: Sequence[str], *, base: Path) -> RuleSet:
        """Do the same as `load_packs`; rules that are as they were are the very same objects."""
        problems: list[Problem] = []
        texts = read_files(names, base, problems)
        tables = [[(place, hash(text.text[place])) for place in _tables(text.text)] for text in texts]
        ruleset = None
        if self._before is not None and not problems:
            ruleset = self._changed(self._before, texts, tables)
        if ruleset is None:
            ruleset = build(texts, problems)
        self._remember(ruleset, texts, tables)
        return ruleset

    def _changed(self, before: RuleSet, texts: list[PackText], tables: list[list[_Table]]) -> RuleSet | None:
        """Return the rule set if that can be told from what is known and what is new; None if not."""
        rest: list[PackText] = []
        known: dict[str, list[Rule]] = {}
        order: list[str] = []
        for text, places in zip(texts, tables, strict=True):
            at, kept = 0, []
            places_matter = "lint_ignore" in text.text  # lint tells where these stand
            for place, digest in places:
                rule = self._known.get(digest)
                if rule is None:
                    order.append(_id(text.text[place]))
                    continue
                order.append(rule.id)
                known.setdefault(text.pack, []).append(rule)
                kept.append(text.text[at : place.start])
                if places_matter:
                    kept.append("\n" * text.text.count("\n", place.start, place.stop))
                at = place.stop
            kept.append(text.text[at:])
            rest.append(replace(text, text="".join(kept)))
        if len(set(order)) < len(order):
            return None
        try:
            found = build(rest, [], known)
        except RuleError:
            return None  # places are told in the whole text
        rules = {rule.id: rule for rule in found.rules}
        if rules.keys() != set(order) or found.entities != before.entities or found.lists != before.lists:
            return None
        ordered = tuple(rules[rule_id] for rule_id in order)
        # The same names as before: who has them need not compare them.
        return replace(found, rules=ordered, entities=before.entities, lists=before.lists, hash=ruleset_hash(ordered))

    def _remember(self, ruleset: RuleSet, texts: list[PackText], tables: list[list[_Table]]) -> None:
        rules = {rule.id: rule for rule in ruleset.rules}
        known: dict[int, Rule] = {}
        for text, places in zip(texts, tables, strict=True):
            for place, digest in places:
                rule = self._known.get(digest)
                rule_id = _id(text.text[place]) if rule is None else rule.id
                if rule_id in rules:
                    known[digest] = rules[rule_id]
        self._known = known
        # Rules written in another way than as tables with an id of their own are not taken apart.
        self._before = ruleset if sum(map(len, tables)) == len(known) == len(rules) else None


def _tables(text: str) -> list[slice]:
    """Return where the `[[rules]]` tables of a pack are, with the tables below them; none if that is not certain."""
    first = _HEADER.match("\n" + text[:100])
    start = 0 if first and first[1] == "rules" and first[2] != "." else None
    found: list[slice] = []
    for header in _HEADER.finditer(text):
        is_rule = header[1] == "rules"
        if is_rule and header[2] == ".":  # below the table that is open
            continue
        at = header.start() + 1
        if start is not None:
            found.append(slice(start, at))
        start = at if is_rule else None
    if start is not None:
        found.append(slice(start, len(text)))
    # What looks like a header may stand in a string of several lines.
    quotes = [each for each in ('"""', "'''") if each in text]
    whole = all(text[place].count(each) % 2 == 0 for each in quotes for place in found)
    return found if whole else []


def _id(table: str) -> str:
    found = _ID.search(table)
    return found[1] if found else ""
