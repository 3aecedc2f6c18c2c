"""The only place that makes HTTP requests: conditional GETs for feeds and pages, and the channels' calls.

What is asked is decided here and what an answer means in `answers`; `transport` speaks HTTP, `network` makes
connections and checks every address that is about to be connected, `decoding` undoes content codings, `politeness`
spaces requests.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

import certifi

from newswatch.clock import Now
from newswatch.collect.addresses import literal_address, may_connect
from newswatch.collect.answers import MOST_HEADERS, REDIRECTS, SUCCESS, Answer, failure, judge
from newswatch.collect.decoding import OFFERED, BadBody, decode_body
from newswatch.collect.network import (
    Connect,
    Dialer,
    NetworkTrouble,
    Resolver,
    SystemResolver,
    Traffic,
    blocked_detail,
    system_connect,
    traffic,
)
from newswatch.collect.politeness import HostLimiter, Limits
from newswatch.collect.settings import HttpSettings
from newswatch.collect.targets import BadTarget, Target, follow, read_target
from newswatch.collect.transport import Exchange, KeptConnections, ThroughProxy, Transport, exchange
from newswatch.model import (
    FetchFailure,
    FetchOutcome,
    FetchReason,
    FetchRequest,
    HttpAnswer,
    HttpFailure,
    HttpRequest,
    Redirect,
)
from newswatch.redact import redact_url

FEED_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1"
)
PAGE_ACCEPT = "text/html, application/xhtml+xml, */*;q=0.1"

_DRAIN = 16 * 1024
_LARGE_BODY = 512 * 1024  # decoded in a thread, to keep the event loop free


class Fetcher:
    """Fetches feeds and pages, and sends the channels' requests. One for each process.

    An async context manager; closing it closes its connections.
    """

    def __init__(
        self,
        settings: HttpSettings,
        *,
        now: Now,
        version: str,
        resolver: Resolver | None = None,
        backend: Connect | None = None,
        limiter: HostLimiter | None = None,
    ) -> None:
        """Prepare; nothing is opened yet.

        `version` goes into the User-Agent. `resolver`, `backend` (which connects to a checked address) and `limiter`
        stand in for the operating system's and the settings' own.
        """
        self._settings = settings
        self._now = now
        self._resolver = resolver
        self._connect = backend or system_connect
        self._user_agent = f"newswatch/{version} (+{settings.contact_url})".encode()
        self._limiter = limiter or HostLimiter(
            per_host=settings.per_host,
            spacing_s=settings.host_spacing,
            rate=settings.max_rate,
            unspaced_hosts=settings.unspaced_hosts,
            exceptions={
                name.lower(): Limits(host.per_host, host.spacing, apart=host.apart)
                for name, host in settings.hosts.items()
            },
        )
        self._timeouts = {
            "connect": settings.connect_timeout,
            "read": settings.read_timeout,
            "write": settings.read_timeout,
        }
        self._transports: dict[tuple[bool, bool, bool, str | None], Transport] = {}
        self._ssl_context: ssl.SSLContext | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections."""
        transports, self._transports = list(self._transports.values()), {}
        for transport in transports:
            await transport.aclose()

    async def fetch(self, request: FetchRequest) -> FetchOutcome:
        """Make one conditional GET, redirects included, and return what came of it.

        Trouble of any kind is a `FetchFailure`; nothing is raised for what a server or the network does. The deadline
        covers everything but waiting for the publisher's turn. `allow_private` holds for the host of the URL only:
        what that host redirects to must be public (or in `allow_networks`).
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        redirects: list[Redirect] = []
        limit_s = min(request.deadline_s, self._settings.total_timeout)
        try:
            async with asyncio.timeout(limit_s) as limit:
                outcome = await self._follow(request, redirects, limit)
        except TimeoutError:
            outcome = failure(request, FetchReason.DEADLINE, f"not complete within {limit_s:g} s")
        except (BadTarget, NetworkTrouble) as error:
            outcome = failure(request, error.reason, error.detail)
        except _Failed as error:
            outcome = error.failure
        return replace(
            outcome, redirects=tuple(redirects), fetched_at=self._now(), elapsed_s=round(loop.time() - began, 4)
        )

    async def send(self, request: HttpRequest) -> HttpAnswer | HttpFailure:
        """Send one request of a channel and return the answer, whatever its status. Redirects are not followed.

        The answer's body is cut at `max_bytes`. Never raises for what the network does.
        """
        record = Traffic()
        token = traffic.set(record)
        try:
            async with asyncio.timeout(request.timeout_s):
                return await self._send(request)
        except TimeoutError:
            reason, detail = FetchReason.DEADLINE, f"no complete answer within {request.timeout_s:g} s"
        except (BadTarget, NetworkTrouble) as error:
            reason, detail = error.reason, error.detail
        finally:
            traffic.reset(token)
        return HttpFailure(reason, detail, maybe_sent=record.written)

    async def _follow(self, request: FetchRequest, redirects: list[Redirect], limit: asyncio.Timeout) -> FetchOutcome:
        first = target = read_target(request.url)
        while True:
            headers = self._headers(request, target, first)
            private = request.allow_private and target.host == first.host
            transport = self._transport(target, private=private, proxy=request.options.proxy)
            async with self._turn(target.host, limit):
                answer = await self._ask(request, transport, target, headers)
            if answer.status not in REDIRECTS:
                return judge(request, target.url, answer, self._now())
            if len(redirects) >= self._settings.max_redirects:
                detail = f"more than {self._settings.max_redirects} redirects"
                raise _Failed(failure(request, FetchReason.REDIRECT, detail, answer))
            url = follow(target, answer.first(b"location") or b"")
            redirects.append(Redirect(answer.status, _without_credentials(url)))
            target = read_target(url)

    def _headers(self, request: FetchRequest, target: Target, first: Target) -> list[tuple[bytes, bytes]]:
        """Return the headers for one hop; credentials and what the user added are for the `first` origin only."""
        agent = request.options.user_agent
        headers = [
            (b"Host", target.authority.encode("ascii")),
            (b"User-Agent", self._user_agent if agent is None else agent.encode("latin-1", "replace")),
            (b"Accept", request.accept.encode("latin-1", "replace")),
            (b"Accept-Encoding", OFFERED),
        ]
        if request.etag:
            headers.append((b"If-None-Match", request.etag))
        if request.last_modified:
            headers.append((b"If-Modified-Since", request.last_modified))
        if target.origin == first.origin:
            own = [(name.encode("ascii"), value.encode("ascii")) for name, value in request.options.headers]
            named = {name.lower() for name, _ in own}
            headers = [header for header in headers if header[0].lower() not in named] + own
            if first.authorization and b"authorization" not in named:
                headers.append((b"Authorization", first.authorization))
        return headers

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Wait until a request to `host` may start, and count it as under way inside the block."""
        async with self._limiter.turn(host):
            yield

    @property
    def user_agent(self) -> str:
        """What newswatch calls itself."""
        return self._user_agent.decode("latin-1")

    def dialer(self, *, allow_private: bool = False) -> Dialer:
        """Return what makes connections to the addresses that may be connected to."""
        self._resolver = self._resolver or SystemResolver()
        return Dialer(
            self._resolver,
            self._connect,
            allow_networks=self._settings.allow_networks,
            allow_private=allow_private,
        )

    @asynccontextmanager
    async def _turn(self, host: str, limit: asyncio.Timeout) -> AsyncIterator[None]:
        """Wait for the publisher's turn; the deadline stands still meanwhile."""
        loop = asyncio.get_running_loop()
        waits_from, due = loop.time(), limit.when()
        limit.reschedule(None)
        async with self._limiter.turn(host):
            limit.reschedule(None if due is None else due + loop.time() - waits_from)
            yield

    async def _ask(
        self, request: FetchRequest, transport: Transport, target: Target, headers: list[tuple[bytes, bytes]]
    ) -> Answer:
        """Make one hop."""
        async with exchange(transport, "GET", target, headers, b"", self._timeouts) as response:
            answer = Answer(response.status, response.headers)
            if len(answer.headers) > MOST_HEADERS:
                detail = f"the answer has {len(answer.headers)} header lines, more than {MOST_HEADERS}"
                raise NetworkTrouble(FetchReason.PROTOCOL, detail)
            if answer.status not in SUCCESS:
                await _drain(response)
                return answer
            try:
                raw = await _read_raw(response, answer.first(b"content-length"), request.max_bytes)
                codings = b",".join(value for name, value in answer.headers if name == b"content-encoding")
                body = await _decode(raw, codings, request.max_bytes)
            except (BadBody, NetworkTrouble) as error:
                raise _Failed(failure(request, error.reason, error.detail, answer)) from error
            return replace(answer, body=body, raw_bytes=len(raw))

    async def _send(self, request: HttpRequest) -> HttpAnswer:
        target = read_target(request.url)
        headers = [(name.encode("latin-1"), value.encode("utf-8")) for name, value in request.headers]
        named = {name.lower() for name, _ in headers}
        defaults = (
            (b"Host", target.authority.encode("ascii")),
            (b"User-Agent", self._user_agent),
            (b"Accept-Encoding", b"identity"),
            (b"Authorization", target.authorization),
            (b"Content-Length", str(len(request.body)).encode() if request.method != "GET" else None),
        )
        headers += [(name, value) for name, value in defaults if value is not None and name.lower() not in named]
        transport = self._transport(target, private=request.allow_private, keep=False)
        async with exchange(transport, request.method, target, headers, request.body, self._timeouts) as response:
            body = await _read_start(response, request.max_bytes)
            fields = {name.decode("latin-1"): value.decode("latin-1") for name, value in response.headers}
            return HttpAnswer(response.status, fields, body)

    def _transport(self, target: Target, *, private: bool, keep: bool = True, proxy: str | None = None) -> Transport:
        """Return the connections for this kind of request.

        Those to private addresses are kept apart, so that a request that may not use them never finds one open. The
        TLS context, 20 to 40 ms of work, is made with the first https request.
        """
        settings = self._settings
        through = proxy or (None if settings.proxy is None else str(settings.proxy))
        if through is not None:  # which makes the connections; only a written-out address can be judged here
            address = literal_address(target.host)
            if address and not may_connect(address, allow_networks=settings.allow_networks, allow_private=private):
                raise NetworkTrouble(FetchReason.BLOCKED_ADDRESS, blocked_detail(target.host, address))
        key = (private, target.scheme == "https", keep, through)
        found = self._transports.get(key)
        if found is None:
            tls = self._tls() if target.scheme == "https" else None
            if through is not None:
                found = ThroughProxy(read_target(through), tls)
            else:
                found = KeptConnections(self.dialer(allow_private=private), tls, keep=keep)
            self._transports[key] = found
        return found

    def _tls(self) -> ssl.SSLContext:
        if self._ssl_context is None:
            context = ssl.create_default_context()
            paths = ssl.get_default_verify_paths()
            if paths.cafile is None and not (paths.capath and any(Path(paths.capath).iterdir())):
                context.load_verify_locations(certifi.where())  # a machine without certificates of its own
            context.set_alpn_protocols(["http/1.1"])
            self._ssl_context = context
        return self._ssl_context


