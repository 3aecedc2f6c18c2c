"""Content codings, undone piece by piece with a limit on what comes out.

Libraries decode whole chunks, and a few hundred bytes can hold hundreds of megabytes. Here every piece of input gives
at most what is still allowed.
"""

import zlib
from collections.abc import Sequence

from newswatch.model import FetchReason

OFFERED = b"gzip, deflate"
"""What Accept-Encoding says: the codings that the standard library can undo in bounded pieces."""

_GZIP_MAGIC = b"\x1f\x8b\x08"  # RFC 1952, section 2.3.1; 8 is deflate, the only method there is
_PIECE = 1024 * 1024
_MOST_CODINGS = 3


class BadBody(Exception):
    """The body cannot be used. `detail` is for people."""

    def __init__(self, reason: FetchReason, detail: str) -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(detail)


def decode_body(raw: bytes, codings: Sequence[str], limit: int) -> bytes:
    """Undo the content codings of a body.

    `codings` are the names of Content-Encoding in the order in which the server applied them, `limit` is the largest
    result in bytes. A gzip label on a plain body, and gzip bytes without a label, are taken for what the bytes are.
    Raises BadBody with TOO_LARGE, TRUNCATED or ENCODING.
    """
    names = [name for name in (coding.strip().lower() for coding in codings) if name not in ("", "identity")]
    if len(names) > _MOST_CODINGS:
        raise BadBody(FetchReason.ENCODING, f"the server applied {len(names)} content codings")
    body = raw
    for name in reversed(names):
        if name in ("gzip", "x-gzip"):
            body = _gunzip(body, limit) if body.startswith(_GZIP_MAGIC) else body
        elif name == "deflate":
            body = _inflate(body, limit)
        else:
            raise BadBody(
                FetchReason.ENCODING, f"the server used the content coding {name[:40]!r}, which was not offered"
            )
    if body.startswith(_GZIP_MAGIC):
        body = _gunzip(body, limit)
    return body


def _gunzip(data: bytes, limit: int) -> bytes:
    out: list[bytes] = []
    size = 0
    while data.startswith(_GZIP_MAGIC):  # a gzip file may have several members
        decoder = zlib.decompressobj(16 + zlib.MAX_WBITS)
        piece, data = _run(decoder, data, limit - size)
        out.append(piece)
        size += len(piece)
    return b"".join(out)


def _inflate(data: bytes, limit: int) -> bytes:
    if not data:
        return data
    # RFC 9110 means the zlib format; some servers send the bare deflate stream.
    is_zlib = len(data) >= 2 and data[0] & 0x0F == 8 and (data[0] << 8 | data[1]) % 31 == 0
    if not is_zlib and data.lstrip()[:1] in (b"<", b"{"):
        return data  # only the label says deflate
    return _run(zlib.decompressobj(zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS), data, limit)[0]


def _run(decoder: "zlib._Decompress", data: bytes, limit: int) -> tuple[bytes, bytes]:
    """Return what one stream holds, and the bytes behind it."""
    out: list[bytes] = []
    size = 0
    try:
        while not decoder.eof:
            piece = decoder.decompress(data, min(_PIECE, limit - size + 1))
            size += len(piece)
            if size > limit:
                raise BadBody(FetchReason.TOO_LARGE, f"the decoded body is larger than {limit:,} bytes")
            out.append(piece)
            data = decoder.unconsumed_tail
            if not piece and not data and not decoder.eof:
                raise BadBody(FetchReason.TRUNCATED, "the compressed body ends too early")
    except zlib.error as error:
        raise BadBody(FetchReason.ENCODING, f"the compressed body is damaged: {error}") from error
    return b"".join(out), decoder.unused_data
