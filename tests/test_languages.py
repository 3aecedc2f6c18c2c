"""Language tags: what takes what."""

import pytest

from newswatch.languages import chinese_script_of, compared, narrower, primary, taken_by, takes


@pytest.mark.parametrize(
    ("wanted", "tag", "taken"),
    [
        (["zh"], "zh-Hant", True),
        (["ZH"], "zh", True),
        (["zh-Hant"], "zh-Hant", True),
        (["zh-TW"], "zh-Hant", True),
        (["zh_hk"], "zh-Hant", True),
        (["zh-hans-CN"], "zh-Hans", True),
        (["zh-Hant"], "zh-Hans", False),
        (["zh-Hant"], "zh", False),  # not known to be so
        (["ja", "zh-CN"], "zh-Hans", True),
        (["en"], "en-GB", True),
        (["en-GB"], "en", True),  # nobody tells countries by the text
        (["en-SG"], "en", True),
        (["ko"], "kok", False),
        ([], "ko", False),
    ],
)
def test_a_tag_takes_what_is_in_its_language_and_script(wanted: list[str], tag: str, taken: bool) -> None:
    assert takes(wanted, tag) is taken


def test_parts_of_tags() -> None:
    assert (primary("zh_Hant_TW"), primary("KO-kr"), primary("")) == ("zh", "ko", "")
    assert (chinese_script_of("zh-MO"), chinese_script_of("yue-Hans-HK"), chinese_script_of("zh")) == (
        "Hant",
        "Hans",
        None,
    )
    assert (compared("zh-sg"), compared("ko-KR"), compared("en-SG")) == ("zh-Hans", "ko", "en")
    assert (taken_by("zh-Hans"), taken_by("zh"), taken_by("ko-KR")) == (("zh-Hans", "zh"), ("zh",), ("ko",))


def test_what_two_lists_have_in_common() -> None:
    assert narrower({"zh", "ko"}, {"zh-Hant", "ja"}) == {"zh-Hant"}
    assert narrower({"zh-Hans"}, {"zh-Hant"}) == frozenset()
    assert narrower({"zh", "ja"}, {"zh", "ko"}) == {"zh"}
