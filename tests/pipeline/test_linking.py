"""Where the keys of links come from, and when messages carry none."""

import email
import email.policy
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from newswatch.config import Config
from newswatch.model import HttpAnswer, HttpFailure, HttpRequest, NotificationKind, Rendered
from newswatch.notify.channels import build_channel
from newswatch.notify.links import Links
from newswatch.pipeline.linking import NoLinks, answerable, links_of
from newswatch.store import linkkeys
from tests.notify.values import KEY, NOW, message

SIGNING_KEY = "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="


def configured(*, web: dict[str, Any] | None = None, **feedback: Any) -> Config:
    return Config.model_validate({"web": {"base_url": "https://nw.example", **(web or {})}, "feedback": feedback})


def reason(found: Links | NoLinks) -> str:
    assert isinstance(found, NoLinks)
    return found.reason


def test_the_daemon_makes_a_key_once_and_commands_read_it(tmp_path: Path) -> None:
    database = tmp_path / "nw.db"
    assert "made at the first start" in reason(links_of(configured(), database))
    made = links_of(configured(), database, make=True)
    assert isinstance(made, Links)
    assert links_of(configured(), database) == links_of(configured(), database, make=True) == made
    assert made.valid_for == timedelta(days=30)
    path = linkkeys.path_beside(database)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    older = path.read_text()
    path.write_text(f"{linkkeys.new_key()}\n{older}")
    rotated = links_of(configured(), database)
    assert isinstance(rotated, Links)
    assert (len(rotated.keys), rotated.keys[1]) == (2, made.keys[0])


def test_configured_keys_need_no_file(tmp_path: Path) -> None:
    for database in (None, tmp_path / "nw.db"):
        found = links_of(configured(keys=SIGNING_KEY, links_valid="7d"), database, make=True)
        assert found == Links("https://nw.example", (b"A" * 32,), timedelta(days=7))
    assert list(tmp_path.iterdir()) == []


def test_without_an_address_or_a_key_there_are_none(tmp_path: Path) -> None:
    database = tmp_path / "nw.db"
    assert "web.base_url is not set" in reason(links_of(Config(), database, make=True))
    assert "feedback.enabled is false" in reason(links_of(configured(enabled=False), database, make=True))
    assert "web.enabled is false" in reason(links_of(configured(web={"enabled": False}), database, make=True))
    assert "with PostgreSQL the keys" in reason(links_of(configured(), None, make=True))
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    database = tmp_path / "nw.db"
    path = linkkeys.path_beside(database)
    path.write_text("short")
    assert f"{path} cannot be used" in reason(links_of(configured(), database, make=True))
    path.write_bytes(b"\xff\xfe")
    assert reason(links_of(configured(), database)) == f"{path} cannot be read: it is no text"
    assert "cannot be written" in reason(links_of(configured(), tmp_path / "nowhere" / "nw.db", make=True))


@pytest.mark.parametrize(
    ("settings", "answered", "stopped"),
    [
        ({"type": "email", "to": ["a@example.org"]}, True, False),
        ({"type": "email", "to": ["a@example.org", "b@example.org"]}, True, True),
        ({"type": "slack", "token": "xoxb-1", "channel": "C1"}, True, False),
        ({"type": "slack", "webhook_url": "https://hooks.slack.com/services/x"}, True, False),
        ({"type": "webhook", "url": "https://hooks.example/x"}, True, False),
        ({"type": "file", "path": "/nowhere/alerts.jsonl"}, False, False),
        ({"type": "feed", "folder": "/nowhere"}, False, False),
        ({"type": "terminal"}, False, False),
    ],
)
def test_what_goes_to_people_can_be_answered(settings: dict[str, Any], *, answered: bool, stopped: bool) -> None:
    config = Config.model_validate(
        {
            "destinations": {"desk": settings},
            "smtp": {"main": {"host": "mail.example", "from": "newswatch@example.org"}},
        }
    )
    links = Links("https://nw.example", (b"k" * 32,), timedelta(days=30))
    for name, destination in config.destinations_values().items():
        plain = build_channel(destination, settings=config.alerts, http=_nothing, now=lambda: NOW, write=print)
        channel = answerable(plain, name, config, links)
        assert (channel.type, channel.on_ambiguous) == (plain.type, plain.on_ambiguous)
        body = shown(channel.render(message(), key=KEY, now=NOW))
        assert ("https://nw.example/feedback/" in body) is answered
        assert ("https://nw.example/unsubscribe/" in body) is stopped
        assert body == shown(channel.render(message(), key=KEY, now=NOW))
        assert ("nw.example" in shown(channel.render(message(), key="PREVIEW", now=NOW))) is answered
        tried = replace(message(), kind=NotificationKind.TEST)
        assert "nw.example" not in shown(channel.render(tried, key=KEY, now=NOW))
        assert answerable(plain, name, config, None) is plain


async def _nothing(_request: HttpRequest) -> HttpAnswer | HttpFailure:
    raise AssertionError


def shown(rendered: Rendered) -> str:
    if rendered.content_type != "message/rfc822":
        return rendered.body.decode()
    mail = email.message_from_bytes(rendered.body, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    text = mail.get_body(("plain",))
    assert text is not None
    return str(text.get_content())
