from datetime import date, datetime, timedelta
from typing import Any

import pytest

from newswatch.model import AlertFacts, Published, Route, Severity
from newswatch.notify.decide import decide_alert
from newswatch.notify.settings import AlertSettings
from tests.notify.values import NOW

SETTINGS = AlertSettings()
DESK = Route(destinations=("desk",))


def facts(**changes: Any) -> AlertFacts:
    values: dict[str, Any] = {
        "rule_id": "summit",
        "severity": Severity.HIGH,
        "tags": ("politics", "asia"),
        "language": "ko",
        "backfill": False,
        "published": Published("second", "feed", at=NOW - timedelta(hours=1)),
        "first_seen_at": NOW,
    }
    return AlertFacts(**{**values, **changes})


@pytest.mark.parametrize(
    ("route", "taken"),
    [
        (Route(("desk",)), True),
        (Route(("desk",), rules=("summit", "other")), True),
        (Route(("desk",), rules=("other",)), False),
        (Route(("desk",), tags=("sport", "asia")), True),
        (Route(("desk",), tags=("sport",)), False),
        (Route(("desk",), languages=("ko-KR",)), True),
        (Route(("desk",), languages=("KO",)), True),
        (Route(("desk",), languages=("ja", "en")), False),
        (Route(("desk",), languages=("kok",)), False),
        (Route(("desk",), min_severity=Severity.HIGH), True),
        (Route(("desk",), min_severity=Severity.FLASH), False),
        (Route(("desk",), max_severity=Severity.NORMAL), False),
        (Route(("desk",), rules=("summit",), tags=("sport",)), False),
    ],
)
def test_a_route_takes_an_alert_if_everything_given_holds(route: Route, taken: bool) -> None:
    decision = decide_alert(facts(), routes=[route], now=NOW, settings=SETTINGS)

    assert decision.destinations == (("desk",) if taken else ())
    assert decision.suppressed == (None if taken else "no_route")


def test_later_routes_add_destinations_until_one_ends_the_search() -> None:
    routes = [
        Route(("desk", "log")),
        Route(("never",), rules=("other",), continue_=False),
        Route(("log", "duty"), continue_=False),
        Route(("after",)),
    ]

    decision = decide_alert(facts(), routes=routes, now=NOW, settings=SETTINGS)

    assert decision.destinations == ("desk", "log", "duty")
    assert decision.reason == "route 1, route 3 to desk, log, duty; waiting 1m for copies"


@pytest.mark.parametrize(("severity", "wait"), [(Severity.FLASH, 10), (Severity.HIGH, 60), (Severity.INFO, 60)])
def test_flash_waits_less(severity: Severity, wait: int) -> None:
    decision = decide_alert(facts(severity=severity), routes=[DESK], now=NOW, settings=SETTINGS)

    assert decision.due_at == NOW + timedelta(seconds=wait)


def test_waiting_can_be_switched_off() -> None:
    decision = decide_alert(facts(), routes=[DESK], now=NOW, settings=AlertSettings(group_wait=0))

    assert (decision.due_at, decision.reason) == (NOW, "route 1 to desk")


def at(instant: datetime, *, zone_assumed: bool = False) -> Published:
    return Published("second", "feed", at=instant, zone_assumed=zone_assumed)


def on(day: date) -> Published:
    return Published("day", "text", on=day)


@pytest.mark.parametrize(
    ("published", "suppressed"),
    [
        (None, None),
        (at(NOW - timedelta(hours=24)), None),
        (at(NOW - timedelta(hours=24, seconds=1)), "too_old"),
        (at(NOW - timedelta(hours=37), zone_assumed=True), None),
        (at(NOW - timedelta(hours=39), zone_assumed=True), "too_old"),
        (at(NOW + timedelta(days=3)), None),
        # NOW is 2026-01-13 05:17 UTC; the 11th ends at the latest on the 12th at 14:00.
        (on(date(2026, 1, 12)), None),
        (on(date(2026, 1, 11)), None),
        (on(date(2026, 1, 10)), "too_old"),
        (on(date.max), None),
    ],
)
def test_old_articles_are_not_announced(published: Published | None, suppressed: str | None) -> None:
    assert decide_alert(facts(published=published), routes=[DESK], now=NOW, settings=SETTINGS).suppressed == suppressed


def test_a_day_counts_until_it_has_ended_everywhere() -> None:
    end = datetime.fromisoformat("2026-01-13T00:00:00+00:00") + timedelta(hours=14 + 24)
    article = facts(published=on(date(2026, 1, 12)))

    assert decide_alert(article, routes=[DESK], now=end, settings=SETTINGS).suppressed is None
    late = decide_alert(article, routes=[DESK], now=end + timedelta(seconds=1), settings=SETTINGS)
    assert late.suppressed == "too_old"


def test_back_fill_comes_before_other_reasons_and_keeps_the_destinations() -> None:
    old = facts(backfill=True, published=at(NOW - timedelta(days=9)))

    decision = decide_alert(old, routes=[DESK], now=NOW, settings=SETTINGS)

    assert (decision.suppressed, decision.destinations, decision.due_at) == ("backfill", ("desk",), NOW)
    assert "stored, not announced" in decision.reason


def test_an_alert_that_nobody_wants_says_what_it_is() -> None:
    decision = decide_alert(facts(), routes=[], now=NOW, settings=SETTINGS)

    assert decision.suppressed == "no_route"
    assert decision.reason == "no route takes rule summit, high, language ko"
