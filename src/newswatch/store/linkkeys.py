"""The keys that sign links, in a file beside an SQLite database."""

import os
from base64 import b64encode
from pathlib import Path
from secrets import token_bytes

from newswatch.errors import StoreError

_KEY_BYTES = 32


def path_beside(database: Path) -> Path:
    """Return where the keys of a database are."""
    return database.with_name(f"{database.name}.keys")


def read(path: Path) -> str | None:
    """Return the text of the file, None if there is none. Raises StoreError if it cannot be read."""
    try:
        return path.read_text(encoding="ascii")
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise StoreError(f"{path} cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}") from error


def read_or_make(path: Path) -> str:
    """Return the text of the file; where it is not there yet, it gets a new key. Raises StoreError.

    Only the daemon makes keys, and an SQLite database has one daemon.
    """
    found = read(path)
    if found is not None:
        return found
    key = f"{new_key()}\n"
    aside = path.with_name(f"{path.name}.new")  # so that nobody reads half a key, also after a crash
    try:
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}") from error
    return key


def new_key() -> str:
    """Return a new key as a line of the file has it."""
    return b64encode(token_bytes(_KEY_BYTES)).decode("ascii")
