"""The gazetteer: names in every form, offices by date, short forms, other people of the same name."""

from datetime import date

import pytest

from newswatch.flag.explain import explain
from newswatch.flag.matching import Engine
from tests.flag.helpers import article, hit, matches, pack
from tests.flag.people import PEOPLE

WAYS = [
    ("@lee", "Lee Jae-myung"),
    ("@lee", "Lee Jae\u2011myung"),
    ("@lee", "Lee Jae–myung"),
    ("@lee", "Lee Jae Myung"),
    ("@lee", "Lee Jaemyung"),
    ("@lee", "LEE JAE-MYUNG"),
    ("@lee", "Jae-myung Lee"),
    ("@lee", "Jaemyung Lee’s"),
    ("@lee", "이재명"),
    ("@lee", "이재명은"),
    ("@lee", "이재명 대통령이"),
    ("@lee", "이 재명"),
    ("@lee", "\u110b\u1175\u110c\u1162\u1106\u1167\u11bc"),  # decomposed
    ("@lee", "李在明"),
    ("@lee", "\uf9e1在明氏"),
    ("@takaichi", "高市早苗"),
    ("@takaichi", "髙市早苗"),
    ("@takaichi", "高市　早苗"),
    ("@takaichi", "다카이치 사나에"),
    ("@takaichi", "다카이치사나에"),
    ("@takaichi", "ﾀｶｲﾁ･ｻﾅｴ"),
    ("@takaichi", "タカイチ・サナエ"),
    ("@takaichi", "Sanae Takaichi"),
]


@pytest.mark.parametrize(("query", "text"), WAYS)
def test_ways_of_writing_a_name(query: str, text: str) -> None:
    (match,) = matches(query, f"… {text} …", PEOPLE)
    assert {mention.entity for mention in match.evidence} == {query[1:]}


@pytest.mark.parametrize(
    "text", ["Lee", "Jae", "Myung Lee Jae", "Leed Jae-myung", "이재용", "李在", "高市場", "다카이치"]
)
def test_what_is_not_the_name(text: str) -> None:
    assert not hit("@lee OR @takaichi", text, PEOPLE)


def test_short_forms_need_a_full_form_or_a_partner() -> None:
    assert not hit("@lee NEAR/9 smiled", "Lee smiled", PEOPLE)
    assert hit("@lee NEAR/1 smiled", "Lee smiled. Nobody but Lee Jae-myung knew why.", PEOPLE)
    assert hit("@lee NEAR/1 smiled", article("Sanae Takaichi nodded, Lee smiled", published=date(2026, 1, 1)), PEOPLE)
    assert hit("@lee NEAR/1 smiled", "The Japanese premier nodded, Lee smiled", PEOPLE)
    assert not hit("@yoon NEAR/1 smiled", "The Japanese premier nodded, Yoon smiled", PEOPLE)
    too_early = article("Sanae Takaichi nodded, Lee smiled", published=date(2025, 7, 1))
    assert not hit("@lee NEAR/1 smiled", too_early, PEOPLE)


def test_short_forms_side_by_side_vouch_for_each_other() -> None:
    pair = PEOPLE.replace('id = "takaichi"', 'id = "takaichi"\nshort = { en = ["Sanae"] }\nshort_with = ["lee"]')
    day = date(2026, 1, 13)
    assert hit("@lee AND @takaichi", article("Lee and Sanae smiled", published=day), pair)
    assert not hit("@lee OR @takaichi", article("Lee smiled; far away from there Sanae did", published=day), pair)
    assert not hit("@lee", article("Lee and Sanae smiled", published=date(2024, 1, 1)), pair)  # no premier yet


def test_others_of_the_same_name() -> None:
    text = "Lee Jae-myung remembered Lee Kuan Yew and John Lee."
    (match,) = matches("@lee", text, PEOPLE)
    assert [mention.text for mention in match.evidence] == ["Lee Jae-myung"]
    assert not hit("@president", "a former South Korean president", PEOPLE)


@pytest.mark.parametrize(
    ("text", "day", "expected"),
    [
        ("Lee Jae-myung", date(2026, 1, 13), True),
        ("Lee Jae-myung", date(2024, 1, 13), False),
        ("Yoon Suk Yeol", date(2024, 1, 13), True),
        ("Yoon Suk Yeol", date(2026, 1, 13), False),
        ("President Yoon", date(2024, 1, 13), True),
        ("President Yoon", date(2026, 1, 13), False),
        ("President Lee", date(2025, 6, 4), True),
        ("President Lee", date(2025, 6, 3), True),  # the day is in UTC, the office began in Seoul
        ("President Lee", date(2025, 6, 2), False),
        ("윤 대통령", date(2022, 6, 1), True),
        ("국민이 대통령에게", date(2026, 6, 1), False),
        ("李大統領", date(2026, 6, 1), True),
        ("the South Korean president", date(1999, 1, 1), True),
        ("President Yoon", None, True),  # unknown day: whoever held the office
    ],
)
def test_offices_go_by_the_day_of_the_article(text: str, day: date | None, expected: bool) -> None:
    assert hit("@president", article(text, published=day), PEOPLE) is expected


