"""Groupings and copies are scored as their papers say, on sets that people give."""

import json
from pathlib import Path

import pytest

from bench.stories.copies import EDITS, score_copies
from bench.stories.scores import Score, b_cubed
from bench.stories.sets import Labelled, read_set
from newswatch.group.settings import StorySettings

DATA = Path(__file__).parents[1] / "group" / "data"


def test_b_cubed_of_the_example_in_the_paper() -> None:
    """Five, two and five items; the second grouping joins the first and the last."""
    right = "aaaaabbccccc"
    assert b_cubed("111112233333", right) == Score(1.0, 1.0)
    found = b_cubed("111112211111", right)
    assert (round(found.precision, 3), found.recall) == (0.583, 1.0)
    assert round(b_cubed("111112222222", right).precision, 3) == 0.762
    assert b_cubed("", "") == Score(0.0, 0.0)
    assert Score(0.0, 0.0).f1 == 0.0
    assert Score(0.5, 1.0).f1 == pytest.approx(2 / 3)


def test_sets_are_read_in_the_order_of_time(tmp_path: Path) -> None:
    texts = read_set(DATA / "events.jsonl")
    assert [one.at for one in texts] == sorted(one.at for one in texts)
    headlines = tmp_path / "headlines.csv"
    headlines.write_text("TITLE,STORY,TIMESTAMP\nLater,b,2000\nSooner,a,1000\n,,\n", "utf-8")
    assert [(one.title, one.event, one.language) for one in read_set(headlines)] == [
        ("Sooner", "a", "en"),
        ("Later", "b", "en"),
    ]
    wrong = tmp_path / "wrong.jsonl"
    wrong.write_text('{"title": "x"}\n', "utf-8")
    with pytest.raises(ValueError, match=r"wrong\.jsonl: not a labelled set"):
        read_set(wrong)


def test_edited_copies_are_found_and_nothing_else() -> None:
    given = json.loads((DATA / "texts.json").read_text("utf-8"))
    at = read_set(DATA / "events.jsonl")[0].at
    texts = [Labelled(name, "", text, "en" if name == "other" else name, at) for name, text in given.items()]
    scores = {one.edit: one for one in score_copies(texts, StorySettings())}
    assert scores.keys() == EDITS.keys()
    assert {one.wrong for one in scores.values()} == {0.0}
    assert scores["junk lines"].found == 1.0
    assert scores["first 30 %"].found == 1.0
    assert scores["lead alone"].found >= 0.75  # of four and more texts, some with leads of a line


def test_short_texts_are_not_edited() -> None:
    at = read_set(DATA / "events.jsonl")[0].at
    assert score_copies([Labelled("a", "", "Too short to cut.", "en", at)], StorySettings()) == []
