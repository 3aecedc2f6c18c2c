"""The one table that says what becomes of a delivery."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newswatch.model import AttemptResult, DeliveryState, Outcome, Transition
from newswatch.notify.outcome import OnAmbiguous, after_crash, after_reconcile, before_send, next_state
from newswatch.notify.settings import AlertSettings
from tests.notify.values import NOW, delivery

SETTINGS = AlertSettings()  # retries 5 s, 15 s, 1 m, 5 m, 15 m, 1 h…; stale after 6 h; guard 50 s
LONG = AlertSettings(stale_after="48h", retry_for="24h")
H6, H24 = 6 * 3600, 24 * 3600


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def result(outcome: Outcome, retry_after_s: float | None = None) -> AttemptResult:
    return AttemptResult(outcome, "said so", retry_after_s=retry_after_s)


# attempts before, outcome, Retry-After, seconds since the delivery was made,
# then: state, seconds until due, counted, pause, disabled
TABLE: list[tuple[int, Outcome, float | None, float, DeliveryState, float | None, bool, float | None, bool]] = [
    (0, Outcome.DELIVERED, None, 0, DeliveryState.DELIVERED, None, True, None, False),
    (9, Outcome.DELIVERED, None, H24 * 9, DeliveryState.DELIVERED, None, True, None, False),
    (0, Outcome.RETRY, None, 0, DeliveryState.RETRY_WAIT, 5, True, None, False),
    (1, Outcome.RETRY, None, 5, DeliveryState.RETRY_WAIT, 15, True, None, False),
    (2, Outcome.RETRY, None, 20, DeliveryState.RETRY_WAIT, 60, True, None, False),
    (5, Outcome.RETRY, None, 2000, DeliveryState.RETRY_WAIT, 3600, True, None, False),
    (50, Outcome.RETRY, None, 2000, DeliveryState.RETRY_WAIT, 3600, True, None, False),
    (0, Outcome.RETRY, 120, 0, DeliveryState.RETRY_WAIT, 120, True, None, False),
    (9, Outcome.RETRY, 120, 0, DeliveryState.RETRY_WAIT, 3600, True, None, False),
    (9, Outcome.RETRY, None, H6 - 60, DeliveryState.RETRY_WAIT, 60, True, None, False),
    (9, Outcome.RETRY, None, H6, DeliveryState.EXPIRED, None, True, None, False),
    (0, Outcome.THROTTLED, 7, 0, DeliveryState.RETRY_WAIT, 7, False, 7, False),
    (3, Outcome.THROTTLED, None, 0, DeliveryState.RETRY_WAIT, 30, False, 30, False),
    (3, Outcome.THROTTLED, 0, 0, DeliveryState.RETRY_WAIT, 1, False, 1, False),
    (3, Outcome.THROTTLED, 10 * H24, 0, DeliveryState.RETRY_WAIT, H6, False, H24, False),
    (3, Outcome.THROTTLED, 7, H6, DeliveryState.EXPIRED, None, False, 7, False),
    (0, Outcome.AMBIGUOUS, None, 0, DeliveryState.AMBIGUOUS, 50, True, None, False),
    (0, Outcome.AMBIGUOUS, None, H6, DeliveryState.AMBIGUOUS, 50, True, None, False),
    (0, Outcome.REJECTED, None, 0, DeliveryState.DEAD, None, True, None, False),
    (4, Outcome.DISABLED, None, 0, DeliveryState.HELD, None, False, None, True),
    (4, Outcome.DISABLED, None, H6, DeliveryState.HELD, None, False, None, True),
]


@pytest.mark.parametrize(
    ("attempts", "outcome", "retry_after_s", "age", "state", "due", "counted", "pause", "disabled"), TABLE
)
def test_after_an_attempt(
    attempts: int,
    outcome: Outcome,
    retry_after_s: float | None,
    age: float,
    state: DeliveryState,
    due: float | None,
    counted: bool,
    pause: float | None,
    disabled: bool,
) -> None:
    now = after(age)
    tried = delivery(attempts=attempts, sending_since=now)

    transition = next_state(tried, result(outcome, retry_after_s), settings=SETTINGS, now=now, jitter=0.0)

    expected_due = None if due is None else now + timedelta(seconds=due)
    expected_pause = None if pause is None else now + timedelta(seconds=pause)
    assert transition == Transition(state, expected_due, transition.reason, counted, expected_pause, disabled)
    assert "said so" in transition.reason


def test_every_outcome_is_in_the_table() -> None:
    assert {row[1] for row in TABLE} == set(Outcome)


def test_retry_for_ends_in_dead() -> None:
    old = delivery(attempts=20)

    transition = next_state(old, result(Outcome.RETRY), settings=LONG, now=after(H24), jitter=0.0)

    assert transition.state is DeliveryState.DEAD
    assert transition.reason == "given up after 1d (retry_for): said so"


def test_the_guard_begins_with_the_attempt() -> None:
    transition = next_state(
        delivery(sending_since=NOW), result(Outcome.AMBIGUOUS), settings=SETTINGS, now=after(20), jitter=0.9
    )

    assert transition.due_at == after(50)


@given(attempts=st.integers(0, 10), jitter=st.floats(0, 1, exclude_max=True))
def test_jitter_shortens_by_up_to_half(attempts: int, jitter: float) -> None:
    transition = next_state(
        delivery(attempts=attempts), result(Outcome.RETRY), settings=SETTINGS, now=NOW, jitter=jitter
    )

    full = SETTINGS.retry_delays[min(attempts, 5)]
    assert transition.due_at is not None
    assert full / 2 <= (transition.due_at - NOW).total_seconds() <= full


@pytest.mark.parametrize(("found_after", "due"), [(10, 50), (49, 50), (600, 600)])
def test_a_crash_while_sending_is_ambiguous_until_the_guard_is_over(found_after: float, due: float) -> None:
    transition = after_crash(delivery(sending_since=NOW), settings=SETTINGS, now=after(found_after))

    assert (transition.state, transition.due_at) == (DeliveryState.AMBIGUOUS, after(due))
    assert transition.count_attempt


# what the look-up said, policy, seconds since the delivery was made; then: state, seconds until due, disabled
LOOKED: list[tuple[Outcome | None, OnAmbiguous, float, DeliveryState, float | None, bool]] = [
    (Outcome.DELIVERED, "resend", 60, DeliveryState.DELIVERED, None, False),
    (Outcome.DELIVERED, "hold", H24 * 3, DeliveryState.DELIVERED, None, False),
    (Outcome.RETRY, "hold", 60, DeliveryState.RETRY_WAIT, 0, False),
    (Outcome.RETRY, "resend", H6, DeliveryState.EXPIRED, None, False),
    (None, "resend", 60, DeliveryState.RETRY_WAIT, 0, False),
    (None, "resend", H6, DeliveryState.EXPIRED, None, False),
    (None, "hold", 60, DeliveryState.HELD, None, False),
    (Outcome.AMBIGUOUS, "resend", 60, DeliveryState.AMBIGUOUS, 15, False),
    (Outcome.AMBIGUOUS, "resend", H24 - 1, DeliveryState.AMBIGUOUS, 15, False),
    (Outcome.AMBIGUOUS, "resend", H24, DeliveryState.DEAD, None, False),
    (Outcome.DISABLED, "resend", 60, DeliveryState.AMBIGUOUS, 3600, True),
    (Outcome.REJECTED, "resend", 60, DeliveryState.DEAD, None, False),
]


@pytest.mark.parametrize(("outcome", "policy", "age", "state", "due", "disabled"), LOOKED)
def test_after_a_look_at_the_receiver(
    outcome: Outcome | None, policy: OnAmbiguous, age: float, state: DeliveryState, due: float | None, disabled: bool
) -> None:
    now = after(age)
    waiting = delivery(state=DeliveryState.AMBIGUOUS, attempts=1, sending_since=after(age - 50))

    transition = after_reconcile(
        waiting,
        None if outcome is None else result(outcome),
        on_ambiguous=policy,
        settings=SETTINGS,
        now=now,
        jitter=0.0,
    )

    expected_due = None if due is None else now + timedelta(seconds=due)
    assert transition == Transition(state, expected_due, transition.reason, False, None, disabled)


def test_a_throttled_look_up_pauses_the_destination() -> None:
    transition = after_reconcile(
        delivery(state=DeliveryState.AMBIGUOUS),
        result(Outcome.THROTTLED, 40),
        on_ambiguous="resend",
        settings=SETTINGS,
        now=NOW,
        jitter=0.5,
    )

    assert (transition.state, transition.due_at) == (DeliveryState.AMBIGUOUS, after(40))
    assert transition.pause_destination_until == after(40)


@pytest.mark.parametrize(
    ("settings", "age", "state"),
    [
        (SETTINGS, H6, None),
        (SETTINGS, H6 + 299, None),  # the attempt at the limit may be a little late
        (SETTINGS, H6 + 301, DeliveryState.EXPIRED),
        (LONG, H24 + 301, DeliveryState.DEAD),
    ],
)
def test_what_waited_through_an_outage_is_not_sent_late(
    settings: AlertSettings, age: float, state: DeliveryState | None
) -> None:
    transition = before_send(delivery(state=DeliveryState.PENDING), settings=settings, now=after(age))

    assert (None if transition is None else transition.state) == state


def test_attempts_go_on_until_the_limit_and_end_there() -> None:
    """Walk a delivery through a receiver that never answers well: the last attempt is at the limit itself."""
    now, attempts, times = NOW, 0, []
    while True:
        times.append((now - NOW).total_seconds())
        transition = next_state(
            delivery(attempts=attempts, sending_since=now),
            result(Outcome.RETRY),
            settings=SETTINGS,
            now=now,
            jitter=0.0,
        )
        if transition.due_at is None:
            break
        now, attempts = transition.due_at, attempts + 1

    assert times[:6] == [0, 5, 20, 80, 380, 1280]
    assert times[-1] == H6
    assert transition.state is DeliveryState.EXPIRED


def test_without_delays_retries_are_immediate() -> None:
    settings = AlertSettings(retry_delays=())
    changes: dict[str, Any] = {"settings": settings, "now": NOW, "jitter": 0.0}

    assert next_state(delivery(), result(Outcome.RETRY), **changes).due_at == NOW
