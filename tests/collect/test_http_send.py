"""The channels' requests: any answer is an answer, and what may have arrived is known exactly."""

import asyncio
from collections.abc import Sequence

import pytest

from newswatch.citizen.scripted import Script, ScriptedServer, Seen, Wire, answer
from newswatch.collect.http import Fetcher
from newswatch.model import FetchReason, HttpAnswer, HttpFailure, HttpRequest
from tests.collect.conftest import MakeFetcher


def post(url: str, **values: object) -> HttpRequest:
    facts: dict[str, object] = {
        "method": "POST",
        "headers": (("Content-Type", "application/json"), ("X-Id", "1")),
        "body": b'{"a": 1}',
        "timeout_s": 5.0,
        **values,
    }
    return HttpRequest(url=url, **facts)  # type: ignore[arg-type]


async def test_request_and_answer(server: ScriptedServer, fetcher: Fetcher) -> None:
    url = server.on("/hook", answer(202, b"taken", b"X-Ref: r1", b"Set-Cookie: a=b"))
    outcome = await fetcher.send(post(url + "?x=1"))
    assert isinstance(outcome, HttpAnswer)
    assert (outcome.status, outcome.body, outcome.headers["x-ref"]) == (202, b"taken", "r1")
    (seen,) = server.seen
    assert (seen.method, seen.path, seen.body) == ("POST", "/hook?x=1", b'{"a": 1}')
    assert seen.headers["content-type"] == b"application/json"
    assert seen.headers["x-id"] == b"1"
    assert seen.headers["user-agent"].startswith(b"newswatch/1.2 ")
    await fetcher.send(post(url))
    assert "cookie" not in server.seen[1].headers


@pytest.mark.parametrize("status", [301, 307, 400, 404, 429, 500])
async def test_every_status_is_an_answer_and_redirects_are_not_followed(
    server: ScriptedServer, fetcher: Fetcher, status: int
) -> None:
    outcome = await fetcher.send(post(server.on("/hook", answer(status, b"no", b"Location: /other"))))
    assert isinstance(outcome, HttpAnswer)
    assert outcome.status == status
    assert len(server.seen) == 1


async def test_a_get_has_no_body(server: ScriptedServer, fetcher: Fetcher) -> None:
    await fetcher.send(post(server.on("/api", answer(200, b"{}")), method="GET", body=b""))
    assert server.seen[0].method == "GET"
    assert "content-length" not in server.seen[0].headers


async def test_long_answers_are_cut(server: ScriptedServer, fetcher: Fetcher) -> None:
    outcome = await fetcher.send(post(server.on("/hook", answer(200, b"x" * 500_000)), max_bytes=1000))
    assert isinstance(outcome, HttpAnswer)
    assert outcome.body == b"x" * 1000


async def test_what_certainly_did_not_arrive(server: ScriptedServer, make_fetcher: MakeFetcher) -> None:
    async def unknown(host: str, port: int) -> Sequence[str]:
        raise OSError(-2, "Name or service not known")

    fetcher = make_fetcher(resolver=unknown)
    cases = {
        "http://127.0.0.1:1/": FetchReason.CONNECT,
        "http://nowhere.example/": FetchReason.DNS,
        "http://10.0.0.1/": FetchReason.BLOCKED_ADDRESS,
        "ftp://127.0.0.1/": FetchReason.SCHEME,
    }
    for url, reason in cases.items():
        outcome = await fetcher.send(post(url))
        assert isinstance(outcome, HttpFailure)
        assert (outcome.reason, outcome.maybe_sent) == (reason, False)


async def test_what_may_have_arrived(server: ScriptedServer, fetcher: Fetcher) -> None:
    async def silence(_seen: Seen, _wire: Wire) -> None:
        await asyncio.sleep(3600)

    async def close(_seen: Seen, _wire: Wire) -> None:
        return None

    async def reset(_: Seen, wire: Wire) -> None:
        wire.reset()

    async def half(_: Seen, wire: Wire) -> None:
        await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")

    expected: dict[str, tuple[Script, FetchReason]] = {
        "/silent": (silence, FetchReason.DEADLINE),
        "/close": (close, FetchReason.RESET),
        "/reset": (reset, FetchReason.RESET),
        "/half": (half, FetchReason.TRUNCATED),
    }
    for path, (script, reason) in expected.items():
        outcome = await fetcher.send(post(server.on(path, script), timeout_s=0.5))
        assert isinstance(outcome, HttpFailure), path
        assert (outcome.reason, outcome.maybe_sent) == (reason, True), path
    assert len(server.seen) == 4  # nothing was sent twice


async def test_connections_are_never_used_twice(server: ScriptedServer, fetcher: Fetcher) -> None:
    url = server.on("/hook", answer(200))
    for _ in range(3):
        await fetcher.send(post(url))
    assert server.connections == 3


async def test_a_marked_request_reaches_private_addresses(server: ScriptedServer, make_fetcher: MakeFetcher) -> None:
    fetcher = make_fetcher(allow_networks=())
    url = server.on("/hook", answer(200))
    refused = await fetcher.send(post(url))
    assert isinstance(refused, HttpFailure)
    assert refused.reason is FetchReason.BLOCKED_ADDRESS
    assert isinstance(await fetcher.send(post(url, allow_private=True)), HttpAnswer)
