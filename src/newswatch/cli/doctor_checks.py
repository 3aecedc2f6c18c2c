"""The checks of `newswatch doctor`, each a few lines: what is looked at, what was found, what to do."""

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from newswatch.cli.common import connected, engine_of
from newswatch.clock import system_now
from newswatch.errors import NewswatchError
from newswatch.redact import redact_url

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from newswatch.collect.http import Fetcher
    from newswatch.config import Config
    from newswatch.notify.settings import SlackDestination, SmtpSettings

_LOW_DISK = 500_000_000  # bytes; an SQLite file and its log grow by less than that in a week
_EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)  # a clock before this program was written is wrong
_FUTURE = timedelta(minutes=5)


_SENTENCE = "The council met on Tuesday and agreed on a plan for the harbour. "


class Check(NamedTuple):
    """One thing that was looked at. `hint` says what to do; empty if all is well."""

    name: str
    state: str
    hint: str = ""


def machine() -> Iterator[Check]:
    """Look at the clock and the time zones."""
    now = system_now()
    if now < _EARLIEST:
        yield Check(
            "clock", f"it is {now:%Y-%m-%d %H:%M} here", "set the clock, best by NTP (timedatectl set-ntp true)"
        )
    else:
        yield Check("clock", f"{now:%Y-%m-%d %H:%M:%S} UTC")
    try:
        ZoneInfo("Asia/Seoul")
        yield Check("time zones", "known")
    except ZoneInfoNotFoundError:
        yield Check("time zones", "this machine knows none", "install tzdata: pip install tzdata")


def configuration(config: "Config") -> Iterator[Check]:
    """Look at what is allowed in a configuration but hardly meant."""
    if not config.routes:
        yield Check("routes", "none", "add [[routes]], or nobody hears of anything (`newswatch init` shows how)")
    routed = {name for route in config.routes for name in route.to}
    for name in config.destinations:
        if name not in routed:
            yield Check(f"destination {name}", "no route leads to it", "add it to a route, or remove it")
    for name, settings in config.smtp.items():
        if settings.security == "none" and settings.host not in ("localhost", "127.0.0.1", "::1"):
            hint = 'set security = "starttls" or "tls"'
            yield Check(f"smtp {name}", f"mail goes to {settings.host} unencrypted", hint)
    callback = config.websub.callback_url
    if callback is not None and _is_inside(urlsplit(callback).hostname or ""):
        hint = "put the address under which the internet reaches this machine, or remove it"
        yield Check("websub", f"no hub can reach {callback}", hint)
    path = config.source_path
    if path is not None and _holds_secrets(path) and path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        hint = f"chmod 600 {path}, or move secrets to files of their own (<name>_file)"
        yield Check("secrets", f"{path} holds secrets and can be read by others", hint)


def _is_inside(host: str) -> bool:
    """Tell whether a host is on this machine or its network, as far as its name says."""
    from newswatch.collect.addresses import literal_address, may_connect

    address = literal_address(host)
    return "." not in host.strip(".") if address is None else not may_connect(address)


def _holds_secrets(path: Path) -> bool:
    import tomllib

    from newswatch.config import Config
    from newswatch.config.walk import fields, is_secret, tables

    raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    for table in tables(Config, raw):
        for name, field in fields(table.section).items():
            value = table.values.get(name)
            if is_secret(field) and isinstance(value, str) and (name != "url" or redact_url(value) != value):
                return True
    return False


def storage(config: "Config") -> Iterator[Check]:
    """Look at the database, its folder, and what it tells about feeds and deliveries."""
    from newswatch.store import migrate

    with connected(config) as database:
        if database.path is not None:
            yield from _folder(database.path.parent)
        try:
            state = migrate.check(database)
        except NewswatchError as error:
            yield Check("database", str(error), "see docs/operations.md")
            return
        if state is None:
            yield Check("database", database.shown_url)
            with database.reading() as connection:
                yield from _contents(connection)
                yield from _unsubscribed(connection, config)
        elif state == "empty" and config.database.migrate == "auto":
            yield Check("database", f"{database.shown_url} is set up at the first start")
        else:
            yield Check("database", f"{database.shown_url} is {state}", "run `newswatch db upgrade`")


def _folder(folder: Path) -> Iterator[Check]:
    if not folder.is_dir():
        yield Check("folder", f"{folder} does not exist", f"mkdir -p {folder}")
        return
    if not os.access(folder, os.W_OK | os.X_OK):
        yield Check(
            "folder", f"{folder} cannot be written to", f"give it to the user newswatch runs as: chown … {folder}"
        )
    free = shutil.disk_usage(folder).free
    hint = "make room, or set [retention] shorter" if free < _LOW_DISK else ""
    yield Check("disk", f"{free / 1e9:.1f} GB free in {folder}", hint)


