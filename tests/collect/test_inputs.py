"""What replay reads, from real files."""

import gzip
import json
import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from newswatch.collect import inputs
from newswatch.collect.inputs import InputKind, ReplayInput, read_inputs
from newswatch.errors import Problem

FEED = b'<?xml version="1.0"?><rss version="2.0"><channel><title>T</title></channel></rss>'


def both(path: Path) -> tuple[list[ReplayInput], list[Problem]]:
    read = list(read_inputs(path))
    return [item for item in read if isinstance(item, ReplayInput)], [
        item for item in read if isinstance(item, Problem)
    ]


def only(path: Path) -> ReplayInput:
    found, problems = both(path)
    assert problems == []
    assert len(found) == 1
    return found[0]


def warc(path: Path, responses: list[tuple[str, str, str, bytes]], *, compressed: bool = True) -> Path:
    """Write an archive of (url, status, content type, body), each record compressed alone as the standard wants."""
    with path.open("wb") as stream:
        for number, (url, status, content_type, body) in enumerate(responses):
            answer = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\n\r\n".encode() + body
            head = (
                f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2026-01-13T05:49:00Z\r\n"
                f"WARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-{number:012}>\r\n"
                f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(answer)}\r\n\r\n"
            )
            record = head.encode() + answer + b"\r\n\r\n"
            stream.write(gzip.compress(record, mtime=0) if compressed else record)
    return path


def test_a_seed_is_read_as_text_without_a_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(b"\xef\xbb\xbf date 2026-01-13 caption\n\nText \xe2\x80\x9cquoted\xe2\x80\x9d.")
    read = only(file)
    assert (read.kind, read.name) == (InputKind.SEED, "a.txt")
    assert read.text == " date 2026-01-13 caption\n\nText “quoted”."


def test_a_seed_that_is_not_utf8_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(b" date 2026-01-13\n\nok\n\xb4\xeb\xc7\xd1")
    found, problems = both(file)
    assert found == []
    assert (problems[0].where, problems[0].line) == ("a.txt", 4)
    assert "UTF-8" in problems[0].message


@pytest.mark.parametrize("name", ["a.xml", "a.rss", "a.atom", "feed"])
def test_a_feed_is_handed_over_byte_for_byte(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(FEED)
    read = only(tmp_path / name)
    assert (read.kind, read.body) == (InputKind.FEED, FEED)


def test_json_is_a_feed_only_if_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"version": "https://jsonfeed.org/version/1.1", "items": []}')
    (tmp_path / "b.json").write_text('{"title": "x"}')
    found, problems = both(tmp_path)
    assert [read.name for read in found] == ["a.json"]
    assert [problem.where for problem in problems] == ["b.json"]
    assert ".jsonl" in problems[0].remedy


def test_a_page_is_handed_over_in_its_own_charset(tmp_path: Path) -> None:
    body = "<html><p>한국어</p>".encode("cp949")
    (tmp_path / "a.html").write_bytes(body)
    assert (only(tmp_path / "a.html").kind, only(tmp_path / "a.html").body) == (InputKind.PAGE, body)


def test_a_folder_is_read_by_name_with_its_subfolders(tmp_path: Path) -> None:
    for name in ["b.txt", "a/z.txt", "a.txt", ".hidden.txt", "README.md", "readme.txt", ".git/x.txt"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("text")
    found, problems = both(tmp_path)
    assert [read.name for read in found] == ["a.txt", "a/z.txt", "b.txt"]
    assert problems == []


def test_an_unknown_file_is_a_problem_and_the_rest_goes_on(tmp_path: Path) -> None:
    (tmp_path / "a.docx").write_bytes(b"PK\x03\x04")
    (tmp_path / "b.txt").write_text("text")
    found, problems = both(tmp_path)
    assert [read.name for read in found] == ["b.txt"]
    assert problems[0].where == "a.docx"
    assert ".jsonl" in problems[0].remedy


def test_a_missing_path_is_a_problem(tmp_path: Path) -> None:
    _, problems = both(tmp_path / "nowhere")
    assert "no such file" in problems[0].message


def test_an_empty_file_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(" \n")
    assert [problem.message for problem in both(tmp_path)[1]] == ["is empty"]


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    folder = tmp_path / "inputs"
    folder.mkdir()
    (folder / "ok.txt").write_text("text")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "linked").symlink_to(tmp_path, target_is_directory=True)
    found, problems = both(folder)
    assert [read.name for read in found] == ["ok.txt"]
    assert sorted(problem.where for problem in problems) == ["link.txt", "linked"]


