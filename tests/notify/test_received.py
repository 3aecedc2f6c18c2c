"""What receivers get: messages of hostile texts, highlights and mails, looked at behind real servers."""

import email
import email.policy
import re
from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from newswatch.clock import VirtualClock
from newswatch.demo.slack import CHANNEL, TOKEN, SlackStandIn
from newswatch.model import MatchedArticle, Message, NotificationKind, Outcome
from newswatch.model.notify import ThreadRoot
from newswatch.notify.channels.email import EmailChannel
from newswatch.notify.channels.slack import SlackChannel
from newswatch.notify.channels.slack_blocks import reply_payload, slack_payload
from newswatch.notify.channels.slack_limits import check_blocks, live_mentions
from newswatch.notify.compose import compose
from newswatch.notify.listing import compose_listing, line_of
from newswatch.notify.settings import EmailDestination, SlackDestination, SmtpSettings
from newswatch.notify.text import clean_line
from tests.notify.hostile import HEADLINES, hostile
from tests.notify.http import send
from tests.notify.smtp_server import MailScript, Received, mail_server
from tests.notify.values import KEY, NOW, SETTINGS, article, delivery, evidence, match, message

ROOT = "<01ROOT@example.org>"


def digest(stories: list[Message]) -> Message:
    return compose_listing(NotificationKind.DIGEST, "Daily digest", map(line_of, stories), ends_at=NOW)


def update(value: Message, root: Message, ref: str) -> Message:
    answered = ThreadRoot("ROOT", ref, "", root)
    return replace(value, kind=NotificationKind.UPDATE, changes=(f"corrected: {value.headline}",), root=answered)


def forms(headline: str, ref: str) -> Iterator[Message]:
    """Yield a text in every kind of message that can carry it."""
    value = hostile(headline)
    yield value
    yield update(value, message(), ref)
    yield digest([value, message()])


def mailer(port: int, *to: str) -> EmailChannel:
    smtp = SmtpSettings.model_validate(
        {"host": "127.0.0.1", "port": port, "security": "none", "from": "newswatch <n@example.org>"}
    )
    wanted = EmailDestination(type="email", to=to or ("desk@example.org",))
    return EmailChannel(wanted, smtp, destination="desk", alerts=SETTINGS)


async def mailed(*values: Message) -> list[Received]:
    """Send mails to a real server and return what it took."""
    async with mail_server(MailScript()) as server:
        channel = mailer(server.port)
        for value in values:
            result = await channel.send(delivery(channel.render(value, key=KEY, now=NOW)))
            assert result.outcome is Outcome.DELIVERED, result.detail
    return server.received


