"""Why people were told of a story, or were not: the whole chain from the matches to the attempts, and what comes next.

Reads only. What comes next is said by the same functions that will decide it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from newswatch.config import Config
from newswatch.ids import made_at
from newswatch.model import Delivery, DeliveryState, Digest, NotificationKind, Severity, StoryArticle
from newswatch.notify.codec import message_from_json
from newswatch.notify.compose import MAX_REASONS
from newswatch.notify.forecast import Around, Next, after_alert, after_delivery, after_message, state_since
from newswatch.notify.hours import next_slot
from newswatch.notify.reader import ReaderSettings
from newswatch.notify.routes import mailboxes
from newswatch.notify.text import clean_line
from newswatch.pipeline.feedback import wants_no_more
from newswatch.pipeline.holding import full_until, silence_of
from newswatch.pipeline.news import News, news_of
from newswatch.store import chain, deliveries, destinations, moves, silences, stories, threads
from newswatch.store.chain import Chain, Row
from newswatch.store.destinations import DestinationState

_A_DAY = timedelta(days=1)


@dataclass(slots=True)
class _Looking:
    """What the parts of an explanation share."""

    connection: Connection
    config: Config
    now: datetime
    found: Chain
    members: list[StoryArticle]
    readers: dict[str, ReaderSettings] = field(default_factory=dict)
    unsubscribed: dict[str, str] = field(default_factory=dict)  # destinations that are sent nothing, and why

    def alerts_of(self, ids: Sequence[int]) -> list[Row]:
        return [row for row in self.found.alerts if row["id"] in set(ids)]


def explain_story(connection: Connection, config: Config, story_id: int, now: datetime) -> dict[str, Any] | None:
    """Return everything that led to a story's messages and what will follow, or None if there is no such story."""
    current = moves.current(connection, story_id)
    found = chain.read(connection, current)
    if found is None:
        return None
    destinations = config.destinations_values()
    readers = {name: value.settings for name, value in destinations.items()}
    gone = {name: wants_no_more(connection, value) for name, value in destinations.items()}
    unsubscribed = {name: reason for name, reason in gone.items() if reason is not None}
    looking = _Looking(connection, config, now, found, stories.members(connection, current), readers, unsubscribed)
    told = _destinations(looking)
    return {
        "story": {**found.story, "merged_ids": sorted({row["story_id"] for row in found.alerts} - {current})},
        "verdict": _verdict(looking, told),
        "rules": _rules(found.matches),
        "unread_articles": found.unread,
        "alerts": [_alert(looking, row) for row in found.alerts],
        "destinations": told,
        "not_routed": [name for name in destinations if name not in {one["destination"] for one in told}],
    }


def _rules(matches: Sequence[Row]) -> list[dict[str, Any]]:
    by_rule: dict[str, dict[str, Any]] = {}
    for row in matches:
        rule = by_rule.setdefault(row["rule_id"], {"rule_id": row["rule_id"], "rule_name": row["rule_name"]})
        rule.setdefault("articles", []).append(
            {
                "article_id": row["article_id"],
                "headline": row["display_headline"],
                "source": row["source_name"],
                "language": row["language"],
                "url": row["url"],
                "matched_at": row["matched_at"],
                "backfill": row["backfill"],
                "severity": row["severity"],
                "score": row["score"],
                "threshold": row["threshold"],
                "found": list(dict.fromkeys(one["text"] for one in row["evidence"])),
                "why": row["why"],
                "evidence": row["evidence"],
            }
        )
    return list(by_rule.values())


def _alert(looking: _Looking, row: Row) -> dict[str, Any]:
    names = ("id", "rule_id", "rule_name", "story_id", "article_id", "severity", "state", "opened_at", "reason")
    last_seen, settings = looking.found.story["last_seen_at"], looking.config.alerts
    return {
        **{name: row[name] for name in names},
        "state_since": state_since(row["state"], row["opened_at"], last_seen, settings=settings),
        "not_told": row["suppressed"],
        "next": [after_alert(row["state"], last_seen, settings=settings)],
    }


def _destinations(looking: _Looking) -> list[dict[str, Any]]:
    found = looking.found
    names = dict.fromkeys(
        row["destination"] for rows in (found.deliveries, found.threads, found.digests) for row in rows
    )
    states = destinations.states(looking.connection)
    every = [row["id"] for row in found.alerts]
    return [
        {
            "destination": name,
            "configured": name in looking.readers,
            "disabled": states[name].disabled_reason if name in states and states[name].disabled_at else None,
            "paused_until": states[name].paused_until if name in states else None,
            "unsubscribed": looking.unsubscribed.get(name),
            "silenced": _silenced(looking, every, name),
            "threads": [_thread(looking, row) for row in found.threads if row["destination"] == name],
            "digests": _digests(looking, name),
            "deliveries": [
                _delivery(looking, row, states.get(name)) for row in found.deliveries if row["destination"] == name
            ],
        }
        for name in names
    ]


