"""Highlights are exact, also where words have no spaces between them; passages are short and cut between words."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newswatch.model import Evidence, MatchedArticle, Snippet
from newswatch.notify.snippets import MAX_CHARACTERS, MAX_SNIPPETS, choose_snippets, pieces
from newswatch.notify.text import cluster_count
from tests.notify.values import evidence, match


def snippets(
    body: str, *found: Evidence, title: str = "", languages: dict[int, str] | None = None
) -> tuple[Snippet, ...]:
    item = MatchedArticle(1, title, body, match(*found))
    return choose_snippets([item], languages=languages or {1: "en"}, sources={1: "Source"})


def marked(snippet: Snippet) -> list[str]:
    return [snippet.text[start:end] for start, end in snippet.highlights]


CORPUS = [
    ("이재명 대통령과 다카이치 사나에 총리가 나라현에서 정상회담을 했다.", ["이재명", "다카이치 사나에", "정상회담"]),
    ("高市早苗首相と李在明大統領が奈良市で会談した。", ["高市早苗", "李在明", "奈良"]),
    ("日本首相高市早苗与韩国总统李在明在奈良举行会谈。", ["高市早苗", "李在明", "会谈"]),
    ("Prime Minister Takaichi met Mr. Lee in Nara on Jan. 13.", ["Takaichi", "Lee", "Nara"]),
]


@pytest.mark.parametrize(("body", "words"), CORPUS)
def test_every_mention_is_highlighted_and_the_sentence_is_whole(body: str, words: list[str]) -> None:
    (snippet,) = snippets(body, *(evidence(body, word) for word in words))

    assert snippet.text == body
    assert marked(snippet) == words


@pytest.mark.parametrize(("sentence", "words"), CORPUS)
def test_long_passages_are_cut_around_the_mentions(sentence: str, words: list[str]) -> None:
    filler = sentence.translate(str.maketrans("。.", "、,")) * 12
    body = filler + sentence
    at = len(filler)
    found = [
        Evidence("body", start, start + len(word), word, word) for word in words for start in [body.index(word, at)]
    ]

    (snippet,) = snippets(body, *found)

    assert cluster_count(snippet.text) <= MAX_CHARACTERS
    assert snippet.text.startswith("…")
    assert marked(snippet) == words


def test_cuts_fall_between_words() -> None:
    body = "antidisestablishment " * 30 + "Nara" + " counterrevolutionary" * 30

    (snippet,) = snippets(body, evidence(body, "Nara"))

    assert cluster_count(snippet.text) <= MAX_CHARACTERS
    assert set(snippet.text.strip("…").split()) == {"antidisestablishment", "Nara", "counterrevolutionary"}
    assert snippet.text.startswith("…antidis")
    assert snippet.text.endswith("ary…")


def test_a_passage_for_each_term_in_the_order_of_the_text() -> None:
    body = "Takaichi spoke first.\n\nNothing here.\n\nThen Lee answered. Lee and Takaichi had been asked about Nara."
    found = [evidence(body, word, nth=n) for word, n in (("Takaichi", 0), ("Takaichi", 1), ("Lee", 0), ("Nara", 0))]

    (only,) = snippets(body, *found, evidence(body, "Lee", nth=1))

    assert only.text == "Lee and Takaichi had been asked about Nara."
    assert marked(only) == ["Lee", "Takaichi", "Nara"]


def test_further_passages_must_show_something_new() -> None:
    body = "One summit. Two summit. Three Nara. Four Lee. Five Kim."
    found = [
        evidence(body, word, nth=n) for word, n in (("summit", 0), ("summit", 1), ("Nara", 0), ("Lee", 0), ("Kim", 0))
    ]

    chosen = snippets(body, *found)

    assert [snippet.text for snippet in chosen] == ["One summit.", "Three Nara.", "Four Lee."]
    assert len(chosen) == MAX_SNIPPETS


def test_the_same_in_another_language_is_shown_too() -> None:
    english, korean, copy = "They met in Nara.", "그들은 나라에서 만났다.", "They met in Nara."
    items = [
        MatchedArticle(1, "", english, match(evidence(english, "Nara", entity="nara"))),
        MatchedArticle(2, "", copy, match(evidence(copy, "Nara", entity="nara"))),
        MatchedArticle(3, "", korean, match(evidence(korean, "나라", entity="nara"))),
    ]

    chosen = choose_snippets(items, languages={1: "en", 2: "en", 3: "ko"}, sources={1: "A", 2: "B", 3: "C"})

    assert [(snippet.source_name, snippet.language, marked(snippet)) for snippet in chosen] == [
        ("A", "en", ["Nara"]),
        ("C", "ko", ["나라"]),
    ]


def test_overlapping_rules_give_one_highlight() -> None:
    body = "The South Korea Japan summit ended."
    items = [
        MatchedArticle(1, "", body, match(evidence(body, "South Korea"), rule="a")),
        MatchedArticle(1, "", body, match(evidence(body, "Korea Japan"), rule="b")),
    ]

    (snippet,) = choose_snippets(items, languages={}, sources={})

    assert marked(snippet) == ["South Korea Japan"]


def test_the_title_is_quoted_only_if_nothing_else_is() -> None:
    title, body = "Summit in Nara", "The summit began."
    in_title, in_body = evidence(title, "Nara", field="title"), evidence(body, "summit")

    assert [s.field for s in snippets(body, in_title, in_body, title=title)] == ["body"]
    assert [s.field for s in snippets(body, in_title, title=title)] == ["title"]


def test_initials_and_abbreviations_do_not_end_a_sentence() -> None:
    body = "On Jan. 13 U.S. officials, Mr. J. Smith among them, saw Nara. Then they left."

    (snippet,) = snippets(body, evidence(body, "Nara"))

    assert snippet.text == "On Jan. 13 U.S. officials, Mr. J. Smith among them, saw Nara."


def test_a_mention_longer_than_a_snippet_is_cut() -> None:
    body = "word " * 100

    (snippet,) = snippets(body, Evidence("body", 0, 499, body[:499], "word"))

    assert cluster_count(snippet.text) <= MAX_CHARACTERS
    assert snippet.highlights == ((0, len(snippet.text) - 1),)


@pytest.mark.parametrize("span", [(-1, 3), (3, 3), (5, 99), (99, 100)])
def test_spans_outside_the_text_are_ignored(span: tuple[int, int]) -> None:
    assert snippets("short text", Evidence("body", *span, "x", "x")) == ()


ALPHABET = st.sampled_from("ab e\u0301 .,。、\n\u202e\x00\ud800각日本カナ👨‍👩‍👧")


@given(
    text=st.lists(ALPHABET, max_size=500).map("".join),
    places=st.lists(st.tuples(st.integers(0, 500), st.integers(1, 9))),
)
def test_whatever_the_text(text: str, places: Sequence[tuple[int, int]]) -> None:
    found = [Evidence("body", start, start + length, "", str(length % 3)) for start, length in places]

    for snippet in snippets(text, *found):
        assert cluster_count(snippet.text) <= MAX_CHARACTERS
        assert all(char.isprintable() or char in "\u200d\u0301" for char in snippet.text)
        last = 0
        for start, end in snippet.highlights:
            assert last <= start < end <= len(snippet.text)
            last = end


def test_pieces_are_the_whole_passage() -> None:
    found = [*pieces(Snippet("In Nara, Nara", ((3, 7), (9, 13)), "body"))]
    assert found == [("In ", False), ("Nara", True), (", ", False), ("Nara", True), ("", False)]
    assert [*pieces(Snippet("no highlight", (), "body"))] == [("no highlight", False)]
