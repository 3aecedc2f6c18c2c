"""Replays: what was sent to a destination, or should have been, sent once more, there or to another one.

To the same destination everything goes again as it was, under the same keys, so that a receiver which has it can tell.
Another destination gets each story once, as it is now, in a thread of its own, and digests as they were. Doing the same
once more sends nothing twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from newswatch.ids import IdSource
from newswatch.model import DeliveryState, NotificationKind, Severity
from newswatch.store import alerts, deliveries, repeats
from newswatch.store.chain import Row

_ON_ITS_WAY = frozenset(deliveries.WAITING)


@dataclass(frozen=True, slots=True)
class Repeat:
    """One message to be sent once more: a delivery again, or what it told to another destination."""

    row: Row  # as `repeats.candidates` gives it
    destination: str
    alert_ids: tuple[int, ...] = ()  # of a story that another destination is told


@dataclass(frozen=True, slots=True)
class Plan:
    """What a replay does, and what it leaves out with the reason."""

    repeats: tuple[Repeat, ...]
    left_out: tuple[tuple[Row, str], ...]
    instead: tuple[int, ...] = ()  # deliveries held for a destination that others are told for


def plan(connection: Connection, rows: Sequence[Row], to: Sequence[str], *, again: bool = False) -> Plan:
    """Return what a replay of deliveries would do. With `to`, they go to these destinations instead of their own.

    `again` also repeats what was delivered by a replay before.
    """
    left_out: list[tuple[Row, str]] = []
    meant: list[Row] = []
    for row in rows:
        reason = _refusal(row, elsewhere=bool(to), again=again)
        if reason is None:
            meant.append(row)
        else:
            left_out.append((row, reason))
    if not to:
        return Plan(tuple(Repeat(row, row["destination"]) for row in meant), tuple(left_out))
    found: list[Repeat] = []
    for destination in to:
        for one in _stories(meant, destination):
            reason = _known_there(connection, one)
            if reason is None:
                found.append(one)
            else:
                left_out.append((one.row, reason))
    held = [row["id"] for row in meant if row["state"] == DeliveryState.HELD]
    return Plan(tuple(found), tuple(left_out), tuple(held))


def carry_out(connection: Connection, made: Plan, *, new_id: IdSource, now: datetime) -> list[int]:
    """Queue what a plan says and return the ids of the deliveries."""
    done = []
    for one in made.repeats:
        if one.destination == one.row["destination"]:
            delivery_id = one.row["id"] if repeats.send_again(connection, one.row["id"], now) else None
        else:
            delivery_id = _elsewhere(connection, one, new_id, now)
        if delivery_id is not None:
            done.append(delivery_id)
    told = ", ".join(dict.fromkeys(one.destination for one in made.repeats))
    repeats.close(connection, made.instead, f"replayed to {told}", now)
    return done


def _refusal(row: Row, *, elsewhere: bool, again: bool) -> str | None:
    if row["kind"] in (NotificationKind.OPS, NotificationKind.TEST):
        return "a notice or test of its time"
    if row["state"] == DeliveryState.SUPPRESSED:
        return f"it was not to be told: {row['reason']}"
    if elsewhere:
        return "its stories go one by one" if row["kind"] == NotificationKind.ROLLUP else None
    if row["merged_into"] is not None:
        return f"told in delivery {row['merged_into']}"
    if row["state"] in _ON_ITS_WAY:
        return "it is on its way"
    if row["replayed_at"] is not None and row["state"] == DeliveryState.DELIVERED and not again:
        return "it was replayed before (--again)"
    return None


def _stories(rows: Sequence[Row], destination: str) -> list[Repeat]:
    """Return each story once with all its alerts, and each digest, for another destination; oldest first."""
    by_story: dict[int, Repeat] = {}
    found: list[Repeat] = []
    for row in rows:
        if row["kind"] == NotificationKind.DIGEST:
            found.append(Repeat(row, destination))
        elif row["story_id"] is not None:
            before = by_story.get(row["story_id"], Repeat(row, destination))
            known = dict.fromkeys([*before.alert_ids, *row["alert_ids"]])
            by_story[row["story_id"]] = Repeat(before.row, destination, tuple(known))
    return sorted([*found, *by_story.values()], key=lambda one: one.row["id"])


def _known_there(connection: Connection, one: Repeat) -> str | None:
    """Return why another destination is not told."""
    if one.destination == one.row["destination"]:
        return f"{one.destination} is where it went"
    if one.alert_ids and deliveries.hears_of(connection, one.row["story_id"], one.destination):
        return f"{one.destination} hears of the story already"
    if not one.alert_ids and repeats.has_delivery(connection, one.row["notification_id"], one.destination):
        return f"{one.destination} has it already"
    return None


def _elsewhere(connection: Connection, one: Repeat, new_id: IdSource, now: datetime) -> int | None:
    kind = NotificationKind.NEW if one.alert_ids else NotificationKind(one.row["kind"])
    notification_id, key = one.row["notification_id"], f"replay/{one.row['notification_id']}/{one.destination}"
    if one.alert_ids:
        story_id = one.row["story_id"]
        key = f"replay/{story_id}/{one.destination}"
        notification_id = alerts.notify(
            connection,
            kind=kind,
            dedupe_key=key,
            story_id=story_id,
            alert_ids=one.alert_ids,
            payload=None,
            new_id=new_id,
            now=now,
        )
    if notification_id is None:
        return None
    delivery_id = new_id()
    severities = [row["severity"] for row in alerts.by_ids(connection, one.alert_ids)] or [one.row["severity"]]
    added = deliveries.add(
        connection,
        delivery_id=delivery_id,
        notification_id=notification_id,
        dedupe_key=key,
        destination=one.destination,
        due_at=now,
        now=now,
        kind=kind,
        severity=max(map(Severity, severities), key=lambda severity: severity.rank),
        by_hand=True,
    )
    return delivery_id if added else None
