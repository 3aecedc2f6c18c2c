"""The pages, asked over real connections."""

import asyncio
import signal
import socket
from dataclasses import dataclass, field

import httpx
import pytest

from newswatch.errors import ConfigError, Problem
from newswatch.metrics import Metrics
from newswatch.web.app import build_app
from newswatch.web.serve import PortTaken, bind, serve


@dataclass
class Daemon:
    """Answers as the test says."""

    metrics: Metrics = field(default_factory=Metrics)
    checks: dict[str, str] = field(default_factory=lambda: {"database": "ok"})
    is_ready: bool = True
    hangs: bool = False
    problem: Problem | None = None
    reloads: int = 0

    async def ready(self) -> tuple[bool, dict[str, str]]:
        if self.hangs:
            await asyncio.Event().wait()
        return self.is_ready, self.checks

    async def reload(self) -> None:
        if self.problem:
            raise ConfigError([self.problem])
        self.reloads += 1


async def ask(daemon: Daemon, method: str, path: str, *, metrics: bool = True, **headers: str) -> httpx.Response:
    """Serve `daemon` for one request."""
    app = build_app(daemon, metrics=metrics, ready_timeout_s=0.05)
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    async with serve(app, "127.0.0.1", 0) as (host, port), httpx.AsyncClient(trust_env=False) as client:
        return await client.request(method, f"http://{host}:{port}{path}", headers=names)


@pytest.mark.parametrize("path", ["/-/healthy", "/healthz"])
async def test_healthy_asks_nothing_of_the_database(path: str) -> None:
    answer = await ask(Daemon(hangs=True), "GET", path)
    assert (answer.status_code, answer.text) == (200, "healthy\n")


@pytest.mark.parametrize("path", ["/-/ready", "/readyz"])
async def test_ready(path: str) -> None:
    answer = await ask(Daemon(), "GET", path)
    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "checks": {"database": "ok"}}
    assert answer.headers["cache-control"] == "no-store"


async def test_not_ready_says_why() -> None:
    answer = await ask(Daemon(is_ready=False, checks={"database": "does not answer"}), "GET", "/-/ready")
    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "checks": {"database": "does not answer"}}


async def test_a_daemon_that_hangs_is_not_ready() -> None:
    answer = await ask(Daemon(hangs=True), "GET", "/-/ready")
    assert answer.status_code == 503
    assert "no answer within 0.05 s" in answer.json()["checks"]["daemon"]


async def test_metrics() -> None:
    daemon = Daemon()
    daemon.metrics.feed_polls.labels("new").inc()
    answer = await ask(daemon, "GET", "/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'newswatch_feed_polls_total{outcome="new"} 1.0' in answer.text
    assert "newswatch_build_info{" in answer.text
    assert "_created" not in answer.text


async def test_metrics_can_be_switched_off() -> None:
    assert (await ask(Daemon(), "GET", "/metrics", metrics=False)).status_code == 404


async def test_reload() -> None:
    daemon = Daemon()
    assert (await ask(daemon, "POST", "/-/reload")).status_code == 200
    assert daemon.reloads == 1


async def test_a_reload_that_fails_says_what_is_wrong() -> None:
    daemon = Daemon(problem=Problem("newswatch.toml", "web: a table is expected", line=3))
    answer = await ask(daemon, "POST", "/-/reload")
    assert answer.status_code == 422
    assert "newswatch.toml:3: web: a table is expected" in answer.text
    assert "stays in force" in answer.text


async def test_only_post_reloads() -> None:
    daemon = Daemon()
    assert (await ask(daemon, "GET", "/-/reload")).status_code == 405
    assert daemon.reloads == 0


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_other_sites_cannot_reload(site: str) -> None:
    daemon = Daemon()
    assert (await ask(daemon, "POST", "/-/reload", sec_fetch_site=site)).status_code == 403
    assert daemon.reloads == 0


async def test_the_index_names_the_pages() -> None:
    assert "/-/ready" in (await ask(Daemon(), "GET", "/")).text


async def test_signal_handlers_stay_the_daemons() -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    async with (
        serve(build_app(Daemon()), "127.0.0.1", 0) as (host, port),
        httpx.AsyncClient(trust_env=False) as client,
    ):
        await client.get(f"http://{host}:{port}/")
        assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


async def test_the_port_is_free_again_afterwards() -> None:
    async with serve(build_app(Daemon()), "127.0.0.1", 0) as (host, port):
        pass
    bind(host, port).close()


def test_a_taken_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=rf"127\.0\.0\.1:{port}: Address already in use .*web\.listen"):
            bind("127.0.0.1", port)


def test_ipv6() -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    try:
        listener = bind("::1", 0)
    except PortTaken as error:
        pytest.skip(str(error))
    with listener:
        assert listener.getsockname()[0] == "::1"
