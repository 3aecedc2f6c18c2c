"""Runs the extractors over a set, page by page in turns, and prints what they found."""

import time
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

from bench.extraction.extractors import BARE, Extractor, extractors
from bench.extraction.facts import fact_rows
from bench.extraction.scores import PageScore, difference, score_page, score_set
from bench.extraction.sets import PageSet

_ROUNDS = 2  # the quicker of two counts


@dataclass(slots=True)
class _Runs:
    """What one extractor did on a set."""

    scores: list[PageScore] = field(default_factory=list)
    cpu_s: float = 0.0


def show_set(pages: PageSet, *, only: list[str] | None, worst: int) -> None:
    """Measure a set and print its tables."""
    chosen = {name: run for name, run in extractors().items() if not only or name in only}
    runs = {name: _Runs() for name in chosen}
    for page in pages.pages:
        body = page.body()
        for name, run in chosen.items():
            text, cpu_s = _timed(run, body, page.url)
            runs[name].scores.append(score_page(page.text, text))
            runs[name].cpu_s += cpu_s
    console = Console(width=140)
    console.print(_table(pages, runs))
    if worst:
        _show_worst(console, pages, runs, worst)
    if rows := fact_rows(pages):
        table = Table("", "newswatch", "trafilatura", "pages", title=f"{pages.name}: what is said about the article")
        for row in rows:
            table.add_row(*row)
        console.print(table)


def _timed(run: Extractor, body: bytes, url: str | None) -> tuple[str, float]:
    text, best = "", float("inf")
    for _ in range(_ROUNDS):
        began = time.process_time()
        text = run(body, url)
        best = min(best, time.process_time() - began)
    return text, best


def _table(pages: PageSet, runs: dict[str, _Runs]) -> Table:
    title = f"{pages.name}: {len(pages.pages)} pages"
    table = Table(title=title, title_justify="left")
    for column in (
        "",
        "F1",
        "beside trafilatura (95 %)",
        "precision",
        "recall",
        "F1 < 0.5",
        "exact",
        "pages per CPU s",
    ):
        table.add_column(column, justify="left" if not column else "right")
    for name, run in runs.items():
        score = score_set(run.scores)
        beside = ""
        if BARE in runs and name != BARE:
            more, low, high = difference(run.scores, runs[BARE].scores)
            beside = f"{more:+.4f} ({low:+.4f} to {high:+.4f})"
        table.add_row(
            name,
            f"{score.f1:.4f}",
            beside,
            f"{score.precision:.3f}",
            f"{score.recall:.3f}",
            f"{score.bad:.1%}",
            f"{score.exact:.1%}",
            f"{len(run.scores) / run.cpu_s:.1f}",
        )
    return table


def _show_worst(console: Console, pages: PageSet, runs: dict[str, _Runs], count: int) -> None:
    for name, run in runs.items():
        ranked = sorted(zip(run.scores, pages.pages, strict=True), key=lambda pair: pair[0].f1)
        for score, page in ranked[:count]:
            console.print(
                f"{name}: {page.name} P {score.precision:.2f} R {score.recall:.2f} {page.url}", highlight=False
            )
