"""Which destinations an alert goes to, and when. Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

from newswatch.model import AlertDecision, AlertFacts, Digest, Published, Route, Severity
from newswatch.notify.routing import tried
from newswatch.notify.settings import AlertSettings
from newswatch.settings import format_duration

ZONE_GRACE = timedelta(hours=14)
"""A day without a time, or a time without a zone, may be meant in any zone from UTC-12 to UTC+14."""


def decide_alert(
    facts: AlertFacts, *, routes: Sequence[Route], now: datetime, settings: AlertSettings
) -> AlertDecision:
    """Return where a new alert goes and the earliest time for it to go.

    `routes` are tried in order; a matching route with `continue_` False ends the search. A suppressed alert keeps the
    destinations that would have had it, so that their deliveries can be stored as suppressed, with the reason.
    """
    destinations, digests, matched = _route(facts, routes)
    taken = f"{', '.join(f'route {number}' for number in matched)} to {named(destinations, digests)}"
    held_back = _suppression(facts, now, settings)
    if held_back is None and not destinations and not digests:
        held_back = ("no_route", f"no route takes rule {facts.rule_id}, {facts.severity}, language {facts.language}")
    if held_back is not None:
        code, reason = held_back
        if digests:
            reason += f"; in the digest of {', '.join(name for name, _ in digests)}"
        return AlertDecision(destinations, now, code, reason, digests)
    wait = settings.group_wait_flash if facts.severity is Severity.FLASH else settings.group_wait
    if wait and destinations:
        taken += f"; waiting {format_duration(wait)} for copies"
    return AlertDecision(destinations, now + timedelta(seconds=wait), None, taken, digests)


def named(destinations: Sequence[str], digests: Sequence[tuple[str, Digest]]) -> str:
    """Return where an alert goes, for people."""
    return ", ".join([*destinations, *(f"{name} ({digest} digest)" for name, digest in digests)])


def _route(
    facts: AlertFacts, routes: Sequence[Route]
) -> tuple[tuple[str, ...], tuple[tuple[str, Digest], ...], list[int]]:
    names: dict[str, None] = {}
    digests: dict[tuple[str, Digest], None] = {}
    matched: list[int] = []
    for one in tried(facts, routes):
        if one.taken:
            names |= dict.fromkeys(one.route.destinations)
            digests |= dict.fromkeys(one.route.digests)
            matched.append(one.number)
    return tuple(names), tuple(digests), matched


def _suppression(facts: AlertFacts, now: datetime, settings: AlertSettings) -> tuple[str, str] | None:
    if facts.backfill:
        return "backfill", "came with the first poll of its feed, an import or a new rule: stored, not announced"
    newest = _latest_reading(facts.published)
    if newest is not None and newest < now - timedelta(seconds=settings.instant_max_age):
        limit = format_duration(settings.instant_max_age)
        return "too_old", f"published longer ago than {limit} (instant_max_age): stored, not announced"
    return None


def _latest_reading(published: Published | None) -> datetime | None:
    """Return the latest instant that a publication time can mean, None where there is none."""
    if published is None:
        return None
    if published.at is not None:
        return published.at + (ZONE_GRACE if published.zone_assumed else timedelta(0))
    if published.on is None:
        return None
    midnight = datetime.combine(published.on, time(), UTC)
    try:
        return midnight + timedelta(days=1) + ZONE_GRACE
    except OverflowError:  # 31 December 9999
        return midnight
