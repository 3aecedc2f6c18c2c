"""A loopback server that answers byte for byte as its script says and keeps every request it saw."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Self


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it came in. Header names are lower case, values are bytes."""

    method: str
    path: str
    headers: dict[str, bytes]
    body: bytes
    head: bytes  # everything before the body


class Wire:
    """What a script can do with a connection beyond sending bytes."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    def reset(self) -> None:
        """End the connection with RST instead of FIN."""
        import socket
        import struct

        raw = self._writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()


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
    """Answers each path from its own list; the last answer of a list is repeated."""

    tls: ssl.SSLContext | None = None
    scripts: dict[str, list[Answer]] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    def on(self, path: str, *answers: Answer) -> str:
        """Script a path (without query) and return its URL."""
        self.scripts[path] = list(answers)
        return self.url(path)

    def url(self, path: str = "/") -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}{path}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for writer in list(self._open):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open.add(writer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                request = await _read(head, reader)
                self.seen.append(request)
                script = self.scripts.get(request.path.partition("?")[0], [answer(404)])
                step = script.pop(0) if len(script) > 1 else script[0]
                if isinstance(step, bytes):
                    writer.write(step)
                    await writer.drain()
                    if b"connection: close" in step[:1000].lower():
                        return
                else:
                    await step(request, Wire(writer))
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            self._open.discard(writer)
            writer.close()


async def _read(head: bytes, reader: asyncio.StreamReader) -> Seen:
    first, *lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    method, path, _ = first.decode("latin-1").split(" ", 2)
    pairs = (line.partition(b": ") for line in lines)
    headers = {name.decode("latin-1").lower(): value for name, _, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", b"0")))
    return Seen(method, path, headers, body, head)
