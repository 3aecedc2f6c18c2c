"""What stories are about: their centroids, the terms by which they are found, and how common terms are."""

import json
import struct
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, text, update

from newswatch.model import ALL_ARTICLES, Centroid
from newswatch.store.tables import story_term, story_vector, term_count

_KEYS = 16
"""Terms of a centroid that are indexed, the heaviest; what must be found besides is added to them."""
_WANTED = 24
_NEWEST = 200  # centroids that are looked at for one term
_CANDIDATES = 8
_PURGED = 200  # centroids at a time
_MOST_COUNTED = 200_000
"""Articles counted beyond which all counts are halved: common terms stay common, old ones go."""

_INSERT_TERM = insert(story_term)
_INSERT_VECTOR = insert(story_vector)
_DELETE_TERM = text("DELETE FROM story_term WHERE term = :term AND vector_id = :vector_id")
_ADD_TO_COUNT = text(
    "INSERT INTO term_count (term, articles) VALUES (:term, 1) "
    "ON CONFLICT (term) DO UPDATE SET articles = term_count.articles + 1"
)
_COUNTS = {
    "sqlite": text(
        "SELECT known.term, known.articles FROM json_each(:terms) AS wanted "
        "JOIN term_count AS known ON known.term = wanted.value"
    ),
    "postgresql": text("SELECT term, articles FROM term_count WHERE term = ANY(CAST(:terms AS bigint[]))"),
}


def counts(connection: Connection, terms: Collection[int]) -> dict[int, int]:
    """Return in how many of the counted articles each term was, and under `ALL_ARTICLES` how many these were."""
    wanted = [ALL_ARTICLES, *terms]
    given = json.dumps(wanted) if connection.dialect.name == "sqlite" else "{" + ",".join(map(str, wanted)) + "}"
    return {row[0]: row[1] for row in connection.execute(_COUNTS[connection.dialect.name], {"terms": given})}


