"""What is told together later: alerts of quiet hours, more than a person wants in an hour, and those that are overdue.

A held delivery belongs to a roll-up, which is itself a delivery that waits for the end of the quiet hours or of the
hour. Both rows are written in one transaction, so nothing is held without something that will tell it.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from newswatch.model import Delivery, DeliveryState, Message, NotificationKind, Severity, Transition
from newswatch.notify.hours import quiet_until
from newswatch.notify.listing import compose_listing, line_of
from newswatch.notify.reader import ReaderSettings
from newswatch.notify.wording import format_instant
from newswatch.pipeline.context import Context
from newswatch.pipeline.inhibiting import inhibited
from newswatch.pipeline.telling import story_message
from newswatch.store import alerts, deliveries, rollups, silences, threads
from newswatch.store.rollups import Member

ROLLUP_STORIES = 20
"""In one roll-up; what is more comes in further ones. So many fit into a Slack message (11,000 characters) with their
passages, so nothing is left to "and 7 more"."""
TOLD_MEANWHILE = "the story was told there meanwhile; this comes in its thread"
_AN_HOUR = timedelta(hours=1)
_HELD_KINDS = (NotificationKind.NEW, NotificationKind.UPDATE, NotificationKind.ROLLUP)


def hold(connection: Connection, context: Context, delivery: Delivery) -> Transition | None:
    """Return what keeps a delivery from being sent now, after putting it into a roll-up; None to send it."""
    if delivery.by_hand or delivery.kind not in _HELD_KINDS:
        return None
    now, reader = context.now(), context.reader(delivery.destination)
    flash = delivery.severity is Severity.FLASH
    quiet = None if flash and reader.flash_breaks_quiet else quiet_until(reader, now)
    if delivery.kind is NotificationKind.ROLLUP and _is_empty(connection, delivery, now):
        reason = "nothing in it is to be told any more"
        return Transition(DeliveryState.SUPPRESSED, None, reason, count_attempt=False)
    if delivery.kind is not NotificationKind.NEW:  # a retry of what was begun before, or what was held till now
        if quiet is None:
            return None
        return Transition(DeliveryState.RETRY_WAIT, quiet, _quiet(quiet, reader.zone), count_attempt=False)
    if delivery.rendered is None and (silence := silence_of(connection, delivery, now)) is not None:
        return Transition(DeliveryState.SUPPRESSED, None, silence, count_attempt=False)
    ends, reason = quiet, _quiet(quiet, reader.zone) if quiet else ""
    if ends is None and not flash:
        ends = full_until(connection, delivery.destination, reader, now, besides=delivery.id)
        reason = f"more than {reader.max_per_hour} within an hour (max_per_hour)"
    if ends is None:
        return None
    held = Transition(DeliveryState.HELD, None, reason, count_attempt=False)
    return _into_rollup(connection, context, delivery, ends, held)


def _is_empty(connection: Connection, delivery: Delivery, now: datetime) -> bool:
    """Return whether a roll-up has nothing to tell; what is made already tells what it was made of."""
    if delivery.rendered is not None:
        return not rollups.members(connection, delivery.id)
    leave_out(connection, delivery, now)
    return not told_in(connection, delivery, now)


def overdue(connection: Connection, context: Context, delivery: Delivery, expired: Transition) -> Transition:
    """Put a single alert that could not be delivered for too long into the next roll-up: nobody wants it by itself."""
    return _into_rollup(connection, context, delivery, context.now(), expired)


def _into_rollup(
    connection: Connection, context: Context, delivery: Delivery, due_at: datetime, transition: Transition
) -> Transition:
    """Let the roll-up that is waiting, or one that is due at an instant, tell of a delivery."""
    waiting = rollups.waiting(connection, delivery.destination, room_for=ROLLUP_STORIES)
    rollup_id = waiting or _begin(connection, context, delivery, due_at)
    rollups.join(connection, delivery.id, rollup_id)
    reason = f"{transition.reason}; comes in delivery {rollup_id}"
    return replace(transition, state=DeliveryState.HELD, due_at=None, reason=reason)


def rollup_message(connection: Connection, delivery: Delivery, now: datetime) -> Message:
    """Return what was held, as it is now: each story once, the gravest first."""
    by_story = told_in(connection, delivery, now)
    lines = [
        line_of(story_message(connection, kind=NotificationKind.NEW, story_id=story_id, alert_ids=alert_ids))
        for story_id, alert_ids in by_story.items()
    ]
    return compose_listing(NotificationKind.ROLLUP, "What was held", lines, ends_at=now)


def unsilenced(connection: Connection, alert_ids: Collection[int], destination: str, now: datetime) -> list[int]:
    """Return the alerts that may be told to a destination."""
    quiet = silences.silenced(connection, alert_ids, destination, now)
    return [one for one in alert_ids if one not in quiet]


def full_until(
    connection: Connection, destination: str, reader: ReaderSettings, now: datetime, *, besides: int = 0
) -> datetime | None:
    """Return when a destination has room for a single alert (`besides`) again; None if it has now."""
    limit = reader.max_per_hour
    if not limit:
        return None
    arrived = rollups.disturbed(connection, destination, since=now - _AN_HOUR, limit=limit, besides=besides)
    return min(arrived) + _AN_HOUR if len(arrived) >= limit else None


def silence_of(connection: Connection, delivery: Delivery, now: datetime) -> str | None:
    """Return why nothing of a message is to be told; None if some of it is."""
    alert_ids = alerts.get_notification(connection, delivery.notification_id)["alert_ids"]
    quiet = silences.silenced(connection, alert_ids, delivery.destination, now)
    return next(iter(quiet.values())) if quiet and len(quiet) == len(alert_ids) else None


def told_in(connection: Connection, delivery: Delivery, now: datetime) -> dict[int, list[int]]:
    """Return the alerts that a roll-up tells of, by story, without those kept back meanwhile."""
    by_story: dict[int, list[int]] = defaultdict(list)
    for member in rollups.members(connection, delivery.id):
        quiet = _kept_back(connection, member, delivery.destination, now)
        told = [one for one in member.alert_ids if one not in quiet]
        new = [one for one in told if one not in by_story.get(member.story_id, ())]
        if new:
            by_story[member.story_id] += new
    return by_story


def leave_out(connection: Connection, delivery: Delivery, now: datetime) -> None:
    """Take out of a roll-up that is about to be made what is not to be told in it any more, with the reason."""
    for member in rollups.members(connection, delivery.id):
        quiet = _kept_back(connection, member, delivery.destination, now)
        if not all(one in quiet for one in member.alert_ids):
            continue
        rollups.leave(connection, member.delivery_id, next(iter(quiet.values()), "it tells nothing any more"), now)
        later = [one for one, reason in quiet.items() if reason == TOLD_MEANWHILE]
        if later:
            threads.join(connection, member.story_id, delivery.destination, later)


def _kept_back(connection: Connection, member: Member, destination: str, now: datetime) -> dict[int, str]:
    """Return the alerts of a held delivery that a roll-up does not tell, with the reason."""
    told = threads.told_alerts(connection, member.story_id, destination)
    elsewhere = threads.told_by_another(connection, member.story_id, destination, member.key)
    return {
        **(dict.fromkeys(member.alert_ids, TOLD_MEANWHILE) if elsewhere else {}),
        **inhibited(connection, member.alert_ids, told),
        **silences.silenced(connection, member.alert_ids, destination, now),
    }


def _quiet(until: datetime, zone: str) -> str:
    return f"quiet hours until {format_instant(until, zone)}"


def _begin(connection: Connection, context: Context, delivery: Delivery, ends: datetime) -> int:
    key = f"rollup/{delivery.destination}/{delivery.key}/{delivery.lease_token}"  # the claim: it can be held again
    notification_id = alerts.notify(
        connection,
        kind=NotificationKind.ROLLUP,
        dedupe_key=key,
        story_id=None,
        alert_ids=[],
        payload=None,
        new_id=context.new_id,
        now=context.now(),
    )
    rollup_id = context.new_id()
    if notification_id is None:
        raise ValueError(f"delivery {delivery.key} is held twice")
    deliveries.add(
        connection,
        delivery_id=rollup_id,
        notification_id=notification_id,
        dedupe_key=key,
        destination=delivery.destination,
        due_at=ends,
        now=ends,  # its limits count from the time at which it may be sent
        kind=NotificationKind.ROLLUP,
        severity=delivery.severity,
    )
    return rollup_id
