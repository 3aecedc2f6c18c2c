"""Silences: what is not to be told for a while, with the reason, the author and an end."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from newswatch.store.tables import alert, article, entity_name, mention, silence

MATCHERS = ("rule", "story", "source", "entity", "destination", "mailbox")
"""`destination` is all mailboxes of an e-mail destination, `mailbox` is one of them."""


def add(
    connection: Connection,
    matchers: Mapping[str, str],
    *,
    silence_id: int,
    reason: str,
    author: str,
    ends_at: datetime,
    now: datetime,
) -> None:
    """Store a silence. All its `matchers` (see MATCHERS) must hold for an alert to be silenced."""
    connection.execute(
        insert(silence).values(
            id=silence_id, matchers=dict(matchers), reason=reason, author=author, created_at=now, ends_at=ends_at
        )
    )


def listing(connection: Connection, now: datetime, *, ended: bool = False) -> list[dict[str, Any]]:
    """Return the silences in force, and with `ended` also those that are over, newest first."""
    query = select(silence).order_by(silence.c.id.desc())
    if not ended:
        query = query.where(silence.c.ends_at > now)
    return [dict(row) for row in connection.execute(query).mappings()]


def expire(connection: Connection, silence_id: int, now: datetime) -> bool:
    """End a silence now. Return False if it is not in force."""
    in_force = (silence.c.id == silence_id) & (silence.c.ends_at > now)
    return bool(connection.execute(update(silence).where(in_force).values(ends_at=now)).rowcount)


def of_author(connection: Connection, matchers: Mapping[str, str], author: str, now: datetime) -> dict[str, Any] | None:
    """Return a silence in force that somebody has made with exactly these matchers, or None."""
    own = (one for one in listing(connection, now) if one["author"] == author)
    return next((one for one in own if one["matchers"] == dict(matchers)), None)


def silenced(connection: Connection, alert_ids: Collection[int], destination: str, now: datetime) -> dict[int, str]:
    """Return which of these alerts are not to be told to a destination now, with the reason for people.

    A silence of an e-mail destination is one of all its mailboxes, which are called `name:address`.
    """
    in_force = listing(connection, now)
    if not in_force or not alert_ids:
        return {}
    entities = {one["matchers"]["entity"] for one in in_force if "entity" in one["matchers"]}
    mentioned = _mentioned(connection, alert_ids, entities) if entities else set()
    rows = connection.execute(
        select(alert.c.id, alert.c.rule_id, alert.c.story_id, article.c.source_name)
        .join(article, article.c.id == alert.c.article_id)
        .where(alert.c.id.in_(list(alert_ids)))
    )
    found: dict[int, str] = {}
    for row in rows:
        facts = {
            "rule": row.rule_id,
            "story": str(row.story_id),
            "source": (row.source_name or "").casefold(),
            "destination": destination,
            "mailbox": destination,
        }
        for one in in_force:
            wanted = {name: text.casefold() if name == "source" else text for name, text in one["matchers"].items()}
            entity = wanted.pop("entity", None)
            if entity is not None and (row.id, entity) not in mentioned:
                continue
            if destination.partition(":")[0] == wanted.get("destination"):
                del wanted["destination"]
            if all(facts.get(name) == text for name, text in wanted.items()):
                found[row.id] = f"silenced until {one['ends_at']:%Y-%m-%d %H:%MZ} by {one['author']}: {one['reason']}"
                break
    return found


def _mentioned(connection: Connection, alert_ids: Collection[int], entities: Collection[str]) -> set[tuple[int, str]]:
    """Return (alert, entity) for each of these entities that the article which caused the alert mentions."""
    rows = connection.execute(
        select(alert.c.id, entity_name.c.entity)
        .join(mention, mention.c.article_id == alert.c.article_id)
        .join(entity_name, entity_name.c.number == mention.c.entity)
        .where(alert.c.id.in_(list(alert_ids)), entity_name.c.entity.in_(list(entities)))
    )
    return {(row.id, row.entity) for row in rows}
