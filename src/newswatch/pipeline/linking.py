"""Which links messages carry: made with the keys of this installation, or none, with the reason."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from newswatch.config import Config
from newswatch.errors import StoreError
from newswatch.notify.channels.answerable import AnswerableChannel
from newswatch.notify.channels.base import Channel
from newswatch.notify.links import Links, parse_keys
from newswatch.notify.settings import EmailDestination, FeedDestination, FileDestination, TerminalDestination
from newswatch.store import linkkeys


@dataclass(frozen=True, slots=True)
class NoLinks:
    """Why messages carry no links, and what to do where that is hardly meant."""

    reason: str
    remedy: str = ""


def links_of(config: Config, database: Path | None, *, make: bool = False) -> Links | NoLinks:
    """Return what makes and reads links, or why there are none. `database` is the file of an SQLite database.

    With `make`, a key is made where none is configured and none is there yet.
    """
    settings, base_url = config.feedback, config.web.base_url
    if not settings.enabled:
        return NoLinks("feedback.enabled is false")
    if base_url is None:
        return NoLinks("web.base_url is not set, so links in messages would lead nowhere")
    if not config.web.enabled:
        return NoLinks("web.enabled is false", "set it to true, or feedback.enabled to false")
    valid_for = timedelta(seconds=settings.links_valid)
    if settings.keys is not None:
        return Links(base_url, parse_keys(settings.keys.get_secret_value()), valid_for)
    if database is None:
        remedy = "set feedback.keys_file to a file with a line from `openssl rand -base64 32`"
        return NoLinks("with PostgreSQL the keys that sign links have to be configured", remedy)
    path = linkkeys.path_beside(database)
    try:
        text = linkkeys.read_or_make(path) if make else linkkeys.read(path)
        if text is None:
            return NoLinks("the key that signs links is made at the first start of the daemon")
        return Links(base_url, parse_keys(text), valid_for)
    except StoreError as error:
        return NoLinks(str(error), "give it to the user that newswatch runs as")
    except ValueError as error:
        return NoLinks(f"{path} cannot be used: {error}", "correct it, or delete it to get a new key")


def usable(links: Links | NoLinks) -> Links | None:
    """Return the links, None where there are none."""
    return links if isinstance(links, Links) else None


def configured_name(destination: str) -> str:
    """Return the destination as the configuration has it, of which this may be one mailbox (`name:address`)."""
    return destination.partition(":")[0]


def several_mailboxes(config: Config, destination: str) -> bool:
    """Tell whether a destination is one of the mailboxes of an e-mail destination with several addresses."""
    settings = config.destinations.get(configured_name(destination))
    return isinstance(settings, EmailDestination) and len(settings.to) > 1


def answerable(channel: Channel, destination: str, config: Config, links: Links | None) -> Channel:
    """Return the channel of a destination so that its messages carry links; where several get a mail, also one to stop.

    What is written to files, published as a feed or printed has none: whoever sees it could answer for its owner.
    """
    settings = config.destinations.get(configured_name(destination))
    if links is None or isinstance(settings, FeedDestination | FileDestination | TerminalDestination):
        return channel
    return AnswerableChannel(channel, links, unsubscribe=several_mailboxes(config, destination))
