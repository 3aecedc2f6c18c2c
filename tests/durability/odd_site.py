"""A site that answers with what a parser would rather not see. Everything is at `/news/NAME` or is a feed."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

_LEAD = (
    "The harbour board of Lantern Rock met in the old signal station and talked for three hours about the price of "
    "rope, the colour of the new buoys and the question of who had taken the key of the boat shed."
)
_PAGE = f"""<!DOCTYPE html><html lang="en"><head><title>Harbour board counts buoys</title></head><body><article>
<h1>Harbour board counts buoys</h1><p>{_LEAD}</p>
<p>Caf\xe9 owners asked for more benches. The board promised to look into it before the tide, and went home.</p>
<p>Nobody could say where the key is. It was last seen on a nail beside the door, under a picture of a lighthouse.</p>
</article></body></html>"""
_NAMES = ("good", "charset", "big", "empty", "notext")


class OddSite:
    """Serves on a free loopback port from a thread. A context manager."""

    def __init__(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        """Start."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def broken_feeds(self) -> frozenset[str]:
        """The feeds that never give anything."""
        return frozenset(f"{self.url}/{name}" for name in ("html", "nothing", "garbage"))

    def feeds_toml(self) -> str:
        """Return the feeds for the end of a configuration."""
        urls = sorted([f"{self.url}/feed", *self.broken_feeds])
        return "".join(f'\n[[feeds]]\nurl = "{url}"\nname = "{url[-7:]}"\nallow_private = true\n' for url in urls)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        kind, body = _answer(self.path, f"http://127.0.0.1:{self.server.server_port}")  # type: ignore[attr-defined]
        self.send_response(404 if kind is None else 200)
        self.send_header("Content-Type", kind or "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            return  # the reader has had enough

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


def _answer(path: str, url: str) -> tuple[str | None, bytes]:
    """Return content type and body; None for a page that is not there."""
    match path:
        case "/feed":
            return "application/rss+xml", _feed(url)
        case "/html":
            return "text/html", b"<!DOCTYPE html><html><title>We have moved</title><p>Look elsewhere.</p></html>"
        case "/nothing":
            return "application/rss+xml", b""
        case "/garbage":
            return "application/rss+xml", b"\x89PNG\r\n\x1a\n" + bytes(range(256))
        case "/news/good":
            return "text/html; charset=utf-8", _PAGE.encode()
        case "/news/charset":
            return "text/html; charset=x-klingon", _PAGE.replace("buoys", "bells").encode("latin-1")
        case "/news/big":
            return "text/html; charset=utf-8", _PAGE.encode() + b"<!-- " + b"x" * 10_000_000 + b" -->"
        case "/news/empty":
            return "text/html; charset=utf-8", b""
        case "/news/notext":
            return "text/html; charset=utf-8", b"<!DOCTYPE html><html><title>Video</title><video></video></html>"
    return None, b"there is nothing here"


def _feed(url: str) -> bytes:
    """Return a feed of all pages; where the page gives nothing, the entry itself has a text, except for one."""
    own = {"big": _LEAD.replace("rope", "tar"), "empty": _LEAD.replace("rope", "paint")}
    items = "".join(
        f"<item><title>Harbour board, {name}</title><link>{url}/news/{name}</link><guid>{url}/news/{name}</guid>"
        f"<description>{own.get(name, '')}</description></item>"
        for name in _NAMES
    )
    return f'<rss version="2.0"><channel><title>Odd</title><link>{url}</link>{items}</channel></rss>'.encode()
