"""What a message says about a story, read from the database, and messages that are whole from the start."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from newswatch.ids import IdSource
from newswatch.model import MatchedArticle, Message, NotificationKind, Severity, StoryArticle
from newswatch.notify.changes import Changes
from newswatch.notify.codec import message_to_json
from newswatch.notify.compose import compose
from newswatch.store import alerts, articles, deliveries, history, matches, stories

_LOOKED_INTO = 20  # matches of new articles read for their evidence


def story_message(
    connection: Connection,
    *,
    kind: NotificationKind,
    story_id: int,
    alert_ids: Collection[int],
    backfill: bool = False,
) -> Message:
    """Return the message about a story as it is now: the alerts it carries, most severe first."""
    rows = alerts.by_ids(connection, list(alert_ids))
    rows.sort(key=lambda row: (-Severity(row["severity"]).rank, row["id"]))
    matched = []
    for row in rows:
        found = matches.get(connection, row["rule_id"], row["article_id"])
        if found is not None:
            match, version_id = found
            title, body = articles.version_text(connection, version_id)
            matched.append(MatchedArticle(row["article_id"], title, body, match))
        elif (was := history.last(connection, row["rule_id"], row["article_id"])) is not None:
            # Told for a match that is withdrawn: the reason stays, without the words that are not there any more.
            matched.append(MatchedArticle(row["article_id"], "", "", replace(was.match, evidence=())))
    return compose(
        kind=kind,
        story_id=story_id,
        members=stories.members(connection, story_id),
        matched=matched,
        backfill=backfill,
    )


def update_message(
    connection: Connection,
    *,
    story_id: int,
    alert_ids: Collection[int],
    members: Sequence[StoryArticle],
    fresh: Collection[int],
    found: Changes,
) -> Message:
    """Return what is new about a story: the changes, and evidence and articles that were not announced (`fresh`).

    Rules and counts are those of the whole story. An article that is told already and only changed is not listed.
    """
    whole = story_message(connection, kind=NotificationKind.UPDATE, story_id=story_id, alert_ids=alert_ids)
    rules = [row["rule_id"] for row in alerts.by_ids(connection, list(alert_ids))]
    matched: list[MatchedArticle] = []
    for article_id, rule_id in matches.of_articles(connection, list(fresh), rules):
        if (evidence := matches.get(connection, rule_id, article_id)) is not None and len(matched) < _LOOKED_INTO:
            title, body = articles.version_text(connection, evidence[1])
            matched.append(MatchedArticle(article_id, title, body, evidence[0]))
    new_members = [member for member in members if member.article_id in set(fresh)]
    if not new_members:
        return replace(whole, changes=found.lines, graver=found.graver, others=())
    news = compose(kind=NotificationKind.UPDATE, story_id=story_id, members=new_members, matched=matched)
    return replace(
        news,
        severity=whole.severity,
        article_count=whole.article_count,
        source_count=whole.source_count,
        languages=whole.languages,
        reasons=whole.reasons,
        changes=found.lines,
        graver=found.graver,
    )


def queue(
    connection: Connection,
    message: Message,
    *,
    key: str,
    destinations: Collection[str],
    new_id: IdSource,
    now: datetime,
    due_at: datetime | None = None,
    alert_ids: Collection[int] = (),
) -> int | None:
    """Store a message whose content is final, with a delivery to each destination.

    Return the notification's id; None if there is one with this `key` already, which then stays as it is.
    """
    notification_id = alerts.notify(
        connection,
        kind=message.kind,
        dedupe_key=key,
        story_id=message.story_id,
        alert_ids=list(alert_ids),
        payload=message_to_json(message),
        new_id=new_id,
        now=now,
    )
    if notification_id is None:
        return None
    for destination in destinations:
        deliveries.add(
            connection,
            delivery_id=new_id(),
            notification_id=notification_id,
            dedupe_key=key,
            destination=destination,
            due_at=due_at or now,
            now=now,
            kind=message.kind,
            severity=message.severity,
        )
    return notification_id
