"""Worker processes for work that real inputs can make hang, crash or eat memory.

Each task has a CPU deadline (RLIMIT_CPU, moved forward at its start), a wall deadline as the second net (a task can
sleep), and every worker an address-space limit. A task that breaks one of them takes down its own worker and nothing
else. Processes come from a fork server that has imported the parsers once, so they start quickly and share that memory.

Where several tasks wait they go to a worker together, because handing one over costs a tenth of the work on a page. If
anything goes wrong with such a group, each of its tasks is done again alone, so that only the one at fault fails.
"""

import asyncio
import contextlib
import ctypes
import math
import multiprocessing
import os
import resource
import signal
import sys
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar

import structlog
from pebble import ProcessExpired, ProcessPool

from newswatch.errors import NewswatchError
from newswatch.worker_settings import WorkerSettings

log = structlog.get_logger("newswatch.workers")
P = ParamSpec("P")
T = TypeVar("T")

_PRELOAD = ["newswatch.tasks", "newswatch.extract.article", "newswatch.collect.feed"]
_GROUPS_PER_WORKER = 200  # lxml's arenas grow; a fresh process costs 20 ms
_AT_ONCE = 8  # tasks in a group
_PR_SET_PDEATHSIG = 1  # prctl(2)
_STOP_WITHIN_S = 2


class TaskTimeout(NewswatchError):
    """A task needed more time than it was given. `deadline_s` is CPU seconds."""

    def __init__(self, deadline_s: float) -> None:
        self.deadline_s = deadline_s
        super().__init__(f"stopped after {deadline_s:g} s of work on it")


class TaskCrashed(NewswatchError):
    """A task brought its worker down, or would have.

    `exit_code` is the process's; negative numbers are signals; 0 means that the memory limit stopped the task alone.
    """

    def __init__(self, exit_code: int) -> None:
        self.exit_code = exit_code
        if exit_code == 0:
            super().__init__("it needs more memory than a worker may use")
            return
        if exit_code < 0:
            with contextlib.suppress(ValueError):
                name = signal.Signals(-exit_code).name
                super().__init__(f"the worker was ended by {name} while it worked on it")
                return
        super().__init__(f"the worker ended with exit code {exit_code} while it worked on it")


def default_processes() -> int:
    """Return how many workers suit this machine: one less than the cores this process may use, at least one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores - 1)


@dataclass(frozen=True, slots=True)
class _Call:
    """What a worker is to do, and who waits for it."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    future: asyncio.Future[Any]


