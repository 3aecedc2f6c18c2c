"""The shingles by which copies of an article are found."""

import array
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select, text

from newswatch.ids import first_id_at
from newswatch.model import StoryCandidate
from newswatch.store.tables import article, article_shingle, story_member

_CANDIDATES = 20
_NEWEST = 200  # articles that are looked at for one shingle: what stands in more is boilerplate
_KEYS = 32
"""Shingles of an article that are indexed: the smallest, so that two copies index the same ones (Broder, 1997). Whether
they are copies is then judged by all of them."""

_INSERT_SQLITE = text(
    "INSERT INTO article_shingle (hash, article_id) "
    "SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(:rows)"
)
_INSERT_POSTGRESQL = text(
    "INSERT INTO article_shingle (hash, article_id) "
    "SELECT CAST(one ->> 0 AS bigint), CAST(one ->> 1 AS bigint) FROM jsonb_array_elements(CAST(:rows AS jsonb)) AS one"
)

# For articles of :wanted, a list of [article, oldest id, hash], the others that have such hashes, most shared first.
# The plus keeps the comparison from the index, whose range begins with the newest: that is looked up once for a hash.
_SHARED = """
WITH wanted(article_id, since, hash) AS ({wanted}),
shared AS (
    SELECT wanted.article_id AS own_id, known.article_id AS other_id, count(*) AS shared
    FROM wanted JOIN article_shingle AS known ON known.hash = wanted.hash
    WHERE +known.article_id >= wanted.since AND known.article_id <> wanted.article_id
      AND known.article_id >= coalesce(
        (SELECT newest.article_id FROM article_shingle AS newest WHERE newest.hash = wanted.hash
         ORDER BY newest.article_id DESC LIMIT 1 OFFSET :newest), 0)
    GROUP BY wanted.article_id, known.article_id
),
ranked AS (
    SELECT own_id, other_id, shared,
           row_number() OVER (PARTITION BY own_id ORDER BY shared DESC, other_id) AS place
    FROM shared
)
SELECT own_id, other_id, shared FROM ranked WHERE place <= :most ORDER BY own_id, place
"""
_SHARED_SQLITE = text(
    _SHARED.format(
        wanted="SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]') "
        "FROM json_each(:wanted)"
    )
)
_SHARED_POSTGRESQL = text(
    _SHARED.format(
        wanted="SELECT CAST(one ->> 0 AS bigint), CAST(one ->> 1 AS bigint), CAST(one ->> 2 AS bigint) "
        "FROM jsonb_array_elements(CAST(:wanted AS jsonb)) AS one"
    )
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """An article whose neighbours are wanted: those first seen at `since` or later."""

    article_id: int
    shingles: frozenset[int]
    since: datetime


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A stored article that shares indexed shingles with another. `story_id` is None until it has a story."""

    article_id: int
    story_id: int | None
    source_name: str | None
    shingles: frozenset[int]
    shared: int

    def in_story(self, story_id: int) -> StoryCandidate:
        """Return what this article means for the choice of a story."""
        return StoryCandidate(
            article_id=self.article_id,
            story_id=story_id,
            source_name=self.source_name,
            shingles=self.shingles,
            shared=self.shared,
        )


def pack(shingles: frozenset[int]) -> bytes:
    """Store shingles as sorted little-endian 64-bit integers."""
    numbers = array.array("q", sorted(shingles))
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def unpack(data: bytes) -> frozenset[int]:
    """Read what `pack` wrote."""
    numbers = array.array("q")
    numbers.frombytes(data)
    if sys.byteorder == "big":
        numbers.byteswap()
    return frozenset(numbers)


def _keys(shingles: Iterable[int]) -> list[int]:
    return sorted(shingles)[:_KEYS]


def index(connection: Connection, shingles: Mapping[int, frozenset[int]]) -> None:
    """Let articles, given by id, be found by their shingles."""
    rows = [(key, article_id) for article_id, own in shingles.items() for key in _keys(own)]
    if rows:  # as one list: a parameter each would cost more than the rows themselves
        statement = _INSERT_SQLITE if connection.dialect.name == "sqlite" else _INSERT_POSTGRESQL
        connection.execute(statement, {"rows": json.dumps(rows)})


def unindex(connection: Connection, article_id: int, shingles: frozenset[int]) -> None:
    """Take an article out of the index; `shingles` are what it was put in with."""
    own = article_shingle.c.article_id == article_id
    connection.execute(delete(article_shingle).where(own, article_shingle.c.hash.in_(_keys(shingles))))


def neighbours(connection: Connection, wanted: Sequence[Wanted]) -> dict[int, list[Neighbour]]:
    """Return for each article, by id, the others that share indexed shingles: most shared first, at most 20.

    Articles that share with nobody are left out.
    """
    oldest = [(one, first_id_at(one.since)) for one in wanted]
    rows = [(one.article_id, since, key) for one, since in oldest for key in _keys(one.shingles)]
    if not rows:
        return {}
    statement = _SHARED_SQLITE if connection.dialect.name == "sqlite" else _SHARED_POSTGRESQL
    shared = connection.execute(
        statement, {"wanted": json.dumps(rows), "most": _CANDIDATES, "newest": _NEWEST - 1}
    ).all()
    others = _articles(connection, sorted({other_id for _, other_id, _ in shared})) if shared else {}
    found: dict[int, list[Neighbour]] = {}
    for own_id, other_id, count in shared:
        if other_id in others:
            story_id, source_name, own = others[other_id]
            found.setdefault(own_id, []).append(Neighbour(other_id, story_id, source_name, own, count))
    return found


def _articles(
    connection: Connection, article_ids: Sequence[int]
) -> dict[int, tuple[int | None, str | None, frozenset[int]]]:
    query = (
        select(article.c.id, article.c.source_name, article.c.shingles, story_member.c.story_id)
        .outerjoin(story_member, story_member.c.article_id == article.c.id)
        .where(article.c.id.in_(article_ids))
    )
    return {row.id: (row.story_id, row.source_name, unpack(row.shingles)) for row in connection.execute(query)}
