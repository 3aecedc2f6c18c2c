"""The world as a whole: its configuration, its timetable, and as a process of its own."""

import json
import os
import subprocess
import sys
import time
import tomllib
import urllib.error
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx
import pytest

from newswatch.config import load_config
from newswatch.demo.control import WorldProcess, truth_from_json, truth_to_json
from newswatch.demo.outlets import OUTLETS
from newswatch.demo.site import RULE
from newswatch.demo.slack import CHANNEL, TOKEN
from newswatch.demo.world import World


async def test_the_configuration_is_accepted_and_names_this_world(tmp_path: Path) -> None:
    async with World() as world:
        file = tmp_path / "newswatch.toml"
        file.write_text(world.config_toml("sqlite:///news.db", tmp_path), encoding="utf-8")
        config = load_config(file, environ={})
        assert {feed.url for feed in config.feeds} == set(world.site.feed_urls().values())
        assert len(config.feeds) == len(OUTLETS) + 1
        assert set(config.destinations) == {"desk", "duty", "hook", "terminal", "log"}
        assert config.smtp["main"].port == world.ports["smtp"]
        assert config.route_values[0].rules == (RULE,)


async def test_settings_can_be_changed_and_added(tmp_path: Path) -> None:
    async with World() as world:
        changes = {"alerts": {"group_wait": "0s"}, "log": {"format": "json"}}
        text = world.config_toml("postgresql://localhost/x", tmp_path, settings=changes)
        data = tomllib.loads(text)
        assert data["alerts"]["group_wait"] == "0s"
        assert data["alerts"]["send_timeout"] == "3s"
        assert data["log"] == {"format": "json"}
        assert data["database"]["url"] == "postgresql://localhost/x"


async def test_playing_publishes_everything_in_order() -> None:
    async with World(speed=100) as world:
        keys = [shown.article.key async for shown in world.play()]
        assert keys == [article.key for article in world.site.planned if not article.archive]
        assert world.site.truth() == world.site.truth(planned=True)


def test_a_world_that_stands_still_is_refused() -> None:
    with pytest.raises(ValueError, match="above 0"):
        World(speed=0)


async def test_what_arrived_is_known_by_story(client: httpx.AsyncClient) -> None:
    async with World(slack_limiter=False) as world:
        url = f"{world.site.url}/kestrel/news/en-kj-plan"
        copy = f"{world.site.url}/harrow/news/en-kj-plan-harrow"
        headers = {"Authorization": f"Bearer {TOKEN}"}

        async def post(text: str, **more: str) -> str:
            arguments = {"channel": CHANNEL, "text": text, **more}
            answer = await client.post(world.slack.api_url + "chat.postMessage", json=arguments, headers=headers)
            ts: str = answer.json()["ts"]
            return ts

        root = await post(f"new: {url}, also {copy}")
        await post(f"update on {url}", thread_ts=root)
        assert world.arrived() == {"slack": {(RULE, "en-kj-plan")}, "mail": set(), "webhook": set()}
        assert world.announced_twice() == set()
        await post(f"again: {copy}")
        assert world.announced_twice() == {"en-kj-plan"}


async def test_a_truth_survives_json() -> None:
    async with World() as world:
        truth = world.site.truth(planned=True)
        assert truth_from_json(json.loads(json.dumps(truth_to_json(truth)))) == truth


def test_a_world_process_is_driven_from_outside(tmp_path: Path) -> None:
    with WorldProcess(tmp_path, seed=3) as world:
        assert set(world.ports) == {"site", "slack", "smtp", "webhook", "control"}
        assert world.truth().alerts == frozenset()
        published = world.publish(2) + world.publish_keys("zh-kj-held")
        assert len(published) == 3
        assert set(published) <= world.truth().articles
        world.publish_all()
        assert world.truth() == world.truth(planned=True)
        assert tomllib.loads(world.config_toml("sqlite:///x.db", tmp_path))["database"]["url"] == "sqlite:///x.db"

        world.faults(slack=["stored-500"], feeds={"kestrel": ["500"]})
        metadata = {"event_type": "newswatch.alert", "event_payload": {"delivery_id": "01A"}}
        message = {"text": "hello", "channel": CHANNEL, "metadata": metadata}
        for expected in (500, 200):
            assert post(world.ports["slack"], message) == expected
        assert [item["delivery_id"] for item in world.slack_messages()] == ["01A", "01A"]
        assert world.mails() == []
        assert world.webhooks() == {"received": {}, "rejected": []}
        answer = httpx.get(f"http://127.0.0.1:{world.ports['site']}/kestrel/feed.xml", trust_env=False)
        assert answer.status_code == 500
        assert [(request["path"], request["status"]) for request in world.requests()] == [("/kestrel/feed.xml", 500)]
        with pytest.raises(urllib.error.HTTPError):
            world.faults(slak=["500"])
        process = world._process
    assert process is not None
    assert process.returncode == 0


def post(port: int, message: Mapping[str, object]) -> int:
    url, headers = f"http://127.0.0.1:{port}/api/chat.postMessage", {"Authorization": f"Bearer {TOKEN}"}
    return httpx.post(url, json=message, headers=headers, trust_env=False).status_code


def test_a_world_process_ends_with_its_parent(tmp_path: Path) -> None:
    ports = tmp_path / "ports.json"
    command = [sys.executable, "-m", "newswatch.demo.world", "--with-parent", "--port-file", str(ports)]
    # the parent starts the world, says its pid, and is killed
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import subprocess,time; print(subprocess.Popen({command}).pid, flush=True); time.sleep(60)",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    world = int(parent.stdout.readline())
    try:
        until(ports.exists)
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()
    until(lambda: not alive(world))


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    # without an init that reaps it, an orphan that has ended stays as a zombie
    return not state.exists() or state.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
