"""`newswatch demo`: a daemon in the demo world, and everything that arrives, shown in the terminal."""

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from pathlib import Path

from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from newswatch.demo.outlets import OUTLETS
from newswatch.demo.render import Shown
from newswatch.demo.site import SiteFaults
from newswatch.demo.world import MAILBOX, World
from newswatch.errors import InputError, Problem

CONFIG, DATABASE, LOG = "newswatch.toml", "newswatch.db", "daemon.log"
_FIRST_POLL_S = 60.0
_LAST_ALERT_S = 45.0
_STOP_S = 15.0
_LOG_LINES = 15


async def run_demo(
    console: Console,
    *,
    speed: float = 1.0,
    keep: Path | None = None,
    alerts: int | None = None,
    program: Sequence[str] = (sys.executable, "-m", "newswatch"),
    report: Callable[[Mapping[str, object]], None] | None = None,
) -> int:
    """Run a daemon in a demo world and show on `console` what is published and what arrives.

    `speed` stretches the timetable (2.0 = twice as fast), `keep` is a folder in which configuration, database and log
    stay (made if missing; otherwise a temporary one is used), `alerts` ends the demo after so many, `program` is the
    newswatch that is run, `report` is given the result as values. Returns the exit code: 0 when everything expected
    arrived once, 1 when something is missing, came twice or the daemon did not run, 130 after Ctrl-C. Raises InputError
    where `keep` holds an earlier demo, ValueError for a speed that is not above 0.
    """
    with _folder(keep) as folder:
        async with World(speed=speed, faults=SiteFaults.usual()) as world, _daemon(world, folder, program) as daemon:
            with _stop_signals() as stopped:
                demo = _Demo(console, world, folder, daemon, stopped, alerts, report)
                return await demo.run(kept=keep is not None)


