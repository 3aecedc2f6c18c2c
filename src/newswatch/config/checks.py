"""What no single section can see: names that must exist, settings that must agree, things given twice."""

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from newswatch.config.faults import closest
from newswatch.config.layers import Fault
from newswatch.config.model import Config
from newswatch.notify.apprise_library import problem_of
from newswatch.notify.hours import always_quiet
from newswatch.notify.settings import AppriseDestination, EmailDestination, SlackDestination
from newswatch.notify.text import web_url
from newswatch.settings import format_duration
from newswatch.toml_positions import KeyPath


def cross_checks(config: Config, raw: dict[str, Any], original: dict[KeyPath, KeyPath]) -> Iterator[Fault]:
    """Yield what is wrong between the sections of `config`.

    `raw` is everything the user wrote, also parts that could not be used and are missing in `config`: a name that
    exists there is not reported as unknown. `original` gives the place in `raw` of list items whose place in `config`
    is another.
    """
    for fault in (
        *_timing(config),
        *_database(config),
        *_extraction(config),
        *_public_addresses(config),
        *_browser(config),
        *_feedback(config),
        *_routes(config, raw),
        *_destinations(config, raw),
        *_smtp(config),
    ):
        yield fault._replace(path=_original(fault.path, original))
    yield from _feeds(config, original)


def _original(path: KeyPath, original: dict[KeyPath, KeyPath]) -> KeyPath:
    return (*original.get(path[:2], path[:2]), *path[2:])


def _names(raw: dict[str, Any], section: str) -> list[str]:
    table = raw.get(section)
    return list(table) if isinstance(table, dict) else []


def _timing(config: Config) -> Iterator[Fault]:
    polling = config.polling
    for name in ("min_interval", "min_interval_unvalidated"):
        if getattr(polling, name) > polling.max_interval:
            limit = format_duration(polling.max_interval)
            yield Fault(
                ("polling", name), f"is longer than polling.max_interval ({limit})", "lower it, or raise the other"
            )


def _database(config: Config) -> Iterator[Fault]:
    scheme = config.database.url.get_secret_value().partition(":")[0].partition("+")[0]
    if scheme not in ("sqlite", "postgresql", "postgres"):
        remedy = "write sqlite:///newswatch.db or postgresql://user@host/name"
        yield Fault(("database", "url"), "is not the address of an SQLite or PostgreSQL database", remedy)


def _extraction(config: Config) -> Iterator[Fault]:
    try:
        _ = config.site_rules
    except ValueError as error:
        yield Fault(("extraction", "sites"), str(error), "see docs/extraction.md for the form of the file")


def _browser(config: Config) -> Iterator[Fault]:
    if not config.browser.enabled:
        return
    if find_spec("playwright") is None:
        yield Fault(("browser", "enabled"), "needs Playwright", "pip install 'newswatch[browser]'")
    if config.http.proxy is not None:
        remedy = "use one of the two; the browser makes its connections through newswatch's own check of addresses"
        yield Fault(("browser", "enabled"), "does not go with http.proxy", remedy)


def _public_addresses(config: Config) -> Iterator[Fault]:
    callback, base = config.websub.callback_url, config.web.base_url
    if callback is not None and not config.web.enabled:
        yield Fault(("websub", "callback_url"), "leads nowhere while web.enabled is false", "enable it, or remove this")
    for path, url in ((("websub", "callback_url"), callback), (("web", "base_url"), base)):
        if url is not None and (urlsplit(url).query or urlsplit(url).fragment):
            yield Fault(path, "has a query or fragment", "write the address up to the path only")
    if base is not None and (web_url(base) is None or not base.isascii()):
        yield Fault(("web", "base_url"), "has characters that links cannot have", "write it in ASCII without spaces")


def _feedback(config: Config) -> Iterator[Fault]:
    if config.feedback.keys is None or not config.feedback.enabled:
        return
    if config.web.base_url is None:
        remedy = 'add base_url = "https://…" under [web], or remove the keys'
        yield Fault(("feedback", "keys"), "sign links that have nowhere to lead without web.base_url", remedy)
    elif not config.web.enabled:
        yield Fault(("feedback", "keys"), "sign links that nobody answers while web.enabled is false", "enable it")


def _routes(config: Config, raw: dict[str, Any]) -> Iterator[Fault]:
    known = _names(raw, "destinations")
    for number, route in enumerate(config.routes):
        for place, name in enumerate(route.to):
            if name not in known:
                yield _unknown(("routes", number, "to", place), name, known)


def _unknown(path: KeyPath, name: str, known: list[str]) -> Fault:
    return Fault(path, f'there is no destination "{name}"', closest(name, known) or f"add [destinations.{name}]")


def _destinations(config: Config, raw: dict[str, Any]) -> Iterator[Fault]:
    servers = _names(raw, "smtp")
    known = _names(raw, "destinations")
    for place, name in enumerate(config.operations.to):
        if name not in known:
            yield _unknown(("operations", "to", place), name, known)
    for name, settings in config.destinations.items():
        path = ("destinations", name)
        if settings.fallback == name:
            yield Fault((*path, "fallback"), "is the destination itself", "name another one")
        elif settings.fallback is not None and settings.fallback not in known:
            yield _unknown((*path, "fallback"), settings.fallback, known)
        if always_quiet(settings.quiet):
            yield Fault((*path, "quiet"), "leaves no minute of the week in which anything is sent", "shorten it")
        if isinstance(settings, EmailDestination) and settings.smtp not in servers:
            remedy = closest(settings.smtp, servers) or f"add [smtp.{settings.smtp}] with host and from"
            yield Fault((*path, "smtp"), f'there is no mail server "{settings.smtp}"', remedy)
        elif isinstance(settings, SlackDestination):
            yield from _slack(path, settings)
        elif isinstance(settings, AppriseDestination) and (problem := problem_of(settings.url.get_secret_value())):
            yield Fault((*path, "url"), *problem)


def _slack(path: KeyPath, settings: SlackDestination) -> Iterator[Fault]:
    if settings.webhook_url and (settings.token or settings.channel):
        other = "token" if settings.token else "channel"
        yield Fault((*path, other), "does not go with webhook_url", "keep token and channel, or only webhook_url")
    elif settings.token and not settings.channel:
        yield Fault((*path, "channel"), "is required with a token", "add the channel's id (C0123…)")
    elif not settings.webhook_url and not settings.token:
        yield Fault(path, "a way into Slack is missing", "add token_file and channel, or webhook_url_file")


def _smtp(config: Config) -> Iterator[Fault]:
    for name, settings in config.smtp.items():
        if (settings.username is None) != (settings.password is None):
            missing, given = ("password", "username") if settings.password is None else ("username", "password")
            remedy = f"add {'password_file' if missing == 'password' else missing}, or remove {given}"
            yield Fault(("smtp", name, missing), f"is required with {given}", remedy)


def _feeds(config: Config, original: dict[KeyPath, KeyPath]) -> Iterator[Fault]:
    first: dict[str, KeyPath] = {}
    for number, feed in enumerate(config.feeds):
        path = _original(("feeds", number), original)
        parts = urlsplit(feed.url)
        key = f"{parts.scheme}://{(parts.netloc or '').lower()}{parts.path or '/'}?{parts.query}"
        if key in first:
            yield Fault(
                (*path, "url"), f"this feed is already in the list, as number {int(first[key][1]) + 1}", "remove one"
            )
        else:
            first[key] = path
