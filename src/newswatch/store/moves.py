"""Articles that move between stories: merged automatically or by hand, split by hand, all of it written down."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, or_, select, update

from newswatch.model import Relation
from newswatch.store import events, story_alerts
from newswatch.store.database import insert_new
from newswatch.store.stories import recount
from newswatch.store.tables import story, story_apart, story_edit, story_member

_BY_HAND = "put here by hand"


def current(connection: Connection, story_id: int) -> int:
    """Return the story that has the articles of this one: itself, unless it was merged into another."""
    found = connection.execute(select(story.c.merged_into).where(story.c.id == story_id)).scalar()
    return story_id if found is None else found


def apart(connection: Connection, story_id: int, other_id: int) -> bool:
    """Return whether somebody has said that two stories are not one."""
    query = select(story_apart.c.story_id).where(story_apart.c.story_id == story_id, story_apart.c.other_id == other_id)
    return connection.execute(query).scalar() is not None


def merge(
    connection: Connection, kept: int, gone: int, *, by_hand: bool, new_id: Callable[[], int], now: datetime
) -> int:
    """Put the articles of the story `gone` into `kept` and return how many moved. The id of `gone` leads to `kept`.

    By hand, it also undoes that the two were kept apart. Both must be stories that have articles.
    """
    moved = list(
        connection.execute(
            select(story_member.c.article_id).where(story_member.c.story_id == gone).order_by(story_member.c.article_id)
        ).scalars()
    )
    origin = {"relation": Relation.REPORT.value}
    own = story_member.c.story_id == gone
    connection.execute(
        update(story_member).where(own, story_member.c.relation == Relation.ORIGIN.value).values(**origin)
    )
    connection.execute(update(story_member).where(own).values(story_id=kept))
    connection.execute(
        update(story).where(or_(story.c.id == gone, story.c.merged_into == gone)).values(merged_into=kept)
    )
    events.hand_over(connection, gone, kept)
    story_alerts.hand_over(connection, gone, kept)
    _hand_over_apart(connection, gone, kept)
    recount(connection, kept)
    recount(connection, gone)
    _write_down(connection, "merge", kept, gone, moved, by_hand=by_hand, new_id=new_id, now=now)
    return len(moved)


def split(
    connection: Connection,
    story_id: int,
    article_ids: Collection[int],
    *,
    new_id: Callable[[], int],
    now: datetime,
) -> int:
    """Put some articles of a story into a new one that stays apart from it, and return its id.

    Raises ValueError unless all of them are in the story and others are left in it.
    """
    members = {
        row["article_id"]: dict(row)
        for row in connection.execute(
            select(story_member).where(story_member.c.story_id == story_id).order_by(story_member.c.added_at)
        ).mappings()
    }
    moved = [article_id for article_id in members if article_id in set(article_ids)]
    if not moved or set(article_ids) - members.keys() or len(moved) == len(members):
        raise ValueError("not some articles of the story with others left")
    old = connection.execute(select(story).where(story.c.id == story_id)).mappings().one()
    new_story_id = new_id()
    connection.execute(insert(story).values({**old, "id": new_story_id, "merged_into": None}))
    for article_id in moved:
        connection.execute(
            update(story_member)
            .where(story_member.c.article_id == article_id)
            .values(story_id=new_story_id, reason=_BY_HAND)
        )
    for one, ids in ((story_id, [each for each in members if each not in moved]), (new_story_id, moved)):
        _give_origin(connection, [members[article_id] for article_id in ids])
        recount(connection, one, headline=True)
    pairs = ((story_id, new_story_id), (new_story_id, story_id))
    insert_new(connection, story_apart, [{"story_id": a, "other_id": b} for a, b in pairs], "story_id", "other_id")
    story_alerts.share(connection, story_id, new_story_id, moved, new_id=new_id, now=now)
    _write_down(connection, "split", story_id, new_story_id, moved, by_hand=True, new_id=new_id, now=now)
    return new_story_id


def edits(connection: Connection, story_id: int) -> list[dict[str, Any]]:
    """Return what was merged into a story and split from it, oldest first."""
    own = or_(story_edit.c.story_id == story_id, story_edit.c.other_id == story_id)
    return [dict(row) for row in connection.execute(select(story_edit).where(own).order_by(story_edit.c.id)).mappings()]


def _give_origin(connection: Connection, members: list[dict[str, Any]]) -> None:
    """Let the first article be the origin where none is. A copy whose original is elsewhere can be one."""
    if not any(one["relation"] == Relation.ORIGIN for one in members):
        first = next((one for one in members if one["relation"] == Relation.REPORT), members[0])
        connection.execute(
            update(story_member)
            .where(story_member.c.article_id == first["article_id"])
            .values(relation=Relation.ORIGIN.value)
        )


def _hand_over_apart(connection: Connection, gone: int, kept: int) -> None:
    """Keep `kept` apart from what `gone` was kept apart from."""
    others = set(connection.execute(select(story_apart.c.other_id).where(story_apart.c.story_id == gone)).scalars())
    connection.execute(delete(story_apart).where(or_(story_apart.c.story_id == gone, story_apart.c.other_id == gone)))
    rows = [
        {"story_id": a, "other_id": b} for other in sorted(others - {kept}) for a, b in ((kept, other), (other, kept))
    ]
    if rows:
        insert_new(connection, story_apart, rows, "story_id", "other_id")


def _write_down(
    connection: Connection,
    kind: str,
    story_id: int,
    other_id: int,
    article_ids: list[int],
    *,
    by_hand: bool,
    new_id: Callable[[], int],
    now: datetime,
) -> None:
    row = {"story_id": story_id, "other_id": other_id, "article_ids": article_ids, "by_hand": by_hand}
    connection.execute(insert(story_edit).values(id=new_id(), kind=kind, at=now, **row))
