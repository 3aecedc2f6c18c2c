"""The webhook receiver: signatures as Standard Webhooks says, and faults."""

import base64
import hashlib
import hmac
from collections import deque
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from newswatch.clock import VirtualClock
from newswatch.demo.webhook import SECRET, WebhookReceiver

START = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
OTHER = "whsec_" + base64.b64encode(b"the key of someone else entirely").decode()


@pytest.fixture
async def receiver() -> AsyncIterator[WebhookReceiver]:
    async with WebhookReceiver(now=VirtualClock(START)) as opened:
        yield opened


def signed(body: bytes, *, secret: str = SECRET, at: datetime = START, identity: str = "01A") -> dict[str, str]:
    stamp = str(int(at.timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{identity}.{stamp}.".encode() + body, hashlib.sha256).digest()
    signature = "v1," + base64.b64encode(digest).decode()
    return {"webhook-id": identity, "webhook-timestamp": stamp, "webhook-signature": signature}


def test_the_signature_of_the_specifications_example() -> None:
    # the example values of the Standard Webhooks libraries
    headers = signed(
        b'{"test": 2432232314}',
        secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        at=datetime.fromtimestamp(1614265330, UTC),
        identity="msg_p5jXN8AQM9LWM0D4loKWxJek",
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


async def test_a_signed_request_is_kept_by_its_id(receiver: WebhookReceiver, client: httpx.AsyncClient) -> None:
    body = '{"headline": "정상회담"}'.encode()
    for _ in range(2):
        assert (await client.post(receiver.url, content=body, headers=signed(body))).status_code == 204
    assert [receipt.data["headline"] for receipt in receiver.received["01A"]] == ["정상회담", "정상회담"]
    assert receiver.rejected == []


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "is missing"),
        (signed(b"{}", secret=OTHER), "no signature fits"),
        (signed(b"[]"), "no signature fits"),
        (signed(b"{}") | {"webhook-id": "01B"}, "no signature fits"),
        (signed(b"{}", at=START - timedelta(seconds=301)), "not a recent"),
        (signed(b"{}", at=START + timedelta(seconds=301)), "not a recent"),
        (signed(b"{}") | {"webhook-timestamp": "soon"}, "not a recent"),
    ],
)
async def test_anything_else_is_refused(
    receiver: WebhookReceiver, client: httpx.AsyncClient, headers: dict[str, str], reason: str
) -> None:
    assert (await client.post(receiver.url, content=b"{}", headers=headers)).status_code == 401
    assert receiver.received == {}
    assert reason in receiver.rejected[0]


async def test_one_good_signature_of_several_is_enough(receiver: WebhookReceiver, client: httpx.AsyncClient) -> None:
    good, bad = signed(b"{}"), signed(b"{}", secret=OTHER)
    both = good | {"webhook-signature": f"{bad['webhook-signature']} {good['webhook-signature']}"}
    assert (await client.post(receiver.url, content=b"{}", headers=both)).status_code == 204


async def test_faults_strike_before_or_after_keeping(receiver: WebhookReceiver, client: httpx.AsyncClient) -> None:
    receiver.faults = deque(["500", "410", "302", "429", "stored-500"])
    statuses = [(await client.post(receiver.url, content=b"{}", headers=signed(b"{}"))).status_code for _ in range(6)]
    assert statuses == [500, 410, 302, 429, 500, 204]
    assert len(receiver.received["01A"]) == 2
    receiver.faults = deque(["stored-reset", "reset"])
    for kept in (3, 3):
        with pytest.raises(httpx.ReadError):
            await client.post(receiver.url, content=b"{}", headers=signed(b"{}"))
        assert len(receiver.received["01A"]) == kept


def test_a_secret_that_is_not_base64_is_refused() -> None:
    with pytest.raises(ValueError, match="whsec_"):
        WebhookReceiver(secrets=["whsec_???"])
