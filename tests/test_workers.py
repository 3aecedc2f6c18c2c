import asyncio
import ctypes
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from newswatch.worker_settings import WorkerSettings
from newswatch.workers import TaskCrashed, TaskTimeout, WorkerPool

_SOON_S = 30  # far longer than anything here takes


def _spin() -> None:
    while True:
        pass


def _sleep() -> None:
    time.sleep(3600)


def _exit() -> None:
    os._exit(9)


def _segfault() -> None:
    ctypes.string_at(0)


def _eat_memory() -> int:
    return len(bytearray(2_000_000_000))


def _fail() -> None:
    raise ValueError("a task's own error")


def _pid() -> int:
    return os.getpid()


async def test_a_result_comes_back() -> None:
    async with WorkerPool(WorkerSettings(processes=1)) as pool:
        assert await pool.run(math.sqrt, 9.0) == 3.0


async def test_keyword_arguments_reach_the_function() -> None:
    async with WorkerPool(WorkerSettings(processes=1)) as pool:
        assert await pool.run(sorted, [2, 3, 1], reverse=True) == [3, 2, 1]


async def test_an_endless_loop_ends_at_the_cpu_deadline() -> None:
    async with WorkerPool(WorkerSettings(processes=1, deadline=0.5)) as pool:
        with pytest.raises(TaskTimeout, match=r"stopped after 0\.5 s"):
            await pool.run(_spin)
        assert await pool.run(math.sqrt, 4.0) == 2.0


async def test_a_task_that_only_waits_ends_at_the_wall_deadline() -> None:
    async with WorkerPool(WorkerSettings(processes=1, deadline=0.1)) as pool:
        with pytest.raises(TaskTimeout):
            await pool.run(_sleep)


@pytest.mark.parametrize(("task", "said"), [(_exit, "exit code 9"), (_segfault, "SIGSEGV")])
async def test_a_worker_that_dies_is_named_and_replaced(task: object, said: str) -> None:
    async with WorkerPool(WorkerSettings(processes=1)) as pool:
        with pytest.raises(TaskCrashed, match=said):
            await pool.run(task)  # type: ignore[arg-type]
        assert await pool.run(math.sqrt, 4.0) == 2.0


async def test_memory_is_limited() -> None:
    async with WorkerPool(WorkerSettings(processes=1, max_memory=500_000_000)) as pool:
        with pytest.raises(TaskCrashed, match="more memory") as caught:
            await pool.run(_eat_memory)
        assert caught.value.exit_code == 0
        assert await pool.run(math.sqrt, 4.0) == 2.0


async def test_an_error_of_the_task_is_the_callers() -> None:
    async with WorkerPool(WorkerSettings(processes=1)) as pool:
        with pytest.raises(ValueError, match="a task's own error"):
            await pool.run(_fail)


async def test_a_poisoned_task_harms_no_other() -> None:
    async with WorkerPool(WorkerSettings(processes=2)) as pool:
        poison = asyncio.create_task(pool.run(_exit))
        good = [asyncio.create_task(pool.run(math.sqrt, float(number))) for number in range(40)]
        assert await asyncio.gather(*good) == [math.sqrt(number) for number in range(40)]
        with pytest.raises(TaskCrashed):
            await poison


def _write(path: Path, *, then: object = None) -> int:
    with path.open("a") as file:
        file.write("x")
    if then is not None:
        then()  # type: ignore[operator]
    return os.getpid()


async def test_tasks_that_wait_go_to_a_worker_together(tmp_path: Path) -> None:
    async with WorkerPool(WorkerSettings(processes=1)) as pool:
        pids = await asyncio.gather(*[pool.run(_write, tmp_path / str(number)) for number in range(40)])
    assert len(set(pids)) == 1
    assert [len((tmp_path / str(number)).read_text()) for number in range(40)] == [1] * 40, "none was done twice"


@pytest.mark.parametrize("poison", [_exit, _segfault, _fail, _spin])
async def test_of_a_group_only_the_one_at_fault_fails(tmp_path: Path, poison: object) -> None:
    async with WorkerPool(WorkerSettings(processes=1, deadline=0.5)) as pool:
        tasks = [
            asyncio.create_task(pool.run(_write, tmp_path / str(number), then=poison if number == 3 else None))
            for number in range(16)
        ]
        results = await asyncio.gather(*tasks, return_exceptions=True)
    failed = [number for number, result in enumerate(results) if isinstance(result, BaseException)]
    assert failed == [3]
    assert isinstance(results[3], TaskCrashed | TaskTimeout | ValueError)
    assert len((tmp_path / "3").read_text()) == 2, "once with its group and once alone"


async def test_whoever_still_waits_when_the_pool_closes_is_cancelled() -> None:
    async with asyncio.timeout(_SOON_S):
        pool = WorkerPool(WorkerSettings(processes=1, deadline=3600))
        tasks = [asyncio.create_task(pool.run(_sleep)) for _ in range(40)]
        await asyncio.sleep(0.1)
        await pool.aclose()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(result, asyncio.CancelledError) for result in results)


async def test_a_worker_that_dies_idle_is_replaced() -> None:
    async with WorkerPool(WorkerSettings(processes=2)) as pool:
        worker = await pool.run(_pid)
        os.kill(worker, signal.SIGKILL)
        deadline = time.monotonic() + _SOON_S
        while pool._pool is not None and pool._pool.active and time.monotonic() < deadline:
            time.sleep(0.02)  # pebble's own threads look at the workers ten times a second
        results = await asyncio.gather(*[pool.run(math.sqrt, float(number)) for number in range(10)])
        assert results == [math.sqrt(number) for number in range(10)]


async def test_starting_does_not_hold_the_event_loop_up() -> None:
    async with WorkerPool(WorkerSettings(processes=1)) as pool:
        task = asyncio.create_task(pool.run(math.sqrt, 4.0))
        ticks = 0
        while not (await asyncio.wait([task], timeout=0.001))[0]:
            ticks += 1
        assert await task == 2.0
        assert ticks > 10


async def test_closing_does_not_wait_for_a_stuck_task() -> None:
    async with asyncio.timeout(_SOON_S):
        async with WorkerPool(WorkerSettings(processes=1, deadline=3600)) as pool:
            stuck = asyncio.create_task(pool.run(_sleep))
            await asyncio.sleep(0)  # it is on its way to a worker
        stuck.cancel()


_PARENT = """
import asyncio, os, sys
sys.path.insert(0, {tests!r})
from newswatch.worker_settings import WorkerSettings
from newswatch.workers import WorkerPool

async def main():
    async with WorkerPool(WorkerSettings(processes=1)) as pool:
        print(await pool.run(os.getpid), flush=True)
        await asyncio.sleep(3600)

asyncio.run(main())
"""


def _ended(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is Linux's")
def test_workers_do_not_outlive_a_killed_daemon() -> None:
    code = _PARENT.format(tests=str(Path(__file__).parent))
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        assert not _ended(worker)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    deadline = time.monotonic() + _SOON_S
    while not _ended(worker) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert _ended(worker)