class _Demo:
    """One running demo."""

    def __init__(
        self,
        console: Console,
        world: World,
        folder: Path,
        daemon: asyncio.subprocess.Process,
        stopped: asyncio.Event,
        alerts: int | None,
        report: Callable[[Mapping[str, object]], None] | None,
    ) -> None:
        self._console = console
        self._report = report
        self._world = world
        self._folder = folder
        self._daemon = daemon
        self._stopped = stopped
        planned = world.site.truth(planned=True).alerts
        self._wanted = len(planned) if alerts is None else min(alerts, len(planned))
        self._partial = self._wanted < len(planned)
        self._seen_slack = 0
        self._seen_mails = 0
        self._seen_hooks = 0

    async def run(self, *, kept: bool) -> int:
        """Show everything from the first poll to the summary; return the exit code."""
        self._introduce()
        if not await self._until(self._world.site.polled_again, _FIRST_POLL_S):
            return self._fail("the daemon did not poll every feed")
        self._console.print(Text("Every feed has been polled once. Now news begins to appear.\n", style="bold"))
        playing = asyncio.create_task(self._play())
        try:
            published = await self._until(playing.done, float("inf"))
            complete = published and await self._until(self._complete, _LAST_ALERT_S)
            if playing.done():
                playing.result()
        finally:
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)
        self._show_arrivals()
        if not complete and self._daemon.returncode is not None:
            return self._fail("the daemon ended")
        return self._summarise(kept=kept)

    async def _play(self) -> None:
        """Publish by the timetable until the end, or until enough alerts are there."""
        async for shown in self._world.play():
            if self._partial and self._complete():
                return
            self._show_published(shown)

    async def _until(self, condition: Callable[[], bool], limit_s: float) -> bool:
        """Show arrivals until `condition` holds; False after `limit_s`, Ctrl-C or the daemon's end."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + limit_s
        while not condition():
            if self._stopped.is_set() or self._daemon.returncode is not None or loop.time() > deadline:
                return False
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), timeout=0.1)
            self._show_arrivals()
        return True

    def _complete(self) -> bool:
        """Whether everything that is to arrive has arrived everywhere."""
        arrived = self._world.arrived().values()
        if self._partial:
            return all(len(found) >= self._wanted for found in arrived)
        return all(self._world.site.truth().alerts <= found for found in arrived)

    def _introduce(self) -> None:
        world = self._world
        outlets = ", ".join(outlet.name for outlet in OUTLETS.values())
        self._console.print(
            Panel(
                Group(
                    Text(f"{len(OUTLETS)} invented outlets on {world.site.url}: {outlets}"),
                    Text(f"Slack stand-in on port {world.slack.port}, mail server on port {world.mail.port}, "
                         f"webhook receiver on port {world.webhook.port}"),
                    Text(f"Configuration, database and the daemon's log are in {self._folder}"),
                    Text(f"{len(world.site.shown())} older articles are there already: they are stored and flagged, "
                         "but nobody is woken up for old news."),
                    Text(f"{world.site.waiting} more will appear; {self._wanted} alerts are expected. Ctrl-C ends it."),
                ),
                title="newswatch demo",
                border_style="cyan",
            )
        )  # fmt: skip

    def _show_published(self, shown: Shown) -> None:
        outlet = OUTLETS[shown.article.outlet]
        line = Text(f"{shown.published.astimezone():%H:%M:%S} ", style="dim")
        line.append("published  ", style="dim")
        line.append(f"{outlet.name}: ", style="cyan")
        line.append(shown.article.title)
        self._console.print(line)

    def _show_arrivals(self) -> None:
        """Print what came since the last look."""
        world = self._world
        for message in world.slack.messages[self._seen_slack :]:
            self._console.print(Panel(Text(message.text), title="Slack, #news-desk", border_style="green"))
        self._seen_slack = len(world.slack.messages)
        for mail in world.mail.mails[self._seen_mails :]:
            line = Text("  mail     ", style="bold magenta")
            self._console.print(line.append(f"{MAILBOX}: {mail.message['Subject']}", style="default"))
        self._seen_mails = len(world.mail.mails)
        for identity in list(world.webhook.received)[self._seen_hooks :]:
            line = Text("  webhook  ", style="bold yellow")
            self._console.print(line.append(f"signature verified, id {identity}", style="default"))
        self._seen_hooks = len(world.webhook.received)

    def _fail(self, what: str) -> int:
        if self._stopped.is_set():
            self._console.print("stopped")
            return 130
        log = self._folder / LOG
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_LINES:] if log.exists() else []
        if self._report is not None:
            self._report({"ok": False, "problem": what, "log": lines})
        self._console.print(Text(f"{what}; the last lines of its log:", style="bold red"))
        self._console.print(Text("\n".join(lines) or "(it wrote nothing)"))
        return 1

    def _summarise(self, *, kept: bool) -> int:
        world = self._world
        truth, arrived, complete = world.site.truth(), world.arrived(), self._complete()
        twice = world.announced_twice() | set(world.slack.duplicates())
        extra = {story for found in arrived.values() for _, story in found - truth.alerts}
        not_modified = sum(request.status == 304 for request in world.site.requests)
        good = complete and not twice and not extra
        if self._report is not None:
            self._report(
                {
                    "ok": good,
                    "articles": len(truth.articles),
                    "flagged": len(truth.flagged),
                    "announced": {place: sorted(story for _, story in found) for place, found in arrived.items()},
                    "announced_twice": sorted(twice),
                    "should_not_be_announced": sorted(extra),
                    "requests": len(world.site.requests),
                    "not_modified": not_modified,
                    "folder": str(self._folder) if kept else None,
                }
            )
        table = Table(title="What happened", show_header=False, title_justify="left")
        table.add_row("articles on the site", str(len(truth.articles)))
        table.add_row("of these about the watched topic", str(len(truth.flagged)))
        for place, found in arrived.items():
            table.add_row(f"stories announced by {place}", str(len(found)))
        table.add_row("announced twice", ", ".join(sorted(twice)) or "none")
        table.add_row("announced, but should not be", ", ".join(sorted(extra)) or "none")
        if not self._partial:
            missing = {story for found in arrived.values() for _, story in truth.alerts - found}
            table.add_row("not announced everywhere", ", ".join(sorted(missing)) or "none")
        table.add_row("requests to the site", f"{len(world.site.requests)}, {not_modified} of them answered 304")
        self._console.print(table)
        if kept:
            self._console.print(Text(f"To look around: newswatch articles list --config {self._folder / CONFIG}"))
        if self._stopped.is_set():
            return 130
        return 0 if good else 1


@contextlib.contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="newswatch-demo-", ignore_cleanup_errors=True) as name:
            yield Path(name)
        return
    if (keep / DATABASE).exists():
        raise InputError([Problem(str(keep), "holds an earlier demo", "name another folder, or remove this one")])
    keep.mkdir(parents=True, exist_ok=True)
    yield keep.resolve()


@contextlib.asynccontextmanager
async def _daemon(world: World, folder: Path, program: Sequence[str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run `newswatch run` in the world until the block ends; its output goes to the log file."""
    config = folder / CONFIG
    config.write_text(world.config_toml(f"sqlite:///{folder / DATABASE}", folder), encoding="utf-8")
    # settings for the user's own newswatch are not meant for this one
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NEWSWATCH_")}
    with (folder / LOG).open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *program, "run", "--config", str(config),
            stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output, env=environment,
            start_new_session=True,  # Ctrl-C is for the demo, which then stops the daemon
        )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), timeout=_STOP_S)
            except TimeoutError:
                process.kill()
                await process.wait()


@contextlib.contextmanager
def _stop_signals() -> Iterator[asyncio.Event]:
    """Give an event that Ctrl-C, SIGTERM and a closed terminal set, so that the daemon is stopped too."""
    stopped, loop = asyncio.Event(), asyncio.get_running_loop()
    caught = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        with contextlib.suppress(ValueError, RuntimeError, NotImplementedError):  # not in the main thread
            loop.add_signal_handler(number, stopped.set)
            caught.append(number)
    try:
        yield stopped
    finally:
        for number in caught:
            loop.remove_signal_handler(number)
