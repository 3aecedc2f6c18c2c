"""What `replay` reads: seed texts, feeds, pages, JSON Lines and WARC archives, from one file or a folder.

Files come from anywhere, so nothing in them is trusted: sizes are capped, links out of the folder are refused, and
what cannot be read becomes a Problem among the inputs while the rest goes on.
"""

import codecs
import html
import json
import os
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from email.utils import parsedate_to_datetime
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from newswatch.errors import Problem
from newswatch.model import Published

MAX_TEXT = 5_000_000
"""Bytes of one seed text, page, or line of JSON."""
MAX_FEED = 15_000_000
"""Bytes of one feed file."""

_SEEDS = frozenset({".txt"})
_FEEDS = frozenset({".xml", ".rss", ".atom", ".rdf", ".json"})
_PAGES = frozenset({".html", ".htm", ".xhtml"})
_LINES = frozenset({".jsonl", ".ndjson"})
_KNOWN = (
    "a seed text (.txt), a feed (.xml .rss .atom .json), a page (.html), JSON Lines (.jsonl) "
    "or an archive (.warc .warc.gz)"
)
_SNIFFED = 1024  # bytes looked at where the name does not tell
_FEED_MARKS = (b"<rss", b"<feed", b"<rdf:rdf", b"<urlset")
_PAGE_TYPES = ("text/html", "application/xhtml+xml")
_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml")
_OK = "200"


class InputKind(StrEnum):
    """What an input is, and so at which stage of the flow it enters."""

    SEED = "seed"  # `text` is a seed text
    FEED = "feed"  # `body` is a feed document
    PAGE = "page"  # `body` is an article's page
    ENTRY = "entry"  # an article given in fields; `content_html` holds its text


@dataclass(frozen=True, slots=True)
class ReplayInput:
    """One thing to replay. `name` is the file, relative to what was given, with the line or record inside it.

    Which of `text`, `body` and `content_html` is filled depends on `kind`; everything else is what the file says and
    None where it says nothing. `recorded_at` is when an archive's record was fetched.
    """

    kind: InputKind
    name: str
    body: bytes = b""
    text: str | None = None
    url: str | None = None
    content_type: str | None = None
    title: str | None = None
    summary: str | None = None
    content_html: str | None = None
    authors: tuple[str, ...] = ()
    published: Published | None = None
    language: str | None = None
    source_name: str | None = None
    recorded_at: datetime | None = None


def read_inputs(path: Path) -> Iterator[ReplayInput | Problem]:
    """Yield what a file, or every file of a folder in the order of their names, holds to be replayed.

    Hidden files and READMEs of a folder are passed over. What cannot be read, and links that lead out of the folder,
    come out as Problems. Never raises for what is in the files.
    """
    if path.is_dir():
        root = path.resolve()
        for file in _files(root):
            name = file.relative_to(root).as_posix()
            if file.resolve().is_relative_to(root):
                yield from _guarded(file, name)
            else:
                yield Problem(name, "is a link that leads out of the folder", "copy the file into the folder")
    elif path.exists():
        yield from _guarded(path, path.name)
    else:
        yield Problem(str(path), "there is no such file or folder", "check the path")


def _files(root: Path) -> Iterator[Path]:
    """Yield the files under a folder by name; folders that are links are not entered."""
    found: list[Path] = []
    for folder, subfolders, names in os.walk(root, followlinks=False):
        subfolders[:] = [name for name in subfolders if not name.startswith(".")]
        found.extend(Path(folder, name) for name in names if not _is_passed_over(name))
        found.extend(link for name in subfolders if (link := Path(folder, name)).is_symlink())
    yield from sorted(found, key=lambda file: file.relative_to(root).as_posix())


def _is_passed_over(name: str) -> bool:
    return name.startswith(".") or name.lower().split(".", 1)[0] == "readme"


def _guarded(file: Path, name: str) -> Iterator[ReplayInput | Problem]:
    try:
        if not file.is_file():
            yield Problem(name, "is not a regular file", "give a file or a folder of files")
            return
        yield from _read(file, name)
    except OSError as error:
        yield Problem(name, f"cannot be read: {error.strerror or error}", "check that the file is readable")


