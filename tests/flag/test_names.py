"""Names as texts write them: scripts, orders, hyphens, forms of letters; and aliases that are not as they should be."""

import unicodedata

import pytest

from newswatch.errors import RuleError
from newswatch.flag.matching import Engine
from newswatch.flag.packs import parse_pack
from tests.flag.helpers import HEAD, article, check_spans, hit

PEOPLE = """
[[entities]]
id = "lee"
name = "Lee Jae-myung"
names = { en = "Lee|Jae-myung", ko = "이|재명", ja = "李|在明", zh = "李|在明" }
[[entities]]
id = "takaichi"
name = "Takaichi Sanae"
names = { en = "Takaichi|Sanae", ko = "다카이치|사나에", ja = ["高市|早苗", "タカイチ|サナエ"] }
"""

NAMES = [
    # id, language, text, what is found of it
    ("hyphen", "en", "Lee Jae-myung spoke", "Lee Jae-myung"),
    ("non-breaking hyphen", "en", "Lee Jae\u2011myung spoke", "Lee Jae\u2011myung"),
    ("en dash", "en", "Lee Jae–myung spoke", "Lee Jae–myung"),
    ("minus", "en", "Lee Jae−myung spoke", "Lee Jae−myung"),
    ("space", "en", "Lee Jae Myung spoke", "Lee Jae Myung"),
    ("no-break space", "en", "Lee\u00a0Jae-myung spoke", "Lee\u00a0Jae-myung"),
    ("line break", "en", "Lee\nJae-myung spoke", "Lee\nJae-myung"),
    ("joined", "en", "Lee Jaemyung spoke", "Lee Jaemyung"),
    ("capitals", "en", "LEE JAE-MYUNG SPOKE", "LEE JAE-MYUNG"),
    ("full width", "en", "Ｌｅｅ Ｊａｅ－ｍｙｕｎｇ spoke", "Ｌｅｅ Ｊａｅ－ｍｙｕｎｇ"),
    ("reversed", "en", "Jae-myung Lee spoke", "Jae-myung Lee"),
    ("possessive", "en", "Lee Jae-myung’s visit", "Lee Jae-myung"),
    ("soft hyphen", "en", "Lee Jae-my\u00adung spoke", "Lee Jae-my\u00adung"),
    ("zero-width space", "en", "Lee\u200b Jae-myung spoke", "Lee\u200b Jae-myung"),
    ("inside Korean", "ko", "대통령Lee Jae-myung은", "Lee Jae-myung"),
    ("Hangul", "ko", "이재명 대통령", "이재명"),
    ("decomposed", "ko", unicodedata.normalize("NFD", "이재명 대통령"), unicodedata.normalize("NFD", "이재명")),
    ("particle", "ko", "이재명은 말했다", "이재명"),
    (
        "decomposed with particle",
        "ko",
        unicodedata.normalize("NFD", "이재명은"),
        unicodedata.normalize("NFD", "이재명"),
    ),
    ("office joined", "ko", "이재명대통령이", "이재명"),
    ("spaced", "ko", "이 재명 대통령", "이 재명"),
    ("Han", "ja", "李在明大統領", "李在明"),
    ("compatibility ideograph", "ko", "\uf9e1在明 대통령", "\uf9e1在明"),
    ("takaichi", "ja", "高市早苗首相", "高市早苗"),
    ("name kanji", "ja", "髙市早苗首相", "髙市早苗"),
    ("kanji spaced", "ja", "高市 早苗氏", "高市 早苗"),
    ("ideographic space", "ja", "高市\u3000早苗氏", "高市\u3000早苗"),
    ("takaichi in Korean", "ko", "다카이치 사나에가", "다카이치 사나에"),
    ("takaichi in Korean joined", "ko", "다카이치사나에는", "다카이치사나에"),
    ("half-width kana", "ja", "ﾀｶｲﾁ ｻﾅｴ氏", "ﾀｶｲﾁ ｻﾅｴ"),
    ("middle dot", "ja", "タカイチ・サナエ氏", "タカイチ・サナエ"),
    ("half-width middle dot", "ja", "ﾀｶｲﾁ･ｻﾅｴ氏", "ﾀｶｲﾁ･ｻﾅｴ"),
    ("kana joined", "ja", "タカイチサナエ氏", "タカイチサナエ"),
    ("accents", "en", "Sanaé Takaichi", "Sanaé Takaichi"),
]
ENGINE = Engine(parse_pack(f"{HEAD}{PEOPLE}[[rules]]\nid = 'r'\nname = 'R'\nquery = '@lee OR @takaichi'\n"))