class WorkerPool:
    """Runs functions in worker processes. Started with the first task.

    >>> async with WorkerPool(WorkerSettings()) as pool:
    ...     document = await pool.run(parse, body)
    """

    def __init__(self, settings: WorkerSettings) -> None:
        """Take the number of processes, the deadline and the memory limit."""
        self._settings = settings
        self._processes = settings.processes or default_processes()
        self._free = 2 * self._processes  # groups that may go to the workers: one to work on, one to have ready
        self._waiting: deque[_Call] = deque()
        self._working: set[asyncio.Task[None]] = set()
        self._pool: ProcessPool | None = None
        self._starting = asyncio.Lock()

    async def __aenter__(self) -> Self:
        """Start nothing yet."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the workers, whatever they are doing."""
        await self.aclose()

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `function(*args, **kwargs)` in a worker and return its result.

        Everything must be picklable. Raises TaskTimeout, TaskCrashed, and what the function raises.
        """
        call = _Call(function, args, kwargs, asyncio.get_running_loop().create_future())
        self._waiting.append(call)
        self._dispatch()
        result: T = await call.future
        return result

    def _dispatch(self) -> None:
        """Send what waits to the workers, as far as they have room, shared out evenly."""
        while self._waiting and self._free:
            size = min(_AT_ONCE, math.ceil(len(self._waiting) / self._free))
            group = [self._waiting.popleft() for _ in range(size)]
            self._free -= 1
            task = asyncio.create_task(self._work([call for call in group if not call.future.done()]))
            self._working.add(task)
            task.add_done_callback(self._working.discard)

    async def _work(self, group: Sequence[_Call]) -> None:
        try:
            results = await self._together(group) if len(group) > 1 else [None] * len(group)
            for call, result in zip(group, results, strict=True):
                if call.future.done():  # the one who waited was cancelled
                    continue
                if result is None:
                    await self._alone(call)
                else:
                    call.future.set_result(result[0])
        except asyncio.CancelledError:  # the pool closes
            for call in group:
                call.future.cancel()
            raise
        finally:
            self._free += 1
            self._dispatch()

    async def _together(self, group: Sequence[_Call]) -> Sequence[tuple[Any] | None]:
        """Return the result of each task of a group, None for each that has to be done alone."""
        calls = [(call.function, call.args, call.kwargs) for call in group]
        try:
            return await self._attempt(_call_each, (self._settings.deadline, calls), len(group))
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to one of them and will come again
            log.debug("a group of tasks failed; each is done alone", tasks=len(group), error=repr(error))
            return [None] * len(group)

    async def _alone(self, call: _Call) -> None:
        arguments = (self._settings.deadline, call.function, call.args, call.kwargs)
        try:
            result = await self._attempt(_call, arguments, 1)
        except Exception as error:  # noqa: BLE001 - handed to the one who waits
            if not call.future.done():
                call.future.set_exception(error)
        else:
            if not call.future.done():
                call.future.set_result(result)

    async def _attempt(self, function: Callable[..., T], args: tuple[Any, ...], tasks: int) -> T:
        try:
            return await self._send(function, args, tasks)
        except BrokenProcessPool:
            # pebble gives its whole pool up when a worker dies that has nothing to do, as the kernel's memory
            # killer likes to have it. No task had begun, so a second try is harmless.
            return await self._send(function, args, tasks)

    async def _send(self, function: Callable[..., T], args: tuple[Any, ...], tasks: int) -> T:
        deadline_s = self._settings.deadline
        pool = await self._started()
        future = pool.schedule(function, args=args, timeout=3 * deadline_s * tasks + 5)
        try:
            result: T = await asyncio.wrap_future(future)
        except TimeoutError as error:
            raise TaskTimeout(deadline_s) from error
        except MemoryError as error:
            raise TaskCrashed(0) from error
        except ProcessExpired as error:
            if error.exitcode == -signal.SIGXCPU:
                raise TaskTimeout(deadline_s) from error
            raise TaskCrashed(error.exitcode or 1) from error
        return result

    async def _started(self) -> ProcessPool:
        """Return a pool that works, started in a thread: the fork server imports the parsers first."""
        async with self._starting:
            if self._pool is None or not self._pool.active:
                broken, self._pool = self._pool, None
                if broken is not None:
                    await asyncio.to_thread(_stop, broken)
                self._pool = await asyncio.to_thread(self._start)
            return self._pool

    def _start(self) -> ProcessPool:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(_PRELOAD)
        pool = ProcessPool(
            max_workers=self._processes,
            max_tasks=_GROUPS_PER_WORKER,
            initializer=_prepare,
            initargs=(self._settings.max_memory,),
            context=context,
        )
        if not pool.active:  # asking is what starts it
            raise BrokenProcessPool("the worker processes could not be started")
        return pool

    async def aclose(self) -> None:
        """Stop the workers, whatever they are doing; harmless if none runs. Whoever still waits is cancelled."""
        while self._waiting:
            self._waiting.popleft().future.cancel()
        for task in set(self._working):
            task.cancel()
        await asyncio.gather(*self._working, return_exceptions=True)
        async with self._starting:
            pool, self._pool = self._pool, None
            if pool is not None:
                await asyncio.to_thread(_stop, pool)


def _stop(pool: ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call]
    pool.join(_STOP_WITHIN_S)


def _prepare(max_memory: int) -> None:
    """Make a worker harmless: limited memory, deaf to the terminal's signals, gone when its parent goes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (max_memory, max_memory))
        # The fork server ends with the daemon, however that ends; its children are to follow.
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _call(deadline_s: float, function: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> T:
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = math.ceil(used.ru_utime + used.ru_stime + deadline_s)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (limit, hard))
    return function(*args, **kwargs)


def _call_each(
    deadline_s: float, calls: Sequence[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]]
) -> list[tuple[Any] | None]:
    """Do one task after the other, each with a deadline of its own. None stands for one that failed."""
    results: list[tuple[Any] | None] = []
    for function, args, kwargs in calls:
        try:
            results.append((_call(deadline_s, function, args, kwargs),))
        except Exception:  # noqa: BLE001 - it is done again alone, where its error reaches the one who waits
            results.append(None)
    return results
