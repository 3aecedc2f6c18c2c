"""Slack's documented limits: what breaks them, and how to stay within them. Pure.

Sources: https://docs.slack.dev/reference/block-kit/blocks, https://docs.slack.dev/reference/methods/chat.postMessage,
https://docs.slack.dev/messaging/formatting-message-text. A message over a limit is refused whole, not shortened.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

MAX_BLOCKS = 50
MAX_TEXT = 40_000  # top level; the documentation advises 4 000
MAX_SECTION = 3000
MAX_FIELDS = 10
MAX_FIELD = 2000
MAX_HEADER = 150
MAX_CONTEXT_ELEMENTS = 10
MAX_ACTIONS = 25
MAX_BUTTON_TEXT = 75
MAX_BUTTON_VALUE = 2000
MAX_URL = 3000
MAX_ID = 255
MAX_MARKDOWN = 12_000
MAX_SUM = 13_200  # observed: over this all blocks' text gives msg_blocks_too_long
MAX_METADATA = 8000

_ENTITY = re.compile(r"&(?!amp;|lt;|gt;)")
_TOKEN = re.compile(r"<([^<>]*)>")
_STYLES = {"bold", "italic", "strike", "code", "underline"}
_INLINE = {"text": "text", "link": "url", "emoji": "name"}


def escape(text: str) -> str:
    """Return `text` so that mrkdwn shows it as it is: only `&`, `<` and `>` have a meaning for the parser."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def shorten(markup: str, limit: int) -> str:
    """Return mrkdwn in at most `limit` characters, never cut inside a link or an escaped character."""
    if len(markup) <= limit:
        return markup
    cut = markup[: limit - 1]
    if cut.rfind("<") > cut.rfind(">"):
        cut = cut[: cut.rfind("<")]
    if (ampersand := cut.rfind("&")) > cut.rfind(";") and len(cut) - ampersand < len("&amp;"):
        cut = cut[:ampersand]
    return cut.rstrip() + "…"


def fit(payload: dict[str, Any]) -> dict[str, Any]:
    """Return a message as newswatch builds it, shortened to Slack's limits.

    Long texts are cut; while the sum is too long the last context or rich text block goes, never the first block.
    """
    blocks = [_fit_block(block) for block in payload.get("blocks", ())][:MAX_BLOCKS]
    while sum(map(_text_length, blocks)) > MAX_SUM and len(blocks) > 1:
        blocks.pop()
    return {**payload, "text": shorten(payload["text"], MAX_SECTION), "blocks": blocks}


def _fit_block(block: dict[str, Any]) -> dict[str, Any]:
    if block["type"] == "section":
        return {**block, "text": {**block["text"], "text": shorten(block["text"]["text"], MAX_SECTION)}}
    if block["type"] == "context":
        elements = block["elements"][:MAX_CONTEXT_ELEMENTS]
        return {**block, "elements": [{**one, "text": shorten(one["text"], MAX_FIELD)} for one in elements]}
    return block


def check_blocks(payload: Mapping[str, Any]) -> list[str]:
    """Return every documented limit that a chat.postMessage or incoming webhook payload breaks, empty if none.

    Each is a sentence that begins with the place: `blocks[2]: ...`. Takes anything that JSON can hold.
    """
    return list(_check(payload))


def live_mentions(payload: Mapping[str, Any]) -> list[str]:
    """Return what in a payload would ping people or groups: `<!channel>`, `<@U…>`, mention elements. Dates are fine."""
    return list(_mentions(payload))


