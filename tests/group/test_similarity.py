"""What the sample of a text finds again: edits, cuts and additions, and nothing else."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newswatch.group.similarity import containment, sampled
from newswatch.model import KEYS

TEXTS: dict[str, str] = json.loads((Path(__file__).parent / "data" / "texts.json").read_text(encoding="utf-8"))
EN, EN_OTHER, KO, JA, ZH = TEXTS["en"], TEXTS["other"], TEXTS["ko"], TEXTS["ja"], TEXTS["zh"]
LANGUAGES = ["en", "ko", "ja", "zh"]


def shingles(text: str, language: str) -> frozenset[int]:
    return sampled(text, language).shingles


def alike(language: str, one: str, other: str) -> float:
    return containment(shingles(one, language), shingles(other, language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_text_is_the_same(language: str) -> None:
    assert alike(language, TEXTS[language], TEXTS[language]) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_added_lines_do_not_hide_a_copy(language: str) -> None:
    text = TEXTS[language]
    junk = {
        "en": EN_OTHER,
        "ko": "무단 전재 및 재배포 금지. 많이 본 기사.",
        "ja": "無断転載を禁じます。",
        "zh": "版权所有。",
    }
    assert alike(language, text, f"{junk[language]}\n\n{text}") >= 0.9


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_cut_copy_is_a_copy(language: str) -> None:
    text = TEXTS[language]
    for share in (0.6, 0.3):
        assert alike(language, text, text[: int(len(text) * share)]) >= 0.8


@pytest.mark.parametrize("language", LANGUAGES)
def test_case_width_punctuation_and_breaks_do_not_matter(language: str) -> None:
    text = TEXTS[language]
    other = text.upper().replace(". ", ".\n\n").replace("。", "。\n").replace(",", " ;").replace("13", "１３")
    assert alike(language, text, other) >= 0.95


def test_an_edited_copy_is_a_copy() -> None:
    words = EN.split()
    for number in range(7, len(words), 20):  # every twentieth word
        words[number] = "changed"
    assert alike("en", EN, " ".join(words)) >= 0.5


@pytest.mark.parametrize(
    ("language", "one", "other"), [("en", EN, EN_OTHER), ("ko", KO, KO[::-1]), ("ja", JA, ZH), ("zh", ZH, JA)]
)
def test_other_texts_share_nothing(language: str, one: str, other: str) -> None:
    assert alike(language, one, other) < 0.1


def test_a_text_is_the_same_whether_its_script_is_known_or_not() -> None:
    assert shingles(ZH, "zh") == shingles(ZH, "zh-Hans")


def test_a_short_text_is_compared_with_a_long_one() -> None:
    lead = " ".join(EN.split()[:60])
    assert alike("en", EN, lead) >= 0.8
    assert alike("en", EN_OTHER, lead) < 0.3


def test_very_short_texts_still_have_shingles() -> None:
    for language, text in (("en", "Ferry returns"), ("ko", "여객선"), ("ja", "船"), ("en", "one")):
        assert len(shingles(text, language)) == 1
        assert alike(language, text, text) == 1
    assert shingles("☃ … !", "en") == frozenset()
    assert containment(frozenset(), shingles(EN, "en")) == 0


def test_shingles_fit_signed_sql_integers() -> None:
    assert all(-(2**63) <= value < 2**63 for value in shingles(EN, "en"))
    assert any(value < 0 for value in shingles(EN, "en"))


def test_shingles_are_the_same_in_every_process() -> None:
    code = (
        "from newswatch.group.similarity import sampled; "
        "print(sorted(sampled('one two three four five', 'en').shingles))"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    }
    assert runs == {"[-3707953515704342447, 1836196124012518098]\n"}


def test_a_sample_is_about_an_eighth() -> None:
    long = " ".join(f"word{number}" for number in range(8_000))
    assert 800 < len(shingles(long, "en")) < 1_200


def test_a_hostile_text_gives_a_bounded_sample() -> None:
    assert len(shingles(" ".join(str(number) for number in range(100_000)), "en")) <= 4_096


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_copy_has_keys_of_its_original(language: str) -> None:
    text = TEXTS[language]
    whole = sampled(text, language)
    assert len(whole.keys) == len(set(whole.keys)) == min(KEYS, len(whole.shingles))
    assert whole.shingles.issuperset(whole.keys)
    for part in (text[: len(text) // 5], text[-len(text) // 2 :], f"{TEXTS['other'][:300]}\n\n{text}"):
        assert not sampled(part, language).shingles.isdisjoint(whole.keys)


def test_a_lead_and_what_becomes_of_it_find_each_other() -> None:
    lead, whole = (sampled(text, "en") for text in (" ".join(EN.split()[:60]), EN))
    assert set(whole.keys[:4]) <= lead.shingles
    assert set(whole.keys[:4]) <= set(lead.keys)


@given(st.text(max_size=200), st.sampled_from(["en", "ko", "und"]))
def test_any_text_has_shingles_like_itself(text: str, language: str) -> None:
    own = shingles(text, language)
    assert containment(own, own) in {0.0, 1.0}
