"""Ways of writing a name, each with where it comes from."""

import pytest

from newswatch.flag.hanscripts import han_forms
from newswatch.flag.romanise import hiragana, japanese, korean
from newswatch.flag.spelling import Variant, plain_variants, romanised, variants


def texts(name: str, language: str) -> list[str]:
    return [one.text for one in variants(name, language)]


def test_order_hyphen_and_spacing() -> None:
    assert [tuple(one) for one in variants("Lee|Jae-myung", "en")] == [
        ("Lee Jae-myung", "en", "given"),
        ("Jae-myung Lee", "en", "order"),
        ("Lee Jaemyung", "en", "hyphen"),
        ("Jaemyung Lee", "en", "order, hyphen"),
    ]
    assert texts("Takaichi|Sanae", "en") == ["Takaichi Sanae", "Sanae Takaichi"]
    assert texts("이|재명", "ko") == ["이재명", "이 재명"]
    assert texts("Cheong Wa Dae", "en") == ["Cheong Wa Dae"]
    assert texts("한국 대통령", "ko") == ["한국 대통령", "한국대통령"]


def test_han_scripts() -> None:
    assert texts("尹|锡悦", "zh") == ["尹锡悦", "尹 锡悦", "尹錫悅", "尹 錫悅", "尹錫悦", "尹 錫悦"]
    assert list(plain_variants("韩国总统", "zh")) == [
        Variant("韩国总统", "zh", "given"),
        Variant("韓國總統", "zh", "script"),
        Variant("韓国総統", "zh", "script"),
    ]
    assert han_forms("高市早苗") == ()
    assert set(han_forms("岸田文雄訪韓")) == {"岸田文雄访韩"}


@pytest.mark.parametrize(
    ("name", "revised", "older", "press"),
    [
        ("이|재명", "I Jae-myeong", "Yi Chae-myŏng", "Lee Jae-myung"),
        ("윤|석열", "Yun Seok-yeol", "Yun Sŏk-yŏl", "Yoon Suk-youl"),
        ("문|재인", "Mun Jae-in", "Mun Chae-in", "Moon Jae-in"),
        ("박|근혜", "Bak Geun-hye", "Pak Kŭn-hye", "Park Geun-hye"),
        ("조|현", "Jo Hyeon", "Cho Hyŏn", "Cho Hyun"),
        ("강|경화", "Gang Gyeong-hwa", "Kang Kyŏng-hwa", "Kang Kyung-hwa"),
        ("남궁|옥", "Namgung Ok", "Namgung Ok", "Namgung Ok"),
    ],
)
def test_korean_names_in_latin_letters(name: str, revised: str, older: str, press: str) -> None:
    found = korean(*name.split("|"))
    by_system = {system: f"{family} {given}" for family, given, system in reversed(found)}
    assert by_system["Revised Romanization"] == revised
    assert by_system["McCune-Reischauer"] == older
    assert press in {f"{family} {given}" for family, given, _ in found}


def test_family_names_as_people_spell_them() -> None:
    assert {one.family for one in korean("이", "재명")} == {"I", "Yi", "Lee", "Rhee"}
    assert {one.family for one in korean("박", "진")} == {"Bak", "Pak", "Park"}
    assert korean("李", "在明") == korean("이", "재Q") == ()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("タカイチ|サナエ", ["Takaichi Sanae"]),
        ("コウノ|タロウ", ["Kōno Tarō", "Kohno Taroh", "Kouno Tarou"]),
        ("キシダ|ユウコ", ["Kishida Yūko", "Kishida Yuko", "Kishida Yuuko"]),
        ("ハットリ|リョウイチ", ["Hattori Ryōichi", "Hattori Ryohichi", "Hattori Ryouichi"]),
        ("シンジョウ|ジュン", ["Shinjō Jun", "Shinjoh Jun", "Shinjou Jun"]),
        ("イ|ジェミョン", ["I Jemyon"]),
        ("ユーコ|チェッチ", ["Yūko Chetchi", "Yuko Chetchi", "Yuuko Chetchi"]),
        ("高市|早苗", []),
    ],
)
def test_japanese_names_in_latin_letters(name: str, expected: list[str]) -> None:
    assert [f"{family} {given}" for family, given, _ in japanese(*name.split("|"))] == expected


def test_only_korean_names_are_read_as_korean() -> None:
    assert korean("다카이치", "사나에") == korean("모테기", "도시미쓰") == ()
    assert {one.family for one in korean("황보", "영")} == {"Hwangbo"}


def test_which_name_is_romanised() -> None:
    both = {"ko": ["문|재인"], "ja": ["文|在寅", "ムン|ジェイン"]}
    assert {one.text for one in romanised(both)} >= {"Moon Jae-in", "Jae-in Moon", "Mun Chaein"}
    assert not any("Jein" in one.text for one in romanised(both))
    japanese_only = {"ko": ["기시다|후미오"], "ja": ["岸田|文雄", "キシダ|フミオ"], "en": ["Kishida|Fumio"]}
    assert [one.text for one in romanised(japanese_only)] == ["Kishida Fumio", "Fumio Kishida"]
    assert list(romanised({"zh": ["李|强"]})) == []


def test_kana() -> None:
    assert hiragana("ヴィ・タカイチー") == "ゔぃ・たかいちー"
    assert "たかいちさなえ" in texts("タカイチ|サナエ", "ja")
