"""The smallest real HTTP client that channels can be given, and a server whose answers a test writes down."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from newswatch.demo.loopback import Answer, LoopbackServer, Request
from newswatch.model import FetchReason, HttpAnswer, HttpFailure, HttpRequest


async def send(request: HttpRequest) -> HttpAnswer | HttpFailure:
    """Make one request to 127.0.0.1 over a connection of its own."""
    host, _, path = request.url.removeprefix("http://").partition("/")
    name, _, port = host.partition(":")
    try:
        async with asyncio.timeout(request.timeout_s):
            reader, writer = await asyncio.open_connection(name, int(port))
    except OSError as error:
        return HttpFailure(FetchReason.CONNECT, f"cannot connect to {request.url}: {error}", maybe_sent=False)
    fields = [("host", host), ("content-length", str(len(request.body))), ("connection", "close"), *request.headers]
    head = f"{request.method} /{path} HTTP/1.1\r\n" + "".join(f"{field}: {value}\r\n" for field, value in fields)
    try:
        async with asyncio.timeout(request.timeout_s):
            writer.write(head.encode() + b"\r\n" + request.body)
            await writer.drain()
            answer = await reader.read()
    except (OSError, TimeoutError):
        return HttpFailure(FetchReason.RESET, f"no answer from {request.url}", maybe_sent=True)
    finally:
        writer.close()
    if not answer:
        return HttpFailure(FetchReason.RESET, f"no answer from {request.url}", maybe_sent=True)
    return _answer(answer)


def _answer(raw: bytes) -> HttpAnswer:
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return HttpAnswer(int(first.split()[1]), headers, body)


class Scripted:
    """Answers requests with `answers`, one after the other, the last one for ever, and keeps what it got."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = deque(answers)
        self.got: list[Request] = []
        self._server = LoopbackServer(self._handle)

    def _handle(self, request: Request) -> Answer:
        self.got.append(request)
        return self.answers.popleft() if len(self.answers) > 1 else self.answers[0]

    @property
    def url(self) -> str:
        return self._server.url

    async def start(self) -> None:
        await self._server.start()

    async def stop(self) -> None:
        await self._server.stop()


@asynccontextmanager
async def scripted(*answers: Answer) -> AsyncIterator[Scripted]:
    """Run a scripted server."""
    server = Scripted(*answers)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


async def closed_port() -> int:
    """Return a port of 127.0.0.1 on which nothing listens."""
    server = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return port
