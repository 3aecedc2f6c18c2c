"""What each construct means, row by row, in the scripts where it could go wrong.

The first words of an id name the construct; the rest is the query.
"""

from dataclasses import replace
from datetime import date

import pytest

from newswatch.flag.query import parse
from newswatch.flag.syntax import canonical
from newswatch.model import MatchInput
from tests.flag.helpers import article, hit, texts

ENTITY = """
[[entities]]
id = "takaichi"
name = "Takaichi Sanae"
names = { en = "Takaichi|Sanae", ja = "高市|早苗", ko = "다카이치|사나에" }
"""

# construct, language, query, text ("headline ‖ text"), whether it matches
MEANING = [
    # at most n words between, either order, same field; groups, phrases, wildcards and entities on both sides
    ("near", "en", "Lee NEAR/2 Park", "Lee and then Park", True),
    ("near", "en", "Lee NEAR/2 Park", "Park and then Lee", True),
    ("near", "en", "Lee NEAR/2 Park", "Lee went and met Park", False),
    ("near", "en", "Lee NEAR/2 Park", "rain, said Lee ‖ Park agreed", False),
    ("near", "en", "Lee NEAR/1000 Park", "Lee" + " x" * 1000 + " Park", True),
    ("near", "en", "Lee NEAR/1000 Park", "Lee" + " x" * 1001 + " Park", False),
    ("near", "en", '(Lee OR Kim) NEAR/1 ("new deal" OR pact*)', "Kim signs pacts", True),
    ("near", "en", '(Lee OR Kim) NEAR/1 ("new deal" OR pact*)', "a new deal for Lee", True),
    ("near", "en", "@takaichi NEAR/2 Lee", "Sanae Takaichi met Lee", True),
    ("near", "ko", "이재명 NEAR/1 회담", "이재명은 오늘 회담했다", True),
    ("near", "ko", "이재명 NEAR/1 회담", "이재명은 오늘 도쿄에서 회담했다", False),
    ("near", "ja", "高市 NEAR/3 会談", "高市首相が李氏と会談した", True),  # 首相が李氏と: six characters
    ("near", "ja", "高市 NEAR/2 会談", "高市首相が李氏と会談した", False),
    ("near", "zh", "高市 NEAR/2 会谈", "高市与李在会谈", True),  # three characters are two words
    ("near", "zh", "高市 NEAR/1 会谈", "高市与李在会谈", False),
    ("near overlap", "en", '"Lee Park" NEAR/5 Park', "Lee Park", False),
    ("near overlap", "en", '"Lee Park" NEAR/5 Park', "Lee Park, then Park", True),
    ("near overlap", "ja", "首脳会談 NEAR/5 会談", "首脳会談", False),
    ("near overlap", "en", "Lee NEAR/5 Lee", "Lee", False),
    ("near overlap", "en", "Lee NEAR/5 Lee", "Lee met Lee", True),
    ("near default", "en", "Lee NEAR Park", "Lee a b c d Park", True),
    ("near default", "en", "Lee NEAR Park", "Lee a b c d e Park", False),
    ("onear", "en", "Lee ONEAR/2 Park", "Lee and then Park", True),
    ("onear", "en", "Lee ONEAR/2 Park", "Park and then Lee", False),
    ("onear", "ja", "高市 ONEAR/3 会談", "会談で高市氏は", False),
    ("onear", "ko", "이재명 ONEAR/1 회담", "회담에서 이재명은", False),
    ("pre", "en", "Lee PRE/2 Park", "Lee and then Park", True),
    ("pre", "en", "Lee PRE/2 Park", "Park and then Lee", False),
    ("near f", "en", "Lee NEAR/2f Park", "Lee and then Park", True),
    ("near f", "en", "Lee NEAR/2f Park", "Park and then Lee", False),
    # one word for spaced scripts and for a Hangul word; two Han or kana characters are one word, rounded up
    ("distance", "en", "alpha NEAR/3 omega", "alpha one two three omega", True),
    ("distance", "ko", "알파 NEAR/3 오메가", "알파 하나둘셋넷다섯 여섯 일곱 오메가", True),
    ("distance", "ko", "알파 NEAR/2 오메가", "알파 하나둘셋넷다섯 여섯 일곱 오메가", False),
    ("distance", "ja", "甲 NEAR/2 乙", "甲日本国民乙", True),
    ("distance", "ja", "甲 NEAR/2 乙", "甲日本国民が乙", False),
    ("distance", "ja", "甲 NEAR/1 乙", "甲が乙", True),
    ("distance", "ja", "甲 NEAR/2 乙", "甲カナ東京乙", True),
    ("distance", "zh", "甲 NEAR/2 乙", "甲中国人民乙", True),
    ("distance", "zh", "甲 NEAR/1 乙", "甲中国人乙", False),
    ("distance", "ja", "G7 NEAR/2 日本", "Ｇ７首脳会議日本", True),
    ("distance", "ja", "甲 NEAR/2 乙", "甲が NATO 乙", True),  # half a word and a word
    # the same sentence, the same paragraph
    ("sentence", "en", "Lee NEAR/S Park", "Lee met Mr. Park.", True),
    ("sentence", "en", "Lee SENTENCE Park", "Lee met. Park left.", False),
    ("sentence", "ja", "高市 W/S 李", "高市氏は「会う。」と李氏に述べた。", True),
    ("sentence", "ja", "高市 W/S 李", "高市氏は述べた。李氏は黙った。", False),
    ("sentence", "ko", "이재명 NEAR/S 박", "이재명은 “만나자”고 박 씨에게 말했다.", True),
    ("sentence", "ko", "이재명 NEAR/S 박", "“만나자.” 이재명이 말했다. 박 씨는 웃었다.", False),
    ("sentence", "zh", "高市 NEAR/S 李", "高市说：“见面。”李走了。", False),
    ("sentence", "zh", "高市 NEAR/S 李", "高市对李说话。", True),
    ("sentence", "en", "Lee NOT NEAR/S Park", "Lee met Park. Lee left.", True),
    ("paragraph", "en", "Lee NEAR/P Park", "Lee met.\n\nPark left.", False),
    ("paragraph", "en", "Lee W/P Park", "Lee met. Park left.", True),
    ("paragraph", "ja", "高市 PARAGRAPH 李", "高市氏は述べた。\n李氏は黙った。", False),
    ("paragraph", "ko", "이재명 NEAR/P 박", "이재명이 말했다. 박 씨는 웃었다.", True),
    # at least one mention of the left with none of the right near
    ("not near", "en", "tax NOT NEAR/1 income", "the income tax and a new carbon tax", True),
    ("not near", "en", "tax NOT NEAR/1 income", "the income tax", False),
    ("not near", "ko", "회담 NOT NEAR/1 실무", "실무 회담", False),
    ("not near", "ja", "会談 NOT NEAR/1 外相", "外相会談のあと、首脳どうしの会談", True),
    # at least one mention of the left that does not overlap one of the right
    ("except", "ja", "京都 EXCEPT (東京都 OR 京都議定書)", "東京都と京都", True),
    ("except", "ja", "京都 EXCEPT (東京都 OR 京都議定書)", "東京都と京都議定書", False),
    ("except", "en", "Lee EXCEPT (Bruce Lee)".replace("(Bruce Lee)", '"Bruce Lee"'), "Bruce Lee", False),
    ("except", "en", '"Lee Park" EXCEPT "Park Chan"', "Lee Park Chan", False),  # they share a word only
    ("except", "en", '"Lee Park" EXCEPT Park', "Lee Park", False),
    ("except", "en", '"Lee Park" EXCEPT Chan', "Lee Park Chan", True),
    ("except", "ja", "首脳会談 EXCEPT 会談場", "首脳会談場", False),
    ("except", "zh", "市长 EXCEPT 南京市长江", "南京市长江大桥的市长", True),
    ("except", "ko", "한국 EXCEPT (한국인 OR 한국어)", "한국인이 한국에", True),
    ("except", "ko", "나라 EXCEPT 우리나라", "우리나라에서", False),
    ("except", "en", "(Lee NEAR/2 Park) EXCEPT Kim", "Lee, Kim and Park", False),
    # a phrase with at most n other words in it, in order
    ("slop", "en", '"carbon tax"~2', "carbon and import tax", True),
    ("slop", "en", '"carbon tax"~2', "carbon and some import tax", False),
    ("slop", "en", '"carbon tax"~2', "tax on carbon", False),
    ("slop", "en", '"carbon tax"~2', "carbon ‖ tax", False),
    ("slop", "ko", '"한일 회담"~1', "한일 정상 회담", True),
    ("slop", "ja", '"高市 会談"~2', "高市首相が会談", True),  # three characters are two words
    ("slop", "ja", '"高市 会談"~1', "高市首相が会談", False),
    # mentions beside each other, over the scoped fields
    ("atleast", "en", "ATLEAST/3(fish)", "fish ‖ Fish and FISH.", True),
    ("atleast", "en", "body:ATLEAST/3(fish)", "fish ‖ Fish and FISH.", False),
    ("atleast", "ja", "ATLEAST/2(会談)", "首脳会談と外相会談", True),
    ("atleast", "ja", "ATLEAST/2(首脳会談 OR 会談)", "首脳会談", False),
    ("count", "en", "COUNT(fish OR rain) >= 3", "fish, rain, fish", True),
    ("count", "en", "COUNT(fish OR rain) = 2 AND fish", "fish, rain, fish", False),
    ("count", "en", "COUNT(fish) <= 1 AND rain", "rain", True),
    ("count", "ko", "COUNT(회담) > 1", "회담은 정상회담이다", True),
    ("of", "en", "2 OF (fish, rain AND snow, ice)", "rain and snow on ice", True),
    ("of", "en", "2 OF (fish, rain AND snow, ice)", "rain on ice", False),
    ("of", "ja", "2 OF (summit, 会談, 회담)", "summit 会談", True),
    ("score", "en", "SCORE(fish^20, rain^10, hoax^-50) >= 30", "fish, rain", True),
    ("score", "en", "SCORE(fish^20, rain^10, hoax^-50) >= 30", "fish, fish, fish", False),  # once each
    ("score", "en", "SCORE(fish^20, rain^10, hoax^-50) >= 30", "fish, rain, hoax", False),
    ("score", "en", "SCORE(title:fish^2, fish^1) = 3", "fish ‖ Rain.", True),
    ("score tie", "en", "SCORE(fish^20, rain^10) > 30", "fish, rain", False),
    ("score tie", "en", "SCORE(fish^0.1, rain^0.2) >= 0.3", "fish, rain", True),
    ("tally", "en", "TALLY(fish^10, rain^1) >= 21", "fish, fish, rain", True),
    ("tally", "en", "TALLY(fish^10~2) >= 30", "fish, fish, fish", False),
    ("tally", "ko", "TALLY(회담^1, 취소^-2) >= 1", "회담, 정상회담, 회담 취소", True),
    ("first", "en", "FIRST/3(fish)", "we saw fish", True),
    ("first", "en", "FIRST/3(fish)", "then we saw fish", False),
    ("first", "en", "FIRST/3(fish)", "we saw ‖ Fish.", True),  # the headline's words come first
    ("first", "ja", "FIRST/2(会談)", "首脳が会談した", False),
    ("first", "ja", "FIRST/2(会談)", "首脳会談した", True),
    ("first", "ko", "FIRST/2(회담)", "오늘 회담했다", True),
    ("first", "en", "FIRST/5(fish NEAR/1 rain)", "fish, then. Later fish and rain", False),
    ("entity", "en", "@takaichi", "Sanae Takaichi spoke", True),
    ("entity", "ja", "@takaichi", "高市早苗氏", True),
    ("entity", "ko", "@takaichi", "다카이치 사나에는", True),
    ("entity", "en", "@takaichi", "Takaichi Gorge", False),
    # the original text at the mention
    ("raw", "en", "raw:Google", "google it", False),
    ("raw", "en", 'raw:"Jae-myung"', "Lee Jae‑myung", False),  # another hyphen
    ("raw", "ja", "raw:髙市", "高市首相", False),
    ("raw", "ja", "raw:髙市", "髙市首相", True),
    ("raw", "ja", "raw:ﾀｶｲﾁ", "タカイチ", False),
    ("case", "en", "case:US", "THE US", True),
    ("case", "en", "case:US", "tell us", False),
    ("case", "en", "case:May", "it may rain", False),
    ("case", "ja", "case:Ｇ７", "G7首脳", True),  # width is no capital
    ("word", "ja", "word:京都", "東京都", False),
    ("word", "ja", "word:京都", "京都へ", True),
    ("word", "ko", "word:나라", "우리나라 수출이 늘었다", False),
    ("word", "zh", "word:市长", "南京市长江大桥", False),
    ("word", "en", "word:port", "airport", False),
    ("sub", "en", "sub:port", "an airport", True),
    ("sub", "en", "port", "an airport", False),
    ("sub", "en", "sub:(port OR ship)", "shipping", True),
    ("sub", "ja", "sub:京都", "東京都", True),
    # fields
    ("title", "en", "title:fish", "Fish ‖ Rain.", True),
    ("title", "en", "title:fish", "Rain ‖ Fish.", False),
    ("title", "ja", "title:(会談 AND 奈良)", "奈良で会談 ‖ 両首脳。", True),
    ("lead", "en", "lead:fish", "Rain ‖ Fish came.", True),
    ("body", "en", "body:rain", "Rain ‖ Fish came.", False),
    ("text", "en", "text:(rain AND fish)", "Rain ‖ Fish came.", True),
    ("field innermost", "en", "title:(rain AND body:fish)", "Rain ‖ Fish came.", True),
    ("mode within field", "en", "title:case:US", "US ‖ us", True),
    # precedence and joining
    ("precedence", "en", "fish OR rain AND snow", "fish", True),
    ("precedence", "en", "(fish OR rain) AND snow", "fish", False),
    ("precedence", "en", "NOT fish AND rain", "rain", True),
    ("precedence", "en", "rain NOT fish OR ice", "fish, ice", True),
    ("precedence", "en", "rain AND NOT fish NEAR/1 ice", "rain. Fish swim far away from ice", True),
    ("precedence", "en", "title:rain OR fish", "Snow ‖ Fish.", True),
    ("precedence", "en", "lee EXCEPT bruce NEAR/2 park", "Lee met Park", True),
    ("precedence", "en", "SCORE(title:fish^3) >= 3", "Fish ‖ Rain.", True),
    ("juxtaposition", "en", "fish rain", "rain, fish", True),
    ("juxtaposition", "en", "fish rain", "fish", False),
    # words with operators in them
    ("inner operators", "en", "ANDROID AND ORACLE AND NOTE", "Oracle notes: android note", True),
    ("inner operators", "en", "AT&T", "AT&T grows", True),
    ("inner operators", "en", "AC/DC", "an AC/DC song", True),
    ("inner operators", "en", "U.S.", "the U.S. army", True),
    ("inner operators", "en", "U.S.", "tell us", False),
    ("inner operators", "en", "O'Neill AND W AND 12:30", "W. O’Neill at 12:30", True),
    ("inner operators", "ko", "한·일", "한·일 회담", True),
    ("inner operators", "ja", "ＡＢＣテレビ", "ABCテレビ", True),
    # escaping, quotes, comments
    ("escaping", "en", '"say \\"cheese\\""', "Say cheese.", True),
    ("escaping", "en", "what\\?", "what", True),
    ("escaping", "en", "wha\\?", "what", False),
    ("escaping", "en", '"AND"', "this and that", True),
    ("quotes", "en", "“Lee Jae-myung”", "Lee Jae Myung", True),
    ("quotes", "en", "„carbon tax“ OR «income tax»", "an income tax", True),
    ("quotes", "ja", "「首脳 会談」 OR 『奈良』", "奈良へ", True),
    ("quotes", "ko", "“정상 회담”", "정상 회담이", True),
    ("comments", "en", "fish # and rain\nAND snow # ) (", "fish, snow", True),
    # one-character terms, Latin inside CJK
    ("one character", "ja", "李", "李氏は", True),
    ("one character", "zh", "将", "将举行会谈", True),
    ("one character", "ko", "이", "이 씨는", True),
    ("one character", "en", "x", "x marks", True),
    ("latin inside", "ja", "G7", "Ｇ７首脳会議", True),
    ("latin inside", "ja", "G7首脳会議", "G7首脳会議が", True),
    ("latin inside", "ja", "G7", "G70首脳", False),
    ("latin inside", "ko", "APEC", "APEC에서", True),
    ("latin inside", "zh", "AI", "人工智能AI技术", True),
]  # fmt: skip


