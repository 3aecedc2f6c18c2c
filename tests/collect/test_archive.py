"""Pages kept as WARC come back through replay's reader."""

import gzip
import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from newswatch.collect.archive import add_page
from newswatch.collect.inputs import InputKind, read_inputs
from newswatch.model import Page
from tests.collect.conftest import NOW

PAGE = Page(
    url="https://p.example/1",
    final_url="https://p.example/one",
    status=200,
    body="<html><p>본문</p></html>".encode(),
    content_type="text/html; charset=utf-8",
    etag=None,
    last_modified=None,
    headers=(
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-encoding", b"gzip"),
        (b"content-length", b"7"),
        (b"set-cookie", b"session=s3cret"),
    ),
    redirects=(),
    fetched_at=NOW,
    elapsed_s=0.1,
    raw_bytes=7,
)


def test_what_was_kept_is_read_again(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "pages"
    path = add_page(folder, PAGE)
    assert add_page(folder, replace(PAGE, final_url="https://p.example/two", body=b"<p>two</p>")) == path
    other = add_page(folder, replace(PAGE, fetched_at=NOW + timedelta(days=1)))
    assert [path.name, other.name] == ["pages-2026-11-24.warc.gz", "pages-2026-11-25.warc.gz"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    found = list(read_inputs(path))
    assert [(one.kind, one.url, one.body) for one in found if not hasattr(one, "message")] == [
        (InputKind.PAGE, "https://p.example/one", PAGE.body),
        (InputKind.PAGE, "https://p.example/two", b"<p>two</p>"),
    ]
    assert found[0].recorded_at == NOW  # type: ignore[union-attr]
    assert found[0].content_type == "text/html; charset=utf-8"  # type: ignore[union-attr]


def test_an_address_adds_no_line_to_the_record(tmp_path: Path) -> None:
    url = "https://p.example/../../etc\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK"
    path = add_page(tmp_path, replace(PAGE, final_url=url))
    assert path.parent == tmp_path
    assert b"\r\nContent-Length: 0" not in gzip.decompress(path.read_bytes())
    (found,) = read_inputs(path)
    assert found.body == PAGE.body  # type: ignore[union-attr]


def test_cookies_are_not_kept(tmp_path: Path) -> None:
    assert b"s3cret" not in gzip.decompress(add_page(tmp_path, PAGE).read_bytes())
