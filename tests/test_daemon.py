"""The daemon as a process: signals, reloads, and what it says when it cannot start or is fed nonsense."""

import json
import re
import signal
import time
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import func, select, text

from newswatch.demo.site import RULE
from newswatch.store.tables import article, article_version, attempt, delivery, entry, feed, feedback, runner
from tests.durability.nursery import Life, Nursery
from tests.durability.odd_site import OddSite
from tests.durability.scene import LEASED, Scene, free_port, until

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as started:
        yield started


@pytest.fixture
def make_scene(tmp_path: Path) -> Iterator[Callable[..., Scene]]:
    with ExitStack() as stack:

        def make(database_url: str, **more: Any) -> Scene:
            return stack.enter_context(Scene(tmp_path, database_url, **more))

        yield make


@pytest.fixture
def scene(make_scene: Callable[..., Scene], database_url: str) -> Scene:
    return make_scene(database_url)


@pytest.fixture
def embedded(make_scene: Callable[..., Scene], make_database: Callable[[str], str]) -> Scene:
    return make_scene(make_database("sqlite"))


def states(scene: Scene) -> dict[str, list[str]]:
    """Return the destinations of the deliveries in each state."""
    found = defaultdict(list)
    for state, destination in scene.rows(select(delivery.c.state, delivery.c.destination)):
        found[state].append(destination)
    return dict(found)


def idle(scene: Scene) -> str | None:
    """Look whether a message is being sent; None if one is."""
    return None if "sending" in states(scene) else "nothing is being sent"


def assert_nothing_is_held(scene: Scene) -> None:
    for table in LEASED:
        assert scene.rows(select(table.c.id).where(table.c.lease_owner.is_not(None))) == [], table.name
    assert scene.rows(select(runner)) == []
    assert "sending" not in states(scene)


# --- stopping


def test_a_stop_finishes_what_is_under_way(scene: Scene, nursery: Nursery) -> None:
    scene.configure({"alerts": {"send_timeout": "5s", "ambiguous_guard": "6s"}})
    scene.warm_up(nursery)
    life = nursery.start(scene.config)
    scene.world.faults(slack_latency_s=1.5, delay_s=0.7)
    scene.world.publish_all()
    until(lambda: idle(scene) or (None if scene.claimed_by(life.pid) > 3 else "little is under way"), 60)
    started = time.monotonic()
    assert life.stop(30) == 0, life.output()
    assert time.monotonic() - started < 25
    assert_nothing_is_held(scene)
    assert "ambiguous" not in states(scene)
    scene.world.faults(slack_latency_s=0, delay_s=0)
    scene.finish(nursery)


def test_a_stop_does_not_wait_for_what_hangs(scene: Scene, nursery: Nursery) -> None:
    long = {"send_timeout": "60s", "ambiguous_guard": "61s"}
    scene.configure({"alerts": long, "daemon": {"shutdown_grace": "2s"}})
    scene.warm_up(nursery)
    life = nursery.start(scene.config)
    scene.world.faults(slack=["hang"], pages={"en-battery": ["hang"]}, feeds={"yundu": ["hang"]})
    scene.world.publish_keys("en-kj-plan", "en-battery")
    until(partial(idle, scene), 60)
    assert life.stop(15) == 0, life.output()
    assert_nothing_is_held(scene)
    assert states(scene)["ambiguous"] == ["desk"]
    assert scene.rows(select(attempt.c.id).where(attempt.c.ended_at.is_(None))) == []
    with scene.database.writing() as connection:  # the guard of this configuration is a minute
        connection.execute(delivery.update().where(delivery.c.state == "ambiguous").values(due_at=func.now()))
    scene.configure()
    scene.finish(nursery)


def test_the_second_signal_ends_it_at_once(embedded: Scene, nursery: Nursery) -> None:
    embedded.warm_up(nursery)
    life = nursery.start(embedded.config)
    embedded.world.faults(slack=["hang"])
    embedded.configure()
    embedded.world.publish_keys("en-kj-plan")
    until(partial(idle, embedded), 60)
    life.signal(signal.SIGTERM)
    until(lambda: None if "stopping" in life.output() else "the signal has not arrived", 60)
    time.sleep(0.6)  # signals closer together count as one
    life.signal(signal.SIGTERM)
    assert life.wait(5) in (0, 130), life.output()
    embedded.finish(nursery)


