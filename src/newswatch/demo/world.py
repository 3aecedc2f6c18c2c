"""The whole demo world: news site, Slack stand-in, mail server and webhook receiver, on free loopback ports.

In a test: `async with World() as world: ...`. As a process of its own, for tests that kill the daemon, and for trying
things by hand: `python -m newswatch.demo.world --port-file FILE`; see `control`.
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from newswatch.clock import Now, system_now
from newswatch.demo import webhook
from newswatch.demo.control import Control
from newswatch.demo.mail import MailServer
from newswatch.demo.outlets import OUTLETS
from newswatch.demo.render import Shown
from newswatch.demo.site import RULE, Site, SiteFaults
from newswatch.demo.slack import CHANNEL, TOKEN, SlackStandIn
from newswatch.demo.webhook import WebhookReceiver

MAILBOX = "duty@desk.example"


class World:
    """Everything that a daemon needs around it. An async context manager.

    `speed` stretches the timetable of `play` (2.0 = twice as fast), `seed` shuffles the order of publication,
    `slack_limiter` switches Slack's limit of one message a second for each channel
    (more at a higher speed).
    """

    def __init__(
        self,
        *,
        speed: float = 1.0,
        seed: int | None = None,
        slack_limiter: bool = True,
        faults: SiteFaults | None = None,
        now: Now = system_now,
    ) -> None:
        if speed <= 0:
            raise ValueError("the speed of the world must be above 0")
        self.speed = speed
        self.site = Site(now=now, seed=seed, faults=faults)
        self.slack = SlackStandIn(now=now, limiter=slack_limiter, rate=max(1.0, speed))
        self.mail = MailServer(now=now)
        self.webhook = WebhookReceiver(now=now)
        self._control = Control(self)
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Start all of them."""
        async with contextlib.AsyncExitStack() as stack:
            for part in (self.site, self.slack, self.mail, self.webhook, self._control):
                await stack.enter_async_context(part)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop all of them."""
        await self._stack.aclose()

    @property
    def ports(self) -> dict[str, int]:
        """Port of each part, by its name; `control` is the control endpoint."""
        return {
            "site": self.site.port,
            "slack": self.slack.port,
            "smtp": self.mail.port,
            "webhook": self.webhook.port,
            "control": self._control.port,
        }

    async def play(self) -> AsyncIterator[Shown]:
        """Publish the articles as their timetable says, yielding each as it appears."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        while self.site.waiting:
            for shown in self.site.publish_due((loop.time() - started) * self.speed):
                yield shown
            await asyncio.sleep(0.1 / self.speed)

    def arrived(self) -> dict[str, set[tuple[str, str]]]:
        """Return the announced (rule, story) pairs by where they arrived: slack, mail, webhook."""
        bodies = {
            "slack": [json.dumps(message.payload, ensure_ascii=False) for message in self.slack.messages],
            "mail": [mail.text for mail in self.mail.mails],
            "webhook": [
                json.dumps(receipt.data, ensure_ascii=False)
                for receipts in self.webhook.received.values()
                for receipt in receipts
            ],
        }
        return {
            place: {(RULE, story) for text in texts for story in self.site.stories_in(text)}
            for place, texts in bodies.items()
        }

    def announced_twice(self) -> set[str]:
        """Return the stories that more than one message at the channel's top level is about: there must be none."""
        roots = Counter(
            story
            for message in self.slack.messages
            if message.thread_ts is None
            for story in self.site.stories_in(json.dumps(message.payload, ensure_ascii=False))
        )
        return {story for story, count in roots.items() if count > 1}

    def config_toml(
        self, database_url: str, folder: Path, *, settings: Mapping[str, Mapping[str, Any]] | None = None
    ) -> str:
        """Return a complete newswatch.toml for this world.

        `database_url` is `sqlite:///...` or `postgresql://...`; `folder` is where the destination
        `log` writes `alerts.jsonl`. `settings` changes or adds keys: `{"alerts": {"group_wait": "5s"}}`.
        """
        tables: dict[str, dict[str, Any]] = {
            "database": {"url": database_url},
            "daemon": {
                "poll_tick": "500ms", "article_tick": "300ms", "match_tick": "300ms", "delivery_tick": "300ms",
                "lease": "10s", "shutdown_grace": "10s",
            },
            "http": {
                "allow_networks": ["127.0.0.0/8"], "unspaced_hosts": ["127.0.0.1"], "host_spacing": "0s",
                "per_host": 20, "total_timeout": "10s", "connect_timeout": "2s", "read_timeout": "5s",
            },
            "polling": {
                "min_interval": "2s", "min_interval_unvalidated": "2s", "max_interval": "4s", "jitter": 0.0,
            },
            "rules": {"packs": ["korea-japan-summit"]},
            "stories": {"events": "off"},  # what it checks itself by: every article that is no copy is told
            "alerts": {
                "group_wait": "3s", "group_wait_flash": "1s", "send_timeout": "3s", "ambiguous_guard": "4s",
                "retry_delays": ["500ms", "1s", "2s"],
            },
            "smtp.main": {
                "host": "127.0.0.1", "port": self.mail.port, "security": "none",
                "from": "newswatch demo <newswatch@demo.example>", "per_minute": 0,
            },
            "destinations.desk": {
                "type": "slack", "channel": CHANNEL, "token": TOKEN, "api_url": self.slack.api_url,
                "per_second": self.slack.rate, "max_per_hour": 0,
            },
            "destinations.duty": {"type": "email", "to": [MAILBOX], "smtp": "main", "max_per_hour": 0},
            "destinations.hook": {
                "type": "webhook", "url": self.webhook.url, "secret": webhook.SECRET, "allow_private": True,
            },
            "destinations.terminal": {"type": "terminal"},
            "destinations.log": {"type": "file", "path": str(folder / "alerts.jsonl")},
            "web": {"enabled": False},
        }  # fmt: skip
        for name, changes in (settings or {}).items():
            tables[name] = tables.get(name, {}) | dict(changes)
        parts = ["# The demo world's configuration; everything in it is on this machine."]
        parts += [_table(f"[{name}]", values) for name, values in tables.items()]
        parts.append(f'[[routes]]\nmatch = {{ rule = "{RULE}" }}\nto = ["desk", "duty", "hook", "terminal", "log"]')
        parts += [_table("[[feeds]]", feed) for feed in self._feeds()]
        return "\n\n".join(parts) + "\n"

    def _feeds(self) -> list[dict[str, Any]]:
        return [
            {
                "url": self.site.url + outlet.feed_path(name),
                "name": outlet.name if name == "feed" else f"{outlet.name} ({name})",
                "source": outlet.name,
                "language": outlet.language,
                "country": outlet.country,
                "tier": outlet.tier,
                "full_text": outlet.pages,
                "allow_private": True,
            }
            for outlet in OUTLETS.values()
            for name in outlet.feed_names
        ]