def _unsubscribed(connection: "Connection", config: "Config") -> Iterator[Check]:
    from newswatch.notify.settings import EmailDestination
    from newswatch.store.unsubscribed import since

    for name, settings in config.destinations.items():
        if isinstance(settings, EmailDestination) and all(since(connection, name, one) for one in settings.to):
            hint = f"remove it from the routes, or `newswatch addresses resume ADDRESS --to {name}`"
            yield Check(f"destination {name}", "everybody has unsubscribed, so nobody gets its mail", hint)


def _contents(connection: "Connection") -> Iterator[Check]:
    from newswatch.store.overview import overview

    now = system_now()
    found = overview(connection, now)
    feeds, health, deliveries = found["feeds"], found["feed_health"], found["deliveries"]
    newest = max((daemon["heartbeat"] for daemon in found["daemons"]), default=now)
    if newest > now + _FUTURE:
        hint = "set the clock of this machine or of the other one, best by NTP"
        yield Check("clock", f"a daemon wrote {newest - now} in the future", hint)
    if not feeds["active"]:
        yield Check("feeds", "none is polled", "add [[feeds]], `newswatch feeds add URL` or `feeds import FILE.opml`")
    elif unwell := {state: health[state] for state in ("failing", "silent", "moved") if health[state]}:
        hint = "`newswatch feeds list --unwell` says why; moved feeds need their new address in the configuration"
        what = ", ".join(f"{number} {state}" for state, number in unwell.items())
        yield Check("feeds", f"{what}, of {feeds['active']} active", hint)
    else:
        yield Check("feeds", f"{feeds['active']} active, none fails or is silent")
    if deliveries["dead"] or found["stuck_deliveries"]:
        hint = "`newswatch deliveries list --state dead`, then `newswatch deliveries retry`"
        yield Check("deliveries", f"{deliveries['dead']} given up, {found['stuck_deliveries']} held", hint)
    for name, state in found["destinations"].items():
        if state["disabled"]:
            hint = f"repair it, then `newswatch deliveries retry --dead --to {name}`"
            yield Check(f"destination {name}", f"disabled: {state['disabled']}", hint)


def rules(config: "Config") -> Iterator[Check]:
    """Load the rule packs and look for rules nobody hears of."""
    from newswatch.cli.routing import destinations_of

    try:
        engine = engine_of(config)
    except NewswatchError as error:
        for problem in getattr(error, "problems", (error,)):
            yield Check("rules", str(problem), "correct it; `newswatch check-config` shows all")
        return
    found = engine.ruleset.rules
    yield Check("rules", f"{len(found)} in force", "" if found else "name packs in [rules] packs")
    unheard = [rule.id for rule in found if not destinations_of(rule, config.route_values)]
    if unheard and config.routes:
        yield Check("routes", f"none takes the alerts of {', '.join(unheard)}", "add a [[routes]] entry for them")


def feedback(config: "Config") -> Iterator[Check]:
    """Look whether messages carry links with which readers answer."""
    from newswatch.pipeline.linking import NoLinks, links_of

    with connected(config) as database:
        links = links_of(config, database.path)
    if isinstance(links, NoLinks):
        yield Check("feedback", f"messages carry no links: {links.reason}", links.remedy)
    elif links.base_url.startswith("https://"):
        yield Check("feedback", f"links in messages lead to {links.base_url}")
    else:
        yield Check("feedback", f"links in messages lead to {links.base_url}; one-click unsubscribing needs https")


async def worker(config: "Config") -> list[Check]:
    """Start a worker process and let it extract a small page."""
    from newswatch.model import ExtractRequest
    from newswatch.tasks import extract_article
    from newswatch.workers import WorkerPool

    page = ExtractRequest(
        url=None, body=f"<html><body><p>{_SENTENCE * 10}</p></body></html>".encode(), content_type="text/html"
    )
    try:
        async with WorkerPool(config.workers) as pool:
            await pool.run(extract_article, page)
    except (NewswatchError, OSError, MemoryError) as error:
        return [
            Check(
                "workers",
                f"a worker process cannot do its work: {error}",
                "raise [workers] max_memory, or see ulimit -a",
            )
        ]
    return [Check("workers", "work")]


def port(config: "Config") -> Iterator[Check]:
    """Look whether the web port is free, or answered by newswatch."""
    from newswatch.config.sections import split_listen
    from newswatch.web.serve import PortTaken, bind

    if not config.web.enabled:
        return
    host, number = split_listen(config.web.listen)
    try:
        bind(host, number).close()
        yield Check("port", f"{config.web.listen} is free")
    except PortTaken as error:
        if _answers(host, number):
            yield Check("port", f"a newswatch daemon answers on {config.web.listen}")
        else:
            yield Check("port", str(error), "set another web.listen")


