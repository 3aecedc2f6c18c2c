"""A channel whose messages carry links with which their readers answer."""

from datetime import datetime

from newswatch.ids import is_ulid
from newswatch.model import AttemptResult, Delivery, Message, NotificationKind, Rendered
from newswatch.notify.channels.base import Channel
from newswatch.notify.links import Links
from newswatch.notify.outcome import OnAmbiguous

_NO_DELIVERY = "0" * 26
"""In the links of previews, which lead to a page that says that there is no such message."""


class AnswerableChannel:
    """Another channel, of which it changes nothing but the messages that are rendered."""

    def __init__(self, channel: Channel, links: Links, *, unsubscribe: bool) -> None:
        """Take the channel, what makes links, and whether there is one to get no more of these messages."""
        self._channel = channel
        self._links = links
        self._unsubscribe = unsubscribe
        self.type = channel.type
        self.on_ambiguous: OnAmbiguous = channel.on_ambiguous

    def render(self, message: Message, *, key: str, now: datetime) -> Rendered:
        """Render the message with its links. One that only tries a destination out has none: it is stored nowhere."""
        if message.kind is not NotificationKind.TEST:
            delivery = key if is_ulid(key) else _NO_DELIVERY
            message = self._links.attached(message, key=delivery, now=now, unsubscribe=self._unsubscribe)
        return self._channel.render(message, key=key, now=now)

    async def send(self, delivery: Delivery) -> AttemptResult:
        """Make one attempt."""
        return await self._channel.send(delivery)

    async def reconcile(self, delivery: Delivery) -> AttemptResult | None:
        """Find out whether an attempt of unknown outcome arrived."""
        return await self._channel.reconcile(delivery)
