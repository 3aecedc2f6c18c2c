"""One file for each transport, one Protocol for all."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from newswatch.clock import Now
from newswatch.errors import ConfigError, Problem
from newswatch.model import Destination, HttpSend
from newswatch.notify.apprise_library import problem_of
from newswatch.notify.channels.apprise import AppriseChannel
from newswatch.notify.channels.base import Channel
from newswatch.notify.channels.email import EmailChannel
from newswatch.notify.channels.feed import FeedChannel
from newswatch.notify.channels.file import FileChannel
from newswatch.notify.channels.slack import SlackChannel
from newswatch.notify.channels.slack_blocks import own_slack
from newswatch.notify.channels.slack_webhook import SlackWebhookChannel
from newswatch.notify.channels.templated import TemplatedChannel, tried
from newswatch.notify.channels.terminal import TerminalChannel
from newswatch.notify.channels.webhook import WebhookChannel
from newswatch.notify.own_templates import OwnTemplates, UnusableTemplate, as_json
from newswatch.notify.settings import (
    AlertSettings,
    AppriseDestination,
    EmailDestination,
    FeedDestination,
    FileDestination,
    SlackDestination,
    SmtpSettings,
    TemplatedDestination,
    TerminalDestination,
    WebhookDestination,
)

__all__ = ["Channel", "build_channel"]


def build_channel(
    destination: Destination, *, settings: AlertSettings, http: HttpSend, now: Now, write: Callable[[str], None]
) -> Channel:
    """Return the channel of a destination. `write` is where the terminal channel prints.

    Raises ConfigError if something that the destination needs is not configured, or its templates cannot be used.
    """
    build = partial(_build, destination, settings=settings, http=http, now=now, write=write)
    chosen = destination.settings
    if not isinstance(chosen, TemplatedDestination) or chosen.templates is None:
        return build(None)
    where = f"destinations.{destination.name}.templates"
    try:
        own = build(Path(chosen.templates))
    except UnusableTemplate as error:
        raise ConfigError([Problem(where, str(error), "docs/alerts.md says what templates there are")]) from error
    return TemplatedChannel(tried(own, where), build(None))


def _build(
    destination: Destination,
    templates: Path | None,
    *,
    settings: AlertSettings,
    http: HttpSend,
    now: Now,
    write: Callable[[str], None],
) -> Channel:
    """Return a channel that writes with the templates in a folder; None: with newswatch's. Raises UnusableTemplate."""
    where = f"destinations.{destination.name}"
    match destination.settings:
        case EmailDestination() as email:
            if not isinstance(destination.smtp, SmtpSettings):
                raise ConfigError([Problem(where, f"there is no [smtp.{email.smtp}]", "add it with host and from")])
            own = OwnTemplates(templates, "email") if templates is not None else None
            return EmailChannel(email, destination.smtp, destination=destination.name, alerts=settings, own=own)
        case SlackDestination(webhook_url=None) as slack:
            if slack.token is None or slack.channel is None:
                raise ConfigError([Problem(where, "Slack needs a way in", "give token and channel, or webhook_url")])
            own = own_slack(templates) if templates is not None else None
            return SlackChannel(slack, alerts=settings, http=http, now=now, own=own)
        case SlackDestination() as slack:
            own = own_slack(templates) if templates is not None else None
            return SlackWebhookChannel(slack, alerts=settings, http=http, now=now, own=own)
        case WebhookDestination() as webhook:
            own = OwnTemplates(templates, "webhook", escape=as_json) if templates is not None else None
            return WebhookChannel(webhook, alerts=settings, http=http, now=now, own=own)
        case AppriseDestination() as apprise:
            if problem := problem_of(apprise.url.get_secret_value()):
                raise ConfigError([Problem(f"{where}.url", *problem)])
            return AppriseChannel(apprise, alerts=settings, templates=templates)
        case FileDestination() as file:
            return FileChannel(file)
        case FeedDestination() as feed:
            return FeedChannel(feed, own=OwnTemplates(templates, "feed") if templates is not None else None)
        case TerminalDestination() as terminal:
            return TerminalChannel(terminal, write=write)
        case other:
            raise ConfigError([Problem(where, f"{type(other).__name__} is no kind of destination")])
