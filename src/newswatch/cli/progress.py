"""A progress bar on standard error, where somebody looks at it."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


def tracked(items: Iterable[T], *, total: int, doing: str) -> Iterator[T]:
    """Yield `items`; if standard error is a terminal, show there how many of `total` are done."""
    with counter(total=total, doing=doing) as count:
        for item in items:
            yield item
            count(1)


@contextmanager
def counter(*, total: int, doing: str) -> Iterator[Callable[[int], None]]:
    """Give a function that takes how many more are done; a terminal on standard error shows how many of `total`."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(doing, total=total)
        yield lambda more: bar.advance(task, more)
