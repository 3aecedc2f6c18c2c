"""What readers do at the links of messages: say what a story was worth, mute it, or get no more mail.

Everything can be done again with the same result, and nothing is changed by looking.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from newswatch.model import Delivery, DeliveryState, Destination, Transition, Verdict
from newswatch.notify.links import Claim
from newswatch.notify.settings import EmailDestination
from newswatch.pipeline.context import Context
from newswatch.pipeline.linking import configured_name, several_mailboxes
from newswatch.store import deliveries, feedback, silences, unsubscribed
from newswatch.store.database import lock
from newswatch.store.feedback import Flagged, ToldStory

_REASON = "muted by its reader"
_ONE_AT_A_TIME = 0x6D757465  # any number of its own: of two clicks at once, the second finds the silence of the first


@dataclass(frozen=True, slots=True)
class Shown:
    """What a link is about: the rules that a message told of for one story, and until when each is muted."""

    destination: str
    reader: str  # for people: the address of a mailbox, otherwise the destination
    zone: str  # of its reader
    language: str
    flagged: tuple[Flagged, ...]
    muted_until: Mapping[str, datetime]  # by rule


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A mail address of a destination. `stopped_at` is when it asked for no more."""

    destination: str  # as configured
    address: str
    zone: str
    language: str
    stopped_at: datetime | None


@dataclass(frozen=True, slots=True)
class ToldStories:
    """The stories of a message, and the language of its reader."""

    language: str
    stories: tuple[ToldStory, ...]


