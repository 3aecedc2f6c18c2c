"""What every engine beside newswatch looks like to the benchmark."""

import time
from collections.abc import Callable, Iterable, Sequence

from bench.rules.queries import Node
from newswatch.model import MatchInput


class Peer:
    """An engine with the rules in it.

    `singles` are ways of matching one article, by its number; `batches` match all articles at once. Both give the
    numbers of the rules that match. Whatever can be made ready once for all articles is made ready in the constructor.
    """

    exact = True
    """Whether its results must be those of newswatch; False for engines that cannot say all that the rules say."""

    def __init__(self, nodes: Iterable[Node], articles: Sequence[MatchInput]) -> None:
        self.singles: dict[str, Callable[[int], list[int]]] = {}
        self.batches: dict[str, Callable[[], list[list[int]]]] = {}
        self.asks: dict[str, Callable[[], dict[str, float]]] = {}  # what is asked of this engine alone
        self.notes: dict[str, float] = {}  # what making it ready has shown

    def cpu_s(self) -> float:
        """Return the CPU seconds used so far, those of a server included."""
        return time.process_time()

    def close(self) -> None:
        """End what was started."""
