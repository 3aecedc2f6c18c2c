"""What becomes of a delivery: one table, pure. The state diagram is in docs/alerts.md.

A delivery's limits count from `created_at`: `retry_for` ends in dead, `stale_after` in expired, whichever comes first.
The last attempt is made at the limit itself. `Delivery.attempts` are the attempts counted before the one being judged.
"""

from datetime import datetime, timedelta
from typing import Literal

from newswatch.model import AttemptResult, Delivery, DeliveryState, NotificationKind, Outcome, Transition
from newswatch.notify.settings import AlertSettings
from newswatch.settings import format_duration

OnAmbiguous = Literal["resend", "hold"]

_THROTTLE_DEFAULT_S = 30.0  # for a receiver that says "too many" and not for how long
_THROTTLE_MAX_S = 86400.0
_LAST_ATTEMPT_GRACE = timedelta(minutes=5)  # ticks and queues make the attempt at the limit a little late


def before_send(delivery: Delivery, *, settings: AlertSettings, now: datetime) -> Transition | None:
    """Return what ends a delivery that is about to be sent too late (after an outage), None to go on and send it."""
    limit, ending = limit_of(delivery, settings)
    if now <= limit + _LAST_ATTEMPT_GRACE:
        return None
    return Transition(ending.state, None, ending.reason, count_attempt=False)


def next_state(
    delivery: Delivery, result: AttemptResult, *, settings: AlertSettings, now: datetime, jitter: float
) -> Transition:
    """Return what the result of an attempt makes of its delivery.

    `jitter` is uniform in [0, 1): it shortens waiting times by up to half, so that many deliveries that failed
    together do not come back together.
    """
    match result.outcome:
        case Outcome.DELIVERED:
            return Transition(DeliveryState.DELIVERED, None, result.detail)
        case Outcome.RETRY:
            wait = max(_delay(delivery.attempts, settings, jitter), result.retry_after_s or 0.0)
            return _wait(delivery, now + timedelta(seconds=wait), result.detail, settings=settings, now=now)
        case Outcome.THROTTLED:
            until = now + timedelta(seconds=_throttle(result))
            waiting = _wait(delivery, until, result.detail, settings=settings, now=now, count_attempt=False)
            return _paused(waiting, until)
        case Outcome.AMBIGUOUS:
            return _ambiguous(delivery, result.detail, settings=settings, now=now)
        case Outcome.REJECTED:
            return Transition(DeliveryState.DEAD, None, f"refused for good: {result.detail}")
        case Outcome.DISABLED:
            reason = f"destination disabled, repair it and enable it again: {result.detail}"
            return Transition(DeliveryState.HELD, None, reason, count_attempt=False, disable_destination=True)


def after_crash(delivery: Delivery, *, settings: AlertSettings, now: datetime) -> Transition:
    """Return what becomes of a delivery that was being sent when its worker died (its lease has run out)."""
    return _ambiguous(delivery, "newswatch stopped while sending", settings=settings, now=now)


def after_reconcile(
    delivery: Delivery,
    result: AttemptResult | None,
    *,
    on_ambiguous: OnAmbiguous,
    settings: AlertSettings,
    now: datetime,
    jitter: float,
) -> Transition:
    """Return what a look at the receiver makes of an ambiguous delivery.

    `result` is what `Channel.reconcile` returned; None (this channel cannot know) applies `on_ambiguous`, the
    channel's policy. The attempt was counted when it became ambiguous, so nothing is counted here.
    """
    if result is None:
        if on_ambiguous == "hold":
            reason = "nobody knows whether it arrived; send it again by hand if it did not"
            return Transition(DeliveryState.HELD, None, reason, count_attempt=False)
        reason = "its answer was lost: sending it again under the same id"
        return _wait(delivery, now, reason, settings=settings, now=now, count_attempt=False)
    match result.outcome:
        case Outcome.DELIVERED:
            return Transition(DeliveryState.DELIVERED, None, result.detail, count_attempt=False)
        case Outcome.RETRY:
            return _wait(delivery, now, result.detail, settings=settings, now=now, count_attempt=False)
        case Outcome.DISABLED:
            due = now + timedelta(seconds=settings.retry_delays[-1] if settings.retry_delays else 3600.0)
            reason = f"cannot look whether it arrived, destination disabled: {result.detail}"
            return Transition(DeliveryState.AMBIGUOUS, due, reason, count_attempt=False, disable_destination=True)
        case Outcome.REJECTED:
            return Transition(DeliveryState.DEAD, None, f"refused for good: {result.detail}", count_attempt=False)
        case Outcome.AMBIGUOUS | Outcome.THROTTLED:
            return _look_again(delivery, result, settings=settings, now=now, jitter=jitter)


