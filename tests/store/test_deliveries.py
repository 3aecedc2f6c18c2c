from datetime import timedelta

import pytest

from newswatch.clock import VirtualClock
from newswatch.ids import IdSource
from newswatch.model import (
    AttemptResult,
    Delivery,
    DeliveryState,
    NotificationKind,
    Outcome,
    Rendered,
    Transition,
)
from newswatch.store import alerts, deliveries, destinations, steps
from newswatch.store.database import Database
from newswatch.store.leases import Lease

_DONE = Transition(DeliveryState.DELIVERED, None, "accepted")


def _queue(database: Database, clock: VirtualClock, new_id: IdSource, *destinations: str) -> None:
    with database.writing() as connection:
        for destination in destinations:
            key = f"new/1/{destination}/{new_id()}"
            notification_id = alerts.notify(
                connection,
                kind=NotificationKind.TEST,
                dedupe_key=key,
                story_id=None,
                alert_ids=[],
                payload="{}",
                new_id=new_id,
                now=clock(),
            )
            assert notification_id is not None
            assert deliveries.add(
                connection,
                delivery_id=new_id(),
                notification_id=notification_id,
                dedupe_key=key,
                destination=destination,
                due_at=clock() + timedelta(seconds=60),
                now=clock(),
            )
    clock.advance(timedelta(seconds=60))


def _claim(database: Database, clock: VirtualClock, owner: int = 1, busy: tuple[str, ...] = ()) -> list[Delivery]:
    with database.writing() as connection:
        return deliveries.claim_due(connection, Lease(owner, clock(), 60), 10, busy=busy)


def test_a_decision_that_is_repeated_queues_nothing_new(
    database: Database, clock: VirtualClock, new_id: IdSource
) -> None:
    with database.writing() as connection:
        arguments = {
            "kind": NotificationKind.NEW,
            "dedupe_key": "new/1/desk/2",
            "story_id": None,
            "alert_ids": [2],
            "payload": None,
            "new_id": new_id,
            "now": clock(),
        }
        assert alerts.notify(connection, **arguments) is not None  # type: ignore[arg-type]
        assert alerts.notify(connection, **arguments) is None  # type: ignore[arg-type]


def test_it_waits_until_it_is_due_and_belongs_to_one(database: Database, clock: VirtualClock, new_id: IdSource) -> None:
    _queue(database, clock, new_id, "desk")
    clock.set(clock() - timedelta(seconds=1))
    assert _claim(database, clock) == []
    clock.advance(timedelta(seconds=1))
    assert len(_claim(database, clock)) == 1
    assert _claim(database, clock, owner=2) == []


def test_the_attempt_is_written_before_and_the_outcome_after(
    database: Database, clock: VirtualClock, new_id: IdSource
) -> None:
    _queue(database, clock, new_id, "desk")
    delivery = _claim(database, clock)[0]
    rendered = Rendered("message/rfc822", bytes(range(256)), "a line", {"to": "a@example.org"})
    with database.writing() as connection:
        deliveries.set_rendered(connection, delivery.id, rendered)
        assert deliveries.begin_attempt(connection, delivery, attempt_id=new_id(), now=clock()) == 1
    with database.reading() as connection:
        sending = deliveries.get(connection, delivery.id)
    assert sending is not None
    assert (sending.state, sending.rendered, sending.sending_since) == (DeliveryState.SENDING, rendered, clock())
    result = AttemptResult(Outcome.DELIVERED, "ok", status=200, provider_id="171.5")
    with database.writing() as connection:
        assert deliveries.finish(connection, delivery, _DONE, number=1, result=result, now=clock())
        shown = deliveries.show(connection, delivery.id)
    assert shown is not None
    assert (shown["state"], shown["attempts"], shown["provider_id"]) == ("delivered", 1, "171.5")
    assert [(one["n"], one["outcome"], one["status"]) for one in shown["attempts_made"]] == [(1, "delivered", 200)]


def test_one_that_was_being_sent_is_found_by_the_successor(
    database: Database, clock: VirtualClock, new_id: IdSource
) -> None:
    _queue(database, clock, new_id, "desk")
    first = _claim(database, clock)[0]
    with database.writing() as connection:
        deliveries.begin_attempt(connection, first, attempt_id=new_id(), now=clock())
    clock.advance(timedelta(seconds=61))
    second = _claim(database, clock, owner=2)[0]
    assert second.state is DeliveryState.SENDING
    with database.writing() as connection:
        late = AttemptResult(Outcome.DELIVERED, "late")
        assert not deliveries.finish(connection, first, _DONE, number=1, result=late, now=clock())
        assert deliveries.finish(
            connection,
            second,
            Transition(DeliveryState.AMBIGUOUS, clock() + timedelta(seconds=30), "unknown"),
            number=None,
            result=None,
            now=clock(),
        )
        assert deliveries.counts(connection)["ambiguous"] == 1


