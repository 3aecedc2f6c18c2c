"""Small tools of the stages: tasks under way, writes that insist, commits shared by what finishes together."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

import structlog
from sqlalchemy import Connection

from newswatch.store.database import Database, in_short, is_transient

log = structlog.get_logger("newswatch.pipeline")
P = ParamSpec("P")
T = TypeVar("T")

_AGAIN_S = 2.0


class Crew:
    """A bounded set of tasks under way. One that ends with an exception of ours is logged with its traceback."""

    def __init__(self, name: str, size: int, on_room: Callable[[], None]) -> None:
        """`size` tasks at the most are meant to run at once; `free` says how many more fit.

        `on_room` is called when half of the places are free again after `full` was set to True.
        """
        self._name = name
        self._size = size
        self._on_room = on_room
        self._tasks: set[asyncio.Task[None]] = set()
        self.closed = False
        self.full = False
        self.trouble: str | None = None
        """What the database said, if that is why the last task failed."""

    @property
    def free(self) -> int:
        """How many more tasks fit; none after `closed` is set."""
        return 0 if self.closed else max(0, self._size - len(self._tasks))

    def __len__(self) -> int:
        """Return how many tasks are under way."""
        return len(self._tasks)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` as a task."""
        task = asyncio.create_task(work, name=self._name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            self._judge(task.exception())
        if self.full and not self.closed and len(self._tasks) <= self._size // 2:
            self.full = False
            self._on_room()

    def _judge(self, error: BaseException | None) -> None:
        if error is None:
            self.trouble = None
        elif is_transient(error):
            first, self.trouble = self.trouble is None, in_short(error)
            if first:
                log.warning(
                    "database trouble; nothing is lost, it is tried again", stage=self._name, error=self.trouble
                )
        else:
            log.error("work failed", stage=self._name, exc_info=error)

    async def wait(self) -> None:
        """Return when nothing is under way."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def drain(self, grace_s: float) -> None:
        """Wait up to `grace_s` seconds, then cancel what is still under way and wait for that."""
        self.closed = True
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=grace_s)
        for task in set(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)


async def insist(
    database: Database, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
) -> T:
    """Do `database.write(function, ...)`, again and again as long as the database is in trouble.

    For what must not be forgotten: the outcome of a message that is already sent, the end of a claim.
    """
    while True:
        try:
            return await database.write(function, *args, **kwargs)
        except Exception as error:
            if not is_transient(error):
                raise
            log.debug("a write is tried again", error=in_short(error))
            await asyncio.sleep(_AGAIN_S)


class SharedCommit(Generic[T]):
    """Commits results in groups: whatever finishes within a moment, or while the last commit runs, goes into one.

    A group that fails is tried again one by one, so that one bad result does not take others with it.
    """

    def __init__(
        self,
        commit: Callable[[list[T]], Awaitable[None]],
        *,
        at_most: int = 100,
        gather_s: float = 0.0,
        under_way: Callable[[], int] = lambda: 0,
    ) -> None:
        """`commit` stores a list of results in one transaction.

        A result waits up to `gather_s` seconds for others, but not when there are none to wait for: all that
        `under_way` counts, or `at_most`, wait already.
        """
        self._commit = commit
        self._at_most = at_most
        self._gather_s = gather_s
        self._under_way = under_way
        self._waiting: list[tuple[T, asyncio.Future[None]]] = []
        self._complete = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    async def add(self, result: T) -> None:
        """Return when `result` is committed; raises what its own commit raised."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((result, future))
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        elif len(self._waiting) >= min(self._at_most, self._under_way()):
            self._complete.set()
        await future

    async def _run(self) -> None:
        try:
            await asyncio.sleep(0)  # let everything that is ready in this round of the loop join
            while self._waiting:
                await self._gather()
                group, self._waiting = self._waiting[: self._at_most], self._waiting[self._at_most :]
                await self._commit_group(group)
        finally:
            self._running = None

    async def _gather(self) -> None:
        if not self._gather_s or len(self._waiting) >= min(self._at_most, self._under_way()):
            return
        self._complete.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._complete.wait(), self._gather_s)

    async def _commit_group(self, group: list[tuple[T, asyncio.Future[None]]]) -> None:
        try:
            await self._commit([result for result, _ in group])
        except Exception as error:  # noqa: BLE001 - handed to the one who added the result
            if len(group) == 1:
                _settle(group[0][1], error)
                return
            for one in group:
                await self._commit_group([one])
        else:
            for _, future in group:
                _settle(future, None)


def _settle(future: "asyncio.Future[None]", error: Exception | None) -> None:
    if future.done():  # the one who waited was cancelled
        return
    if error is None:
        future.set_result(None)
    else:
        future.set_exception(error)
