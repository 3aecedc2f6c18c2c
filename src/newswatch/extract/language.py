"""Which language a text is in.

The script decides where it can (Hangul, kana, Han, Greek, Thai ...); languages that share a script are told apart by
their small words and their letters. That needs no model in the memory of every worker process, and knows Korean,
Japanese and Chinese from a headline.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from newswatch.extract.chinese import chinese_script
from newswatch.extract.language_profiles import (
    ARABIC_WORDS,
    CYRILLIC_WORDS,
    DEVANAGARI_WORDS,
    LATIN_WORDS,
    LETTERS,
    SEQUENCES,
)
from newswatch.languages import chinese_script_of

UNKNOWN = "und"
_SAMPLE = 1_000  # characters; more does not change the answer

# (script, first and last code point of its letters), the order of code points
_RANGES = (
    ("latin", 0x0041, 0x005A),
    ("latin", 0x0061, 0x007A),
    ("latin", 0x00C0, 0x024F),
    ("greek", 0x0370, 0x03FF),
    ("cyrillic", 0x0400, 0x052F),
    ("armenian", 0x0530, 0x058F),
    ("hebrew", 0x0590, 0x05FF),
    ("arabic", 0x0600, 0x06FF),
    ("arabic", 0x0750, 0x077F),
    ("devanagari", 0x0900, 0x097F),
    ("bengali", 0x0980, 0x09FF),
    ("gurmukhi", 0x0A00, 0x0A7F),
    ("gujarati", 0x0A80, 0x0AFF),
    ("tamil", 0x0B80, 0x0BFF),
    ("telugu", 0x0C00, 0x0C7F),
    ("kannada", 0x0C80, 0x0CFF),
    ("malayalam", 0x0D00, 0x0D7F),
    ("sinhala", 0x0D80, 0x0DFF),
    ("thai", 0x0E00, 0x0E7F),
    ("lao", 0x0E80, 0x0EFF),
    ("burmese", 0x1000, 0x109F),
    ("georgian", 0x10A0, 0x10FF),
    ("hangul", 0x1100, 0x11FF),
    ("ethiopic", 0x1200, 0x137F),
    ("khmer", 0x1780, 0x17FF),
    ("latin", 0x1E00, 0x1EFF),
    ("kana", 0x3041, 0x3096),
    ("kana", 0x30A1, 0x30FA),
    ("hangul", 0x3131, 0x318E),
    ("han", 0x3400, 0x9FFF),
    ("hangul", 0xAC00, 0xD7A3),
    ("han", 0xF900, 0xFAFF),
    ("kana", 0xFF66, 0xFF9F),
)
_ONE_LANGUAGE = {
    "greek": "el", "armenian": "hy", "hebrew": "he", "bengali": "bn", "gurmukhi": "pa", "gujarati": "gu", "tamil": "ta",
    "telugu": "te", "kannada": "kn", "malayalam": "ml", "sinhala": "si", "thai": "th", "lao": "lo", "burmese": "my",
    "georgian": "ka", "ethiopic": "am", "khmer": "km",
}  # fmt: skip
_SHARED: Mapping[str, Mapping[str, frozenset[str]]] = {
    "latin": LATIN_WORDS,
    "cyrillic": CYRILLIC_WORDS,
    "arabic": ARABIC_WORDS,
    "devanagari": DEVANAGARI_WORDS,
}
_SCRIPT_FIND = {
    name: re.compile("[" + "".join(f"{chr(low)}-{chr(high)}" for script, low, high in _RANGES if script == name) + "]")
    for name in dict.fromkeys(script for script, _, _ in _RANGES)
}
_WORDS = re.compile(r"[^\W\d_](?:[^\W\d_]|[\u0300-\u036f\u064b-\u065f\u0900-\u0dff])*")
_POSSESSIVE = re.compile(r"[’']s\b")
_ACRONYM = 4  # letters; "EU" is no Portuguese word
_FOLD = {
    "yue": "zh",
    "wuu": "zh",
    "cmn": "zh",
    "hak": "zh",
    "nan": "zh",
    "no": "nb",
    "nn": "nb",
    "pcm": "en",
    "fil": "tl",
    "in": "id",
    "iw": "he",
}


def _weigh(profiles: Mapping[str, frozenset[str]]) -> dict[str, tuple[tuple[str, float], ...]]:
    """Return what each small word says: the languages that have it, each with a weight that falls with their number."""
    holders: dict[str, list[str]] = {}
    for language, words in profiles.items():
        for word in words:
            holders.setdefault(word, []).append(language)
    return {word: tuple((language, 1 / len(owners)) for language in owners) for word, owners in holders.items()}


_WORD_WEIGHTS = {script: _weigh(profiles) for script, profiles in _SHARED.items()}
_LETTER_OWNERS: dict[str, tuple[str, ...]] = {
    letter: tuple(language for language, letters in LETTERS.items() if letter in letters)
    for letters in LETTERS.values()
    for letter in letters
}
_SEQUENCE_OWNERS: dict[str, tuple[str, ...]] = {
    sequence: tuple(language for language, sequences in SEQUENCES.items() if sequence in sequences.split())
    for sequences in SEQUENCES.values()
    for sequence in sequences.split()
}
_DENSITY = 4  # Latin letters for one Korean, Japanese or Chinese character
_SHORT = 40  # words; longer texts have small words enough


@dataclass(frozen=True, slots=True)
class LanguageGuess:
    """A BCP 47 primary tag ("und" where nothing says), how sure it is, 0 to 1; of Chinese its script if known."""

    language: str
    confidence: float
    script: str | None = None

    @property
    def tag(self) -> str:
        """The language with its script: zh-Hans, zh-Hant."""
        return f"{self.language}-{self.script}" if self.script else self.language


def detect_language(text: str, *, hints: Iterable[str | None] = ()) -> LanguageGuess:
    """Return the language of `text`, judged by the text.

    `hints` are the tags that page and feed claim, best first. They decide only where the text does not: between
    languages that score alike, when a short text has no telling word, or Chinese no character of one script alone.
    """
    sample = text[:_SAMPLE]
    counts = _count_scripts(sample)
    total = sum(counts.values())
    tags = [tag for tag in hints if tag]
    claimed = [tag for tag in map(primary_tag, tags) if tag]
    if not total:
        return LanguageGuess(claimed[0], 0.1) if claimed else LanguageGuess(UNKNOWN, 0.0)
    east = _east_asian(counts, total, claimed)
    if east is not None:
        return replace(east, script=_chinese_script(sample, tags)) if east.language == "zh" else east
    script = max(counts, key=lambda name: (counts[name], name))
    share = counts[script] / total
    if script in _ONE_LANGUAGE:
        return LanguageGuess(_ONE_LANGUAGE[script], round(share, 3))
    return _by_words(sample, script, share, claimed)


def _count_scripts(sample: str) -> dict[str, int]:
    """Return how many letters of each script there are."""
    counts: dict[str, int] = {}
    rest = sample
    for script, pattern in _SCRIPT_FIND.items():
        if rest.isascii() and script != "latin":
            break
        rest, found = pattern.subn("", rest)
        if found:
            counts[script] = found
    return counts


def _small_words(sample: str) -> Counter[str]:
    """Return the words in lower case with their counts, without acronyms and without the s of "Korea's"."""
    words: Counter[str] = Counter()
    for word, count in Counter(_WORDS.findall(_POSSESSIVE.sub("", sample))).items():
        if len(word) > _ACRONYM or not word.isupper() or word == "A":
            words[word.lower()] += count
    return words


def primary_tag(tag: str | None) -> str | None:
    """Return the primary language of a tag such as "en-GB", "zh_CN" or "pt-br"; None if it is none."""
    found = re.match(r"\s*([A-Za-z]{2,3})(?![A-Za-z])", tag or "")
    if not found:
        return None
    language = found[1].lower()
    return _FOLD.get(language, language)


def _east_asian(counts: Mapping[str, int], total: int, claimed: list[str]) -> LanguageGuess | None:
    """Tell Korean, Japanese and Chinese apart. One of their characters says as much as several Latin letters."""
    hangul, kana, han = counts.get("hangul", 0), counts.get("kana", 0), counts.get("han", 0)
    east = hangul + kana + han
    others = total - east
    if _DENSITY * east < others:
        return None
    share = _DENSITY * east / (_DENSITY * east + others)
    if hangul >= max(kana, 1) and hangul * 4 >= han:  # 韓日, 李 대통령: Hanja stand in Korean headlines
        return LanguageGuess("ko", round(share * min(1.0, 0.7 + hangul / east), 3))
    if kana * 12 >= han and kana > 0:
        return LanguageGuess("ja", round(share * min(1.0, 0.6 + 2 * kana / east), 3))
    # Only Han: Chinese, unless it is short and its publisher writes Japanese (headlines without kana)
    if claimed and claimed[0] in {"ja", "ko"} and east < 40:
        return LanguageGuess(claimed[0], 0.5)
    return LanguageGuess("zh", round(share * (1.0 if east >= 20 else 0.8), 3))


def _chinese_script(sample: str, tags: Iterable[str]) -> str | None:
    """Return the script of a Chinese text, or what page or feed claims where it has too few such characters."""
    claimed = (chinese_script_of(tag) for tag in tags if primary_tag(tag) == "zh")
    return chinese_script(sample) or next(filter(None, claimed), None)


def _by_words(sample: str, script: str, share: float, claimed: list[str]) -> LanguageGuess:
    profiles = _SHARED[script]
    lowered = sample.lower()
    words = _small_words(sample)
    scores: dict[str, float] = dict.fromkeys(profiles, 0.0)
    total = words.total()
    for word, count in words.items():
        for language, value in _WORD_WEIGHTS[script].get(word, ()):
            # initials look like words of one letter
            scores[language] += count * (value if len(word) > 1 else value / 2)
    for letter, count in Counter(lowered).items():
        owners = [language for language in _LETTER_OWNERS.get(letter, ()) if language in scores]
        for language in owners:
            scores[language] += min(count, 1 + total // 10) * 0.5 / len(owners)
    if total < _SHORT:
        edged = "_" + "_".join(words) + "_"
        for sequence, users in _SEQUENCE_OWNERS.items():
            if users[0] in scores and sequence in edged:
                for language in users:
                    scores[language] += 0.25 / len(users)
    evidence = sum(scores.values())
    for rank, tag in enumerate(claimed):
        if tag in scores:
            scores[tag] += 0.4 / (rank + 1)
    order = {language: rank for rank, language in enumerate(profiles)}  # common languages first: breaks ties
    ranked = sorted(scores, key=lambda language: (-scores[language], order[language]))
    best, top, second = ranked[0], scores[ranked[0]], scores[ranked[1]]
    if not top:
        return LanguageGuess(UNKNOWN, 0.0)
    margin = (top - second) / top
    return LanguageGuess(best, round(share * min(1.0, 0.1 + evidence / 6) * (0.5 + 0.5 * min(1.0, margin * 2)), 3))
