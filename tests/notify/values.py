"""Small builders of the values that the tests of alerts need."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from newswatch.model import (
    Delivery,
    DeliveryState,
    Evidence,
    Match,
    MatchedArticle,
    Message,
    NotificationKind,
    Published,
    Relation,
    Rendered,
    Severity,
    StoryArticle,
)
from newswatch.model.notify import ThreadRoot
from newswatch.notify.compose import compose
from newswatch.notify.settings import AlertSettings

NOW = datetime(2026, 1, 13, 5, 17, tzinfo=UTC)
KEY = "01KEV0000000000000000ABCDE"
SETTINGS = AlertSettings(send_timeout=2, ambiguous_guard=50)


def evidence(text: str, words: str, *, field: str = "body", entity: str | None = None, nth: int = 0) -> Evidence:
    """Point to the nth place of `words` in `text`."""
    start = -1
    for _ in range(nth + 1):
        start = text.index(words, start + 1)
    return Evidence(field, start, start + len(words), words, words, entity)


def match(
    *found: Evidence,
    rule: str = "summit",
    name: str = "Summit",
    severity: Severity = Severity.HIGH,
    score: float = 0.83,
) -> Match:
    return Match(
        rule_id=rule,
        rule_name=name,
        rule_hash="0",
        severity=severity,
        score=score,
        threshold=0.5,
        tags=(),
        evidence=found,
        evidence_total=len(found),
        why=("leader near leader",),
    )


def article(article_id: int = 1, **changes: Any) -> StoryArticle:
    values: dict[str, Any] = {
        "article_id": article_id,
        "headline": f"Headline {article_id}",
        "url": f"https://news.example/{article_id}",
        "source_name": f"Source {article_id}",
        "language": "en",
        "relation": Relation.ORIGIN if article_id == 1 else Relation.REPORT,
        "published": Published("second", "feed", at=NOW - timedelta(minutes=12)),
        "first_seen_at": NOW + timedelta(seconds=article_id),
    }
    return StoryArticle(**{**values, **changes})


def message(*members: StoryArticle, body: str = "The leaders met in Nara.", words: str = "Nara") -> Message:
    shown = members or (article(),)
    found = match(evidence(body, words))
    return compose(
        kind=NotificationKind.NEW,
        story_id=7,
        members=shown,
        matched=[MatchedArticle(shown[0].article_id, "", body, found)],
    )


def follow_up(*, ref: str | None, graver: bool = False) -> Message:
    """Return an update that answers a message."""
    root = message(article(1), article(2), article(3))
    update = message(article(4, headline="Leaders sign", source_name="Reuters"))
    return replace(
        update,
        kind=NotificationKind.UPDATE,
        changes=("1 → 3 sources", "first leading source: Reuters"),
        article_count=4,
        source_count=3,
        graver=graver,
        root=ThreadRoot("ROOT", ref, "Headline 1 — Summit", replace(root, source_count=3)),
    )


def delivery(rendered: Rendered | None = None, **changes: Any) -> Delivery:
    values: dict[str, Any] = {
        "id": 1,
        "key": KEY,
        "notification_id": 2,
        "destination": "desk",
        "state": DeliveryState.SENDING,
        "attempts": 0,
        "rendered": rendered,
        "created_at": NOW,
        "due_at": NOW,
        "sending_since": NOW,
    }
    return Delivery(**{**values, **changes})
