"""The figures as rows for people, and what the engine is held to."""

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from bench.report import Row
from bench.rules.queries import SIZES

if TYPE_CHECKING:
    from bench.rules.run import Results

OWN, SPANS = "newswatch, match only", "newswatch, with spans"
LUCENE, HIGHLIGHTS = "lucene, match only", "lucene, with highlights"
POSTGRES, TANTIVY = "postgres, one document, seq scan", "tantivy, one document, N queries"
FTS5, NAIVE = "fts5, one document, N MATCH", "naive, one document"
_RATIOS = (
    (OWN, LUCENE, 1_000, 1.5),
    (OWN, LUCENE, 10_000, 2.0),
    (OWN, LUCENE, 100_000, 5.0),
    (SPANS, HIGHLIGHTS, 10_000, 1.2),
    (SPANS, HIGHLIGHTS, 100_000, 4.0),
    (OWN, POSTGRES, 10_000, 15.0),
    (OWN, FTS5, 10_000, 500.0),
    (OWN, NAIVE, 10_000, 500.0),
)
"""What, beside what, with how many rules, at least so many times as fast."""
_LEAST = ((OWN, 10_000, 1000), (SPANS, 10_000, 600), (OWN, 100_000, 350), (SPANS, 100_000, 220))
_GROWTH = 4.0  # times the CPU for ten times the rules, at most
_BYTES, _BUILD_S, _EDIT_S = 2500, 15.0, 1.0
_WILDCARDS = 3.0
_TAIL = 3.0  # p99 over p50, at most
_LONG_S = 1.0


def grouped(number: float) -> str:
    """Write a number for people: three figures that mean something, thousands apart."""
    return f"{number:.2g}" if number < 10 else f"{number:,.0f}".replace(",", " ")


def rows(results: "Results") -> list[Row]:
    """Return every figure, those with a target last."""
    return [*_figures(results), *_checks(results)]


def _figures(results: "Results") -> Iterator[Row]:
    for name, rates in results.rates.items():
        yield Row(name, _line(rates))
    for name, rates in results.ablation.items():
        yield Row(f"part: {name}", _line(rates))
    for name, builds in results.builds.items():
        yield Row(f"{name}: build, CPU s", _line({size: build["build_cpu_s"] for size, build in builds.items()}))
        yield Row(f"{name}: memory, MB", _line({size: build["memory_mb"] for size, build in builds.items()}))
    for size, found in results.english.items():
        figure = f"{grouped(found['newswatch'])} beside {grouped(found['lucene'])} of lucene"
        yield Row(f"English articles alone, match only, {grouped(size)} rules", figure)
    yield Row("rules that match an article", _line(results.matches))
    for name, value in results.left_out.items():
        yield Row(f"left out: {name}", value)


def _line(found: "dict[int, float]") -> str:
    return " / ".join(grouped(found[size]) if size in found else "–" for size in SIZES)


def _checks(results: "Results") -> Iterator[Row]:
    rates = results.rates
    for ours, theirs, size, least in _RATIOS:
        if size in rates.get(theirs, {}):
            ratio = rates[ours][size] / rates[theirs][size]
            yield Row(
                f"{ours}, beside {theirs}: {grouped(size)} rules", f"{ratio:.1f}", f"at least {least}", ratio >= least
            )
    if results.wildcards:
        ratio = results.wildcards["newswatch"] / results.wildcards["lucene"]
        yield Row(
            "beside lucene, wildcard set: 10 000 rules", f"{ratio:.1f}", f"at least {_WILDCARDS}", ratio >= _WILDCARDS
        )
    for ours, size, least in _LEAST:
        rate = rates[ours][size]
        yield Row(
            f"{ours}: {grouped(size)} rules", f"{grouped(rate)} per CPU second", f"at least {least}", rate >= least
        )
    for fewer, more in pairwise(SIZES):
        growth = rates[OWN][fewer] / rates[OWN][more]
        yield Row(
            f"CPU for {grouped(more)} rules, for {grouped(fewer)} = 1",
            f"{growth:.1f}",
            f"at most {_GROWTH}",
            growth <= _GROWTH,
        )
    build = results.builds["newswatch"][SIZES[-1]]
    bytes_ = build["memory_mb"] * 1e6 / SIZES[-1]
    what = f"memory of a rule, {grouped(SIZES[-1])} rules"
    yield Row(what, f"{grouped(bytes_)} bytes", f"at most {_BYTES}", bytes_ <= _BYTES)
    seconds = build["build_cpu_s"]
    yield Row(
        f"building {grouped(SIZES[-1])} rules", f"{seconds:.1f} CPU s", f"at most {_BUILD_S}", seconds <= _BUILD_S
    )
    edit = results.answers["edit"][SIZES[-1]]["edit"]
    yield Row(f"one rule of {grouped(SIZES[-1])} edited", f"{edit:.2f} CPU s", f"at most {_EDIT_S} s", edit <= _EDIT_S)
    latency = results.answers["latency"][10_000]
    for name in ("match only", "with spans"):
        tail = latency[f"{name}, p99"] / latency[f"{name}, p50"]
        figure = f"{tail:.1f} ({latency[f'{name}, p50']:.2f} ms, {latency[f'{name}, p99']:.2f} ms)"
        yield Row(f"{name}, 10 000 rules: p99 over p50", figure, f"at most {_TAIL}", tail <= _TAIL)
    long = results.answers["long"][10_000]["match only"]
    yield Row("article of 1 MB, 10 000 rules", f"{long:.2f} CPU s", f"at most {_LONG_S} s", long <= _LONG_S)
    for name, sizes in results.differences.items():
        differing = sum(count for count, _ in sizes.values())
        found = sum(count for _, count in sizes.values())
        yield Row(f"differences from {name}", f"{differing} of {grouped(found)} matches", "none", differing == 0)
