"""The mail server: what it takes, and each of its faults."""

from collections import deque
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.message import EmailMessage

import aiosmtplib
import pytest

from newswatch.clock import VirtualClock
from newswatch.demo.mail import MailServer

START = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with MailServer(now=VirtualClock(START)) as opened:
        yield opened


def mail(identity: str = "<1@demo.example>") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "newswatch <newswatch@demo.example>"
    message["To"] = "duty@desk.example"
    message["Subject"] = "정상회담 소식"
    message["Message-ID"] = identity
    message.set_content("通営での会談\n")
    message.add_alternative("<p>通営での会談</p>\n", subtype="html")
    return message


async def send(server: MailServer, message: EmailMessage, *, password: str | None = None) -> None:
    await aiosmtplib.send(
        message,
        hostname="127.0.0.1",
        port=server.port,
        timeout=2,
        start_tls=False,
        username=None if password is None else "bot",
        password=password,
    )


async def test_a_mail_is_kept_with_envelope_and_parts(server: MailServer) -> None:
    await send(server, mail())
    (kept,) = server.mails
    assert kept.sender == "newswatch@demo.example"
    assert kept.recipients == ("duty@desk.example",)
    assert kept.message_id == "<1@demo.example>"
    assert kept.message["Subject"] == "정상회담 소식"
    assert kept.text == "通営での会談\n"
    assert kept.html == "<p>通営での会談</p>\n"
    assert kept.message.defects == []
    assert kept.received_at == START


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        ("451", aiosmtplib.SMTPDataError, 451),
        ("550", aiosmtplib.SMTPDataError, 550),
        ("rcpt-451", aiosmtplib.SMTPRecipientsRefused, 451),
        ("rcpt-550", aiosmtplib.SMTPRecipientsRefused, 550),
    ],
)
async def test_refusals(server: MailServer, fault: str, error: type[Exception], code: int) -> None:
    server.faults = deque([fault])
    with pytest.raises(error) as caught:
        await send(server, mail())
    refused = caught.value
    assert isinstance(refused, aiosmtplib.SMTPDataError | aiosmtplib.SMTPRecipientsRefused)
    assert (refused.recipients[0] if isinstance(refused, aiosmtplib.SMTPRecipientsRefused) else refused).code == code
    assert server.mails == []
    await send(server, mail())
    assert len(server.mails) == 1


@pytest.mark.parametrize(("fault", "kept"), [("close", 0), ("stored-close", 1)])
async def test_the_connection_breaks_after_data(server: MailServer, fault: str, kept: int) -> None:
    server.faults = deque([fault])
    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        await send(server, mail())
    assert len(server.mails) == kept
    await send(server, mail())
    assert [len(mails) for mails in server.by_message_id().values()] == [kept + 1]


async def test_a_hanging_server_keeps_nothing_and_still_stops() -> None:
    async with MailServer() as server:
        server.faults = deque(["hang"])
        with pytest.raises(aiosmtplib.SMTPTimeoutError):
            await aiosmtplib.send(mail(), hostname="127.0.0.1", port=server.port, timeout=0.3, start_tls=False)
        assert server.mails == []


async def test_with_a_login_mail_needs_the_right_password() -> None:
    async with MailServer(login=("bot", "secret")) as server:
        with pytest.raises(aiosmtplib.SMTPException):
            await send(server, mail())
        with pytest.raises(aiosmtplib.SMTPAuthenticationError):
            await send(server, mail(), password="wrong")
        await send(server, mail(), password="secret")
        assert len(server.mails) == 1