def _check(payload: Mapping[str, Any]) -> Iterator[str]:
    text = payload.get("text")
    if not isinstance(text, str) or not text.strip():
        yield "text: is missing; it is what notifications and screen readers use"
    elif len(text) > MAX_TEXT:
        yield f"text: {len(text)} characters, at most {MAX_TEXT}"
    metadata = payload.get("metadata")
    if metadata is not None:
        yield from _check_metadata(metadata)
    blocks = payload.get("blocks", [])
    if not isinstance(blocks, list):
        yield "blocks: must be a list"
        return
    if len(blocks) > MAX_BLOCKS:
        yield f"blocks: {len(blocks)} of them, at most {MAX_BLOCKS}"
    ids: set[str] = set()
    for number, block in enumerate(blocks):
        place = f"blocks[{number}]"
        if not isinstance(block, dict):
            yield f"{place}: must be an object"
            continue
        yield from _check_block(place, block)
        block_id = block.get("block_id")
        if block_id is not None:
            if not isinstance(block_id, str) or not 0 < len(block_id) <= MAX_ID:
                yield f"{place}: block_id must have 1 to {MAX_ID} characters"
            elif block_id in ids:
                yield f"{place}: block_id {block_id!r} is used twice"
            ids.add(str(block_id))
    total = sum(_text_length(block) for block in blocks if isinstance(block, dict))
    if total > MAX_SUM:
        yield f"blocks: {total} characters of text together, at most {MAX_SUM} (msg_blocks_too_long)"


def _check_metadata(metadata: Any) -> Iterator[str]:
    if not isinstance(metadata, dict) or not isinstance(metadata.get("event_type"), str):
        yield "metadata: needs an event_type"
        return
    if not isinstance(metadata.get("event_payload"), dict):
        yield "metadata: needs an event_payload object"
    elif len(json.dumps(metadata)) > MAX_METADATA:
        yield f"metadata: more than {MAX_METADATA} bytes"


def _check_block(place: str, block: dict[str, Any]) -> Iterator[str]:
    kind = block.get("type")
    check = _CHECKS.get(kind) if isinstance(kind, str) else None
    if check is not None:
        yield from check(place, block)
    elif kind not in _UNLIMITED:
        yield f"{place}: type {kind!r} is not a message block"


def _check_section(place: str, block: dict[str, Any]) -> Iterator[str]:
    if "text" not in block and "fields" not in block:
        yield f"{place}: a section needs text or fields"
    if "text" in block:
        yield from _check_text(f"{place}.text", block["text"], MAX_SECTION)
    fields = block.get("fields", [])
    if not isinstance(fields, list) or len(fields) > MAX_FIELDS or ("fields" in block and not fields):
        yield f"{place}: 1 to {MAX_FIELDS} fields"
    else:
        for number, one in enumerate(fields):
            yield from _check_text(f"{place}.fields[{number}]", one, MAX_FIELD)


def _check_header(place: str, block: dict[str, Any]) -> Iterator[str]:
    yield from _check_text(f"{place}.text", block.get("text"), MAX_HEADER, kinds=("plain_text",))


def _check_context(place: str, block: dict[str, Any]) -> Iterator[str]:
    elements = block.get("elements")
    if not isinstance(elements, list) or not 1 <= len(elements) <= MAX_CONTEXT_ELEMENTS:
        yield f"{place}: 1 to {MAX_CONTEXT_ELEMENTS} elements"
        return
    for number, one in enumerate(elements):
        if isinstance(one, dict) and one.get("type") == "image":
            if not one.get("alt_text") or not (one.get("image_url") or one.get("slack_file")):
                yield f"{place}.elements[{number}]: an image needs alt_text and image_url"
        else:
            yield from _check_text(f"{place}.elements[{number}]", one, MAX_SECTION)


def _check_rich_text(place: str, block: dict[str, Any]) -> Iterator[str]:
    elements = block.get("elements")
    if not isinstance(elements, list) or not elements:
        yield f"{place}: needs elements"
        return
    for number, one in enumerate(elements):
        inner = f"{place}.elements[{number}]"
        kind = one.get("type") if isinstance(one, dict) else None
        if kind not in ("rich_text_section", "rich_text_quote", "rich_text_preformatted", "rich_text_list"):
            yield f"{inner}: type {kind!r} is not part of rich text"
        elif kind == "rich_text_list":
            yield from _check_rich_text(inner, one)
        elif not isinstance(one.get("elements"), list) or not one["elements"]:
            yield f"{inner}: needs elements"
        else:
            for place_inside, part in enumerate(one["elements"]):
                yield from _check_inline(f"{inner}.elements[{place_inside}]", part)


