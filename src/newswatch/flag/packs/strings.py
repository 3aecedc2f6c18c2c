"""Where each character of a TOML string stands in its file, so that errors in queries name the file's own lines."""

import re
from collections.abc import Callable

_SHORT = {"b": 1, "t": 1, "n": 1, "f": 1, "r": 1, '"': 1, "\\": 1, "e": 1, "x": 3, "u": 5, "U": 9}
_CONTINUATION = re.compile(r"\\[ \t]*\n\s*")


def string_offsets(text: str, at: int) -> list[int]:
    """Return, for each character of the string value at or after `at`, its offset in `text`, plus one for its end.

    `text` must be valid TOML with `at` at a key with a string value, or at the string itself.
    """
    if text[at] not in "\"'":
        at = text.index("=", at) + 1
        while text[at] in " \t":
            at += 1
    quote = text[at]
    multi = text.startswith(quote * 3, at)
    at += 3 if multi else 1
    if multi and text.startswith("\n", at):
        at += 1
    close = quote * 3 if multi else quote
    offsets = []
    while not _closes(text, at, close):
        if quote == '"' and text[at] == "\\":
            continuation = _CONTINUATION.match(text, at) if multi else None
            if continuation:
                at = continuation.end()
                continue
            offsets.append(at)
            at += 1 + _SHORT.get(text[at + 1], 1)
        else:
            offsets.append(at)
            at += 1
    return [*offsets, at]


def _closes(text: str, at: int, close: str) -> bool:
    """Whether the string ends here; one or two quotes may stand directly before the three that close it."""
    return at >= len(text) or (
        text.startswith(close, at) and not (len(close) == 3 and text.startswith(close[0], at + 3))
    )


def locator(text: str, at: int) -> Callable[[int], tuple[int, int]]:
    """Return a function from an offset in the value of the string at or after `at` to line and column of `text`.

    The string is walked through when the function is first called: most strings have no error.
    """
    offsets: list[int] = []

    def locate(offset: int) -> tuple[int, int]:
        if not offsets:
            offsets.extend(string_offsets(text, at))
        place = offsets[min(offset, len(offsets) - 1)]
        return text.count("\n", 0, place) + 1, place - text.rfind("\n", 0, place)

    return locate
