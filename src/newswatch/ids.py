"""Identifiers: time-ordered integers for rows, ULIDs for what the outside world sees."""

import secrets
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import blake2b

_EPOCH_MS = int(datetime(2020, 1, 1, tzinfo=UTC).timestamp() * 1000)
_SEQUENCE_BITS = 20
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def _milliseconds(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)


def first_id_at(instant: datetime) -> int:
    """Return the smallest id that a row created at `instant` or later can have (0 for instants before 2020)."""
    return max(0, (_milliseconds(instant) - _EPOCH_MS) << _SEQUENCE_BITS)


def made_at(row_id: int) -> datetime:
    """Return when an id was made, to the millisecond."""
    return datetime.fromtimestamp(((row_id >> _SEQUENCE_BITS) + _EPOCH_MS) / 1000, UTC)


class IdSource:
    """Makes 64-bit ids that grow with time: milliseconds since 2020 in the high bits, a sequence in the low 20.

    Ids of one source never repeat, also when the clock steps back. Sources of different processes start their
    sequences at different places (`offset`), so that collisions need the same millisecond and the same sequence;
    a collision fails on the primary key and the stage runs again. Thread-safe.
    """

    def __init__(self, now: Callable[[], datetime], *, offset: int = 0) -> None:
        """Take the clock and the start of the sequence (any int; only its low 20 bits count)."""
        self._now = now
        self._offset = offset
        self._last = 0
        self._lock = threading.Lock()

    @classmethod
    def apart(cls, now: Callable[[], datetime]) -> "IdSource":
        """Return the source of one process among several: its sequence starts where chance has it."""
        return cls(now, offset=secrets.randbelow(1 << _SEQUENCE_BITS))

    def __call__(self) -> int:
        """Return the next id."""
        with self._lock:
            base = first_id_at(self._now())
            self._offset = (self._offset + 1) & ((1 << _SEQUENCE_BITS) - 1)
            candidate = base | self._offset
            self._last = candidate if candidate > self._last else self._last + 1
            return self._last


def ulid(instant: datetime, *identity: object) -> str:
    """Return a ULID (https://github.com/ulid/spec) whose 80 "random" bits are a hash of `identity`.

    The same instant and identity give the same ULID, so a decision that is repeated after a crash names the same
    delivery.
    """
    digest = blake2b("\x1f".join(map(str, identity)).encode("utf-8", "surrogatepass"), digest_size=10).digest()
    return ulid_of(((_milliseconds(instant) << 80) | int.from_bytes(digest)).to_bytes(16))


def ulid_bytes(text: str) -> bytes:
    """Return the 16 bytes of a ULID. Raises ValueError for what is none."""
    number = 0
    for letter in text:
        number = number * 32 + _CROCKFORD.index(letter)
    if len(text) != 26 or number >> 128:
        raise ValueError(f"{text!r} is no ULID")
    return number.to_bytes(16)


def is_ulid(text: str) -> bool:
    """Tell whether a text is a ULID."""
    try:
        return bool(ulid_bytes(text))
    except ValueError:
        return False


def ulid_of(data: bytes) -> str:
    """Return the ULID of 16 bytes."""
    number = int.from_bytes(data)
    return "".join(_CROCKFORD[number >> 5 * place & 31] for place in range(25, -1, -1))