def shown(text: str, language: str) -> MatchInput:
    title, bar, body = text.partition(" ‖ ")
    return article(body if bar else text, title if bar else "", language)


@pytest.mark.parametrize(
    ("language", "query", "text", "expected"),
    [row[1:] for row in MEANING],
    ids=[f"{row[0]}: {row[2]} in {row[1]}: {row[3][:20]}" for row in MEANING],
)
def test_meaning(language: str, query: str, text: str, expected: bool) -> None:
    for written in (query, canonical(parse(query))):
        assert hit(written, shown(text, language), ENTITY) is expected


FACTS = MatchInput(
    "Headline", "한국 fish news", "ko-KR", source="The Daily Paper", country="KR",
    url="https://example.org/World/1?x=2", authors=("Kim Min-ji", "Jo Ha-na"), section="World news",
    published_on=date(2026, 1, 13),
)  # fmt: skip


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("lang:ko", True), ("lang:KO", True), ("lang:ko-KR", True), ("lang:(en OR ko)", True), ("lang:en", False),
        ("source:daily", True), ('source:"daily paper"', True), ("source:pap*", True), ("source:dail", False),
        ("country:KR", True), ("country:kr", True), ("country:(JP OR KR)", True), ("country:K", False),
        ("url:example.org/world", True),
        ("url:/world/", True), ("url:https://example.org/w", True), ("url:1?x=2", True),
        ("url:*.org", True), ("url:sport", False),
        ("author:kim", True), ('author:"Jo Ha-na"', True), ('author:"Kim Jo"', False), ("author:mi", False),
        ("section:world", True), ("section:sport", False), ("NOT section:sport", True),
        ("published = 2026-01-13", True), ("published >= 2026-01-13", True), ("published < 2026-01-13", False),
        ("published > 2026-01-12 AND published <= 2026-01-13", True),
        ("words = 4", True), ("words > 4", False), ("words <= 4", True),
    ],
)  # fmt: skip
def test_facts(query: str, expected: bool) -> None:
    assert hit(f"fish AND {query}", FACTS) is expected
    assert hit(f"fish AND NOT ({query})", FACTS) is not expected
    if not query.startswith(("published", "words", "NOT")):
        assert hit(query, replace(FACTS, body="")) is expected  # a fact alone selects, too


