"""Messages as JSON, for their rows. Stable (equal values give equal text) and versioned."""

import json
from typing import Any

from pydantic import TypeAdapter, ValidationError

from newswatch.model import Message

VERSION = 1
"""Raised when a field changes its meaning. New fields with a default need no new version."""

_MESSAGE = TypeAdapter(Message)


def message_to_json(message: Message) -> str:
    """Return `message` as one line of JSON with sorted keys."""
    return json.dumps(
        {"version": VERSION, "message": _MESSAGE.dump_python(message, mode="json")},
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )


def message_from_json(text: str) -> Message:
    """Return the message that `message_to_json` wrote. Raises ValueError if `text` is none, or from a newer version."""
    content = _load(text)
    try:
        return _MESSAGE.validate_python(content)
    except ValidationError as error:
        raise ValueError(f"the stored message cannot be read: {error}") from error


def _load(text: str) -> Any:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise ValueError(f"the stored message is not JSON: {error}") from error
    if not isinstance(document, dict) or "message" not in document:
        raise ValueError("the stored message is not what newswatch writes")
    if document.get("version") != VERSION:
        raise ValueError(
            f"the stored message has version {document.get('version')!r}, this newswatch reads {VERSION}: "
            "run the newswatch that wrote it, or a newer one"
        )
    return document["message"]
