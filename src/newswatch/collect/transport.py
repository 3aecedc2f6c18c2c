"""One HTTP exchange over connections of our own. The only module that knows httpx and httpcore.

httpx's client is left out: it keeps cookies, rewrites headers and costs more than the rest of a poll. What is used is
its transport interface, so that another transport (httpx's own, httpx-aiohttp) stays a change of this file, over
httpcore's HTTP/1.1 connection. httpcore's pool is left out for its cost as well: it walks over every connection several
times for each request. docs/adr/0005 has the figures.
"""

import ssl
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

import httpcore
import httpx

from newswatch.collect.network import Dialer, NetworkTrouble
from newswatch.collect.targets import Target
from newswatch.model import FetchReason

_KEPT_CONNECTIONS = 100
_KEEP_ALIVE_S = 15.0

# httpx knows four limits; ours come as "connect", "read" and "write".
Timeouts = dict[str, float]
Headers = list[tuple[bytes, bytes]]
Transport = httpx.AsyncBaseTransport
_Origin = tuple[bytes, bytes, int | None]  # scheme, host, port

_CLOSED_EARLY = "Server disconnected without sending a response"


@dataclass(frozen=True, slots=True)
class Exchange:
    """An answer whose headers are there and whose body is still to be read."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]  # lower-case names, values as received
    _stream: Any

    async def body(self) -> AsyncIterator[bytes]:
        """Yield the body as it is on the wire, without chunking. Raises NetworkTrouble."""
        try:
            async for piece in self._stream:
                yield piece
        except httpcore.RemoteProtocolError as error:
            detail = f"the body ends too early or is damaged: {error}"
            raise NetworkTrouble(FetchReason.TRUNCATED, detail) from error


class KeptConnections(httpx.AsyncBaseTransport):
    """Connections that a dialer made, used again for the same origin as long as they are good."""

    def __init__(self, dialer: Dialer, tls: ssl.SSLContext | None, *, keep: bool) -> None:
        """Use `tls` for https. With `keep` False every request has a connection of its own."""
        self._dialer: Any = dialer
        self._tls = tls
        self._keep = keep
        self._idle: OrderedDict[int, tuple[_Origin, httpcore.AsyncHTTP11Connection]] = OrderedDict()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request and return as soon as the headers of the answer are there."""
        wire = _to_wire(request)
        connection = await self._take(_origin(wire))
        answer = None if connection is None else await self._ask_again(connection, wire)
        if connection is None or answer is None:
            connection = await self._dial(wire)
            answer = await connection.handle_async_request(wire)
        stream = _Body(self, connection, _origin(wire), answer.stream)
        return httpx.Response(answer.status, headers=answer.headers, stream=stream, extensions=answer.extensions)

    async def aclose(self) -> None:
        """Close every connection that is kept."""
        kept, self._idle = list(self._idle.values()), OrderedDict()
        for _, connection in kept:
            await connection.aclose()

    async def give_back(self, origin: _Origin, connection: httpcore.AsyncHTTP11Connection) -> None:
        """Keep a connection whose exchange is over, if it can serve another."""
        if not connection.is_idle():
            return
        if not self._keep:
            await connection.aclose()
            return
        self._idle[id(connection)] = (origin, connection)
        for key, (_, other) in list(self._idle.items()):
            if len(self._idle) <= _KEPT_CONNECTIONS and not other.has_expired():
                break  # the oldest come first
            del self._idle[key]
            await other.aclose()

    @staticmethod
    async def _ask_again(
        connection: httpcore.AsyncHTTP11Connection, wire: httpcore.Request
    ) -> httpcore.Response | None:
        """Use a kept connection; None if the server had closed it.

        A request that got no answer may then be sent again (RFC 9112, section 9.3.1). Only GETs come here: with
        `keep` False no connection is ever kept.
        """
        try:
            return await connection.handle_async_request(wire)
        except httpcore.RemoteProtocolError as error:
            if not str(error).startswith(_CLOSED_EARLY):
                raise
        except NetworkTrouble as error:
            if error.reason is not FetchReason.RESET:
                raise
        return None

    async def _take(self, origin: _Origin) -> httpcore.AsyncHTTP11Connection | None:
        for key, (whose, connection) in list(self._idle.items()):
            if whose == origin:
                del self._idle[key]
                if not connection.has_expired():
                    return connection
                await connection.aclose()
        return None

    async def _dial(self, wire: httpcore.Request) -> httpcore.AsyncHTTP11Connection:
        origin, limit = wire.url.origin, wire.extensions["timeout"]["connect"]
        host = origin.host.decode("ascii")
        stream = await self._dialer.connect_tcp(host, origin.port, limit)
        if self._tls is not None:
            stream = await stream.start_tls(self._tls, host, limit)
        return httpcore.AsyncHTTP11Connection(origin, stream, keepalive_expiry=_KEEP_ALIVE_S)