def read(received: Received) -> EmailMessage:
    """Return a mail after what holds for every one: whole, seven-bit, short lines, one recipient, two parts."""
    mail = email.message_from_bytes(received.content, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    assert [part.defects for part in mail.walk()] == [[], [], []]
    assert [field.defects for field in mail.values()] == [()] * len(mail)
    assert received.content.isascii(), "no server needs 8BITMIME for it"
    assert max(map(len, received.content.split(b"\r\n"))) <= 998  # RFC 5322, section 2.1.1
    assert received.recipients == [str(mail["To"])] == ["desk@example.org"]
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    for name in ("From", "Date", "Subject", "Message-ID", "List-Id", "List-Unsubscribe", "Auto-Submitted"):
        assert len(mail.get_all(name, [])) == 1, name
    assert "Bcc" not in mail
    return mail


def texts(mail: EmailMessage) -> tuple[str, str]:
    """Return what both parts say, spaces evened out, without marks of emphasis."""
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    tree = lxml_html.document_fromstring(html.get_content())
    links = " ".join(tree.xpath("//a/@href"))
    for hidden in tree.xpath("//style | //title | //*[@class='preheader']"):
        hidden.drop_tree()
    return _evened(plain.get_content()), _evened(" ".join([*tree.itertext(), links]))


def _evened(text: str) -> str:
    return re.sub(r"\s+", " ", text)


async def test_slack_takes_every_headline_in_every_kind_of_message() -> None:
    wanted = SlackDestination.model_validate({"type": "slack", "token": TOKEN, "channel": CHANNEL})
    async with SlackStandIn(limiter=False) as slack:
        wanted = wanted.model_copy(update={"api_url": slack.api_url})
        channel = SlackChannel(wanted, alerts=SETTINGS, http=send, now=VirtualClock(NOW))
        for headline in HEADLINES:
            ref = slack.messages[0].ts if slack.messages else ""
            for number, value in enumerate(forms(headline, ref) if ref else [hostile(headline)]):
                rendered = channel.render(value, key=KEY, now=NOW)
                result = await channel.send(delivery(rendered, thread_ref=rendered.meta.get("thread_ref")))
                assert (result.outcome, "plain text" in result.detail) == (Outcome.DELIVERED, False), result.detail
                assert live_mentions(slack.messages[-1].payload) == []
                assert (slack.messages[-1].thread_ts == ref) == (number == 1)

    assert slack.refused == []
    assert len(slack.messages) == 3 * len(HEADLINES) - 2


async def test_mail_carries_every_headline_in_every_kind_of_message() -> None:
    received = await mailed(*(value for headline in HEADLINES for value in forms(headline, ROOT)))

    for number, one in enumerate(received):
        mail = read(one)
        words = clean_line(HEADLINES[number // 3]).replace("=?", "= ?")[:20] or "(no headline)"
        if number % 3 == 0:
            assert str(mail["Subject"]).startswith(words)
        html = mail.get_body(("html",))
        assert html is not None
        tree = lxml_html.document_fromstring(html.get_content())
        assert tree.xpath("//script | //svg | //img | //@onerror | //@onload") == []


PLACES = [
    ("ko", "이재명대통령과다카이치총리가나라에서정상회담을했다", "나라"),
    ("ko", "한일 정상이 나라에서 만났다. 나라 공원도 찾았다.", "나라"),
    ("ja", "高市早苗首相と李在明大統領が奈良で会談し、奈良公園を訪れた。", "奈良"),
    ("zh", "日本首相高市早苗与韩国总统李在明在奈良举行会谈", "奈良"),
    ("en", "They met in Nara; Nara hosted them.", "Nara"),
]


@pytest.mark.parametrize(("language", "body", "word"), PLACES)
@given(data=st.data())
@settings(max_examples=25)
def test_every_highlight_is_bold_and_the_passage_stays_whole(
    language: str, body: str, word: str, data: st.DataObject
) -> None:
    """Around the evidence stands whatever texts contain; in front of it, too, which moves its offsets."""
    noise = st.text(st.sampled_from("가日aé \u200d\u202e\x00\ud800*_~`<&|👩‍👧"), max_size=12)
    whole = f"{data.draw(noise)}{body}{data.draw(noise)}"
    found = match(*(evidence(whole, word, nth=nth) for nth in range(whole.count(word))))
    value = compose(
        kind=NotificationKind.NEW,
        story_id=7,
        members=[article(1, source_name=None, language=language)],
        matched=[MatchedArticle(1, "", whole, found)],
    )
    payloads = [slack_payload(value, key=KEY, zone="UTC"), reply_payload(value, key=KEY, zone="UTC")]

    shown = 0
    for payload in payloads:
        assert check_blocks(payload) == []
        quotes = next(block["elements"] for block in payload["blocks"] if block["type"] == "rich_text")
        for quote, snippet in zip(quotes, value.snippets, strict=True):
            parts = quote["elements"]
            bold = [part["text"] for part in parts if part.get("style") == {"bold": True}]
            assert "".join(part["text"] for part in parts) == snippet.text
            assert bold == [snippet.text[start:end] for start, end in snippet.highlights]
            assert set(bold) == {word}
            shown += len(bold)
    assert shown >= len(payloads)


def test_every_mention_of_a_passage_is_bold() -> None:
    for _, body, word in PLACES:
        found = match(*(evidence(body, word, nth=nth) for nth in range(body.count(word))))
        matched = [MatchedArticle(1, "", body, found)]
        value = compose(kind=NotificationKind.NEW, story_id=7, members=[article(source_name=None)], matched=matched)
        blocks = slack_payload(value, key=KEY, zone="UTC")["blocks"]
        quotes = next(block["elements"] for block in blocks if block["type"] == "rich_text")
        bold = [part["text"] for quote in quotes for part in quote["elements"] if "style" in part]
        shown = sum(snippet.text.count(word) for snippet in value.snippets)
        assert bold == [word] * shown


async def test_a_digest_of_fifty_is_small_and_both_parts_list_the_same() -> None:
    stories = [
        message(
            article(n, headline=f"한일 정상, 나라에서 {n}번째 회담 " * 3, language="ko", source_name=f"연합뉴스 {n}"),
            body=f"이재명 대통령이 나라에서 {n}번째로 회담했다. " + "그 밖의 일도 있었다 " * 30,
            words="회담",
        )
        for n in range(1, 51)
    ]
    value = digest([replace(story, story_id=n) for n, story in enumerate(stories)])
    assert value.listing is not None
    link = "https://newswatch.example.org/feedback/" + "x" * 60
    lines = tuple(replace(line, feedback_url=f"{link}{line.story_id}") for line in value.listing.stories)
    value = replace(value, listing=replace(value.listing, stories=lines, feedback_url=link))
    (received,) = await mailed(value)
    plain, html = texts(read(received))

    assert len(received.content) <= 90_000
    assert value.listing is not None
    assert len(value.listing.stories) == 50
    for line in value.listing.stories:
        for fact in (line.headline, line.source_name or "", line.url or "", *line.rules):
            assert fact in plain
            assert fact in html


async def test_a_story_and_its_follow_up_are_one_thread() -> None:
    first = message(article(1), article(2, headline="日韓首脳会談", language="ja"))
    async with mail_server(MailScript()) as server:
        channel = mailer(server.port)
        root = await channel.send(delivery(channel.render(first, key="01ROOT", now=NOW)))
        answer = update(message(article(3, source_name="Reuters")), first, root.provider_id or "")
        await channel.send(delivery(channel.render(answer, key=KEY, now=NOW)))
    mails = [read(one) for one in server.received]

    assert mails[0]["Message-ID"] == mails[1]["In-Reply-To"] == mails[1]["References"] == root.provider_id
    assert mails[1]["Message-ID"] != mails[0]["Message-ID"]
    for mail, value in zip(mails, (first, answer), strict=True):
        plain, html = texts(mail)
        facts = [value.headline, value.source_name, value.url, *value.changes, *value.reasons[0].terms]
        facts += [fact for other in value.others for fact in (other.headline, other.source_name, other.url)]
        for fact in filter(None, facts):
            assert fact in plain
            assert fact in html
