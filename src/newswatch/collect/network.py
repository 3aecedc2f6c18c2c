"""Names to addresses to connections, with the address checked where the connection is made.

`Dialer` has the form of an httpcore network backend without knowing httpcore, so that `http` alone depends on it.
"""

import asyncio
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from newswatch.collect.addresses import Address, Network, literal_address, may_connect
from newswatch.model import FetchReason

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Takes a host name and a port, returns IP addresses as text, best first. Raises OSError if there are none."""

Connect = Callable[[str, int], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]
"""Takes a checked IP address and a port and connects. Raises OSError."""

_READ_BUFFER = 256 * 1024
_LOOKUPS_AT_ONCE = 32


class NetworkTrouble(Exception):
    """No connection, or one that broke. `detail` is for people."""

    def __init__(self, reason: FetchReason, detail: str) -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(detail)


@dataclass(slots=True)
class Traffic:
    """What one request has done on the network so far."""

    written: bool = False  # at least one byte of the request may have left


traffic: ContextVar[Traffic | None] = ContextVar("traffic", default=None)
"""The record of the request that the current task makes."""


class SystemResolver:
    """The operating system's resolver, in threads that never keep the program from ending.

    A look-up cannot be stopped once it has begun. Threads of an executor would be waited for at exit, for as long as
    a dead name server takes to time out; these are daemon threads, at most `_LOOKUPS_AT_ONCE` of them.
    """

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(_LOOKUPS_AT_ONCE)

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """Return the addresses of `host`. Raises OSError."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[str]] = loop.create_future()

        def deliver(addresses: list[str] | None, error: OSError | UnicodeError | None) -> None:
            self._slots.release()
            if answer.done():
                return
            if error is not None:
                answer.set_exception(OSError(str(error)) if isinstance(error, UnicodeError) else error)
            else:
                answer.set_result(addresses or [])

        def look_up() -> None:
            addresses: list[str] | None = None
            problem: OSError | UnicodeError | None = None
            try:
                found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
                addresses = list(dict.fromkeys(str(item[4][0]) for item in found))
            except (OSError, UnicodeError) as error:
                problem = error
            if not loop.is_closed():
                loop.call_soon_threadsafe(deliver, addresses, problem)

        await self._slots.acquire()
        threading.Thread(target=look_up, name=f"resolve-{host}", daemon=True).start()
        return await answer


class Stream:
    """One connection, in the form that httpcore wants: read, write, start_tls, aclose, get_extra_info."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's form
        """Return what has arrived, b"" at the end. Raises NetworkTrouble."""
        try:
            async with asyncio.timeout(timeout):
                return await self._reader.read(max_bytes)
        except TimeoutError:
            raise NetworkTrouble(FetchReason.DEADLINE, f"the server was silent for {timeout:g} s") from None
        except ssl.SSLError as error:
            raise NetworkTrouble(FetchReason.TLS, f"the encrypted connection broke: {_plain(error)}") from error
        except OSError as error:
            raise NetworkTrouble(FetchReason.RESET, f"the server broke the connection: {_plain(error)}") from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore's form
        """Send all of `buffer`.

        A connection that breaks here is not reported: the server may have answered and closed before it read
        everything, and reading next tells which it was. Raises NetworkTrouble when the time is over.
        """
        record = traffic.get()
        if record is not None and buffer:
            record.written = True
        try:
            async with asyncio.timeout(timeout):
                self._writer.write(buffer)
                await self._writer.drain()
        except TimeoutError:
            raise NetworkTrouble(FetchReason.DEADLINE, f"the server took nothing for {timeout:g} s") from None
        except OSError:
            return

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's form
    ) -> "Stream":
        """Encrypt the connection and check the server's certificate. Raises NetworkTrouble."""
        try:
            async with asyncio.timeout(timeout):
                await self._writer.start_tls(ssl_context, server_hostname=server_hostname)
        except TimeoutError:
            await self.aclose()
            raise NetworkTrouble(FetchReason.CONNECT, f"no encrypted connection within {timeout:g} s") from None
        except ssl.SSLCertVerificationError as error:
            await self.aclose()
            detail = f"the certificate of {server_hostname} is not valid: {error.verify_message}"
            raise NetworkTrouble(FetchReason.TLS, detail) from error
        except OSError as error:  # ssl.SSLError is one
            await self.aclose()
            detail = f"{server_hostname} and newswatch found no common encryption: {_plain(error)}"
            raise NetworkTrouble(FetchReason.TLS, detail) from error
        return self

    async def aclose(self) -> None:
        """Close at once; what is still to be written is thrown away."""
        self._writer.transport.abort()

    def get_extra_info(self, info: str) -> Any:
        """Return what httpcore asks about: whether an idle connection is still good, and the TLS object."""
        if info == "is_readable":  # on an idle connection: the server has closed it or speaks out of turn
            return self._reader.at_eof() or self._writer.transport.is_closing()
        return self._writer.get_extra_info(info)


