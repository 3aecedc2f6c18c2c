"""Connections without sockets: what a client writes goes to a function, and what that returns is what it reads."""

import asyncio
from collections.abc import Awaitable, Callable

from newswatch.collect.network import Connect

Answering = Callable[[bytes], bytes]
"""Takes the head of a request as sent (without a body), returns the answer's bytes, after which the line is closed."""
Opening = Callable[[str], Awaitable[None]]
"""Is told the address that is connected to, and may take its time."""


class _Far(asyncio.Transport):
    """The far end: answers when it has seen the end of a request's head, and hangs up."""

    def __init__(self, reader: asyncio.StreamReader, answering: Answering) -> None:
        super().__init__()
        self._reader = reader
        self._answering = answering
        self._asked = b""
        self._closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Take a piece of the request."""
        self._asked += data
        if not self._closed and b"\r\n\r\n" in self._asked:
            self._closed = True
            self._reader.feed_data(self._answering(self._asked))
            self._reader.feed_eof()

    def abort(self) -> None:
        """Hang up."""
        self._closed = True

    def close(self) -> None:
        """Hang up."""
        self._closed = True

    def is_closing(self) -> bool:
        """Tell whether the answer has been given."""
        return self._closed


async def _at_once(_address: str) -> None:
    """Let every connection be made."""


def wire(answering: Answering, *, opening: Opening = _at_once) -> Connect:
    """Return what stands for connecting over TCP."""

    async def connect(address: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        await opening(address)
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=1 << 18, loop=loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        return reader, asyncio.StreamWriter(_Far(reader, answering), protocol, reader, loop)

    return connect
