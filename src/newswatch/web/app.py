"""What the daemon answers over HTTP: is it alive, does it work, what does it count, and the order to reload.

Paths are Alertmanager's, which operators know, with the aliases that orchestrators expect. Nothing here shows what is
stored or who is told, and everything is unauthenticated: it listens on this machine unless configured otherwise.
"""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from newswatch.errors import NewswatchError
from newswatch.metrics import CONTENT_TYPE, Metrics
from newswatch.web.common import HEADERS, from_other_site

READY_TIMEOUT_S = 5.0

_INDEX = """newswatch

GET  /-/healthy   the process answers (also /healthz)
GET  /-/ready     the database answers and the daemon makes progress (also /readyz)
GET  /metrics     Prometheus metrics
POST /-/reload    read the configuration again
"""

Pages = Sequence[Route]
"""What a part of newswatch answers over HTTP."""


class Probe(Protocol):
    """What the pages ask the daemon."""

    @property
    def metrics(self) -> Metrics:
        """What has been counted."""

    async def ready(self) -> tuple[bool, dict[str, str]]:
        """Tell whether everything works, and each thing's state in words."""

    async def reload(self) -> None:
        """Read the configuration again. Raises NewswatchError and keeps the old one if it cannot be used."""


def build_app(
    probe: Probe, *, metrics: bool = True, ready_timeout_s: float = READY_TIMEOUT_S, others: Pages = ()
) -> Starlette:
    """Return the application that answers for `probe`, with what `others` answer.

    `metrics` tells whether /metrics is served; readiness that takes longer than `ready_timeout_s` counts as not ready.
    """

    async def index(_request: Request) -> Response:
        return PlainTextResponse(_INDEX, headers=HEADERS)

    async def healthy(_request: Request) -> Response:
        return PlainTextResponse("healthy\n", headers=HEADERS)

    async def ready(_request: Request) -> Response:
        try:
            ok, checks = await asyncio.wait_for(probe.ready(), ready_timeout_s)
        except TimeoutError:
            ok, checks = False, {"daemon": f"no answer within {ready_timeout_s:g} s"}
        return JSONResponse({"ready": ok, "checks": checks}, status_code=200 if ok else 503, headers=HEADERS)

    async def show_metrics(_request: Request) -> Response:
        return Response(probe.metrics.exposition(), headers={**HEADERS, "Content-Type": CONTENT_TYPE})

    async def reload(request: Request) -> Response:
        # A page in somebody's browser must not be able to do this.
        if from_other_site(request):
            return PlainTextResponse("refused: the request comes from another site\n", status_code=403, headers=HEADERS)
        try:
            await probe.reload()
        except NewswatchError as error:
            text = f"not reloaded, the old configuration stays in force:\n{error}\n"
            return PlainTextResponse(text, status_code=422, headers=HEADERS)
        return PlainTextResponse("reloaded\n", headers=HEADERS)

    routes = [
        Route("/", index),
        *(Route(path, healthy) for path in ("/-/healthy", "/healthz")),
        *(Route(path, ready) for path in ("/-/ready", "/readyz")),
        Route("/-/reload", reload, methods=["POST"]),
        *others,
    ]
    if metrics:
        routes.append(Route("/metrics", show_metrics))
    return Starlette(routes=routes)