def _look_again(
    delivery: Delivery, result: AttemptResult, *, settings: AlertSettings, now: datetime, jitter: float
) -> Transition:
    """Wait for the next look-up, or give up: a message that may have arrived is never sent again unasked."""
    throttled = result.outcome is Outcome.THROTTLED
    wait = _throttle(result) if throttled else max(_delay(1, settings, jitter), result.retry_after_s or 0.0)
    due = now + timedelta(seconds=wait)
    if now >= delivery.created_at + timedelta(seconds=settings.retry_for):
        reason = f"nobody knows whether it arrived, and looking failed for {format_duration(settings.retry_for)}"
        return Transition(DeliveryState.DEAD, None, f"{reason}: {result.detail}", count_attempt=False)
    reason = f"cannot look yet whether it arrived: {result.detail}"
    waiting = Transition(DeliveryState.AMBIGUOUS, due, reason, count_attempt=False)
    return _paused(waiting, due) if throttled else waiting


def _paused(transition: Transition, until: datetime) -> Transition:
    return Transition(
        transition.state,
        transition.due_at,
        transition.reason,
        count_attempt=transition.count_attempt,
        pause_destination_until=until,
    )


def _ambiguous(delivery: Delivery, detail: str, *, settings: AlertSettings, now: datetime) -> Transition:
    """Wait until nothing of the attempt can be under way any more; looking earlier would miss a slow receiver."""
    began = delivery.sending_since or now
    due = max(now, began + timedelta(seconds=settings.ambiguous_guard))
    return Transition(DeliveryState.AMBIGUOUS, due, f"may or may not have arrived: {detail}")


def _throttle(result: AttemptResult) -> float:
    wished = _THROTTLE_DEFAULT_S if result.retry_after_s is None else result.retry_after_s
    return min(max(wished, 1.0), _THROTTLE_MAX_S)


def _delay(attempts: int, settings: AlertSettings, jitter: float) -> float:
    if not settings.retry_delays:
        return 0.0
    return settings.retry_delays[min(attempts, len(settings.retry_delays) - 1)] * (1 - jitter / 2)


def limit_of(delivery: Delivery, settings: AlertSettings) -> tuple[datetime, Transition]:
    """Return when a delivery ends unsent, and how."""
    if delivery.kind is NotificationKind.NEW and settings.stale_after <= settings.retry_for:
        at = delivery.created_at + timedelta(seconds=settings.stale_after)
        reason = f"not delivered within {format_duration(settings.stale_after)} (stale_after)"
        return at, Transition(DeliveryState.EXPIRED, None, reason)
    at = delivery.created_at + timedelta(seconds=settings.retry_for)
    reason = f"given up after {format_duration(settings.retry_for)} (retry_for)"
    return at, Transition(DeliveryState.DEAD, None, reason)


def _wait(
    delivery: Delivery,
    due: datetime,
    reason: str,
    *,
    settings: AlertSettings,
    now: datetime,
    count_attempt: bool = True,
) -> Transition:
    limit, ending = limit_of(delivery, settings)
    if now >= limit:
        return Transition(ending.state, None, f"{ending.reason}: {reason}", count_attempt=count_attempt)
    return Transition(DeliveryState.RETRY_WAIT, min(due, limit), reason, count_attempt=count_attempt)
