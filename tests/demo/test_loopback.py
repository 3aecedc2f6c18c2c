"""The HTTP server under the stand-ins: connections that go on, that are refused, and that a stop cuts."""

import asyncio
from typing import Any

import httpx

from newswatch.demo.loopback import Answer, LoopbackServer, Request


def echo(request: Request) -> Answer:
    return Answer(body=request.body or request.path.encode(), content_type="application/octet-stream")


async def test_one_connection_carries_many_requests(client: httpx.AsyncClient) -> None:
    async with LoopbackServer(echo) as server:
        bodies = [(await client.post(server.url, content=bytes([number]) * 70_000)).content for number in range(3)]
        assert bodies == [bytes([number]) * 70_000 for number in range(3)]
        assert len(server._connections) == 1


async def test_paths_and_queries_are_decoded(client: httpx.AsyncClient) -> None:
    seen: list[Request] = []

    def keep(request: Request) -> Answer:
        seen.append(request)
        return Answer()

    async with LoopbackServer(keep) as server:
        await client.get(server.url + "/정상/회담", params={"q": "a b", "empty": ""})
    assert seen[0].path == "/정상/회담"
    assert seen[0].query == {"q": "a b", "empty": ""}
    assert seen[0].header("host") == server.url.removeprefix("http://")
    assert seen[0].header("x-none") is None


async def test_what_is_not_http_is_cut_off_and_others_go_on(client: httpx.AsyncClient) -> None:
    async with LoopbackServer(echo) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"\x16\x03\x01 this is no request\r\n\r\n")
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()
        assert (await client.get(server.url + "/x")).content == b"/x"


async def test_a_stop_cuts_open_connections_without_noise(client: httpx.AsyncClient) -> None:
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    async with LoopbackServer(echo) as server:
        await client.get(server.url)
        assert server._connections
    await asyncio.sleep(0)
    assert not server._connections
    assert complaints == []
