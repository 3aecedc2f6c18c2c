"""Links in messages with which their readers say something back: signed, expiring, each for one purpose. Pure.

A link's token is base64url (RFC 4648, section 5) of what it claims and an HMAC-SHA256 (RFC 2104) over that, cut to 128
bits, the least that RFC 2104 recommends for this hash. What it claims is not secret; that newswatch said it is proven.
"""

import hmac
import struct
from base64 import b64decode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum, StrEnum
from functools import partial

from newswatch.ids import ulid_bytes, ulid_of
from newswatch.model import FeedbackLinks, Message

MIN_KEY_BYTES = 32  # as many as the hash gives (RFC 2104, section 3)
_MAC_BYTES = 16
_CLAIM = struct.Struct(">cI16sQ")  # purpose, seconds since 1970, delivery, story
_CONTEXT = b"newswatch link 1\0"  # what the keys sign besides can never be a link


class Purpose(StrEnum):
    """What a link is for. Its one letter is in the token."""

    FEEDBACK = "f"  # leads to the next three
    RELEVANT = "r"
    IRRELEVANT = "i"
    MUTE = "m"
    UNSUBSCRIBE = "u"


@dataclass(frozen=True, slots=True)
class Claim:
    """What a link says: which delivery it was in, which of its stories it is about (0: all), until when it holds."""

    purpose: Purpose
    delivery: str  # its key
    story_id: int
    expires_at: datetime


class Refused(Enum):
    """Why a token is worth nothing."""

    FORGED = "forged"  # or cut short by a mail program, or signed with a key that is gone
    EXPIRED = "expired"


def parse_keys(text: str) -> tuple[bytes, ...]:
    """Return the keys in a text: base64, separated by white space. Raises ValueError if one is too short, or none."""
    try:
        keys = tuple(b64decode(word, validate=True) for word in text.split())
    except ValueError as error:
        raise ValueError("keys are base64, one a line") from error
    if not keys or any(len(key) < MIN_KEY_BYTES for key in keys):
        raise ValueError(f"a key has at least {MIN_KEY_BYTES} bytes; `openssl rand -base64 32` makes one")
    return keys


@dataclass(frozen=True, slots=True)
class Links:
    """Makes and reads the links of one installation. The first of `keys` signs, all of them are known."""

    base_url: str
    keys: Sequence[bytes]
    valid_for: timedelta

    def url(self, purpose: Purpose, *, delivery: str, story_id: int, now: datetime) -> str:
        """Return a link that holds from `now` on. Raises ValueError if `delivery` is no key of a delivery."""
        return self.url_of(Claim(purpose, delivery, story_id, now + self.valid_for))

    def url_of(self, claim: Claim) -> str:
        """Return the link that makes a claim. Raises ValueError if its delivery is no key of one."""
        expires = int(claim.expires_at.timestamp())
        data = _CLAIM.pack(claim.purpose.encode(), expires, ulid_bytes(claim.delivery), claim.story_id)
        token = urlsafe_b64encode(data + _mac(self.keys[0], data)).rstrip(b"=").decode("ascii")
        return f"{self.base_url.rstrip('/')}/{path_of(claim.purpose)}/{token}"

    def read(self, token: str, now: datetime) -> Claim | Refused:
        """Return what a token claims, or why it is not believed. Takes any text."""
        try:
            data = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        except ValueError:
            return Refused.FORGED
        claimed, mac = data[: _CLAIM.size], data[_CLAIM.size :]
        if len(claimed) != _CLAIM.size or not any(hmac.compare_digest(mac, _mac(key, claimed)) for key in self.keys):
            return Refused.FORGED
        purpose, expires, delivery, story_id = _CLAIM.unpack(claimed)
        claim = Claim(Purpose(purpose.decode()), ulid_of(delivery), story_id, datetime.fromtimestamp(expires, UTC))
        return claim if now < claim.expires_at else Refused.EXPIRED

    def attached(self, message: Message, *, key: str, now: datetime, unsubscribe: bool = False) -> Message:
        """Return a message with its links: for feedback on each story in it, and on request to get no more of them."""
        story_id, listing, root = message.story_id, message.listing, message.root
        if story_id is not None:
            made = [
                self.url(purpose, delivery=key, story_id=story_id, now=now)
                for purpose in (Purpose.RELEVANT, Purpose.IRRELEVANT, Purpose.MUTE)
            ]
            message = replace(message, feedback=FeedbackLinks(*made))
        if listing is not None:
            on = partial(self.url, Purpose.FEEDBACK, delivery=key, now=now)
            stories = tuple(replace(line, feedback_url=on(story_id=line.story_id)) for line in listing.stories)
            url = on(story_id=0) if stories else None
            message = replace(message, listing=replace(listing, stories=stories, feedback_url=url))
        if root is not None and root.message is not None:
            # It is edited in place, and would lose its links otherwise.
            whole = self.attached(root.message, key=root.key, now=now)
            message = replace(message, root=replace(root, message=whole))
        if unsubscribe:
            url = self.url(Purpose.UNSUBSCRIBE, delivery=key, story_id=0, now=now)
            message = replace(message, unsubscribe_url=url)
        return message


def path_of(purpose: Purpose) -> str:
    """Return under which path the links of a purpose are answered."""
    return "unsubscribe" if purpose is Purpose.UNSUBSCRIBE else "feedback"


def _mac(key: bytes, data: bytes) -> bytes:
    return hmac.digest(key, _CONTEXT + data, "sha256")[:_MAC_BYTES]