@pytest.mark.parametrize(("language", "text", "found"), [row[1:] for row in NAMES], ids=[row[0] for row in NAMES])
def test_ways_of_writing(language: str, text: str, found: str) -> None:
    for given in (article(text, language=language), article("", text, language)):
        (match,) = ENGINE.match(given)
        check_spans(match, given)
        assert [mention.text for mention in match.evidence] == [found]
        assert match.evidence[0].entity in {"lee", "takaichi"}


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Lee Jae-myungs"), ("en", "Lee, Jae and Myung".replace(" and ", " or ")), ("en", "Leeds Jae-myung"),
        ("ko", "이재용 회장"), ("ja", "高市山"), ("ja", "李在氏"), ("ja", "バイデン・サナエ"), ("ja", "タカイチー"),
    ],
)  # fmt: skip
def test_what_is_somebody_else(language: str, text: str) -> None:
    assert ENGINE.match(article(text, language=language)) == ()


def entity(name: str, *aliases: str, more: str = "") -> str:
    listed = ", ".join(f'"{alias}"' for alias in aliases)
    return f'[[entities]]\nid = "{name}"\nname = "{name}"\naliases = {{ en = [{listed}] }}\n{more}\n'


@pytest.mark.parametrize("alias", ["", " ", "…", "・", "---", "\u200b", "“”"])
def test_an_alias_without_letters_is_refused(alias: str) -> None:
    with pytest.raises(RuleError, match="has an alias without letters"):
        parse_pack(f"{HEAD}{entity('e', 'Elm', alias)}")


def test_an_alias_of_two_entities_is_both() -> None:
    both = entity("aster", "Lee", "Aster Lee") + entity("basil", "Lee", "Basil Lee")
    engine = Engine(parse_pack(f"{HEAD}{both}[[rules]]\nid = 'r'\nname = 'R'\nquery = '@aster AND @basil'\n"))
    (match,) = engine.match(article("There is Lee."))
    assert {mention.entity for mention in match.evidence} == {"aster", "basil"}
    assert not hit("@aster AND @basil", "Aster Lee's house", both.replace('"Lee", ', ""))


def test_of_aliases_inside_each_other_both_are_found_and_the_longest_is_shown() -> None:
    lee = entity("lee", "Lee", "Lee Jae-myung", "President Lee Jae-myung")
    engine = Engine(parse_pack(f"{HEAD}{lee}[[rules]]\nid = 'r'\nname = 'R'\nquery = '@lee'\n"))
    (match,) = engine.match(article("President Lee Jae-myung met. Lee left."))
    assert [(mention.text, mention.alias) for mention in match.evidence] == [
        ("President Lee Jae-myung", "President Lee Jae-myung"),
        ("Lee", "Lee"),
    ]
    assert hit("COUNT(@lee) = 2", "President Lee Jae-myung met. Lee left.", lee)  # they overlap: two mentions
    assert hit("@lee NEAR/1 met", "Lee Jae-myung met", lee)
    assert hit("@lee NEAR/2 met", "met of Lee", lee)


@pytest.mark.parametrize(
    "lists",
    [
        'a = "@a OR x"',
        'a = ["@b"]\nb = ["@a"]',
        'a = "x OR @b"\nb = "y AND @c"\nc = ["z", "@a"]',
    ],
)
def test_lists_that_lead_back_to_themselves_are_refused(lists: str) -> None:
    with pytest.raises(RuleError, match="refers to itself"):
        parse_pack(f"{HEAD}[lists]\n{lists}\n[[rules]]\nid = 'r'\nname = 'R'\nquery = '@a'\n")
