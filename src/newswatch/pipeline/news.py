"""What is new about a story since a destination was told of it: for who tells it, and for who explains what comes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from newswatch.model import Severity, StoryArticle
from newswatch.notify.changes import Changes, StoryFacts, changes, facts_from_json, facts_of
from newswatch.pipeline.holding import unsilenced
from newswatch.pipeline.inhibiting import inhibited
from newswatch.store import alerts, stories, withdrawal
from newswatch.store.threads import Thread

NOTHING = Changes((), graver=False)


@dataclass(frozen=True, slots=True)
class News:
    """A look at one thread."""

    known: tuple[int, ...]  # alerts that were told
    tellable: tuple[int, ...]  # those that may be told now, the known ones among them
    kept_back: dict[int, str]  # those that a graver one stands for, with the reason
    members: list[StoryArticle]
    before: StoryFacts | None  # None: split off, or told by a version that kept no facts
    after: StoryFacts
    found: Changes


def news_of(connection: Connection, thread: Thread, *, thresholds: Sequence[int], language: str, now: datetime) -> News:
    """Return what a destination does not know yet of the story of a thread."""
    known = tuple((thread.told or {}).get("alert_ids", ()))
    may = unsilenced(connection, alerts.standing(connection, thread.alert_ids), thread.destination, now)
    kept_back = inhibited(connection, may, known)
    rows = alerts.by_ids(connection, [one for one in may if one not in kept_back])
    lost = withdrawal.lost(connection, thread.story_id, [row["rule_id"] for row in rows])
    rows = [row for row in rows if row["id"] in known or row["rule_id"] not in lost]  # never told: not told now
    members = stories.members(connection, thread.story_id)
    before = None if thread.told is None or "sources" not in thread.told else facts_from_json(thread.told)
    counted = rows if before is not None else [row for row in rows if row["id"] in known]
    after = facts_of(members, _worst(counted, before), lost=lost)
    found = NOTHING
    if before is not None and rows:
        old_rules = {row["rule_id"] for row in alerts.by_ids(connection, known)}
        names = {row["rule_id"]: row["rule_name"] for row in rows}
        found = changes(
            before,
            after,
            members,
            new_rules=[name for rule, name in names.items() if rule not in old_rules],
            names=names,
            thresholds=thresholds,
            language=language,
        )
    return News(known, tuple(row["id"] for row in rows), kept_back, members, before, after, found)


def _worst(rows: Collection[dict[str, Any]], before: StoryFacts | None) -> Severity:
    """Return the gravest of alerts, or of what was told: a story does not become harmless."""
    known = [Severity(row["severity"]) for row in rows] + ([before.severity] if before else [])
    return max(known, key=lambda severity: severity.rank, default=Severity.INFO)