async def system_connect(address: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect over TCP. Raises OSError."""
    return await asyncio.open_connection(address, port, limit=_READ_BUFFER)


class Dialer:
    """Makes connections to allowed addresses only."""

    def __init__(
        self,
        resolver: Resolver,
        connect: Connect,
        *,
        allow_networks: Sequence[Network] = (),
        allow_private: bool = False,
    ) -> None:
        """Resolve with `resolver` and connect with `connect` to what the rest allows (see `addresses.may_connect`)."""
        self._resolver = resolver
        self._connect = connect
        self._allow_networks = allow_networks
        self._allow_private = allow_private

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's form
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> Stream:
        """Connect to the first address of `host` that answers.

        If any of the addresses is not allowed, none is tried: a name that points both outside and inside is somebody
        probing. Raises NetworkTrouble.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        addresses = self._checked(host, await self._resolve(host, port, timeout))
        left = None if timeout is None else max(0.001, timeout - (loop.time() - began))
        return await self._connect_first(host, port, addresses, left)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's form
        socket_options: Iterable[Any] | None = None,
    ) -> Stream:
        """Refuse: nothing that newswatch talks to is a Unix socket."""
        raise NetworkTrouble(FetchReason.BLOCKED_ADDRESS, "Unix sockets are not connected to")

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    def _checked(self, host: str, addresses: Sequence[Address]) -> Sequence[Address]:
        for address in addresses:
            if not may_connect(address, allow_networks=self._allow_networks, allow_private=self._allow_private):
                raise NetworkTrouble(FetchReason.BLOCKED_ADDRESS, blocked_detail(host, address))
        return addresses

    async def _resolve(self, host: str, port: int, limit: float | None) -> Sequence[Address]:
        literal = literal_address(host)
        if literal is not None:
            return [literal]
        try:
            async with asyncio.timeout(limit):
                texts = await self._resolver(host, port)
        except TimeoutError:
            raise NetworkTrouble(FetchReason.DNS, f"the name server did not answer for {host}") from None
        except OSError as error:
            raise NetworkTrouble(FetchReason.DNS, f"{host} cannot be resolved: {_plain(error)}") from error
        found = [address for address in map(literal_address, texts) if address is not None]
        if not found:
            raise NetworkTrouble(FetchReason.DNS, f"{host} has no address")
        return found

    async def _connect_first(self, host: str, port: int, addresses: Sequence[Address], limit: float | None) -> Stream:
        problem: Exception = OSError("no address")
        for left in range(len(addresses), 0, -1):
            address = addresses[len(addresses) - left]
            try:
                # A share of the time for each, so that one silent address does not hide a working one.
                async with asyncio.timeout(None if limit is None or left == 1 else limit / len(addresses)):
                    reader, writer = await self._connect(str(address), port)
            except (OSError, TimeoutError) as error:
                problem = error
                continue
            return Stream(reader, writer)
        raise NetworkTrouble(FetchReason.CONNECT, f"no connection to {host}: {_plain(problem)}") from problem


def blocked_detail(host: str, address: Address) -> str:
    """Say that an address is not connected to, and what the user can do about it."""
    spelled = host if host == str(address) else f"{host} ({address})"
    return (
        f"{spelled} is not a public address; if it is yours, set allow_private for the feed "
        "or add its network to http.allow_networks"
    )


def _plain(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    text = getattr(error, "strerror", None) or getattr(error, "reason", None) or str(error)
    return str(text) or type(error).__name__
