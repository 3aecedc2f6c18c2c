"""Pages in a real Chromium, between servers on loopback. 127.0.0.2 counts as public, 127.0.0.1 is inside."""

import os
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib.util import find_spec
from ipaddress import ip_network
from typing import Any

import pytest

from newswatch.citizen.scripted import Answer, ScriptedServer, answer
from newswatch.clock import system_now
from newswatch.collect.network import Dialer, system_connect
from newswatch.collect.settings import BrowserSettings
from newswatch.model import FetchFailure, FetchReason, Page, RequestOptions

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.may_skip,
    pytest.mark.skipif(find_spec("playwright") is None, reason="the extra `browser` is not installed"),
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine (apt-get install chromium)"),
    pytest.mark.xdist_group("chromium"),
]
HTML = b"Content-Type: text/html; charset=utf-8"
URL = "http://news.example/story"


def page(script: str, body: str = "") -> bytes:
    text = f"<!doctype html><html><body><div id=a></div>{body}<script>{script}</script></body></html>"
    return answer(200, text.encode(), HTML)


@asynccontextmanager
async def served(*answers: Answer, **settings: Any) -> AsyncIterator[tuple[Any, ScriptedServer, ScriptedServer]]:
    """Give a browser, the public server, which answers for every name, and the one inside."""
    from newswatch.collect.browser import Browser

    @asynccontextmanager
    async def turn(_host: str) -> AsyncIterator[None]:
        yield

    async def resolve(host: str, _port: int) -> Sequence[str]:
        return ["127.0.0.1" if host.startswith("inside") else "127.0.0.2"]

    async def connect(_address: str, _port: int) -> Any:
        return await system_connect("127.0.0.1", public.port)

    async with ScriptedServer() as public, ScriptedServer() as inside:
        public.on("news.example/story", *answers)
        async with Browser(
            BrowserSettings(**{"executable": CHROMIUM, "sandbox": os.geteuid() != 0, "settle": 1, **settings}),
            now=system_now,
            dialer=Dialer(resolve, connect, allow_networks=[ip_network("127.0.0.2/32")]),
            turn=turn,
            user_agent="newswatch/test (+https://w.example)",
            max_bytes=100_000,
        ) as browser:
            yield browser, public, inside


async def test_scripts_make_the_page_and_only_its_own_site_gets_headers() -> None:
    script = "fetch('/data').then(r => r.text()).then(t => document.getElementById('a').innerText = t);"
    more = "<img src='/picture.png'><iframe src='http://other.example/frame'></iframe>"
    async with served(page(script, more)) as (browser, public, _):
        public.on("news.example/data", answer(200, "만들어진 글".encode(), b"Content-Type: text/plain; charset=utf-8"))
        options = RequestOptions("special/1", (("X-Key", "k"), ("Cookie", "session=s1; b=2")))
        shown = await browser.render(URL, options)
        assert isinstance(shown, Page)
        assert "만들어진 글" in shown.body.decode()
        assert (shown.final_url, shown.status, shown.content_type) == (URL, 200, "text/html; charset=utf-8")
        again = await browser.render(URL, RequestOptions())
        assert isinstance(again, Page)
    seen = [(one.key, one.headers.get("x-key"), one.headers.get("cookie")) for one in public.seen]
    assert ("news.example/story", b"k", b"session=s1; b=2") in seen
    assert ("news.example/data", b"k", b"session=s1; b=2") in seen
    assert ("other.example/frame", None, None) in seen
    assert not [key for key, _, _ in seen if "picture" in key]
    agents = {one.headers["user-agent"] for one in public.seen}
    assert agents == {b"special/1", b"newswatch/test (+https://w.example)"}
    assert [cookie for key, _, cookie in seen if key == "news.example/story"] == [b"session=s1; b=2", None]


async def test_nothing_inside_is_reached() -> None:
    async with served() as (browser, public, inside):
        tries = [
            f"http://{host}:{inside.port}/secret" for host in ("127.0.0.1", "localhost", "inside.example", "[::1]")
        ]
        script = "".join(f"fetch('{url}', {{mode: 'no-cors'}}).catch(() => 0);" for url in tries)
        frames = "".join(f"<iframe src='{url}'></iframe>" for url in tries)
        script += f"new WebSocket('ws://127.0.0.1:{inside.port}/');"
        script += f"new RTCPeerConnection({{iceServers: [{{urls: 'stun:127.0.0.1:{inside.port}'}}]}});"
        public.on("news.example/story", page(script, frames))
        shown = await browser.render(URL, RequestOptions())
        assert isinstance(shown, Page)
        assert inside.connections == 0
        moved = f"location.href = 'http://127.0.0.1:{inside.port}/'"
        public.on("news.example/story", page(moved))
        await browser.render(URL, RequestOptions())
        refused = await browser.render(f"http://127.0.0.1:{inside.port}/", RequestOptions())
        assert isinstance(refused, FetchFailure)
        assert "not a public address" in refused.detail
        assert inside.connections == 0
        assert isinstance(await browser.render("file:///etc/passwd", RequestOptions()), FetchFailure)


async def test_pages_that_go_too_far_end_with_their_reason() -> None:
    endless = page("for (;;) {}")
    large = page("document.body.innerText = 'x'.repeat(200000)")
    heavy = page("fetch('/heavy')")
    gone = answer(404, b"<html>gone</html>", HTML)
    async with served(endless, large, heavy, gone, page("1"), timeout=4, max_traffic=50_000) as (browser, public, _):
        public.on("news.example/heavy", answer(200, b"x" * 90_000))
        reasons = []
        for _ in range(4):
            failed = await browser.render(URL, RequestOptions())
            assert isinstance(failed, FetchFailure)
            reasons.append(failed.reason)
        assert reasons == [FetchReason.DEADLINE, FetchReason.TOO_LARGE, FetchReason.TOO_LARGE, FetchReason.HTTP]
        assert isinstance(await browser.render(URL, RequestOptions()), Page)


async def test_a_browser_that_died_is_started_again() -> None:
    async with served(page("1")) as (browser, _, _):
        assert (await browser.version())[0].isdigit()
        await browser._chromium.close()
        assert isinstance(await browser.render(URL, RequestOptions()), Page)


async def test_a_browser_that_is_not_there_says_what_to_do() -> None:
    async with served(page("1"), executable="/nowhere/chromium") as (browser, _, _):
        failed = await browser.render(URL, RequestOptions())
    assert isinstance(failed, FetchFailure)
    assert "Chromium does not start" in failed.detail
    assert "playwright install" in failed.detail
