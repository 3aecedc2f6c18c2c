"""A receiver of signed webhooks, as the Standard Webhooks specification describes them.

Source: standard-webhooks specification, "Verifying webhook authenticity".
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from newswatch.clock import Now, system_now
from newswatch.demo.loopback import Answer, Ending, LoggedRequest, LoopbackServer, Request

PATH = "/newswatch"
SECRET = "whsec_" + base64.b64encode(b"the demo receiver's signing key!").decode()
FAULTS = ("ok", "500", "429", "410", "302", "reset", "hang", "stored-500", "stored-reset", "stored-hang")
"""Steps of `WebhookReceiver.faults`; any status may stand there."""
_TOLERANCE_S = 300  # the specification's suggestion against replayed requests


@dataclass(frozen=True, slots=True)
class Receipt:
    """One request whose signature was right."""

    id: str
    timestamp: int
    body: bytes
    received_at: datetime

    @property
    def data(self) -> Any:
        """The decoded JSON body."""
        return json.loads(self.body)


class WebhookReceiver:
    """Verifies signatures and keeps bodies by id. An async context manager.

    `faults` is used up from the left, one step for each request with a good signature; `rejected` says why others were
    refused.
    """

    def __init__(self, *, secrets: Sequence[str] = (SECRET,), now: Now = system_now, port: int = 0) -> None:
        """Accept signatures made with any of `secrets` (`whsec_` + base64)."""
        self.received: dict[str, list[Receipt]] = {}
        self.rejected: list[str] = []
        self.faults: deque[str] = deque()
        self._keys = [_key(secret) for secret in secrets]
        self._now = now
        self._server = LoopbackServer(self._handle, now=now, port=port)

    @property
    def requests(self) -> list[LoggedRequest]:
        """Every request so far."""
        return self._server.requests

    @property
    def port(self) -> int:
        """Its port."""
        return self._server.port

    @property
    def url(self) -> str:
        """Where webhooks are to be sent."""
        return self._server.url + PATH

    async def __aenter__(self) -> Self:
        """Start."""
        await self._server.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        await self._server.stop()

    def _handle(self, request: Request) -> Answer:
        if request.method != "POST" or request.path != PATH:
            return Answer(404, b"not found", "text/plain")
        problem = self._problem(request)
        if problem is not None:
            self.rejected.append(problem)
            return Answer(401, problem.encode(), "text/plain")
        fault = self.faults.popleft() if self.faults else "ok"
        if fault == "ok" or fault.startswith("stored-"):
            self._keep(request)
            fault = fault.removeprefix("stored-")
        if fault == "ok":
            return Answer(204)
        if fault in ("reset", "hang"):
            return Answer(ending=Ending(fault))
        headers = {"429": (("Retry-After", "1"),), "302": (("Location", self._server.url + "/elsewhere"),)}
        return Answer(int(fault), b"fault", "text/plain", headers=headers.get(fault, ()))

    def _problem(self, request: Request) -> str | None:
        """Say what is wrong with a request's signature, or None."""
        identity, stamp = request.header("webhook-id"), request.header("webhook-timestamp")
        signatures = request.header("webhook-signature")
        if not identity or not stamp or not signatures:
            return "a webhook-id, webhook-timestamp or webhook-signature header is missing"
        if not stamp.isdigit() or abs(self._now().timestamp() - int(stamp)) > _TOLERANCE_S:
            return f"the timestamp {stamp} is not a recent Unix time"
        signed = f"{identity}.{stamp}.".encode() + request.body
        expected = {_signature(key, signed) for key in self._keys}
        if not any(hmac.compare_digest(given, right) for given in signatures.split(" ") for right in expected):
            return "no signature fits"
        return None

    def _keep(self, request: Request) -> None:
        identity = request.header("webhook-id") or ""
        receipt = Receipt(identity, int(request.header("webhook-timestamp") or 0), request.body, self._now())
        self.received.setdefault(identity, []).append(receipt)


def _key(secret: str) -> bytes:
    """Return the bytes of a `whsec_` secret. Raises ValueError."""
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error as error:
        raise ValueError("a signing secret is whsec_ followed by base64") from error


def _signature(key: bytes, signed: bytes) -> str:
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
