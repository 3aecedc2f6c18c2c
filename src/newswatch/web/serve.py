"""uvicorn inside the daemon's own event loop; signals stay the daemon's."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.applications import Starlette

from newswatch.errors import NewswatchError


class PortTaken(NewswatchError):
    """The address to listen on cannot be used."""

    def __init__(self, host: str, port: int, cause: str) -> None:
        self.host = host
        self.port = port
        super().__init__(
            f"cannot listen on {host}:{port}: {cause} (set another web.listen, or web.enabled = false; "
            "another newswatch may be running already)"
        )


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signal handlers alone."""
        yield


@asynccontextmanager
async def serve(app: Starlette, host: str, port: int) -> AsyncIterator[tuple[str, int]]:
    """Serve `app` on `host` and `port` while inside the block; yields the address in use (port 0 takes a free one).

    Requests under way get 2 seconds to finish at the end. Raises PortTaken.
    """
    listener = bind(host, port)
    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=100,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=2,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]), name="web")
    try:
        address = listener.getsockname()
        yield address[0], address[1]
    finally:
        server.should_exit = True
        await task


def bind(host: str, port: int) -> socket.socket:
    """Return a listening TCP socket. Raises PortTaken."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise PortTaken(host, port, error.strerror or str(error)) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(100)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise PortTaken(host, port, error.strerror or str(error)) from error
    return listener
