"""How much of one text stands in another, from a small sample of its word sequences.

Every word 4-gram is hashed and only hashes divisible by 8 are kept. A 4-gram is kept in every text or in none, so two
samples show how much two texts share although each is an eighth of its text: that finds copies with edits, cuts and
additions, and fits an SQL table (hash, article) that needs no index in memory.
"""

import re
import unicodedata
from functools import lru_cache, reduce
from hashlib import blake2b
from operator import or_

from newswatch.languages import primary
from newswatch.model import KEYS, Sample

VERSION = 1
"""Raised whenever the same text gives other hashes than before: stored samples must then be made anew."""

_DIGEST_SIZE = 8  # bytes
_SIZE = 4  # words, or characters of Korean, Chinese and Japanese
_ONE_IN = 8
_ONE_IN_CHARACTERS = 16  # a text has about twice as many characters as words
_FEWEST = 8  # a text whose sample would be smaller is kept whole
_MOST = 4_096  # hashes of one text
_FIRST = 4  # keys from its beginning
_LONGEST = 400_000  # characters read

_CHARACTERS = "\u3005\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3041-\u30ff\uac00-\ud7a3"
_UNITS = re.compile(rf"[{_CHARACTERS}]|[^\W_{_CHARACTERS}]+")
_BY_CHARACTER = frozenset({"ko", "ja", "zh"})


def sampled(text: str, language: str) -> Sample:
    """Return the sampled shingles of a text: signed 64-bit integers, the same in every process and version.

    Four words each; four characters of Korean, Japanese and Chinese (particles stick to Korean words, so edits that
    keep the words would change most of them). Case, punctuation, character width and line breaks do not matter. A
    text too short for a sample gives all its shingles, one shorter than a shingle gives one; only a text without
    letters and digits gives none.

    Keys are the first four in the text and the smallest. Two texts have the same smallest ones where they have the same
    shingles (Broder, 1997), so a copy is found by some of them; one that is only the lead may have none of these, but
    has the first.
    """
    units = _UNITS.findall(unicodedata.normalize("NFKC", text[:_LONGEST]).casefold())
    if not units:
        return Sample()
    ends = [units[start:] for start in range(min(_SIZE, len(units)))]
    digests = dict.fromkeys(
        blake2b(" ".join(words).encode(), digest_size=_DIGEST_SIZE).digest() for words in zip(*ends, strict=False)
    )
    step = _ONE_IN_CHARACTERS if primary(language) in _BY_CHARACTER else _ONE_IN
    # A power of two divides a number if it divides the number's last byte.
    sample = [digest for digest in digests if digest[-1] % step == 0]
    whole = len(sample) < _FEWEST
    numbers = list(map(_number, digests if whole else sample))
    # What a longer text has of a short one is what a sample keeps of it.
    first = list(map(_number, sample)) if whole else numbers[:_FIRST]
    smallest = sorted(numbers)[: _MOST - _FIRST]
    return Sample(frozenset([*first, *smallest]), tuple(dict.fromkeys([*first, *smallest[:KEYS]]))[:KEYS])


def containment(a: frozenset[int], b: frozenset[int]) -> float:
    """Return the share of the smaller text's shingles that the larger has too, 0 to 1; 0 if one has none.

    Containment as of Broder (1997), "On the resemblance and containment of documents". A short text kept whole is
    compared by those of its shingles that a sample would have kept.
    """
    shared = a & b
    if not shared:
        return 0.0
    steps = _step(a), _step(b)
    step = max(steps)
    if steps == (step, step):
        return len(shared) / min(len(a), len(b))
    smaller = min(sum(value % step == 0 for value in values) for values in (a, b))
    return sum(value % step == 0 for value in shared) / smaller if smaller else 0.0


@lru_cache(maxsize=64)
def _step(values: frozenset[int]) -> int:
    """Return how thinly a text was sampled. One text is compared with many."""
    bits = reduce(or_, values)
    return next((step for step in (_ONE_IN_CHARACTERS, _ONE_IN) if bits % step == 0), 1)


def _number(digest: bytes) -> int:
    return int.from_bytes(digest, "big", signed=True)