def _silenced(looking: _Looking, alert_ids: Sequence[int], destination: str) -> dict[str, str]:
    """Return the rules that are not to be told to a destination now, with the reason."""
    quiet = silences.silenced(looking.connection, alert_ids, destination, looking.now)
    return {row["rule_id"]: quiet[row["id"]] for row in looking.found.alerts if row["id"] in quiet}


def _thread(looking: _Looking, row: Row) -> dict[str, Any]:
    told = row["told"] or {}
    news = _news(looking, row)
    names = {one["id"]: one["rule_id"] for one in looking.found.alerts}
    waiting = [one for one in row["alert_ids"] if one not in news.known]
    return {
        "began_at": row["created_at"],
        "told_at": row["told_at"],
        "ref": row["provider_ref"],
        "sources": told.get("sources"),
        "languages": told.get("languages"),
        "severity": told.get("severity"),
        "follow_ups": told.get("updates", 0),
        "rules": [names[one] for one in news.known if one in names],
        "rules_not_told_yet": [names[one] for one in waiting if one in names and one not in news.kept_back],
        "inhibited": {names[one]: reason for one, reason in news.kept_back.items() if one in names},
        "next": _after_thread(looking, row, news),
    }


def _news(looking: _Looking, row: Row) -> News:
    reader = looking.readers.get(row["destination"])
    thread = threads.from_row({**row, "last_seen_at": looking.found.story["last_seen_at"], "merged_into": None})
    return news_of(
        looking.connection,
        thread,
        thresholds=looking.config.alerts.followup_sources,
        language=reader.language if reader is not None else "en",
        now=looking.now,
    )


def _after_thread(looking: _Looking, row: Row, news: News) -> list[Next]:
    """Return what a destination that was told of a story hears of it next."""
    reader = looking.readers.get(row["destination"])
    if row["story_id"] != looking.found.story["id"]:
        return [Next(None, "nothing: the story was merged into this one, which goes on in its own thread")]
    if row["destination"] in looking.unsubscribed:
        return [Next(None, f"nothing: {looking.unsubscribed[row['destination']]}")]
    if reader is None or news.before is None or not news.tellable:
        return []
    recent = [
        one["created_at"]
        for one in looking.found.deliveries
        if one["destination"] == row["destination"]
        and one["kind"] == NotificationKind.UPDATE
        and one["created_at"] > looking.now - _A_DAY
    ]
    mails = recent if looking.config.destinations_values()[row["destination"]].settings.type == "email" else None
    return [
        after_message(
            news.before,
            row["told_at"] or row["created_at"],
            reader,
            news=news.found,
            breaks_quiet=news.found.graver and news.after.severity is Severity.FLASH and reader.flash_breaks_quiet,
            mails_today=mails,
            settings=looking.config.alerts,
            now=looking.now,
        )
    ]


def _digests(looking: _Looking, destination: str) -> list[dict[str, Any]]:
    rules = {row["id"]: row["rule_id"] for row in looking.found.alerts}
    reader = looking.readers.get(destination)
    found = []
    for row in looking.found.digests:
        if row["destination"] != destination:
            continue
        waits = row["told_at"] is None and reader is not None
        due = next_slot(reader, Digest(row["digest"]), looking.now).due_at if waits and reader is not None else None
        found.append(
            {
                "digest": row["digest"],
                "rule_id": rules.get(row["alert_id"]),
                "added_at": row["added_at"],
                "told_at": row["told_at"],
                "delivery_id": row["delivery_id"],
                "state": row["state"],
                "next": [Next(due, f"told in the {row['digest']} digest")] if due is not None else [],
            }
        )
    return found


def _delivery(looking: _Looking, row: Row, state: DestinationState | None) -> dict[str, Any]:
    value = deliveries.from_row(row)  # type: ignore[arg-type]  # a dict reads like a row
    rules = [one["rule_id"] for one in looking.alerts_of(row["alert_ids"])]
    return {
        "id": value.id,
        "key": value.key,
        "kind": value.kind,
        "severity": value.severity,
        "rules": rules,
        "rules_left_out": _left_out(row, rules),
        "state": value.state,
        "reason": row["reason"],
        "attempts": value.attempts,
        "delivered_at": row["delivered_at"],
        "receivers_id": value.provider_id,
        "stands_in_for": value.via,
        "events": _events(looking, row),
        "next": list(
            after_delivery(value, _around(looking, value, row, state), settings=looking.config.alerts, now=looking.now)
        ),
    }


