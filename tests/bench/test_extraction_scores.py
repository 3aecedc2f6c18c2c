"""The scorer of the extraction benchmark, and the sets it reads."""

import json
from pathlib import Path

import pytest

from bench.extraction.__main__ import OWN, main
from bench.extraction.scores import PageScore, difference, score_page, score_set
from bench.extraction.sets import read_sets


def test_a_page_is_scored_by_shingles_of_four_words() -> None:
    # of "a b c d e" (2 shingles) one is found; the other found one is wrong
    assert score_page("a b c d e", "a b c d x") == PageScore(1 / 3, 1 / 3, 1 / 3)
    assert score_page("a, b c. D", "a b c D").f1 == 1
    assert score_page("a b c d", "A b c d").f1 == 0
    assert score_page("a b", "a b").f1 == 1  # fewer than four words are one shingle


def test_a_repeated_shingle_counts_as_often_as_it_stands() -> None:
    score = score_page("a b c d a b c d", "a b c d")
    assert (score.precision, score.recall) == (1.0, 0.2)


def test_nothing_for_nothing_is_right_and_something_for_nothing_is_not() -> None:
    assert score_page("", "").f1 == 1
    assert score_page("", "a").f1 == 0
    assert score_page("a", "").f1 == 0


def test_a_set_has_the_f1_of_its_mean_precision_and_recall() -> None:
    right, half, bad = (
        score_page("a b c d e f", "a b c d e f"),
        score_page("a b c d e", "a b c d"),
        score_page("a", "b"),
    )
    score = score_set([right, half, bad])
    assert score.precision == pytest.approx(2 / 3)
    assert score.recall == pytest.approx(0.5)
    assert score.f1 == pytest.approx(2 * (2 / 3) * 0.5 / (2 / 3 + 0.5))
    assert score.bad == pytest.approx(1 / 3)
    assert score.exact == pytest.approx(1 / 3)


def test_a_difference_has_bounds() -> None:
    good, bad = [score_page("a b c d", "a b c d")] * 10, [score_page("a b c d e", "a b c d")] * 10
    whole, low, high = difference(good, bad)
    assert whole == pytest.approx(1 - 2 / 3)
    assert low <= whole <= high


def test_a_folder_with_several_sets_gives_all_of_them(tmp_path: Path) -> None:
    benchmark = tmp_path / "benchmark"
    (benchmark / "html").mkdir(parents=True)
    (benchmark / "ground-truth.json").write_text(
        json.dumps({"k1": {"articleBody": "Text.", "url": "https://a.example/"}})
    )
    own = tmp_path / "own"
    own.mkdir()
    (own / "one.html").write_text("<p>Text.</p>")
    (own / "one.json").write_text(json.dumps({"paragraphs": ["Text.", "More."], "language": "en"}))
    sets = read_sets(tmp_path)
    assert [(found.name, len(found.pages)) for found in sets] == [("benchmark", 1), ("own", 1)]
    assert (sets[1].pages[0].text, sets[1].pages[0].body()) == ("Text.\nMore.", b"<p>Text.</p>")


def test_a_folder_without_a_set_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 2
    assert main([str(tmp_path / "none")]) == 2
    assert "no such folder" in capsys.readouterr().err


def test_the_pages_of_the_tests_are_all_right() -> None:
    [own] = read_sets(OWN)
    from bench.extraction.extractors import extractors

    ours = extractors()["newswatch"]
    scores = [score_page(page.text, ours(page.body(), page.url)) for page in own.pages]
    assert score_set(scores).f1 == 1
