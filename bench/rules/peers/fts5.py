"""SQLite's full-text search: index the article (or all of them), then ask one MATCH for each rule."""

import sqlite3
from collections.abc import Iterable, Sequence

from bench.rules.peers.peer import Peer
from bench.rules.queries import All, Any, Near, Node, Not, Term, plain
from bench.rules.tokens import article_tokens, term_tokens
from newswatch.model import MatchInput

_TABLE = "CREATE VIRTUAL TABLE {} USING fts5(text, content='', tokenize='unicode61 remove_diacritics 0')"


class Fts5(Peer):
    """A table in memory, without content."""

    def __init__(self, nodes: Iterable[Node], articles: Sequence[MatchInput]) -> None:
        super().__init__(nodes, articles)
        self._texts = [article_tokens(article) for article in articles]
        self._rules = [expression(plain(node)) for node in nodes]
        self._database = sqlite3.connect(":memory:", isolation_level=None, cached_statements=16)
        self._database.execute(_TABLE.format("one"))
        self.singles = {"one document, N MATCH": self._one}
        self.batches = {"batch of 500": self._all}

    def _one(self, number: int) -> list[int]:
        execute = self._database.execute
        execute("INSERT INTO one(one) VALUES ('delete-all')")
        execute("INSERT INTO one(rowid, text) VALUES (1, ?)", [self._texts[number]])
        ask = "SELECT rowid FROM one WHERE one MATCH ?"
        return [rule for rule, text in enumerate(self._rules) if execute(ask, [text]).fetchone()]

    def _all(self) -> list[list[int]]:
        execute = self._database.execute
        execute(_TABLE.format("batch"))
        execute("BEGIN")
        self._database.executemany("INSERT INTO batch(rowid, text) VALUES (?, ?)", enumerate(self._texts))
        execute("COMMIT")
        found: list[list[int]] = [[] for _ in self._texts]
        for rule, text in enumerate(self._rules):
            for (article,) in execute("SELECT rowid FROM batch WHERE batch MATCH ?", [text]):
                found[article].append(rule)
        execute("DROP TABLE batch")
        return found

    def close(self) -> None:
        """Close the database."""
        self._database.close()


def expression(node: Node) -> str:
    """Write a plain query in the language of FTS5 (https://www.sqlite.org/fts5.html#full_text_query_syntax)."""
    match node:
        case Term():
            return f'"{" ".join(term_tokens(node))}"{"*" * node.prefix}'
        case Any():
            return f"({' OR '.join(map(expression, node.items))})"
        case All():
            wanted = " AND ".join(expression(item) for item in node.items if not isinstance(item, Not))
            unwanted = "".join(f" NOT {expression(item.item)}" for item in node.items if isinstance(item, Not))
            return f"(({wanted}){unwanted})"
        case Near():
            pairs = (f"{expression(left)} {expression(right)}" for left in node.left for right in node.right)
            return f"({' OR '.join(f'NEAR({pair}, {node.words})' for pair in pairs)})"
        case _:
            raise TypeError(f"not plain: {node}")
