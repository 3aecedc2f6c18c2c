"""The mail: both parts tell the same, the headers are what mail programs expect, and its bytes are repeatable."""

import email
import email.policy
import re
from dataclasses import replace
from datetime import date
from email.message import EmailMessage

import pytest
from lxml import html as lxml_html

from newswatch.model import Message, Published
from newswatch.notify.channels.email import EmailChannel
from newswatch.notify.settings import EmailDestination, SmtpSettings
from newswatch.notify.text import cluster_count
from tests.notify.values import KEY, NOW, SETTINGS, article, follow_up, message

SMTP = SmtpSettings.model_validate({"host": "mail.example", "from": "Nachrichten-Wächter <newswatch@Example.org>"})


def rendered(value: Message, *, zone: str = "Asia/Seoul", to: tuple[str, ...] = ("desk@example.org",)) -> bytes:
    settings = EmailDestination(type="email", to=to, zone=zone)
    return EmailChannel(settings, SMTP, destination="desk", alerts=SETTINGS).render(value, key=KEY, now=NOW).body


def parsed(body: bytes) -> EmailMessage:
    value = email.message_from_bytes(body, policy=email.policy.default)
    assert isinstance(value, EmailMessage)
    return value


def parts(mail: EmailMessage) -> tuple[str, str]:
    """Return the text part and the visible text of the HTML part, spaces evened out."""
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    tree = lxml_html.document_fromstring(html.get_content())
    for hidden in tree.xpath("//style | //title | //*[@class='preheader']"):
        hidden.drop_tree()
    return plain.get_content(), re.sub(r"\s+", " ", " ".join(tree.itertext()))


STORY = message(
    article(1, headline="한일 정상, 나라에서 회담", language="ko", source_name="연합뉴스", credited=("NHK",)),
    article(2, headline="日韓首脳会談", language="ja", source_name="NHK"),
    article(3, headline="Leaders meet", source_name="Reuters", published=None),
    body="이재명 대통령이 나라에서 회담했다.",
    words="회담",
)


def test_headers() -> None:
    mail = parsed(rendered(STORY))

    assert {name: str(mail[name]) for name in mail if name != "Content-Type"} == {
        "From": "Nachrichten-Wächter <newswatch@Example.org>",
        "To": "desk@example.org",
        "Subject": "한일 정상, 나라에서 회담 — Summit",
        "Date": "Tue, 13 Jan 2026 05:17:00 +0000",
        "Message-ID": f"<{KEY}@example.org>",
        "List-Id": "<rule.summit.example.org>",
        "List-Unsubscribe": "<mailto:newswatch@Example.org?subject=unsubscribe%20desk>",
        "Auto-Submitted": "auto-generated",
        "X-Newswatch-Severity": "high",
        "X-Newswatch-Story": "7",
        "X-Newswatch-Rule": "summit",
        "MIME-Version": "1.0",
    }
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert {str(part["Content-Transfer-Encoding"]) for part in mail.iter_parts()} == {"base64"}


@pytest.mark.parametrize("value", [STORY, message()])
def test_both_parts_tell_the_same_facts(value: Message) -> None:
    plain, html = parts(parsed(rendered(value)))

    facts = [value.headline, "High", "score 0.83 of 0.50 needed", "Summit", "leader near leader", KEY, "desk"]
    facts += [*value.reasons[0].terms, *value.languages, *value.credited]
    facts += [part for snippet in value.snippets for part in re.split("회담|Nara", snippet.text)]
    facts += [text for other in value.others for text in (other.headline, other.source_name or "")]
    facts += (
        ["3 articles, 3 sources, 3 languages (ko, ja, en)"] if value is STORY else ["published 2026-01-13 14:05 KST"]
    )
    for fact in facts:
        assert fact in re.sub(r"\s+", " ", plain)
        assert fact in html


