"""Templates of the user's own: for each kind of destination, within its limits, and never in the way of a message."""

import email
import email.policy
import json
from pathlib import Path
from typing import Any

import pytest
from lxml import html as lxml_html
from pydantic import TypeAdapter

from newswatch.clock import VirtualClock
from newswatch.errors import ConfigError
from newswatch.model import Destination, Message, Rendered
from newswatch.notify.channels import build_channel
from newswatch.notify.channels.base import Channel
from newswatch.notify.channels.slack_limits import check_blocks, live_mentions
from newswatch.notify.channels.templated import TEMPLATE_FAILED
from newswatch.notify.settings import DestinationSettings, SmtpSettings
from tests.notify.hostile import HEADLINES, hostile
from tests.notify.http import send
from tests.notify.values import KEY, NOW, SETTINGS, follow_up, message

KINDS: dict[str, dict[str, Any]] = {
    "email": {"to": ["desk@example.org"]},
    "slack": {"token": "xoxb-1", "channel": "C1"},
    "slack webhook": {"type": "slack", "webhook_url": "https://hooks.slack.com/s"},
    "webhook": {"url": "https://hook.example/"},
    "apprise": {"url": "discord://1234567890/token-of-a-webhook"},
    "feed": {"folder": "/tmp/feeds"},
}
STORY = "{% if page %}{{ page.title }}{% else %}"


def channel(kind: str, templates: Path | None, **files: str) -> Channel:
    """Return a channel with templates; `alert_txt` is the file alert.txt."""
    for name, text in files.items():
        assert templates is not None
        (templates / name.replace("_", ".")).write_text(text, encoding="utf-8")
    written = {"type": kind, **KINDS[kind], "templates": str(templates) if templates is not None else None}
    settings: Any = TypeAdapter(DestinationSettings).validate_python(written)
    smtp = SmtpSettings.model_validate({"host": "mail.example", "from": "n@example.org"})
    destination = Destination("desk", settings, smtp)
    return build_channel(destination, settings=SETTINGS, http=send, now=VirtualClock(NOW), write=print)


def rendered(made: Channel, value: Message | None = None) -> Rendered:
    return made.render(value or message(), key=KEY, now=NOW)


def mail_of(one: Rendered) -> tuple[str, str, str]:
    """Return subject, text and HTML."""
    mail = email.message_from_bytes(one.body, policy=email.policy.default)
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    return str(mail["Subject"]), plain.get_content(), html.get_content()


def test_mail(tmp_path: Path) -> None:
    made = channel(
        "email",
        tmp_path,
        subject_txt=STORY + "Desk: {{ words.headline }}{% endif %}\n",
        alert_txt="{{ words.headline }} for {{ destination }}",
        story_html="<p>only this: {{ words.source }}</p>",
    )
    subject, plain, html = mail_of(rendered(made))

    assert (subject, plain.strip()) == ("Desk: Headline 1", "Headline 1 for desk")
    assert "only this: Source 1" in html
    assert "<h1" in html, "the rest is newswatch's"
    assert "Headline 1" in mail_of(rendered(channel("email", None)))[1]


def test_a_thread_has_one_subject(tmp_path: Path) -> None:
    made = channel("email", tmp_path, subject_txt="Desk: {{ words.headline }} ({{ words.mark }})")

    assert mail_of(rendered(made))[0] == mail_of(rendered(made, follow_up(ref="<1@example.org>")))[0]


def test_a_template_can_extend_the_one_it_replaces(tmp_path: Path) -> None:
    (tmp_path / "alert.html").write_text(
        '{% extends "newswatch/alert.html" %}{% block subject %}Desk: {{ super() }}{% endblock %}', encoding="utf-8"
    )

    html = mail_of(rendered(channel("email", tmp_path)))[2]

    assert "<title>Desk: Headline 1 — Summit</title>" in html
    assert "The leaders met in" in html


@pytest.mark.parametrize("kind", ["slack", "slack webhook"])
def test_slack(tmp_path: Path, kind: str) -> None:
    text = (
        STORY + "{{ words.severity | strong }} {{ words.headline | link(words.url) }} <{{ words.source }}>{% endif %}"
    )
    made = channel(kind, tmp_path, slack_txt=text)
    payload = json.loads(rendered(made).body)

    assert [block["text"]["text"] for block in payload["blocks"]] == [
        "*High* <https://news.example/1|Headline 1> <Source 1>"
    ]
    assert payload["metadata"]["event_payload"]["delivery_id"] == KEY
    assert payload["text"] == "[High] Headline 1 — Source 1"


def test_slack_threads_are_in_the_same_form(tmp_path: Path) -> None:
    made = channel(
        "slack", tmp_path, slack_txt=STORY + "{{ message.changes | join(', ') }} {{ words.headline }}{% endif %}"
    )
    one = rendered(made, follow_up(ref="123.4"))

    reply, alone, edit = json.loads(one.body), json.loads(one.meta["alone"]), json.loads(one.meta["edit"])
    told = "1 → 3 sources, first leading source: Reuters Leaders sign"
    assert reply["blocks"][0]["text"]["text"] == alone["blocks"][0]["text"]["text"] == told
    assert edit["blocks"][0]["text"]["text"].strip() == "Headline 1"


