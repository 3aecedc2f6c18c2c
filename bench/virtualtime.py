"""An event loop in which waiting takes no time: when nobody has anything to do, its clock goes on to the next timer.

Work in threads is waited for in real time, as nothing else happens meanwhile: its result belongs to the instant at
which it was begun. A loop in which nobody can ever wake up again raises instead of hanging.
"""

import asyncio
import selectors
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import Any, TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class _Jumping(selectors.BaseSelector):
    """Waits for threads, else moves the clock instead of waiting."""

    def __init__(self) -> None:
        self._real = selectors.DefaultSelector()
        self.time_s = 0.0
        self.in_threads = 0

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._real.get_map()

    def close(self) -> None:
        self._real.close()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and timeout <= 0:
            return self._real.select(0)
        if self.in_threads:
            return self._real.select(None)
        found = self._real.select(0)
        if not found:
            if timeout is None:
                raise RuntimeError("nobody in this loop has anything to wait for")
            self.time_s += timeout
        return found


class VirtualLoop(asyncio.SelectorEventLoop):
    """The loop. `time()` begins at 0 and is virtual, and so are all sleeps and deadlines of asyncio."""

    def __init__(self) -> None:
        """Begin at second 0."""
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Return virtual seconds."""
        return self._jumping.time_s

    def run_in_executor(self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts) -> asyncio.Future[T]:
        """Run a function in a thread; the clock stands still until it has returned."""
        self._jumping.in_threads += 1
        future: asyncio.Future[T] = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._returned)
        return future

    def _returned(self, _future: asyncio.Future[Any]) -> None:
        self._jumping.in_threads -= 1