def test_html_marks_the_evidence_and_names_languages() -> None:
    html = parsed(rendered(STORY)).get_body(("html",))
    assert html is not None
    tree = lxml_html.document_fromstring(html.get_content())

    assert [mark.text for mark in tree.xpath("//blockquote[@lang='ko']/mark")] == ["회담"]
    assert [item.get("lang") for item in tree.xpath("//li/span")] == ["ja", "en"]
    assert tree.xpath("//h1/@lang") == ["ko"]
    assert tree.xpath("//img | //link | //script") == []
    assert "@media (prefers-color-scheme: dark)" in html.get_content()
    assert "background: #fff3a8" in tree.xpath("//mark/@style")[0]


def test_text_part_reads_well() -> None:
    plain, _ = parts(parsed(rendered(message(article(1), article(2)), zone="Europe/Brussels")))

    assert plain.replace("\r\n", "\n") == (
        "High: Headline 1\n"
        "Source 1 [en]\n"
        "published 2026-01-13 06:05 CET, seen 12 min later\n"
        "2 articles, 2 sources\n"
        "https://news.example/1\n"
        "\n"
        "> The leaders met in *Nara*. (Source 1)\n"
        "\n"
        "Why\n"
        "- Summit (High, score 0.83 of 0.50 needed)\n"
        "  found: Nara\n"
        "  leader near leader\n"
        "\n"
        "Also\n"
        "- Source 2: Headline 2\n"
        "  https://news.example/2\n"
        "\n"
        "-- \n"
        "You get this because the rules above match and desk is a destination of newswatch.\n"
        f"Delivery {KEY}\n"
    )


@pytest.mark.parametrize(
    ("published", "line"),
    [
        (Published("day", "text", on=date(2026, 1, 13)), "published 2026-01-13, seen 2026-01-13 14:17 KST"),
        (None, "seen 2026-01-13 14:17 KST"),
        (
            Published("minute", "text", at=NOW, zone_assumed=True),
            "published 2026-01-13 14:17 KST (zone assumed), seen 1 s later",
        ),
    ],
)
def test_times_are_as_precise_as_the_publisher_was(published: Published | None, line: str) -> None:
    plain, _ = parts(parsed(rendered(message(article(1, published=published)))))

    assert line in plain.splitlines()


@pytest.mark.parametrize("length", [10, 119, 120, 121, 5000])
def test_subjects_are_short_and_keep_the_rule(length: int) -> None:
    subject = str(parsed(rendered(message(article(1, headline="각" * length))))["Subject"])

    assert cluster_count(subject) <= 120
    assert subject.endswith(" — Summit")


def test_lines_are_short_and_seven_bit() -> None:
    body = rendered(STORY)

    assert body.isascii()
    assert max(map(len, body.split(b"\r\n"))) <= 78
    assert b"\n" not in body.replace(b"\r\n", b"")


def test_fifty_members_stay_small() -> None:
    members = [article(n, headline=f"日韓首脳会談 {n} " * 8) for n in range(1, 51)]

    assert len(rendered(message(*members))) <= 90_000


def test_the_same_message_gives_the_same_bytes() -> None:
    assert rendered(STORY) == rendered(STORY)


def test_recipients_of_one_delivery_share_a_header() -> None:
    assert str(parsed(rendered(STORY, to=("a@example.org", "b@example.org")))["To"]) == "a@example.org, b@example.org"


def test_a_follow_up_is_found_under_the_first_mail() -> None:
    mail = parsed(rendered(follow_up(ref=f"<{KEY}@example.org>")))

    assert mail["In-Reply-To"] == mail["References"] == f"<{KEY}@example.org>"
    assert mail["Subject"] == "Headline 1 — Summit", "Gmail puts together what has the same subject"
    text, _ = parts(mail)
    assert "1 → 3 sources" in text
    assert "Leaders sign" in text


def test_a_follow_up_without_a_first_mail_answers_none() -> None:
    mail = parsed(rendered(replace(follow_up(ref=None), root=None)))

    assert mail["In-Reply-To"] is None
    assert mail["Subject"] == "Update: Leaders sign — Summit"
