"""The daemon: APScheduler decides when each stage looks for work, the database decides what there is to do.

A fixed handful of ticks, not a job for each feed: schedules are rows (`feed.next_poll_at`, `delivery.due_at`), so they
survive restarts and can be shared by several daemons. APScheduler runs on wall time; when the clock steps, `_watch`
arms its jobs anew, or they would sleep through a step backwards.
"""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy import Connection

from newswatch import sdnotify
from newswatch.app import App, build_engine, open_database
from newswatch.clock import Now, system_now
from newswatch.config import Config
from newswatch.config.sections import split_listen
from newswatch.errors import NewswatchError, StoreError
from newswatch.metrics import Metrics
from newswatch.model import HttpAnswer, HttpFailure, HttpRequest
from newswatch.notify.channels.base import safe_detail
from newswatch.notify.links import Links
from newswatch.pipeline import Context, Pipeline, tuning
from newswatch.pipeline import websub as hubs
from newswatch.pipeline.feedback import Feedback
from newswatch.pipeline.linking import NoLinks, usable
from newswatch.settings import format_duration
from newswatch.store import deliveries, feeds, leases, overview, periodic, schema
from newswatch.store.database import Database, in_short, is_transient
from newswatch.store.filelock import DaemonLock
from newswatch.ticks import Tick
from newswatch.web.app import Pages, build_app
from newswatch.web.feedback import feedback_routes
from newswatch.web.serve import serve
from newswatch.web.websub import websub_routes

log = structlog.get_logger("newswatch.daemon")

_HEARTBEAT_S = 5.0
_SILENT_S = 60.0  # a process elsewhere without a heartbeat for so long is taken for dead
_GAUGES_S = 15.0
_ONCE_PACED_S = 0.5  # what is due and was not sent waits for its turn
_OPERATIONS_S = 30.0
_HEARTBEAT_TIMEOUT_S = 20.0
_CLOCK_STEP_S = 2.0
_SAME_SIGNAL_S = 0.5  # make and shells pass a signal on that the whole process group has got already
_GIVE_BACK_S = 3.0  # of the time to stop, kept for giving back what could not be finished
_RESTART_NEEDED = ("database", "http", "browser", "workers", "web", "websub", "daemon")


def _in_words(links: Links | NoLinks) -> str:
    return f"none: {links.reason}" if isinstance(links, NoLinks) else links.base_url


