"""What will become of an alert, a thread and a delivery if nothing else happens. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from newswatch.model import Delivery, DeliveryState, NotificationKind, Severity
from newswatch.notify.changes import TOP_TIER, Changes, StoryFacts
from newswatch.notify.hours import quiet_until
from newswatch.notify.outcome import limit_of
from newswatch.notify.reader import ReaderSettings
from newswatch.notify.settings import AlertSettings
from newswatch.notify.wording import SEVERITY_WORDS, format_instant

_A_DAY = timedelta(days=1)
_GRAVE = (Severity.HIGH, Severity.FLASH)
_WAITS = (NotificationKind.NEW, NotificationKind.UPDATE, NotificationKind.ROLLUP)  # in quiet hours
_DONE = (DeliveryState.DELIVERED, DeliveryState.SUPPRESSED)


@dataclass(frozen=True, slots=True)
class Next:
    """What happens next, and when; `at` is None where nothing comes by itself."""

    at: datetime | None
    what: str


@dataclass(frozen=True, slots=True)
class Around:
    """What the next step of a delivery depends on besides itself."""

    reader: ReaderSettings | None  # None: the configuration no longer has its destination
    silenced: str = ""  # why nothing of it is to be told now
    unsubscribed: str = ""  # why nothing at all is sent there
    disabled: str = ""  # why its destination takes nothing
    paused_until: datetime | None = None
    room_at: datetime | None = None  # when `max_per_hour` has room again
    rollup: tuple[int, datetime | None] | None = None  # the delivery that tells of it, and when that is due
    stand_ins: tuple[str, ...] = ()  # mailboxes of its fallback that do not hear of the story yet


def after_delivery(delivery: Delivery, around: Around, *, settings: AlertSettings, now: datetime) -> tuple[Next, ...]:
    """Return what becomes of a delivery."""
    if delivery.state in _DONE:
        return ()
    found = [*_itself(delivery, around, settings, now)]
    grave = delivery.severity in _GRAVE and delivery.kind in (NotificationKind.NEW, NotificationKind.UPDATE)
    if grave and around.stand_ins and around.rollup is None and delivery.state is not DeliveryState.EXPIRED:
        at = delivery.created_at + timedelta(seconds=settings.fallback_after)
        found.append(Next(max(at, now), f"goes to {', '.join(around.stand_ins)} too, if it is not delivered"))
    return tuple(found)


def state_since(state: str, opened_at: datetime, last_seen_at: datetime, *, settings: AlertSettings) -> datetime:
    """Return since when an alert is in its state."""
    if state == "open":
        return opened_at
    quiet_at = last_seen_at + timedelta(seconds=settings.quiet_after)
    return quiet_at if state == "quiet" else quiet_at + timedelta(seconds=settings.close_after)


def after_alert(state: str, last_seen_at: datetime, *, settings: AlertSettings) -> Next:
    """Return what becomes of an alert when its story has no further article."""
    if state == "closed":
        return Next(None, "it is closed: nothing more is told of it")
    then = "quiet" if state == "open" else "closed"
    at = state_since(then, last_seen_at, last_seen_at, settings=settings)
    return Next(at, f"{then}, unless another article comes")


def after_message(
    told: StoryFacts,
    told_at: datetime,
    reader: ReaderSettings,
    *,
    news: Changes,
    breaks_quiet: bool,
    mails_today: Collection[datetime] | None,
    settings: AlertSettings,
    now: datetime,
) -> Next:
    """Return when a destination that was told of a story hears of it again, and of what or after which changes.

    `news` is what it was not told yet, and whether that breaks quiet hours; `mails_today` are the follow-ups that a
    mailbox was sent within the last day, None for other destinations.
    """
    earliest = now
    if not news.graver:
        earliest = max(told_at + timedelta(seconds=settings.group_interval), now)
        if mails_today is not None and len(mails_today) >= settings.mail_followups:
            if not settings.mail_followups:
                return Next(None, "told more only if it becomes graver (mail_followups = 0)")
            earliest = max(earliest, sorted(mails_today)[-settings.mail_followups] + _A_DAY)
    if not breaks_quiet:
        earliest = quiet_until(reader, earliest) or earliest
    if news.lines:
        return Next(earliest, f"told more: {'; '.join(news.lines)}")
    return Next(earliest, f"told more at the earliest, if: {'; '.join(_material(told, settings))}")


def _material(told: StoryFacts, settings: AlertSettings) -> list[str]:
    threshold = next((number for number in settings.followup_sources if number > told.sources), None)
    found = [] if threshold is None else [f"sources reach {threshold} (now {told.sources})"]
    known = ", ".join(told.languages) or "none known"
    found.append(f"a report in a further language comes (now {known})")
    if not told.top_sources:
        found.append(f"a first source of tier {TOP_TIER} reports")
    if told.severity is not Severity.FLASH:
        found.append(f"it meets a rule graver than {SEVERITY_WORDS[told.severity].lower()} (at once)")
    return [*found, "it meets a further rule", "a headline corrects or retracts"]


def _itself(delivery: Delivery, around: Around, settings: AlertSettings, now: datetime) -> list[Next]:
    by_hand = f"newswatch deliveries retry {delivery.id}"
    match delivery.state:
        case DeliveryState.DEAD | DeliveryState.EXPIRED:
            return [Next(None, f"nothing by itself; {by_hand}")]
        case DeliveryState.HELD if around.rollup is not None:
            rollup_id, due_at = around.rollup
            return [Next(due_at, f"told in delivery {rollup_id}")]
        case DeliveryState.HELD:
            return [Next(None, f"nothing by itself: repair its destination, then {by_hand}")]
        case DeliveryState.SENDING:
            return [Next(None, "it is being sent")]
        case DeliveryState.AMBIGUOUS:
            return [Next(max(delivery.due_at, now), "newswatch looks whether it arrived")]
    return _going_out(delivery, around, settings, now)


def _going_out(delivery: Delivery, around: Around, settings: AlertSettings, now: datetime) -> list[Next]:
    if around.disabled:
        return [Next(None, f"waits until {delivery.destination} is repaired: {around.disabled}")]
    at = max(delivery.due_at, around.paused_until or now, now)
    if around.unsubscribed:
        return [Next(at, f"suppressed: {around.unsubscribed}")]
    if around.reader is None:
        return [Next(at, f"held: the configuration no longer has a destination {delivery.destination!r}")]
    kept_back = _kept_back(delivery, around, around.reader, at)
    if kept_back is not None:
        return [kept_back]
    found = [Next(at, "sent" if delivery.state is DeliveryState.PENDING else "tried again")]
    if delivery.state is DeliveryState.RETRY_WAIT:
        limit, ending = limit_of(delivery, settings)
        then = "told with others in one message" if ending.state is DeliveryState.EXPIRED else "given up"
        found.append(Next(max(limit, now), f"{then}, unless it succeeds before"))
    return found


def _kept_back(delivery: Delivery, around: Around, reader: ReaderSettings, at: datetime) -> Next | None:
    """Return what a delivery meets instead of being sent, as `pipeline.holding` will decide."""
    if delivery.by_hand or delivery.kind not in _WAITS:
        return None
    flash = delivery.severity is Severity.FLASH
    if around.silenced and delivery.rendered is None:
        return Next(at, f"suppressed: {around.silenced}")
    quiet = None if flash and reader.flash_breaks_quiet else quiet_until(reader, at)
    if quiet is not None and delivery.kind is not NotificationKind.NEW:
        return Next(quiet, "sent, when the quiet hours end")
    if quiet is not None:
        return Next(at, f"held for quiet hours, told in one message {format_instant(quiet, reader.zone)}")
    if around.room_at is not None and around.room_at > at and not flash:
        limit = f"{reader.max_per_hour} within an hour"
        return Next(at, f"held: more than {limit}, told in one message {format_instant(around.room_at, reader.zone)}")
    return None
