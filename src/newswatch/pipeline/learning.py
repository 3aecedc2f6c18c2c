"""What sites print around their articles: learned when articles are stored, known when further pages are read.

A site is the registered domain of the address at which a page was in the end: a feed may be somewhere else.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import Connection

from newswatch.clock import Now
from newswatch.extract.site_lines import EdgeLines, SiteLines
from newswatch.store import site_lines
from newswatch.store.database import Database
from newswatch.urls import registered_domain

_SITES = 500
"""Sites kept in memory: with at most 200 lines each 10 MB, but some 1 MB as sites are."""
_FRESH = timedelta(hours=1)  # other processes learn too
_NOTHING: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class _Known:
    lines: frozenset[int]
    at: datetime


def site_of(url: str | None) -> str:
    """Return the site of an address, "" if it has none."""
    return registered_domain(urlsplit(url).hostname or "") if url else ""


def learn(
    connection: Connection, pages: Mapping[str, Sequence[EdgeLines]], *, now: datetime
) -> dict[str, frozenset[int]]:
    """Count the lines of new articles for their sites and return which are then known, by site."""
    fresh = {site: edges for site, edges in pages.items() if site}
    packed = site_lines.get(connection, fresh)
    learned = {
        site: (SiteLines.unpack(packed[site]) if site in packed else SiteLines()).after(*edges)
        for site, edges in fresh.items()
    }
    site_lines.put(connection, {site: known.pack() for site, known in learned.items()}, now=now)
    return {site: known.learned() for site, known in learned.items()}


class LearnedLines:
    """The lines of the sites that pages came from lately, read from the database where they are not known."""

    def __init__(self, database: Database, now: Now, *, most: int = _SITES) -> None:
        """Keep `most` sites, those used last."""
        self._database, self._now, self._most = database, now, most
        self._known: OrderedDict[str, _Known] = OrderedDict()

    async def of(self, url: str | None) -> frozenset[int]:
        """Return the lines that are known of the site of an address."""
        site = site_of(url)
        if not site:
            return _NOTHING
        known = self._known.get(site)
        if known is None or self._now() - known.at >= _FRESH:
            packed = await self._database.read(site_lines.get, [site])
            lines = SiteLines.unpack(packed[site]).learned() if site in packed else _NOTHING
            meanwhile = self._known.get(site)
            if meanwhile is not None and meanwhile is not known:  # learned while this was read
                lines = meanwhile.lines
            self.know({site: lines})
            return lines
        self._known.move_to_end(site)
        return known.lines

    def know(self, learned: Mapping[str, frozenset[int]]) -> None:
        """Take what was learned, once it is stored."""
        now = self._now()
        for site, lines in learned.items():
            self._known[site] = _Known(lines, now)
            self._known.move_to_end(site)
        while len(self._known) > self._most:
            self._known.popitem(last=False)
