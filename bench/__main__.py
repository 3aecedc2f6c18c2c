"""Run the benchmarks: all of them, or those that are named.

python -m bench [pipeline] [polling] [changed] [memory] [simulation] [lag] [rules] [stories]
"""

import sys

from bench import changed, lag, memory, pipeline, polling, simulation
from bench.report import machine
from bench.rules import run as rules
from bench.stories.speed import run as stories

_ALL = {
    "pipeline": pipeline.run,
    "polling": polling.run,
    "changed": changed.run,
    "memory": memory.run,
    "simulation": simulation.run,
    "lag": lag.run,
    "rules": rules.run,
    "stories": stories,
}


def main(names: list[str]) -> int:
    """Run the named benchmarks and return the exit code."""
    unknown = [name for name in names if name not in _ALL]
    if unknown:
        print(f"there is no benchmark {', '.join(unknown)}; known: {', '.join(_ALL)}", file=sys.stderr)
        return 2
    print(", ".join(f"{name} {value}" for name, value in machine().items()))
    for name in names or _ALL:
        _ALL[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
