"""An article as the engine sees it: headline and text folded into one string, with coordinates for distances.

Positions are offsets in `joined`. The headline stands first, then a line feed that no term contains, then the text.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate
from typing import Any

from newswatch.flag.normalise import Folded, fold, has_unspaced, is_unspaced
from newswatch.flag.sentences import paragraph_starts, sentence_starts
from newswatch.languages import primary, taken_by
from newswatch.model import MatchInput

Span = tuple[int, int]

TITLE, LEAD, BODY = 1, 2, 4
TEXT = TITLE | BODY

LEAD_WORDS = 60
"""The lead is the sentences that begin within the first 60 words of the text (120 Han or kana characters)."""

_NOTHING: list[Span] = []
_APART = 1 << 40  # distance between headline and text, in half words: farther than any NEAR reaches


class Document:
    """One article during matching. Everything that not every rule needs is worked out on demand."""

    def __init__(self, article: MatchInput) -> None:
        self.article = article
        self.title = Folded(article.title)
        self.body = Folded(article.body)
        self.border = len(self.title.joined) + 1
        self.joined = f"{self.title.joined}\n{self.body.joined}"
        self.language = primary(article.language)
        self.languages = taken_by(article.language)
        self.hits: set[int] = set()  # numbers of the patterns and facts found
        self._found: list[tuple[int, int, int]] = []  # pattern, start, end as the automaton tells them
        self.cache: dict[Any, Any] = {}
        self.said: dict[object, str] = {}  # what reasons say about a part of a rule
        self._mentions: dict[int, list[Span]] = {}
        self._quoted: dict[Span, tuple[str, int, int, str]] = {}

    def add(self, found: Sequence[tuple[int, int, int]]) -> None:
        """Take what an automaton has found in `joined`: pattern, start and end. Comes before everything else."""
        self._found.extend(found)
        self.hits.update({each[0] for each in found})

    @cached_property
    def _raw(self) -> dict[int, list[Span]]:
        raw: defaultdict[int, list[Span]] = defaultdict(list)
        for pattern, start, end in self._found:
            raw[pattern].append((start, end))
        return raw

    def mentions(self, pattern: int) -> list[Span]:
        """Return the mentions of `pattern` in order, without the spaces at the pattern's edges."""
        known = self._mentions.get(pattern)
        if known is None:
            known = self._raw.get(pattern, _NOTHING)
            if known:
                start, end = known[0]
                left, right = self.joined[start] == " ", self.joined[end - 1] == " "
                if left or right:
                    known = [(start + left, end - right) for start, end in known]
            self._mentions[pattern] = known
        return known

    # --- back to the original text ---

    def original(self, span: Span) -> tuple[str, int, int]:
        """Return the field ("title" or "body") and the offsets in it from which `span` comes."""
        start, end = span
        if start < self.border:
            return ("title", *self.title.span(start, end))
        return ("body", *self.body.span(start - self.border, end - self.border))

    def original_text(self, span: Span) -> str:
        """Return exactly what stands at `span` in the original text."""
        return self.quoted(span)[3]

    def quoted(self, span: Span) -> tuple[str, int, int, str]:
        """Return field, offsets and text from which `span` comes; many rules have mentions in common."""
        known = self._quoted.get(span)
        if known is None:
            if span[0] < self.border:
                start, end = self.title.span(*span)
                known = ("title", start, end, self.article.title[start:end])
            else:
                border = self.border
                start, end = self.body.span(span[0] - border, span[1] - border)
                known = ("body", start, end, self.article.body[start:end])
            self._quoted[span] = known
        return known

    def from_original(self, field: str, start: int, end: int) -> Span | None:
        """Return the words of `joined` that original offsets `start` to `end` of a field touch, None if none."""
        folded, shift = (self.title, 0) if field == "title" else (self.body, self.border)
        first = folded.word_at(start)
        if first and folded.span(folded.starts[first - 1], folded.ends[first - 1])[1] > start:
            first -= 1  # `start` lies inside a word
        last = folded.word_at(end) - 1
        if last < first:
            return None
        return folded.starts[first] + shift, folded.ends[last] + shift

    # --- distances ---

    @cached_property
    def _starts(self) -> list[int]:
        return [*self.title.starts, *(start + self.border for start in self.body.starts)]

    @cached_property
    def _halves(self) -> list[int] | None:
        """Half words before each word, and in all; None where every word counts as one (no Han, no kana)."""
        if self.joined.isascii() or not has_unspaced(self.joined):
            return None
        lengths = [len(word) if is_unspaced(word[0]) else 2 for word in self.joined.split()]
        return list(accumulate(lengths, initial=0))

    def _ordinal(self, at: int, *, end: bool) -> int:
        """Return how many half words of the article lie before the mention edge `at`."""
        index = bisect_right(self._starts, at - end) - 1
        halves = self._halves
        if halves is None:
            return 2 * (index + end)
        start = self._starts[index]
        if is_unspaced(self.joined[start]):
            return halves[index] + at - start
        return halves[index] + 2 * end

    def left(self, at: int) -> int:
        """Return the coordinate, in half words, of a mention that starts at `at`."""
        return self._ordinal(at, end=False) + (_APART if at >= self.border else 0)

    def right(self, at: int) -> int:
        """Return the coordinate, in half words, of a mention that ends before `at`."""
        return self._ordinal(at, end=True) + (_APART if at > self.border else 0)

    def within_first(self, words: int, span: Span) -> bool:
        """Whether `span` ends within the first `words` words of headline and text."""
        return self._ordinal(span[1], end=True) <= 2 * words

    @cached_property
    def word_count(self) -> int:
        """Words of headline and text; two Han or kana characters count as one."""
        halves = self._halves
        if halves is None:
            return len(self._starts)
        return (halves[-1] + 1) // 2

    # --- fields, sentences, paragraphs ---

    def within(self, mask: int, span: Span) -> bool:
        """Whether `span` lies in one of the fields of `mask`."""
        if span[0] < self.border:
            return bool(mask & TITLE)
        return bool(mask & BODY) or (bool(mask & LEAD) and span[0] < self._lead_end)

    @cached_property
    def _lead_end(self) -> int:
        title_words = len(self.title.words)
        limit = 2 * LEAD_WORDS + (self._ordinal(self._starts[title_words], end=False) if self.body.words else 0)
        index = title_words
        while index < len(self._starts) and self._ordinal(self._starts[index], end=False) < limit:
            index += 1
        if index >= len(self._starts):
            return len(self.joined)
        offset = self.body.span(self._starts[index] - self.border, self._starts[index] - self.border + 1)[0]
        text = self.article.body
        after = next((start for start in sentence_starts(text, offset + 2000) if start >= offset), None)
        if after is None:
            return len(self.joined)
        word = self.body.word_at(after)
        return self._starts[title_words + word] if title_words + word < len(self._starts) else len(self.joined)

    @property
    def lead(self) -> str:
        """The lead as it stands in the original text."""
        end = self._lead_end
        if end >= len(self.joined):
            return self.article.body
        at = end - self.border
        return self.article.body[: self.body.span(at, at + 1)[0]].rstrip()

    @cached_property
    def _sentences(self) -> tuple[list[int], list[int]]:
        return sentence_starts(self.article.title), sentence_starts(self.article.body)

    @cached_property
    def _paragraphs(self) -> tuple[list[int], list[int]]:
        return [0], paragraph_starts(self.article.body)

    def stretch(self, at: int, *, paragraph: bool) -> int:
        """Return the number of the sentence or paragraph that holds position `at`; unlike ones never share a number."""
        field, start, _ = self.original((at, at + 1))
        starts = self._paragraphs if paragraph else self._sentences
        if field == "title":
            return -bisect_right(starts[0], start)
        return bisect_right(starts[1], start)

    # --- facts ---

    def folded_fact(self, name: str) -> str:
        """Return a metadata field folded like a text, for terms such as source:reuters."""
        key = ("fact", name)
        if key not in self.cache:
            value = getattr(self.article, "authors" if name == "author" else name)
            texts = value if isinstance(value, tuple) else (value,)
            self.cache[key] = "\n".join(f" {fold(text)} " for text in texts)
        found: str = self.cache[key]
        return found
