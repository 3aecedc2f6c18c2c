"""The rules engine beside its peers on the same rules and articles: how fast, how large, and whether they agree.

CPU seconds, those of servers, compilers and garbage collectors included. Every engine runs in a process of its own and
matches in turns with the others; the best of five rounds counts. Slow ones match fewer articles, and are left out
where even four would take minutes.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.report import publish
from bench.rules.harness import ROUNDS, Lucene, Process, Way, child, opened, workplace
from bench.rules.peers import lucene
from bench.rules.queries import MANY_WILDCARDS, SIZES, WILDCARDS, Near, Node, queries
from bench.rules.targets import rows

_ENGINES = ("newswatch", "fts5", "postgres", "tantivy", "naive")
_ABLATION, _UNSEARCHED = 10_000, 1_000  # rules with which the presearch is changed, and left out

_LEFT_OUT = {
    ("naive", 100_000): "compiling takes most of a minute and some 700 MB, matching a quarter of a minute an article",
}


@dataclass(slots=True)
class Results:
    """Everything measured, by engine and way of matching, then by number of rules."""

    rates: dict[str, dict[int, float]] = field(default_factory=dict)
    documents: dict[str, dict[int, int]] = field(default_factory=dict)
    builds: dict[str, dict[int, dict[str, float]]] = field(default_factory=dict)
    matches: dict[int, float] = field(default_factory=dict)  # rules that match an article, on average
    differences: dict[str, dict[int, tuple[int, int]]] = field(default_factory=dict)  # differing, of so many matches
    ablation: dict[str, dict[int, float]] = field(default_factory=dict)
    wildcards: dict[str, float] = field(default_factory=dict)
    english: dict[int, dict[str, float]] = field(default_factory=dict)
    answers: dict[str, dict[int, dict[str, float]]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    def add(self, way: Way, size: int) -> None:
        """Take the best round of a way."""
        name = f"{way.engine}, {way.name}"
        self.rates.setdefault(name, {})[size] = way.rate
        self.documents.setdefault(name, {})[size] = way.docs


def run() -> None:
    """Measure and publish."""
    results = Results()
    with workplace() as folder:
        peer = _lucene(folder, results)
        try:
            for size in SIZES:
                _size(folder, size, peer, results)
            if peer is not None:
                _wildcards(folder, peer, results)
        finally:
            if peer is not None:
                peer.process.close()
    publish(
        "rules",
        f"Rules engine beside its peers: articles per CPU second with {', '.join(map(_grouped, SIZES))} rules",
        rows(results),
        {name: getattr(results, name) for name in Results.__slots__},
    )


def _grouped(number: int) -> str:
    return f"{number:,}".replace(",", " ")


def _lucene(folder: Path, results: Results) -> Lucene | None:
    why = lucene.missing()
    if why is not None:
        results.left_out["Lucene Monitor"] = f"{why}; to get it: {lucene.HOW}"
        return None
    return Lucene(folder)


def _size(folder: Path, size: int, peer: Lucene | None, results: Results) -> None:
    """Measure every engine with so many rules."""
    print(f"{_grouped(size)} rules …", flush=True)
    processes: list[Process] = []
    with opened(processes):
        ways: list[Way] = []
        for engine in _ENGINES:
            why = _LEFT_OUT.get((engine, size))
            if why:
                results.left_out[f"{engine}, {_grouped(size)} rules"] = why
                continue
            processes.append(child(folder, engine, size, WILDCARDS))
            ways += _ways(engine, processes[-1], size, results)
        if peer is not None:
            first = peer.load(size, WILDCARDS)
            results.builds.setdefault("lucene", {})[size] = first
            ways += [Way("lucene", name, peer.process) for name in Lucene.WAYS]
        _measure(ways)
        for way in ways:
            results.add(way, size)
        _compare(ways, size, results)
        for question in ("latency", "edit", "long") if size == _ABLATION else ("latency", "edit"):
            answer = processes[0].ask(f"ask {question}")["answer"]
            results.answers.setdefault(question, {})[size] = answer
        if peer is not None and size >= _UNSEARCHED:
            _english(processes[0], peer, size, results)
    if size <= _ABLATION:
        _parts(folder, size, results)


def _ways(engine: str, process: Process, size: int, results: Results) -> list[Way]:
    first = process.first
    results.builds.setdefault(engine, {})[size] = {
        name: value for name, value in first.items() if name.endswith(("_s", "_mb"))
    }
    return [Way(engine, name, process, exact=first["exact"]) for name in first["ways"]]


def _measure(ways: list[Way]) -> None:
    for _ in range(ROUNDS):
        for way in ways:
            way.round()


def _compare(ways: list[Way], size: int, results: Results) -> None:
    """Compare what every way has found with what newswatch has."""
    own = ways[0].matches()
    results.matches[size] = sum(map(len, own)) / len(own)
    near = {number for number, node in enumerate(queries(size)) if _has_near(node)}
    for way in ways[1:]:
        if way.docs == 0:
            continue
        ignored = set() if way.exact else near  # engines that know no NEAR
        pairs = [(set(a) - ignored, set(b) - ignored) for a, b in zip(own, way.matches(), strict=False)]
        differing = sum(len(a ^ b) for a, b in pairs)
        found = sum(len(a) for a, _ in pairs)
        results.differences.setdefault(f"{way.engine}, {way.name}", {})[size] = (differing, found)


def _has_near(node: Node) -> bool:
    return isinstance(node, Near) or any(
        _has_near(item) for item in getattr(node, "items", ()) if not isinstance(item, tuple)
    )


def _parts(folder: Path, size: int, results: Results) -> None:
    """Measure presearch by term length and without, and perq beside the same part of newswatch."""
    names = ["perq"]
    if size == _ABLATION:
        names += ["newswatch", "newswatch-by-length"]
    if size == _UNSEARCHED:
        names += ["newswatch", "newswatch-by-length", "newswatch-unsearched"]
    processes = [child(folder, name, size, WILDCARDS) for name in names]
    with opened(processes):
        ways = [
            Way(name, way, process)
            for name, process in zip(names, processes, strict=True)
            for way in process.first["ways"]
            if way != "with spans"
        ]
        _measure(ways)
        for way in ways:
            name = way.name if way.engine == "perq" else way.engine
            results.ablation.setdefault(name, {})[size] = way.rate


def _english(process: Process, peer: Lucene, size: int, results: Results) -> None:
    """Compare on English alone, since pairs of characters are dear for an engine of tokens and nothing to newswatch."""
    ways = [Way("lucene", "english", peer.process)]
    _measure(ways)
    results.english[size] = {
        "newswatch": process.ask("ask english")["answer"]["match only"],
        "lucene": ways[0].rate,
    }


def _wildcards(folder: Path, peer: Lucene, results: Results) -> None:
    """Measure newswatch and Lucene Monitor with many rules that have a prefix."""
    process = child(folder, "newswatch", _ABLATION, MANY_WILDCARDS)
    with opened([process]):
        peer.load(_ABLATION, MANY_WILDCARDS)
        ways = [Way("newswatch", "match only", process), Way("lucene", "match only", peer.process)]
        _measure(ways)
        results.wildcards = {way.engine: way.rate for way in ways}
        found: list[Any] = [way.matches() for way in ways]
        differing = sum(len(set(a) ^ set(b)) for a, b in zip(*found, strict=True))
        results.differences.setdefault("lucene, wildcard set", {})[_ABLATION] = (differing, sum(map(len, found[0])))
