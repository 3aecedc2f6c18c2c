"""How well copies are found: every text of a set is edited in the ways that copies differ, and looked up."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from bench.stories.sets import Labelled
from newswatch.group.assign import assign
from newswatch.group.settings import StorySettings
from newswatch.group.similarity import shingles
from newswatch.model import Relation, StoryCandidate

_BY_CHARACTER = frozenset({"ko", "ja", "zh"})
_JUNK = "Share this page\n\nMost read today\n\n"


@dataclass(frozen=True, slots=True)
class Copies:
    """Of the edited texts, the share that was found as a copy of its own, and of a text of another event."""

    edit: str
    found: float
    wrong: float


def _changed(share: float) -> Callable[[str, Random, str], str]:
    def edit(text: str, random: Random, other: str) -> str:
        units, glue = (list(text), "") if " " not in text else (text.split(" "), " ")
        strange = [unit for unit in (other.split(" ") if glue else list(other)) if unit.strip()] or ["x"]
        return glue.join(random.choice(strange) if random.random() < share else unit for unit in units)

    return edit


EDITS: dict[str, Callable[[str, Random, str], str]] = {
    "junk lines": lambda text, _random, _other: _JUNK + text + "\n\nAll rights reserved.",
    "10 % of words changed": _changed(0.1),
    "first 30 %": lambda text, _random, _other: text[: len(text) * 3 // 10],
    "lead alone": lambda text, _random, _other: text.split("\n\n")[0],
    "as much text added": lambda text, _random, other: f"{text}\n\n{other[: len(text)]}",
}


def score_copies(texts: Sequence[Labelled], settings: StorySettings) -> list[Copies]:
    """Return how edits of texts are found among all of them; nothing where all are short.

    Texts of less than 400 characters (200 of Korean, Japanese and Chinese) are not edited, only compared with.
    """
    candidates = [
        StoryCandidate(number, number, None, shingles(one.text, one.language), 0) for number, one in enumerate(texts)
    ]
    long = [
        number for number, one in enumerate(texts) if len(one.text) >= (200 if one.language in _BY_CHARACTER else 400)
    ]
    scores = []
    for name, edit in EDITS.items() if long else ():
        random = Random(0)
        found = wrong = 0
        for number in long:
            one, other = texts[number], texts[(number + len(texts) // 2) % len(texts)]
            copy = shingles(edit(one.text, random, other.text), one.language)
            assignment = assign(copy, candidates, settings)
            if assignment.relation is Relation.COPY and assignment.of_article_id is not None:
                of = texts[assignment.of_article_id]
                found += of.event == one.event
                wrong += of.event not in {one.event, other.event}
        scores.append(Copies(name, found / len(long), wrong / len(long)))
    return scores
