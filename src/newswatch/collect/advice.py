"""What to do about a feed that does not work. Pure."""

from datetime import datetime, timedelta

from newswatch.model import FetchReason

_STALE = timedelta(days=30)
_ADVICE = {
    FetchReason.DNS: "the host is gone or this machine has no network; look for the feed's new address",
    FetchReason.CONNECT: "nothing listens there; try again later, or look for the feed's new address",
    FetchReason.RESET: "the server refuses; some do so to programs: try `user_agent` in [[feeds]]",
    FetchReason.TLS: "the certificate is no good; try http:// if the publisher offers it",
    FetchReason.DEADLINE: "the server is very slow; try again later, or give [http] a longer total_timeout",
    FetchReason.TOO_LARGE: "if it is to be so large, raise max_feed_size in [http]",
    FetchReason.RATE_LIMITED: "the server has had enough of requests; try again later",
    FetchReason.GONE: "the publisher has ended it; look for another one",
    FetchReason.BLOCKED_ADDRESS: "it is on a private address; if it is yours, set allow_private = true",
    FetchReason.NOT_A_FEED: "look for the feed's address on the publisher's site; `feeds test URL` reads pages too",
    FetchReason.UNPARSABLE: "the publisher's software is broken; it may be repaired later",
    FetchReason.EMPTY: "the publisher's software is broken; it may be repaired later",
    FetchReason.REDIRECT: "the server sends everybody in circles, some do so to programs: try `user_agent` or `cookie`",
}
_BY_STATUS = {
    401: "it needs `username` and `password`",
    403: "the server refuses; some do so to programs: try `user_agent` in [[feeds]]",
    404: "it has moved or ended; look for its address on the publisher's site",
    406: 'the server refuses; try `headers = { Accept = "*/*" }` in [[feeds]]',
    451: "it is not to be had from this country; try `proxy` in [[feeds]]",
}


def advice(reason: FetchReason, status: int | None) -> str:
    """Return what a person can do about a failure; "" if there is nothing but waiting."""
    by_status = _BY_STATUS.get(status or 0) if reason is FetchReason.HTTP else None
    return by_status or _ADVICE.get(reason, "")


def is_stale(newest: datetime | None, now: datetime) -> bool:
    """Tell whether a feed that works has brought nothing for so long that it may be abandoned."""
    return newest is not None and now - newest > _STALE
