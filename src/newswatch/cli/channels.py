"""Destinations as commands see them: their channel, and what it would transmit."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from newswatch.cli.common import connected
from newswatch.clock import system_now
from newswatch.errors import NotFound

if TYPE_CHECKING:
    from newswatch.config import Config
    from newswatch.model import Destination, HttpAnswer, HttpFailure, HttpRequest, HttpSend, Rendered
    from newswatch.notify.channels.base import Channel


def destination_of(config: "Config", name: str) -> "Destination":
    """Return a configured destination. Raises NotFound."""
    known = config.destinations_values()
    if name not in known:
        raise NotFound("destination", name, f"configured are: {', '.join(known) or 'none'}")
    return known[name]


def addressed_by(config: "Config", name: str) -> list[str]:
    """Return the destinations that a name stands for: each mailbox of an e-mail destination. Raises NotFound."""
    from newswatch.notify.routes import mailboxes

    destination_of(config, name)
    return list(mailboxes(name, config.destinations))


def channel_of(
    config: "Config", name: str, *, http: "HttpSend | None" = None, write: Callable[[str], None] = print
) -> "Channel":
    """Return the channel of a destination; without `http` one that can render only. Raises NotFound, ConfigError.

    `write` is where a terminal's messages go.
    """
    from newswatch.pipeline.linking import answerable, links_of, usable

    channel = unlinked_channel(config, name, http=http, write=write)
    with connected(config) as database:
        return answerable(channel, name, config, usable(links_of(config, database.path)))


def unlinked_channel(
    config: "Config", name: str, *, http: "HttpSend | None" = None, write: Callable[[str], None] = print
) -> "Channel":
    """Return the channel of a destination, whose messages carry no links to answer with. Raises NotFound, ConfigError.

    It needs no database.
    """
    from newswatch.notify.channels import build_channel

    return build_channel(
        destination_of(config, name), settings=config.alerts, http=http or _nothing, now=system_now, write=write
    )


async def _nothing(_request: "HttpRequest") -> "HttpAnswer | HttpFailure":
    raise RuntimeError("a channel that only renders was asked to send")


def stored_form(rendered: "Rendered") -> dict[str, Any]:
    """Return what a channel rendered as its row would hold it, for `rendered.readable` and `rendered.for_people`."""
    import base64

    return {
        "content_type": rendered.content_type,
        "summary": rendered.summary,
        "meta": dict(rendered.meta),
        "body": base64.b64encode(rendered.body).decode("ascii"),
    }
