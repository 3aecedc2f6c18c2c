"""Who is mentioned in an article, each told from the others of the same short name.

A rule asks for one entity and takes every mention that may be its own. Here all are asked for at once, so what may be
several people's is given to the likeliest of them.
"""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date

from newswatch.flag.document import Document, Span
from newswatch.flag.naming import Gazetteer


def mentioned(gazetteers: Iterable[Gazetteer], document: Document) -> list[tuple[Gazetteer, list[Span]]]:
    """Return the entities that an article mentions, in the order of ids, and where, in order.

    A short form ("Lee") is no mention of its own inside a full one. Elsewhere it is of those who are named in full in
    the article; if nobody is, of those in office on its day; if nobody is, of all who may be meant.
    """
    met = sorted(gazetteers, key=lambda one: one.id)
    longest = _Longest(span for one in met for span in one.full(document))
    claims = []
    likeliest: dict[Span, int] = {}
    for one in met:
        full = one.full(document)
        shorts = [span for span in one.mentions(document) if span not in full and not longest.holds(span)]
        rank = 2 if full else int(_in_office(one, document.article.published_on))
        claims.append((one, full, shorts, rank))
        likeliest.update((span, max(rank, likeliest.get(span, 0))) for span in shorts)
    found = []
    for one, full, shorts, rank in claims:
        spans = sorted([*full, *(span for span in shorts if likeliest[span] == rank)])
        if spans:
            found.append((one, spans))
    return found


def _in_office(one: Gazetteer, day: date | None) -> bool:
    return any(role.covers(day) for role in one.entity.roles)


class _Longest:
    """Spans, for the question whether another lies inside one of them."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self._starts: list[int] = []
        self._reach: list[int] = []  # where the farthest of those that began so far ends
        for start, end in sorted(spans):
            self._starts.append(start)
            self._reach.append(max(end, self._reach[-1] if self._reach else 0))

    def holds(self, span: Span) -> bool:
        at = bisect_right(self._starts, span[0]) - 1
        return at >= 0 and self._reach[at] >= span[1]
