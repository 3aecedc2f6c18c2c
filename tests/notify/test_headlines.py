"""Headlines as the world writes them, through every channel: nothing raises, nothing is injected, nobody is pinged."""

import email
import email.policy
import html
import json
from collections.abc import Callable
from io import StringIO

import pytest
from lxml import html as lxml_html
from rich.console import Console

from newswatch.clock import VirtualClock
from newswatch.model import HttpAnswer, HttpFailure, HttpRequest
from newswatch.notify.channels.email import EmailChannel
from newswatch.notify.channels.slack_blocks import plain_payload, slack_payload
from newswatch.notify.channels.slack_limits import check_blocks, live_mentions
from newswatch.notify.channels.terminal import TerminalChannel
from newswatch.notify.channels.webhook import WebhookChannel
from newswatch.notify.codec import message_from_json, message_to_json
from newswatch.notify.settings import EmailDestination, SmtpSettings, TerminalDestination, WebhookDestination
from newswatch.notify.text import clean_line
from tests.notify.hostile import HEADLINES, hostile
from tests.notify.values import KEY, NOW, SETTINGS

headlines = pytest.mark.parametrize("headline", HEADLINES, ids=range(len(HEADLINES)))


async def nowhere(request: HttpRequest) -> HttpAnswer | HttpFailure:
    raise AssertionError("rendering needs no network")


@headlines
def test_slack(headline: str) -> None:
    payload = slack_payload(hostile(headline), key=KEY, zone="Asia/Seoul")

    for form in (payload, plain_payload(payload)):
        assert check_blocks(form) == []
        assert live_mentions(form) == []
        json.dumps(form).encode("utf-8")
    assert len(payload["blocks"]) <= 12
    assert len(json.dumps(payload["blocks"], ensure_ascii=False)) <= 13_200


@headlines
def test_mail(headline: str) -> None:
    smtp = SmtpSettings.model_validate({"host": "mail.example", "from": "newswatch <newswatch@example.org>"})
    settings = EmailDestination(type="email", to=("desk@example.org",))
    channel = EmailChannel(settings, smtp, destination="desk", alerts=SETTINGS)
    value = hostile(headline)

    rendered = channel.render(value, key=KEY, now=NOW)

    parsed = email.message_from_bytes(rendered.body, policy=email.policy.default)
    assert [part.defects for part in parsed.walk()] == [[], [], []]
    assert [field.defects for field in parsed.values()] == [()] * len(parsed)
    assert "Bcc" not in parsed
    assert parsed.get_all("To") == ["desk@example.org"]
    words = clean_line(headline).replace("=?", "= ?")
    assert str(parsed["Subject"]).startswith(words[:20] or "(no headline)")
    assert max(map(len, rendered.body.split(b"\r\n"))) <= 998
    assert rendered.body.isascii()
    page = parsed.get_body(("html",))
    assert page is not None
    tree = lxml_html.document_fromstring(page.get_content())
    assert tree.xpath("//script | //svg | //img | //@onerror | //@onload") == []
    assert all(link.startswith("https://n.example/") for link in tree.xpath("//a/@href"))
    assert value.headline in (tree.xpath("//h1")[0].text_content())


@headlines
def test_terminal(headline: str) -> None:
    shown: list[str] = []
    channel = TerminalChannel(TerminalDestination(type="terminal"), write=shown.append)
    value = hostile(headline)

    rendered = channel.render(value, key=KEY, now=NOW)
    plain = Console(file=StringIO(), width=100_000, emoji=False, highlight=False)
    with plain.capture() as captured:
        plain.print(rendered.body.decode(), emoji=False)

    assert "\x1b" not in rendered.body.decode()
    assert value.headline.split("\\")[0] in captured.get()


@headlines
def test_webhook_and_codec(headline: str) -> None:
    settings = WebhookDestination.model_validate({"type": "webhook", "url": "https://hook.example/"})
    channel = WebhookChannel(settings, alerts=SETTINGS, http=nowhere, now=VirtualClock(NOW))
    value = hostile(headline)

    document = json.loads(channel.render(value, key=KEY, now=NOW).body)

    assert document["data"]["article"]["headline"] == value.headline
    assert message_from_json(message_to_json(value)) == value
    message_to_json(value).encode("utf-8")


@pytest.mark.parametrize("forget", [html.unescape, lambda text: text + " <!channel>"])
def test_the_check_for_mentions_would_notice(forget: Callable[[str], str]) -> None:
    payload = slack_payload(hostile("<!channel>"), key=KEY, zone="UTC")
    payload["blocks"][0]["text"]["text"] = forget(payload["blocks"][0]["text"]["text"])

    assert live_mentions(payload) != []
