"""CPU seconds of a command with everything it started, on an otherwise normal machine.

CPU seconds, not wall time: they change little when the machine does something else. The command runs below a process
that adopts orphans (PR_SET_CHILD_SUBREAPER, prctl(2)), so that processes whose parent ended first, such as those of
multiprocessing's fork server, are counted too.
"""

import ctypes
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True, slots=True)
class Usage:
    """What a command and its descendants used."""

    cpu_s: float
    wall_s: float


def usage(*command: str) -> Usage:
    """Run a command to its end and return what it used. Raises RuntimeError with its output if it fails."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "usage.json"
        done = subprocess.run(
            [sys.executable, "-m", "bench.measure", str(report), *command], capture_output=True, text=True, check=False
        )
        if done.returncode or not report.exists():
            raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
        return Usage(**json.loads(report.read_text(encoding="utf-8")))


def _main(report: Path, command: list[str]) -> int:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    began = time.monotonic()
    code = subprocess.run(command, check=False).returncode
    while True:
        try:
            os.wait()
        except ChildProcessError:
            break
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = {"cpu_s": used.ru_utime + used.ru_stime, "wall_s": time.monotonic() - began}
    report.write_text(json.dumps(result), encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(_main(Path(sys.argv[1]), sys.argv[2:]))
