"""newswatch's own engine, as it is and with its presearch changed, and what only it is asked."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from statistics import quantiles

from bench.rules.corpus import articles as made
from bench.rules.corpus import long_article
from bench.rules.own import MEASURED, matching, rate, spans
from bench.rules.peers.peer import Peer
from bench.rules.queries import Node, ruleset
from newswatch.flag.matching import Engine
from newswatch.model import MatchInput

_ROUNDS = 3


class Newswatch(Peer):
    """Rules as text to an engine that knows how frequent each term was in recent articles."""

    presearch = True
    measured = True

    def __init__(self, nodes: Iterable[Node], articles: Sequence[MatchInput]) -> None:
        super().__init__(nodes, articles)
        self._articles = articles
        rules = ruleset(nodes)
        began = time.process_time()
        self._engine = Engine(rules, presearch=self.presearch)
        self.notes["compile_cpu_s"] = time.process_time() - began
        if self.measured:
            recent = made(MEASURED, seed="recent")
            began = time.process_time()
            frequencies = self._engine.measure(recent)
            self.notes["measure_cpu_s"] = time.process_time() - began
            began = time.process_time()
            self._engine = self._engine.settled(frequencies)
            self.notes["settle_cpu_s"] = time.process_time() - began
        # Making the texts and measuring frequencies are not building.
        self.notes["build_cpu_s"] = self.notes["compile_cpu_s"] + self.notes.get("settle_cpu_s", 0.0)
        self.singles = {"match only": self._match, "with spans": self._spans}
        self._english = [text for text in articles if text.language == "en"]
        self.asks = {"latency": self._latency, "long": self._long, "english": self._rate_of_english, "edit": self._edit}

    def _match(self, number: int) -> list[int]:
        return [int(rule[1:]) for rule in matching(self._engine, self._articles[number])]

    def _spans(self, number: int) -> list[int]:
        return [int(match.rule_id[1:]) for match in self._engine.match(self._articles[number])]

    def _latency(self) -> dict[str, float]:
        """Return median and 99th percentile of the CPU milliseconds of an article, of each the best of some rounds."""
        found: dict[str, float] = {}
        for name, work in (("match only", matching), ("with spans", spans)):
            times = quantiles((1e3 * _best(work, self._engine, article) for article in self._articles), n=100)
            found |= {f"{name}, p50": times[49], f"{name}, p99": times[98]}
        return found

    def _edit(self) -> dict[str, float]:
        """Return CPU seconds from another query of one rule to an engine that has it."""
        rules = self._engine.ruleset
        first, *others = rules.rules
        query = '("mended" AND "rule")'
        edited = replace(rules, rules=(replace(first, query=query), *others))
        began = time.process_time()
        self._engine.updated(edited)
        return {"edit": time.process_time() - began}

    def _rate_of_english(self) -> dict[str, float]:
        """Return articles per CPU second of those in English alone."""
        return {"match only": rate(matching, self._engine, self._english)}

    def _long(self) -> dict[str, float]:
        """Return CPU seconds of an article of 1 MB."""
        article = long_article(1_000_000)
        return {"match only": _best(matching, self._engine, article), "with spans": _best(spans, self._engine, article)}


class ByLength(Newswatch):
    """Presearch by the length of terms, as Lucene does by default: nothing was measured."""

    measured = False


class Unsearched(Newswatch):
    """No presearch: every rule is evaluated for every article."""

    presearch = False
    measured = False


def _best(work: Callable[[Engine, MatchInput], object], engine: Engine, article: MatchInput) -> float:
    times = []
    for _ in range(_ROUNDS):
        began = time.process_time_ns()
        work(engine, article)
        times.append((time.process_time_ns() - began) / 1e9)
    return min(times)
