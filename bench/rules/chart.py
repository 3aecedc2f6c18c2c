"""Draw docs/images/rules-throughput.svg from bench/results/rules.json: python -m bench.rules.chart."""

import json
from collections.abc import Iterable
from html import escape
from math import log10
from pathlib import Path

from bench.report import RESULTS
from bench.rules.queries import SIZES
from bench.rules.targets import FTS5, HIGHLIGHTS, LUCENE, NAIVE, OWN, POSTGRES, SPANS, TANTIVY, grouped

_TARGET = Path(__file__).parents[2] / "docs" / "images" / "rules-throughput.svg"
_LINES = {
    OWN: ("newswatch", "#0b6e4f", 3.0, ""),
    SPANS: ("newswatch, with spans", "#0b6e4f", 2.0, "7 4"),
    LUCENE: ("Lucene Monitor", "#c2410c", 2.0, ""),
    HIGHLIGHTS: ("Lucene, highlights", "#c2410c", 1.5, "7 4"),
    POSTGRES: ("PostgreSQL tsquery", "#1d4ed8", 1.5, ""),
    TANTIVY: ("tantivy", "#7e22ce", 1.5, ""),
    FTS5: ("SQLite FTS5", "#57534e", 1.5, ""),
    NAIVE: ("re for each rule", "#a16207", 1.5, ""),
}
_WIDTH, _HEIGHT = 820, 460
_LEFT, _RIGHT, _TOP, _BOTTOM = 80, 210, 46, 56
_LOW, _HIGH = 0.1, 20_000.0


def svg(rates: dict[str, dict[str, float]]) -> str:
    """Return the picture: articles per CPU second against the number of rules, both logarithmic."""
    size = f'viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="system-ui, sans-serif" font-size="13"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {size}>',
        "<title>Articles per CPU second against the number of rules, newswatch and its peers</title>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="26" font-size="15" fill="#1c1917">Articles per CPU second, one core</text>',
        *_grid(),
    ]
    ends: list[tuple[float, float, str, str]] = []
    for name, (label, colour, width, dashes) in _LINES.items():
        points = [(_x(size), _y(rates[name][str(size)])) for size in SIZES if str(size) in rates.get(name, {})]
        if not points:
            continue
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"{dashed}/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{1 + width}" fill="{colour}"/>' for x, y in points]
        ends.append((*points[-1], label, colour))
    return "\n".join([*parts, *_labels(ends), "</svg>"]) + "\n"


def _x(size: float) -> float:
    share = log10(size / SIZES[0]) / log10(SIZES[-1] / SIZES[0])
    return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)


def _y(rate: float) -> float:
    share = log10(rate / _LOW) / log10(_HIGH / _LOW)
    return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)


def _grid() -> Iterable[str]:
    right = _WIDTH - _RIGHT
    for rate in (0.1, 1, 10, 100, 1_000, 10_000):
        y = _y(rate)
        yield f'<line x1="{_LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e7e5e4"/>'
        yield f'<text x="{_LEFT - 10}" y="{y + 4:.1f}" text-anchor="end" fill="#57534e">{grouped(rate)}</text>'
    for size in SIZES:
        x, bottom = _x(size), _HEIGHT - _BOTTOM
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{bottom}" stroke="#f5f5f4"/>'
        yield f'<text x="{x:.1f}" y="{bottom + 20}" text-anchor="middle" fill="#57534e">{grouped(size)}</text>'
    middle = (_LEFT + right) / 2
    yield f'<text x="{middle}" y="{_HEIGHT - 12}" text-anchor="middle" fill="#1c1917">rules</text>'


def _labels(ends: list[tuple[float, float, str, str]]) -> Iterable[str]:
    """Write each line's name beside its end, pushed down where it would stand on another."""
    lowest = float("-inf")
    for x, y, label, colour in sorted(ends, key=lambda end: (end[0] < _x(SIZES[-1]), end[1])):
        if x < _x(SIZES[-1]):  # ends earlier: below its end
            yield f'<text x="{x:.1f}" y="{y + 22:.1f}" text-anchor="end" fill="{colour}">{escape(label)}</text>'
            continue
        place = max(y, lowest + 17)
        lowest = place
        yield f'<text x="{x + 12:.1f}" y="{place + 4:.1f}" fill="{colour}">{escape(label)}</text>'


if __name__ == "__main__":
    document = json.loads((RESULTS / "rules.json").read_text(encoding="utf-8"))
    _TARGET.parent.mkdir(exist_ok=True)
    _TARGET.write_text(svg(document["data"]["rates"]), encoding="utf-8")
