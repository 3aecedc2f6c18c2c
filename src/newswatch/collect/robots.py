"""Whether robots.txt lets an article page be fetched (RFC 9309)."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import urlsplit

from protego import Protego

from newswatch.clock import Now
from newswatch.model import FetchOutcome, FetchReason, FetchRequest, Page

AGENT = "newswatch"
"""The product token that publishers can name in robots.txt."""

_FRESH = timedelta(hours=24)  # RFC 9309, section 2.4
_RETRY = timedelta(hours=1)  # how long an unreachable robots.txt closes a host before it is asked again
_LARGEST = 512_000  # RFC 9309, section 2.5 asks for at least 500 kibibytes
_REMEMBERED = 5000
_UNREACHABLE = frozenset(
    {
        FetchReason.DNS,
        FetchReason.CONNECT,
        FetchReason.RESET,
        FetchReason.TLS,
        FetchReason.DEADLINE,
        FetchReason.TRUNCATED,
        FetchReason.PROTOCOL,
    }
)


class Fetches(Protocol):
    """What is needed of a fetcher."""

    async def fetch(self, request: FetchRequest) -> FetchOutcome:
        """Return the page, or why there is none."""
        ...


@dataclass(frozen=True, slots=True)
class _Rules:
    """What one host says, until when it is believed. `parsed` None stands for "everything" or "nothing"."""

    parsed: Protego | None
    everything: bool
    until: datetime

    def allow(self, url: str) -> bool:
        return self.everything if self.parsed is None else bool(self.parsed.can_fetch(url, AGENT))


def allowed(text: str, url: str, agent: str = AGENT) -> bool:
    """Tell whether a robots.txt with this text lets `agent` fetch `url`."""
    return bool(Protego.parse(text).can_fetch(url, agent))


class RobotsCache:
    """Asks each host for its robots.txt at most once in 24 hours."""

    def __init__(self, fetcher: Fetches, *, now: Now, allow_private: bool = False) -> None:
        """Fetch through `fetcher`; `allow_private` as in `FetchRequest`."""
        self._fetcher = fetcher
        self._now = now
        self._allow_private = allow_private
        self._rules: dict[str, _Rules] = {}
        self._asking: dict[str, asyncio.Task[_Rules]] = {}

    async def allowed(self, url: str) -> bool:
        """Tell whether the host of `url` lets newswatch fetch it.

        No robots.txt (any 4xx) allows everything. A host whose robots.txt cannot be had (5xx, 429, no connection) is
        closed for an hour, then asked again, unless an older answer is still at hand: that one goes on for as long.
        A host on a private address is not asked: whether its pages may be fetched is for the feed's settings to say.
        """
        try:
            parts = urlsplit(url)
        except ValueError:
            return False
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return False
        origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2].lower()}"
        rules = self._rules.get(origin)
        if rules is None or rules.until <= self._now():
            rules = await self._ask(origin)
        return rules.allow(url)

    async def _ask(self, origin: str) -> _Rules:
        """Share one request among all who wait for the same host."""
        task = self._asking.get(origin)
        if task is None:
            task = self._asking[origin] = asyncio.create_task(self._load(origin))
            task.add_done_callback(lambda _: self._asking.pop(origin, None))
        return await asyncio.shield(task)

    async def _load(self, origin: str) -> _Rules:
        outcome = await self._fetcher.fetch(
            FetchRequest(
                url=f"{origin}/robots.txt",
                accept="text/plain, */*;q=0.1",
                max_bytes=_LARGEST,
                deadline_s=30.0,
                allow_private=self._allow_private,
            )
        )
        now = self._now()
        if isinstance(outcome, Page):
            text = outcome.body.decode("utf-8", "replace").removeprefix("\ufeff")
            rules = _Rules(Protego.parse(text), everything=True, until=now + _FRESH)
        elif self._closed(outcome):
            old = self._rules.get(origin)
            rules = _Rules(old.parsed if old else None, everything=bool(old and old.everything), until=now + _RETRY)
        else:
            rules = _Rules(None, everything=True, until=now + _FRESH)
        self._remember(origin, rules, now)
        return rules

    @staticmethod
    def _closed(outcome: FetchOutcome) -> bool:
        if isinstance(outcome, Page):
            return False
        status = getattr(outcome, "status", None)
        if status is not None:
            return bool(status == 429 or status >= 500)
        return getattr(outcome, "reason", None) in _UNREACHABLE

    def _remember(self, origin: str, rules: _Rules, now: datetime) -> None:
        if len(self._rules) >= _REMEMBERED:
            fresh = {host: known for host, known in self._rules.items() if known.until > now}
            newest = sorted(fresh, key=lambda host: fresh[host].until)[-_REMEMBERED // 2 :]
            self._rules = {host: fresh[host] for host in newest}
        self._rules[origin] = rules
