"""The address that hubs call, over real connections."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx
import pytest
from starlette.applications import Starlette

from newswatch.model import Hub, Subscription
from newswatch.pipeline.websub import Verdict
from newswatch.web.serve import serve
from newswatch.web.websub import websub_routes

KNOWN = Subscription(1, Hub("https://hub.example/", "https://n.example/rss"), "known", "secret", "active")
MAX_BYTES = 1000


@dataclass
class Subscriber:
    """Answers as the test says and keeps what it was given."""

    text: str | None = "echo <b>"
    verdict: Verdict = Verdict.STORED
    query: dict[str, str] = field(default_factory=dict)
    received: list[tuple[bytes, str | None, str | None]] = field(default_factory=list)

    async def subscribed(self, token: str) -> Subscription | None:
        return KNOWN if token == KNOWN.token else None

    async def confirm(self, _value: Subscription, query: dict[str, str]) -> str | None:
        self.query = query
        return self.text

    async def receive(
        self, _value: Subscription, body: bytes, *, content_type: str | None, signature: str | None
    ) -> Verdict:
        self.received.append((body, content_type, signature))
        return self.verdict


@pytest.fixture
def subscriber() -> Subscriber:
    return Subscriber()


@pytest.fixture
async def client(subscriber: Subscriber) -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(routes=list(websub_routes(subscriber, max_bytes=MAX_BYTES)))
    async with (
        serve(app, "127.0.0.1", 0) as (host, port),
        httpx.AsyncClient(trust_env=False, base_url=f"http://{host}:{port}/websub") as opened,
    ):
        yield opened


async def test_a_challenge_is_answered_as_plain_text(client: httpx.AsyncClient, subscriber: Subscriber) -> None:
    answer = await client.get("/known", params={"hub.mode": "subscribe", "hub.topic": KNOWN.hub.topic})
    assert (answer.status_code, answer.text) == (200, "echo <b>")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert subscriber.query == {"hub.mode": "subscribe", "hub.topic": KNOWN.hub.topic}
    subscriber.text = None
    assert (await client.get("/known")).status_code == 404


@pytest.mark.parametrize(
    ("verdict", "status"),
    [(Verdict.STORED, 202), (Verdict.POLLED, 202), (Verdict.FORGED, 202), (Verdict.UNWANTED, 410)],
)
async def test_deliveries(client: httpx.AsyncClient, subscriber: Subscriber, verdict: Verdict, status: int) -> None:
    subscriber.verdict = verdict
    headers = {"Content-Type": "application/rss+xml", "X-Hub-Signature": "sha256=00"}
    answer = await client.post("/known", content=b"x" * MAX_BYTES, headers=headers)
    assert (answer.status_code, answer.text) == (status, "")
    assert subscriber.received == [(b"x" * MAX_BYTES, "application/rss+xml", "sha256=00")]


async def test_what_is_too_large_or_for_nobody_is_not_taken(client: httpx.AsyncClient, subscriber: Subscriber) -> None:
    assert (await client.post("/known", content=b"x" * (MAX_BYTES + 1))).status_code == 413
    assert (await client.post("/unknown", content=b"x")).status_code == 404
    assert (await client.get("/unknown")).status_code == 404
    assert (await client.put("/known", content=b"x")).status_code == 405
    assert subscriber.received == []