def test_webhook(tmp_path: Path) -> None:
    text = '{"text": {{ words.headline }}, "n": {{ message.source_count }}, "url": {{ words.url }},'
    made = channel(
        "webhook", tmp_path, webhook_json=text + ' "rules": {{ message.reasons | map(attribute="rule_id") | list }}}'
    )

    assert json.loads(rendered(made).body) == {
        "text": "Headline 1", "n": 1, "url": "https://news.example/1", "rules": ["summit"],
    }  # fmt: skip


def test_apprise(tmp_path: Path) -> None:
    text = (
        STORY + "{{ words.severity | strong }}: {{ words.headline | link(words.url) }}\n"
        "{% for one in message.snippets %}{{ one | quote }}\n{% endfor %}{% endif %}"
    )
    document = json.loads(rendered(channel("apprise", tmp_path, chat_txt=text)).body)

    assert document["text"] == (
        "**High**: [Headline 1](https://news.example/1)\n\n“The leaders met in **Nara**.” (Source 1)"
    )


def test_feed(tmp_path: Path) -> None:
    item = json.loads(rendered(channel("feed", tmp_path, entry_html="<p>{{ words.headline }}</p>")).body)["item"]

    assert item["content_html"] == "<p>Headline 1</p>"


def test_no_headline_becomes_markup(tmp_path: Path) -> None:
    """Templates that put everything in bare."""
    bare = "{{ words.headline }} {{ words.source }} {{ message.snippets[0].text if message.snippets }}"
    folders = {name: tmp_path / name for name in ("email", "slack", "webhook", "apprise")}
    for folder in folders.values():
        folder.mkdir()
    slack = channel("slack", folders["slack"], slack_txt=STORY + bare + "{% endif %}")
    mail = channel("email", folders["email"], story_html=bare, subject_txt=bare)
    hook = channel("webhook", folders["webhook"], webhook_json='{"a": {{ words.headline }}}')
    chat = channel("apprise", folders["apprise"], chat_txt=STORY + bare + "{% endif %}\nmore")
    for headline in HEADLINES:
        value = hostile(headline)
        made = {name: rendered(one, value) for name, one in (("slack", slack), ("mail", mail), ("hook", hook))}
        payload = json.loads(made["slack"].body)
        assert check_blocks(payload) == live_mentions(payload) == []
        subject, _, html = mail_of(made["mail"])
        assert "\n" not in subject
        assert lxml_html.document_fromstring(html).xpath("//script | //svg | //img") == []
        assert json.loads(made["hook"].body) == {"a": value.headline}
        assert len(json.loads(rendered(chat, value).body)["text"]) <= 2000
        assert all(TEMPLATE_FAILED not in one.meta for one in made.values())


FAILS = "{% if not page and words.headline == 'Headline 1' %}{{ 1 // 0 }}{% else %}fine{% endif %}"


@pytest.mark.parametrize(
    ("kind", "name"),
    [("email", "alert.html"), ("email", "subject.txt"), ("slack", "slack.txt"), ("slack webhook", "slack.txt"),
     ("webhook", "webhook.json"), ("apprise", "chat.txt"), ("feed", "entry.html")],
)  # fmt: skip
def test_a_template_that_fails_gives_way(tmp_path: Path, kind: str, name: str) -> None:
    text = FAILS.replace("fine", '"fine"') if kind == "webhook" else FAILS
    made = channel(kind, tmp_path, **{name.replace(".", "_"): text})
    plain = rendered(channel(kind, None))
    one = rendered(made)

    assert one.meta[TEMPLATE_FAILED].startswith("ZeroDivisionError")
    assert (one.body, one.content_type, one.summary) == (plain.body, plain.content_type, plain.summary)


@pytest.mark.parametrize(
    ("kind", "name", "text", "problem"),
    [
        ("email", "alert.html", "{% if %}", r"alert\.html line 1: "),
        ("email", "alert.txt", "{{ words.headlin }}", "of kind new cannot be written .*: UndefinedError: .*headlin"),
        ("email", "chat.txt", "x", r"chat\.txt is none of the templates of type email: subject\.txt, alert\.txt"),
        ("email", "alert.txt", "{{ ''.__class__.__mro__ }}", "SecurityError"),
        ("slack", "slack.txt", "{% include '../../etc/passwd' %}", "TemplateNotFound"),
        ("slack", "slack.txt", "{{ page.title }}", "of kind new cannot be written with them: UndefinedError"),
        ("slack", "slack.txt", "  ", "says nothing"),
        ("webhook", "webhook.json", '{"a": {{ key }}', "JSONDecodeError"),
        ("apprise", "chat.txt", "x" * 3000, "the first line has 3000 characters, and at most 1980 fit"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_named_at_the_start(
    tmp_path: Path, kind: str, name: str, text: str, problem: str
) -> None:
    with pytest.raises(ConfigError, match=f"destinations.desk.templates: .*{problem}"):
        channel(kind, tmp_path, **{name.replace(".", "_"): text})


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file or directory"):
        channel("email", tmp_path / "no")
