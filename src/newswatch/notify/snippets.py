"""Passages that show why a story matters: whole sentences where they fit, otherwise cut around the evidence. Pure."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from newswatch.languages import primary
from newswatch.model import MatchedArticle, Snippet
from newswatch.notify.text import ELLIPSIS, clean_with_map, cluster_bounds, cluster_count, merge_spans

MAX_SNIPPETS = 3
MAX_CHARACTERS = 200  # user-perceived, ellipses included
_SEARCH_BOUNDARY = 20  # how far a cut may move to meet the edge of a word

_SENTENCE_END = re.compile(r"""(?P<stop>[.!?]+)["'”’»)\]]*(?=\s)|[。．！？｡]+[」』”’）)】〕]*|\n+""")
_ABBREVIATION = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|St|Gen|Sen|Rep|Gov|Lt|Col|Maj|Capt|Prof|Rev|Jr|Sr|No|vs|Inc|Ltd|Corp|Co|Jan|Feb|Aug|Sept?"
    r"|Oct|Nov|Dec)|\b[A-Z]|\b[ap]\.m|\b[A-Z](?:\.[A-Z])+)$"
)
_UNSPACED = re.compile(r"[぀-ヿ㐀-鿿豈-﫿\U00020000-\U0003FFFF฀-๿]")  # kana, Han, Thai: no spaces between words
_PUNCTUATION = re.compile(r"[\s,;:.!?、，。；：！？…」』）)\]—–-]")


@dataclass(frozen=True, slots=True)
class _Mention:
    start: int
    end: int
    label: str
    weight: float


@dataclass(frozen=True, slots=True)
class _Passage:
    rank: int  # of its article, 0 = the message's own
    article_id: int
    language: str
    field: str
    text: str  # the whole field
    start: int
    end: int
    mentions: tuple[_Mention, ...]

    @property
    def labels(self) -> frozenset[str]:
        return frozenset(mention.label for mention in self.mentions)

    @property
    def weight(self) -> float:
        return sum({mention.label: mention.weight for mention in self.mentions}.values())


def choose_snippets(
    matched: Sequence[MatchedArticle], *, languages: Mapping[int, str], sources: Mapping[int, str | None]
) -> tuple[Snippet, ...]:
    """Return at most three passages, those of the first article first, that together show most of what was found.

    `matched` is best first and may name an article once for each rule; `languages` and `sources` are by article id.
    Each passage after the first shows something new: another term, or the same in another language. Spans outside
    their text are ignored.
    """
    candidates = list(_passages(matched, languages))
    chosen: list[tuple[_Passage, Snippet]] = []
    seen_labels: set[str] = set()
    seen_languages: set[str] = set()
    while candidates and len(chosen) < MAX_SNIPPETS:
        best = max(
            candidates,
            key=lambda p: (
                len(p.labels - seen_labels),
                primary(p.language) not in seen_languages,
                -p.rank,
                p.weight,
                -p.start,
            ),
        )
        candidates.remove(best)
        if chosen and not best.labels - seen_labels and primary(best.language) in seen_languages:
            break
        snippet = _cut(best, sources.get(best.article_id))
        seen_labels |= best.labels
        seen_languages.add(primary(best.language))
        if all(snippet.text != other.text for _, other in chosen):
            chosen.append((best, snippet))
    chosen.sort(key=lambda pair: (pair[0].rank, pair[0].start))
    return tuple(snippet for _, snippet in chosen)


def pieces(snippet: Snippet) -> Iterator[tuple[str, bool]]:
    """Yield the text of a passage from its beginning to its end, each piece with whether it is a highlight."""
    last = 0
    for start, end in snippet.highlights:
        yield snippet.text[last:start], False
        yield snippet.text[start:end], True
        last = end
    yield snippet.text[last:], False


def _passages(matched: Sequence[MatchedArticle], languages: Mapping[int, str]) -> Iterator[_Passage]:
    by_article: dict[int, list[MatchedArticle]] = {}
    for item in matched:
        by_article.setdefault(item.article_id, []).append(item)
    for rank, (article_id, items) in enumerate(by_article.items()):
        language = languages.get(article_id, "und")
        found = False
        for field, text in (("body", items[0].body), ("title", items[0].title)):
            mentions = _mentions(items, field, text)
            if not mentions or found:  # the title stands in the headline; it is quoted only if nothing else is
                continue
            found = True
            for start, end in _sentences(text):
                inside = tuple(m for m in mentions if m.start < end and m.end > start)
                if inside:
                    yield _Passage(rank, article_id, language, field, text, start, end, inside)