def _table(header: str, values: Mapping[str, Any]) -> str:
    # JSON's strings, numbers, booleans and lists of them are TOML too
    return "\n".join([header, *(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items())])


async def _serve(arguments: argparse.Namespace) -> None:
    """Run a world until SIGTERM or SIGINT, or until the parent process is gone."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    parent = os.getppid()
    async with World(speed=arguments.speed, seed=arguments.seed, slack_limiter=not arguments.no_slack_limit) as world:
        ports = json.dumps(world.ports)
        if arguments.port_file is not None:
            unfinished = arguments.port_file.with_suffix(".tmp")
            unfinished.write_text(ports, encoding="utf-8")
            unfinished.replace(arguments.port_file)
        sys.stdout.write(ports + "\n")
        sys.stdout.flush()
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), timeout=1.0)
            if arguments.with_parent and os.getppid() != parent:
                stop.set()


def main() -> None:
    """Run a world as a process: its ports are printed, and written to `--port-file`, as one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m newswatch.demo.world", description=main.__doc__)
    parser.add_argument("--port-file", type=Path, help="where to write the ports; appears when everything listens")
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=None, help="shuffle the order of publication")
    parser.add_argument("--no-slack-limit", action="store_true", help="do not limit messages a second")
    parser.add_argument("--with-parent", action="store_true", help="end when the process that started this one ends")
    asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
