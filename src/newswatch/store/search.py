"""The full-text index: the same tokens in FTS5 (SQLite) and in a tsvector (PostgreSQL).

Both databases would see a run of Chinese, Japanese or Korean as one word; `search_tokens` makes overlapping pairs of
characters instead. The FTS5 table is contentless (https://www.sqlite.org/fts5.html#contentless_tables), so a row is
taken out by naming the tokens it was put in with.
"""

from sqlalchemy import Connection, text

from newswatch.search_tokens import fts5_query, tokens, tsquery, tsvector_text

_TITLE_GAP = 50  # positions between title and body, so that no phrase spans both


def add(connection: Connection, article_id: int, title: str, body: str) -> None:
    """Put an article's current text into the index."""
    if connection.dialect.name == "sqlite":
        connection.execute(
            text("INSERT INTO article_search(rowid, title, body) VALUES (:id, :title, :body)"),
            {"id": article_id, "title": " ".join(tokens(title)), "body": " ".join(tokens(body))},
        )
    else:
        connection.execute(
            text(
                "INSERT INTO article_search(article_id, tsv) VALUES (:id, CAST(:tsv AS tsvector)) "
                "ON CONFLICT (article_id) DO UPDATE SET tsv = excluded.tsv"
            ),
            {"id": article_id, "tsv": tsvector_text([*tokens(title), *[""] * _TITLE_GAP, *tokens(body)])},
        )


def remove(connection: Connection, article_id: int, title: str, body: str) -> None:
    """Take an article out of the index; `title` and `body` are what it was put in with."""
    if connection.dialect.name == "sqlite":
        connection.execute(
            text(
                "INSERT INTO article_search(article_search, rowid, title, body) VALUES ('delete', :id, :title, :body)"
            ),
            {"id": article_id, "title": " ".join(tokens(title)), "body": " ".join(tokens(body))},
        )
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
