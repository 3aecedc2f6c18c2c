"""Every way of writing a name: order, hyphens, spaces, Han scripts, Latin letters, each with where it comes from.

Folding (see `normalise`) already equates case, accents, hyphens with spaces, full width and the like.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from newswatch.flag.hanscripts import han_forms
from newswatch.flag.normalise import is_cjk
from newswatch.flag.romanise import hiragana, japanese, korean

_JOINTS = re.compile("[-‐‑– ]")
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff]")
_KATAKANA = re.compile("[\u30a1-\u30fa]")
_CJK_LANGUAGES = ("ko", "ja", "zh")
LATIN = "en"  # the language under which romanised names are listed


class Variant(NamedTuple):
    """One way of writing a name, and how it was made: "given", or what was done to what is given."""

    text: str
    language: str
    origin: str


def variants(name: str, language: str) -> Iterator[Variant]:
    """Yield every way of writing `name` ("family|given" or plain), the given one first. Some may fold to the same.

    Latin script: both orders, given name with and without its hyphen. Hangul, Han, kana: with and without a space, Han
    in its three scripts, katakana in hiragana.
    """
    if "|" not in name:
        yield from plain_variants(name.strip(), language)
        return
    family, _, given = (part.strip() for part in name.partition("|"))
    if not (is_cjk(family[:1] or " ") and language in _CJK_LANGUAGES):
        yield from _latin(family, given, language)
        return
    yield from _spaced(family, given, language, "given")
    for form in han_forms(name) if _HAN.search(name) else ():
        other, _, second = form.partition("|")
        yield from _spaced(other.strip(), second.strip(), language, "script")
    if _KATAKANA.search(name):
        yield from _spaced(hiragana(family), hiragana(given), language, "hiragana")


def romanised(names: Mapping[str, Iterable[str]]) -> Iterator[Variant]:
    """Yield names ("family|given", by language) in Latin letters: Korean ones from Hangul, else Japanese from kana.

    Han characters have no one reading, so they give none; katakana of a Korean name is an echo of its Hangul.
    """
    parted = [
        [part.strip() for part in text.split("|", 1)] for language in ("ko", "ja") for text in names.get(language, ())
    ]
    pairs = [(parts[0], parts[1]) for parts in parted if len(parts) == 2]
    found = [one for pair in pairs for one in korean(*pair)] or [one for pair in pairs for one in japanese(*pair)]
    for written in found:
        yield from _latin(written.family, written.given, LATIN, written.system)


def plain_variants(text: str, language: str) -> Iterator[Variant]:
    """Yield a text that is no person's name, in CJK scripts also without its spaces, and in the other Han scripts."""
    yield Variant(text, language, "given")
    if text.isascii():
        return
    joined = text.replace(" ", "")
    if joined != text and all(map(is_cjk, joined)):
        yield Variant(joined, language, "spacing")
        yield from script_variants(joined, language)
    yield from script_variants(text, language)


def script_variants(text: str, language: str) -> Iterator[Variant]:
    """Yield `text` in the other Han scripts."""
    if _HAN.search(text):
        for form in han_forms(text):
            yield Variant(form, language, "script")


def _spaced(family: str, given: str, language: str, origin: str) -> Iterable[Variant]:
    return (
        Variant(f"{family}{given}", language, origin),
        Variant(f"{family} {given}", language, _also(origin, "spacing")),
    )


def _latin(family: str, given: str, language: str, origin: str = "given") -> Iterator[Variant]:
    yield Variant(f"{family} {given}", language, origin)
    yield Variant(f"{given} {family}", language, _also(origin, "order"))
    solid = _JOINTS.sub("", given)
    if solid != given:
        yield Variant(f"{family} {solid}", language, _also(origin, "hyphen"))
        yield Variant(f"{solid} {family}", language, _also(origin, "order, hyphen"))


def _also(origin: str, more: str) -> str:
    return more if origin == "given" else f"{origin}, {more}"
