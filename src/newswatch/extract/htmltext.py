"""HTML to paragraphs without judging them: for feed content, and for pages that a tree parser cannot hold.

libxml2 gives up at 256 nested elements (2 048 with its huge option). The tokeniser of the standard library keeps no
tree, so its time grows with the length of the text and with nothing else.
"""

import re
from html import unescape
from html.parser import HTMLParser

from newswatch.extract.text import SENTENCE_END, one_line

_BLOCKS = frozenset(
    (
        "address article aside blockquote body caption center dd details dialog div dl dt fieldset figcaption figure "
        "footer form h1 h2 h3 h4 h5 h6 header hr html li main nav ol p pre section summary table tbody td tfoot th "
        "thead tr ul"
    ).split()
)
_UNREAD = frozenset(
    "script style template noscript iframe object svg math select textarea button head title rp rt".split()
)
_CHROME = frozenset("nav aside footer form menu figure".split())
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
BREAK = "\N{LINE SEPARATOR}"
"""Stands for <br> in a block's raw text, where "\\n" is only white space of the source."""

_DOUBLE_BREAK = re.compile(f"{BREAK}[^\\S{BREAK}]*{BREAK}\\s*")


class _Reader(HTMLParser):
    """Collects the text of blocks. `skip` holds elements whose content is left out."""

    def __init__(self, skip: frozenset[str]) -> None:
        super().__init__(convert_charrefs=True)
        self._skip = skip
        self._open: list[str] = []  # skipped elements we are inside of
        self._pieces: list[str] = []
        self._links = 0
        self._in_link = 0
        self.blocks: list[tuple[str, float]] = []  # text, share of it that is link text

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._skip:
            self._end_block()
            self._open.append(tag)
        elif tag == "br":
            self._pieces.append(BREAK)
        elif tag == "a":
            self._in_link += 1
        elif tag in _BLOCKS:
            self._end_block()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID or tag not in self._skip:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if self._open and tag in self._skip:
            if tag in self._open:
                while self._open.pop() != tag:
                    pass
        elif tag == "a":
            self._in_link = max(0, self._in_link - 1)
        elif tag in _BLOCKS:
            self._end_block()

    def handle_data(self, data: str) -> None:
        if not self._open:
            self._pieces.append(data)
            if self._in_link:
                self._links += len(data.strip())

    def _end_block(self) -> None:
        text = "".join(self._pieces)
        if not text.isspace() and text:
            self.blocks.append((text, self._links / len(text.strip())))
        self._pieces.clear()
        self._links = 0

    def close(self) -> None:
        super().close()
        self._end_block()


def html_to_paragraphs(markup: str) -> list[str]:
    """Return the text of an HTML fragment, or of plain text with line breaks, as paragraphs in order."""
    if "<" not in markup:
        return split_lines(unescape(markup).replace("\n", BREAK))
    return [paragraph for text, _ in _read(markup, _UNREAD) for paragraph in split_lines(text)]


def page_to_paragraphs(markup: str) -> list[str]:
    """Return the running text of a whole page: navigation, asides, forms and blocks of links are left out."""
    blocks = _read(markup, _UNREAD | _CHROME)
    return [paragraph for text, links in blocks if links < 0.5 for paragraph in split_lines(text)]


def split_lines(text: str) -> list[str]:
    """Split a block's text, in which BREAK stands for <br>, into tidy paragraphs.

    Two breaks end a paragraph; one does so only after the end of a sentence. All other line breaks are collapsed.
    """
    if BREAK not in text:
        line = one_line(text)
        return [line] if line else []
    paragraphs: list[str] = []
    for part in _DOUBLE_BREAK.split(text):
        pending = ""
        for line in part.split(BREAK):
            pending = f"{pending}\n{line}" if pending else line
            if SENTENCE_END.search(line.rstrip()):
                paragraphs.append(pending)
                pending = ""
        paragraphs.append(pending)
    return [line for line in map(one_line, paragraphs) if line]


def _read(markup: str, skip: frozenset[str]) -> list[tuple[str, float]]:
    reader = _Reader(skip)
    reader.feed(markup)
    reader.close()
    return reader.blocks
