"""Where the alerts of a rule can go."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from newswatch.model import AlertFacts, Route, Severity
from newswatch.notify.routing import refusal

if TYPE_CHECKING:
    from newswatch.flag.ruleset import Rule

_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)


def destinations_of(rule: "Rule", routes: Sequence[Route]) -> list[str]:
    """Return every destination that an alert of this rule can reach, whatever its severity and language."""
    severities = {rule.severity, *(case.severity for case in rule.severities)}
    found: dict[str, None] = {}
    for severity in sorted(severities, key=lambda one: one.rank):
        for route in routes:
            if not _takes(route, rule, severity):
                continue
            found |= dict.fromkeys(route.destinations)
            # A route for some languages only ends the search for these languages only.
            if not route.continue_ and not route.languages:
                break
    return list(found)


def _takes(route: Route, rule: "Rule", severity: Severity) -> bool:
    """Return whether a route takes alerts of a rule in some language."""
    facts = AlertFacts(rule.id, severity, rule.tags, "und", backfill=False, published=None, first_seen_at=_ANY_TIME)
    return refusal(replace(route, languages=()), facts) is None
