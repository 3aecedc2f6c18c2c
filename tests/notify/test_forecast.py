"""What comes next, case by case; tests/alerts/test_explaining.py shows that it then comes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from newswatch.model import Delivery, DeliveryState, NotificationKind, Severity
from newswatch.notify.changes import Changes, StoryFacts
from newswatch.notify.forecast import Around, after_alert, after_delivery, after_message, state_since
from newswatch.notify.reader import QuietHours, ReaderSettings
from newswatch.notify.settings import AlertSettings

NOON = datetime(2026, 1, 13, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SETTINGS = AlertSettings()
READER = ReaderSettings()
SIESTA = ReaderSettings(quiet=(QuietHours.model_validate({"from": "12:00", "to": "14:00"}),))


def delivery(state: str = "pending", **more: Any) -> Delivery:
    values = {"due_at": NOON, "created_at": NOON - MINUTE, "attempts": 0, "rendered": None, **more}
    return Delivery(5, "KEY", 1, "desk", state=DeliveryState(state), **values)


@pytest.mark.parametrize(
    ("value", "around", "at", "what"),
    [
        (delivery(), Around(READER), NOON, "sent"),
        (delivery(due_at=NOON - MINUTE), Around(READER), NOON, "sent"),
        (delivery(), Around(READER, paused_until=NOON + MINUTE), NOON + MINUTE, "sent"),
        (delivery(), Around(None), NOON, "held: the configuration no longer has a destination 'desk'"),
        (delivery(), Around(READER, disabled="revoked"), None, "waits until desk is repaired: revoked"),
        (delivery(), Around(READER, silenced="silenced by mina"), NOON, "suppressed: silenced by mina"),
        (delivery(), Around(SIESTA), NOON, "held for quiet hours, told in one message 2026-01-13 14:00 UTC"),
        (delivery(by_hand=True), Around(SIESTA, silenced="silenced by mina"), NOON, "sent"),
        (delivery(severity=Severity.FLASH), Around(SIESTA, room_at=NOON + MINUTE), NOON, "sent"),
        (delivery(kind=NotificationKind.OPS), Around(SIESTA), NOON, "sent"),
        (delivery(kind=NotificationKind.UPDATE), Around(SIESTA), NOON + 120 * MINUTE, "sent, when the quiet hours end"),
        (delivery("sending"), Around(READER), None, "it is being sent"),
        (delivery("ambiguous"), Around(READER), NOON, "newswatch looks whether it arrived"),
        (delivery("held"), Around(READER, rollup=(9, NOON)), NOON, "told in delivery 9"),
        (
            delivery("held"),
            Around(READER),
            None,
            "nothing by itself: repair its destination, then newswatch",
        ),
        (delivery("dead"), Around(READER), None, "nothing by itself; newswatch deliveries retry 5"),
    ],
)
def test_a_delivery(value: Delivery, around: Around, at: datetime | None, what: str) -> None:
    (found,) = after_delivery(value, around, settings=SETTINGS, now=NOON)
    assert found.at == at
    assert found.what.startswith(what)


@pytest.mark.parametrize("state", ["delivered", "suppressed"])
def test_what_is_done_has_no_next(state: str) -> None:
    assert after_delivery(delivery(state, severity=Severity.HIGH), Around(READER), settings=SETTINGS, now=NOON) == ()


def test_a_retry_ends_at_the_limit_and_goes_to_the_stand_in_before() -> None:
    value = delivery("retry_wait", severity=Severity.HIGH)
    steps = after_delivery(value, Around(READER, stand_ins=("duty",)), settings=SETTINGS, now=NOON)
    assert [(step.at, step.what) for step in steps] == [
        (NOON, "tried again"),
        (NOON - MINUTE + timedelta(hours=6), "told with others in one message, unless it succeeds before"),
        (NOON + 9 * MINUTE, "goes to duty too, if it is not delivered"),
    ]
    normal = delivery("retry_wait")
    assert len(after_delivery(normal, Around(READER, stand_ins=("duty",)), settings=SETTINGS, now=NOON)) == 2


@pytest.mark.parametrize(
    ("state", "after", "what"),
    [("open", timedelta(days=1), "quiet"), ("quiet", timedelta(days=8), "closed"), ("closed", None, "it is closed")],
)
def test_an_alert(state: str, after: timedelta | None, what: str) -> None:
    found = after_alert(state, NOON, settings=SETTINGS)
    assert found.at == (None if after is None else NOON + after)
    assert found.what.startswith(what)


@pytest.mark.parametrize(
    ("state", "since"), [("open", -MINUTE), ("quiet", timedelta(days=1)), ("closed", timedelta(days=8))]
)
def test_since_when(state: str, since: timedelta) -> None:
    assert state_since(state, NOON - MINUTE, NOON, settings=SETTINGS) == NOON + since


NOTHING = Changes((), graver=False)
TOLD = StoryFacts(9, ("en", "ko"), Severity.FLASH, top_sources=("Reuters",))


@pytest.mark.parametrize(
    ("news", "more", "at", "what"),
    [
        (
            NOTHING,
            {},
            NOON + 20 * MINUTE,
            "told more at the earliest, if: sources reach 10 (now 9); a report",
        ),
        (Changes(("9 → 14 sources",), graver=False), {}, NOON + 20 * MINUTE, "told more: 9 → 14 sources"),
        (Changes(("severity",), graver=True), {}, NOON, "told more: severity"),
        (
            Changes(("x",), graver=False),
            {"mails_today": [NOON - MINUTE * n for n in (90, 60, 30)]},
            NOON + timedelta(days=1) - 90 * MINUTE,
            "told more: x",
        ),
        (Changes(("x",), graver=False), {"mails_today": [NOON]}, NOON + 20 * MINUTE, "told more: x"),
        (Changes(("x",), graver=False), {"reader": SIESTA}, NOON + timedelta(hours=2), "told more: x"),
        (Changes(("x",), graver=True), {"reader": SIESTA, "breaks_quiet": True}, NOON, "told more: x"),
        (
            NOTHING,
            {"mails_today": [], "settings": AlertSettings(mail_followups=0)},
            None,
            "told more only if it becomes",
        ),
    ],
)
def test_a_thread(news: Changes, more: dict[str, Any], at: datetime | None, what: str) -> None:
    given = {"reader": READER, "breaks_quiet": False, "mails_today": None, "settings": SETTINGS, **more}
    reader = given.pop("reader")
    found = after_message(TOLD, NOON - 10 * MINUTE, reader, news=news, now=NOON, **given)
    assert found.at == at
    assert found.what.startswith(what)
    assert "graver" not in found.what or news.graver or "only if" in found.what, "nothing is graver than flash"
