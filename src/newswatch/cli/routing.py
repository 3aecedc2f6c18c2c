"""Where the alerts of a rule can go."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from newswatch.model import Route, Severity

if TYPE_CHECKING:
    from newswatch.flag.ruleset import Rule


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
    if (route.rules and rule.id not in route.rules) or (route.tags and not set(route.tags) & set(rule.tags)):
        return False
    return route.min_severity.rank <= severity.rank <= route.max_severity.rank
