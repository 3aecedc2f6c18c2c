"""perq, which matches documents given as sets of terms against queries that are ANDs of ORs, beside that part of ours.

Both are told which terms an article has, and tell the rules of which every necessary clause is met. perq knows neither
phrases nor NEAR nor NOT, so that is where it ends; newswatch would go on to evaluate what these rules say besides.
"""

from collections.abc import Iterable, Sequence

import perq

from bench.rules.peers.peer import Peer
from bench.rules.queries import Node, ruleset
from newswatch.flag.matching import Engine
from newswatch.model import MatchInput


class Perq(Peer):
    """An index in memory."""

    exact = False

    def __init__(self, nodes: Iterable[Node], articles: Sequence[MatchInput]) -> None:
        super().__init__(nodes, articles)
        rules = ruleset(nodes)
        self._engine = Engine(rules)
        self._documents = [self._engine.document(article) for article in articles]
        self._terms = [perq.Document(map(str, document.hits)) for document in self._documents]
        store = perq.MemoryStore()
        perq.index((self._query(number) for number in range(len(rules.rules))), store)
        self._matcher = perq.QueryMatcher(store)
        self.singles = {"newswatch, the same part": self._own, "perq, terms given": self._perq}

    def _query(self, number: int) -> perq.Query:
        compiled = self._engine.compiled(f"r{number}")
        assert compiled is not None
        return perq.Query(number, [list(map(str, clause)) for clause in compiled.clauses])

    def _own(self, number: int) -> list[int]:
        candidates = self._engine._tiers[0].presearch.candidates(self._documents[number])
        return [int(rule.rule.id[1:]) for rule in candidates]

    def _perq(self, number: int) -> list[int]:
        return list(self._matcher.matches(self._terms[number]))