def count(connection: Connection, terms: Collection[int], counted: int) -> None:
    """Count an article with these terms; `counted` articles were counted before."""
    if counted >= _MOST_COUNTED:
        connection.execute(update(term_count).values(articles=term_count.c.articles // 2))
        connection.execute(delete(term_count).where(term_count.c.articles == 0))
    connection.execute(_ADD_TO_COUNT, [{"term": term} for term in sorted({ALL_ARTICLES, *terms})])


def candidates(connection: Connection, vector: Mapping[int, float], also: Collection[int] = ()) -> list[Centroid]:
    """Return the centroids that share most with a vector by its heaviest terms and by the terms `also`, at most 8.

    For one term only the 200 newest are looked at, so that common terms cost no more than that.
    """
    wanted = dict.fromkeys([*list(vector)[:_WANTED], *also])
    if not wanted:
        return []
    terms = [[term, max(1, round(10_000 * vector.get(term, 0.0)))] for term in wanted]
    values = {"wanted": json.dumps(terms), "newest": _NEWEST - 1, "most": _CANDIDATES}
    return [_centroid(row) for row in connection.execute(_SEARCH[connection.dialect.name], values)]


_COLUMNS = (
    story_vector.c.id,
    story_vector.c.story_id,
    story_vector.c.language,
    story_vector.c.articles,
    story_vector.c.latest_at,
    story_vector.c.kinds,
    story_vector.c.vector,
)

# Weights are whole numbers: these add up to the same in every order.
_SHARED = """
WITH wanted(term, weight) AS ({wanted}),
best AS (
    SELECT known.vector_id, sum(wanted.weight) AS shared
    FROM wanted JOIN story_term AS known ON known.term = wanted.term
    WHERE known.vector_id >= coalesce(
        (SELECT newest.vector_id FROM story_term AS newest WHERE newest.term = wanted.term
         ORDER BY newest.vector_id DESC LIMIT 1 OFFSET :newest), 0)
    GROUP BY known.vector_id ORDER BY shared DESC, known.vector_id LIMIT :most
)
SELECT v.id, v.story_id, v.language, v.articles, v.latest_at, v.kinds, v.vector
FROM best JOIN story_vector AS v ON v.id = best.vector_id ORDER BY best.shared DESC, v.id
"""
_SEARCH = {
    "sqlite": text(
        _SHARED.format(wanted="SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(:wanted)")
    ).columns(*_COLUMNS),
    "postgresql": text(
        _SHARED.format(
            wanted="SELECT CAST(one ->> 0 AS bigint), CAST(one ->> 1 AS integer) "
            "FROM jsonb_array_elements(CAST(:wanted AS jsonb)) AS one"
        )
    ).columns(*_COLUMNS),
}


def _centroid(row: Any) -> Centroid:
    return Centroid(row[0], row[1], row[2], row[3], row[4], row[5], _unpack(row[6]))


def add(connection: Connection, value: Centroid, also: Collection[int] = ()) -> None:
    """Store the first centroid of a story in a language. It is also found by the terms `also` that it has."""
    connection.execute(_INSERT_VECTOR, {name: getattr(value, name) for name in _NAMES} | {"vector": _pack(value)})
    _index(connection, value.id, _keys(value, also))


def change(connection: Connection, old: Centroid, new: Centroid, also: Collection[int] = ()) -> None:
    """Store what a centroid has become."""
    connection.execute(
        update(story_vector)
        .where(story_vector.c.id == new.id)
        .values(articles=new.articles, latest_at=new.latest_at, vector=_pack(new))
    )
    before, after = set(old.vector), _keys(new, also)  # any of the old terms may be indexed
    indexed = connection.execute(
        select(story_term.c.term).where(story_term.c.vector_id == new.id, story_term.c.term.in_(before | after))
    )
    known = set(indexed.scalars())
    gone = sorted(known - after)
    if gone:
        connection.execute(_DELETE_TERM, [{"term": term, "vector_id": new.id} for term in gone])
    _index(connection, new.id, after - known)


def touch(connection: Connection, story_id: int, at: datetime) -> None:
    """Keep a story's centroids for as long as an article of `at` is recent: it has got a copy."""
    own = (story_vector.c.story_id == story_id, story_vector.c.latest_at < at)
    connection.execute(update(story_vector).where(*own).values(latest_at=at))


def has_language(connection: Connection, story_id: int, language: str) -> bool:
    """Return whether a story has a centroid in a language."""
    own = select(story_vector.c.id).where(story_vector.c.story_id == story_id, story_vector.c.language == language)
    return connection.execute(own.limit(1)).scalar() is not None


def hand_over(connection: Connection, gone: int, kept: int) -> None:
    """Let the centroids of one story be those of another."""
    connection.execute(update(story_vector).where(story_vector.c.story_id == gone).values(story_id=kept))


def forget(connection: Connection, story_id: int) -> None:
    """Drop a story's centroids."""
    _drop(connection, select(story_vector.c.id, story_vector.c.vector).where(story_vector.c.story_id == story_id))


def purge(connection: Connection, before: datetime) -> None:
    """Drop some of the centroids that no article can join any more."""
    stale = select(story_vector.c.id, story_vector.c.vector).where(story_vector.c.latest_at < before)
    _drop(connection, stale.order_by(story_vector.c.latest_at, story_vector.c.id).limit(_PURGED))


def _drop(connection: Connection, query: object) -> None:
    rows = connection.execute(query).all()  # type: ignore[call-overload]
    if rows:
        keys = [{"term": term, "vector_id": row.id} for row in rows for term in _unpack(row.vector)]
        if keys:
            connection.execute(_DELETE_TERM, keys)
        connection.execute(delete(story_vector).where(story_vector.c.id.in_([row.id for row in rows])))


_NAMES = ("id", "story_id", "language", "articles", "latest_at", "kinds")


def _keys(value: Centroid, also: Collection[int]) -> set[int]:
    return {*list(value.vector)[:_KEYS], *(term for term in also if term in value.vector)}


def _index(connection: Connection, vector_id: int, terms: Collection[int]) -> None:
    if terms:
        connection.execute(_INSERT_TERM, [{"term": term, "vector_id": vector_id} for term in sorted(terms)])


def _pack(value: Centroid) -> bytes:
    """Store a vector: little-endian 32-bit terms, then 16-bit weights (IEEE 754 binary16)."""
    size = len(value.vector)
    return struct.pack(f"<{size}I{size}e", *value.vector, *value.vector.values())


def _unpack(data: bytes) -> dict[int, float]:
    size = len(data) // 6
    numbers = struct.unpack(f"<{size}I{size}e", data)
    return dict(zip(numbers[:size], numbers[size:], strict=True))
