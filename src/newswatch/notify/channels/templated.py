"""A channel whose messages are written by templates of the user's own, and by newswatch's where those fail."""

from dataclasses import replace
from datetime import UTC, datetime

from newswatch.errors import ConfigError, Problem
from newswatch.model import AttemptResult, Delivery, Message, NotificationKind, Rendered
from newswatch.notify.channels.base import Channel, safe_detail
from newswatch.notify.outcome import OnAmbiguous
from newswatch.notify.sample import sample

TEMPLATE_FAILED = "template_failed"
"""In `Rendered.meta`: why the message is not in the user's form."""
_SOME_TIME = datetime(2026, 1, 13, 5, 17, tzinfo=UTC)
_SOME_KEY = "0" * 26


class TemplatedChannel:
    """Two channels to one place: one that writes with the user's templates, one that always can."""

    def __init__(self, own: Channel, shipped: Channel) -> None:
        """Take both; `own.render` may raise."""
        self._own = own
        self._shipped = shipped
        self.type = shipped.type
        self.on_ambiguous: OnAmbiguous = shipped.on_ambiguous

    def render(self, message: Message, *, key: str, now: datetime) -> Rendered:
        """Render with the user's templates; with newswatch's, and the reason in `meta`, if that fails."""
        try:
            return self._own.render(message, key=key, now=now)
        except Exception as error:  # noqa: BLE001 - a template can raise anything, and the message must go out
            rendered = self._shipped.render(message, key=key, now=now)
            return replace(rendered, meta={**rendered.meta, TEMPLATE_FAILED: _reason(error)})

    async def send(self, delivery: Delivery) -> AttemptResult:
        """Make one attempt."""
        return await self._shipped.send(delivery)

    async def reconcile(self, delivery: Delivery) -> AttemptResult | None:
        """Find out whether an attempt of unknown outcome arrived."""
        return await self._shipped.reconcile(delivery)


def tried(own: Channel, where: str) -> Channel:
    """Return `own` after it has written a message of every kind. Raises ConfigError if its templates cannot."""
    for kind in NotificationKind:
        try:
            own.render(sample(kind, _SOME_TIME), key=_SOME_KEY, now=_SOME_TIME)
        except Exception as error:
            problem = f"a message of kind {kind.value} cannot be written with them: {_reason(error)}"
            raise ConfigError([Problem(where, problem, "docs/alerts.md shows what templates are given")]) from error
    return own


def _reason(error: Exception) -> str:
    return safe_detail(f"{type(error).__name__}: {error}")
