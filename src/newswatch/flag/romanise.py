"""Korean and Japanese names in Latin letters, as standards and newspapers write them.

References: Revised Romanization of Korean (Ministry of Culture and Tourism, notice 2000-8), McCune-Reischauer (1939),
modified Hepburn (ANSI Z39.11-1972). Names are written syllable by syllable, without assimilation between them, as both
Korean systems ask for in personal names.
"""

import re
from collections.abc import Iterable
from itertools import product
from typing import NamedTuple


class Romanised(NamedTuple):
    """A name in Latin letters, and the system that wrote it so."""

    family: str
    given: str
    system: str


_SYLLABLES = 0xAC00
_SYLLABLE = re.compile("[\uac00-\ud7a3]")
_RR_INITIALS = ("g", "kk", "n", "d", "tt", "r", "m", "b", "pp", "s", "ss", "", "j", "jj", "ch", "k", "t", "p", "h")
_MR_INITIALS = (
    "k",
    "kk",
    "n",
    "t",
    "tt",
    "r",
    "m",
    "p",
    "pp",
    "s",
    "ss",
    "",
    "ch",
    "tch",
    "ch'",
    "k'",
    "t'",
    "p'",
    "h",
)
_VOICED = {"k": "g", "t": "d", "p": "b", "ch": "j"}  # between vowels and after n, m, ng, l
_RR_VOWELS = "a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i".split()
_MR_VOWELS = "a ae ya yae ŏ e yŏ ye o wa wae oe yo u wŏ we wi yu ŭ ŭi i".split()
_FINALS = ["", *"k k k n n n t l k m l l l p l m p p t t ng t t k t p t".split()]
# How English-language papers tend to write what the standard writes otherwise.
_PRESS_INITIALS = {"g": "k", "": ""}
_PRESS_VOWELS = {"eo": "u", "yeo": "yu", "u": "oo", "ui": "ee", "wo": "wo", "eu": "eu"}
# Family names have spellings of their own, used by most who bear them.
_FAMILIES = {
    name: tuple(spellings)
    for name, *spellings in map(
        str.split,
        """
이 Lee Yi Rhee, 김 Kim, 박 Park Pak Bak, 최 Choi Choe, 정 Chung Jung Jeong, 강 Kang, 조 Cho Jo, 윤 Yoon Yun,
장 Chang Jang, 임 Lim Im Rim, 한 Han, 오 Oh, 서 Seo Suh, 신 Shin Sin, 권 Kwon, 황 Hwang, 안 Ahn An, 송 Song,
전 Chun Jeon Jun, 홍 Hong, 유 Yoo Yu Ryu, 류 Ryu Yoo, 고 Ko Koh, 문 Moon Mun, 양 Yang, 손 Son Sohn, 배 Bae Pae,
백 Paik Baek, 허 Huh Heo, 남 Nam, 심 Shim Sim, 노 Roh Noh, 하 Ha, 곽 Kwak, 성 Sung Seong, 차 Cha, 주 Joo Ju,
우 Woo, 구 Koo Ku, 나 Na, 민 Min, 진 Jin Chin, 지 Ji, 엄 Um Eom, 원 Won, 천 Cheon Chun, 공 Kong, 현 Hyun,
방 Bang Pang, 변 Byun Byeon, 염 Yeom Yum, 여 Yeo, 추 Choo Chu, 도 Do, 석 Seok Suk, 선 Sun, 설 Seol Sul, 마 Ma,
길 Gil Kil, 위 Wi, 표 Pyo, 명 Myung, 기 Ki, 반 Ban, 왕 Wang
""".split(","),
    )
}

_TWO_SYLLABLES = frozenset({"남궁", "황보", "제갈", "선우", "독고", "사공", "서문", "동방"})
_LONGEST_GIVEN = 3


def korean(family: str, given: str) -> tuple[Romanised, ...]:
    """Return a Korean name in Hangul by both standards and as papers write it; nothing for other names.

    Foreign names are written in Hangul too (다카이치 사나에); they have other family names, or longer given names.
    """
    korean_family = family in _FAMILIES or family in _TWO_SYLLABLES
    if not (korean_family and _hangul(given) and len(given) <= _LONGEST_GIVEN):
        return ()
    standard = [_joined(map(_revised, family)), _joined(map(_revised, given), "-")]
    older = ["Yi" if family == "이" else _joined(_mccune(family)), _joined(_mccune(given), "-")]
    press = _joined(map(_press, given), "-")
    families = _FAMILIES.get(family, (standard[0],))
    found = [
        Romanised(standard[0], standard[1], "Revised Romanization"),
        Romanised(older[0], older[1], "McCune-Reischauer"),
    ]
    found += [Romanised(name, form, "press") for name, form in product(families, (press, standard[1]))]
    return tuple(dict.fromkeys(found))


