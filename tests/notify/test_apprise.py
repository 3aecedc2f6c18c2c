"""Apprise: what its services are sent, what every answer means, and that it never holds up anything else."""

import asyncio
import json
import sys
import threading
from typing import Any

import pytest

from newswatch.clock import VirtualClock
from newswatch.config import load_config
from newswatch.demo.loopback import Answer, Ending
from newswatch.errors import ConfigError
from newswatch.model import Delivery, Destination, Outcome
from newswatch.notify.apprise_library import problem_of
from newswatch.notify.channels import build_channel
from newswatch.notify.channels.apprise import AppriseChannel
from newswatch.notify.settings import AlertSettings, AppriseDestination
from tests.notify.hostile import HEADLINES, hostile
from tests.notify.http import closed_port, scripted, send
from tests.notify.values import KEY, NOW, SETTINGS, delivery, message

DISCORD = "discord://1234567890/s3cr3t-token-of-a-webhook"
TELEGRAM = "tgram://123456789:AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc/-1001"
TEAMS = "workflows://prod-1.westeurope.logic.azure.com:443/workflow-id/s3cr3t-signature/"


def channel(url: str, *, timeout_s: float = 5.0, **changes: Any) -> AppriseChannel:
    settings = AppriseDestination.model_validate({"type": "apprise", "url": url, **changes})
    return AppriseChannel(settings, alerts=AlertSettings(send_timeout=timeout_s))


def ready(sender: AppriseChannel) -> Delivery:
    return delivery(sender.render(message(), key=KEY, now=NOW))


def at(server_url: str, scheme: str, path: str) -> str:
    return f"{scheme}://{server_url.removeprefix('http://')}{path}"


async def test_a_message_arrives_at_a_service() -> None:
    async with scripted(Answer(200, b"ok")) as server:
        sender = channel(at(server.url, "mmost", "/3ccdd113474722377935511fc85d3dd4"))
        result = await sender.send(ready(sender))

    assert result.outcome is Outcome.DELIVERED, result.detail
    assert await sender.reconcile(ready(sender)) is None
    (request,) = server.got
    payload = json.loads(request.body)
    assert request.path == "/hooks/3ccdd113474722377935511fc85d3dd4"
    assert payload["text"].startswith("**High** [Headline 1](https://news.example/1)\n\n")
    assert (payload["username"], "icon_url" in payload) == ("newswatch", False), "no pictures from elsewhere"


async def test_a_service_with_titles_gets_one() -> None:
    async with scripted(Answer(200, b"{}")) as server:
        sender = channel(at(server.url, "json", "/hook"))
        result = await sender.send(ready(sender))

    payload = json.loads(server.got[0].body)
    assert result.outcome is Outcome.DELIVERED
    assert (payload["title"], payload["type"]) == ("High Headline 1", "warning")
    assert payload["message"].startswith("https://news.example/1\n")


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (301, Outcome.DISABLED),
        (400, Outcome.REJECTED),
        (401, Outcome.DISABLED),
        (404, Outcome.DISABLED),
        (413, Outcome.REJECTED),
        (429, Outcome.THROTTLED),
        (500, Outcome.RETRY),
        (503, Outcome.RETRY),
    ],
)
async def test_statuses(status: int, outcome: Outcome) -> None:
    answer = Answer(status, b"no", headers=(("Location", "http://127.0.0.1:9/"),))
    async with scripted(answer) as server:
        sender = channel(at(server.url, "json", "/s3cr3t-part"))
        result = await sender.send(ready(sender))

    assert (result.outcome, result.status) == (outcome, status)
    assert len(server.got) == 1, "it never repeats on its own"
    assert "s3cr3t" not in result.detail
    assert f"error={status}" in result.detail


