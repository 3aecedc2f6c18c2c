"""A mail server on loopback that keeps what it takes and fails when told to."""

import asyncio
import email.policy
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.parser import BytesParser
from types import TracebackType
from typing import Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from newswatch.clock import Now, system_now

FAULTS = ("ok", "451", "550", "rcpt-451", "rcpt-550", "close", "stored-close", "hang")
"""Steps of `MailServer.faults`. `451`, `550`: the answer to DATA; `rcpt-*`: the answer to RCPT; `close`: the connection
breaks after DATA, `stored-close`: the same after the mail was kept; `hang`: no answer to DATA."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One accepted mail."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    message: EmailMessage
    received_at: datetime

    @property
    def message_id(self) -> str:
        """Its Message-ID."""
        return str(self.message["Message-ID"])

    @property
    def text(self) -> str:
        """Its text part, or "" without one."""
        part = self.message.get_body(("plain",))
        return "" if part is None else str(part.get_content()).replace("\r\n", "\n")

    @property
    def html(self) -> str:
        """Its HTML part, or "" without one."""
        part = self.message.get_body(("html",))
        return "" if part is None else str(part.get_content()).replace("\r\n", "\n")


class MailServer:
    """A real SMTP server (aiosmtpd) on the running loop. An async context manager.

    `faults` is used up from the left, one step for each mail that is sent (see FAULTS); `mails` holds what was kept.
    """

    def __init__(self, *, now: Now = system_now, login: tuple[str, str] | None = None, port: int = 0) -> None:
        """With `login` (user name, password) mails are only taken after AUTH."""
        self.mails: list[Mail] = []
        self.faults: deque[str] = deque()
        self._now = now
        self._login = login
        self._port = port
        self._server: asyncio.Server | None = None
        self._sessions: list[SMTP] = []
        self._hanging = asyncio.Event()  # set when the server stops

    @property
    def port(self) -> int:
        """The port that it listens on (0 before the start)."""
        return self._port

    async def __aenter__(self) -> Self:
        """Start."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._session, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, breaking open connections."""
        if self._server is None:
            return
        self._hanging.set()
        self._server.close()
        for session in self._sessions:
            if isinstance(session.transport, asyncio.WriteTransport):
                session.transport.abort()
        await self._server.wait_closed()
        # the sessions' own tasks end once their transport is gone
        tasks = [task for session in self._sessions if (task := session._handler_coroutine) is not None]  # noqa: SLF001
        await asyncio.gather(*tasks, return_exceptions=True)
        self._server = None

    def by_message_id(self) -> dict[str, list[Mail]]:
        """Return the kept mails by Message-ID; more than one under an id were sent again."""
        found: dict[str, list[Mail]] = {}
        for mail in self.mails:
            found.setdefault(mail.message_id, []).append(mail)
        return found

    def _session(self) -> SMTP:
        session = SMTP(
            self,
            hostname="mail.demo.example",
            ident="newswatch demo",
            enable_SMTPUTF8=True,
            data_size_limit=10_000_000,
            authenticator=self._authenticate if self._login else None,
            auth_require_tls=False,
        )
        self._sessions.append(session)
        return session

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        if not isinstance(data, LoginPassword) or self._login is None:
            return AuthResult(success=False, handled=False)
        given = (data.login.decode("utf-8", "replace"), data.password.decode("utf-8", "replace"))
        return AuthResult(success=given == self._login, handled=False)

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a sender, after AUTH where that is asked for (RFC 4954, 6)."""
        if self._login is not None and not session.authenticated:
            return "530 5.7.0 authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 sender ok"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient, unless the next fault refuses it (RFC 5321, 4.2.3)."""
        if self.faults and self.faults[0].startswith("rcpt-"):
            code = self.faults.popleft().removeprefix("rcpt-")
            return f"{code} {'4.3.0 try again later' if code == '451' else '5.1.1 no such mailbox'}"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 recipient ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        """Keep a mail, or do what the next fault says."""
        fault = self.faults.popleft() if self.faults else "ok"
        if fault in ("ok", "stored-close"):
            self._keep(envelope)
        if fault == "ok":
            return "250 2.0.0 taken"
        if fault == "451":
            return "451 4.3.0 try again later"
        if fault == "550":
            return "550 5.7.1 this mail is not taken"
        if fault == "hang":
            await self._hanging.wait()
        elif isinstance(server.transport, asyncio.WriteTransport):
            server.transport.abort()
        return "421 4.3.2 closing"

    def _keep(self, envelope: Envelope) -> None:
        content = envelope.original_content or b""
        message = BytesParser(EmailMessage, policy=email.policy.default).parsebytes(content)
        self.mails.append(Mail(envelope.mail_from or "", tuple(envelope.rcpt_tos), content, message, self._now()))
