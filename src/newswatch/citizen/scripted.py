"""A loopback server that answers byte for byte as its script says and keeps every request it saw."""

import asyncio
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from newswatch.clock import Now, system_now


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it came in. Header names are lower case, values are bytes."""

    method: str
    path: str
    headers: dict[str, bytes]
    body: bytes
    head: bytes  # everything before the body
    at: datetime

    @property
    def host(self) -> str:
        """The host that was asked, without its port."""
        return self.headers.get("host", b"").decode("latin-1").partition(":")[0]

    @property
    def key(self) -> str:
        """Host and path without query, which scripts go by."""
        asked = self.path.partition("?")[0]
        return asked.partition("://")[2] if "://" in asked else self.host + asked  # the former through a proxy


class Wire:
    """What a script can do with a connection beyond sending bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Write to `writer`."""
        self._reader = reader
        self._writer = writer

    async def send(self, data: bytes) -> None:
        """Send some bytes."""
        self._writer.write(data)
        await self._writer.drain()

    async def closed(self) -> None:
        """Wait until the other side has gone."""
        await self._reader.read()

    def reset(self) -> None:
        """End the connection with RST instead of FIN."""
        raw = self._writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()


_TLS_GREETING = b"\x16"  # RFC 8446, section 5.1: content type "handshake"

Script = Callable[[Seen, Wire], Awaitable[None]]
Answer = bytes | Script


def answer(status: int = 200, body: bytes = b"", *headers: bytes, length: bool = True) -> bytes:
    """Return an answer; `headers` are whole lines without line end."""
    lines = [b"HTTP/1.1 %d Scripted" % status, *headers]
    if length and status != 304:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join([*lines, b"", b""]) + body


@dataclass
class ScriptedServer:
    """Answers each path, or host and path, from its own list; the last answer of a list is repeated."""

    tls: ssl.SSLContext | None = None
    scripts: dict[str, list[Answer]] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    now: Now = system_now
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def on(self, path: str, *answers: Answer) -> str:
        """Script a path (without query) of any host, or the URL of one, and return its URL."""
        parts = urlsplit(path)
        self.scripts[f"{parts.hostname}{parts.path}" if parts.hostname else path] = list(answers)
        return path if parts.hostname else self.url(path)

    def url(self, path: str = "/") -> str:
        """Return the URL of a path on the server's own address."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}{path}"

    async def __aenter__(self) -> Self:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.tls, backlog=1000)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening and break what is open."""
        if self._server is not None:
            self._server.close()
        for writer in list(self._open):
            writer.transport.abort()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open.add(writer)
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            while True:
                first = await reader.readexactly(1)
                if first == _TLS_GREETING:  # a plain server knows only one answer to it
                    writer.write(answer(400, b"", b"Connection: close"))
                    return
                head = first + await reader.readuntil(b"\r\n\r\n")
                request = await _read(head, reader, self.now())
                self.seen.append(request)
                script = self.scripts.get(request.key) or self.scripts.get(request.path.partition("?")[0])
                script = script or [answer(404)]
                step = script.pop(0) if len(script) > 1 else script[0]
                if isinstance(step, bytes):
                    writer.write(step)
                    await writer.drain()
                    if b"connection: close" in step[:1000].lower():
                        return
                else:
                    await step(request, Wire(reader, writer))
                    return
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            return  # cancelled by our own end; asyncio's streams cannot take a cancelled handler
        finally:
            self._open.discard(writer)
            writer.close()


async def _read(head: bytes, reader: asyncio.StreamReader, at: datetime) -> Seen:
    first, *lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    method, path, _ = first.decode("latin-1").split(" ", 2)
    pairs = (line.partition(b": ") for line in lines)
    headers = {name.decode("latin-1").lower(): value for name, _, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", b"0")))
    return Seen(method, path, headers, body, head, at)
