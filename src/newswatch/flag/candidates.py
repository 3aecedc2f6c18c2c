"""Terms that an article offers for a rule: words, phrases, and strings of characters where there are no spaces.

Latin and other spaced scripts give phrases of one to four words; Korean words lose their particles and give the
beginnings that words have in common; Chinese and Japanese give every string of two to eight characters that does not
begin or end with kana or a function word. What is always part of something longer is left out (`closed`).
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from newswatch.flag.normalise import Folded, is_cjk, is_unspaced
from newswatch.model import MatchInput

_SEGMENT = re.compile(r"[^.,;:!?。、，．；：！？…()（）\[\]「」『』《》〈〉“”\"|\n\r\t/—–]+")
_MOST_WORDS = 4
_CHARACTERS = range(2, 9)
_LONG_RUN = 80  # characters of one run that are looked at
_PREFIXES = range(2, 7)
_SHORT_STRING = 5  # characters of a script without spaces
_SHORT_WORD = 3  # Latin letters
_ALWAYS_INSIDE = 0.9  # of a term's mentions lie inside one longer term: the longer one is meant

_KATAKANA = re.compile(r"[゠-ヿ]")
_BLOCK = re.compile(r"[^\u3041-\u309f]+")  # what stands between hiragana
_PARTICLES = (
    *("에서는", "에서도", "으로는", "으로서", "으로써", "에게서", "까지는", "부터는", "이라고", "이라며"),
    *("에서", "으로", "에게", "한테", "까지", "부터", "처럼", "보다", "마저", "조차", "라고", "라며", "이나", "이란"),
    *("은", "는", "이", "가", "을", "를", "의", "에", "와", "과", "도", "로", "만", "나", "란"),
)
_FUNCTION_CHARACTERS = frozenset("的了在是与與及将將于於也都就被把从從并並而或这這那之")
_KOREAN_STOP = frozenset(
    """
    가장 것으로 것은 것을 것이 가는 관련 그는 그동안 그리고 다시 대한 대해 따라 또한 라고
    매우 모두 및 밝혔다 말했다 본격 아직 앞으로 앞서 양측 어떤 여러 오는 오전 오후 올해
    위한 위해 으로 이날 이는 이다 이라고 이를 이번 이번에 이에 이후 있는 있다 있다고 있었다
    전했다 지난 지난해 통한 통해 하고 하기 하는 하며 하지만 한다 함께 했다 했다고 현재
    """.split()
)
_STOP = frozenset(
    """
    a about after again all already also although an and another any april are as asked at august back be became
    because been before being both but by called came can come could day days december did do does during each
    earlier early ended even every expected february first five for four friday from going good great had has have
    he her his how however if in including into is it its january july june just keep last late later like made make
    many march may monday month months more morning most mr mrs ms much never new news next no not november now
    october of old on once one only or other our out over own part people put said same saturday say says second
    seen september set several she should since six so some still such sunday take ten than that the their them then
    there these they third this those three through thursday time times to today told took tuesday two under until
    up upon used was way we wednesday week weeks well went were what when where whether which while who why will
    with within without work would year years yesterday yet you your
    """.split()
)


@dataclass(slots=True)
class Offer:
    """A term of some articles: how it is written, how often, in which of them, and whether in a headline."""

    shown: str
    count: int = 0
    articles: set[int] = field(default_factory=set)
    headline: bool = False


def offers(articles: Iterable[MatchInput]) -> dict[str, Offer]:
    """Return what articles offer, by folded text. Left out are what stands once in a text and what says nothing."""
    found: dict[str, Offer] = {}
    for number, article in enumerate(articles):
        for headline, text in ((True, article.title), (False, article.body)):
            for folded, shown in _terms(text):
                offer = found.setdefault(folded, Offer(shown))
                if offer.headline and not headline:
                    offer.shown = shown  # headlines have capitals that the words do not have
                offer.count += 1
                offer.articles.add(number)
                offer.headline = offer.headline or headline
    return closed(
        {text: offer for text, offer in found.items() if offer.count > 1 or (offer.headline and _short(text))}
    )


def _short(text: str) -> bool:
    """Whether a term that stands only in one headline is more than this headline."""
    return len(text) <= _SHORT_STRING if is_cjk(text[0]) else text.count(" ") < 2


def closed(found: dict[str, Offer]) -> dict[str, Offer]:
    """Leave out what hardly ever stands outside one longer term."""
    longest: Counter[str] = Counter()
    for text, offer in found.items():
        for part in set(_parts(text)) if offer.count > 1 else ():
            longest[part] = max(longest[part], offer.count)
    return {text: offer for text, offer in found.items() if longest[text] < _ALWAYS_INSIDE * offer.count}


def _parts(text: str) -> Iterator[str]:
    """Yield the terms that a term contains."""
    if is_cjk(text[0]):
        yield from (text[low:high] for low, high in _ranges(len(text), 2))
    else:
        words = text.split()
        yield from (" ".join(words[low:high]) for low, high in _ranges(len(words), 1))


def _ranges(length: int, least: int) -> Iterator[tuple[int, int]]:
    """Yield both ends of every part of something that has at least so many pieces, the whole left out."""
    for low in range(length):
        for high in range(low + least, length + 1):
            if high - low < length:
                yield low, high


def _terms(text: str) -> Iterator[tuple[str, str]]:
    """Yield each term of a text, folded and as it is written."""
    for segment in _SEGMENT.findall(text):
        folded = Folded(segment)
        words = list(zip(folded.joined.split(), folded.starts, folded.ends, strict=True))
        spaced: list[tuple[str, int, int]] = []
        for word, start, end in words:
            if is_cjk(word[0]):
                yield from _phrases(folded, spaced)
                spaced = []
                yield from _unspaced(word) if is_unspaced(word[0]) else _korean(word)
            else:
                spaced.append((word, start, end))
        yield from _phrases(folded, spaced)
        yield from _korean_pairs([word for word, _, _ in words])


def _phrases(folded: Folded, words: list[tuple[str, int, int]]) -> Iterator[tuple[str, str]]:
    for low in range(len(words)):
        for high in range(low + 1, min(low + _MOST_WORDS, len(words)) + 1):
            first, last = words[low], words[high - 1]
            if any(word in _STOP or len(word) == 1 for word, _, _ in (first, last)):
                continue
            text = " ".join(word for word, _, _ in words[low:high])
            if (high - low == 1 and len(text) < _SHORT_WORD) or not any(char.isalpha() for char in text):
                continue
            start, end = folded.span(first[1], last[2])
            yield text, " ".join(folded.original[start:end].split())


def _korean(word: str) -> Iterator[tuple[str, str]]:
    stem = _stem(word)
    if word in _KOREAN_STOP or stem in _KOREAN_STOP:
        return
    for length in {*_PREFIXES, len(stem)}:
        if 2 <= length <= len(stem):
            yield stem[:length], stem[:length]


def _korean_pairs(words: list[str]) -> Iterator[tuple[str, str]]:
    for first, second in pairwise(words):
        if is_cjk(first[0]) and is_cjk(second[0]) and not is_unspaced(first[0]) and not is_unspaced(second[0]):
            text = f"{first} {_stem(second)}"
            if first not in _KOREAN_STOP and second not in _KOREAN_STOP:
                yield text, text


def _stem(word: str) -> str:
    """Return a Korean word without its particle."""
    for particle in _PARTICLES:
        if word.endswith(particle) and len(word) - len(particle) >= 2:
            return word.removesuffix(particle)
    return word


def _unspaced(run: str) -> Iterator[tuple[str, str]]:
    for block in _BLOCK.findall(run[:_LONG_RUN]):
        for low in range(len(block)):
            if block[low] in _FUNCTION_CHARACTERS or _inside_katakana(block, low):
                continue
            for length in _CHARACTERS:
                high = low + length
                if high > len(block):
                    break
                if block[high - 1] in _FUNCTION_CHARACTERS or _inside_katakana(block, high):
                    continue
                yield block[low:high], block[low:high]


def _inside_katakana(block: str, at: int) -> bool:
    """Whether a cut before `at` would divide a word of katakana."""
    return 0 < at < len(block) and bool(_KATAKANA.match(block[at - 1]) and _KATAKANA.match(block[at]))
