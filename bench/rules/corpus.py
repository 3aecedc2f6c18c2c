"""Articles of the invented world: 1 250 to 2 050 characters in English, Korean, Japanese and Chinese by turns."""

from bench.rules.dice import Dice, Zipf
from bench.rules.world import CONCEPTS, LANGUAGES, SMALL, Topic, world
from newswatch.model import MatchInput

SHORTEST, LONGEST = 1250, 2050

_TAILS = {
    "en": ["", "", "", "", "", "", "s", "s", "ed", "ing"],
    "ko": "은 는 이 가 을 를 의 에 에서 와 도 로 으로".split(),
    "ja": "の を に は が と で も から まで".split(),
    "zh": ["", "", "", "的", "在", "和", "将", "对"],
}
_VERBS = {
    "en": ["", "", ""],
    "ko": ["밝혔다", "말했다", "전했다", "했다", "예정이다"],
    "ja": ["した", "している", "すると述べた", "と発表した", "となった"],
    "zh": ["表示", "说", "举行", "宣布", "指出"],
}
_STOPS = {"en": ". ", "ko": ". ", "ja": "。", "zh": "。"}


def articles(count: int, *, seed: str = "articles") -> list[MatchInput]:
    """Make `count` articles. The first ones are the same whatever the count."""
    dice = Dice(seed)
    return [_article(dice, number, LANGUAGES[number % len(LANGUAGES)]) for number in range(count)]


def long_article(characters: int) -> MatchInput:
    """Make one article of at least so many characters, in all languages by turns."""
    parts, length = [], 0
    for article in articles(characters // SHORTEST + 1, seed="long"):
        parts.append(article.body)
        length += len(article.body)
        if length >= characters:
            break
    return MatchInput("Everything of the day", "\n\n".join(parts), "en")


class _Writer:
    """Writes about one topic in one language."""

    _usual = Zipf(CONCEPTS)
    _first = Zipf(25, shift=2.0)
    _within = Zipf(60, shift=8.0)

    def __init__(self, dice: Dice, language: str, topic: Topic) -> None:
        self._dice = dice
        self._language = language
        self._words = world().words[language]
        self._topic = topic

    def name(self) -> str:
        """Write a name: mostly of somebody of this topic, in the usual way."""
        dice = self._dice
        topic = self._topic if dice.chance(0.85) else dice.pick(world().topics)
        names = topic.actors[self._first.rank(dice)].names[self._language]
        return names[0] if dice.chance(0.8) else dice.pick(names)

    def concept(self) -> str:
        """Write a word of this topic."""
        concepts = self._topic.concepts
        return self._words[concepts[min(self._within.rank(self._dice), len(concepts) - 1)]]

    def piece(self) -> str:
        """Write a word or two with what follows them in the sentence."""
        dice, language = self._dice, self._language
        tail = dice.pick(_TAILS[language])
        kind = dice.random()
        if kind < 0.40:
            return dice.pick(SMALL[language]) if language == "en" else dice.pick(SMALL[language]) + self._word() + tail
        if kind < 0.86:
            return self._word() + tail
        if kind < 0.945:
            return self.concept() + tail
        if kind < 0.96:
            return world().phrase(language, dice.pick(self._topic.pairs)) + (tail if language != "en" else "")
        return self.name() + (tail if language != "en" else "")

    def _word(self) -> str:
        return self._words[self._usual.rank(self._dice)]

    def sentence(self) -> str:
        """Write a sentence with what ends it."""
        dice, language = self._dice, self._language
        pieces = [self.piece() for _ in range(dice.between(8, 20) if language == "en" else dice.between(4, 10))]
        if language == "en":
            text = " ".join(pieces)
            return text[0].upper() + text[1:] + ". "
        text = (" " if language == "ko" else "").join([*pieces, dice.pick(_VERBS[language])])
        return text + _STOPS[language]

    def title(self) -> str:
        """Write a headline."""
        words = [self.name(), self.concept(), self._word(), self.concept(), self._word()]
        if self._language in {"ja", "zh"}:
            return "、".join((words[0], "".join(words[1:])))
        return " ".join(words)


def _article(dice: Dice, number: int, language: str) -> MatchInput:
    writer = _Writer(dice, language, dice.pick(world().topics))
    title = writer.title()
    length = dice.between(SHORTEST, LONGEST)
    paragraphs: list[str] = []
    written = 0
    while written < length:
        paragraph = "".join(writer.sentence() for _ in range(dice.between(2, 4))).strip()
        paragraphs.append(paragraph)
        written += len(paragraph)
    return MatchInput(
        title=title,
        body="\n\n".join(paragraphs)[:length].rstrip(),
        language=language,
        source=f"courier-{number % 40}",
        url=f"https://courier.example/{language}/{number}",
    )
