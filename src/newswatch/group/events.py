"""Which story an article reports on that is no copy: the likest one in its language, else the same people elsewhere.

Online clustering by sparse centroids with time decay, after Miranda et al. (2018), "Multilingual clustering of
streaming news", whose decision to merge is a threshold here. A story has one centroid for each language; across
languages gazetteer names, the kind of event and the time decide.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from newswatch.group.settings import StorySettings
from newswatch.group.terms import Vector, joined, likeness
from newswatch.model import Assignment, Centroid, Relation

_FEWEST_SHARED = 2
"""Words or names that an article and a story must share, however rare the only one is."""

_PERSONS, _PERSON, _PLACE = 2, 1, 1  # "two persons, or a person and a place"


@dataclass(frozen=True, slots=True)
class Report:
    """What is compared of an article: its vector, the terms of its persons and places, kinds of event, and time."""

    article_id: int
    language: str
    vector: Vector
    at: datetime
    persons: frozenset[int] = field(default_factory=frozenset)
    places: frozenset[int] = field(default_factory=frozenset)
    kinds: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """The story to join and why; `centroid` is the one to change, None if the language is new to the story."""

    assignment: Assignment
    centroid: Centroid | None


def find_event(
    report: Report,
    candidates: Sequence[Centroid],
    settings: StorySettings,
    *,
    has_language: Callable[[int, str], bool],
) -> Found | None:
    """Return the story of the same event among `candidates`, None if there is none.

    `has_language` tells whether a story has a centroid in a language: then that one has decided already, and what
    other languages say does not count. The answer does not depend on the order of `candidates`.
    """
    near = [(score(report, one, settings), one) for one in candidates if one.language == report.language]
    best = max(near, key=lambda each: (each[0], -each[1].id), default=None)
    if best is not None and best[0] >= settings.report_similarity:
        found, one = best
        reason = f"{found:.0%} like the other reports of the story ({settings.report_similarity:.0%} is enough)"
        return Found(_report(one.story_id, found, reason), one)
    other = max(_abroad(report, candidates, settings, has_language), key=lambda each: each[0], default=None)
    if other is None:
        return None
    (shared, _, _), one, reason = other
    return Found(_report(one.story_id, min(1.0, shared / 10), reason), None)


def score(report: Report, centroid: Centroid, settings: StorySettings) -> float:
    """Return the likeness of an article to a story, halved for every `fade` between them; 0 beyond the window."""
    apart = abs((report.at - centroid.latest_at).total_seconds())
    if apart > settings.window or len(report.vector.keys() & centroid.vector.keys()) < _FEWEST_SHARED:
        return 0.0
    return round(_faded(report.vector, centroid.vector, apart, settings), 4)


def begun(report: Report, story_id: int) -> Centroid:
    """Return what a story is compared by that begins with a report."""
    return Centroid(
        id=report.article_id,  # the first article of one centroid is in no other
        story_id=story_id,
        language=report.language,
        articles=1,
        latest_at=report.at,
        kinds=report.kinds,
        vector=report.vector,
    )


def grown(centroid: Centroid, report: Report) -> Centroid:
    """Return what a centroid becomes by one more report."""
    return replace(
        centroid,
        articles=centroid.articles + 1,
        latest_at=max(centroid.latest_at, report.at),
        vector=joined(centroid.vector, centroid.articles, report.vector),
    )


def mergeable(changed: Centroid, others: Iterable[Centroid], settings: StorySettings) -> list[Centroid]:
    """Return the centroids of other stories that are so like `changed` that they tell of one event, likest first."""
    found = []
    for one in others:
        apart = abs((changed.latest_at - one.latest_at).total_seconds())
        if one.story_id == changed.story_id or one.language != changed.language or apart > settings.window:
            continue
        like = _faded(changed.vector, one.vector, apart, settings)
        if like >= settings.merge_similarity:
            found.append((round(like, 4), one))
    found.sort(key=lambda each: (-each[0], each[1].id))
    return [one for _, one in found]


def _faded(one: Vector, other: Vector, apart_s: float, settings: StorySettings) -> float:
    """Return a likeness, halved for every `fade` between the two."""
    return likeness(one, other) * math.pow(0.5, apart_s / settings.fade)


def _abroad(
    report: Report,
    candidates: Iterable[Centroid],
    settings: StorySettings,
    has_language: Callable[[int, str], bool],
) -> Iterable[tuple[tuple[int, float, int], Centroid, str]]:
    for one in candidates if settings.across_languages else ():
        apart = abs((report.at - one.latest_at).total_seconds())
        if one.language == report.language or apart > settings.across_languages or not one.kinds & report.kinds:
            continue
        persons, places = len(report.persons & one.vector.keys()), len(report.places & one.vector.keys())
        enough = persons >= _PERSONS or (persons >= _PERSON and places >= _PLACE)
        if enough and not has_language(one.story_id, report.language):
            reason = (
                f"{persons} persons and {places} places in common with a report in {one.language}, same kind of event"
            )
            yield (persons + places, -apart, -one.id), one, reason


def _report(story_id: int, similarity: float, reason: str) -> Assignment:
    return Assignment(story_id, Relation.REPORT, similarity, None, reason)
