"""Stories changed by hand: merged, and split with what they are compared by made anew."""

from collections.abc import Collection

from sqlalchemy import Connection

from newswatch.group.events import begun, grown
from newswatch.model import Centroid
from newswatch.pipeline.placing import ONE_AT_A_TIME, Placing, report_of
from newswatch.store import articles, events, mentions, moves, stories
from newswatch.store.database import lock

_COMPARED = 50
"""Articles of a story that say what it is about after a split: its latest."""


def merge_by_hand(context: Placing, connection: Connection, kept: int, gone: int) -> int:
    """Put the articles of one story into another, for good, and return how many. Both must have articles."""
    lock(connection, ONE_AT_A_TIME)
    return moves.merge(connection, kept, gone, by_hand=True, new_id=context.new_id, now=context.now())


def split_by_hand(context: Placing, connection: Connection, story_id: int, article_ids: Collection[int]) -> int:
    """Put some articles of a story into a new one, never to be merged automatically, and return its id.

    Raises ValueError unless all of them are in the story and others are left in it.
    """
    lock(connection, ONE_AT_A_TIME)
    new_story_id = moves.split(connection, story_id, article_ids, new_id=context.new_id, now=context.now())
    for one in (story_id, new_story_id):
        _rebuild(context, connection, one)
    return new_story_id


def _rebuild(context: Placing, connection: Connection, story_id: int) -> None:
    """Make a story's centroids anew from its articles."""
    events.forget(connection, story_id)
    if context.config.stories.events == "off":
        return
    ids = [member.article_id for member in stories.members(connection, story_id)][-_COMPARED:]
    mentioned = mentions.of_articles(connection, ids)
    built: dict[str, Centroid] = {}
    names: set[int] = set()
    for version in articles.current(connection, ids):
        report = report_of(connection, version, mentioned.get(version.article_id, ()), count=False)
        names |= report.persons | report.places
        old = built.get(report.language)
        built[report.language] = begun(report, story_id) if old is None else grown(old, report)
    for centroid in built.values():
        events.add(connection, centroid, names)
