"""Alerts as lines of JSON in a file, for scripts and for tests."""

import asyncio
import contextlib
import fcntl
import json
import os
from datetime import datetime
from pathlib import Path

from newswatch.model import AttemptResult, Delivery, Message, Outcome, Rendered
from newswatch.notify.channels.base import content, safe_detail
from newswatch.notify.channels.payload import payload, to_bytes
from newswatch.notify.outcome import OnAmbiguous
from newswatch.notify.pages import fallback_line
from newswatch.notify.settings import FileDestination


class FileChannel:
    """A file that grows by one JSON object a line. A line is whole or absent, also after a crash or on a full disk."""

    type = "file"
    on_ambiguous: OnAmbiguous = "resend"

    def __init__(self, settings: FileDestination) -> None:
        self._path = Path(settings.path).expanduser()
        self._zone, self._language = settings.zone, settings.language

    def render(self, message: Message, *, key: str, now: datetime) -> Rendered:
        """Return the JSON document of `payload`, one line."""
        body = to_bytes(payload(message, key=key, now=now)) + b"\n"
        return Rendered("application/x-ndjson", body, fallback_line(message, self._zone, self._language))

    async def send(self, delivery: Delivery) -> AttemptResult:
        """Append the line and wait until it is on the disk."""
        try:
            await asyncio.to_thread(_append, self._path, content(delivery).body)
        except OSError as error:
            return AttemptResult(Outcome.RETRY, self._failure("written to", error))
        return AttemptResult(Outcome.DELIVERED, f"appended to {self._path}")

    async def reconcile(self, delivery: Delivery) -> AttemptResult | None:
        """Look for the delivery's key in the file."""
        try:
            found = await asyncio.to_thread(_contains, self._path, delivery.key)
        except FileNotFoundError:
            found = False
        except OSError as error:
            return AttemptResult(Outcome.AMBIGUOUS, self._failure("read", error))
        if found:
            return AttemptResult(Outcome.DELIVERED, f"found in {self._path}")
        return AttemptResult(Outcome.RETRY, f"not in {self._path}")

    def _failure(self, done: str, error: OSError) -> str:
        return safe_detail(f"{self._path} cannot be {done}: {error.strerror or error}")


def _append(path: Path, line: bytes) -> None:
    """Append `line` and sync it. A write that fails half-way is taken back. Raises OSError."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)  # ends with the descriptor
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":  # a line that a crash cut short
            line = b"\n" + line
        try:
            _write(descriptor, line)
            os.fsync(descriptor)
        except OSError:
            with contextlib.suppress(OSError):  # then the next line begins with a line end
                os.ftruncate(descriptor, size)
            raise
    finally:
        os.close(descriptor)


def _write(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


def _contains(path: Path, key: str) -> bool:
    """Tell whether a whole line with this id stands in the file."""
    wanted = key.encode()
    with path.open("rb") as lines:
        return any(wanted in line and _id(line) == key for line in lines)


def _id(line: bytes) -> str | None:
    try:
        document = json.loads(line)
    except ValueError:
        return None
    return document.get("id") if isinstance(document, dict) else None
