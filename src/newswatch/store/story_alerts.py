"""What becomes of alerts when articles move between stories: nothing that was told is told again."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, insert, select, update

from newswatch.store import threads
from newswatch.store.tables import alert, digest_item, notification, rule_match


def hand_over(connection: Connection, gone: int, kept: int) -> None:
    """Let the alerts of one story be those of another that takes its articles.

    Where both have an alert of a rule, that of `kept` goes on and the other stays with the empty story as history,
    with the messages in which it was told. Messages not made yet tell of the story as it is then.
    """
    _move(connection, alert, "rule_id", gone, kept)
    threads.hand_over(connection, gone, kept)
    left = set(connection.execute(select(alert.c.id).where(alert.c.story_id == gone)).scalars())
    query = select(notification.c.id, notification.c.alert_ids, notification.c.payload)
    rows = connection.execute(query.where(notification.c.story_id == gone)).all()
    moved = [row.id for row in rows if row.payload is None or left.isdisjoint(row.alert_ids)]
    if moved:
        connection.execute(update(notification).where(notification.c.id.in_(moved)).values(story_id=kept))
    connection.execute(
        update(digest_item).where(digest_item.c.story_id == gone, digest_item.c.told_at.is_(None)).values(story_id=kept)
    )


def _move(connection: Connection, table: Table, key: str, gone: int, kept: int) -> None:
    """Move rows of one story to another where that has none with the same `key`."""
    taken = select(table.c[key]).where(table.c.story_id == kept)
    connection.execute(update(table).where(table.c.story_id == gone, table.c[key].not_in(taken)).values(story_id=kept))


def share(
    connection: Connection,
    story_id: int,
    new_story_id: int,
    article_ids: Collection[int],
    *,
    new_id: Callable[[], int],
    now: datetime,
) -> None:
    """Give a story split off from another the alerts that its articles have met: they were told as one story.

    So the next article of the new story is no news of its own. The alert of the old story goes on with an article
    that it still has.
    """
    known = {row["rule_id"]: dict(row) for row in _alerts(connection, story_id)}
    met: dict[str, int] = {}
    query = select(rule_match.c.rule_id, rule_match.c.article_id).where(rule_match.c.article_id.in_(article_ids))
    for rule_id, article_id in connection.execute(query.order_by(rule_match.c.article_id)):
        met.setdefault(rule_id, article_id)
    copies = [
        {**known[rule_id], "id": new_id(), "story_id": new_story_id, "article_id": article_id, "opened_at": now}
        for rule_id, article_id in sorted(met.items())
        if rule_id in known
    ]
    if copies:
        connection.execute(insert(alert), copies)
    own = {known[copy["rule_id"]]["id"]: copy["id"] for copy in copies}
    threads.share(connection, story_id, new_story_id, own, new_id=new_id)


def _alerts(connection: Connection, story_id: int) -> Any:
    return connection.execute(select(alert).where(alert.c.story_id == story_id)).mappings()
