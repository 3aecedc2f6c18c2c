"""Pages that only a browser can show: Chromium, driven by Playwright (the extra `browser`).

What a page's scripts do stays in Chromium's sandbox, and everything it asks for goes through a `Gate`, so private
addresses stay out of reach. Pictures, films and fonts are not fetched. Each page has a browser context of its own:
no cookie, cache or permission outlives it.
"""

import asyncio
import contextlib
import shutil
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from playwright.async_api import Browser as Chromium
from playwright.async_api import BrowserContext, Error, Playwright, Route, async_playwright
from playwright.async_api import Page as Tab
from playwright.async_api import TimeoutError as TooLong

from newswatch.clock import Now
from newswatch.collect.gate import Gate
from newswatch.collect.network import Dialer
from newswatch.collect.settings import BrowserSettings
from newswatch.collect.targets import BadTarget, read_target
from newswatch.errors import NewswatchError
from newswatch.model import FetchFailure, FetchReason, Page, RequestOptions

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PAGES_OF_A_BROWSER = 200  # after so many it is started anew, because its memory grows
_LEFT_OUT = frozenset({"image", "media", "font", "websocket", "eventsource", "manifest"})
_NOWHERE = {"server": "http://127.0.0.1:9", "bypass": "<-loopback>"}  # discard: for what is outside of every context
_ARGUMENTS = (
    "--disable-quic",  # which is UDP and would go around the proxy
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",  # names are for the gate to look up
    "--js-flags=--max-old-space-size=512",  # megabytes for a page's scripts
)


class NoBrowser(NewswatchError):
    """Chromium cannot be started; the message says why and what to do."""


