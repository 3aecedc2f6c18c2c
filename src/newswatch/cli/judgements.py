"""What readers said, as figures for each rule and as labelled texts."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from newswatch.cli.labelled import Label, Labelled
from newswatch.model import Verdict

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from newswatch.store.feedback import Judged

_LABELS = {Verdict.RELEVANT: Label.POSITIVE, Verdict.IRRELEVANT: Label.NEGATIVE, None: Label.BORDERLINE}


@dataclass(frozen=True, slots=True)
class Figures:
    """How many of the articles that a rule flagged readers found relevant; `disputed`: where they disagree."""

    relevant: int = 0
    irrelevant: int = 0
    disputed: int = 0

    @property
    def precision(self) -> float | None:
        """The share of the relevant ones among those on which readers agree; None if there are none."""
        agreed = self.relevant + self.irrelevant
        return self.relevant / agreed if agreed else None

    def document(self) -> dict[str, Any]:
        """Return the figures as JSON can hold them."""
        counts = {"relevant": self.relevant, "irrelevant": self.irrelevant, "disputed": self.disputed}
        return {"precision": self.precision, **counts}


def in_short(found: Mapping[str, Any]) -> str:
    """Return what `Figures.document` gave as "0.80 (12 of 15)"; empty where nothing was judged."""
    if found["precision"] is None:
        return f"{found['disputed']} disputed" if found["disputed"] else ""
    return f"{found['precision']:.2f} ({found['relevant']} of {found['relevant'] + found['irrelevant']})"


def figures(judged: "Iterable[Judged]") -> Figures:
    """Count articles by what most readers say of each."""
    counts = Counter(one.verdict for one in _articles(judged).values())
    return Figures(counts[Verdict.RELEVANT], counts[Verdict.IRRELEVANT], counts[None])


def by_version(judged: "Iterable[Judged]") -> dict[tuple[str, str], Figures]:
    """Return the figures of each version of each rule, by rule and hash."""
    versions: defaultdict[tuple[str, str], list[Judged]] = defaultdict(list)
    for one in judged:
        versions[one.rule_id, one.rule_hash].append(one)
    return {version: figures(theirs) for version, theirs in versions.items()}


class Precision:
    """What readers said of each rule: of one version, and of all."""

    def __init__(self, judged: "Sequence[Judged]") -> None:
        """Count."""
        self._versions = by_version(judged)
        self._rules = {
            rule: theirs for (rule, _), theirs in by_version(replace(one, rule_hash="") for one in judged).items()
        }

    def of(self, rule: str, rule_hash: str) -> dict[str, Any]:
        """Return the figures of a rule as JSON can hold them."""
        return {
            "version": self._versions.get((rule, rule_hash), Figures()).document(),
            "all_versions": self._rules.get(rule, Figures()).document(),
        }


def labelled_texts(connection: "Connection", rule: str | None) -> tuple[list[tuple[str, Labelled]], int]:
    """Return what readers judged, as texts with their rules, and how many have no text any more.

    Each is the revision that the rule flagged. Where readers disagree, the text is borderline.
    """
    from newswatch.store import archive, feedback

    articles = _articles(feedback.judged(connection, rule))
    kept = archive.of_versions(connection, {one.version_id for one in articles.values()})
    found = [
        (
            one.rule_id,
            Labelled(
                line=number,
                id=str(one.article_id),
                label=_LABELS[one.verdict],
                kind="feedback",
                tier="(no tier)",
                severity=None,
                given=kept[one.version_id].given,
            ),
        )
        for number, one in enumerate(articles.values(), start=1)
        if one.version_id in kept
    ]
    return found, len(articles) - len(found)


def _articles(judged: "Iterable[Judged]") -> "dict[tuple[str, int], Judged]":
    """Return each article once for each rule, with the voices on all its revisions, in the newest of them."""
    found: dict[tuple[str, int], Judged] = {}
    for one in judged:
        key = one.rule_id, one.article_id
        before = found.get(key)
        found[key] = one if before is None else _together(before, one)
    return found


def _together(one: "Judged", other: "Judged") -> "Judged":
    newest = max(one, other, key=lambda each: each.version_id)
    return replace(newest, relevant=one.relevant + other.relevant, irrelevant=one.irrelevant + other.irrelevant)