def _check_inline(place: str, part: Any) -> Iterator[str]:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind in ("user", "usergroup", "channel", "broadcast", "date", "color"):
        return
    if kind not in _INLINE:
        yield f"{place}: type {kind!r} is not part of rich text"
        return
    value = part.get(_INLINE[kind])
    if not isinstance(value, str) or not value:
        yield f"{place}: {_INLINE[kind]} must not be empty"
    elif kind == "link" and len(value) > MAX_URL:
        yield f"{place}: url of {len(value)} characters, at most {MAX_URL}"
    style = part.get("style", {})
    if (
        not isinstance(style, dict)
        or not set(style) <= _STYLES
        or not all(isinstance(on, bool) for on in style.values())
    ):
        yield f"{place}: style may hold {', '.join(sorted(_STYLES))}, each true or false"


def _check_actions(place: str, block: dict[str, Any]) -> Iterator[str]:
    elements = block.get("elements")
    if not isinstance(elements, list) or not 1 <= len(elements) <= MAX_ACTIONS:
        yield f"{place}: 1 to {MAX_ACTIONS} elements"
        return
    for number, one in enumerate(elements):
        if isinstance(one, dict) and one.get("type") == "button":
            inner = f"{place}.elements[{number}]"
            yield from _check_text(f"{inner}.text", one.get("text"), MAX_BUTTON_TEXT, kinds=("plain_text",))
            for name, limit in (("value", MAX_BUTTON_VALUE), ("url", MAX_URL), ("action_id", MAX_ID)):
                if len(str(one.get(name, ""))) > limit:
                    yield f"{inner}: {name} has at most {limit} characters"


def _check_markdown(place: str, block: dict[str, Any]) -> Iterator[str]:
    text = block.get("text")
    if not isinstance(text, str) or not 0 < len(text) <= MAX_MARKDOWN:
        yield f"{place}: 1 to {MAX_MARKDOWN} characters"


def _check_text(
    place: str, value: Any, limit: int, *, kinds: tuple[str, ...] = ("mrkdwn", "plain_text")
) -> Iterator[str]:
    if not isinstance(value, dict) or value.get("type") not in kinds:
        yield f"{place}: must be a text object of type {' or '.join(kinds)}"
        return
    text = value.get("text")
    if not isinstance(text, str) or not 1 <= len(text) <= limit:
        length = len(text) if isinstance(text, str) else "no"
        yield f"{place}: {length} characters, 1 to {limit} are allowed"
    elif value["type"] == "mrkdwn" and _unescaped(text):
        yield f"{place}: holds an unescaped & or <"


def _unescaped(text: str) -> bool:
    """Tell whether mrkdwn holds a character that should have been escaped."""
    return bool(_ENTITY.search(text)) or "<" in _TOKEN.sub("", text)


_CHECKS: dict[str, Callable[[str, dict[str, Any]], Iterator[str]]] = {
    "section": _check_section,
    "header": _check_header,
    "context": _check_context,
    "rich_text": _check_rich_text,
    "actions": _check_actions,
    "markdown": _check_markdown,
}
_UNLIMITED = ("divider", "file", "image", "video")  # nothing that newswatch would fill


def _text_length(value: Any) -> int:
    """Return the characters of every `text` inside a block."""
    if isinstance(value, list):
        return sum(map(_text_length, value))
    if not isinstance(value, dict):
        return 0
    return sum(
        len(item) if key == "text" and isinstance(item, str) else _text_length(item) for key, item in value.items()
    )


def _mentions(value: Any, *, parsed: bool = True) -> Iterator[str]:
    """Walk a payload. `parsed` is False inside rich text, whose texts are shown as they are."""
    if isinstance(value, list):
        for item in value:
            yield from _mentions(item, parsed=parsed)
    elif isinstance(value, dict):
        kind = value.get("type")
        if kind in ("user", "usergroup", "channel", "broadcast"):
            yield json.dumps(value)
        for key, item in value.items():
            literal = kind in ("rich_text", "plain_text") or key == "metadata"
            yield from _mentions(item, parsed=parsed and not literal)
    elif isinstance(value, str) and parsed:
        yield from (found[0] for found in _TOKEN.finditer(value) if found[1][:1] in "!@#" and found[1][:6] != "!date^")
