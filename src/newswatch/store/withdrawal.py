"""Alerts of stories that have lost a rule: who was not told yet is not told any more."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from newswatch.model import DeliveryState
from newswatch.store import steps
from newswatch.store.alerts import WITHDRAWN
from newswatch.store.tables import alert, delivery, digest_item, notification, past_match, rule_match, story_member

RULES_APPLIED = "a changed rule was applied to the archive, and no article of the story meets it any more"
RULE_CHANGED = "the rule was changed, and no article of the story meets it any more"
REVISED = "its article was revised, and no article of the story meets the rule any more"


def settle(connection: Connection, story_id: int, rule_id: str, reason: str, now: datetime) -> None:
    """Bring the alert of a rule in line with the matches that a story has left after losing one, for a `reason`.

    The alert goes over to an article that still meets the rule. If none does, what waits to be sent of it is taken
    back; what was sent stays as it was.
    """
    row = connection.execute(
        select(alert.c.id, alert.c.article_id, alert.c.suppressed).where(
            alert.c.story_id == story_id, alert.c.rule_id == rule_id
        )
    ).one_or_none()
    if row is None:
        return
    left = _still_matched(connection, story_id, rule_id)
    if left:
        if row.article_id not in left:
            connection.execute(update(alert).where(alert.c.id == row.id).values(article_id=left[0]))
        return
    told = _take_back(connection, story_id, row.id, reason, now)
    if not told:
        connection.execute(update(alert).where(alert.c.id == row.id).values(suppressed=WITHDRAWN, reason=reason))
    connection.execute(delete(digest_item).where(digest_item.c.alert_id == row.id, digest_item.c.told_at.is_(None)))


def _still_matched(connection: Connection, story_id: int, rule_id: str) -> list[int]:
    query = (
        select(rule_match.c.article_id)
        .join(story_member, story_member.c.article_id == rule_match.c.article_id)
        .where(story_member.c.story_id == story_id, rule_match.c.rule_id == rule_id)
        .order_by(rule_match.c.article_id)
    )
    return list(connection.execute(query).scalars())


def lost(connection: Connection, story_id: int, rule_ids: Collection[str]) -> set[str]:
    """Return those of some rules that a story has lost: revisions withdrew matches, and none is left."""
    met, withdrawn = (
        select(table.c.rule_id)
        .join(story_member, story_member.c.article_id == table.c.article_id)
        .where(story_member.c.story_id == story_id, table.c.rule_id.in_(rule_ids))
        .distinct()
        for table in (rule_match, past_match)
    )
    gone = connection.execute(withdrawn.where(past_match.c.ended_version_id.is_not(None))).scalars()
    return set(gone) - set(connection.execute(met).scalars())


def _take_back(connection: Connection, story_id: int, alert_id: int, reason: str, now: datetime) -> bool:
    """Take an alert out of every message that is not made yet. Return whether one that carries it was made."""
    query = select(notification.c.id, notification.c.alert_ids, notification.c.payload).where(
        notification.c.story_id == story_id
    )
    told = False
    for row in connection.execute(query).all():
        if alert_id not in row.alert_ids:
            continue
        if row.payload is not None:
            told = True
            continue
        others = [one for one in row.alert_ids if one != alert_id]
        connection.execute(update(notification).where(notification.c.id == row.id).values(alert_ids=others))
        if not others:
            taken_back = connection.execute(
                update(delivery)
                .where(
                    delivery.c.notification_id == row.id,
                    delivery.c.state.in_([DeliveryState.PENDING.value, DeliveryState.HELD.value]),
                )
                .values(state=DeliveryState.SUPPRESSED.value, due_at=None, reason=reason, updated_at=now)
                .returning(delivery.c.id)
            )
            steps.keep(connection, taken_back.scalars(), DeliveryState.SUPPRESSED, reason, now)
    return told