def test_a_pipe_does_not_block_the_replay(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.txt")
    _, problems = both(tmp_path)
    assert problems[0].message == "is not a regular file"


def test_a_file_over_the_cap_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_bytes(b"<p>" + b"x" * inputs.MAX_TEXT)
    found, problems = both(tmp_path)
    assert found == []
    assert "5,000,000 bytes" in problems[0].message


def test_json_lines_carry_every_field(tmp_path: Path) -> None:
    fields = {
        "url": "https://example.org/a",
        "title": "Leaders meet",
        "text": "First paragraph with 3 < 4.\n\nSecond.",
        "published": "2026-01-13T14:49:00+09:00",
        "language": "en",
        "source": "Example News",
        "authors": ["Jane Doe", "Kim Min-su"],
    }
    (tmp_path / "a.jsonl").write_text(json.dumps(fields) + "\n")
    read = only(tmp_path / "a.jsonl")
    assert (read.kind, read.name) == (InputKind.ENTRY, "a.jsonl:1")
    assert read.content_html == "<p>First paragraph with 3 &lt; 4.</p><p>Second.</p>"
    assert (read.url, read.title, read.language, read.source_name) == (
        fields["url"],
        "Leaders meet",
        "en",
        "Example News",
    )
    assert read.authors == ("Jane Doe", "Kim Min-su")
    assert read.published is not None
    assert (read.published.at, read.published.zone_assumed) == (datetime(2026, 1, 13, 5, 49, tzinfo=UTC), False)


def test_json_lines_with_a_whole_page_are_pages(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(
        json.dumps({"html": "<!DOCTYPE html><html><p>日本</p>", "url": "https://example.org/"})
    )
    read = only(tmp_path / "a.jsonl")
    assert read.kind is InputKind.PAGE
    assert "日本" in read.body.decode()


def test_json_lines_keep_a_day_as_a_day(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "x", "date": "2026-01-13"}')
    published = only(tmp_path / "a.jsonl").published
    assert published is not None
    assert (published.precision, published.on, published.at) == ("day", date(2026, 1, 13), None)


def test_bad_lines_are_reported_with_their_number_and_skipped(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(
        b'{"text": "good"}\n{"text": \n[1]\n{"url": "https://example.org/"}\n\n'
        b'{"text": "\xff"}\n{"text": "late", "date": "soon"}\n' + b"[" * 100_000 + b"\n"
    )
    found, problems = both(tmp_path)
    assert [read.name for read in found] == ["a.jsonl:1", "a.jsonl:7"]
    assert [problem.line for problem in problems] == [2, 3, 4, 6, 7, 8]
    assert all(problem.remedy for problem in problems)


def test_a_line_over_the_cap_is_skipped_alone(tmp_path: Path) -> None:
    long = b'{"text": "' + b"x" * (2 * inputs.MAX_TEXT) + b'"}\n'
    (tmp_path / "a.jsonl").write_bytes(long + b'{"text": "good"}\n')
    found, problems = both(tmp_path)
    assert [read.name for read in found] == ["a.jsonl:2"]
    assert [problem.line for problem in problems] == [1]


@pytest.mark.parametrize("compressed", [True, False])
def test_an_archive_gives_its_pages_and_feeds(tmp_path: Path, compressed: bool) -> None:
    file = warc(
        tmp_path / ("a.warc.gz" if compressed else "a.warc"),
        [
            ("https://example.org/1", "200 OK", "text/html; charset=euc-kr", b"<p>page</p>"),
            ("https://example.org/i.png", "200 OK", "image/png", b"\x89PNG"),
            ("https://example.org/gone", "404 Not Found", "text/html", b"<p>gone</p>"),
            ("https://example.org/rss", "200 OK", "application/rss+xml", FEED),
        ],
        compressed=compressed,
    )
    found, problems = both(file)
    assert problems == []
    assert [(read.kind, read.url, read.body) for read in found] == [
        (InputKind.PAGE, "https://example.org/1", b"<p>page</p>"),
        (InputKind.FEED, "https://example.org/rss", FEED),
    ]
    assert found[0].content_type == "text/html; charset=euc-kr"
    assert found[0].recorded_at == datetime(2026, 1, 13, 5, 49, tzinfo=UTC)


def test_a_cut_archive_gives_what_is_whole(tmp_path: Path) -> None:
    page = os.urandom(30_000).hex().encode()
    file = warc(tmp_path / "a.warc.gz", [(f"https://example.org/{n}", "200 OK", "text/html", page) for n in range(3)])
    file.write_bytes(file.read_bytes()[:-20_000])
    found, problems = both(file)
    assert [read.url for read in found][:2] == ["https://example.org/0", "https://example.org/1"]
    assert all(read.body == page for read in found[:2])
    assert len(found) + len(problems) >= 3


@pytest.mark.parametrize(
    "body", [b"", b"no archive at all", b"\x1f\x8b\x08\x00garbage", b"WARC/1.0\r\n\r\n", b"\x00" * 100]
)
def test_what_is_no_archive_is_a_problem(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "a.warc.gz").write_bytes(body)
    found, problems = both(tmp_path)
    assert found == []
    assert len(problems) == 1