class Browser:
    """Chromium, started with the first page. An async context manager; closing it ends Chromium."""

    def __init__(
        self,
        settings: BrowserSettings,
        *,
        now: Now,
        dialer: Dialer,
        turn: Callable[[str], AbstractAsyncContextManager[None]],
        user_agent: str,
        max_bytes: int,
    ) -> None:
        """`dialer` makes its connections, `turn` waits for a publisher's turn; a page may have `max_bytes` of HTML."""
        self._settings = settings
        self._now = now
        self._dialer = dialer
        self._turn = turn
        self._user_agent = user_agent
        self._max_bytes = max_bytes
        self._places = asyncio.Semaphore(settings.at_once)
        self._starting = asyncio.Lock()
        self._playwright: Playwright | None = None
        self._chromium: Chromium | None = None
        self._pages = 0
        self._open = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._chromium is not None:
            with contextlib.suppress(Error):
                await self._chromium.close()
        if self._playwright is not None:
            await self._playwright.stop()

    async def version(self) -> str:
        """Start Chromium, if it does not run yet, and return its version. Raises NoBrowser."""
        return (await self._running()).version

    async def render(self, url: str, options: RequestOptions) -> Page | FetchFailure:
        """Return a page as it is after its scripts have run, as HTML in UTF-8, or why there is none.

        The headers of `options` go to the page's own origin only; it has no proxy. Raises nothing for what a page, the
        network or Chromium does.
        """
        try:
            host = read_target(url).host
        except BadTarget as error:
            return FetchFailure(url, error.reason, error.detail)
        async with self._places, self._turn(host):
            try:
                async with asyncio.timeout(self._settings.timeout):
                    return await self._render(url, options)
            except (TimeoutError, TooLong):
                detail = f"the browser did not show the page within {self._settings.timeout:g} s"
                return FetchFailure(url, FetchReason.DEADLINE, detail)
            except NoBrowser as error:
                return FetchFailure(url, FetchReason.CONNECT, str(error))
            except Error as error:
                return FetchFailure(url, FetchReason.PROTOCOL, f"browser: {_first_line(error)}")

    async def _render(self, url: str, options: RequestOptions) -> Page | FetchFailure:
        chromium = await self._running()
        began = asyncio.get_running_loop().time()
        self._pages += 1
        self._open += 1
        try:
            async with Gate(self._dialer, max_bytes=self._settings.max_traffic) as gate:
                context = await chromium.new_context(
                    proxy={"server": f"http://127.0.0.1:{gate.port}", "bypass": "<-loopback>"},
                    user_agent=options.user_agent or self._user_agent,
                    accept_downloads=False,
                    service_workers="block",
                )
                try:
                    headers = {name.lower(): value for name, value in options.headers}
                    await _set_cookies(context, url, headers.pop("cookie", ""))
                    await context.route("**/*", _for_origin(url, headers))
                    tab = await context.new_page()
                    return await self._shown(tab, url, gate, began)
                except Error as error:
                    if not gate.refused:
                        raise
                    return FetchFailure(url, FetchReason.CONNECT, f"{_first_line(error)}: {gate.refused[0]}")
                finally:
                    await context.close()
        finally:
            self._open -= 1

    async def _shown(self, tab: Tab, url: str, gate: Gate, began: float) -> Page | FetchFailure:
        answer = await tab.goto(url, wait_until="domcontentloaded", timeout=self._settings.timeout * 1000)
        with contextlib.suppress(TooLong):  # some pages never come to rest
            await tab.wait_for_load_state("networkidle", timeout=self._settings.settle * 1000)
        status = 0 if answer is None else answer.status
        if gate.exhausted:
            detail = f"the page and what it loads are more than {self._settings.max_traffic:,} bytes"
            return FetchFailure(url, FetchReason.TOO_LARGE, detail)
        if not 200 <= status < 300:
            return FetchFailure(url, FetchReason.HTTP, f"the browser got HTTP {status}", status=status or None)
        body = (await tab.content()).encode("utf-8", "replace")
        if len(body) > self._max_bytes:
            detail = f"the page has {len(body):,} bytes in the browser, more than {self._max_bytes:,}"
            return FetchFailure(url, FetchReason.TOO_LARGE, detail)
        return Page(
            url=url,
            final_url=tab.url,
            status=status,
            body=body,
            content_type="text/html; charset=utf-8",
            etag=None,
            last_modified=None,
            headers=(),
            redirects=(),
            fetched_at=self._now(),
            elapsed_s=round(asyncio.get_running_loop().time() - began, 4),
            raw_bytes=len(body),
        )

    async def _running(self) -> Chromium:
        async with self._starting:
            worn = self._pages >= _PAGES_OF_A_BROWSER and self._open == 0
            if self._chromium is not None and (worn or not self._chromium.is_connected()):
                with contextlib.suppress(Error):
                    await self._chromium.close()
                self._chromium = None
            if self._chromium is None:
                self._chromium = await self._start()
                self._pages = 0
            return self._chromium

    async def _start(self) -> Chromium:
        if self._playwright is None:
            self._playwright = await async_playwright().start()
        try:
            return await self._playwright.chromium.launch(
                executable_path=self._settings.executable or _found(),
                chromium_sandbox=self._settings.sandbox,
                proxy=_NOWHERE,  # type: ignore[arg-type]  # a TypedDict
                args=list(_ARGUMENTS),
            )
        except Error as error:
            raise NoBrowser(
                f"Chromium does not start: {_first_line(error)} (install chromium or run `playwright install "
                "chromium`; "
                "as root or in a container without user namespaces its sandbox does not work: browser.sandbox)"
            ) from error


def _found() -> str | None:
    """Return the system's Chromium; None leaves it to Playwright, which has a place of its own."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


def _for_origin(url: str, headers: Mapping[str, str]) -> Callable[[Route], "asyncio.Future[None]"]:
    """Return what decides about each request of a page."""
    own = urlsplit(url)

    async def decide(route: Route) -> None:
        asked = urlsplit(route.request.url)
        if route.request.resource_type in _LEFT_OUT or asked.scheme not in ("http", "https", "data", "blob"):
            await route.abort()
        elif headers and (asked.scheme, asked.netloc) == (own.scheme, own.netloc):
            await route.continue_(headers={**route.request.headers, **headers})
        else:
            await route.continue_()

    return lambda route: asyncio.ensure_future(decide(route))


async def _set_cookies(context: BrowserContext, url: str, header: str) -> None:
    pairs = [pair.partition("=") for pair in header.split(";") if "=" in pair]
    if pairs:
        await context.add_cookies(
            [{"name": name.strip(), "value": value.strip(), "url": url} for name, _, value in pairs]
        )


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:300]
