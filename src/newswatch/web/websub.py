"""The address that hubs call: to make sure that we asked, and with what is new (https://www.w3.org/TR/websub/).

The last part of the path is a secret of the subscription. Who does not know it learns nothing here, and nobody's body
is read before it is known.
"""

from typing import Protocol

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from newswatch.model import Subscription
from newswatch.pipeline.websub import Verdict
from newswatch.web.app import Pages
from newswatch.web.common import HEADERS, body_of

# Section 7.1: what is not signed is answered like what is, so that nobody can try; 410 ends a subscription.
_STATUS = {Verdict.STORED: 202, Verdict.POLLED: 202, Verdict.FORGED: 202, Verdict.UNWANTED: 410}


class Subscriber(Protocol):
    """What the address asks the daemon."""

    async def subscribed(self, token: str) -> Subscription | None:
        """Return the subscription whose callback was called, None if there is none."""

    async def confirm(self, value: Subscription, query: dict[str, str]) -> str | None:
        """Return what a hub that makes sure is to be answered, None to refuse."""

    async def receive(
        self, value: Subscription, body: bytes, *, content_type: str | None, signature: str | None
    ) -> Verdict:
        """Take what a hub pushed."""


def websub_routes(subscriber: Subscriber, *, max_bytes: int) -> Pages:
    """Return the route of the callbacks; a delivery may have up to `max_bytes` bytes."""

    async def callback(request: Request) -> Response:
        subscription = await subscriber.subscribed(request.path_params["token"])
        if subscription is None:
            return _answer("there is no such subscription\n", 404)
        if request.method == "GET":
            text = await subscriber.confirm(subscription, dict(request.query_params))
            return _answer("nothing like this was asked for\n", 404) if text is None else _answer(text, 200)
        body = await body_of(request, max_bytes=max_bytes)
        if body is None:
            return _answer(f"more than {max_bytes} bytes\n", 413)
        verdict = await subscriber.receive(
            subscription,
            body,
            content_type=request.headers.get("content-type"),
            signature=request.headers.get("x-hub-signature"),
        )
        return _answer("", _STATUS[verdict])

    return [Route("/websub/{token}", callback, methods=["GET", "POST"])]


def _answer(text: str, status: int) -> Response:
    return PlainTextResponse(text, status_code=status, headers=HEADERS)