def _mentions(items: Sequence[MatchedArticle], field: str, text: str) -> list[_Mention]:
    return [
        _Mention(evidence.start, evidence.end, evidence.entity or evidence.term.casefold(), evidence.weight or 1.0)
        for item in items
        for evidence in item.match.evidence
        if evidence.field == field and 0 <= evidence.start < evidence.end <= len(text)
    ]


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    """Yield the offsets of sentences without the whitespace around them."""
    start = 0
    for found in _SENTENCE_END.finditer(text):
        if found["stop"] == "." and _ABBREVIATION.search(text, max(0, found.start() - 12), found.start()):
            continue
        yield from _stripped(text, start, found.end())
        start = found.end()
    yield from _stripped(text, start, len(text))


def _stripped(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield start, end


def _cut(passage: _Passage, source_name: str | None) -> Snippet:
    """Make a snippet of a sentence, cut around its evidence where it is too long."""
    text, places = clean_with_map(passage.text[passage.start : passage.end])
    spans = [
        (places[max(0, m.start - passage.start)], places[min(m.end, passage.end) - passage.start])
        for m in passage.mentions
    ]
    labels = [mention.label for mention in passage.mentions]
    start, end = 0, len(text)
    if cluster_count(text) > MAX_CHARACTERS:
        start, end = _window(text, sorted(zip(spans, labels, strict=True)))
    head, tail = (ELLIPSIS if start > 0 else ""), (ELLIPSIS if end < len(text) else "")
    shift = len(head) - start
    highlights = merge_spans([(max(a, start) + shift, min(b, end) + shift) for a, b in spans if a < end and b > start])
    return Snippet(head + text[start:end] + tail, highlights, passage.field, source_name, passage.language)


def _window(text: str, spans: Sequence[tuple[tuple[int, int], str]]) -> tuple[int, int]:
    """Return the offsets of the stretch of `text` that shows most of `spans` and fits, cut between words."""
    bounds = cluster_bounds(text)
    budget = MAX_CHARACTERS - 2  # an ellipsis at either end

    def first_cluster(offset: int) -> int:
        return bisect_right(bounds, offset) - 1

    def after_cluster(offset: int) -> int:
        return bisect_left(bounds, offset)

    best, best_score = (0, 0), (-1, -1)
    for index, ((anchor, _), _) in enumerate(spans):
        low, high, labels, count = first_cluster(anchor), first_cluster(anchor), set(), 0
        for (_, span_end), label in spans[index:]:
            if after_cluster(span_end) - low > budget:
                break
            high, count = max(high, after_cluster(span_end)), count + 1
            labels.add(label)
        if (len(labels), count) > best_score:
            best, best_score = (low, max(high, low + 1)), (len(labels), count)
    low, high = best
    if best_score[1] == 0:  # one mention longer than a snippet
        return bounds[low], bounds[min(low + budget, len(bounds) - 1)]
    spare = budget - (high - low)
    start = max(0, low - spare // 2)
    end = min(len(bounds) - 1, high + spare - (low - start))
    start = max(0, min(start, end - budget))  # what the right edge leaves over goes to the left
    return _snap(text, bounds, start, low, step=1), _snap(text, bounds, end, high, step=-1)


def _snap(text: str, bounds: Sequence[int], position: int, stop: int, *, step: int) -> int:
    """Move a cut from cluster `position` towards `stop`, a little, to where a word begins or ends."""
    if position in (0, len(bounds) - 1):
        return bounds[position]
    for moved in range(_SEARCH_BOUNDARY):
        place = position + step * moved
        if (place - stop) * step > 0:
            break
        if _between_words(text, bounds[place]):
            offset = bounds[place]
            while step > 0 and offset < bounds[stop] and text[offset].isspace():
                offset += 1
            while step < 0 and offset > bounds[stop] and text[offset - 1].isspace():
                offset -= 1
            return offset
    return bounds[position]


def _between_words(text: str, offset: int) -> bool:
    before, after = text[offset - 1], text[offset]
    if _UNSPACED.match(after) and _UNSPACED.match(before):
        return True
    return before.isspace() or after.isspace() or (bool(_PUNCTUATION.match(before)) and bool(_UNSPACED.match(after)))
