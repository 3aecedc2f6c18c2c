"""A small HTTP/1.1 server on loopback whose answers may also be no answers: resets, silence, cut bodies.

Common frameworks hide the connection, and a stand-in for a failing service has to break it at a chosen point.
"""

import asyncio
import contextlib
import logging
import socket
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, unquote, urlsplit

import h11

from newswatch.clock import Now, system_now

_log = logging.getLogger(__name__)
_MAX_BODY = 20_000_000


class Ending(StrEnum):
    """How an answer ends."""

    COMPLETE = "complete"
    CUT = "cut"  # headers and half of the body, then the connection closes
    RESET = "reset"  # nothing but a TCP reset
    HANG = "hang"  # nothing until the client gives up or the server stops


@dataclass(frozen=True, slots=True)
class Request:
    """One request as received. Header names are lower case; `query` keeps the last value of a repeated name."""

    method: str
    target: str  # path and query as sent
    path: str  # percent-decoded
    query: Mapping[str, str]
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """Return the first header called `name` (lower case), or None."""
        return next((value for key, value in self.headers if key == name), None)


@dataclass(frozen=True, slots=True)
class Answer:
    """What to send, after `delay_s` seconds."""

    status: int = 200
    body: bytes = b""
    content_type: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    delay_s: float = 0.0
    ending: Ending = Ending.COMPLETE


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """A request with what became of it. `status` is None where the client got no whole answer."""

    method: str
    path: str
    headers: Mapping[str, str]
    status: int | None
    at: datetime


Handler = Callable[[Request], Answer]


class LoopbackServer:
    """Serves `handler` on 127.0.0.1, by default on a free port. An async context manager."""

    def __init__(self, handler: Handler, *, now: Now = system_now, port: int = 0) -> None:
        """Take a synchronous `handler`; waiting is said in its answer. Nothing listens until `start`."""
        self.requests: list[LoggedRequest] = []
        self._handler = handler
        self._now = now
        self._port = port
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """The port that the server listens on (0 before `start`)."""
        return self._port

    @property
    def url(self) -> str:
        """The server's address without a final slash: `http://127.0.0.1:40123`."""
        return f"http://127.0.0.1:{self._port}"

    async def start(self) -> None:
        """Begin to listen. Raises OSError where the port is taken."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and break every open connection."""
        if self._server is None:
            return
        self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        await self.stop()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
        connection = h11.Connection(h11.SERVER)
        try:
            while (request := await _read(connection, reader)) is not None:
                if not await self._answer(request, connection, reader, writer):
                    break
                if connection.our_state is not h11.DONE or connection.their_state is not h11.DONE:
                    break
                connection.start_next_cycle()
        except (h11.RemoteProtocolError, ConnectionError) as error:
            _log.debug("a connection ended early: %s", error)
        except asyncio.CancelledError:
            # only `stop` cancels a connection; asyncio's streams of Python 3.11 report one that ends as cancelled
            _log.debug("a connection was cut by the server's stop")
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _answer(
        self, request: Request, connection: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Answer one request; return whether the connection goes on."""
        try:
            answer = self._handler(request)
        except Exception:  # noqa: BLE001 - logged; one bad answer must not end the stand-in
            _log.exception("the stand-in failed to answer %s %s", request.method, request.target)
            answer = Answer(status=500, body=b"the stand-in failed, see its log", content_type="text/plain")
        complete = answer.ending is Ending.COMPLETE
        self.requests.append(
            LoggedRequest(
                request.method, request.path, dict(request.headers), answer.status if complete else None, self._now()
            )
        )
        if answer.delay_s:
            await asyncio.sleep(answer.delay_s)
        if answer.ending is Ending.RESET:
            _reset(writer)
            return False
        if answer.ending is Ending.HANG:
            await reader.read()
            return False
        body = b"" if request.method == "HEAD" or answer.status in (204, 304) else answer.body
        writer.write(_head(connection, answer))
        if complete:
            if body:
                writer.write(connection.send(h11.Data(data=body)) or b"")
            writer.write(connection.send(h11.EndOfMessage()) or b"")
        else:
            writer.write(connection.send(h11.Data(data=body[: len(body) // 2])) or b"")
        await writer.drain()
        return complete


async def _read(connection: h11.Connection, reader: asyncio.StreamReader) -> Request | None:
    """Read one whole request; None at the end of the connection."""
    head: h11.Request | None = None
    body = bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(65536))
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > _MAX_BODY:
                return None
        elif isinstance(event, h11.EndOfMessage) and head is not None:
            return _request(head, bytes(body))
        else:
            return None


def _request(head: h11.Request, body: bytes) -> Request:
    target = head.target.decode("ascii", "replace")
    parts = urlsplit(target)
    return Request(
        method=head.method.decode("ascii"),
        target=target,
        path=unquote(parts.path),
        query=dict(parse_qsl(parts.query, keep_blank_values=True)),
        headers=tuple((name.decode("ascii").lower(), value.decode("latin-1")) for name, value in head.headers),
        body=body,
    )


def _head(connection: h11.Connection, answer: Answer) -> bytes:
    headers = list(answer.headers)
    if answer.content_type is not None:
        headers.append(("Content-Type", answer.content_type))
    if answer.status not in (204, 304):
        headers.append(("Content-Length", str(len(answer.body))))
    wire = [(name.encode("ascii"), value.encode("latin-1")) for name, value in headers]
    return connection.send(h11.Response(status_code=answer.status, headers=wire, reason=b"")) or b""


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close with a TCP reset: lingering for 0 s discards the queue (socket(7), SO_LINGER)."""
    connection = writer.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