def _around(looking: _Looking, value: Delivery, row: Row, state: DestinationState | None) -> Around:
    connection, now = looking.connection, looking.now
    reader = looking.readers.get(value.destination)
    new = value.kind is NotificationKind.NEW
    stand_ins = mailboxes(reader.fallback, looking.config.destinations) if reader and reader.fallback else ()
    rollup = looking.found.rollups.get(row["merged_into"] or 0)
    return Around(
        reader=reader,
        silenced=(silence_of(connection, value, now) or "") if new else "",
        unsubscribed=looking.unsubscribed.get(value.destination, ""),
        disabled=(state.disabled_reason or "disabled") if state and state.disabled_at else "",
        paused_until=state.paused_until if state else None,
        room_at=full_until(connection, value.destination, reader, now, besides=value.id) if reader and new else None,
        rollup=(rollup["id"], rollup["due_at"]) if rollup else None,
        stand_ins=tuple(
            name
            for name in (stand_ins if value.via is None else ())
            if not deliveries.hears_of(connection, row["story_id"], name)
        ),
    )


def _left_out(row: Row, rules: Sequence[str]) -> list[str]:
    """Return the rules of a first message that it does not name, because they were silenced when it was made."""
    if row["kind"] != NotificationKind.NEW or row["payload"] is None:
        return []
    named = {reason.rule_id for reason in message_from_json(row["payload"]).reasons}
    return [rule for rule in rules if clean_line(rule, 120) not in named] if len(named) < MAX_REASONS else []


def _events(looking: _Looking, row: Row) -> list[dict[str, Any]]:
    """Return what happened to a delivery, in order."""
    found = [_event(made_at(row["id"]), "queued", f"stands in for {row['via']}" if row["via"] else "")]
    if row["frozen_at"] is not None and row["kind"] == NotificationKind.NEW and row["via"] is None:
        found.append(_event(row["frozen_at"], "message made", ""))
    for one in looking.found.attempts:
        if one["delivery_id"] == row["id"]:
            outcome = one["outcome"] or "no answer known"
            detail, status = one["detail"] or "", str(one["status"] or "")
            detail = detail if status in detail else f"{status} {detail}"
            found.append(_event(one["started_at"], f"attempt {one['n']}: {outcome}", detail, ended_at=one["ended_at"]))
    found += [
        _event(one["at"], one["state"], one["reason"]) for one in looking.found.steps if one["delivery_id"] == row["id"]
    ]
    return sorted(found, key=lambda event: event["at"])


def _event(at: datetime, what: str, detail: str, **more: Any) -> dict[str, Any]:
    return {"at": at, "what": what, "detail": detail, **more}


def _verdict(looking: _Looking, destinations: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return, in a line or a few, who was told, or why nobody was."""
    found = looking.found
    told = [line for one in destinations for line in _told(one)]
    if not found.matches and not found.alerts:
        unread = f"; the rules have not looked at {found.unread} yet" if found.unread else ""
        return told or [f"nobody was told: none of its {len(looking.members)} articles meets a rule{unread}"]
    reasons = [f"{row['rule_id']}: {row['suppressed']}, {row['reason']}" for row in found.alerts if row["suppressed"]]
    reasons += [line for one in destinations if not _told(one) for line in _not_told(one)]
    if not found.alerts:
        reasons.append("its articles meet rules, but no alert was opened")
    return [*told, *(f"{'not' if told else 'nobody was'} told: {reason}" for reason in dict.fromkeys(reasons))]


def _not_told(one: Mapping[str, Any]) -> list[str]:
    name = one["destination"]
    waiting = [f"{name}: waits for the {row['digest']} digest" for row in one["digests"] if not row["told_at"]]
    return [_standing(name, row) for row in one["deliveries"]] + waiting


def _standing(destination: str, delivery: Mapping[str, Any]) -> str:
    reason = f": {delivery['reason']}" if delivery["reason"] else ""
    return f"{destination}: {delivery['kind']} is {delivery['state']}{reason}"


def _told(one: Mapping[str, Any]) -> list[str]:
    arrived = [row for row in one["deliveries"] if row["state"] is DeliveryState.DELIVERED]
    lines = []
    for kind, word in ((NotificationKind.NEW, "told"), (NotificationKind.UPDATE, "told more")):
        times = [row["delivered_at"] for row in arrived if row["kind"] is kind]
        if times:
            instead = next((row["stands_in_for"] for row in arrived if row["kind"] is kind), None)
            via = f" (via fallback for {instead})" if instead else ""
            lines.append(
                f"{one['destination']} was {word} {', '.join(f'{at:%Y-%m-%d %H:%M:%SZ}' for at in times)}{via}"
            )
    digests = {row["digest"]: row["told_at"] for row in one["digests"] if row["state"] == DeliveryState.DELIVERED}
    lines += [
        f"{one['destination']} was told in the {name} digest {at:%Y-%m-%d %H:%M:%SZ}" for name, at in digests.items()
    ]
    return lines
