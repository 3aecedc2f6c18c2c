"""What a delivery says, made when it is sent or when somebody wants to see it beforehand: the same for both."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from newswatch.model import AlertFacts, Delivery, DeliveryState, Message, NotificationKind, Rendered, Route, Severity
from newswatch.notify.channels.base import Channel
from newswatch.notify.codec import message_from_json
from newswatch.notify.routing import tried
from newswatch.pipeline.holding import rollup_message, unsilenced
from newswatch.pipeline.telling import story_message
from newswatch.store import alerts, chain, deliveries
from newswatch.store.chain import Row

PREVIEW_KEY = "PREVIEW"
"""Stands for the key of a delivery that is not made."""


def message_of(connection: Connection, delivery: Delivery, notification: Row, now: datetime) -> Message:
    """Return what a notification says to the destination of a delivery: what it was frozen as, else as it is now."""
    if notification["payload"] is not None:
        return message_from_json(notification["payload"])
    if delivery.kind is NotificationKind.ROLLUP:
        return rollup_message(connection, delivery, now)
    told = unsilenced(connection, notification["alert_ids"], delivery.destination, now)
    return story_message(
        connection,
        kind=delivery.kind,
        story_id=notification["story_id"],
        alert_ids=told or notification["alert_ids"],
    )


def addressed(message: Message, delivery: Delivery) -> Message:
    """Return a message as it is for a destination that may stand in for another."""
    if delivery.via is None:
        return message
    return replace(message, via=delivery.via, root=None)  # what it answers is elsewhere


@dataclass(frozen=True, slots=True)
class Preview:
    """What a destination would get, or got, of a story, and what is to be said of that."""

    rendered: Rendered
    key: str
    delivery_id: int | None
    state: DeliveryState | None
    note: str


def preview(
    connection: Connection,
    channel: Channel,
    routes: tuple[Route, ...],
    *,
    story_id: int,
    destination: str,
    anew: bool,
    now: datetime,
) -> Preview | None:
    """Return what a destination would get of a story: byte for byte what is under way or was sent to it.

    Where nothing is, or with `anew`, it is the first message as it would be now. None if the story has no alert.
    """
    found = chain.read(connection, story_id)
    if found is None or not found.alerts:
        return None
    own = [row for row in found.deliveries if row["destination"] == destination]
    if own and not anew:
        return _of_delivery(connection, channel, own[-1], now)
    routed, digests = _routed(found, routes, destination)
    note = "" if routed else f"no route gives {destination} this story"
    if not routed and digests:
        note = f"it comes in a digest, which `newswatch digest preview {destination}` shows; this is it by itself"
    told = routed or digests or [row["id"] for row in found.alerts]
    shown = unsilenced(connection, told, destination, now)
    if not shown:
        note = "all of it is silenced there now"
    message = story_message(connection, kind=NotificationKind.NEW, story_id=story_id, alert_ids=shown or told)
    return Preview(channel.render(message, key=PREVIEW_KEY, now=now), PREVIEW_KEY, None, None, note)


def _of_delivery(connection: Connection, channel: Channel, row: Row, now: datetime) -> Preview:
    value = deliveries.from_row(row)  # type: ignore[arg-type]  # a dict reads like a row
    if value.rendered is not None:
        return Preview(value.rendered, value.key, value.id, value.state, "made already, these are its bytes")
    notification = alerts.get_notification(connection, value.notification_id)
    message = addressed(message_of(connection, value, notification, now), value)
    rendered = channel.render(message, key=value.key, now=now)
    return Preview(rendered, value.key, value.id, value.state, "not made yet, as it would be now")


def facts_of(match: Row) -> AlertFacts:
    """Return what routes look at, of a match as `store.chain` reads it; nothing is known of its date."""
    return AlertFacts(
        rule_id=match["rule_id"],
        severity=Severity(match["severity"]),
        tags=tuple(match["tags"]),
        language=match["language"],
        backfill=match["article_backfill"] or match["backfill"],
        published=None,
        first_seen_at=match["matched_at"],
    )


def _routed(found: chain.Chain, routes: tuple[Route, ...], destination: str) -> tuple[list[int], list[int]]:
    """Return the alerts of a story that routes give to a destination by itself, and in a digest."""
    instant, listed = set(), set()
    for row in found.matches:
        for one in tried(facts_of(row), routes):
            if one.taken and destination in one.route.destinations:
                instant.add((row["rule_id"], row["article_id"]))
            elif one.taken and destination in (name for name, _ in one.route.digests):
                listed.add((row["rule_id"], row["article_id"]))
    keys = {row["id"]: (row["rule_id"], row["article_id"]) for row in found.alerts}
    return [one for one, key in keys.items() if key in instant], [one for one, key in keys.items() if key in listed]
