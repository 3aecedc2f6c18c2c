"""The invented world that the benchmark's articles tell of and its rules look for: words, names, topics.

Nothing in it comes from a text. Latin words are put together from syllables; Korean, Japanese and Chinese ones from the
characters of KS X 1001, JIS X 0208 level 1 and GB 2312 level 1, which are those in common use. What a topic is about
(a concept) has a word in each language, and who acts in it has a name in each script, as in real monitoring.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from bench.rules.dice import Dice, Zipf

LANGUAGES = ("en", "ko", "ja", "zh")
CONCEPTS = 12_000  # in the order of how often texts have them
TOPICS = 150
ACTORS = 25  # of each topic
_COMMON = 100  # the most frequent concepts, which no topic is about

SMALL = {
    "en": "the of to and in that a for on with said by at from as is was has had be are which not it".split(),
    "ko": ["그", "이", "두", "및", "또", "약", "더", "한", "전", "지난", "이번", "모든"],
    "ja": ["この", "その", "また", "さらに", "なお", "約", "全"],
    "zh": ["的", "了", "在", "和", "是", "将", "与", "对", "为", "也"],
}
"""Words without a subject, of which texts consist to a good part."""

_ONSETS = "b br c d dr f g gr h j k l m n p pr r s st t tr v w".split()
_VOWELS = "a a e e i o o u ai ea".split()
_CODAS = ["", "", "", "n", "r", "l", "s", "t", "nd", "m"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody in the news: ways of writing the name by language, the usual one first."""

    names: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Topic:
    """What a part of the news is about: its people, its concepts, pairs of concepts that stand together."""

    actors: tuple[Actor, ...]
    concepts: tuple[int, ...]
    pairs: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class World:
    """Words of each language by rank, and the topics."""

    words: dict[str, tuple[str, ...]]
    topics: tuple[Topic, ...]

    def phrase(self, language: str, pair: tuple[int, int]) -> str:
        """Return two concepts side by side."""
        first, second = (self.words[language][number] for number in pair)
        return f"{first}{second}" if language in {"ja", "zh"} else f"{first} {second}"


@cache
def world() -> World:
    """Make the world, the same one every time."""
    dice = Dice("world")
    makers: dict[str, Callable[[int], str]] = {
        "en": lambda rank: _latin(dice, 1 + dice.below(2) if rank < 200 else dice.between(2, 3)),
        "ko": _characters(dice, "euc_kr", 0xB0, 0xC8, 700, (2, 2, 2, 3)),
        "ja": _japanese(dice),
        "zh": _characters(dice, "gb2312", 0xB0, 0xD7, 1500, (2, 2, 2, 2, 3)),
    }
    words = {language: _different(makers[language]) for language in LANGUAGES}
    names = _Names(dice)
    usual = Zipf(CONCEPTS - _COMMON, shift=120.0)
    topics = []
    for _ in range(TOPICS):
        concepts = tuple(dict.fromkeys(_COMMON + usual.rank(dice) for _ in range(70)))[:60]
        pairs = tuple((dice.pick(concepts), dice.pick(concepts)) for _ in range(20))
        topics.append(Topic(tuple(names.actor() for _ in range(ACTORS)), concepts, pairs))
    return World(words, tuple(topics))


def _different(make: Callable[[int], str]) -> tuple[str, ...]:
    made: dict[str, None] = {}
    while len(made) < CONCEPTS:
        word = make(len(made))
        if word not in SMALL["en"]:
            made.setdefault(word)
    return tuple(made)


def _latin(dice: Dice, syllables: int) -> str:
    text = "".join(dice.pick(_ONSETS) + dice.pick(_VOWELS) for _ in range(syllables))
    return text + (dice.pick(_CODAS) if syllables > 1 else dice.pick("nrltsk"))


def _table(encoding: str, first_row: int, last_row: int) -> str:
    """Return the characters of some rows of an East Asian character set."""
    pairs = (bytes((row, cell)) for row in range(first_row, last_row + 1) for cell in range(0xA1, 0xFF))
    return "".join(pair.decode(encoding, "ignore") for pair in pairs)


def _pool(dice: Dice, encoding: str, first_row: int, last_row: int, count: int) -> str:
    return "".join(dice.sample(_table(encoding, first_row, last_row), count))


def _characters(
    dice: Dice, encoding: str, first_row: int, last_row: int, count: int, lengths: tuple[int, ...]
) -> Callable[[int], str]:
    pool, usual = _pool(dice, encoding, first_row, last_row, count), Zipf(count, shift=80.0)
    return lambda _rank: "".join(pool[usual.rank(dice)] for _ in range(dice.pick(lengths)))


def _japanese(dice: Dice) -> Callable[[int], str]:
    kanji = _characters(dice, "euc_jp", 0xB0, 0xCF, 1300, (2, 2, 2, 3))
    return lambda rank: _katakana(dice, dice.between(3, 5)) if dice.chance(0.2) else kanji(rank)


def _katakana(dice: Dice, count: int) -> str:
    return "".join(
        dice.pick("アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモラリルレロワ")
        for _ in range(count)
    )


class _Names:
    """Makes actors: a third each with Korean, Japanese and Western names, a few of them organisations."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self._hangul = _pool(dice, "euc_kr", 0xB0, 0xC8, 400)
        self._kanji = _pool(dice, "euc_jp", 0xB0, 0xCF, 700)
        self._hanzi = _pool(dice, "gb2312", 0xB0, 0xD7, 700)
        self._families = [_latin(dice, 1).title() for _ in range(60)]

    def actor(self) -> Actor:
        """Make one."""
        dice = self._dice
        kind = dice.below(10)
        if kind < 3:
            family, first, second = dice.pick(self._families), _latin(dice, 1).title(), _latin(dice, 1)
            latin = [f"{family} {first}-{second}", f"{family} {first}{second}"]
            latin += [f"{first}-{second} {family}", f"{first}{second} {family}"]
            return self._actor(latin, "".join(dice.pick(self._hangul) for _ in range(3)), 3)
        if kind < 6:
            family, given = _latin(dice, 3).title(), _latin(dice, 2).title()
            hangul = " ".join("".join(dice.pick(self._hangul) for _ in range(count)) for count in (4, 3))
            return self._actor([f"{given} {family}", f"{family} {given}"], hangul, 4)
        if kind < 9:
            given, family = _latin(dice, 2).title(), _latin(dice, dice.between(2, 3)).title()
            hangul = " ".join("".join(dice.pick(self._hangul) for _ in range(count)) for count in (2, 3))
            return self._actor([f"{given} {family}", f"{family}, {given}"], hangul, 0)
        name = _latin(dice, 3).title()
        return self._actor([f"{name} Group", f"{name} Holdings"], "".join(dice.pick(self._hangul) for _ in range(4)), 4)

    def _actor(self, latin: list[str], hangul: str, han: int) -> Actor:
        """`han` is how many characters the name has in Japanese and Chinese; 0 = it is only written by sound."""
        dice = self._dice
        sound = f"{_katakana(dice, 3)}・{_katakana(dice, 4)}"
        kanji = "".join(dice.pick(self._kanji) for _ in range(han))
        hanzi = "".join(dice.pick(self._hanzi) for _ in range(han or 4))
        return Actor({"en": tuple(latin), "ko": (hangul,), "ja": (kanji, sound) if han else (sound,), "zh": (hanzi,)})
