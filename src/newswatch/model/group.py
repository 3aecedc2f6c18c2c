"""article -> story: where an article belongs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

KEYS = 16
"""Shingles by which a text is found."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Sampled shingles of a text, and those of them by which it is found."""

    shingles: frozenset[int] = frozenset()
    keys: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class StoryCandidate:
    """An article already in a story that shares sampled shingles with the new one."""

    article_id: int
    story_id: int
    source_name: str | None
    shingles: frozenset[int]
    shared: int


class Relation(StrEnum):
    """How an article came into its story."""

    ORIGIN = "origin"  # first of its story
    COPY = "copy"  # near-duplicate of a member
    REPORT = "report"  # independent report


@dataclass(frozen=True, slots=True)
class Assignment:
    """Which story an article belongs to. `story_id` None means a new story."""

    story_id: int | None
    relation: Relation
    similarity: float  # containment of the smaller in the larger, 0 to 1
    of_article_id: int | None
    reason: str


ALL_ARTICLES = 0
"""The term under which the number of counted articles is kept beside the number of articles with each term."""


@dataclass(frozen=True, slots=True)
class Centroid:
    """The mean of what a story's articles in one language say: weights by term, their squares adding up to 1.

    `kinds` are the kinds of event of the first of these `articles`, one bit each.
    """

    id: int
    story_id: int
    language: str
    articles: int
    latest_at: datetime
    kinds: int
    vector: Mapping[int, float]
