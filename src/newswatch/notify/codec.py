"""Messages and rendered messages as JSON, for their rows. Stable (equal values give equal text) and versioned."""

import json
from base64 import b64decode, b64encode
from typing import Any

from pydantic import TypeAdapter, ValidationError

from newswatch.model import Message, Rendered

VERSION = 1
"""Raised when a field changes its meaning. New fields with a default need no new version."""

_MESSAGE = TypeAdapter(Message)


def message_to_json(message: Message) -> str:
    """Return `message` as one line of JSON with sorted keys."""
    return _dump({"version": VERSION, "message": _MESSAGE.dump_python(message, mode="json")})


def message_from_json(text: str) -> Message:
    """Return the message that `message_to_json` wrote. Raises ValueError if `text` is none, or from a newer version."""
    content = _load(text, "message")
    try:
        return _MESSAGE.validate_python(content)
    except ValidationError as error:
        raise ValueError(f"the stored message cannot be read: {error}") from error


def rendered_to_json(rendered: Rendered) -> str:
    """Return `rendered` as one line of JSON with sorted keys, its body in base64."""
    content = {
        "content_type": rendered.content_type,
        "body": b64encode(rendered.body).decode("ascii"),
        "summary": rendered.summary,
        "meta": dict(rendered.meta),
    }
    return _dump({"version": VERSION, "rendered": content})


def rendered_from_json(text: str) -> Rendered:
    """Return what `rendered_to_json` wrote. Raises ValueError if `text` is none, or from a newer version."""
    content = _load(text, "rendered")
    try:
        return Rendered(
            content_type=content["content_type"],
            body=b64decode(content["body"], validate=True),
            summary=content["summary"],
            meta=dict(content["meta"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"the stored rendered message cannot be read: {error!r}") from error


def _dump(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _load(text: str, part: str) -> Any:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise ValueError(f"the stored {part} is not JSON: {error}") from error
    if not isinstance(document, dict) or part not in document:
        raise ValueError(f"the stored {part} is not what newswatch writes")
    if document.get("version") != VERSION:
        raise ValueError(
            f"the stored {part} has version {document.get('version')!r}, this newswatch reads {VERSION}: "
            "run the newswatch that wrote it, or a newer one"
        )
    return document[part]
