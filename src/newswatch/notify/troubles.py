"""Which trouble of its own newswatch should tell somebody about. Pure: counted facts in, troubles out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from newswatch.model import Notice, Severity
from newswatch.notify.settings import OperationsSettings
from newswatch.notify.wording import format_lag, plural

LEAST_MATCHES = 8
"""Matches before anything is said about a rule's usual rhythm."""
LEAST_EXPECTED = 7.0
"""Matches that should have come before none is suspicious: by chance that happens once in 1100 (Poisson, e^-7)."""
RHYTHM = timedelta(weeks=8)
"""How far back a rule's usual rhythm is looked for."""
CLEAR_FOR = timedelta(minutes=5)
"""A trouble is over when it has not been seen for so long; so one that comes and goes is one."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong. `key` is the same as long as it lasts."""

    key: str
    reason: str
    subject: str
    title: str
    detail: str
    remedy: str
    severity: Severity = Severity.NORMAL

    def notice(self, *, over: bool = False) -> Notice:
        """Return what is told about it."""
        return Notice(self.reason, self.subject, (self.detail,), "" if over else self.remedy, over)


@dataclass(frozen=True, slots=True)
class Backlog:
    """Deliveries to one destination that should have been made. `last` is what it said to the last attempt."""

    destination: str
    count: int
    oldest_at: datetime
    last: str


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """Deliveries to one destination that were given up within the last day."""

    destination: str
    count: int
    newest_at: datetime
    last: str


@dataclass(frozen=True, slots=True)
class RuleActivity:
    """How often a rule matched. Articles are counted because no articles mean no matches."""

    rule_id: str
    name: str
    matches: int  # within RHYTHM
    articles: int  # while these came
    since: datetime  # when that began
    last_at: datetime
    articles_since: int  # after the last match


def backlog_troubles(found: Iterable[Backlog], settings: OperationsSettings, now: datetime) -> list[Trouble]:
    """Return the destinations whose messages wait for longer than `outbox_age`."""
    return [
        Trouble(
            key=f"outbox/{one.destination}",
            reason="outbox_old",
            subject=one.destination,
            title=f"messages to {one.destination} do not get through",
            detail=f"{plural(one.count, 'message')} waiting, the oldest for "
            f"{format_lag((now - one.oldest_at).total_seconds())}" + (f"; last: {one.last}" if one.last else ""),
            remedy=f"newswatch deliveries list --to {one.destination}",
            severity=Severity.HIGH,
        )
        for one in found
        if (now - one.oldest_at).total_seconds() > settings.outbox_age
    ]


def dead_letter_troubles(found: Iterable[DeadLetters]) -> list[Trouble]:
    """Return the destinations that messages were given up for."""
    return [
        Trouble(
            key=f"dead/{one.destination}",
            reason="dead_letters",
            subject=one.destination,
            title=f"messages to {one.destination} were given up",
            detail=f"{plural(one.count, 'message')} given up within a day; last: {one.last}",
            remedy=f"mend the cause, then newswatch deliveries retry --dead --to {one.destination}",
            severity=Severity.HIGH,
        )
        for one in found
    ]


def disabled_troubles(found: Iterable[tuple[str, str]]) -> list[Trouble]:
    """Return the destinations, given with the reason, that take nothing until somebody repairs them."""
    return [
        Trouble(
            key=f"disabled/{name}",
            reason="destination_disabled",
            subject=name,
            title=f"destination {name} is disabled",
            detail=reason,
            remedy=f"repair it, then newswatch deliveries retry --dead --to {name}",
            severity=Severity.HIGH,
        )
        for name, reason in found
    ]


def disk_trouble(free: int | None, folder: str, settings: OperationsSettings) -> list[Trouble]:
    """Return whether the disk of the database is nearly full."""
    if free is None or free >= settings.disk_free:
        return []
    return [
        Trouble(
            key="disk",
            reason="disk_low",
            subject=folder,
            title="the disk of the database is nearly full",
            detail=f"{free // 1_000_000} MB left in {folder}",
            remedy="make room, or lower [retention]; with a full disk nothing new is stored",
            severity=Severity.HIGH,
        )
    ]


def rule_troubles(found: Iterable[RuleActivity], now: datetime) -> list[Trouble]:
    """Return the rules that have not matched although so many articles came that they should have."""
    troubles = []
    for one in found:
        if one.matches < LEAST_MATCHES or not one.articles:
            continue
        if one.matches / one.articles * one.articles_since < LEAST_EXPECTED:
            continue
        weeks = max((one.last_at - one.since) / timedelta(weeks=1), 1 / 7)
        silent = format_lag((now - one.last_at).total_seconds())
        troubles.append(
            Trouble(
                key=f"rule/{one.rule_id}",
                reason="rule_silent",
                subject=one.rule_id,
                title=f"rule {one.name} is silent",
                detail=f"normally {_rate(one.matches / weeks)}, none in {silent} ({one.articles_since} articles)",
                remedy=f"newswatch rules explain {one.rule_id}; a feed it lives on may have changed",
            )
        )
    return troubles


def _rate(per_week: float) -> str:
    return f"{per_week:.0f} a week" if per_week >= 1.5 else f"{per_week * 30.44 / 7:.0f} a month"


@dataclass(frozen=True, slots=True)
class Known:
    """A trouble that was found before and is not over."""

    id: int
    key: str
    reason: str
    subject: str
    title: str
    detail: str
    since: datetime
    seen_at: datetime
    told_at: datetime | None


@dataclass(frozen=True, slots=True)
class Changes:
    """What a look at everything changes."""

    new: tuple[Trouble, ...]
    lasting: tuple[tuple[Known, Trouble], ...]
    over: tuple[Known, ...]


def compare(known: Sequence[Known], found: Sequence[Trouble], now: datetime) -> Changes:
    """Tell new troubles from lasting ones and from those that have been away for CLEAR_FOR."""
    by_key = {one.key: one for one in known}
    present = {one.key for one in found}
    return Changes(
        new=tuple(one for one in found if one.key not in by_key),
        lasting=tuple((by_key[one.key], one) for one in found if one.key in by_key),
        over=tuple(one for one in known if one.key not in present and now - one.seen_at >= CLEAR_FOR),
    )
