"""The language of a text, also of a headline, by the text and not by its tag."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newswatch.extract.language import detect_language, primary_tag

_FILE = Path(__file__).parent / "data" / "headlines.languages.tsv"
HEADLINES = [tuple(line.split("\t", 1)) for line in _FILE.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(("language", "headline"), HEADLINES)
def test_a_headline_is_enough(language: str, headline: str) -> None:
    guess = detect_language(headline)
    assert guess.language == language
    assert 0 < guess.confidence <= 1


@pytest.mark.parametrize(("language", "headline"), HEADLINES)
def test_a_wrong_tag_does_not_mislead(language: str, headline: str) -> None:
    wrong = "en-US" if language != "en" else "ko-KR"
    assert detect_language(f"{headline}. {headline}", hints=[wrong]).language == language


def test_a_tag_decides_where_the_text_does_not() -> None:
    assert detect_language("首脳会談開催", hints=["ja"]).language == "ja"
    assert detect_language("首脳会談開催").language == "zh"
    assert detect_language("Dengan selamat", hints=["ms"]).language == "ms"


def test_english_names_do_not_change_a_korean_text() -> None:
    assert detect_language("BTS 'Dynamite' 빌보드 Hot 100 1위").language == "ko"
    assert detect_language("Apple、iPhone 17を発表").language == "ja"


def test_confidence_grows_with_the_text() -> None:
    short = detect_language("The ferry is back")
    long = detect_language(
        "The ferry is back, and the mayors said that it would leave on time from the old pier in March."
    )
    assert short.confidence < long.confidence
    assert long.confidence > 0.9


@pytest.mark.parametrize("text", ["", "12 345", "+ ↺ − 16 px", "☃☃☃"])
def test_without_words_the_language_is_unknown(text: str) -> None:
    guess = detect_language(text)
    assert (guess.language, guess.confidence < 0.2) == ("und", True)


@given(st.text(max_size=60))
def test_any_text_has_an_answer(text: str) -> None:
    assert 0 <= detect_language(text, hints=["xx", None, "zh-Hant-TW"]).confidence <= 1


@pytest.mark.parametrize(
    ("tag", "primary"),
    [("en-GB", "en"), ("zh_CN", "zh"), ("yue", "zh"), ("no", "nb"), ("english", None), ("", None), (None, None)],
)
def test_tags_are_reduced_to_their_language(tag: str | None, primary: str | None) -> None:
    assert primary_tag(tag) == primary
