"""The script of Chinese, by the text."""

import pytest

from newswatch.extract.chinese import chinese_script
from newswatch.extract.language import detect_language

SIMPLIFIED = "两国首脑会谈后发表联合声明,渡轮下周复航。"
TRADITIONAL = "兩國領袖會談後發表聯合聲明,渡輪下週復航。"


@pytest.mark.parametrize(
    ("text", "script"),
    [
        (SIMPLIFIED, "Hans"),
        (TRADITIONAL, "Hant"),
        ("中日韩峰会在首尔举行", "Hans"),
        ("中日韓峰會在首爾舉行", "Hant"),
        ("文化中心", None),  # written alike
        ("王毅会见", None),  # two characters of a name may be quoted
        (f"{SIMPLIFIED}{TRADITIONAL}", None),
        (f"{TRADITIONAL * 3}他畢業於早稻田,著有《国会の学》。", "Hant"),  # a Japanese title
        ("", None),
    ],
)
def test_the_characters_tell(text: str, script: str | None) -> None:
    assert chinese_script(text) == script


@pytest.mark.parametrize(
    ("text", "hints", "tag"),
    [
        (SIMPLIFIED, ["zh-TW"], "zh-Hans"),  # the text is believed, not the page
        ("文化中心", ["zh-TW"], "zh-Hant"),
        ("文化中心", [None, "zh_CN"], "zh-Hans"),
        ("文化中心", ["en-US", "yue-HK"], "zh-Hant"),
        ("文化中心", ["en-SG"], "zh"),
        ("文化中心", [], "zh"),
        ("両首脳が会談し、共同声明を発表した。", ["zh-TW"], "ja"),
        ("한중 정상회담 개최", ["zh-CN"], "ko"),
    ],
)
def test_of_chinese_the_tag_names_the_script(text: str, hints: list[str | None], tag: str) -> None:
    guess = detect_language(text, hints=hints)
    assert (guess.tag, guess.language) == (tag, tag[:2])
