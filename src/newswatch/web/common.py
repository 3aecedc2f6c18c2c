"""What every address has in common: what its answers say to browsers, whom it refuses, and how much it reads."""

from starlette.requests import Request

HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def from_other_site(request: Request) -> bool:
    """Return whether a browser says that a page of another site asks (https://web.dev/articles/fetch-metadata)."""
    return request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin")


async def body_of(request: Request, *, max_bytes: int) -> bytes | None:
    """Return the body, None as soon as it is longer."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > max_bytes:
            return None
        parts.append(part)
    return b"".join(parts)
