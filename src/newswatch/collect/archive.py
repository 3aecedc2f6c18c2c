"""Article pages as they were fetched, kept as WARC (ISO 28500), one file a day. `newswatch replay` reads them again."""

import gzip
import os
import string
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

from newswatch.model import Page

# The body is stored decoded, so what described it on the wire would be wrong; cookies are not kept anywhere.
_LEFT_OUT = frozenset({b"content-encoding", b"content-length", b"transfer-encoding", b"connection", b"set-cookie"})


def add_page(folder: Path, page: Page) -> Path:
    """Append a page to the file of the day of its fetch, and return the file. Raises OSError.

    Each record is a gzip member of its own, written at once: a file that was cut short loses its last page only.
    """
    headers = [b"%s: %s" % (name, value) for name, value in page.headers if name not in _LEFT_OUT]
    headers.append(b"Content-Length: %d" % len(page.body))
    http = b"\r\n".join([b"HTTP/1.1 %d OK" % page.status, *headers, b"", page.body])
    fields = {
        "WARC-Type": "response",
        "WARC-Record-ID": f"<urn:uuid:{uuid4()}>",
        "WARC-Target-URI": quote(page.final_url, safe=string.punctuation),  # no blank, no line break
        "WARC-Date": page.fetched_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "Content-Type": "application/http; msgtype=response",
        "Content-Length": str(len(http)),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    record = gzip.compress(f"WARC/1.0\r\n{head}\r\n".encode() + http + b"\r\n\r\n", mtime=0)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"pages-{page.fetched_at:%Y-%m-%d}.warc.gz"
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as file:  # noqa: PTH123 - mode
        file.write(record)
    return path