def _answers(host: str, number: int) -> bool:
    import http.client

    with closing(http.client.HTTPConnection(host, number, timeout=3)) as connection:
        try:
            connection.request("GET", "/-/healthy")
            return connection.getresponse().read(20).strip() == b"healthy"
        except (OSError, http.client.HTTPException):
            return False


async def browser(config: "Config") -> list[Check]:
    """Start the browser, if there is to be one."""
    if not config.browser.enabled:
        return []
    from newswatch import __version__
    from newswatch.collect.browser import Browser, NoBrowser
    from newswatch.collect.http import Fetcher

    async with Fetcher(config.http, now=system_now, version=__version__) as http:
        one = Browser(
            config.browser,
            now=system_now,
            dialer=http.dialer(),
            turn=http.turn,
            user_agent=http.user_agent,
            max_bytes=config.http.max_page_size,
        )
        async with one:
            try:
                return [Check("browser", f"Chromium {await one.version()} starts")]
            except NoBrowser as error:
                return [Check("browser", str(error), "install Chromium, or set browser.enabled = false")]


async def destinations(config: "Config") -> list[Check]:
    """Ask mail servers, Slack and webhook receivers whether they are there, without sending a message."""
    from newswatch import __version__
    from newswatch.collect.http import Fetcher
    from newswatch.notify.settings import SlackDestination, WebhookDestination

    found = [await _smtp(name, settings) for name, settings in config.smtp.items()]
    async with Fetcher(config.http, now=system_now, version=__version__) as fetcher:
        for name, settings in config.destinations.items():
            if isinstance(settings, SlackDestination):
                found.append(await _slack(fetcher, name, settings))
            elif isinstance(settings, WebhookDestination):
                url = settings.url.get_secret_value()
                found.append(await _reachable(fetcher, name, url, allow_private=settings.allow_private))
    return found


async def _smtp(name: str, settings: "SmtpSettings") -> Check:
    import ssl

    import aiosmtplib

    context = ssl.create_default_context(cafile=settings.ca_file)
    client = aiosmtplib.SMTP(
        hostname=settings.host,
        port=settings.port,
        use_tls=settings.security == "tls",
        start_tls=settings.security == "starttls",
        tls_context=None if settings.security == "none" else context,
        timeout=15,
    )
    try:
        async with client:
            await client.ehlo()
            if settings.username is not None and settings.password is not None:
                await client.login(settings.username, settings.password.get_secret_value())
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        hint = "check host, port, security, username and password"
        return Check(f"smtp {name}", f"{settings.host}:{settings.port}: {error}", hint)
    return Check(
        f"smtp {name}", f"{settings.host}:{settings.port} answers" + (", login works" if settings.username else "")
    )


async def _slack(fetcher: "Fetcher", name: str, settings: "SlackDestination") -> Check:
    import json

    from newswatch.model import HttpFailure, HttpRequest

    label = f"destination {name}"
    if settings.token is None:
        webhook = settings.webhook_url.get_secret_value() if settings.webhook_url else ""
        return await _reachable(fetcher, name, webhook, allow_private=False)
    request = HttpRequest(
        method="POST",
        url=f"{str(settings.api_url).rstrip('/')}/auth.test",  # https://docs.slack.dev/reference/methods/auth.test
        headers=(("authorization", f"Bearer {settings.token.get_secret_value()}"),),
        body=b"",
        timeout_s=15,
        allow_private=True,  # a stand-in may be on this machine
    )
    answer = await fetcher.send(request)
    if isinstance(answer, HttpFailure):
        return Check(label, f"Slack cannot be reached: {answer.detail}", "check the network and api_url")
    try:
        told = json.loads(answer.body)
        ok, error = told.get("ok") is True, str(told.get("error", answer.status))
    except (ValueError, AttributeError):
        ok, error = False, f"HTTP {answer.status}"
    return Check(label, "Slack knows the token" if ok else f"Slack says {error}", "" if ok else "check the token")


async def _reachable(fetcher: "Fetcher", name: str, url: str, *, allow_private: bool) -> Check:
    """Make a HEAD request: any answer shows that the receiver is there."""
    from newswatch.model import HttpFailure, HttpRequest

    answer = await fetcher.send(HttpRequest("HEAD", url, (), b"", timeout_s=15, allow_private=allow_private))
    if isinstance(answer, HttpFailure):
        return Check(f"destination {name}", answer.detail, "check the address and the network")
    return Check(f"destination {name}", f"answers (HTTP {answer.status})")
