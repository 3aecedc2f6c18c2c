"""Stored text, and HTML without a tree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newswatch.extract.htmltext import html_to_paragraphs, page_to_paragraphs
from newswatch.extract.text import one_line, scrub, shorten, weight, word_count


def test_control_characters_and_surrogates_go_and_text_is_composed() -> None:
    assert scrub("a\x00b\x1b\ud800c\ufeff\u200bd\xad e\u0301\n") == "abcd é\n"


def test_joiners_that_carry_meaning_stay() -> None:
    assert scrub("می\u200cخواهم 👩\u200d🚀") == "می\u200cخواهم 👩\u200d🚀"


def test_line_breaks_inside_a_paragraph_are_collapsed() -> None:
    assert one_line(" one\n  two\r\nthree\u00a0four ") == "one two three four"
    assert one_line("日本の\n首相は\n ABC社を") == "日本の首相は ABC社を"
    assert one_line("한국의\n대통령") == "한국의 대통령"


@given(st.text())
def test_stored_text_can_be_stored(text: str) -> None:
    line = one_line(text)
    assert line.encode() or not line
    assert "\x00" not in line
    assert "\n" not in line
    assert one_line(line) == line


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("one two – three", 4),
        ("대통령은 13일 회담했다", 3),
        ("日本の首相", 3),
        ("苹果公司 Apple 2026", 4),
        ("", 0),
        ("ABC社", 2),
    ],
)
def test_words_of_unspaced_scripts_are_two_characters(text: str, count: int) -> None:
    assert word_count(text) == count


def test_weight_is_comparable_between_scripts() -> None:
    assert (weight("abcd"), weight("東京"), weight("서울")) == (4, 8, 4)


def test_shortening_ends_at_a_word() -> None:
    assert shorten("The mayors agreed, on Tuesday", 20) == "The mayors agreed…"
    assert shorten("short", 20) == "short"


def test_breaks_end_paragraphs_where_sentences_end() -> None:
    assert html_to_paragraphs("<p>One\n line<br>that goes on.<br>A new one</p>x<br><br>y") == [
        "One line that goes on.",
        "A new one",
        "x",
        "y",
    ]


def test_plain_text_keeps_its_lines() -> None:
    assert html_to_paragraphs("First &amp; last.\n\nSecond") == ["First & last.", "Second"]


def test_what_is_not_text_is_left_out() -> None:
    assert html_to_paragraphs("<p>a<script>b()</script></p><style>c</style><p>d<rt>e</rt></p>") == ["a", "d"]


def test_chrome_of_a_page_is_left_out() -> None:
    page = "<nav><p>Menu</p></nav><p>Text of the story.</p><div><a href=x>Only a link</a></div><footer>Imprint</footer>"
    assert page_to_paragraphs(page) == ["Text of the story."]


def test_depth_does_not_matter() -> None:
    assert html_to_paragraphs("<div>" * 50_000 + "deep" + "</div>" * 50_000) == ["deep"]


@given(st.text(alphabet="<>/abpbr &;!-\"'=\n", max_size=200))
def test_no_markup_is_an_error(markup: str) -> None:
    assert all(paragraph.strip() for paragraph in html_to_paragraphs(markup) + page_to_paragraphs(markup))
