"""Learns which lines a site puts around its articles, from the lines that its pages have in common.

A line counts if it stands at the edge of a text; it is learned when several pages of the site had it, and a good part
of those that came since. What is learned is removed only from the edge inwards, so a line that the author wrote between
two others stays, and one that the site no longer prints is forgotten again.
"""

import re
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from types import MappingProxyType

from newswatch.extract.text import weight
from newswatch.model import Article, RemovedText

HEAD, TAIL = 3, 6  # paragraphs at either edge
REASON = "site_line"
_SHORTEST, _LONGEST = (
    20,
    300,
)  # weight; shorter lines are places and headings, longer ones text, however often they stand
_FEWEST_PAGES, _USUAL = 3, 0.5  # few pages must nearly all have it ...
_MANY_PAGES, _OFTEN = 10, 0.2  # ... of many a part is enough: sections differ
_MOST_LINES, _MOST_TEXTS = 200, 64  # kept for a site, some 5 kB
_DIGIT = re.compile(r"\d")
_LINE = struct.Struct("<qIII")


@dataclass(frozen=True, slots=True)
class EdgeLines:
    """What one article teaches: its lines at the edge, and its longest paragraph, by which copies are known."""

    lines: frozenset[int] = frozenset()
    text: int = 0


@dataclass(frozen=True, slots=True)
class LineCount:
    """On how many pages a line stood, and the first and last of them, counted in pages of the site."""

    pages: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class SiteLines:
    """The lines of one site. `texts` are the longest paragraphs of its latest pages."""

    pages: int = 0
    lines: Mapping[int, LineCount] = field(default_factory=lambda: MappingProxyType({}))
    texts: tuple[int, ...] = ()

    def learned(self) -> frozenset[int]:
        """Return the lines that are the site's and not its articles'."""
        return frozenset(line for line, count in self.lines.items() if self._is_frame(count))

    def after(self, *pages: EdgeLines) -> "SiteLines":
        """Return what is known after further pages. A page whose text was there before teaches nothing."""
        number, lines, texts = self.pages, dict(self.lines), list(self.texts)
        for edges in pages:
            if not edges.text or edges.text in texts:
                continue
            number += 1
            texts = [*texts[1 - _MOST_TEXTS :], edges.text]
            for line in edges.lines:
                known = lines.get(line)
                lines[line] = LineCount(known.pages + 1, known.first, number) if known else LineCount(1, number, number)
        if len(lines) > _MOST_LINES:
            kept = sorted(lines, key=lambda line: (lines[line].pages > 1, lines[line].last, line), reverse=True)
            lines = {line: lines[line] for line in kept[:_MOST_LINES]}
        return SiteLines(number, MappingProxyType(lines), tuple(texts))

    def pack(self) -> bytes:
        """Return this as bytes for storing."""
        texts = struct.pack(f"<II{len(self.texts)}q", self.pages, len(self.texts), *self.texts)
        rows = (_LINE.pack(line, count.pages, count.first, count.last) for line, count in self.lines.items())
        return texts + b"".join(rows)

    @classmethod
    def unpack(cls, packed: bytes) -> "SiteLines":
        """Return what `pack` made bytes of."""
        pages, count = struct.unpack_from("<II", packed)
        texts = struct.unpack_from(f"<{count}q", packed, 8)
        rows = _LINE.iter_unpack(packed[8 + 8 * count :])
        return cls(pages, MappingProxyType({line: LineCount(*counts) for line, *counts in rows}), texts)

    def _is_frame(self, count: LineCount) -> bool:
        since = self.pages - count.first + 1
        usual = count.pages >= _FEWEST_PAGES and count.pages >= _USUAL * since
        return usual or (count.pages >= _MANY_PAGES and count.pages >= _OFTEN * since)


def edge_lines(article: Article) -> EdgeLines:
    """Return what an article teaches about its site, with those of its lines that were removed as the site's."""
    paragraphs = article.paragraphs
    edges = {*paragraphs[:HEAD], *paragraphs[-TAIL:], *(line.text for line in article.removed if line.reason == REASON)}
    longest = max(paragraphs, key=len, default="")
    if not longest or len(paragraphs) < 2:
        return EdgeLines()
    return EdgeLines(frozenset(_key(line) for line in edges if line != longest and _may_be_frame(line)), _key(longest))


def without_site_lines(
    paragraphs: list[str], known: frozenset[int], numbers: Sequence[int]
) -> tuple[list[str], list[RemovedText]]:
    """Return the paragraphs that stay, and the site's lines at both ends as removed.

    `numbers` are the paragraphs' line numbers for the audit trail. Nothing is removed if nothing would be left.
    """
    if not known:
        return paragraphs, []
    head = _run(paragraphs[:HEAD], known)
    tail = len(paragraphs) - _run(reversed(paragraphs[-TAIL:]), known)
    if head >= tail:
        return paragraphs, []
    gone = (*range(head), *range(tail, len(paragraphs)))
    return paragraphs[head:tail], [RemovedText(paragraphs[i], REASON, numbers[i]) for i in gone]


def _may_be_frame(line: str) -> bool:
    """Return whether a line may be learned: datelines and results of games have figures, and places are short."""
    return _SHORTEST <= weight(line) <= _LONGEST and not _DIGIT.search(line)


def _run(lines: Iterable[str], known: frozenset[int]) -> int:
    count = 0
    for line in lines:
        if _key(line) not in known:
            break
        count += 1
    return count


def _key(line: str) -> int:
    return int.from_bytes(blake2b(line.encode(), digest_size=8).digest(), "little", signed=True)
