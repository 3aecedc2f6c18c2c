"""From the matches of an article to alerts and waiting deliveries, inside the transaction that marks it as matched."""

from collections.abc import Sequence

from sqlalchemy import Connection

from newswatch.model import AlertDecision, AlertFacts, Match, NotificationKind
from newswatch.notify.decide import decide_alert
from newswatch.pipeline.context import Context
from newswatch.store import alerts, deliveries, digests
from newswatch.store.articles import WaitingVersion
from newswatch.store.published import from_row as published_from_row


def open_alerts(
    context: Context, connection: Connection, version: WaitingVersion, found: Sequence[Match], story_id: int
) -> tuple[tuple[Match, AlertDecision], ...]:
    """Open an alert for each rule that is new to the story and queue its deliveries. Return what was decided."""
    if not found:
        return ()
    known = alerts.known_rules(connection, story_id)
    return tuple(
        (match, _open(context, connection, version, match, story_id)) for match in found if match.rule_id not in known
    )


def _open(
    context: Context, connection: Connection, version: WaitingVersion, match: Match, story_id: int
) -> AlertDecision:
    now = context.now()
    facts = AlertFacts(
        rule_id=match.rule_id,
        severity=match.severity,
        tags=match.tags,
        language=version.language,
        backfill=version.backfill,
        published=published_from_row(version.row),
        first_seen_at=version.first_seen_at,
    )
    decision = decide_alert(facts, routes=context.routes, now=now, settings=context.config.alerts)
    alert_id = alerts.open_alert(
        connection, match, decision, story_id=story_id, article_id=version.article_id, new_id=context.new_id, now=now
    )
    digests.add(
        connection,
        decision.digests,
        alert_id=alert_id,
        story_id=story_id,
        backfill=decision.suppressed is not None,
        now=now,
    )
    if decision.suppressed is None:
        for destination in decision.destinations:
            _queue(context, connection, decision, story_id, alert_id, destination)
    return decision


def _queue(
    context: Context, connection: Connection, decision: AlertDecision, story_id: int, alert_id: int, destination: str
) -> None:
    """Let the story's unsent message to a destination carry the alert too, or begin one."""
    now = context.now()
    waiting = alerts.waiting_notification(connection, story_id, destination)
    if waiting is not None:
        alerts.add_to_notification(connection, waiting[0], [*waiting[1], alert_id])
        return
    # Not the row's id: a decision repeated after a crash gives the same key and so the same delivery.
    key = f"new/{story_id}/{destination}/{alert_id}"
    notification_id = alerts.notify(
        connection,
        kind=NotificationKind.NEW,
        dedupe_key=key,
        story_id=story_id,
        alert_ids=[alert_id],
        payload=None,
        new_id=context.new_id,
        now=now,
    )
    if notification_id is not None:
        deliveries.add(
            connection,
            delivery_id=context.new_id(),
            notification_id=notification_id,
            dedupe_key=key,
            destination=destination,
            due_at=decision.due_at,
            now=now,
        )
