"""The JSON form of a message, for programs: body of webhooks and lines of files. Documented in docs/alerts.md."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from newswatch.model import AlertReason, Listing, Message, Published, Snippet, StoryArticle, StoryLine
from newswatch.notify.text import clean_line

SCHEMA = "newswatch.alert/1"
"""The number rises when a field changes or goes; new fields may appear under the same number."""
CLOUD_EVENT_TYPE = "newswatch.alert.v1"
"""The same name and number as the type of a CloudEvent."""
CLOUD_EVENTS = "application/cloudevents+json; charset=utf-8"


def payload(message: Message, *, key: str, now: datetime) -> dict[str, Any]:
    """Return the document. `key` is its id, `now` the time at which it was made.

    Ids are strings: they have more than the 53 bits that JavaScript keeps of a number.
    """
    return {
        "type": "newswatch.alert",
        "schema": SCHEMA,
        "id": key,
        "timestamp": instant(now),
        "data": {"kind": message.kind.value, "severity": message.severity.value, **_data(message)},
    }


def cloud_event(message: Message, *, key: str, now: datetime, source: str) -> dict[str, Any]:
    """Return the document as a CloudEvent in structured JSON mode, with the same `data`.

    https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md. `kind` and `severity` are
    extension attributes, so that brokers can filter by them. Attributes are never empty, as the specification wants.
    """
    document = payload(message, key=key, now=now)
    subject = _subject(message)
    return {
        "specversion": "1.0",
        "id": key,
        "source": source,
        "type": CLOUD_EVENT_TYPE,
        "time": document["timestamp"],
        **({"subject": subject} if subject else {}),
        "datacontenttype": "application/json",
        "kind": message.kind.value,
        "severity": message.severity.value,
        "data": document["data"],
    }


def _subject(message: Message) -> str:
    if message.notice is not None:
        return clean_line(message.notice.subject)
    return f"story/{message.story_id}" if message.story_id is not None else ""


def _data(message: Message) -> dict[str, Any]:
    """Return what the kind of message has to say, and for whom it came where it is another's."""
    via = {"via": message.via} if message.via else {}
    if message.listing is not None:
        return {**_listing(message.listing), **via}
    if message.notice is not None:
        notice = message.notice
        return {
            "notice": {
                "reason": notice.reason,
                "subject": notice.subject,
                "headline": message.headline,
                "lines": list(notice.lines),
                "remedy": notice.remedy,
                "over": notice.over,
                "since": instant(message.first_seen_at),
            },
            **via,
        }
    return {
        "story": {
            "id": str(message.story_id),
            "articles": message.article_count,
            "sources": message.source_count,
            "languages": list(message.languages),
        },
        "article": {
            "headline": message.headline,
            "url": message.url,
            "language": message.language,
            "source": message.source_name,
            "credited": list(message.credited),
            "published": _published(message.published),
            "first_seen_at": instant(message.first_seen_at),
        },
        "reasons": [_reason(reason) for reason in message.reasons],
        "snippets": [_snippet(snippet) for snippet in message.snippets],
        "others": [_other(article) for article in message.others],
        "backfill": message.backfill,
        "changes": list(message.changes),
        **({"thread": {"id": message.root.key}} if message.root is not None else {}),
        **({"feedback": asdict(message.feedback)} if message.feedback is not None else {}),
        **via,
    }


def _listing(listing: Listing) -> dict[str, Any]:
    return {
        "title": listing.title,
        "ends_at": instant(listing.ends_at) if listing.ends_at else None,
        "total": listing.total,
        "high": listing.high,
        "rules": dict(listing.rules),
        "stories": [_story(line) for line in listing.stories],
        "notes": list(listing.notes),
        **({"feedback": listing.feedback_url} if listing.feedback_url is not None else {}),
    }


def _story(line: StoryLine) -> dict[str, Any]:
    return {
        "id": str(line.story_id),
        "severity": line.severity.value,
        "headline": line.headline,
        "url": line.url,
        "language": line.language,
        "source": line.source_name,
        "published": _published(line.published),
        "first_seen_at": instant(line.first_seen_at),
        "articles": line.article_count,
        "sources": line.source_count,
        "rules": list(line.rules),
        "snippet": _snippet(line.snippet) if line.snippet else None,
        "changes": list(line.changes),
        "backfill": line.backfill,
        **({"feedback": line.feedback_url} if line.feedback_url is not None else {}),
    }


def to_bytes(document: dict[str, Any]) -> bytes:
    """Return a document as one line of UTF-8 JSON."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def instant(value: datetime) -> str:
    """Return an instant as RFC 3339 writes it, in UTC: "2026-01-13T05:17:00Z"."""
    return value.isoformat(timespec="seconds").replace("+00:00", "Z")


def _published(published: Published | None) -> dict[str, Any] | None:
    if published is None:
        return None
    value = instant(published.at) if published.at else str(published.on)
    return {"value": value, "precision": published.precision, "zone_assumed": published.zone_assumed}


def _reason(reason: AlertReason) -> dict[str, Any]:
    return {
        "rule": reason.rule_id,
        "name": reason.rule_name,
        "severity": reason.severity.value,
        "score": reason.score,
        "threshold": reason.threshold,
        "found": list(reason.terms),
        "why": list(reason.why),
    }


def _snippet(snippet: Snippet) -> dict[str, Any]:
    return {
        "text": snippet.text,
        "highlights": [list(span) for span in snippet.highlights],
        "field": snippet.field,
        "source": snippet.source_name,
        "language": snippet.language,
    }


def _other(article: StoryArticle) -> dict[str, Any]:
    return {
        "headline": article.headline,
        "url": article.url,
        "language": article.language,
        "source": article.source_name,
        "relation": article.relation.value,
    }
