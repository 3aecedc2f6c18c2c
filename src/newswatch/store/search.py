"""The full-text index: the same tokens in FTS5 (SQLite) and in a tsvector (PostgreSQL).

Both databases would see a run of Chinese, Japanese or Korean as one word; `search_tokens` makes overlapping pairs of
characters instead. The FTS5 table is contentless (https://www.sqlite.org/fts5.html#contentless_tables), so a row is
taken out by naming the tokens it was put in with.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, text

from newswatch.search_tokens import SearchText, fts5_query, tsquery, tsvector_text

_TITLE_GAP = 50  # positions between title and body, so that no phrase spans both


_ADD_SQLITE = text("INSERT INTO article_search(rowid, title, body) VALUES (:id, :title, :body)")
_ADD_POSTGRESQL = text(
    "INSERT INTO article_search(article_id, tsv) VALUES (:id, CAST(:tsv AS tsvector)) "
    "ON CONFLICT (article_id) DO UPDATE SET tsv = excluded.tsv"
)
_REMOVE_SQLITE = text(
    "INSERT INTO article_search(article_search, rowid, title, body) VALUES ('delete', :id, :title, :body)"
)


def add(connection: Connection, texts: Sequence[tuple[int, SearchText]]) -> None:
    """Put the current texts of articles, given by id, into the index."""
    if connection.dialect.name == "sqlite":
        rows = [{"id": article_id, "title": words.title, "body": words.body} for article_id, words in texts]
        connection.execute(_ADD_SQLITE, rows)
    else:
        rows = [{"id": article_id, "tsv": _tsvector(words)} for article_id, words in texts]
        connection.execute(_ADD_POSTGRESQL, rows)


def _tsvector(words: SearchText) -> str:
    return tsvector_text([*words.title.split(), *[""] * _TITLE_GAP, *words.body.split()])


def remove(connection: Connection, article_id: int, words: SearchText) -> None:
    """Take an article out of the index; `words` are what it was put in with."""
    if connection.dialect.name == "sqlite":
        connection.execute(_REMOVE_SQLITE, {"id": article_id, "title": words.title, "body": words.body})
    else:
        connection.execute(text("DELETE FROM article_search WHERE article_id = :id"), {"id": article_id})


def find(connection: Connection, query: str, *, limit: int) -> list[int]:
    """Return ids of articles that contain what a person typed, best first; empty if nothing can be looked for."""
    if connection.dialect.name == "sqlite":
        wanted = fts5_query(query)
        statement = (
            "SELECT rowid FROM article_search WHERE article_search MATCH :query "
            "ORDER BY bm25(article_search, 4.0, 1.0), rowid DESC LIMIT :limit"
        )
    else:
        wanted = tsquery(query)
        statement = (
            "SELECT article_id FROM article_search, CAST(:query AS tsquery) AS q WHERE tsv @@ q "
            "ORDER BY ts_rank(tsv, q) DESC, article_id DESC LIMIT :limit"
        )
    if wanted is None:
        return []
    return list(connection.execute(text(statement), {"query": wanted, "limit": limit}).scalars())
