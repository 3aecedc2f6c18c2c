"""Rules from examples: candidates, contrast, clauses."""

from random import Random

import pytest

from newswatch.flag.candidates import offers
from newswatch.flag.contrast import contrast
from newswatch.flag.matching import Engine
from newswatch.flag.query import parse
from newswatch.flag.ruleset import RuleSet
from newswatch.flag.suggest import Suggester, Suggestion
from newswatch.model import MatchInput
from tests.flag.helpers import article, pack

_FILLER = (
    "The island has three ferries and a market that opens on Fridays. People sell bread, nets and lamps there. "
    "A choir sings in the old hall. Children learn to sail. The mayor plants trees. Rain fell at night."
)
_FAR = "Nobody minds the weather here, and the old clock still tells the hours to those who pass below it. " * 3


def archive(number: int = 200) -> list[MatchInput]:
    """Return articles about everyday things, some with words of the examples, never near each other."""
    random = Random(7)
    words = _FILLER.replace(".", "").split()
    found = []
    for index in range(number):
        text = ". ".join(" ".join(random.choices(words, k=9)) for _ in range(6))
        if index % 20 == 0:
            text += f". A strike of lightning. {_FAR} The harbour is calm."
        found.append(article(text, title=" ".join(random.choices(words, k=4))))
    return found


def suggest(
    examples: list[MatchInput], others: list[MatchInput] | None = None, rules: RuleSet | None = None
) -> Suggestion:
    suggester = Suggester(rules or RuleSet(), examples, others or [])
    seen = archive()
    for one in seen:
        suggester.observe(one)
    return suggester.suggest(seen.__getitem__)


def found_by(suggestion: Suggestion, texts: list[MatchInput]) -> list[bool]:
    engine = Engine(suggestion.ruleset)
    return [bool(engine.match(text)) for text in texts]


STRIKES = [
    article("The harbour strike began at noon. Cranes stood still. The harbour strike goes on.", title="Cranes stop"),
    article("Workers began a strike at the harbour of Eastport. The strike will last; the harbour is closed."),
    article("No ship left the harbour: the strike is in its third day. Union leaders of the strike met."),
]


def test_contrast_grows_with_the_difference_and_with_the_evidence() -> None:
    assert contrast(10, 1000, 10, 100_000) > contrast(10, 1000, 100, 100_000) > contrast(10, 1000, 1000, 100_000)
    assert contrast(20, 2000, 20, 200_000) > contrast(10, 1000, 10, 100_000) > contrast(1, 100, 1, 10_000)
    assert contrast(10, 1000, 1000, 100_000) == pytest.approx(0, abs=0.05)
    assert contrast(0, 1000, 1000, 100_000) < 0
    # seen once and never elsewhere proves less than seen often and rarely elsewhere
    assert contrast(1, 300, 0, 100_000) < contrast(6, 300, 12, 100_000)
    assert contrast(0, 0, 0, 0) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("texts", "wanted", "unwanted"),
    [
        (
            ["The Harbour Strike began. A harbour strike is long.", "The harbour strike ended."],
            {"harbour strike"},
            {"the", "harbour", "a harbour strike", "strike"},
        ),
        (["정상회담을 했다. 정상회담이 열렸다.", "정상회담은 끝났다."], {"정상회담"}, {"정상회담을", "정상회", "했다"}),
        (["日韓首脳会談を開いた。日韓首脳会談は成功した。"], {"日韓首脳会談"}, {"首脳会談を", "韓首脳", "を開"}),
        (["首脑会谈在首尔举行。首脑会谈的结果。", "首脑会谈"], {"首脑会谈"}, {"首脑会谈在", "首脑会", "会谈在"}),
        (["シャトル外交を再開。シャトル外交だ。"], {"シャトル外交"}, {"トル外交", "シャト"}),
    ],
)
def test_candidates(texts: list[str], wanted: set[str], unwanted: set[str]) -> None:
    found = set(offers([article(text) for text in texts]))
    assert wanted <= found
    assert not unwanted & found