def _read(file: Path, name: str) -> Iterator[ReplayInput | Problem]:
    lowered = file.name.lower()
    suffix = Path(lowered).suffix
    if lowered.endswith((".warc", ".warc.gz")):
        yield from _read_archive(file, name)
    elif suffix in _LINES:
        yield from _read_lines(file, name)
    elif suffix in _SEEDS:
        yield from _read_whole(file, name, InputKind.SEED)
    elif suffix in _FEEDS:
        yield from _read_whole(file, name, InputKind.FEED)
    elif suffix in _PAGES:
        yield from _read_whole(file, name, InputKind.PAGE)
    else:
        kind = _sniff(file)
        if kind is None:
            yield Problem(name, "is of no kind that can be replayed", f"give {_KNOWN}")
        else:
            yield from _read_whole(file, name, kind)


def _sniff(file: Path) -> InputKind | None:
    with file.open("rb") as stream:
        start = stream.read(_SNIFFED).lstrip(codecs.BOM_UTF8 + b" \t\r\n").lower()
    if any(mark in start for mark in _FEED_MARKS):
        return InputKind.FEED
    return InputKind.PAGE if start.startswith((b"<!doctype html", b"<html")) else None


def _read_whole(file: Path, name: str, kind: InputKind) -> Iterator[ReplayInput | Problem]:
    limit = MAX_FEED if kind is InputKind.FEED else MAX_TEXT
    with file.open("rb") as stream:
        body = stream.read(limit + 1)
    if len(body) > limit:
        yield Problem(name, f"has more than the {limit:,} bytes that are read", "split it")
    elif not body.strip():
        yield Problem(name, "is empty", "remove it")
    elif kind is InputKind.SEED:
        try:
            text = body.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = body.count(b"\n", 0, error.start) + 1
            yield Problem(name, "is not UTF-8", "convert it, for example with iconv", line=line)
        else:
            yield ReplayInput(kind, name, text=text)
    elif kind is InputKind.FEED and file.suffix.lower() == ".json" and not _is_json_feed(body):
        yield Problem(name, "is JSON but not a JSON Feed", "write articles one a line into a .jsonl file")
    else:
        yield ReplayInput(kind, name, body=body)


def _is_json_feed(body: bytes) -> bool:
    """Judge by the version that a JSON Feed must carry (https://www.jsonfeed.org/version/1.1/, "Top-level")."""
    try:
        feed = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(feed, dict) and "jsonfeed.org/version" in str(feed.get("version"))


# --- JSON Lines ----------------------------------------------------------------------------------------------------


def _read_lines(file: Path, name: str) -> Iterator[ReplayInput | Problem]:
    with file.open("rb") as stream:
        number = 0
        while line := stream.readline(MAX_TEXT + 1):
            number += 1
            if len(line) > MAX_TEXT:
                _skip_line(stream, line)
                yield Problem(name, f"the line has more than {MAX_TEXT:,} bytes", "shorten it", line=number)
            elif line.strip():
                yield from _read_object(line, name, number)


def _skip_line(stream: IO[bytes], line: bytes) -> None:
    while line and not line.endswith(b"\n"):
        line = stream.readline(MAX_TEXT)


def _read_object(line: bytes, name: str, number: int) -> Iterator[ReplayInput | Problem]:
    try:
        fields = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        yield Problem(name, "the line is not UTF-8", "convert it, for example with iconv", line=number)
        return
    except json.JSONDecodeError as error:
        yield Problem(
            name, f"the line is not JSON: {error.msg}", "write one object a line", line=number, column=error.colno
        )
        return
    except (ValueError, RecursionError) as error:
        yield Problem(name, f"the line cannot be read as JSON: {error}", "write one object a line", line=number)
        return
    if not isinstance(fields, dict):
        yield Problem(name, "the line is not a JSON object", 'write {"title": ..., "text": ...}', line=number)
        return
    published = None
    if stated := _text(fields, "published", "published_at", "date"):
        published = _published(stated)
        if published is None:
            yield Problem(
                name,
                f"{stated[:60]!r} is not a date",
                "write it like 2026-01-13 or 2026-01-13T14:49:00+09:00",
                line=number,
            )
    found = _from_fields(fields, f"{name}:{number}", published)
    if found is None:
        yield Problem(name, "the object has neither text nor html nor title", 'give it at least "text"', line=number)
    else:
        yield found


