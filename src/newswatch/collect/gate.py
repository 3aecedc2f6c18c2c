"""The only way out for a browser: a forward proxy on loopback that connects through a `Dialer`.

A browser runs other people's programs, which may ask for any address. It is told to send everything here, so each
connection is checked like those of newswatch itself. HTTP only as far as a proxy needs it: CONNECT (RFC 9110, section
9.3.6) and requests in absolute form (RFC 9112, section 3.2.2), one for each connection.
"""

import asyncio
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from newswatch.collect.network import Dialer, NetworkTrouble, Stream

_LARGEST_HEAD = 64 * 1024
_PIECE = 64 * 1024
_CONNECT_S = 15.0
_NOT_PASSED_ON = frozenset({"proxy-connection", "proxy-authorization", "connection", "keep-alive"})


class Gate:
    """Open while inside `async with`. Everything through it together may be `max_bytes` from the servers."""

    def __init__(self, dialer: Dialer, *, max_bytes: int) -> None:
        self._dialer = dialer
        self._left = max_bytes
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0
        self.refused: list[str] = []
        """What was asked for and not let through, for people."""

    @property
    def exhausted(self) -> bool:
        """Whether the servers have sent more than they may."""
        return self._left < 0

    async def __aenter__(self) -> Self:
        """Listen on a free port of this machine."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=_LARGEST_HEAD)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening and end what is under way."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Not a coroutine: asyncio's own tasks for connections cannot be waited for at the end.
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server: Stream | None = None
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            host, port, first = _asked(head)
            server = await self._dialer.connect_tcp(host, port, _CONNECT_S)
            if first is None:
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                await server.write(first)
            await self._relay(reader, writer, server)
        except NetworkTrouble as trouble:
            self.refused.append(trouble.detail)
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        except ValueError as error:
            self.refused.append(str(error))
            writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
            return  # the browser has changed its mind
        finally:
            if server is not None:
                await server.aclose()
            writer.close()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server: Stream) -> None:
        """Pass bytes on both ways until one side ends."""

        async def up() -> None:
            while data := await reader.read(_PIECE):
                await server.write(data)

        async def down() -> None:
            while data := await server.read(_PIECE):
                self._left -= len(data)
                if self.exhausted:
                    return
                writer.write(data)
                await writer.drain()

        ways = [asyncio.create_task(up()), asyncio.create_task(down())]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)


def _asked(head: bytes) -> tuple[str, int, bytes | None]:
    """Return host and port that a request is for, and what its server is to get first; None for CONNECT.

    Raises ValueError.
    """
    line, *fields = head.removesuffix(b"\r\n\r\n").decode("latin-1").split("\r\n")
    method, _, rest = line.partition(" ")
    target, _, version = rest.rpartition(" ")
    if not version.startswith("HTTP/1."):
        raise ValueError(f"no request that a proxy takes: {line[:200]!r}")
    if method == "CONNECT":
        parts = urlsplit(f"//{target}")
        if not parts.hostname or parts.port is None:
            raise ValueError(f"CONNECT to {target[:200]!r}")
        return parts.hostname, parts.port, None
    parts = urlsplit(target)
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError(f"{method[:20]} for {target[:200]!r}")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    kept = [field for field in fields if field.partition(":")[0].strip().lower() not in _NOT_PASSED_ON]
    first = "\r\n".join([f"{method} {path} HTTP/1.1", *kept, "Connection: close", "", ""])
    return parts.hostname, parts.port or 80, first.encode("latin-1")