def test_candidates_are_shown_as_they_are_written_in_the_text() -> None:
    found = offers([article("The strike of Eastport. A strike!", title="Strike In Eastport")])
    assert found["strike"].shown == "strike"
    assert found["eastport"].shown == "Eastport"
    assert (found["strike"].count, found["strike"].headline, found["strike"].articles) == (3, True, {0})


def test_a_suggestion_finds_the_examples_and_leaves_the_archive() -> None:
    suggestion = suggest(STRIKES)
    assert suggestion.query == "strike NEAR/3 harbour"
    assert found_by(suggestion, STRIKES) == [True, True, True]
    assert found_by(suggestion, archive()).count(True) == 0
    assert suggestion.missed == ()
    terms = {term.query: term for term in suggestion.terms}
    assert (terms["strike"].examples, terms["strike"].archive) == (3, 10)
    assert suggestion.terms[0].contrast > 3
    assert suggestion.alternatives


def test_a_suggestion_for_two_subjects_has_two_clauses() -> None:
    choirs = [article("오늘 합창단 공연이 열렸다. 합창단 공연은 길었다.", language="ko") for _ in range(2)]
    suggestion = suggest([*STRIKES, *choirs])
    assert len(suggestion.clauses) == 2
    assert all(found_by(suggestion, [*STRIKES, *choirs]))
    assert found_by(suggestion, [article("합창단 공연을 했다.", language="ko")]) == [True]


PEOPLE = """
[[entities]]
id = "quill"
name = "Aster Quill"
type = "person"
names = { en = "Quill|Aster", ko = "퀼|애스터" }
"""


def test_names_become_entities_and_their_parts_are_left_out() -> None:
    examples = [
        article("Aster Quill won a chess match. Quill Aster plays chess.", title="Aster Quill wins"),
        article("The chess final was won by Aster Quill. Chess is her life.", title="Chess: Aster Quill again"),
    ]
    suggestion = suggest(examples, rules=pack("alpha", extra=PEOPLE))
    assert "@quill" in suggestion.query
    assert not {"Aster", "Quill", '"Aster Quill"'} & {term.query for term in suggestion.terms}
    assert found_by(suggestion, [article("Chess news: Quill Aster resigns her chess match.")]) == [True]


def test_what_must_not_be_found_is_kept_out() -> None:
    others = [
        article("A strike in football: the harbour team of Eastport scored. Football is fun."),
        article("The harbour strike of the football league began in football."),
    ]
    suggestion = suggest(STRIKES, others)
    assert found_by(suggestion, STRIKES) == [True, True, True]
    assert found_by(suggestion, others) == [False, False]
    assert "football" in suggestion.query


def test_examples_without_anything_in_common_with_words() -> None:
    suggestion = suggest([article("… 12 34 !")])
    assert (suggestion.query, suggestion.terms, suggestion.missed) == ("", (), (0,))
    assert suggestion.ruleset.rules == ()


def test_without_an_archive() -> None:
    suggester = Suggester(RuleSet(), STRIKES)
    assert found_by(suggester.suggest(), STRIKES) == [True, True, True]


def test_without_a_second_look_at_the_archive() -> None:
    suggester = Suggester(RuleSet(), STRIKES)
    for one in archive():
        suggester.observe(one)
    suggestion = suggester.suggest()
    assert found_by(suggestion, STRIKES) == [True, True, True]
    assert suggestion.clauses[0].archive == 10


@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_suggested_is_a_query_that_finds_what_it_says(seed: int) -> None:
    random = Random(seed)
    words = "alpha beta gamma delta 정상회담 대통령 首脳会談 高市首相 (x) \"q\" it's O'Neil A*B".split()
    texts = [article(" ".join(random.choices(words, k=12)) + ". " + _FILLER) for _ in range(6)]
    suggestion = suggest(texts[:4], texts[4:])
    if suggestion.query:
        parse(suggestion.query)
        missed = [number for number, hit in enumerate(found_by(suggestion, texts[:4])) if not hit]
        assert not suggestion.excluded or missed
        if not suggestion.excluded:
            assert missed == list(suggestion.missed)
    seen = archive()
    hits = [number for number, hit in enumerate(found_by(suggestion, seen)) if hit]
    assert set(hits) <= set(suggestion.possible)
