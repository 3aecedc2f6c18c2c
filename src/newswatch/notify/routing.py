"""Which routes take an alert, and why others do not. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from newswatch.languages import takes
from newswatch.model import AlertFacts, Route, Severity


@dataclass(frozen=True, slots=True)
class Tried:
    """One route as an alert meets it. `number` counts from 1; `refusal` says why it does not take the alert."""

    number: int
    route: Route
    refusal: str | None

    @property
    def taken(self) -> bool:
        """Whether it takes the alert."""
        return self.refusal is None


def tried(facts: AlertFacts, routes: Sequence[Route]) -> Iterator[Tried]:
    """Yield every route in order; one that takes the alert with `continue_` False ends the search."""
    ended_by: int | None = None
    for number, route in enumerate(routes, start=1):
        if ended_by is not None:
            yield Tried(number, route, f"not tried: route {ended_by} ends the search (continue = false)")
            continue
        one = Tried(number, route, refusal(route, facts))
        if one.taken and not route.continue_:
            ended_by = number
        yield one


def refusal(route: Route, facts: AlertFacts) -> str | None:
    """Return why a route does not take an alert, None if it does. `languages.takes` says which languages take which."""
    if route.rules and facts.rule_id not in route.rules:
        return f"its rule {facts.rule_id or '(none given)'} is not {_or(route.rules)}"
    if route.tags and not set(route.tags) & set(facts.tags):
        return f"none of its tags ({', '.join(facts.tags) or 'none'}) is {_or(route.tags)}"
    if route.languages and not takes(route.languages, facts.language):
        return f"its language {facts.language} is not {_or(route.languages)}"
    if not route.min_severity.rank <= facts.severity.rank <= route.max_severity.rank:
        return f"its severity {facts.severity} is not {severities(route)}"
    return None


def described(route: Route) -> str:
    """Return what a route takes, for people: "rule summit; severity >=high"."""
    wanted = {"rule": route.rules, "tag": route.tags, "language": route.languages}
    parts = [f"{name} {_or(values)}" for name, values in wanted.items() if values]
    if severities(route):
        parts.append(f"severity {severities(route)}")
    return "; ".join(parts) or "every alert"


def severities(route: Route) -> str:
    """Return which severities a route takes, as the configuration writes it; empty for all."""
    if route.min_severity is route.max_severity:
        return route.min_severity.value
    return "" if route.min_severity is Severity.INFO else f">={route.min_severity}"


def _or(values: Sequence[str]) -> str:
    return " or ".join(values)