class _Failed(Exception):
    """A hop whose answer is known but of no use."""

    def __init__(self, value: FetchFailure) -> None:
        self.failure = value
        super().__init__(value.detail)


async def _read_raw(response: Exchange, content_length: bytes | None, limit: int) -> bytes:
    """Return the body as it is on the wire. Raises BadBody as soon as it is larger than `limit`."""
    if content_length is not None and content_length.isdigit() and int(content_length) > limit:
        detail = f"the body is announced with {int(content_length):,} bytes, more than {limit:,}"
        raise BadBody(FetchReason.TOO_LARGE, detail)
    pieces: list[bytes] = []
    size = 0
    async for piece in response.body():
        size += len(piece)
        if size > limit:
            raise BadBody(FetchReason.TOO_LARGE, f"the body is larger than {limit:,} bytes")
        pieces.append(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


async def _read_start(response: Exchange, limit: int) -> bytes:
    """Return at most the first `limit` bytes of a body."""
    body = b""
    async for piece in response.body():
        body += piece
        if len(body) >= limit:
            break
    return body[:limit]


async def _drain(response: Exchange) -> None:
    """Read a small body that nobody wants, so that the connection can be used again."""
    size = 0
    try:
        async for piece in response.body():
            size += len(piece)
            if size > _DRAIN:
                return
    except NetworkTrouble:
        return  # the status is what counts; the connection is closed


async def _decode(raw: bytes, codings: bytes, limit: int) -> bytes:
    names = codings.decode("latin-1").split(",")
    if len(raw) > _LARGE_BODY:
        return await asyncio.to_thread(decode_body, raw, names, limit)
    return decode_body(raw, names, limit)


def _without_credentials(url: str) -> str:
    try:
        return read_target(url).url
    except BadTarget:
        return redact_url(url)
