"""Mail over SMTP, against a real server: what every answer, and every missing one, means."""

import shutil
import ssl
import subprocess
from collections import deque
from dataclasses import dataclass
from pathlib import Path

import pytest

from newswatch.demo.loopback import Answer
from newswatch.model import Delivery, Outcome
from newswatch.notify.channels.email import EmailChannel
from newswatch.notify.settings import AlertSettings, EmailDestination, SmtpSettings
from tests.notify.http import closed_port, scripted
from tests.notify.smtp_server import LOGIN, MailScript, mail_server, raw_server
from tests.notify.values import KEY, NOW, delivery, message

MESSAGE_ID = f"<{KEY}@example.org>"


def channel(port: int, *to: str, security: str = "none", timeout_s: float = 5, **changes: object) -> EmailChannel:
    smtp = SmtpSettings.model_validate(
        {"host": "127.0.0.1", "port": port, "security": security, "from": "newswatch <n@example.org>", **changes}
    )
    settings = EmailDestination(type="email", to=to or ("desk@example.org",))
    return EmailChannel(settings, smtp, destination="desk", alerts=AlertSettings(send_timeout=timeout_s))


def ready(sender: EmailChannel) -> Delivery:
    return delivery(sender.render(message(), key=KEY, now=NOW))


async def test_a_mail_arrives_byte_for_byte() -> None:
    async with mail_server(MailScript()) as server:
        sender = channel(server.port)
        task = ready(sender)
        result = await sender.send(task)

    assert (result.outcome, result.status, result.provider_id) == (Outcome.DELIVERED, 250, MESSAGE_ID)
    (mail,) = server.received
    assert task.rendered is not None
    assert mail.content == task.rendered.body
    assert (mail.sender, mail.recipients) == ("n@example.org", ["desk@example.org"])


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("250 OK", Outcome.DELIVERED),
        ("421 try later", Outcome.RETRY),
        ("451 local error", Outcome.RETRY),
        ("452 full", Outcome.RETRY),
        ("550 spam", Outcome.REJECTED),
        ("554 no", Outcome.REJECTED),
        ("close", Outcome.AMBIGUOUS),
        ("hang", Outcome.AMBIGUOUS),
    ],
)
async def test_answers_to_the_content(answer: str, outcome: Outcome) -> None:
    async with mail_server(MailScript(on_data=deque([answer]))) as server:
        sender = channel(server.port, timeout_s=0.5)
        result = await sender.send(ready(sender))

    assert result.outcome is outcome
    assert len(server.received) == (outcome in (Outcome.DELIVERED, Outcome.AMBIGUOUS))


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("251 will forward", Outcome.DELIVERED),
        ("450 greylisted", Outcome.RETRY),
        ("452 full", Outcome.RETRY),
        ("550 no such mailbox", Outcome.REJECTED),
        ("553 not here", Outcome.REJECTED),
        ("close", Outcome.RETRY),
        ("hang", Outcome.RETRY),
    ],
)
async def test_answers_to_the_recipient(answer: str, outcome: Outcome) -> None:
    async with mail_server(MailScript(on_rcpt={"desk@example.org": answer})) as server:
        sender = channel(server.port, timeout_s=0.5)
        result = await sender.send(ready(sender))

    assert result.outcome is outcome
    assert len(server.received) == (outcome is Outcome.DELIVERED)
    if answer[0] in "45":
        assert answer in result.detail
        assert "naming the recipient" in result.detail


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("451 later", Outcome.RETRY),
        ("550 this sender may not", Outcome.DISABLED),
        ("530 authentication required", Outcome.DISABLED),
        ("552 too large", Outcome.REJECTED),
        ("close", Outcome.RETRY),
    ],
)
async def test_answers_to_the_sender(answer: str, outcome: Outcome) -> None:
    async with mail_server(MailScript(on_mail=deque([answer]))) as server:
        sender = channel(server.port)
        result = await sender.send(ready(sender))

    assert (result.outcome, server.received) == (outcome, [])


@pytest.mark.parametrize(
    ("greeting", "outcome"),
    [("421 busy", Outcome.RETRY), ("554 not you", Outcome.DISABLED), ("nonsense", Outcome.RETRY)],
)
async def test_greetings(greeting: str, outcome: Outcome) -> None:
    async with raw_server(greeting) as port:
        sender = channel(port)
        result = await sender.send(ready(sender))

    assert result.outcome is outcome


async def test_a_repeat_after_a_lost_answer_has_the_same_message_id() -> None:
    async with mail_server(MailScript(on_data=deque(["close", "451 later", "250 OK"]))) as server:
        sender = channel(server.port)
        task = ready(sender)
        results = [await sender.send(task) for _ in range(3)]

    assert [result.outcome for result in results] == [Outcome.AMBIGUOUS, Outcome.RETRY, Outcome.DELIVERED]
    assert await sender.reconcile(task) is None
    assert sender.on_ambiguous == "resend"
    assert [f"Message-ID: {MESSAGE_ID}".encode() in mail.content for mail in server.received] == [True, True]


async def test_one_bad_mailbox_does_not_hurt_the_others_of_a_delivery() -> None:
    async with mail_server(MailScript(on_rcpt={"gone@example.org": "550 no such user"})) as server:
        sender = channel(server.port, "a@example.org", "gone@example.org", "b@example.org")
        result = await sender.send(ready(sender))

    assert result.outcome is Outcome.DELIVERED
    assert "gone@example.org: 550 no such user" in result.detail
    assert server.received[0].recipients == ["a@example.org", "b@example.org"]