class Feedback:
    """What the pages behind the links ask for. Every method is one transaction."""

    def __init__(self, context: Context) -> None:
        """Take the database, the clock and the configuration, which a reload may replace."""
        self.context = context

    async def look(self, claim: Claim) -> Shown | None:
        """Return what a link is about; None where it is no longer known."""
        return await self.context.database.read(self._look, claim)

    async def stories(self, claim: Claim) -> ToldStories | None:
        """Return the stories of the message that a link was in; None where it is no longer known."""
        found = await self.context.database.read(feedback.told_stories, claim.delivery)
        return ToldStories(self.context.reader(found[0].destination).language, tuple(found)) if found else None

    async def judge(self, claim: Claim, rules: Collection[str], verdict: Verdict) -> Shown | None:
        """Store what a reader says of these rules. What they said before is replaced."""
        return await self.context.database.write(self._judge, claim, rules, verdict)

    async def mute(
        self, claim: Claim, rules: Collection[str], lasting: timedelta, *, every_story: bool = False
    ) -> Shown | None:
        """Let nothing more of the story (or of `every_story`) be told for these rules where the message went.

        What is muted already stays so for as long as it was.
        """
        return await self.context.database.write(self._mute, claim, rules, lasting, every_story=every_story)

    async def unmute(self, claim: Claim) -> Shown | None:
        """End what was muted at links of messages to this destination, for this story and its rules."""
        return await self.context.database.write(self._unmute, claim)

    async def subscriber(self, claim: Claim) -> Subscriber | None:
        """Return whom a mail went to; None where that is no longer known."""
        return await self.context.database.read(self._subscriber, claim)

    async def unsubscribe(self, claim: Claim, how: unsubscribed.How) -> Subscriber | None:
        """Send this address nothing more of the destination."""
        return await self.context.database.write(self._unsubscribe, claim, how)

    async def resubscribe(self, claim: Claim) -> Subscriber | None:
        """Send to this address again."""
        return await self.context.database.write(self._resubscribe, claim)

    def _look(self, connection: Connection, claim: Claim) -> Shown | None:
        flagged = feedback.told(connection, claim.delivery, claim.story_id)
        if not flagged:
            return None
        destination, now = flagged[0].destination, self.context.now()
        muted_until = {
            one.rule_id: silence["ends_at"]
            for one in flagged
            for matchers in self._mutable(one)
            if (silence := silences.of_author(connection, matchers, _author(destination), now)) is not None
        }
        settings = self.context.reader(destination)
        reader = settings.to[0] if isinstance(settings, EmailDestination) else destination
        return Shown(destination, reader, settings.zone, settings.language, tuple(flagged), muted_until)

    def _judge(self, connection: Connection, claim: Claim, rules: Collection[str], verdict: Verdict) -> Shown | None:
        shown = self._look(connection, claim)
        for one in _chosen(shown, rules):
            feedback.judge(connection, one, verdict, new_id=self.context.new_id, now=self.context.now())
        return self._look(connection, claim)

    def _mute(
        self, connection: Connection, claim: Claim, rules: Collection[str], lasting: timedelta, *, every_story: bool
    ) -> Shown | None:
        now, new_id = self.context.now(), self.context.new_id
        lock(connection, _ONE_AT_A_TIME)
        for one in _chosen(self._look(connection, claim), rules):
            matchers, author = self._mutable(one)[every_story], _author(one.destination)
            if silences.of_author(connection, matchers, author, now) is not None:
                continue
            silence_id = new_id()
            ends_at = now + lasting
            silences.add(
                connection, matchers, silence_id=silence_id, reason=_REASON, author=author, ends_at=ends_at, now=now
            )
            feedback.mute(connection, one, silence_id, new_id=new_id, now=now)
        return self._look(connection, claim)

    def _unmute(self, connection: Connection, claim: Claim) -> Shown | None:
        shown, now = self._look(connection, claim), self.context.now()
        for one in shown.flagged if shown is not None else ():
            for matchers in self._mutable(one):
                while (found := silences.of_author(connection, matchers, _author(one.destination), now)) is not None:
                    silences.expire(connection, found["id"], now)
        return self._look(connection, claim)

    def _mutable(self, one: Flagged) -> Sequence[dict[str, str]]:
        """Return what a silence of one story of a rule, and one of all its stories, goes by."""
        where = "mailbox" if several_mailboxes(self.context.config, one.destination) else "destination"
        every = {"rule": one.rule_id, where: one.destination}
        return {**every, "story": str(one.story_id)}, every

    def _subscriber(self, connection: Connection, claim: Claim) -> Subscriber | None:
        delivery = deliveries.by_key(connection, claim.delivery)
        # The address is that of the mail, whatever the configuration has become since.
        address = delivery.rendered.meta.get("to") if delivery is not None and delivery.rendered is not None else None
        if delivery is None or address is None:
            return None
        name = configured_name(delivery.destination)
        stopped_at = unsubscribed.since(connection, name, address)
        reader = self.context.reader(delivery.destination)
        return Subscriber(name, address, reader.zone, reader.language, stopped_at)

    def _unsubscribe(self, connection: Connection, claim: Claim, how: unsubscribed.How) -> Subscriber | None:
        found = self._subscriber(connection, claim)
        if found is not None:
            unsubscribed.stop(connection, found.destination, found.address, how, self.context.now())
        return self._subscriber(connection, claim)

    def _resubscribe(self, connection: Connection, claim: Claim) -> Subscriber | None:
        found = self._subscriber(connection, claim)
        if found is not None:
            unsubscribed.resume(connection, found.destination, found.address)
        return self._subscriber(connection, claim)


def unsubscribed_from(connection: Connection, context: Context, delivery: Delivery) -> Transition | None:
    """Return what keeps a mail from being sent: its address wants no more of the destination. None to send it.

    That holds also for what somebody sends by hand.
    """
    reason = wants_no_more(connection, context.destinations.get(delivery.destination))
    return Transition(DeliveryState.SUPPRESSED, None, reason, count_attempt=False) if reason is not None else None


def wants_no_more(connection: Connection, destination: Destination | None) -> str | None:
    """Return why the address behind a destination is sent nothing; None if it is, or where there is no address."""
    if destination is None or not isinstance(destination.settings, EmailDestination):
        return None
    address = destination.settings.to[0]
    at = unsubscribed.since(connection, configured_name(destination.name), address)
    return None if at is None else f"{address} has unsubscribed on {at:%Y-%m-%d}"


def _author(destination: str) -> str:
    return f"a reader of {destination}"


def _chosen(shown: Shown | None, rules: Collection[str]) -> list[Flagged]:
    return [one for one in shown.flagged if one.rule_id in rules] if shown is not None else []
