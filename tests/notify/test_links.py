"""Signed links: what they claim is believed only as it was signed, and not for longer than it was meant."""

from base64 import b64encode, urlsafe_b64decode
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newswatch.ids import ulid, ulid_bytes, ulid_of
from newswatch.notify.links import Claim, Links, Purpose, Refused, parse_keys, path_of

NOW = datetime(2026, 1, 13, 12, tzinfo=UTC)
KEY = ulid(NOW, "delivery")
LINKS = Links("https://nw.example/desk/", (b"a" * 32,), timedelta(days=30))


def token(links: Links = LINKS, purpose: Purpose = Purpose.RELEVANT, story_id: int = 2**62 + 1) -> str:
    return links.url(purpose, delivery=KEY, story_id=story_id, now=NOW).rpartition("/")[2]


@pytest.mark.parametrize("purpose", Purpose)
def test_a_link_says_what_it_was_made_for(purpose: Purpose) -> None:
    url = LINKS.url(purpose, delivery=KEY, story_id=7, now=NOW)
    assert url.startswith(f"https://nw.example/desk/{path_of(purpose)}/")
    assert len(url.rpartition("/")[2]) == 60, "short enough for a line of a mail"
    claim = LINKS.read(url.rpartition("/")[2], NOW)
    assert claim == Claim(purpose, KEY, 7, NOW + timedelta(days=30))
    assert isinstance(claim, Claim)
    assert LINKS.url_of(claim) == url


def test_it_expires() -> None:
    end = NOW + timedelta(days=30)
    assert isinstance(LINKS.read(token(), end - timedelta(seconds=1)), Claim)
    assert LINKS.read(token(), end) is Refused.EXPIRED


def test_no_bit_can_be_changed() -> None:
    good = token()
    assert LINKS.read(good, NOW) is not Refused.FORGED
    data = urlsafe_b64decode(good)
    for bit in range(len(data) * 8):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        text = b64encode(bytes(changed), altchars=b"-_").decode()
        assert LINKS.read(text, NOW) is Refused.FORGED


@given(st.text(max_size=90))
def test_any_text_is_read(text: str) -> None:
    assert LINKS.read(text, NOW) is Refused.FORGED


def test_what_is_cut_short_is_refused() -> None:
    for end in range(len(token())):
        assert LINKS.read(token()[:end], NOW) is Refused.FORGED


def test_keys_rotate() -> None:
    old, new, other = b"a" * 32, b"b" * 32, b"c" * 32
    both = replace(LINKS, keys=(new, old))
    assert isinstance(both.read(token(LINKS), NOW), Claim)
    assert isinstance(replace(LINKS, keys=(new,)).read(token(both), NOW), Claim), "the first signs"
    assert replace(LINKS, keys=(new,)).read(token(LINKS), NOW) is Refused.FORGED
    assert replace(LINKS, keys=(other,)).read(token(both), NOW) is Refused.FORGED


def test_keys_are_base64_and_long_enough() -> None:
    long, longer = b64encode(b"a" * 32).decode(), b64encode(b"b" * 40).decode()
    assert parse_keys(f"{long}\n  {longer}\n") == (b"a" * 32, b"b" * 40)
    for text in ("", "not base64!", b64encode(b"a" * 31).decode(), f"{long} {b64encode(b'x').decode()}"):
        with pytest.raises(ValueError, match=r"key"):
            parse_keys(text)


@given(st.binary(min_size=16, max_size=16))
def test_ulids_are_sixteen_bytes(data: bytes) -> None:
    assert ulid_bytes(ulid_of(data)) == data


@pytest.mark.parametrize("text", ["", "PREVIEW", "8" + "0" * 25, "I" * 26, "0" * 27])
def test_what_is_no_ulid(text: str) -> None:
    with pytest.raises(ValueError, match=r"ULID|not found"):
        ulid_bytes(text)
