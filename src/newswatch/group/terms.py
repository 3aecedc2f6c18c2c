"""What an article is about, as a sparse vector: words of headline and lead and names, rare ones weighing most.

Terms are numbers (32-bit hashes, salted by language), so that statistics and indexes stay small. Names of the
gazetteer are the same term in every language.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from zlib import crc32

from newswatch.model import ALL_ARTICLES
from newswatch.search_tokens import tokens

Vector = Mapping[int, float]
"""Weights by term; the squares add up to 1."""

MOST_TERMS = 64
"""Terms of one vector."""

_TITLE = 2  # a word of the headline counts as often as two of the lead
_NAME = 1.5  # a name weighs more than a word that is as rare
_PARAGRAPHS = 3
_LONGEST = 1_500  # characters of the lead
_ASSUMED = 300
"""Articles without any word that are added to those counted, so that the first articles of an archive are compared by
all their words and not only by those that no other article has."""
_LEAST_RARE = 0.1

# Grammatical endings and particles are written in hiragana: pairs of it tell little.
_HIRAGANA = re.compile("[\u3041-\u309f]+")
_NUMBER = re.compile("[0-9]{1,2}")


def lead(text: str) -> str:
    """Return the first three paragraphs, at most 1500 characters."""
    return "\n".join(text[: 2 * _LONGEST].split("\n\n", _PARAGRAPHS)[:_PARAGRAPHS])[:_LONGEST]


def name_term(entity: str) -> int:
    """Return the term that stands for a name of the gazetteer in every language."""
    return crc32(f"@{entity}".encode()) or 1


def word_counts(title: str, text: str, language: str, function_words: Collection[str] = ()) -> dict[int, int]:
    """Return how often headline and lead have each word; `function_words` of the language are left out.

    >>> len(word_counts("Ferry returns", "The ferry returned.", "en", {"the"}))
    3
    """
    found = Counter(tokens(title))
    for word in found:
        found[word] *= _TITLE
    found.update(tokens(lead(text)))
    salt = crc32(language.encode())
    return {
        crc32(word.encode(), salt) or 1: count
        for word, count in found.items()
        if len(word) > 1
        and word not in function_words
        and not _HIRAGANA.fullmatch(word)
        and not _NUMBER.fullmatch(word)
    }


def weigh(words: Mapping[int, int], names: Iterable[int], known: Mapping[int, int]) -> Vector:
    """Return the vector of an article: tf-idf of its words (logarithmic both) and names, the heaviest 64.

    `known` tells in how many articles each term was, and under `ALL_ARTICLES` how many there were.
    """
    rare = _rareness(known)
    found = {term: (1 + math.log(count)) * rare(term) for term, count in words.items()}
    found.update({term: _NAME * rare(term) for term in names})
    return normal(found)


def _rareness(known: Mapping[int, int]) -> Callable[[int], float]:
    total = known.get(ALL_ARTICLES, 0) + _ASSUMED
    return lambda term: max(_LEAST_RARE, math.log(total / (1 + known.get(term, 0))))


def normal(found: Mapping[int, float]) -> Vector:
    """Return the heaviest 64 terms with weights whose squares add up to 1, heaviest first."""
    kept = sorted(found.items(), key=lambda one: (-one[1], one[0]))[:MOST_TERMS]
    length = math.sqrt(sum(weight * weight for _, weight in kept))
    return {term: weight / length for term, weight in kept} if length else {}


def likeness(one: Vector, other: Vector) -> float:
    """Return the cosine of two vectors, 0 to 1."""
    if len(other) < len(one):
        one, other = other, one
    return math.fsum(weight * other[term] for term, weight in one.items() if term in other)


def joined(story: Vector, articles: int, article: Vector) -> Vector:
    """Return the mean of a story of so many articles and one more. Beyond 20 the new one keeps its influence."""
    before = min(articles, 20)
    return normal({term: before * story.get(term, 0.0) + article.get(term, 0.0) for term in {*story, *article}})