def _from_fields(fields: Mapping[str, Any], name: str, published: Published | None) -> ReplayInput | None:
    markup, text = _text(fields, "html", "content_html"), _text(fields, "text", "body", "content")
    title, summary = _text(fields, "title", "headline"), _text(fields, "summary", "description")
    if not (markup or text or summary or title):
        return None
    is_page = markup is not None and any(mark in markup[:_SNIFFED].lower() for mark in ("<html", "<!doctype", "<body"))
    content = None if is_page else markup or (_as_html(text) if text else None)
    authors = fields.get("authors", fields.get("author"))
    return ReplayInput(
        kind=InputKind.PAGE if is_page else InputKind.ENTRY,
        name=name,
        body=(markup or "").encode("utf-8", "replace") if is_page else b"",
        url=_text(fields, "url", "link"),
        content_type="text/html; charset=utf-8" if is_page else None,
        title=title,
        summary=summary,
        content_html=content,
        authors=tuple(str(author) for author in (authors if isinstance(authors, list) else [authors]) if author),
        published=published,
        language=_text(fields, "language", "lang"),
        source_name=_text(fields, "source", "source_name", "publisher"),
    )


def _text(fields: Mapping[str, Any], *names: str) -> str | None:
    return next((value for name in names if isinstance(value := fields.get(name), str) and value.strip()), None)


def _as_html(text: str) -> str:
    """Return plain text as the HTML that a feed would carry, so that both go the same way."""
    return "".join(f"<p>{html.escape(line, quote=False)}</p>" for line in text.splitlines() if line.strip())


def _published(stated: str) -> Published | None:
    """Read ISO 8601 or the date form of RFC 5322."""
    stated = stated.strip()
    try:
        if len(stated) <= len("2026-01-13"):
            return Published(precision="day", found_by="input", on=date.fromisoformat(stated), raw=stated)
        instant = datetime.fromisoformat(stated)
    except ValueError:
        try:
            instant = parsedate_to_datetime(stated)
        except ValueError:
            return None
    if instant.time() == time() and instant.tzinfo is None:
        return Published(precision="day", found_by="input", on=instant.date(), raw=stated)
    assumed = instant.tzinfo is None
    try:
        at = instant.replace(tzinfo=UTC) if assumed else instant.astimezone(UTC)
    except OverflowError:
        return None
    return Published(precision="second", found_by="input", at=at, raw=stated, zone_assumed=assumed)


# --- WARC ----------------------------------------------------------------------------------------------------------


def _read_archive(file: Path, name: str) -> Iterator[ReplayInput | Problem]:
    """Yield pages and feeds of the archive's successful responses (ISO 28500:2017); other records are passed over."""
    number = 0
    with file.open("rb") as stream:
        try:
            for record in ArchiveIterator(stream):
                if record.rec_type is None:
                    continue
                number += 1
                if record.rec_type == "response" and record.http_headers is not None:
                    yield from _read_record(record, f"{name}#{number}")
        except (ArchiveLoadFailed, EOFError, ValueError, zlib.error) as error:
            reason = str(error).strip().split("\n", 1)[0][:120] or type(error).__name__
            yield Problem(
                f"{name}#{number + 1}", f"the archive is broken here: {reason}", "what stands before it was read"
            )
            return
    if number == 0:
        yield Problem(name, "the archive holds no record", "give a WARC file")


def _read_record(record: Any, name: str) -> Iterator[ReplayInput | Problem]:
    content_type = record.http_headers.get_header("Content-Type") or ""
    media_type = content_type.split(";", 1)[0].strip().lower()
    if record.http_headers.get_statuscode() != _OK or media_type not in _PAGE_TYPES + _FEED_TYPES:
        return
    kind = InputKind.PAGE if media_type in _PAGE_TYPES else InputKind.FEED
    limit = MAX_TEXT if kind is InputKind.PAGE else MAX_FEED
    body = _payload(record, limit + 1)
    if len(body) > limit:
        yield Problem(name, f"the record has more than the {limit:,} bytes that are read")
    elif getattr(record.raw_stream, "limit", 0) > 0:
        yield Problem(name, "the record is shorter than its length says", "the archive was cut off; copy it again")
    else:
        yield ReplayInput(
            kind,
            name,
            body=body,
            url=record.rec_headers.get_header("WARC-Target-URI"),
            content_type=content_type,
            recorded_at=_instant(record.rec_headers.get_header("WARC-Date")),
        )


def _payload(record: Any, limit: int) -> bytes:
    """Return at most about `limit` bytes of the decoded body; the library's streams give it in pieces."""
    stream = record.content_stream()
    pieces: list[bytes] = []
    size = 0
    while size < limit and (piece := stream.read(64 * 1024)):
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces)


def _instant(stated: str | None) -> datetime | None:
    try:
        instant = datetime.fromisoformat(stated or "")
    except ValueError:
        return None
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
