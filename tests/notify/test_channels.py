from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from newswatch.clock import VirtualClock
from newswatch.errors import ConfigError
from newswatch.model import Destination, HttpAnswer, HttpFailure, HttpRequest
from newswatch.notify.channels import Channel, build_channel
from newswatch.notify.settings import AlertSettings, DestinationSettings, SmtpSettings
from tests.notify.values import KEY, NOW, SETTINGS, message

SMTP: dict[str, Any] = {"host": "mail.example", "from": "newswatch <n@example.org>"}
SECRET = "whsec_" + "c2VjcmV0" * 4
DESTINATIONS: TypeAdapter[Any] = TypeAdapter(DestinationSettings)


async def nowhere(request: HttpRequest) -> HttpAnswer | HttpFailure:
    raise AssertionError("nothing is sent here")


def build(settings: dict[str, Any], smtp: dict[str, Any] | None = None) -> Channel:
    destination = Destination(
        "desk", DESTINATIONS.validate_python(settings), None if smtp is None else SmtpSettings.model_validate(smtp)
    )
    return build_channel(destination, settings=SETTINGS, http=nowhere, now=VirtualClock(NOW), write=print)


ALL: list[tuple[dict[str, Any], str, str]] = [
    ({"type": "email", "to": ["a@example.org"]}, "email", "EmailChannel"),
    ({"type": "slack", "token": "xoxb-s3cr3t", "channel": "C01"}, "slack", "SlackChannel"),
    ({"type": "slack", "webhook_url": "https://hooks.slack.com/services/s3cr3t"}, "slack", "SlackWebhookChannel"),
    ({"type": "webhook", "url": "https://hook.example/s3cr3t", "secret": SECRET}, "webhook", "WebhookChannel"),
    ({"type": "file", "path": "/tmp/a.jsonl"}, "file", "FileChannel"),
    ({"type": "apprise", "url": "discord://123456/s3cr3t-token"}, "apprise", "AppriseChannel"),
    ({"type": "feed", "folder": "/tmp/feeds"}, "feed", "FeedChannel"),
    ({"type": "terminal"}, "terminal", "TerminalChannel"),
]


@pytest.mark.parametrize(("settings", "kind", "name"), ALL)
def test_each_kind_has_its_channel_and_renders_without_secrets(settings: dict[str, Any], kind: str, name: str) -> None:
    channel = build(settings, {**SMTP, "username": "n", "password": "s3cr3t"})

    rendered = channel.render(message(), key=KEY, now=NOW)

    assert (channel.type, type(channel).__name__, channel.on_ambiguous) == (kind, name, "resend")
    assert rendered.body
    assert "\n" not in rendered.summary
    for secret in ("s3cr3t", SECRET):
        assert secret.encode() not in rendered.body
        assert secret not in repr((rendered.summary, rendered.meta))


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"type": "email", "to": ["a@example.org"], "smtp": "main"}, r"there is no \[smtp.main\]"),
        ({"type": "slack", "token": "xoxb-1"}, "Slack needs a way in"),
    ],
)
def test_what_is_missing_is_named(settings: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigError, match=f"destinations.desk: {problem}"):
        build(settings)


def test_something_else_is_no_destination() -> None:
    with pytest.raises(ConfigError, match="str is no kind of destination"):
        build_channel(Destination("x", "y"), settings=SETTINGS, http=nowhere, now=VirtualClock(NOW), write=print)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"type": "email", "to": ["a@example.org\nBcc: x@y.example"]}, "is not a mail address"),
        ({"type": "email", "to": ["nobody"]}, "is not a mail address"),
        ({"type": "email", "to": ["a b@example.org"]}, "is not a mail address"),
        ({"type": "webhook", "url": "https://h.example/", "secret": "whsec_***"}, "whsec_ followed by base64"),
        ({"type": "webhook", "url": "https://h.example/", "secret": "whsec_c2hvcnQ="}, "at least 16 bytes"),
        ({"type": "terminal", "zone": "Mars/Base"}, "is not a time zone"),
    ],
)
def test_settings_are_checked(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        DESTINATIONS.validate_python(settings)


@pytest.mark.parametrize("sender", ["newswatch", "x <y>", "a@b.example\nBcc: c@d.example"])
def test_senders_are_checked(sender: str) -> None:
    with pytest.raises(ValidationError):
        SmtpSettings.model_validate({**SMTP, "from": sender})


def test_the_guard_must_outlive_an_attempt() -> None:
    with pytest.raises(ValidationError, match="ambiguous_guard must be longer than send_timeout"):
        AlertSettings(send_timeout="60s", ambiguous_guard="50s")
