"""Folding, and the way back to the original text."""

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newswatch.flag.normalise import Folded, fold, fold_case

SAME = [
    ("Lee Jae-myung", "Lee Jae\u2011myung"),  # non-breaking hyphen
    ("Lee Jae-myung", "Lee Jae–myung"),
    ("Lee Jae-myung", "LEE  JAE\u00a0MYUNG"),
    ("Lee Jae-myung", "Lee Jae Myung"),
    ("이재명", unicodedata.normalize("NFD", "이재명")),
    ("李", "\uf9e1"),  # the compatibility ideograph of some Korean encodings
    ("高市早苗", "髙市早苗"),
    ("山崎", "山﨑"),
    ("タカイチ", "ﾀｶｲﾁ"),
    ("ガギグ", "ｶﾞｷﾞｸﾞ"),
    ("タカイチ サナエ", "タカイチ・サナエ"),
    ("G7首脳会議", "Ｇ７首脳会議"),
    ("zero width", "ze\u200bro wid\u00adth"),
    ("café", "cafe\u0301"),
    ("Łódź", "lodz"),
    ("Ørsted", "orsted"),
    ("Straße", "STRASSE"),
    ("ΣΊΣΥΦΟΣ", "Σίσυφος"),
    ("don’t", "don't"),
    ("AT&T", "at t"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_ways_of_writing_that_are_the_same(one: str, other: str) -> None:
    assert fold(one) == fold(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [("バス", "ハス"), ("한국", "한구"), ("resume", "résumés"), ("ー", ""), ("李在明", "李在"), ("우리나라", "나라")],
)
def test_ways_of_writing_that_differ(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Lee’s", "lee s"),
        ("U.S.-led", "u s led"),
        ("G7首脳会議", "g7 首脳会議"),
        ("APEC에서", "apec 에서"),
        ("李대통령", "李 대통령"),
        ("ﾊﾟｸ・ｸﾈ", "パク クネ"),
        ("ラーメン", "ラーメン"),
        ("2026年1月", "2026 年 1 月"),
        ("snake_case", "snake case"),
        ("हिन्दी में", "हिन्दी में"),
        ("…!?、。", ""),
        ("", ""),
    ],
)
def test_words(text: str, words: str) -> None:
    assert fold(text) == words


def test_case_is_kept_where_it_is_asked_for() -> None:
    assert fold_case("Ｕ.Ｓ. “Apple” 이재명") == "U S Apple 이재명"


def test_way_back_over_deleted_and_expanded_characters() -> None:
    text = "«Stra\u00adße» ﬁre ½ naïve"
    folded = Folded(text)
    assert folded.joined == " strasse fire 1 2 naive "
    assert [text[slice(*folded.span(start, end))] for start, end in zip(folded.starts, folded.ends, strict=True)] == [
        "Stra\u00adße", "ﬁre", "½", "½", "naïve",
    ]  # fmt: skip


TEXTS = st.text(
    alphabet=st.one_of(
        st.sampled_from("aZ é ß ø İ ﬁ … 이 재 고 高 髙 ｶ ﾞ ゙ ー・\u200b\u00ad\u0301\u1100\u1161\u11a8\ud800\x00\n'’-"),
        st.characters(),
    ),
    max_size=40,
)


@given(TEXTS)
@settings(max_examples=500, deadline=None)
def test_every_word_leads_back_to_text_that_folds_to_it(text: str) -> None:
    folded = Folded(text)
    last = 0
    for start, end in zip(folded.starts, folded.ends, strict=True):
        low, high = folded.span(start, end)
        assert last <= low < high <= len(text)
        # A ligature may hold the end of one word and the start of the next: then the stretch says more.
        assert folded.joined[start:end] in fold(text[low:high])
        last = low


@example("À\u1715")  # a mark that is no accent, and in canonical order stands before the accent
@given(TEXTS)
@settings(max_examples=300, deadline=None)
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)
