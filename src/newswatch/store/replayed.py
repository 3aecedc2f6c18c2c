"""What a replay left in the database, as plain values in a stable order."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, or_, select

from newswatch.store import alerts, articles, matches, stories
from newswatch.store.tables import alert, article_version, delivery, entry, feed, notification, rule_match

_ARTICLE = (
    "title",
    "display_headline",
    "language",
    "source_name",
    "authors",
    "url",
    "canonical_url",
    "published_at",
    "published_on",
    "published_precision",
    "published_by",
    "word_count",
)


@dataclass(frozen=True, slots=True)
class Known:
    """Ids of what earlier replays left in the database."""

    entries: frozenset[int] = frozenset()
    deliveries: frozenset[int] = frozenset()


def known(connection: Connection) -> Known:
    """Return what earlier replays left in the database."""
    left = select(entry.c.id).join(feed, feed.c.id == entry.c.feed_id).where(feed.c.origin == "replay")
    sent = select(delivery.c.id).where(delivery.c.destination.startswith("replay:"))
    return Known(frozenset(connection.execute(left).scalars()), frozenset(connection.execute(sent).scalars()))


def collect(
    connection: Connection, entry_keys: Sequence[str], feed_ids: Collection[int], before: Known
) -> dict[str, Any]:
    """Return what became of entries with these keys, and of all entries of these feeds; `known` is what was `before`.

    Ids are replaced by numbers from 1 in the order in which things came, so that runs can be compared.
    """
    query = select(entry).where(or_(entry.c.feed_id.in_(feed_ids), entry.c.entry_key.in_(entry_keys)))
    rows = list(connection.execute(query.order_by(entry.c.id)).mappings())
    article_ids = list(dict.fromkeys(row["article_id"] for row in rows if row["article_id"] is not None))
    article_numbers = {article_id: number for number, article_id in enumerate(article_ids, start=1)}
    story_of = stories.of_articles(connection, article_ids)
    story_ids = list(dict.fromkeys(story_of[one] for one in article_ids if one in story_of))
    story_numbers = {story_id: number for number, story_id in enumerate(story_ids, start=1)}
    return {
        "inputs": tuple(
            {
                "title": row["title"],
                "link": row["link"],
                "state": row["state"],
                "reason": row["reason"],
                "detail": row["detail"],
                "article": article_numbers.get(row["article_id"]),
                "known": row["id"] in before.entries,
            }
            for row in rows
        ),
        "articles": tuple(
            _article(connection, article_id, number, story_numbers) for article_id, number in article_numbers.items()
        ),
        "stories": tuple(
            {
                "story": number,
                "headline": (found := stories.get(connection, story_id) or {}).get("headline"),
                "articles": [
                    {
                        "article": article_numbers.get(member.article_id),
                        "headline": member.headline,
                        "source": member.source_name,
                        "relation": member.relation.value,
                    }
                    for member in stories.members(connection, story_id)
                ],
                "sources": found.get("source_count"),
                "languages": found.get("languages"),
            }
            for story_id, number in story_numbers.items()
        ),
        **_alerts(connection, story_numbers, article_numbers, before),
    }


def _article(connection: Connection, article_id: int, number: int, story_numbers: dict[int, int]) -> dict[str, Any]:
    row = articles.listing(connection, limit=1, ids=[article_id])[0]
    version = (
        connection.execute(
            select(article_version)
            .where(article_version.c.article_id == article_id)
            .order_by(article_version.c.seq.desc())
            .limit(1)
        )
        .mappings()
        .one()
    )
    _, text = articles.version_text(connection, version["id"])
    found = connection.execute(
        select(rule_match).where(rule_match.c.article_id == article_id).order_by(rule_match.c.rule_id)
    ).mappings()
    return {
        "article": number,
        **{name: _plain(row[name]) for name in _ARTICLE},
        "method": version["method"],
        "method_reason": version["method_reason"],
        "revision": version["seq"],
        "credited": list(version["credited"]),
        "removed": list(version["removed"]),
        "notes": list(version["notes"]),
        "paragraphs": text.split("\n\n"),
        "story": story_numbers.get(row["story_id"]),
        "matches": [_match(one) for one in map(matches.from_row, found)],
    }


def _match(one: Any) -> dict[str, Any]:
    return {
        "rule": one.rule_id,
        "name": one.rule_name,
        "severity": one.severity.value,
        "score": one.score,
        "threshold": one.threshold,
        "why": list(one.why),
        "evidence_total": one.evidence_total,
        "evidence": [
            {
                "field": mention.field,
                "start": mention.start,
                "end": mention.end,
                "text": mention.text,
                "term": mention.term,
                "entity": mention.entity,
            }
            for mention in one.evidence
        ],
    }


def _alerts(
    connection: Connection, story_numbers: dict[int, int], article_numbers: dict[int, int], before: Known
) -> dict[str, Any]:
    rows = connection.execute(
        select(alert).where(alert.c.story_id.in_(list(story_numbers))).order_by(alert.c.id)
    ).mappings()
    opened = tuple(
        {
            "rule": row["rule_id"],
            "story": story_numbers[row["story_id"]],
            "severity": row["severity"],
            "opened_at": _plain(row["opened_at"]),
            "suppressed": row["suppressed"],
            "reason": row["reason"],
        }
        for row in rows
    )
    sent = connection.execute(
        select(delivery, notification.c.story_id, notification.c.kind, notification.c.alert_ids)
        .join(notification, notification.c.id == delivery.c.notification_id)
        .where(notification.c.story_id.in_(list(story_numbers)))
        .order_by(delivery.c.id)
    ).mappings()
    found = tuple(
        {**_delivery(connection, row, story_numbers, article_numbers), "known": row["id"] in before.deliveries}
        for row in sent
    )
    return {"alerts": opened, "deliveries": found}


def _delivery(
    connection: Connection, row: Any, story_numbers: dict[int, int], article_numbers: dict[int, int]
) -> dict[str, Any]:
    told = alerts.by_ids(connection, row["alert_ids"])
    rendered = json.loads(row["rendered"]) if row["rendered"] else None
    return {
        "to": row["destination"],
        "kind": row["kind"],
        "story": story_numbers[row["story_id"]],
        "rules": [one["rule_id"] for one in told],
        "articles": sorted({article_numbers[found] for one in told if (found := one["article_id"]) in article_numbers}),
        "state": row["state"],
        "due_at": _plain(row["delivered_at"] or row["due_at"]),
        "rendered": rendered,
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
