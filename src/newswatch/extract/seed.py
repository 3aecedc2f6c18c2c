"""The seed form: a text file whose first line is ` date 2026-01-13`, followed on the same line by the first text."""

import re
from dataclasses import replace
from datetime import date, datetime

from newswatch.extract.assemble import assemble, draft
from newswatch.extract.dates import bounded
from newswatch.extract.text import one_line, scrub
from newswatch.model import ExtractOutcome, NotAnArticle, Published, RemovedText

_HEADER = re.compile(r"^\s*date (\d{4}-\d{2}-\d{2})\b")
_BLANK_LINES = re.compile(r"\n[^\S\n]*(?:\n[^\S\n]*)+")


def extract_seed(text: str, *, name: str, now: datetime | None = None) -> ExtractOutcome:
    """Return the article of a seed text. `name` (the file's) is used in messages, `now` bounds dates in the future.

    The header's date is a day without a zone. What follows it on its line may be a widget, a caption or a title, so
    the line cleaner judges it like any other paragraph; it stays part of the text unless it is chrome. A text
    without a header is read all the same, without a date.
    """
    notes: list[str] = []
    removed: list[RemovedText] = []
    published = None
    body = scrub(text.replace("\r\n", "\n").replace("\r", "\n"))
    header = _HEADER.match(body)
    if header is not None:
        published = _published(header[1], name, now, notes)
        removed.append(RemovedText(header[0].strip(), "corpus_header", body.count("\n", 0, header.end()) + 1))
        body = " " * header.end() + body[header.end() :]  # line numbers and offsets stay
    paragraphs, lines = _blocks(body, after_header=header is not None)
    drafted = draft(paragraphs, title=None, publisher=None, lines=lines)
    if not drafted.cleaned.paragraphs:
        return NotAnArticle("no_text", f"{name} holds no text", tuple(notes))
    article = assemble(drafted, title=None, method="seed", method_reason="seed file")
    return replace(article, published=published, removed=(*removed, *article.removed), notes=tuple(notes))


def _published(raw: str, name: str, now: datetime | None, notes: list[str]) -> Published | None:
    try:
        day = date.fromisoformat(raw)
    except ValueError:
        notes.append(f"{name}: the header's date {raw} does not exist")
        return None
    return bounded(Published(precision="day", found_by="corpus header", on=day, raw=raw), now, notes)


def _blocks(body: str, *, after_header: bool) -> tuple[list[str], list[int]]:
    """Split at blank lines; the header's line is a block of its own. Returns the paragraphs and their first lines."""
    starts = [0]
    if after_header and "\n" in body:
        starts.append(body.index("\n") + 1)
    starts.extend(found.end() for found in _BLANK_LINES.finditer(body) if found.end() > starts[-1])
    paragraphs: list[str] = []
    lines: list[int] = []
    for start, end in zip(starts, [*starts[1:], len(body)], strict=True):
        block = body[start:end]
        if paragraph := one_line(block):
            paragraphs.append(paragraph)
            lines.append(body.count("\n", 0, start + len(block) - len(block.lstrip())) + 1)
    return paragraphs, lines
