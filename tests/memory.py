"""How much memory something needs at its peak, in this process."""

import ctypes
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_STATUS = Path("/proc/self/status")
_PEAK = "5"  # proc(5), /proc/pid/clear_refs: "reset the peak resident set size"


@contextmanager
def growing() -> Iterator[Callable[[], int]]:
    """Give a function that tells how far resident memory rose above what it was, in bytes, at its peak.

    getrusage's ru_maxrss is the peak of a process's whole life, so it says nothing of what happens after a larger one.
    Outside Linux nothing is known, and growth is 0.
    """
    if sys.platform != "linux":
        yield lambda: 0
        return
    ctypes.CDLL(None).malloc_trim(0)  # else what was freed before is used again and not counted
    Path("/proc/self/clear_refs").write_text(_PEAK, encoding="ascii")
    before = _size("VmRSS")
    yield lambda: _size("VmHWM") - before


def _size(name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB$", _STATUS.read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024