def test_the_longest_mention_is_told_and_the_holder_named() -> None:
    (match,) = matches("@president", article("President Lee Jae-myung", published=date(2026, 1, 1)), PEOPLE)
    assert [(mention.text, mention.entity, mention.alias) for mention in match.evidence] == [
        ("President Lee", "lee", "President Lee"),
        ("Lee Jae-myung", "lee", "Lee Jae-myung"),
    ]
    (match,) = matches("@lee", "Lee Jae-myung and Lee", PEOPLE)
    assert [mention.text for mention in match.evidence] == ["Lee Jae-myung", "Lee"]


def test_proximity_between_entities_and_lists() -> None:
    extra = '[lists]\nmeet = ["summit", "首脳会談", "정상회담", "@talks"]\ntalks = "talk* OR 会谈"\n' + PEOPLE
    assert hit("@lee NEAR/5 @meet", "Lee Jae-myung at the summit", extra)
    assert hit("@lee NEAR/5 @meet", "이재명 정상회담", extra)
    assert hit("@lee NEAR/5 @meet", "Lee Jae-myung talking", extra)
    assert not hit("@lee NEAR/5 @meet", "Lee Jae-myung slept", extra)


def test_one_alias_of_two_entities_counts_for_both() -> None:
    extra = """
[[entities]]
id = "one"
name = "One"
aliases = { en = ["Georgia"] }
[[entities]]
id = "two"
name = "Two"
aliases = { en = ["Georgia"] }
"""
    (match,) = matches("@one AND @two", "Georgia", extra)
    assert {mention.entity for mention in match.evidence} == {"one", "two"}


def test_a_rule_changes_its_hash_with_its_entities() -> None:
    before = pack("@president", "summit", extra=PEOPLE)
    after = pack("@president", "summit", extra=PEOPLE.replace("Suk-yeol", "Seok-yeol"))
    assert before.rules[0].hash != after.rules[0].hash
    assert before.rules[1].hash == after.rules[1].hash
    assert before.hash != after.hash
    assert Engine(before).match(article("summit"))[0].rule_hash == before.rules[1].hash


DATED = """
[[entities]]
id = "house"
name = "Blue House"
aliases = { en = ["Cheong Wa Dae"] }
dated = [
  { text = "Yongsan office", lang = "en", from = 2022-05-10, to = 2025-12-28 },
  { text = "韓国 大統領室", lang = "ja", from = 2022-05-10 },
]
"""


@pytest.mark.parametrize(
    ("text", "day", "expected"),
    [
        ("the Yongsan office said", date(2023, 5, 7), True),
        ("the Yongsan office said", date(2026, 5, 7), False),
        ("the Yongsan office said", None, True),
        ("韓国大統領室は", date(2026, 5, 7), True),
        ("韩国大统领室", date(2026, 5, 7), True),
        ("韓国大統領室は", date(2020, 5, 7), False),
        ("Cheong Wa Dae", date(2020, 5, 7), True),
    ],
)
def test_names_that_are_valid_between_dates(text: str, day: date | None, expected: bool) -> None:
    assert hit("@house", article(text, published=day), DATED) is expected


def test_a_name_out_of_its_time_says_so() -> None:
    engine = Engine(pack("@house AND said", extra=DATED))
    given = article("the Yongsan office said", published=date(2026, 5, 7))
    missing = explain(engine, given, "r0").missing
    assert "not valid on 2026-05-07" in "; ".join(missing)


ROMANISED = """
[[entities]]
id = "cho"
name = "Cho Tae-yul"
names = { ko = ["조|태열"] }

[[entities]]
id = "kono"
name = "Kono Taro"
names = { ja = ["河野|太郎", "コウノ|タロウ"] }

[[entities]]
id = "plain"
name = "Kim"
romanise = false
names = { ko = ["김|하나"], zh = ["金|韩国"] }
short = { zh = ["韩国通"] }
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Cho Tae-youl", True),
        ("Jo Tae-yeol", True),
        ("Tae-yeol Cho", True),
        ("Cho T’ae-yŏl", True),
        ("Chŏng T’ae-yŏl", False),
        ("Kōno Tarō", True),
        ("Taro Kono", True),
        ("Taroh Kohno", True),
        ("こうの太郎", False),
        ("こうの たろう", True),
        ("Kim Hana", False),
        ("金韓国", True),
        ("金韓國", True),
        ("金韓國和韓國通", True),
    ],
)
def test_names_are_romanised_and_written_in_every_script(text: str, expected: bool) -> None:
    assert hit("@cho OR @kono OR @plain", text, ROMANISED) is expected
