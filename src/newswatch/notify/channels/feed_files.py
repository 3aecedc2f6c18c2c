"""Feeds in a folder: read, changed and replaced as wholes, so that whoever reads them never sees half of one.

The JSON Feed is what the next change begins with; the Atom feed is made of it. The folder is locked meanwhile, so
several processes can write to it.
"""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from newswatch.notify.channels.feed_atom import atom
from newswatch.notify.channels.payload import to_bytes

VERSION = "https://jsonfeed.org/version/1.1"


class NotOurs(Exception):
    """There is a file that newswatch did not write where a feed should be."""


@dataclass(frozen=True, slots=True)
class Folder:
    """Where feeds are, what they are called and how long they are."""

    path: Path
    title: str
    entries: int
    url: str | None  # without a final slash

    def put(self, feeds: Mapping[str, str], item: dict[str, Any]) -> None:
        """Put an item into feeds, in place of an older one with its id. Raises OSError and NotOurs.

        An item that is already there, or newer there, changes nothing; so a repeat is harmless.
        """
        (self.path / "rules").mkdir(parents=True, exist_ok=True)
        with self._locked():
            for name, about in feeds.items():
                document = self._read(name) or self._new(name, about)
                if _takes(document, item):
                    self._write(name, {**document, "items": self._with(document["items"], item)})

    def has(self, feeds: Mapping[str, str], item: dict[str, Any]) -> bool:
        """Tell whether an item, or a newer one with its id, is in all feeds. Raises OSError and NotOurs."""
        documents = [self._read(name) for name in feeds]
        return all(document is not None and not _takes(document, item) for document in documents)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)  # ends with the descriptor
            yield
        finally:
            os.close(descriptor)

    def _read(self, name: str) -> dict[str, Any] | None:
        path = self.path / f"{name}.json"
        try:
            document = json.loads(path.read_bytes())
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise NotOurs(f"{path} is no feed of newswatch; move it away") from error
        if not isinstance(document, dict) or "_newswatch" not in document or "items" not in document:
            raise NotOurs(f"{path} is no feed of newswatch; move it away")
        return document

    def _new(self, name: str, about: str) -> dict[str, Any]:
        return {
            "version": VERSION,
            "title": f"{self.title}: {about}" if about else self.title,
            "authors": [{"name": self.title}],
            **({"feed_url": f"{self.url}/{name}.json"} if self.url is not None else {}),
            "_newswatch": {"id": uuid4().urn},  # for good: it is kept with the feed
            "items": [],
        }

    def _with(self, items: list[dict[str, Any]], item: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the newest items, latest change first; one that was there keeps the time at which it first was."""
        before = next((one for one in items if one["id"] == item["id"]), item)
        changed = {**item, "date_published": before["date_published"]}
        every = [changed, *(one for one in items if one["id"] != item["id"])]
        every.sort(key=lambda one: str(one["_newswatch"]["delivery"]), reverse=True)  # ULIDs: by time
        return every[: self.entries]

    def _write(self, name: str, document: dict[str, Any]) -> None:
        updated = max(item["date_modified"] for item in document["items"])
        self_url = f"{self.url}/{name}.atom" if self.url is not None else None
        # The JSON Feed last: where it is, the other is too.
        _replace(self.path / f"{name}.atom", atom(document, updated=updated, self_url=self_url))
        _replace(self.path / f"{name}.json", to_bytes(document) + b"\n")


def _takes(document: dict[str, Any], item: dict[str, Any]) -> bool:
    """Tell whether an item is newer than what a feed has under its id."""
    there = next((one for one in document["items"] if one["id"] == item["id"]), None)
    return there is None or str(there["_newswatch"]["delivery"]) < item["_newswatch"]["delivery"]


def _replace(path: Path, content: bytes) -> None:
    """Write a file as a whole: whatever happens, either the old or the new one is there."""
    temporary = path.with_name(f".{path.name}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
