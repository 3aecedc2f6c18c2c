"""How long a feed usually brings nothing new, and from when on its silence is not usual any more. Pure.

What is kept of the gaps between new entries is a histogram whose buckets grow by a fourth of an octave (19 %), each
with a weight that halves in four weeks: a few numbers for each feed, which remember weekends at any rate of entries and
forget how the feed used to be. Entries within a minute count as one arrival.
"""

import math
from collections.abc import Iterable
from datetime import datetime, timedelta

Gaps = tuple[tuple[int, float], ...]
"""(bucket, weight) pairs by bucket. Bucket k holds gaps up to 60 s x 2 ** (k / 4)."""

_SHORTEST_S = 60.0
_BUCKETS_PER_OCTAVE = 4
_LONGEST_BUCKET = 100  # some 58 years
_HALF_LIFE = timedelta(days=28)
_FORGOTTEN = 0.01  # weight below which a bucket is dropped
_TWICE = 1.5  # two gaps, the older of them four weeks ago
_RARE = 0.01  # one gap in a hundred is longer than the 99th percentile


def with_arrivals(gaps: Gaps, arrivals: Iterable[datetime], *, after: datetime | None) -> Gaps:
    """Return `gaps` with those between `after` (None: nothing came before) and the arrivals of new entries."""
    weights = dict(gaps)
    last = after
    for arrival in sorted(arrivals):
        if last is not None:
            gap_s = (arrival - last).total_seconds()
            if gap_s < _SHORTEST_S:
                continue
            fade = 0.5 ** ((arrival - last) / _HALF_LIFE)
            weights = {bucket: kept for bucket, weight in weights.items() if (kept := weight * fade) >= _FORGOTTEN}
            bucket = min(math.ceil(_BUCKETS_PER_OCTAVE * math.log2(gap_s / _SHORTEST_S)), _LONGEST_BUCKET)
            weights[bucket] = weights.get(bucket, 0.0) + 1.0
        last = arrival
    return tuple((bucket, round(weight, 3)) for bucket, weight in sorted(weights.items()))


def silence_limit_s(gaps: Gaps) -> float | None:
    """Return the longest silence in seconds that is still usual for the feed; None while no gap is known.

    The longest of three, each of which guards another weakness of the others:

    - the 99th percentile of the gaps;
    - with few gaps no percentile can be read off them, so the 99th percentile of the next gap as n gaps of mean m
      predict it if arrivals are independent: n m (100 ** (1/n) - 1), which is 99 m after one gap and 4.6 m after many
      (the predictive distribution of an exponential sample, a Lomax distribution);
    - what has happened at least twice within memory, such as a weekend, is usual however rare.
    """
    if not gaps:
        return None
    total = sum(weight for _, weight in gaps)
    mean = sum(weight * _edge_s(bucket) for bucket, weight in gaps) / total
    predicted = total * mean * (_RARE ** (-1 / total) - 1) if total >= 1 else mean / _RARE
    return max(predicted, _longest_with(gaps, _RARE * total), _longest_with(gaps, _TWICE))


def _longest_with(gaps: Gaps, weight: float) -> float:
    """Return the longest gap such that those at least as long weigh more than `weight`; 0 if there is none."""
    tail = 0.0
    for bucket, own in reversed(gaps):
        tail += own
        if tail > weight:
            return _edge_s(bucket)
    return 0.0


def _edge_s(bucket: int) -> float:
    return float(_SHORTEST_S * 2 ** (bucket / _BUCKETS_PER_OCTAVE))
