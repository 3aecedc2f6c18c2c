"""One engine in a process of its own, so that its memory and its CPU time are its own: talks JSON, a line at a time.

python -m bench.rules.child ENGINE RULES WILDCARDS LIMIT_S

After a first line about building it, it answers "round WAY" with the CPU seconds that matching took, "matches WAY" with
the numbers of the rules that matched each article then, "ask WHAT" with what only this engine is asked. The first round
of a way ends after LIMIT_S CPU seconds; later ones match the same number of articles.
"""

import gc
import json
import sys
import time
from collections.abc import Callable, Iterator
from importlib import import_module

import psutil

from bench.rules.corpus import articles
from bench.rules.own import ARTICLES
from bench.rules.peers.peer import Peer
from bench.rules.queries import Node, queries
from bench.rules.world import LANGUAGES

_ENGINES = {
    "newswatch": ("newswatch", "Newswatch"),
    "newswatch-by-length": ("newswatch", "ByLength"),
    "newswatch-unsearched": ("newswatch", "Unsearched"),
    "fts5": ("fts5", "Fts5"),
    "naive": ("naive", "Naive"),
    "perq": ("perq", "Perq"),
    "postgres": ("postgres", "Postgres"),
    "tantivy": ("tantivy", "Tantivy"),
}


def _engine(name: str) -> type[Peer]:
    module, cls = _ENGINES[name]
    found: type[Peer] = getattr(import_module(f"bench.rules.peers.{module}"), cls)
    return found


class _Timed:
    """Hands on what is made elsewhere and knows how long making it took, which is no matter of the engine."""

    def __init__(self, nodes: Iterator[Node]) -> None:
        self._nodes = nodes
        self.cpu_s = 0.0

    def __iter__(self) -> Iterator[Node]:
        return self

    def __next__(self) -> Node:
        began = time.process_time()
        try:
            return next(self._nodes)
        finally:
            self.cpu_s += time.process_time() - began


class _Rounds:
    """Runs the ways of one engine, each over as many articles as its first round managed."""

    def __init__(self, peer: Peer, limit_s: float) -> None:
        self._peer = peer
        self._limit_s = limit_s
        self.found: dict[str, list[list[int]]] = {}
        """The rules that matched each article in the last round of a way."""

    def run(self, way: str) -> None:
        """Match once."""
        if way in self._peer.batches:
            self.found[way] = self._peer.batches[way]()
            return
        work = self._peer.singles[way]
        before = self.found.get(way)
        self.found[way] = self._first(work) if before is None else [work(number) for number in range(len(before))]

    def _first(self, work: Callable[[int], list[int]]) -> list[list[int]]:
        """Match until the time is up, but as many articles of each language as of any other."""
        found: list[list[int]] = []
        end = self._peer.cpu_s() + self._limit_s
        while len(found) < ARTICLES and (len(found) % len(LANGUAGES) or not found or self._peer.cpu_s() < end):
            found.append(work(len(found)))
        return found


def _say(value: dict[str, object]) -> None:
    print(json.dumps(value), flush=True)


def main(name: str, size: int, wildcards: float, limit_s: float) -> None:
    """Build the engine and answer."""
    texts = articles(ARTICLES)
    cls = _engine(name)
    memory = psutil.Process().memory_info
    before = memory().rss
    nodes = _Timed(queries(size, wildcards=wildcards))
    began = time.process_time()
    peer = cls(nodes, texts)
    used = peer.cpu_s() - began - nodes.cpu_s
    gc.collect()
    gc.freeze()  # as a running newswatch does
    _say(
        {
            "build_cpu_s": used,
            "memory_mb": (memory().rss - before) / 1e6,
            "ways": [*peer.singles, *peer.batches],
            "exact": peer.exact,
            **peer.notes,
        }
    )
    rounds = _Rounds(peer, limit_s)
    for line in sys.stdin:
        verb, _, what = line.strip().partition(" ")
        if verb == "ask":
            _say({"answer": peer.asks[what]()})
        elif verb == "matches":
            _say({"matches": rounds.found[what]})
        else:
            start = peer.cpu_s()
            rounds.run(what)
            _say({"docs": len(rounds.found[what]), "cpu_s": peer.cpu_s() - start})
    peer.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4]))