async def test_a_lost_answer_is_ambiguous() -> None:
    async with scripted(Answer(ending=Ending.RESET)) as server:
        sender = channel(at(server.url, "json", "/hook"))
        result = await sender.send(ready(sender))

    assert result.outcome is Outcome.AMBIGUOUS
    assert sender.on_ambiguous == "resend"
    assert channel(DISCORD, on_ambiguous="hold").on_ambiguous == "hold"


async def test_no_connection_means_not_sent() -> None:
    sender = channel(f"json://user:s3cr3t@127.0.0.1:{await closed_port()}/hook")
    result = await sender.send(ready(sender))

    assert result.outcome is Outcome.RETRY
    assert "s3cr3t" not in result.detail


async def test_one_that_does_not_answer_is_left_in_time_and_holds_nothing_up() -> None:
    async with scripted(Answer(ending=Ending.HANG)) as server:
        sender = channel(at(server.url, "json", "/hook") + "?rto=60", timeout_s=0.3)
        waiting = asyncio.create_task(sender.send(ready(sender)))
        turns = 0
        while not waiting.done():
            await asyncio.sleep(0.01)
            turns += 1
        again = await sender.send(ready(sender))
        left = [thread for thread in threading.enumerate() if thread.name == "apprise"]

    assert (await waiting).outcome is Outcome.AMBIGUOUS
    assert turns > 3, "the loop went on meanwhile"
    assert again.outcome is Outcome.RETRY
    assert "has not come back" in again.detail
    assert len(server.got) == 1
    assert all(thread.daemon for thread in left), "the end of the process does not wait for them"


@pytest.mark.parametrize(
    ("url", "form", "limit"), [(DISCORD, "markdown", 2000), (TELEGRAM, "html", 4096), (TEAMS, "markdown", 1000)]
)
def test_each_service_is_written_to_in_its_form_within_its_limit(url: str, form: str, limit: int) -> None:
    sender = channel(url)
    for headline in HEADLINES:
        rendered = sender.render(hostile(headline), key=KEY, now=NOW)
        document = json.loads(rendered.body)
        assert document["form"] == form
        assert len(document["text"]) <= limit
        assert b"s3cr3t" not in rendered.body
    assert sender.render(message(), key=KEY, now=NOW) == sender.render(message(), key=KEY, now=NOW)


def test_the_address_can_choose_the_form() -> None:
    document = json.loads(channel(f"{DISCORD}?format=text").render(message(), key=KEY, now=NOW).body)

    assert document["form"] == "text"


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("nonsense", "is no address that Apprise knows"),
        ("nosuchservice://s3cr3t", "is no address that Apprise knows"),
        ("discord://s3cr3t", "is not a whole address of discord://"),
        (DISCORD, None),
        (TELEGRAM, None),
        (TEAMS, None),
    ],
)
def test_addresses_are_checked_without_repeating_them(url: str, problem: str | None) -> None:
    found = problem_of(url)

    assert (found is None) == (problem is None)
    if found is not None and problem is not None:
        assert found[0].startswith(problem)
        assert "s3cr3t" not in "".join(found)


def test_a_wrong_address_is_named_when_the_configuration_is_read(tmp_path: Any) -> None:
    (tmp_path / "chat").write_text("discord://s3cr3t\n")
    (tmp_path / "newswatch.toml").write_text('[destinations.chat]\ntype = "apprise"\nurl_file = "chat"\n')

    with pytest.raises(ConfigError, match=r"destinations\.chat\.url: is not a whole address of discord://") as caught:
        load_config(tmp_path / "newswatch.toml", environ={})
    assert "s3cr3t" not in str(caught.value)


def test_without_the_extra_the_command_that_installs_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)  # as if it were not installed
    settings = AppriseDestination.model_validate({"type": "apprise", "url": DISCORD})

    with pytest.raises(ConfigError, match=r"destinations\.chat\.url: Apprise is not installed.*newswatch\[apprise\]"):
        build_channel(Destination("chat", settings), settings=SETTINGS, http=send, now=VirtualClock(NOW), write=print)
