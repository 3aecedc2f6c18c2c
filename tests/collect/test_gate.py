"""What a browser can reach, and what not, asked as a browser asks its proxy."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from ipaddress import ip_network

import pytest

from newswatch.collect.gate import Gate
from newswatch.collect.network import Dialer, system_connect

HERE = "127.0.0.2"  # what counts as public in these tests; 127.0.0.1 is inside


async def resolve(host: str, _port: int) -> Sequence[str]:
    return ["127.0.0.1" if host == "inside.example" else HERE]


def dialer() -> Dialer:
    return Dialer(resolve, system_connect, allow_networks=[ip_network(f"{HERE}/32")])


class Server:
    """Answers every connection with its first bytes and keeps them."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.seen: list[bytes] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.seen.append(await reader.read(65_536))
        writer.write(self.answer)
        await writer.drain()
        writer.close()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
    async with await asyncio.start_server(made.serve, "0.0.0.0") as listening:  # on both addresses
        made.port = listening.sockets[0].getsockname()[1]
        yield made


async def ask(gate: Gate, request: str) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", gate.port)
    writer.write(request.encode())
    try:
        return await reader.read()
    finally:
        writer.close()


async def test_a_plain_request_is_passed_on_without_what_is_the_proxys(server: Server) -> None:
    async with Gate(dialer(), max_bytes=1000) as gate:
        request = (
            f"GET http://news.example:{server.port}/a?b=c HTTP/1.1\r\nHost: news.example\r\nProxy-Connection: x\r\n\r\n"
        )
        assert (await ask(gate, request)).endswith(b"\r\n\r\nhello")
    assert server.seen == [b"GET /a?b=c HTTP/1.1\r\nHost: news.example\r\nConnection: close\r\n\r\n"]


async def test_a_tunnel_passes_bytes_both_ways(server: Server) -> None:
    async with Gate(dialer(), max_bytes=1000) as gate:
        reader, writer = await asyncio.open_connection("127.0.0.1", gate.port)
        writer.write(f"CONNECT news.example:{server.port} HTTP/1.1\r\n\r\n".encode())
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 200 Connection established\r\n\r\n"
        writer.write(b"\x16\x03\x01")
        assert (await reader.read()).endswith(b"hello")
        writer.close()
    assert server.seen == [b"\x16\x03\x01"]


@pytest.mark.parametrize("host", ["inside.example", "127.0.0.1", "0x7f.1", "[::1]", "169.254.169.254"])
@pytest.mark.parametrize("form", ["CONNECT {}:{} HTTP/1.1", "GET http://{}:{}/ HTTP/1.1"])
async def test_private_addresses_are_out_of_reach(server: Server, host: str, form: str) -> None:
    async with Gate(dialer(), max_bytes=1000) as gate:
        answer = await ask(gate, form.format(host, server.port) + "\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 403 ")
        assert "not a public address" in gate.refused[0]
    assert server.seen == []


@pytest.mark.parametrize(
    "line",
    ["GET / HTTP/1.1", "GET ftp://news.example/ HTTP/1.1", "CONNECT news.example HTTP/1.1", "hello", "GET  HTTP/9"],
)
async def test_what_is_no_request_for_a_proxy_is_refused(line: str) -> None:
    async with Gate(dialer(), max_bytes=1000) as gate:
        assert (await ask(gate, f"{line}\r\n\r\n")).startswith(b"HTTP/1.1 400 ")


async def test_what_is_more_than_allowed_is_cut_off(server: Server) -> None:
    server.answer = b"x" * 3000
    async with Gate(dialer(), max_bytes=2000) as gate:
        answer = await ask(gate, f"GET http://news.example:{server.port}/ HTTP/1.1\r\n\r\n")
        assert len(answer) <= 2000
        assert gate.exhausted
