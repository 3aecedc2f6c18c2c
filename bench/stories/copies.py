"""How well copies are found: every text of a set is edited in the ways that copies differ, and looked up."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from sqlalchemy import Connection

from bench.stories.newsdesk import newsdesk
from bench.stories.sets import Labelled
from newswatch.flag.matching import Engine
from newswatch.flag.ruleset import RuleSet
from newswatch.group.assign import assign
from newswatch.group.settings import StorySettings
from newswatch.group.similarity import sampled
from newswatch.model import Relation
from newswatch.store.shingles import Wanted, neighbours

_BY_CHARACTER = frozenset({"ko", "ja", "zh"})
_EVER = datetime(2000, 1, 1, tzinfo=UTC)
_LATER = 1 << 62  # an id of an article that comes after all others
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
    """Return how edits of texts are found among all of them, by the index in a database; nothing where all are short.

    Texts of less than 400 characters (200 of Korean, Japanese and Chinese) are not edited, only compared with.
    """
    long = [
        number for number, one in enumerate(texts) if len(one.text) >= (200 if one.language in _BY_CHARACTER else 400)
    ]
    if not long:
        return []
    with newsdesk(Engine(RuleSet()), texts[0], settings) as desk:
        number_of = {article_id: number for number, article_id in enumerate(desk.store(texts))}
        with desk.database.reading() as connection:
            return [_score(connection, name, edit, texts, long, number_of, settings) for name, edit in EDITS.items()]


def _score(
    connection: Connection,
    name: str,
    edit: Callable[[str, Random, str], str],
    texts: Sequence[Labelled],
    long: Sequence[int],
    number_of: Mapping[int, int],
    settings: StorySettings,
) -> Copies:
    random = Random(0)
    found = wrong = 0
    for number in long:
        one, other = texts[number], texts[(number + len(texts) // 2) % len(texts)]
        copy = sampled(edit(one.text, random, other.text), one.language)
        near = neighbours(connection, [Wanted(_LATER, copy, _EVER)]).get(_LATER, ())
        assignment = assign(copy.shingles, [each.in_story(each.article_id) for each in near], settings)
        if assignment.relation is Relation.COPY and assignment.of_article_id is not None:
            of = texts[number_of[assignment.of_article_id]]
            found += of.event == one.event
            wrong += of.event not in {one.event, other.event}
    return Copies(name, found / len(long), wrong / len(long))