def _hangul(text: str) -> bool:
    return bool(text) and all(_SYLLABLE.fullmatch(char) for char in text)


def _joined(parts: Iterable[str], between: str = "") -> str:
    return between.join(parts).capitalize()


def _parts(syllable: str) -> tuple[int, int, int]:
    index = ord(syllable) - _SYLLABLES
    return index // 588, index % 588 // 28, index % 28


def _revised(syllable: str) -> str:
    initial, vowel, final = _parts(syllable)
    return _RR_INITIALS[initial] + _RR_VOWELS[vowel] + _FINALS[final]


def _mccune(text: str) -> list[str]:
    written: list[str] = []
    for syllable in text:
        initial, vowel, final = _parts(syllable)
        sound = _MR_INITIALS[initial]
        if written and written[-1][-1] not in "kpt":
            sound = _VOICED.get(sound, sound)
        written.append(sound + _MR_VOWELS[vowel] + _FINALS[final])
    return written


def _press(syllable: str) -> str:
    initial, vowel, final = _parts(syllable)
    sound, middle = _RR_INITIALS[initial], _RR_VOWELS[vowel]
    if middle == "ui" and sound != "h":
        return sound + "eui" + _FINALS[final]
    if middle == "yeo" and not sound:
        return "you" + _FINALS[final]
    if middle == "eo" and not (sound and _FINALS[final]):
        return sound + "eo" + _FINALS[final]
    return _PRESS_INITIALS.get(sound, sound) + _PRESS_VOWELS.get(middle, middle) + _FINALS[final]


# --- Japanese ---

_KANA = {
    syllable[0]: syllable[1:]
    for syllable in (
        "アa イi ウu エe オo カka キki クku ケke コko サsa シshi スsu セse ソso タta チchi ツtsu "
        "テte トto ナna ニni ヌnu ネne ノno ハha ヒhi フfu ヘhe ホho マma ミmi ムmu メme モmo ヤya "
        "ユyu ヨyo ラra リri ルru レre ロro ワwa ヲo ンn ガga ギgi グgu ゲge ゴgo ザza ジji ズzu "
        "ゼze ゾzo ダda ヂji ヅzu デde ドdo バba ビbi ブbu ベbe ボbo パpa ピpi プpu ペpe ポpo ヴvu "
    ).split()
}
_SMALL = {"ャ": "a", "ュ": "u", "ョ": "o"}
_SMALL_VOWELS = {"ァ": "a", "ィ": "i", "ゥ": "u", "ェ": "e", "ォ": "o"}
_LONG = {"a": "ā", "i": "ī", "u": "ū", "e": "ē", "o": "ō"}
_KATAKANA = re.compile("[\u30a1-\u30fa\u30fc]+")


def japanese(family: str, given: str) -> tuple[Romanised, ...]:
    """Return a name in katakana in Hepburn, with macrons and as passports write long vowels; nothing for kanji."""
    if not (_KATAKANA.fullmatch(family) and _KATAKANA.fullmatch(given)):
        return ()
    names = [_hepburn(family), _hepburn(given)]
    found = [Romanised(names[0].capitalize(), names[1].capitalize(), "Hepburn")]
    if any("ō" in name or "ū" in name for name in names):
        for system, long_o, long_u in (("Hepburn with h", "oh", "u"), ("wāpuro", "ou", "uu")):
            family, given = (name.replace("ō", long_o).replace("ū", long_u).capitalize() for name in names)
            found.append(Romanised(family, given, system))
    return tuple(found)


def _hepburn(kana: str) -> str:
    written = ""
    doubled = False
    for char in kana:
        if char == "ッ":
            doubled = True
            continue
        if char == "ー":
            written = written[:-1] + _LONG.get(written[-1:], written[-1:])
            continue
        if char in _SMALL:
            stem = written[:-1]
            written = stem + ("" if stem.endswith(("sh", "ch", "j")) else "y") + _SMALL[char]
            continue
        if char in _SMALL_VOWELS:
            written = written[:-1] + _SMALL_VOWELS[char]
            continue
        sound = _KANA.get(char, "")
        if doubled and sound:
            written += "t" if sound.startswith("ch") else sound[0]
            doubled = False
        written += sound
    return written.replace("ou", "ō").replace("oo", "ō").replace("uu", "ū")


def hiragana(katakana: str) -> str:
    """Return katakana in hiragana."""
    return "".join(chr(ord(char) - 0x60) if "ァ" <= char <= "ヶ" else char for char in katakana)
