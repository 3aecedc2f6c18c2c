"""From the matches of an article to alerts and waiting deliveries, inside the transaction that marks it as matched."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from newswatch.clock import Now
from newswatch.config import Config
from newswatch.ids import IdSource
from newswatch.model import AlertDecision, AlertFacts, Match, NotificationKind, Published, Route, Severity
from newswatch.notify.changes import facts_of
from newswatch.notify.decide import decide_alert
from newswatch.store import alerts, deliveries, digests, rollups, stories, threads


class Alerting(Protocol):
    """What opening alerts needs: the `Context` of the stages has it."""

    @property
    def config(self) -> Config:
        """The settings, of which [alerts] counts here."""
        ...

    @property
    def routes(self) -> tuple[Route, ...]:
        """Where alerts go."""
        ...

    @property
    def now(self) -> Now:
        """The clock."""
        ...

    @property
    def new_id(self) -> IdSource:
        """The source of ids."""
        ...


@dataclass(frozen=True, slots=True)
class Alerted:
    """What an alert depends on of the article that opens it."""

    article_id: int
    language: str
    backfill: bool
    published: Published | None
    first_seen_at: datetime


def open_alerts(
    context: Alerting, connection: Connection, article: Alerted, found: Sequence[Match], story_id: int
) -> tuple[tuple[Match, AlertDecision], ...]:
    """Open an alert for each rule that is new to the story and queue its deliveries. Return what was decided.

    An alert that nobody was told of, because its article came with the first poll of a feed, was too old or had no
    route, is decided anew with each further article of the story.
    """
    if not found:
        return ()
    known = alerts.known(connection, story_id)
    decided = []
    for match in found:
        held = known.get(match.rule_id)
        if held is None or held.may_be_opened_by(article.article_id):
            decision = _decide(context, article, match)
            # What is still not to be told stays as it is, unless the story had lost the rule.
            if held is None or decision.suppressed is None or held.withdrawn:
                _open(context, connection, article, match, decision, story_id, held)
                decided.append((match, decision))
    return tuple(decided)


def _decide(context: Alerting, article: Alerted, match: Match) -> AlertDecision:
    facts = AlertFacts(
        rule_id=match.rule_id,
        severity=match.severity,
        tags=match.tags,
        language=article.language,
        backfill=article.backfill,
        published=article.published,
        first_seen_at=article.first_seen_at,
    )
    return decide_alert(facts, routes=context.routes, now=context.now(), settings=context.config.alerts)


def _open(
    context: Alerting,
    connection: Connection,
    article: Alerted,
    match: Match,
    decision: AlertDecision,
    story_id: int,
    held: alerts.KnownAlert | None,
) -> None:
    now = context.now()
    if held is None:
        alert_id = alerts.open_alert(
            connection,
            match,
            decision,
            story_id=story_id,
            article_id=article.article_id,
            new_id=context.new_id,
            now=now,
        )
    else:
        alert_id = held.id
        alerts.reopen(connection, alert_id, match, decision, article_id=article.article_id, now=now)
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
            _queue(
                context,
                connection,
                article,
                decision,
                match.severity,
                story_id,
                alert_id,
                destination,
                again=held is not None and held.withdrawn,
            )


def _queue(
    context: Alerting,
    connection: Connection,
    article: Alerted,
    decision: AlertDecision,
    severity: Severity,
    story_id: int,
    alert_id: int,
    destination: str,
    *,
    again: bool,
) -> None:
    """Let the story's unsent message to a destination carry the alert too, else its thread, else begin one.

    What the ledger says was announced there is announced no more, whatever story it is in now: its alert is told as a
    follow-up. `again` says that the alert was withdrawn, so that a message for it may have been taken back.
    """
    now = context.now()
    waiting = alerts.waiting_notification(connection, story_id, destination)
    if waiting is not None:
        alerts.add_to_notification(connection, waiting[0], [*waiting[1], alert_id])
        rollups.grows_graver(connection, waiting[0], severity, decision.due_at)
        return
    if _in_thread(context, connection, article, severity, story_id, alert_id, destination):
        return
    # Not the row's id: a decision repeated after a crash gives the same key and so the same delivery.
    key = f"new/{story_id}/{destination}/{alert_id}" + (f"/{now.timestamp():.0f}" if again else "")
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
            severity=severity,
        )


def _in_thread(
    context: Alerting,
    connection: Connection,
    article: Alerted,
    severity: Severity,
    story_id: int,
    alert_id: int,
    destination: str,
) -> bool:
    """Leave the alert to what the destination was told of the story, or of the article with another story."""
    if threads.join(connection, story_id, destination, [alert_id]):
        return True
    adopted = article.article_id in threads.announced_to(connection, destination, [article.article_id])
    if adopted:
        told = facts_of(stories.members(connection, story_id), severity).as_json()
        threads.adopt(
            connection,
            story_id,
            destination,
            article.article_id,
            told=told,
            new_id=context.new_id,
            now=context.now(),
        )
        threads.join(connection, story_id, destination, [alert_id])
    return adopted