class ThroughProxy(httpx.AsyncBaseTransport):
    """Connections that an HTTP proxy makes for us."""

    def __init__(self, proxy: Target, tls: ssl.SSLContext | None) -> None:
        credentials = [(b"Proxy-Authorization", proxy.authorization)] if proxy.authorization else None
        self._pool = httpcore.AsyncHTTPProxy(
            f"{proxy.scheme}://{proxy.authority}",
            proxy_headers=credentials,
            ssl_context=tls,
            max_connections=None,
            max_keepalive_connections=_KEPT_CONNECTIONS,
            keepalive_expiry=_KEEP_ALIVE_S,
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request and return as soon as the headers of the answer are there."""
        answer = await self._pool.handle_async_request(_to_wire(request))
        stream = cast("httpx.AsyncByteStream", answer.stream)
        return httpx.Response(answer.status, headers=answer.headers, stream=stream, extensions=answer.extensions)

    async def aclose(self) -> None:
        """Close every connection to the proxy."""
        await self._pool.aclose()


@asynccontextmanager
async def exchange(
    transport: Transport, method: str, target: Target, headers: Headers, body: bytes, timeouts: Timeouts
) -> AsyncIterator[Exchange]:
    """Send one request; inside the block the answer can be read. Raises NetworkTrouble."""
    try:
        request = httpx.Request(
            method,
            httpx.URL(f"{target.scheme}://{target.authority}/"),
            headers=headers,
            stream=httpx.ByteStream(body),
            extensions={"timeout": timeouts, "target": target.path},
        )
        response = await transport.handle_async_request(request)
    except httpcore.RemoteProtocolError as error:
        if str(error).startswith(_CLOSED_EARLY):
            raise NetworkTrouble(FetchReason.RESET, "the server closed the connection without an answer") from error
        raise NetworkTrouble(FetchReason.PROTOCOL, f"the answer is not valid HTTP: {error}") from error
    except (httpcore.ProtocolError, httpx.InvalidURL) as error:
        raise NetworkTrouble(FetchReason.PROTOCOL, f"the request is not valid HTTP: {error}") from error
    except httpcore.ProxyError as error:
        raise NetworkTrouble(FetchReason.CONNECT, f"the proxy refused: {error}") from error
    except (httpcore.NetworkError, httpcore.TimeoutException) as error:
        raise NetworkTrouble(FetchReason.CONNECT, f"no connection through the proxy: {error}") from error
    stream = cast("httpx.AsyncByteStream", response.stream)
    try:
        fields = tuple((name.lower(), value) for name, value in response.headers.raw)
        yield Exchange(response.status_code, fields, stream)
    finally:
        await stream.aclose()


class _Body(httpx.AsyncByteStream):
    """A body that gives its connection back when it is closed."""

    def __init__(
        self, owner: KeptConnections, connection: httpcore.AsyncHTTP11Connection, origin: _Origin, inner: Any
    ) -> None:
        self._owner = owner
        self._connection = connection
        self._origin = origin
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._inner:
            yield piece

    async def aclose(self) -> None:
        await self._inner.aclose()
        await self._owner.give_back(self._origin, self._connection)


def _origin(wire: httpcore.Request) -> _Origin:
    return wire.url.scheme, wire.url.host, wire.url.port


def _to_wire(request: httpx.Request) -> httpcore.Request:
    """Turn httpx's request into httpcore's, with path and query byte for byte as `exchange` was given them."""
    url = request.url
    target: bytes = request.extensions["target"]
    return httpcore.Request(
        request.method,
        httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=target),
        headers=request.headers.raw,
        content=request.stream,
        extensions={"timeout": request.extensions["timeout"]},
    )
