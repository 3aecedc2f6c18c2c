"""Advisory locks on files: one daemon on an embedded database, one migration at a time."""

import fcntl
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from newswatch.errors import AlreadyRunning, StoreError


@contextmanager
def locked_file(path: Path, *, wait_s: float) -> Iterator[None]:
    """Hold an exclusive lock on `path`, waiting up to `wait_s` seconds. Raises StoreError when it is not free by then.

    The kernel releases the lock when the process ends, however it ends (flock(2)).
    """
    with path.open("a+") as handle:
        deadline = time.monotonic() + wait_s
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() >= deadline:
                    raise StoreError(f"{path} is locked by another newswatch; wait for it to finish") from error
                time.sleep(0.05)
        try:
            yield
        finally:
            fcntl.flock(handle, fcntl.LOCK_UN)


class DaemonLock:
    """The lock that lets one daemon work on an embedded database. Its file says who holds it."""

    def __init__(self, database_path: Path) -> None:
        """Use the file beside the database with `.lock` appended."""
        self._database_path = database_path
        self._path = database_path.with_name(database_path.name + ".lock")
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock. Raises AlreadyRunning, naming the holder."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(descriptor, 200, 0).decode("utf-8", "replace").strip() or "unknown process"
            os.close(descriptor)
            raise AlreadyRunning(str(self._database_path), holder) from error
        os.ftruncate(descriptor, 0)
        since = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        os.pwrite(descriptor, f"pid {os.getpid()} on {socket.gethostname()} since {since}\n".encode(), 0)
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock back; harmless if it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
