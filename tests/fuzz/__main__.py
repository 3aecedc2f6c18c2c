"""Look for inputs that break the readers of foreign input: `make fuzz`.

Goes on from the folder of earlier runs: inputs that failed come first, then those that led furthest. Exit code 1 if
something undocumented was raised; the smallest input that does it is shown.
"""

import argparse
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.database import DirectoryBasedExampleDatabase
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from tests.fuzz.targets import TARGETS, Target

_ROUND = 200  # examples between two looks at the clock
_PHASES = (Phase.explicit, Phase.reuse, Phase.generate, Phase.target, Phase.shrink)


def main(arguments: Sequence[str] | None = None, *, targets: Sequence[Target] = TARGETS) -> int:
    """Run the named targets, all if none is named, and return the exit code."""
    options = _parser(targets).parse_args(arguments)
    names = [target.name for target in targets]
    unknown = [name for name in options.names if name not in names]
    if unknown:
        print(f"there is no target {', '.join(unknown)}; known: {', '.join(names)}", file=sys.stderr)
        return 2
    chosen = [target for target in targets if target.name in (options.names or names)]
    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    columns = (TextColumn("{task.description:<12}"), BarColumn(), TextColumn("{task.fields[count]:>9,} inputs"))
    failed = False
    with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
        for target in chosen:
            share = options.seconds / len(chosen)
            problem = _fuzz(target, share, options.folder, progress)
            if problem is not None:
                failed = True
                console.print(f"{target.name}: this must not happen", style="bold red")
                console.print("".join(traceback.format_exception(problem)), markup=False)
    return int(failed)


def _parser(targets: Sequence[Target]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="TARGET", help=", ".join(target.name for target in targets))
    parser.add_argument("--seconds", type=float, default=60, help="for all targets together")
    parser.add_argument("--folder", type=Path, default=Path(".fuzz"), help="where inputs of interest are kept")
    return parser


def _fuzz(target: Target, seconds: float, folder: Path, progress: Progress) -> BaseException | None:
    """Return what a target raised, with the smallest input in its notes; None if it raised nothing."""
    task = progress.add_task(target.name, total=seconds, count=0)
    count = 0

    @settings(
        database=DirectoryBasedExampleDatabase(folder / target.name),
        max_examples=_ROUND,
        phases=_PHASES,
        deadline=None,
        derandomize=False,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    @given(target.inputs)
    def survive(data: bytes) -> None:
        nonlocal count
        count += 1
        target.survive(data)

    began = time.monotonic()
    while (spent := time.monotonic() - began) < seconds:
        try:
            survive()
        except Exception as problem:  # noqa: BLE001 - whatever it is, it is what was looked for
            return problem
        finally:
            progress.update(task, completed=spent, count=count)
    progress.update(task, completed=seconds, count=count)
    return None


if __name__ == "__main__":
    sys.exit(main())
