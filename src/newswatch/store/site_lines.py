"""What is known of the lines that sites print around their articles, packed by `extract.site_lines`."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select, update

from newswatch.store.database import insert_new
from newswatch.store.tables import site_line

MOST_SITES = 20_000
"""Sites that are kept, those that articles came from last: with some 5 kB each 100 MB at most."""

_UPDATE = update(site_line).where(site_line.c.site == bindparam("of"))


def get(connection: Connection, sites: Iterable[str]) -> dict[str, bytes]:
    """Return what is stored for those of the sites for which there is something."""
    wanted = sorted(set(sites))
    if not wanted:
        return {}
    rows = connection.execute(select(site_line.c.site, site_line.c.lines).where(site_line.c.site.in_(wanted)))
    return {row.site: row.lines for row in rows}


def put(connection: Connection, packed: Mapping[str, bytes], *, now: datetime) -> None:
    """Store what is known of some sites, in their order so that writers do not wait for each other in a circle.

    Two processes that learn of one site at the same moment lose what one of them has learned: it is learned again.
    """
    if not packed:
        return
    rows = [{"site": site, "lines": packed[site], "seen_at": now} for site in sorted(packed)]
    if insert_new(connection, site_line, rows, "site") < len(rows):
        connection.execute(_UPDATE, [{"of": row["site"], "lines": row["lines"], "seen_at": now} for row in rows])


def retain(connection: Connection, before: datetime | None, *, most: int = MOST_SITES) -> int:
    """Forget the sites that no article came from since an instant, and the oldest beyond `most`; return how many."""
    gone = 0
    if before is not None:
        gone += connection.execute(delete(site_line).where(site_line.c.seen_at < before)).rowcount
    kept = select(site_line.c.site).order_by(site_line.c.seen_at.desc(), site_line.c.site).limit(most)
    return gone + connection.execute(delete(site_line).where(site_line.c.site.not_in(kept))).rowcount