class Daemon:
    """One running newswatch: the pipeline, its ticks, signals, health pages and systemd's watchdog."""

    def __init__(
        self, load: Callable[[], Config], *, now: Now = system_now, write: Callable[[str], None] = print
    ) -> None:
        """`load` reads the configuration; it is called again for a reload."""
        self._load = load
        self._now = now
        self._write = write
        self._stop = asyncio.Event()
        self._stopping_since: float | None = None
        self._ticks: dict[str, Tick] = {}
        self._app: App
        self._config: Config
        self._database: Database
        self._websub: hubs.WebSub
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._reloading = asyncio.Lock()

    # --- what the health pages ask

    @property
    def metrics(self) -> Metrics:
        """What has been counted."""
        return self._context.metrics

    async def ready(self) -> tuple[bool, dict[str, str]]:
        """Tell whether the database answers and every stage comes to an end."""
        checks = {}
        try:
            await self._database.read(lambda connection: connection.exec_driver_sql("SELECT 1").scalar())
            checks["database"] = "ok"
        except Exception as error:  # noqa: BLE001 - whatever it is, the answer is "not ready" with the reason
            checks["database"] = f"unreachable: {in_short(error)}"
        troubles = self._pipeline.troubles()
        for name, tick in self._ticks.items():
            checks[name] = "stuck" if tick.stuck else tick.failing or troubles.get(name) or "ok"
        return all(state == "ok" for state in checks.values()), checks

    async def reload(self) -> None:
        """Read the configuration again. Raises NewswatchError, keeping the old one, if it cannot be used."""
        async with self._reloading:
            sdnotify.notify(sdnotify.reloading())
            try:
                # In threads: libraries may be loaded, and templates tried, while messages go out.
                await self._apply(await asyncio.to_thread(self._load))
                self.metrics.config_reload_ok.set(1)
            except NewswatchError:
                self.metrics.config_reload_ok.set(0)
                raise
            finally:
                sdnotify.notify(sdnotify.READY)

    async def _apply(self, config: Config) -> None:
        for name in _RESTART_NEEDED:
            if getattr(config, name) != getattr(self._config, name):
                log.warning("this change needs a restart", section=name)
        kept = {name: getattr(self._config, name) for name in _RESTART_NEEDED}
        config = config.model_copy(update=kept)
        engine = await asyncio.to_thread(build_engine, config, self._app.rules, self._context.engine)
        links = await asyncio.to_thread(self._app.build_links, config)
        channels = await asyncio.to_thread(self._app.build_channels, config, links)
        context = self._context
        context.config, context.engine = config, engine
        context.links = usable(links)
        context.routes, context.channels = config.route_values, channels
        context.destinations = config.destinations_values()
        self._config = config
        await self._sync_feeds()
        log.info(
            "configuration reloaded",
            rules=len(engine.ruleset.rules),
            destinations=len(channels),
            links=_in_words(links),
            hash=config.hash,
        )
        for tick in self._ticks.values():
            tick.kick()

    # --- running

    @property
    def _context(self) -> Context:
        return self._app.context

    @property
    def _pipeline(self) -> Pipeline:
        return self._app.pipeline

    def stop(self) -> None:
        """Stop as after SIGTERM."""
        self._stop.set()

    async def run(self, *, once: bool = False) -> None:
        """Run until stopped, or with `once` until everything that is due has been done.

        Raises ConfigError, RuleError, AlreadyRunning, SchemaMismatch, DatabaseUnreachable.
        """
        self._config = config = self._load()
        self._database = open_database(config)
        async with AsyncExitStack() as stack:
            await asyncio.to_thread(self._prepare_database)
            if self._database.path is not None:
                lock = DaemonLock(self._database.path)
                lock.acquire()
                stack.callback(lock.release)
            self._app = await stack.enter_async_context(
                App(config, database=self._database, now=self._now, write=self._write)
            )
            await self._take_over()
            await self._replan()
            self._websub = hubs.WebSub(self._context, self._pipeline.poll, self._app.real_http.send)
            await self._websub.start()
            added, changed, disabled = await self._sync_feeds()
            log.info(
                "started",
                database=self._database.shown_url,
                feeds=len(config.feeds),
                added=added,
                changed=changed,
                disabled=disabled,
                rules=len(self._context.engine.ruleset.rules),
                destinations=", ".join(self._context.channels) or "none",
                links=_in_words(self._app.links),
            )
            if once:
                await self._once()
            else:
                await self._serve(stack)

    def _prepare_database(self) -> None:
        mode = self._config.database.migrate
        if mode == "off" or schema.is_current(self._database):
            return
        from newswatch.store import migrate  # noqa: PLC0415 - its memory is kept, and needed once in many starts

        if mode == "auto":
            applied = migrate.upgrade(self._database)
            if applied:
                log.info("schema upgraded", revisions=", ".join(applied), database=self._database.shown_url)
        elif mode == "check":
            migrate.require(self._database)

    async def _take_over(self) -> None:
        context = self._context
        dead = await self._database.write(
            leases.release_dead,
            own_id=context.runner_id,
            now=self._now(),
            silent_s=_SILENT_S,
            alone=self._database.is_sqlite,
        )
        if dead:
            log.info("took over work of ended processes", processes=dead)

    async def _replan(self) -> None:
        """Let no feed wait for a time that the clock has gone back from."""
        replanned = await self._database.write(feeds.replan_future, self._now())
        if replanned:
            log.warning("feeds were polled in the future; they are planned anew", feeds=replanned)

    async def _sync_feeds(self) -> tuple[int, int, int]:
        return await self._database.write(
            feeds.sync_configured, self._config.feed_values, new_id=self._context.new_id, now=self._now()
        )

    async def _once(self) -> None:
        """Do what is due, and wait for alerts that only wait for copies of their story."""
        while True:
            done = await self._pipeline.run_until_idle()
            longest = timedelta(seconds=max(self._config.alerts.group_wait, self._config.alerts.group_wait_flash))
            until = self._now() + longest
            due = await self._database.read(deliveries.next_due, until)
            if due is None or due > until:
                return
            pause = 0.05 if done else _ONCE_PACED_S
            await asyncio.sleep(max(0.0, (due - self._now()).total_seconds()) + pause)

    async def _serve(self, stack: AsyncExitStack) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._on_stop_signal)
            stack.callback(loop.remove_signal_handler, number)
        loop.add_signal_handler(signal.SIGHUP, self._on_reload_signal)
        stack.callback(loop.remove_signal_handler, signal.SIGHUP)
        web = self._config.web
        if web.enabled:
            host, port = split_listen(web.listen)
            app = build_app(self, metrics=web.metrics, others=self._other_routes())
            await stack.enter_async_context(serve(app, host, port))
        self._start_ticks()
        stack.callback(self._scheduler.shutdown, wait=False)
        watch = asyncio.create_task(self._watch())
        sdnotify.notify(f"{sdnotify.READY}\n{sdnotify.status('polling')}")
        try:
            await self._stop.wait()
        finally:
            sdnotify.notify(sdnotify.STOPPING)
            watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watch
            self._scheduler.pause()
            await self._wind_down()
            log.info("stopped; what was under way is finished or waits for the next start")

    def _other_routes(self) -> Pages:
        """Return what is answered besides the pages about the daemon itself."""
        answers = feedback_routes(Feedback(self._context))
        if self._config.websub.callback_url is None:
            return answers
        return [*answers, *websub_routes(self._websub, max_bytes=self._config.http.max_feed_size)]

    async def _wind_down(self) -> None:
        """Stop within `shutdown_grace`: finish what is under way, give back what takes longer."""
        grace = self._config.daemon.shutdown_grace
        ends_at = time.monotonic() + max(grace / 2, grace - _GIVE_BACK_S)
        self._pipeline.close()
        # A tick in the middle of a claim would otherwise begin work that nobody waits for.
        closing = [asyncio.create_task(tick.close()) for tick in self._ticks.values()]
        await asyncio.wait(closing, timeout=ends_at - time.monotonic())
        await self._pipeline.stop(max(0.0, ends_at - time.monotonic()))

    def _start_ticks(self) -> None:
        settings, pipeline = self._config.daemon, self._pipeline
        for name, every_s, work in (
            ("poll", settings.poll_tick, pipeline.poll.tick),
            ("article", settings.article_tick, pipeline.article.tick),
            ("match", settings.match_tick, pipeline.match.tick),
            ("follow", settings.alert_tick, pipeline.follow.tick),
            ("digest", settings.alert_tick, pipeline.digest.tick),
            ("deliver", settings.delivery_tick, pipeline.deliver.tick),
            ("fallback", settings.alert_tick, pipeline.fallback.tick),
            ("operations", _OPERATIONS_S, pipeline.operations.tick),
            ("heartbeat", self._config.operations.heartbeat_every, self._heartbeat),
            ("housekeeping", settings.housekeeping_tick, self._housekeeping),
            ("gauges", _GAUGES_S, self._gauges),
            ("websub", hubs.TICK_S, self._websub.tick),
            ("rules", tuning.TICK_S, tuning.Tuning(self._context).tick),
        ):
            self._ticks[name] = Tick(name, every_s, work, self.metrics)
            self._scheduler.add_job(
                self._ticks[name].run,
                IntervalTrigger(seconds=every_s),
                id=name,
                name=name,
                coalesce=True,
                max_instances=2,  # a second one returns at once (see Tick), without a warning in the log
                misfire_grace_time=None,
                next_run_time=datetime.now(UTC),
            )
        self._context.wake = self._wake
        self._scheduler.start()

    def _wake(self, stage: str) -> None:
        self._ticks[stage].kick()

    def _on_stop_signal(self) -> None:
        if self._stopping_since is not None:
            if time.monotonic() - self._stopping_since < _SAME_SIGNAL_S:
                return
            log.warning("stopping at once; what was under way is taken up at the next start")
            os._exit(130)
        self._stopping_since = time.monotonic()
        grace = format_duration(self._config.daemon.shutdown_grace)
        log.info("stopping: finishing what is under way", at_most=grace)
        self._stop.set()

    def _on_reload_signal(self) -> None:
        async def reload() -> None:
            try:
                await self.reload()
            except NewswatchError as error:
                log.error("not reloaded, the old configuration stays in force", problems=str(error))  # noqa: TRY400

        task = asyncio.create_task(reload())
        self._reload_task = task  # kept, or it could be collected while it runs

    # --- recurring work besides the stages

    async def _housekeeping(self) -> None:
        now = self._now()
        day = now.date().isoformat()

        def work(connection: Connection) -> dict[str, int]:
            if not periodic.take(connection, "retention", day, now):
                return {}
            return periodic.retain(connection, self._config.retention, now)

        gone = await self._database.write(work)
        if any(gone.values()):
            log.info("retention", **{name: count for name, count in gone.items() if count})

    async def _heartbeat(self) -> None:
        """Tell an outside watcher that all is well; say nothing where it is not, so that it raises the alarm."""
        settings = self._config.operations
        if settings.heartbeat_url is None:
            return
        ready, checks = await self.ready()
        if not ready:
            self.metrics.heartbeats.labels("not_ready").inc()
            log.warning(
                "no heartbeat sent: not ready", **{name: state for name, state in checks.items() if state != "ok"}
            )
            return
        url = settings.heartbeat_url.get_secret_value()
        request = HttpRequest("GET", url, (), b"", _HEARTBEAT_TIMEOUT_S, allow_private=settings.heartbeat_private)
        answer = await self._app.real_http.send(request)
        failed = answer.detail if isinstance(answer, HttpFailure) else None
        if isinstance(answer, HttpAnswer) and not 200 <= answer.status < 300:
            failed = f"HTTP {answer.status}"
        self.metrics.heartbeats.labels("sent" if failed is None else "failed").inc()
        if failed is not None:
            log.warning("the heartbeat did not arrive", reason=safe_detail(failed, [url]))

    async def _gauges(self) -> None:
        found = await self._database.read(overview.waiting, self._now())
        metrics = self.metrics
        for state, count in found["deliveries"].items():
            metrics.outbox_depth.labels(state).set(count)
        for status, count in found["feeds"].items():
            metrics.feeds.labels(status).set(count)
        for state, count in found["feed_health"].items():
            metrics.feed_health.labels(state).set(count)
        for state, count in found["subscriptions"].items():
            metrics.websub_subscriptions.labels(state).set(count)
        for stage, age in found["oldest_waiting_s"].items():
            metrics.oldest_waiting.labels(stage).set(age)
        metrics.outbox_oldest_age.set(found["oldest_waiting_s"]["deliver"])
        metrics.dead_letters.set(found["deliveries"]["dead"])

    async def _watch(self) -> None:
        """Heartbeat, systemd's watchdog, and steps of the clock. Runs on monotonic time, not in the scheduler."""
        pet = sdnotify.watchdog_interval()
        offset = time.time() - time.monotonic()
        since_takeover = 0.0
        stepped_back = False
        while True:
            await asyncio.sleep(min(_HEARTBEAT_S, pet or _HEARTBEAT_S))
            step = time.time() - time.monotonic() - offset
            if abs(step) > _CLOCK_STEP_S:
                log.warning("the clock stepped; schedules are armed anew", step_s=round(step))
                offset += step
                for job in self._scheduler.get_jobs():
                    job.modify(next_run_time=datetime.now(UTC) + timedelta(seconds=1))
                stepped_back = stepped_back or step < 0
            if pet is not None and not any(tick.stuck for tick in self._ticks.values()):
                sdnotify.notify(sdnotify.WATCHDOG)
            try:
                await self._database.write(leases.heartbeat, self._context.runner_id, self._now())
                if stepped_back:
                    await self._replan()
                    stepped_back = False
                since_takeover += _HEARTBEAT_S
                if since_takeover > _SILENT_S / 2 and not self._database.is_sqlite:
                    since_takeover = 0.0
                    await self._take_over()
            except StoreError as error:
                log.warning("no heartbeat", error=str(error))
            except Exception as error:
                if not is_transient(error):
                    log.exception("heartbeat failed")