# --- reloading


def metrics(listen: str) -> str:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://{listen}/metrics", timeout=10) as answer:
        return str(answer.read().decode())


def reload_state(listen: str) -> float:
    found = re.search(r"^newswatch_config_last_reload_successful (\S+)$", metrics(listen), re.MULTILINE)
    assert found is not None
    return float(found[1])


def answer_by_link(listen: str, scene: Scene) -> None:
    """Follow the first link of a message that arrived on Slack, as its reader would, and see what is stored."""
    found = re.search(r"https://nw\.example(/feedback/[\w-]+)\|Relevant", json.dumps(scene.world.slack_messages()))
    assert found is not None
    url = f"http://{listen}{found[1]}"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=10) as asked:
        rules = re.findall(r'name="rule" value="([^"]+)"', asked.read().decode())
    with opener.open(url, urlencode([("rule", rule) for rule in rules]).encode(), timeout=10) as answered:
        assert "Thank you" in answered.read().decode()
    assert sorted(scene.rows(select(feedback.c.rule_id, feedback.c.verdict))) == sorted((r, "relevant") for r in rules)


def test_a_reload_takes_what_is_valid_and_refuses_what_is_not(embedded: Scene, nursery: Nursery) -> None:
    listen = f"127.0.0.1:{free_port()}"
    web = {"web": {"enabled": True, "listen": listen, "base_url": "https://nw.example"}}
    embedded.configure(web)
    embedded.warm_up(nursery)
    life = nursery.start(embedded.config)
    embedded.world.publish(10)
    until(embedded.unfinished, 60, log=life.output)
    assert reload_state(listen) == 1
    answer_by_link(listen, embedded)

    good = embedded.config.read_text(encoding="utf-8")
    embedded.config.write_text(good.replace("[alerts]\n", "[alerts]\ngroup_wiat = 3\n"), encoding="utf-8")
    life.signal(signal.SIGHUP)
    embedded.world.publish(10)
    until(lambda: None if reload_state(listen) == 0 else "the refusal is not counted", 60, log=life.output)
    refusal = next(line for line in life.output().splitlines() if "not reloaded" in line)
    assert "group_wiat" in refusal
    assert "group_wait" in refusal
    until(embedded.unfinished, 60, log=life.output)

    extra = '\n[destinations.second]\ntype = "file"\npath = "second.jsonl"\n\n[[routes]]\nto = ["second"]\n'
    extra += f'match = {{ rule = "{RULE}" }}\n'
    embedded.configure(web, extra=extra)
    life.signal(signal.SIGHUP)
    until(lambda: None if reload_state(listen) == 1 else "the reload is not counted", 60, log=life.output)
    embedded.world.publish_all()
    second = embedded.folder / "second.jsonl"
    until(lambda: None if second.exists() else "nothing goes to the new destination", 60, log=life.output)
    until(embedded.unfinished, 60, log=life.output)
    assert life.stop() == 0, life.output()
    told = {message["delivery_id"] for message in embedded.world.slack_messages()}
    assert len(told) == len(embedded.world.slack_messages()) == len(embedded.world.truth().alerts)


def test_a_rule_that_cannot_be_read_keeps_the_old_ones(embedded: Scene, nursery: Nursery) -> None:
    embedded.warm_up(nursery)
    life = nursery.start(embedded.config)
    until(life.not_started, 60)
    embedded.configure({"rules": {"packs": ["./broken.toml"]}})
    (embedded.folder / "broken.toml").write_text(BROKEN_PACK, encoding="utf-8")
    life.signal(signal.SIGHUP)
    until(lambda: None if "not reloaded" in life.output() else "no refusal", 60, log=life.output)
    embedded.world.publish_all()
    until(embedded.unfinished, 60, log=life.output)
    assert life.stop() == 0, life.output()
    embedded.check()


