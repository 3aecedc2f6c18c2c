"""A web site of made-up news on loopback, in a process of its own so that its work is not counted.

    python -m bench.site FEEDS ENTRIES     prints its address and serves until its standard input is closed

Feeds have an ETag and answer 304 to it. Everything is made before the first request.
"""

import asyncio
import gzip
import hashlib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from bench.content import feed, pages


class Site:
    """Bodies by path."""

    def __init__(self, feeds: int, entries: int, *, pages: bool) -> None:
        self.feeds, self.entries, self.pages = feeds, entries, pages
        self.bodies: dict[str, tuple[bytes, bytes, str]] = {}

    def fill(self, base: str) -> None:
        """Make every body; `base` is the address of the site."""
        for number in range(self.feeds):
            self._add(f"/feed/{number}", feed(number, self.entries, base=base), "application/rss+xml; charset=utf-8")
        for number, body in enumerate(pages(self.feeds * self.entries) if self.pages else []):
            self._add(f"/article/{number}", body, "text/html")

    def _add(self, path: str, body: bytes, content_type: str) -> None:
        etag = b'"%s"' % hashlib.blake2b(body, digest_size=8).hexdigest().encode()
        self.bodies[path] = (gzip.compress(body, 5), etag, content_type)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(self._answer(head))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _answer(self, head: bytes) -> bytes:
        line, *lines = head.split(b"\r\n")
        found = self.bodies.get(line.split(b" ")[1].decode())
        if found is None:
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        body, etag, content_type = found
        headers = b"ETag: %s\r\nContent-Type: %s\r\n" % (etag, content_type.encode())
        if any(name.lower().startswith(b"if-none-match:") and etag in name for name in lines):
            return b"HTTP/1.1 304 Not Modified\r\n%s\r\n" % headers
        return b"HTTP/1.1 200 OK\r\n%sContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s" % (
            headers,
            len(body),
            body,
        )


async def _main(feeds: int, entries: int, *, pages: bool) -> None:
    site = Site(feeds, entries, pages=pages)
    server = await asyncio.start_server(site.serve, "127.0.0.1", 0, backlog=1024)
    base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    site.fill(base)
    print(base, flush=True)
    await asyncio.to_thread(sys.stdin.read)


@contextmanager
def site(feeds: int, entries: int, *, pages: bool) -> Iterator[str]:
    """Run the site in a process of its own for as long as the block runs, and give its address."""
    command = [sys.executable, "-m", "bench.site", str(feeds), str(entries), "pages" if pages else ""]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), int(sys.argv[2]), pages=sys.argv[3] == "pages"))
