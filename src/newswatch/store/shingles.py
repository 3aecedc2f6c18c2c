"""The shingles by which copies of an article are found."""

import array
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, text

from newswatch.ids import first_id_at, made_at
from newswatch.model import KEYS, Sample, StoryCandidate
from newswatch.store.tables import article, article_shingle, story_member

_CANDIDATES = 8
_NEWEST = 10
"""Earlier articles that are looked at for one shingle, which bounds the work: of the many that have one, either all are
copies of each other, and one of them will do, or it is a phrase that tells nothing."""
_PARTS = 1_024
_AHEAD = timedelta(seconds=10)
"""Articles that are so much later are looked at too: of two processes the one may be faster with its article."""
_ASKED = 48
"""Shingles by which an article looks for others. They are indexed by fewer, which costs space: an article that has a
part of another, or is a part of it, is found by any one that they share."""

_INSERT_SQLITE = text(
    "INSERT INTO article_shingle (hash, article_id) "
    "SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(:rows)"
)
_INSERT_POSTGRESQL = text(
    "INSERT INTO article_shingle (hash, article_id) "
    "SELECT CAST(one ->> 0 AS integer), CAST(one ->> 1 AS bigint) "
    "FROM jsonb_array_elements(CAST(:rows AS jsonb)) AS one"
)

# For articles of :wanted, a list of [article, oldest id, end of ids, hash], those with such hashes, most shared first.
_SHARED = """
WITH wanted(article_id, since, until, hash) AS ({wanted}),
shared AS (
    SELECT wanted.article_id AS own_id, known.article_id AS other_id, count(*) AS shared
    FROM wanted JOIN article_shingle AS known ON known.hash = wanted.hash
    WHERE known.article_id <> wanted.article_id AND known.article_id < wanted.until
      AND known.article_id >= {greatest}(wanted.since, coalesce(
        (SELECT newest.article_id FROM article_shingle AS newest
         WHERE newest.hash = wanted.hash AND newest.article_id < wanted.article_id
         ORDER BY newest.article_id DESC LIMIT 1 OFFSET :newest), 0))
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
        greatest="max",
        wanted="SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'), "
        "json_extract(value, '$[3]') FROM json_each(:wanted)",
    )
)
_SHARED_POSTGRESQL = text(
    _SHARED.format(
        greatest="greatest",
        wanted="SELECT CAST(one ->> 0 AS bigint), CAST(one ->> 1 AS bigint), CAST(one ->> 2 AS bigint), "
        "CAST(one ->> 3 AS integer) FROM jsonb_array_elements(CAST(:wanted AS jsonb)) AS one",
    )
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """An article, stored or to be stored, whose neighbours are wanted: those first seen at `since` or later."""

    article_id: int
    sample: Sample
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


def pack(sample: Sample) -> bytes:
    """Store a sample as little-endian 64-bit integers: first the keys, then the others in order."""
    numbers = array.array("q", [*sample.keys, *sorted(sample.shingles.difference(sample.keys))])
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def unpack(data: bytes) -> Sample:
    """Read what `pack` wrote."""
    numbers = array.array("q")
    numbers.frombytes(data)
    if sys.byteorder == "big":
        numbers.byteswap()
    return Sample(frozenset(numbers), tuple(numbers[:KEYS]))


def short(shingle: int) -> int:
    """Return the 32 bits by which a shingle is indexed; whether articles are alike is judged by all 64."""
    return ((shingle ^ (shingle >> 32)) & 0xFFFF_FFFF) - 0x8000_0000


def _asked(sample: Sample) -> set[int]:
    smallest = sorted(sample.shingles)[:_ASKED]
    return {short(one) for one in [*sample.keys, *smallest][:_ASKED]}


def index(connection: Connection, samples: Mapping[int, Sample]) -> None:
    """Let articles, given by id, be found by their keys."""
    rows = [(key, article_id) for article_id, own in samples.items() for key in sorted(set(map(short, own.keys)))]
    if rows:  # as one list: a parameter each would cost more than the rows themselves
        statement = _INSERT_SQLITE if connection.dialect.name == "sqlite" else _INSERT_POSTGRESQL
        connection.execute(statement, {"rows": json.dumps(rows)})


def unindex(connection: Connection, article_id: int, sample: Sample) -> None:
    """Take an article out of the index, whichever shingles of its `sample` it was put in with."""
    own = article_shingle.c.article_id == article_id
    hashes = set(map(short, sample.shingles))
    connection.execute(delete(article_shingle).where(own, article_shingle.c.hash.in_(hashes)))


def purge(connection: Connection, before: datetime, part: int) -> int:
    """Take articles from before an instant out of one of 1024 parts of the index; return how many entries that were.

    The index is in the order of hashes, so that looking for them everywhere would read all of it.
    """
    low = -0x8000_0000 + (part % _PARTS) * (0x1_0000_0000 // _PARTS)
    hashes = article_shingle.c.hash.between(low, low + 0x1_0000_0000 // _PARTS - 1)
    old = article_shingle.c.article_id < first_id_at(before)
    return connection.execute(delete(article_shingle).where(hashes, old)).rowcount


def neighbours(connection: Connection, wanted: Sequence[Wanted]) -> dict[int, list[Neighbour]]:
    """Return for each article, by id, the others that share indexed shingles: most shared first, at most eight.

    Articles that share with nobody are left out.
    """
    bounds = [(one, first_id_at(one.since), first_id_at(made_at(one.article_id) + _AHEAD)) for one in wanted]
    rows = [(one.article_id, since, until, key) for one, since, until in bounds for key in _asked(one.sample)]
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
    return {row.id: (row.story_id, row.source_name, unpack(row.shingles).shingles) for row in connection.execute(query)}
