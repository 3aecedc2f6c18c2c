import pytest

from newswatch.model import Route, Severity
from newswatch.notify.routing import described, tried
from tests.notify.test_decide import facts


@pytest.mark.parametrize(
    ("route", "refusal"),
    [
        (Route(("desk",), rules=("summit", "other")), None),
        (Route(("desk",), rules=("storm", "other")), "its rule summit is not storm or other"),
        (Route(("desk",), tags=("sport",)), "none of its tags (politics, asia) is sport"),
        (Route(("desk",), languages=("ja", "en")), "its language ko is not ja or en"),
        (Route(("desk",), min_severity=Severity.FLASH), "its severity high is not flash"),
        (Route(("desk",), min_severity=Severity.INFO, max_severity=Severity.INFO), "its severity high is not info"),
    ],
)
def test_a_route_that_does_not_take_an_alert_says_why(route: Route, refusal: str | None) -> None:
    (one,) = tried(facts(), [route])
    assert (one.refusal, one.taken) == (refusal, refusal is None)


def test_routes_after_one_that_ends_the_search_are_not_tried() -> None:
    routes = [
        Route(("a",), rules=("x",), continue_=False),
        Route(("b",)),
        Route(("c",), continue_=False),
        Route(("d",)),
    ]
    found = list(tried(facts(), routes))
    assert [(one.number, one.taken) for one in found] == [(1, False), (2, True), (3, True), (4, False)]
    assert found[3].refusal == "not tried: route 3 ends the search (continue = false)"


@pytest.mark.parametrize(
    ("route", "text"),
    [
        (Route(("a",)), "every alert"),
        (Route(("a",), rules=("x", "y"), min_severity=Severity.HIGH), "rule x or y; severity >=high"),
        (Route(("a",), tags=("t",), languages=("ko",)), "tag t; language ko"),
        (Route(("a",), min_severity=Severity.NORMAL, max_severity=Severity.NORMAL), "severity normal"),
    ],
)
def test_a_route_in_words(route: Route, text: str) -> None:
    assert described(route) == text