def test_a_paused_or_disabled_destination_gets_nothing_and_others_go_on(
    database: Database, clock: VirtualClock, new_id: IdSource
) -> None:
    _queue(database, clock, new_id, "paused", "disabled", "open")
    with database.writing() as connection:
        destinations.pause(connection, "paused", until=clock() + timedelta(minutes=5))
        destinations.disable(connection, "disabled", reason="token revoked", now=clock())
    assert [delivery.destination for delivery in _claim(database, clock)] == ["open"]
    clock.advance(timedelta(minutes=5))
    assert {delivery.destination for delivery in _claim(database, clock, owner=2)} == {"paused", "open"}
    with database.reading() as connection:
        assert destinations.states(connection)["disabled"].disabled_reason == "token revoked"


def test_what_waits_for_a_stopped_destination_is_not_waited_for(
    database: Database, clock: VirtualClock, new_id: IdSource
) -> None:
    _queue(database, clock, new_id, "desk", "duty", "late")
    minute = clock() + timedelta(seconds=60)
    with database.writing() as connection:
        destinations.disable(connection, "desk", reason="archived", now=clock())
        destinations.pause(connection, "duty", until=clock() + timedelta(hours=1))
        destinations.pause(connection, "late", until=clock() + timedelta(seconds=7))
        assert deliveries.next_due(connection) == deliveries.next_due(connection, minute) == clock()
        destinations.pause(connection, "late", until=clock() + timedelta(seconds=61))
        assert deliveries.next_due(connection, minute) is None
        assert deliveries.next_due(connection) == clock()


def test_slow_destinations_get_only_what_is_flash(database: Database, clock: VirtualClock, new_id: IdSource) -> None:
    _queue(database, clock, new_id, "desk", "duty")
    with database.writing() as connection:
        found = deliveries.claim_due(connection, Lease(1, clock(), 60), 10, slow=("desk",))

    assert [one.destination for one in found] == ["duty"]


def test_busy_destinations_are_left_out(database: Database, clock: VirtualClock, new_id: IdSource) -> None:
    _queue(database, clock, new_id, "slow", "quick")
    assert [delivery.destination for delivery in _claim(database, clock, busy=("slow",))] == ["quick"]


def test_enabling_a_destination_releases_what_was_held_for_it(
    database: Database, clock: VirtualClock, new_id: IdSource
) -> None:
    _queue(database, clock, new_id, "desk")
    delivery = _claim(database, clock)[0]
    held = Transition(DeliveryState.HELD, None, "token revoked", count_attempt=False, disable_destination=True)
    with database.writing() as connection:
        assert deliveries.finish(connection, delivery, held, number=None, result=None, now=clock())
    assert _claim(database, clock) == []
    with database.writing() as connection:
        assert deliveries.enable(connection, "desk", clock()) == 1
    again = _claim(database, clock)
    assert [one.key for one in again] == [delivery.key]


@pytest.mark.parametrize("state", ["dead", "expired", "held", "suppressed"])
def test_what_was_given_up_can_be_sent_again_under_its_key(
    database: Database, clock: VirtualClock, new_id: IdSource, state: str
) -> None:
    _queue(database, clock, new_id, "desk")
    delivery = _claim(database, clock)[0]
    with database.writing() as connection:
        ended = Transition(DeliveryState(state), None, "over")
        deliveries.finish(connection, delivery, ended, number=None, result=None, now=clock())
        assert deliveries.retry(connection, delivery.id, clock())
    assert [one.key for one in _claim(database, clock)] == [delivery.key]


def test_what_became_of_it_without_an_attempt_is_kept_and_goes_with_it(
    database: Database, clock: VirtualClock, new_id: IdSource
) -> None:
    _queue(database, clock, new_id, "desk")
    delivery = _claim(database, clock)[0]
    held = Transition(DeliveryState.HELD, None, "quiet hours", count_attempt=False)
    with database.writing() as connection:
        deliveries.finish(connection, delivery, held, number=None, result=None, now=clock())
        clock.advance(timedelta(minutes=1))
        assert deliveries.enable(connection, "desk", clock()) == 1
        clock.advance(timedelta(minutes=1))
        assert deliveries.retry(connection, delivery.id, clock())
        clock.advance(timedelta(minutes=1))
        assert deliveries.cancel(connection, delivery.id, clock())
        assert not deliveries.cancel(connection, delivery.id, clock())
        shown = deliveries.show(connection, delivery.id)
    assert shown is not None
    assert [(one["state"], one["reason"]) for one in shown["steps"]] == [
        ("held", "quiet hours"),
        ("retry_wait", "desk takes messages again"),
        ("retry_wait", "sent again by hand"),
        ("suppressed", "cancelled by hand"),
    ]
    with database.writing() as connection:
        assert deliveries.delete_dead(connection, before=clock() + timedelta(minutes=1)) == 1
        assert steps.of_deliveries(connection, [delivery.id]) == []


def test_what_was_delivered_is_neither_retried_nor_cancelled(
    database: Database, clock: VirtualClock, new_id: IdSource
) -> None:
    _queue(database, clock, new_id, "desk")
    delivery = _claim(database, clock)[0]
    with database.writing() as connection:
        deliveries.finish(connection, delivery, _DONE, number=None, result=None, now=clock())
        assert not deliveries.retry(connection, delivery.id, clock())
        assert not deliveries.cancel(connection, delivery.id, clock())
