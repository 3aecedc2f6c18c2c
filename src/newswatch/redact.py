"""Taking secrets out of texts that people or logs see."""

import re
from urllib.parse import urlsplit

HIDDEN = "***"

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s\"'<>]+")
_SECRET_PARAMETER = re.compile(
    r"(?i)((?:^|[&;?])(?:[a-z0-9_.-]*(?:token|secret|password|passwd|api_?key|auth|signature)|key|sig|pwd)=)[^&;#\s]+"
)
# Slack: https://docs.slack.dev/authentication/tokens; Standard Webhooks: whsec_ and base64; bearer: RFC 6750.
_TOKEN = re.compile(
    r"\b(?:xox[a-z]-|xapp-|whsec_)[A-Za-z0-9+/=_-]+|(?i:(?<=\bbearer )|(?<=\bbasic ))[A-Za-z0-9._~+/=-]{8,}"
)
_SECRET_PATH_HOSTS = ("hooks.slack.com", "hooks.slack-gov.com", "discord.com", "discordapp.com")


def redact_url(url: str) -> str:
    """Return `url` without its password, secret query parameters and, for webhook hosts, its path."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return HIDDEN
    netloc = parts.netloc
    if "@" in netloc:
        user, _, rest = netloc.rpartition("@")
        name, colon, _ = user.partition(":")
        netloc = f"{name}:{HIDDEN}@{rest}" if colon else f"{HIDDEN}@{rest}"
    path = f"/{HIDDEN}" if host in _SECRET_PATH_HOSTS and parts.path.strip("/") else parts.path
    query = _SECRET_PARAMETER.sub(rf"\g<1>{HIDDEN}", parts.query)
    # Not urlunsplit: it rewrites the slashes of an empty authority, which SQLite URLs need.
    tail = (f"?{query}" if query else "") + (f"#{parts.fragment}" if parts.fragment else "")
    return f"{parts.scheme}://{netloc}{path}{tail}" if "://" in url else url


def redact_text(text: str) -> str:
    """Return `text` with the secrets of every URL in it and well-known tokens hidden."""
    return _TOKEN.sub(HIDDEN, _URL.sub(lambda found: redact_url(found[0]), text))
