"""A real mail server on loopback that does what a test tells it to."""

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

LOGIN = ("desk", "pässword-s3cr3t")


@dataclass
class Received:
    """One mail with its envelope."""

    sender: str
    recipients: list[str]
    content: bytes
    encrypted: bool


@dataclass
class MailScript:
    """Answers of the server, used up from the left; without any it accepts. `close` and `hang` give no answer."""

    on_mail: deque[str] = field(default_factory=deque)
    on_rcpt: dict[str, str] = field(default_factory=dict)
    on_data: deque[str] = field(default_factory=deque)
    received: list[Received] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    wants_login: bool = False
    port: int = 0

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.wants_login and not session.authenticated:
            return "530 5.7.0 authentication required"
        answer = self.on_mail.popleft() if self.on_mail else "250 OK"
        if answer.startswith("250"):
            envelope.mail_from = address
        return await self._say(server, answer)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.on_rcpt.get(address, "250 OK")
        if answer.startswith("25"):
            envelope.rcpt_tos.append(address)
        return await self._say(server, answer)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        answer = self.on_data.popleft() if self.on_data else "250 queued"
        if answer.startswith("250") or answer in ("close", "hang"):
            content = envelope.content
            assert isinstance(content, bytes)
            encrypted = server.transport is not None and server.transport.get_extra_info("sslcontext") is not None
            self.received.append(Received(str(envelope.mail_from), list(envelope.rcpt_tos), content, encrypted))
        return await self._say(server, answer)

    async def _say(self, server: SMTP, answer: str) -> str:
        if answer == "close":
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
            return "421 gone"
        if answer == "hang":
            await asyncio.Event().wait()
        return answer

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append(data.login.decode())
        return AuthResult(success=(data.login.decode(), data.password.decode()) == LOGIN, handled=False)


@asynccontextmanager
async def mail_server(
    script: MailScript, *, tls: ssl.SSLContext | None = None, implicit: bool = False, login: bool = False
) -> AsyncIterator[MailScript]:
    """Run the server: with `tls` it offers STARTTLS, with `implicit` it speaks TLS from the start."""
    script.wants_login = login
    loop = asyncio.get_running_loop()
    sessions: list[SMTP] = []

    def session() -> SMTP:
        made = SMTP(
            script,
            hostname="mail.test",
            tls_context=None if implicit else tls,
            authenticator=script.authenticate if login else None,
            auth_require_tls=not login,
            loop=loop,
        )
        sessions.append(made)
        return made

    server = await loop.create_server(session, "127.0.0.1", 0, ssl=tls if implicit else None)
    script.port = server.sockets[0].getsockname()[1]
    try:
        yield script
    finally:
        server.close()
        for made in sessions:
            if isinstance(made.transport, asyncio.Transport):
                made.transport.abort()
            if made._handler_coroutine is not None:
                made._handler_coroutine.cancel()
        await asyncio.gather(
            *(made._handler_coroutine for made in sessions if made._handler_coroutine is not None),
            return_exceptions=True,
        )


@asynccontextmanager
async def raw_server(*lines: str) -> AsyncIterator[int]:
    """Run a server that greets with the first line and answers each command with the next; then it hangs up."""
    done = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            for number, line in enumerate(lines):
                if number and not await reader.readline():
                    break
                writer.write(line.encode() + b"\r\n")
                await writer.drain()
        except ConnectionError:
            return
        finally:
            writer.close()
            done.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
        await done.wait()
    finally:
        server.close()
        await server.wait_closed()
