"""Which story an article belongs to.

A near-duplicate of a member joins that member's story as a copy; anything else begins a story of its own.
"""

from collections.abc import Sequence

from newswatch.group.settings import StorySettings
from newswatch.group.similarity import containment
from newswatch.model import Assignment, Relation, StoryCandidate

FEWEST_SHARED = 3
"""Shingles that two texts must share before they can be copies: fewer are a phrase that both happen to use."""


def assign(own: frozenset[int], candidates: Sequence[StoryCandidate], settings: StorySettings) -> Assignment:
    """Choose the story of an article with the shingles `own` among candidates that share some.

    The most similar candidate decides; between equals the one that shares most, then the oldest article, so that the
    answer does not depend on the order of `candidates`. `similarity` and `of_article_id` name the nearest article
    even when it is not near enough.
    """
    if not own:
        return _new_story("no text to compare")
    nearest: StoryCandidate | None = None
    best = (0.0, 0, 0)
    for candidate in candidates:
        shared = len(own & candidate.shingles)
        rank = (containment(own, candidate.shingles), shared, -candidate.article_id)
        if shared and rank > best:
            nearest, best = candidate, rank
    if nearest is None:
        return _new_story("shares no text with a recent article")
    similarity, shared, _ = best
    percent = f"{similarity:.0%}"
    known = f"article {nearest.article_id}" + (f" ({nearest.source_name})" if nearest.source_name else "")
    if similarity < settings.copy_similarity:
        limit = f"a copy shares {settings.copy_similarity:.0%}"
        return _new_story(
            f"nearest is {known} with {percent} of the shorter text in common; {limit}", similarity, nearest
        )
    if shared < FEWEST_SHARED and own != nearest.shingles:
        return _new_story(f"shares only {shared} word sequences with {known}, too few to tell", similarity, nearest)
    return Assignment(
        story_id=nearest.story_id,
        relation=Relation.COPY,
        similarity=round(similarity, 4),
        of_article_id=nearest.article_id,
        reason=f"{percent} of the shorter text is also in {known}",
    )


def _new_story(reason: str, similarity: float = 0.0, nearest: StoryCandidate | None = None) -> Assignment:
    return Assignment(
        story_id=None,
        relation=Relation.ORIGIN,
        similarity=round(similarity, 4),
        of_article_id=nearest.article_id if nearest else None,
        reason=reason,
    )