# --- what cannot be used at the start

BROKEN_PACK = """\
[pack]
id = "broken"
name = "Broken"
version = "1"

[[rules]]
id = "one"
name = "One"
severity = "normal"
query = '''
summit AND (tokyo OR
seoul
'''
"""


def ended(life: Life, code: int) -> str:
    """Wait for the end of a life that cannot begin, and return what it said."""
    assert life.wait(30) == code, life.output()
    return life.output()


def plain(folder: Path, text_: str) -> Path:
    config = folder / "newswatch.toml"
    config.write_text(text_, encoding="utf-8")
    return config


def test_an_unreachable_server_is_named(tmp_path: Path, nursery: Nursery) -> None:
    port = free_port()
    url = f"postgresql://someone:hunter2secret@127.0.0.1:{port}/news"
    said = ended(nursery.start(plain(tmp_path, f'[database]\nurl = "{url}"\n')), 3)
    assert f"127.0.0.1:{port}/news" in said
    assert "is the server running" in said
    assert "hunter2secret" not in said
    assert "Traceback" not in said


def test_a_schema_from_the_future_is_left_alone(embedded: Scene, nursery: Nursery) -> None:
    with embedded.database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    said = ended(nursery.start(embedded.config), 3)
    assert "9999" in said
    assert "newer than this newswatch" in said
    assert "Traceback" not in said
    assert embedded.rows(select(text("version_num FROM alembic_version"))) == [("9999",)]


def test_an_unknown_key_is_named_with_its_line_and_a_suggestion(tmp_path: Path, nursery: Nursery) -> None:
    said = ended(nursery.start(plain(tmp_path, "[polling]\njitter = 0.1\nmin_intervall = '5m'\n")), 2)
    assert "newswatch.toml:3" in said
    assert "min_intervall" in said
    assert "min_interval" in said.replace("min_intervall", "")
    assert "Traceback" not in said


def test_an_unbalanced_parenthesis_is_named_with_line_and_column(tmp_path: Path, nursery: Nursery) -> None:
    (tmp_path / "broken.toml").write_text(BROKEN_PACK, encoding="utf-8")
    said = ended(nursery.start(plain(tmp_path, '[rules]\npacks = ["./broken.toml"]\n')), 2)
    assert re.search(r"broken\.toml:11:12\b", said), said
    assert "Traceback" not in said


# --- what comes in


def test_odd_pages_and_feeds_do_not_stop_the_rest(embedded: Scene, nursery: Nursery) -> None:
    with OddSite() as site:
        embedded.configure(extra=site.feeds_toml())
        life = nursery.start(embedded.config)
        until(partial(embedded.first_polls, but=site.broken_feeds), 60, log=life.output)
        embedded.world.publish(5)

        def waiting() -> str | None:
            missing = embedded.world.truth().articles - set(embedded.column(select(article.c.url)))
            unread = embedded.column(select(entry.c.link).where(entry.c.state == "new"))
            return f"{missing or unread}" if missing or unread else None

        until(waiting, 60, log=life.output)
        assert life.stop() == 0, life.output()
    rows = embedded.rows(
        select(entry.c.link, entry.c.state, entry.c.reason, article_version.c.method_reason)
        .select_from(entry.outerjoin(article_version, article_version.c.article_id == entry.c.article_id))
        .where(entry.c.link.startswith(site.url))
    )
    became = {row.link.rsplit("/", 1)[1]: row for row in rows}
    assert {name for name, row in became.items() if row.state == "done"} == {"good", "charset", "big", "empty"}
    assert "too_large" in became["big"].method_reason, "the feed's own text stands in, and it says why"
    assert became["notext"].state == "rejected"
    assert became["notext"].reason == "no_text"
    troubled = dict(embedded.rows(select(feed.c.url, feed.c.last_error).where(feed.c.fail_count > 0)))
    assert set(troubled) == site.broken_feeds
    assert all(troubled.values()), troubled
    assert "Traceback" not in life.output()
