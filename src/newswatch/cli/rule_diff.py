"""`newswatch rules diff`: how two versions of rules differ over the archive."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newswatch.cli.archive import INTERRUPTED, each
from newswatch.cli.backtest import Kept, missing, sample, shown
from newswatch.cli.common import ConfigOption, JsonOption, SinceOption, engine_of, fail, opened, since_instant
from newswatch.cli.output import Column, many, print_json, print_rows
from newswatch.cli.rule_backtest import MONTH, SamplesOption, print_samples

if TYPE_CHECKING:
    from newswatch.flag.matching import Engine
    from newswatch.model import Match
    from newswatch.store.archive import Archived

_KINDS = ("gained", "lost", "changed")


@dataclass(slots=True)
class Difference:
    """How two versions of one rule answer. `changed` are articles with another severity or score."""

    gained: Kept
    lost: Kept
    changed: Kept
    same: int = 0

    @property
    def any(self) -> bool:
        """Whether an article is judged otherwise."""
        return bool(self.gained.total or self.lost.total or self.changed.total)

    def figures(self) -> dict[str, int]:
        """Return how many articles are of each kind."""
        return {**{kind: getattr(self, kind).total for kind in _KINDS}, "same": self.same}


@dataclass(slots=True)
class Comparison:
    """Two engines and how their rules differ, by rule."""

    old: "Engine"
    new: "Engine"
    samples: int
    rules: dict[str, Difference] = field(default_factory=dict)

    def add(self, one: "Archived") -> None:
        """Compare the answers to one article."""
        before = {match.rule_id: match for match in self.old.match(one.given)}
        after = {match.rule_id: match for match in self.new.match(one.given)}
        for rule_id in before.keys() | after.keys():
            if rule_id not in self.rules:
                self.rules[rule_id] = Difference(Kept(self.samples), Kept(self.samples), Kept(self.samples))
            self._compare(rule_id, one, before.get(rule_id), after.get(rule_id))

    def _compare(self, rule_id: str, one: "Archived", old: "Match | None", new: "Match | None") -> None:
        found = self.rules[rule_id]
        if old is None:
            but = missing(self.old, one, rule_id) if found.gained.wants_more else ""
            found.gained.add(sample(one, new, but=but))
        elif new is None:
            but = missing(self.new, one, rule_id) if found.lost.wants_more else ""
            found.lost.add(sample(one, None, was=old.severity, was_score=old.score, but=but))
        elif (old.severity, old.score) != (new.severity, new.score):
            found.changed.add(sample(one, new, was=old.severity, was_score=old.score))
        else:
            found.same += 1


def diff(
    old: Annotated[str, typer.Argument(metavar="PACK_A", help="The present version: a pack's name, file or folder.")],
    new: Annotated[str, typer.Argument(metavar="PACK_B", help="The other version.")],
    since: SinceOption = MONTH,
    samples: SamplesOption = 20,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Compare two versions of a rule pack over the stored articles: gained, lost, other severity or score.

    Rules are compared by id, and each article is shown with what it meets in one version and lacks in the other. Exit
    code 1 if there is any difference. Ctrl-C ends it and shows what was found.

    Example: newswatch rules diff korea-japan-summit ./korea-japan-summit-2 --since 7d
    """
    start = since_instant(since)
    with opened(config) as (loaded, database):
        found = Comparison(engine_of(loaded, [old]), engine_of(loaded, [new]), samples)
        seen, interrupted = each(database, start, "comparing rules", found.add)
    rules = dict(sorted(found.rules.items()))
    if json:
        documents = [{"rule": name, **one.figures(), "samples": _samples(one)} for name, one in rules.items()]
        print_json({"articles": seen, "interrupted": interrupted, "rules": documents})
    else:
        _print(rules, seen)
    if interrupted:
        fail(INTERRUPTED)
    if any(one.any for one in rules.values()):
        fail(1)


def _samples(one: Difference) -> dict[str, Any]:
    return {kind: [shown(each) for each in getattr(one, kind).samples] for kind in _KINDS}


def _print(rules: Mapping[str, Difference], seen: int) -> None:
    rows = [{"rule": name, **one.figures()} for name, one in rules.items()]
    numbers = [Column(name, name, right=True) for name in (*_KINDS, "same")]
    print_rows(rows, [Column("rule", "rule"), *numbers], empty="no article meets a rule of either version")
    print(f"of {many(seen, 'article')}")
    for name, one in rules.items():
        if one.any:
            print(f"\n{name}")
            for kind, title in zip(_KINDS, ("gained", "lost", "other severity or score"), strict=True):
                print_samples(title, getattr(one, kind))
