"""The links of messages in each channel: in both parts of a mail, in Slack and webhooks, and nowhere else."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage

import pytest

from newswatch.ids import ulid
from newswatch.model import Message, NotificationKind
from newswatch.notify.channels.payload import payload
from newswatch.notify.channels.slack_blocks import plain_payload, reply_payload, slack_payload
from newswatch.notify.channels.slack_limits import check_blocks
from newswatch.notify.links import Links
from newswatch.notify.listing import MAX_STORIES, compose_listing, line_of
from tests.notify.test_mail import parsed, rendered
from tests.notify.values import KEY, NOW, article, follow_up, message

LINKS = Links("https://newswatch.example.org/some/longer/prefix", (b"k" * 32,), timedelta(days=30))
STORY = LINKS.attached(message(article(1), article(2)), key=KEY, now=NOW, unsubscribe=True)


def listing(number: int) -> Message:
    lines = [replace(line_of(message(article(1))), story_id=one) for one in range(1, number + 1)]
    whole = compose_listing(NotificationKind.DIGEST, "Daily digest", lines, ends_at=NOW)
    return LINKS.attached(whole, key=KEY, now=NOW, unsubscribe=True)


def urls(value: Message) -> list[str]:
    assert value.feedback is not None
    return [value.feedback.relevant, value.feedback.irrelevant, value.feedback.mute]


def hrefs(mail: EmailMessage) -> list[str]:
    html = mail.get_body(("html",))
    assert html is not None
    return re.findall(r'href="([^"]+)"', html.get_content())


def plain(mail: EmailMessage) -> str:
    text = mail.get_body(("plain",))
    assert text is not None
    return str(text.get_content()).replace("\r\n", "\n")


def test_both_parts_of_a_mail_have_them() -> None:
    mail = parsed(rendered(STORY))
    assert STORY.unsubscribe_url is not None
    for url in [*urls(STORY), STORY.unsubscribe_url]:
        assert hrefs(mail).count(url) == 1
        assert url in plain(mail).split()
    assert f"Not relevant: {urls(STORY)[1]}\n" in plain(mail)
    assert f"\nUnsubscribe: {STORY.unsubscribe_url}\nDelivery {KEY}\n" in plain(mail)


def test_one_click_can_be_read_by_a_mail_provider() -> None:
    """RFC 8058 and RFC 2369: the addresses as they are, not as encoded words, however long."""
    body = rendered(STORY)
    head = body.partition(b"\r\n\r\n")[0].decode("ascii")
    assert f"\r\nList-Unsubscribe: <{STORY.unsubscribe_url}>,\r\n <mailto:newswatch@Example.org?subject=" in head
    assert "\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in head
    assert parsed(body).defects == []
    assert max(map(len, head.splitlines())) < 200


def test_one_click_is_for_https_only() -> None:
    insecure = replace(LINKS, base_url="http://nw.example").attached(message(), key=KEY, now=NOW, unsubscribe=True)
    mail = parsed(rendered(insecure))
    assert mail["List-Unsubscribe-Post"] is None
    assert str(mail["List-Unsubscribe"]).startswith("<http://nw.example/unsubscribe/")


def test_without_links_nothing_is_said() -> None:
    mail = parsed(rendered(message()))
    assert mail["List-Unsubscribe-Post"] is None
    assert "Relevant" not in plain(mail)
    assert "Unsubscribe" not in plain(mail)
    assert "feedback" not in payload(message(), key=KEY, now=NOW)["data"]


def test_slack_has_links_and_no_buttons() -> None:
    made = slack_payload(STORY, key=KEY, zone="UTC")
    (line,) = made["blocks"][-1]["elements"]
    names = ("Relevant", "Not relevant", "Mute this story")
    assert line["text"] == " · ".join(f"<{url}|{name}>" for name, url in zip(names, urls(STORY), strict=True))
    assert check_blocks(made) == []
    assert urls(STORY)[2] in plain_payload(made)["text"]
    assert not any(block["type"] == "actions" for block in made["blocks"])


def test_a_reply_has_its_own_and_the_edited_root_keeps_some() -> None:
    update = follow_up(ref="1.2")
    assert update.root is not None
    update = replace(update, root=replace(update.root, key=ulid(NOW, "root")))
    made = LINKS.attached(update, key=KEY, now=NOW)
    assert urls(made)[0] in json.dumps(reply_payload(made, key=KEY, zone="UTC"))
    assert made.root is not None
    assert made.root.message is not None
    assert made.root.message.feedback is not None
    assert made.root.message.feedback.relevant != urls(made)[0], "each is of its own delivery"


def test_webhooks_have_them_as_fields() -> None:
    relevant, irrelevant, mute = urls(STORY)
    document = payload(STORY, key=KEY, now=NOW)
    assert document["data"]["feedback"] == {"relevant": relevant, "irrelevant": irrelevant, "mute": mute}
    (one,) = payload(listing(1), key=KEY, now=NOW)["data"]["stories"]
    assert one["feedback"].startswith(f"{LINKS.base_url}/feedback/")


@pytest.mark.parametrize("number", [1, MAX_STORIES])
def test_a_list_has_one_for_each_story_and_one_for_all(number: int) -> None:
    digest = listing(number)
    assert digest.listing is not None
    wanted = {line.feedback_url for line in digest.listing.stories}
    assert len(wanted) == number
    body = rendered(digest)
    assert wanted <= set(hrefs(parsed(body)))
    whole = digest.listing.feedback_url
    assert whole is not None
    assert whole in hrefs(parsed(body))
    assert f"What was relevant? {whole}\n" in plain(parsed(body))
    made = slack_payload(digest, key=KEY, zone="UTC")
    assert check_blocks(made) == []
    assert f"<{whole}|What was relevant?>" in json.dumps(made)