# --- what other tools can say: one row for each need ---

NEEDS = [
    ("ordered proximity", "Lee ONEAR/2 Park", "Lee met Park", "Park met Lee"),
    ("unordered proximity", "Lee NEAR/2 Park", "Park met Lee", "Park and Kim met Lee"),
    ("unordered proximity as W/n", "Lee W/2 Park", "Park met Lee", "Park and Kim met Lee"),
    ("sentence", "Lee NEAR/S Park", "Park met Lee.", "Park left. Lee stayed."),
    ("paragraph", "Lee NEAR/P Park", "Park left. Lee stayed.", "Park left.\n\nLee stayed."),
    ("negative proximity", "Lee NOT NEAR/2 Park", "Lee left", "Lee and Park left"),
    ("exclusion by mention", 'Lee EXCEPT "Lee Park"', "Lee Park and Lee", "Lee Park"),
    ("least number of mentions", "ATLEAST/2(Lee)", "Lee and Lee", "Lee"),
    ("number of mentions", "COUNT(Lee OR Park) >= 2", "Lee and Park", "Lee"),
    ("weights and threshold", "SCORE(Lee^2, Park^1) >= 3", "Lee and Park", "Lee and Lee"),
    ("weights by mention", "TALLY(Lee^2, Park^1) >= 4", "Lee and Lee", "Lee and Park"),
    ("k of n", "2 OF (Lee, Park, Kim)", "Lee and Kim", "Lee and Lee"),
    ("case", "case:LEE", "LEE", "Lee"),
    ("raw", 'raw:"Lee-Park"', "a Lee-Park deal", "a Lee Park deal"),
    ("fields", "title:Lee", "Lee ‖ Park", "Park ‖ Lee"),
    ("alias gazetteer", "@takaichi", "高市早苗", "高"),
]


@pytest.mark.parametrize(("query", "yes", "no"), [row[1:] for row in NEEDS], ids=[row[0] for row in NEEDS])
def test_what_other_tools_can_say(query: str, yes: str, no: str) -> None:
    assert hit(query, shown(yes, "en"), ENTITY)
    assert not hit(query, shown(no, "en"), ENTITY)


def test_mentions_that_count_are_evidence() -> None:
    assert texts("京都 EXCEPT 東京都", article("東京都から京都へ、京都から東京都へ", language="ja")) == ["京都", "京都"]
    assert texts("회담 NOT NEAR/1 실무", article("실무 회담과 정상 간의 회담", language="ko")) == ["회담"]
