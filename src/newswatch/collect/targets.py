"""From the text of a URL to what a request needs, read strictly; where a redirect leads. Pure.

A URL that two programs could read differently is refused: the host that was checked must be the host that is asked.
"""

import base64
import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import quote, unquote, urljoin, urlsplit

import idna

from newswatch.collect.addresses import literal_address
from newswatch.model import FetchReason

_DEFAULT_PORTS = {"http": 80, "https": 443}
_CONTROL = re.compile(r"[\x00-\x20\x7f]")
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?\Z")
_LONGEST = 8000  # RFC 9110, section 4.1 recommends to support at least this


@dataclass(frozen=True, slots=True)
class Target:
    """What one request asks, and whom. `path` is path and query, ready for the wire."""

    scheme: str
    host: str  # ASCII, lower case; an IPv6 address without brackets
    port: int
    path: bytes
    authorization: bytes | None

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port: what credentials belong to."""
        return self.scheme, self.host, self.port

    @property
    def authority(self) -> str:
        """Host and port as the Host header and a URL write them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The URL without credentials and fragment."""
        return f"{self.scheme}://{self.authority}{self.path.decode('ascii')}"


class BadTarget(Exception):
    """A URL that is not asked. `detail` is for people and names no secrets."""

    def __init__(self, reason: FetchReason, detail: str) -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(detail)


def read_target(url: str) -> Target:
    """Return what to ask for `url`, path and query byte for byte as written. Raises BadTarget."""
    text = url.strip()
    scheme = text.partition(":")[0].lower()
    if scheme not in _DEFAULT_PORTS:
        shown = scheme if re.fullmatch(r"[a-z][a-z0-9+.-]{0,20}", scheme) and ":" in text else "no"
        raise BadTarget(FetchReason.SCHEME, f"only http and https URLs are fetched, this one has the scheme {shown!r}")
    if len(text) > _LONGEST:
        raise BadTarget(FetchReason.INVALID_URL, f"the URL has {len(text):,} characters, more than {_LONGEST:,}")
    if _CONTROL.search(text):
        raise BadTarget(FetchReason.INVALID_URL, "the URL contains blanks or control characters")
    try:
        parts = urlsplit(text)
        port = parts.port
        host = parts.hostname
    except ValueError as error:
        raise BadTarget(FetchReason.INVALID_URL, f"the URL cannot be read: {error}") from error
    if "\\" in parts.netloc:  # browsers take "\" for "/", so the host depends on who reads it
        raise BadTarget(FetchReason.BLOCKED_ADDRESS, "the URL has a backslash in its host, which hides where it leads")
    if not host:
        raise BadTarget(FetchReason.INVALID_URL, "the URL names no host")
    path = _wire(parts.path) or "/"
    query = f"?{_wire(parts.query)}" if parts.query or "?" in text.partition("#")[0] else ""
    return Target(
        scheme,
        _host(host),
        _DEFAULT_PORTS[scheme] if port is None else port,
        f"{path}{query}".encode("ascii"),
        _basic(parts.username, parts.password),
    )


def follow(base: Target, location: bytes) -> str:
    """Return the absolute URL that a Location header means, without fragment. Raises BadTarget.

    Blanks and bytes outside ASCII are escaped, as browsers do; a decoded line end cannot come out of this, because
    escapes stay escaped.
    """
    raw = location.strip(b" \t\r\n")
    if not raw:
        raise BadTarget(FetchReason.REDIRECT, "the server redirects without saying where to")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    text = text.replace("\\", "%5C") if "://" not in text[:10] else text
    text = _CONTROL.sub(lambda found: quote(found[0]), text)
    try:
        joined = urljoin(base.url, text)
    except ValueError as error:
        raise BadTarget(FetchReason.REDIRECT, f"the redirect's target cannot be read: {error}") from error
    return joined.partition("#")[0]


def _host(host: str) -> str:
    # NFKC first, as browsers do: "１２７.０.０.１" is an address.
    text = unicodedata.normalize("NFKC", host).lower().replace("。", ".")
    bare = text.rstrip(".")
    literal = literal_address(bare)
    if literal is not None:
        return str(literal)
    if not bare.isascii():
        try:
            bare = idna.encode(bare, uts46=True).decode("ascii")
        except idna.IDNAError as error:
            raise BadTarget(FetchReason.INVALID_URL, f"the host name is not valid: {error}") from error
    if len(bare) > 253 or not _HOST.match(bare) or ".." in bare:
        raise BadTarget(FetchReason.INVALID_URL, f"{bare[:100]!r} is not a host name")
    return bare


def _wire(text: str) -> str:
    """Escape what HTTP cannot carry (characters outside ASCII, as UTF-8) and nothing else."""
    return text if text.isascii() else quote(text, safe="".join(map(chr, range(0x21, 0x7F))))


def _basic(user: str | None, password: str | None) -> bytes | None:
    if user is None:
        return None
    pair = f"{unquote(user)}:{unquote(password or '')}".encode()
    return b"Basic " + base64.b64encode(pair)  # RFC 7617
