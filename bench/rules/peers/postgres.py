"""PostgreSQL: the rules are rows with a tsquery, and each article asks which rows match its tsvector."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack

import psycopg

from bench.rules.peers.peer import Peer
from bench.rules.queries import All, Any, Near, Node, Not, Term, plain
from bench.rules.tokens import article_tokens, term_tokens
from newswatch.model import MatchInput
from tests.postgres import postgres_server

_GAPS = 4
"""Distances of a NEAR in one row. A tsquery must fit into a page of 8 kB, so NEAR/10 of names takes three rows."""


class Postgres(Peer):
    """A server of our own; its CPU time counts."""

    def __init__(self, nodes: Iterable[Node], articles: Sequence[MatchInput]) -> None:
        import psutil  # not for the tests, which look at tsqueries alone

        super().__init__(nodes, articles)
        self._articles = [_tsvector(article_tokens(article)) for article in articles]
        self._stack = ExitStack()
        server = self._stack.enter_context(postgres_server())
        self._connection = self._stack.enter_context(psycopg.connect(server.base_url, autocommit=True))
        execute = self._connection.execute
        execute("CREATE TABLE rule (id int NOT NULL, query tsquery NOT NULL)")
        with self._connection.cursor() as cursor, cursor.copy("COPY rule FROM STDIN") as copy:
            for number, node in enumerate(nodes):
                for query in tsqueries(plain(node)):
                    copy.write_row((number, query))
        execute("VACUUM ANALYZE rule")
        execute("SET max_parallel_workers_per_gather = 0")
        execute("SET jit = off")
        self._backend = psutil.Process(self._connection.info.backend_pid)
        self.singles = {"one document, seq scan": self._one}

    def _one(self, number: int) -> list[int]:
        # Not prepared: a prepared statement gets a generic plan, which reads the tsvector anew for each row.
        ask = "SELECT id FROM rule WHERE %b::tsvector @@ query"
        rows = self._connection.execute(ask, [self._articles[number]], prepare=False)
        return list({rule for (rule,) in rows})

    def cpu_s(self) -> float:
        """Return the time of this process and of the server's process that works for it."""
        times = self._backend.cpu_times()
        return super().cpu_s() + float(times.user + times.system)

    def close(self) -> None:
        """Stop the server."""
        self._stack.close()


def _tsvector(text: str) -> str:
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place, token in enumerate(text.split(), 1):
        places[token].append(place)
    return " ".join(f"'{token}':{','.join(map(str, found))}" for token, found in places.items())


def tsqueries(node: Node) -> Iterator[str]:
    """Write a plain query as tsqueries of which at least one matches.

    A tsquery knows exact distances only, so NEAR becomes one alternative for each distance and order
    (https://www.postgresql.org/docs/current/datatype-textsearch.html).
    """
    items = node.items if isinstance(node, All) else (node,)
    near = next((item for item in items if isinstance(item, Near)), None)
    if near is None:
        yield _tsquery(node)
        return
    others = "".join(f" & {_tsquery(item)}" for item in items if item is not near)
    left, right = _tsquery(Any(near.left)), _tsquery(Any(near.right))
    for first in range(1, near.words + 2, _GAPS):
        gaps = range(first, min(first + _GAPS, near.words + 2))
        places = (f"({a} <{gap}> {b})" for gap in gaps for a, b in ((left, right), (right, left)))
        yield f"({' | '.join(places)}){others}"


def _tsquery(node: Node) -> str:
    match node:
        case Term():
            words = [f"'{token}'" for token in term_tokens(node)]
            return f"({' <-> '.join(words)}{':*' * node.prefix})"
        case Any():
            return f"({' | '.join(map(_tsquery, node.items))})"
        case All():
            return f"({' & '.join(map(_tsquery, node.items))})"
        case Not():
            return f"!{_tsquery(node.item)}"
        case _:
            raise TypeError(f"NEAR stands at the top or in an AND there: {node}")
