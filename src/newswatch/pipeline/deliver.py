"""deliver: delivery -> attempt -> a person."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from newswatch import failpoints
from newswatch.model import (
    AttemptResult,
    Delivery,
    DeliveryState,
    NotificationKind,
    Outcome,
    Rendered,
    Severity,
    Transition,
)
from newswatch.notify.changes import facts_of
from newswatch.notify.channels.base import Channel
from newswatch.notify.channels.templated import TEMPLATE_FAILED
from newswatch.notify.codec import message_to_json
from newswatch.notify.outcome import after_crash, after_reconcile, before_send, next_state
from newswatch.pipeline.context import Context
from newswatch.pipeline.crew import Crew, insist
from newswatch.pipeline.feedback import unsubscribed_from
from newswatch.pipeline.holding import TOLD_MEANWHILE, hold, leave_out, overdue, told_in, unsilenced
from newswatch.pipeline.inhibiting import inhibited
from newswatch.pipeline.making import addressed, message_of
from newswatch.pipeline.pacing import slow_destinations, take_turn
from newswatch.store import alerts, deliveries, rollups, stories, threads
from newswatch.store.leases import Lease, release
from newswatch.store.tables import delivery as delivery_table

log = structlog.get_logger("newswatch.deliver")

_CLAIM_AT_MOST = 20
_DESTINATIONS_AT_ONCE = 50


class DeliverStage:
    """Claims due deliveries and sends them: destinations side by side, the deliveries of one in order."""

    name = "deliver"

    def __init__(self, context: Context) -> None:
        """Start with no destination busy."""
        self._context = context
        self.crew = Crew(self.name, _DESTINATIONS_AT_ONCE, lambda: context.wake(self.name))
        self._busy: set[str] = set()

    def close(self) -> None:
        """Claim nothing more; each destination stops after the delivery it is at."""
        self.crew.closed = True

    async def wait(self) -> None:
        """Return when nothing is being sent."""
        await self.crew.wait()

    async def drain(self, grace_s: float) -> None:
        """Finish or give back what is under way."""
        await self.crew.drain(grace_s)

    async def tick(self) -> int:
        """Start on the deliveries that are due and return their number."""
        if not self.crew.free:
            return 0
        # A destination's deliveries are sent one after the other, each within its own time-out.
        settings = self._context.config
        lease = self._context.lease(settings.daemon.lease + _CLAIM_AT_MOST * (settings.alerts.send_timeout + 5))
        claimed = await self._context.database.write(self._claim, lease)
        by_destination: dict[str, list[Delivery]] = defaultdict(list)
        for delivery in claimed:
            by_destination[delivery.destination].append(delivery)
        for destination, theirs in by_destination.items():
            self._busy.add(destination)
            self.crew.start(self._serve(destination, theirs))
        self.crew.full = len(claimed) == _CLAIM_AT_MOST
        return len(claimed)

    def _claim(self, connection: Connection, lease: Lease) -> list[Delivery]:
        """Claim what is due, leaving out who is being written to and who has just been written to as fast as may be."""
        slow = slow_destinations(connection, self._context) - self._busy
        return deliveries.claim_due(connection, lease, _CLAIM_AT_MOST, busy=sorted(self._busy), slow=sorted(slow))

    async def _serve(self, destination: str, theirs: list[Delivery]) -> None:
        left = list(theirs)
        try:
            while left and not self.crew.closed:
                stopped = await self._one(left[0])
                left.pop(0)
                if stopped:
                    break
        finally:
            self._busy.discard(destination)
            for delivery in left:
                await insist(self._context.database, release, delivery_table, delivery.id, delivery.lease_token)

    async def _one(self, delivery: Delivery) -> bool:
        """Work on one delivery. Return whether its destination takes nothing more for now."""
        context = self._context
        channel = context.channels.get(delivery.destination)
        if delivery.state is DeliveryState.SENDING:
            # Its process ended while it was sending, so its lease was given up by the successor.
            return await self._finish(
                delivery, after_crash(delivery, settings=context.config.alerts, now=context.now()), None, None
            )
        if channel is None:
            reason = f"the configuration no longer has a destination {delivery.destination!r}"
            return await self._finish(
                delivery, Transition(DeliveryState.HELD, None, reason, count_attempt=False), None, None
            )
        if delivery.state is DeliveryState.AMBIGUOUS:
            return await self._reconcile(delivery, channel)
        late = before_send(delivery, settings=context.config.alerts, now=context.now())
        if late is not None:
            return await self._finish(delivery, late, None, None)
        prepared = await context.database.write(self._prepare, delivery, channel)
        if isinstance(prepared, Transition):
            return await self._finish(delivery, prepared, None, None)
        if isinstance(prepared, datetime):
            await insist(context.database, release, delivery_table, delivery.id, delivery.lease_token)
            self._alarm(prepared)
            return True
        if prepared is None:
            context.metrics.fenced.labels(self.name).inc()
            return False
        failpoints.reached("deliver.attempt_written")
        ready, number = prepared
        try:
            result = await self._send(channel, ready)
        except asyncio.CancelledError:  # the time to stop has come, and nobody knows how far it got
            stopped = after_crash(ready, settings=context.config.alerts, now=context.now())
            await self._finish(ready, stopped, number, AttemptResult(Outcome.AMBIGUOUS, stopped.reason))
            raise
        failpoints.reached("deliver.answer_read")
        transition = next_state(
            ready,
            result,
            settings=context.config.alerts,
            now=context.now(),
            jitter=context.random.random(),
        )
        return await self._finish(ready, transition, number, result)

    def _prepare(
        self, connection: Connection, delivery: Delivery, channel: Channel
    ) -> tuple[Delivery, int] | Transition | datetime | None:
        """Freeze the message and its bytes if that is still to be done, and write down that an attempt begins.

        Return instead what becomes of the delivery if it is not to be sent, when it may be tried if its destination
        cannot take more yet, or None if somebody else has it.
        """
        now = self._context.now()
        if not deliveries.is_held(connection, delivery):
            return None
        stopped = unsubscribed_from(connection, self._context, delivery)
        if stopped is not None:
            return stopped
        held = hold(connection, self._context, delivery)
        if held is not None:
            return held
        if (free_at := take_turn(connection, self._context, delivery)) is not None:
            return free_at
        rendered = delivery.rendered
        if rendered is None:
            told_already = self._begin(connection, delivery) if delivery.kind is NotificationKind.NEW else None
            if told_already is not None:
                return Transition(DeliveryState.SUPPRESSED, None, told_already, count_attempt=False)
            rendered = self._render(connection, delivery, channel)
        number = deliveries.begin_attempt(connection, delivery, attempt_id=self._context.new_id(), now=now)
        ready = replace(delivery, rendered=rendered, state=DeliveryState.SENDING, sending_since=now)
        return replace(ready, thread_ref=rendered.meta.get("thread_ref")), number

    def _begin(self, connection: Connection, delivery: Delivery) -> str | None:
        """Begin the thread of a story. If it has one there, return what becomes of what comes second."""
        notification = alerts.get_notification(connection, delivery.notification_id)
        story_id, alert_ids = notification["story_id"], notification["alert_ids"]
        if story_id is None:
            return None
        told = unsilenced(connection, alert_ids, delivery.destination, self._context.now()) or alert_ids
        if self._thread(connection, delivery, story_id, told, root=True):
            return None
        kept_back = inhibited(connection, told, threads.told_alerts(connection, story_id, delivery.destination))
        if kept_back and set(told) == kept_back.keys():
            return next(iter(kept_back.values()))
        return TOLD_MEANWHILE

    def _thread(
        self, connection: Connection, delivery: Delivery, story_id: int, alert_ids: Sequence[int], *, root: bool
    ) -> bool:
        severities = [Severity(row["severity"]) for row in alerts.by_ids(connection, alert_ids)]
        worst = max(severities, key=lambda severity: severity.rank, default=delivery.severity)
        facts = facts_of(stories.members(connection, story_id), worst).as_json()
        answers = {"key": delivery.key, "notification_id": delivery.notification_id} if root else {}
        return threads.begin(
            connection,
            story_id,
            delivery.destination,
            alert_ids=alert_ids,
            told={**facts, **answers},
            new_id=self._context.new_id,
            now=self._context.now(),
        )

    def _render(self, connection: Connection, delivery: Delivery, channel: Channel) -> Rendered:
        now = self._context.now()
        notification = alerts.get_notification(connection, delivery.notification_id)
        frozen = notification["payload"] is not None
        if delivery.kind is NotificationKind.ROLLUP and not frozen:
            rollups.lock(connection, delivery.id)
            leave_out(connection, delivery, now)
        message = message_of(connection, delivery, notification, now)
        if not frozen:
            alerts.freeze(connection, delivery.notification_id, message_to_json(message), now)
            self._told(connection, delivery, notification["story_id"])
        message = addressed(message, delivery)
        rendered = channel.render(message, key=delivery.key, now=now)
        if failed := rendered.meta.get(TEMPLATE_FAILED):
            log.warning("its template failed; it goes out in newswatch's own form", to=delivery.destination, why=failed)
        deliveries.set_rendered(connection, delivery.id, rendered)
        return rendered

    def _told(self, connection: Connection, delivery: Delivery, story_id: int) -> None:
        """Write down which stories and articles a message announces."""
        if delivery.kind is not NotificationKind.ROLLUP:
            self._announce(connection, delivery, story_id)
            return
        for held_id, alert_ids in told_in(connection, delivery, self._context.now()).items():
            self._thread(connection, delivery, held_id, alert_ids, root=False)
            self._announce(connection, delivery, held_id)

    def _announce(self, connection: Connection, delivery: Delivery, story_id: int) -> None:
        members = [member.article_id for member in stories.members(connection, story_id)]
        alerts.announce(
            connection,
            delivery.destination,
            members,
            notification_id=delivery.notification_id,
            now=self._context.now(),
        )

    async def _send(self, channel: Channel, delivery: Delivery) -> AttemptResult:
        try:
            failpoints.reached("deliver.sending")
            return await channel.send(delivery)
        except Exception as error:
            # A bug of ours, not an outcome: nobody knows how far it came.
            log.exception("sending failed", delivery=delivery.key, destination=delivery.destination)
            return AttemptResult(Outcome.AMBIGUOUS, f"internal error: {type(error).__name__}")

    async def _reconcile(self, delivery: Delivery, channel: Channel) -> bool:
        context = self._context
        result = await context.database.read(deliveries.late_success, delivery.id)
        if result is None:
            result = await channel.reconcile(delivery)
        context.metrics.reconciled.labels(result.outcome.value if result else "unknowable").inc()
        transition = after_reconcile(
            delivery,
            result,
            on_ambiguous=channel.on_ambiguous,
            settings=context.config.alerts,
            now=context.now(),
            jitter=context.random.random(),
        )
        return await self._finish(delivery, transition, None, result)

    async def _finish(
        self, delivery: Delivery, transition: Transition, number: int | None, result: AttemptResult | None
    ) -> bool:
        stored = await insist(self._context.database, self._store, delivery, transition, number, result)
        failpoints.reached("deliver.after_commit")
        if stored is None:
            self._context.metrics.fenced.labels(self.name).inc()
            log.warning("result thrown away: another process has taken the delivery over", delivery=delivery.key)
            return False
        self._report(delivery, stored, result)
        if transition.pause_destination_until is not None:
            self._alarm(transition.pause_destination_until)
        return transition.disable_destination or transition.pause_destination_until is not None

    def _alarm(self, at: datetime) -> None:
        """Look for work at an instant, rather than at the next tick after it."""
        seconds = (at - self._context.now()).total_seconds()
        asyncio.get_running_loop().call_later(max(0.0, seconds), self._context.wake, self.name)

    def _store(
        self,
        connection: Connection,
        delivery: Delivery,
        transition: Transition,
        number: int | None,
        result: AttemptResult | None,
    ) -> Transition | None:
        """Store what became of a delivery, and return it; None if somebody else has the delivery."""
        now = self._context.now()
        if transition.state is DeliveryState.EXPIRED and deliveries.is_held(connection, delivery):
            transition = overdue(connection, self._context, delivery, transition)
        kept = deliveries.finish(connection, delivery, transition, number=number, result=result, now=now)
        if kept and delivery.kind is NotificationKind.ROLLUP and transition.due_at is None:
            rollups.settle(connection, delivery.id, transition.state, now)
        if kept and transition.state is DeliveryState.DELIVERED and result is not None:
            notification = alerts.get_notification(connection, delivery.notification_id)
            if notification["story_id"] is not None:
                threads.remember_root(
                    connection,
                    notification["story_id"],
                    delivery.destination,
                    result.provider_id,
                    delivery.key,
                    delivery.notification_id,
                    again=result.began_thread,
                )
        return transition if kept else None

    def _report(self, delivery: Delivery, transition: Transition, result: AttemptResult | None) -> None:
        context, state = self._context, transition.state
        channel = context.channels.get(delivery.destination)
        kind = channel.type if channel else "none"
        facts = {
            "to": delivery.destination,
            "message": delivery.rendered.summary if delivery.rendered else None,
            "delivery": delivery.key,
        }
        if state is DeliveryState.DELIVERED:
            context.metrics.notifications.labels(kind, delivery.kind.value).inc()
            context.metrics.delivery_latency.observe((context.now() - delivery.created_at).total_seconds())
            log.info("sent", **facts)
            return
        if result is not None:
            context.metrics.notifications_failed.labels(kind, result.outcome.value).inc()
        again = None if transition.due_at is None else round((transition.due_at - context.now()) / timedelta(seconds=1))
        log.warning("not sent", state=state.value, reason=transition.reason, again_in_s=again, **facts)