async def test_nobody_gets_a_mail_twice_because_another_mailbox_is_full() -> None:
    script = MailScript(on_rcpt={"full@example.org": "452 full"})
    async with mail_server(script) as server:
        sender = channel(server.port, "a@example.org", "full@example.org")
        first = await sender.send(ready(sender))
        assert server.received == []
        script.on_rcpt.clear()
        second = await sender.send(ready(sender))

    assert (first.outcome, second.outcome) == (Outcome.RETRY, Outcome.DELIVERED)
    assert [mail.recipients for mail in server.received] == [["a@example.org", "full@example.org"]]


async def test_all_recipients_refused_is_refused() -> None:
    script = MailScript(on_rcpt={"a@example.org": "550 no", "b@example.org": "550 no"})
    async with mail_server(script) as server:
        sender = channel(server.port, "a@example.org", "b@example.org")
        result = await sender.send(ready(sender))

    assert (result.outcome, result.status, server.received) == (Outcome.REJECTED, 550, [])


async def test_no_server_means_not_sent() -> None:
    sender = channel(await closed_port())

    result = await sender.send(ready(sender))

    assert result.outcome is Outcome.RETRY
    assert result.detail.startswith("127.0.0.1:")


async def test_a_server_that_never_greets_is_left_in_time() -> None:
    async with scripted(Answer()) as http_server:  # which waits for the client to speak first
        sender = channel(int(http_server.url.rpartition(":")[2]), timeout_s=0.2)
        result = await sender.send(ready(sender))

    assert result.outcome is Outcome.RETRY
    assert "no answer within 0.2 s" in result.detail


# --- login and encryption --------------------------------------------------------------------------------------------


async def test_login() -> None:
    async with mail_server(MailScript(), login=True) as server:
        sender = channel(server.port, username=LOGIN[0], password=LOGIN[1])
        result = await sender.send(ready(sender))

    assert result.outcome is Outcome.DELIVERED
    assert server.logins == [LOGIN[0]]


async def test_a_wrong_password_needs_repair_and_is_not_told() -> None:
    async with mail_server(MailScript(), login=True) as server:
        sender = channel(server.port, username=LOGIN[0], password="wr0ng-s3cr3t")
        result = await sender.send(ready(sender))

    assert (result.outcome, result.status) == (Outcome.DISABLED, 535)
    assert "logging in" in result.detail
    assert "s3cr3t" not in result.detail


async def test_a_server_that_wants_a_login_we_have_not() -> None:
    async with mail_server(MailScript(), login=True) as server:
        sender = channel(server.port)
        result = await sender.send(ready(sender))

    assert (result.outcome, result.status) == (Outcome.DISABLED, 530)


async def test_a_server_without_login_or_starttls_needs_repair() -> None:
    async with mail_server(MailScript()) as server:
        plain = channel(server.port, security="starttls")
        named = channel(server.port, username="a", password="b")
        first, second = await plain.send(ready(plain)), await named.send(ready(named))

    assert first.outcome is second.outcome is Outcome.DISABLED
    assert 'set security = "tls" or "none"' in first.detail
    assert "remove username and password" in second.detail
    assert server.received == []


async def test_a_temporary_login_failure_is_tried_again() -> None:
    ehlo = "250-mail.test\r\n250 AUTH PLAIN LOGIN"
    async with raw_server("220 hello", ehlo, ehlo, "454 directory is down") as port:
        sender = channel(port, username="a", password="b")
        result = await sender.send(ready(sender))

    assert (result.outcome, result.status) == (Outcome.RETRY, 454)


@dataclass(frozen=True)
class Certificate:
    file: Path
    context: ssl.SSLContext


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("the openssl program is needed to make a certificate")
    folder = tmp_path_factory.mktemp("certificate")
    key, file = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        [
            openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-keyout", str(key), "-out", str(file), "-days", "2", "-subj", "/CN=127.0.0.1",
            "-addext", "subjectAltName=IP:127.0.0.1",
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file, key)
    return Certificate(file, context)


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_encrypted_with_login(certificate: Certificate, security: str) -> None:
    async with mail_server(MailScript(), tls=certificate.context, implicit=security == "tls", login=True) as server:
        sender = channel(
            server.port, security=security, ca_file=str(certificate.file), username=LOGIN[0], password=LOGIN[1]
        )
        result = await sender.send(ready(sender))

    assert result.outcome is Outcome.DELIVERED
    assert [mail.encrypted for mail in server.received] == [True]
    assert server.logins == [LOGIN[0]]


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_an_unknown_certificate_is_refused(certificate: Certificate, security: str) -> None:
    async with mail_server(MailScript(), tls=certificate.context, implicit=security == "tls", login=True) as server:
        sender = channel(server.port, security=security, username=LOGIN[0], password=LOGIN[1])
        result = await sender.send(ready(sender))

    assert (result.outcome, server.received, server.logins) == (Outcome.RETRY, [], [])
    assert "certificate" in result.detail


async def test_a_missing_authority_file_is_named() -> None:
    sender = channel(1, security="tls", ca_file="/nonexistent/ca.pem")

    result = await sender.send(ready(sender))

    assert result.outcome is Outcome.DISABLED
    assert "ca_file /nonexistent/ca.pem cannot be used: No such file or directory" in result.detail
