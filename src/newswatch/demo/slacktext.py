"""A Slack payload as plain text, for terminals and tests."""

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any

_LINK = re.compile(r"<(https?://[^|>]+)\|([^>]*)>")
_BARE = re.compile(r"<(https?://[^|>]+)>")
_DATE = re.compile(r"<!date\^\d+\^[^|>]*\|([^>]*)>")


def slack_text(payload: Mapping[str, Any]) -> str:
    """Return what a reader sees of `payload`: one line for each block, links as their text, or `text` alone."""
    lines = [line for block in payload.get("blocks") or () for line in _block(block)]
    return "\n".join(lines) if lines else _plain(str(payload.get("text", "")))


def _block(block: Mapping[str, Any]) -> Iterator[str]:
    kind = block.get("type")
    if kind == "divider":
        yield "---"
    elif kind == "context":
        yield " ".join(_object(element) for element in block.get("elements", ()))
    elif kind == "rich_text":
        for element in block.get("elements", ()):
            yield from _rich(element)
    else:
        if "text" in block:
            yield _object(block["text"])
        yield from (_object(item) for item in block.get("fields", ()))


def _rich(element: Mapping[str, Any]) -> Iterator[str]:
    if element.get("type") == "rich_text_list":
        for item in element.get("elements", ()):
            yield from (f"- {line}" for line in _rich(item))
        return
    yield "".join(str(part.get("text") or part.get("url") or "") for part in element.get("elements", ()))


def _object(value: Any) -> str:
    if isinstance(value, str):
        return _plain(value)
    if value.get("type") == "plain_text":
        return str(value.get("text", ""))
    return _plain(str(value.get("text") or value.get("alt_text") or ""))


def _plain(mrkdwn: str) -> str:
    text = _DATE.sub(r"\1", _BARE.sub(r"\1", _LINK.sub(r"\2", mrkdwn)))
    return html.unescape(text)
