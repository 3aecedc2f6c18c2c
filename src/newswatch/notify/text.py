"""Text from outside made safe for one line of a message: cleaned, counted and cut in user-perceived characters."""

import unicodedata
from collections.abc import Sequence
from urllib.parse import urlsplit

import regex  # type: ignore[import-untyped]  # ships no types

ELLIPSIS = "…"
_CLUSTER = regex.compile(r"\X")  # extended grapheme clusters, UAX #29
_LINE_BREAKS = (0x2028, 0x2029)
# Embeddings, overrides and isolates: one that is never closed turns the rest of the message around (UAX #9).
_BIDI_CONTROLS = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
_SPACED = " "
_MAX_CODE_POINTS = 8  # for each character of a limit: stacked combining marks would make one character endless


def _safe_table() -> dict[int, str | None]:
    table: dict[int, str | None] = {code: _SPACED for code in range(0xA0) if unicodedata.category(chr(code)) == "Cc"}
    table |= dict.fromkeys(_LINE_BREAKS, _SPACED)
    table |= dict.fromkeys(_BIDI_CONTROLS, None)
    table |= dict.fromkeys((0xFEFF, 0xFFFE, 0xFFFF), None)
    table |= dict.fromkeys(range(0xD800, 0xE000), "\N{REPLACEMENT CHARACTER}")
    return table


_SAFE = _safe_table()


def clean_line(text: str | None, limit: int | None = None) -> str:
    """Return `text` as one line: no control characters, lone surrogates, direction overrides or runs of whitespace.

    `limit` cuts to that many characters as a person counts them (an ellipsis included). None gives "".
    """
    line = " ".join((text or "").translate(_SAFE).split())
    return line if limit is None else truncate(line, limit)


def clean_with_map(text: str) -> tuple[str, list[int]]:
    """Clean like `clean_line`, without stripping the ends, and say where everything went.

    The list has `len(text) + 1` numbers: code point i of `text` is at `map[i]` of the result.
    """
    out: list[str] = []
    places: list[int] = []
    for char in text:
        places.append(len(out))
        safe = _SAFE.get(ord(char), char)
        if safe is None:
            continue
        if safe.isspace():
            if out and out[-1] == _SPACED:
                places[-1] = len(out) - 1
                continue
            safe = _SPACED
        out.append(safe)
    places.append(len(out))
    return "".join(out), places


def cluster_bounds(text: str) -> list[int]:
    """Return the code point offsets at which user-perceived characters begin, and the length as the last number."""
    bounds = [found.start() for found in _CLUSTER.finditer(text)]
    bounds.append(len(text))
    return bounds


def cluster_count(text: str) -> int:
    """Return how many characters a person counts in `text`."""
    return len(cluster_bounds(text)) - 1


def truncate(text: str, limit: int) -> str:
    """Return `text` in at most `limit` user-perceived characters, cut between words and marked with an ellipsis."""
    max_points = limit * _MAX_CODE_POINTS
    if len(text) <= limit:
        return text
    end = count = last = 0
    for found in _CLUSTER.finditer(text):
        count += 1
        if count > limit or found.end() > max_points:
            break
        last, end = end, found.end()
    else:
        return text
    cut = (last if count > limit else end) or max_points
    space = text.rfind(" ", max(0, cut - 20), cut + 1)
    return text[: space if space > 0 else cut].rstrip() + ELLIPSIS


def web_url(url: str | None) -> str | None:
    """Return `url` if it is an http or https address that is safe to link to in any message, otherwise None."""
    if not url or len(url) > 2000 or any(char.isspace() or char in '<>"' for char in url):
        return None
    if url.translate(_SAFE) != url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme.lower() in ("http", "https") and parts.hostname else None


def merge_spans(spans: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return the spans in order, overlapping and touching ones joined, empty ones dropped."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)
