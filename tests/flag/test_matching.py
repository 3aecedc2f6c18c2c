"""What each construct of the language means, in four languages."""

from dataclasses import replace
from datetime import date

import pytest

from newswatch.flag.matching import Engine
from newswatch.flag.packs import parse_pack
from newswatch.flag.ruleset import RuleSet
from newswatch.model import MatchInput, Severity
from tests.flag.helpers import article, hit, matches, pack, texts

SPEECH = article(
    title="Trade talks in Busan",
    body="The summit opened on Monday. Lee met Takaichi at noon.\n\n"
    "Their ministers spoke about trade, fish and trade again.",
)

BOOLEAN = [
    ("summit", True),
    ("SUMMIT", True),
    ("summ", False),
    ("summit AND noon", True),
    ("summit AND midnight", False),
    ("summit noon", True),
    ("summit OR midnight", True),
    ("midnight OR dusk", False),
    ("summit NOT midnight", True),
    ("summit NOT noon", False),
    ("summit AND (midnight OR noon)", True),
    ("midnight AND dusk OR noon", True),  # AND binds tighter
    ("noon OR midnight AND dusk", True),
    ("(noon OR midnight) AND dusk", False),
    ('"met Takaichi"', True),
    ('"Takaichi met"', False),
    ("summ*", True),
    ("*mit", True),
    ("su?mit", True),
    ("s*t", True),
    ("?ummi", False),
    ("sub:ummi", True),
    ('"their minis* spoke"', True),
    ("title:trade", True),
    ("title:summit", False),
    ("body:summit", True),
    ("body:Busan", False),
    ("text:Busan", True),
    ("lead:fish", True),  # a short text is all lead
    ("2 OF (summit, noon, dusk)", True),
    ("3 OF (summit, noon, dusk)", False),
    ("ATLEAST/3(trade)", True),
    ("ATLEAST/4(trade)", False),
    ("COUNT(trade OR fish) = 4", True),
    ("COUNT(midnight) = 0 AND summit", True),
    ("COUNT(trade) < 3 AND summit", False),
    ("FIRST/4(Busan)", True),
    ("FIRST/5(summit)", False),
    ("FIRST/6(summit)", True),
    ("SCORE(summit^20, noon^10, hoax^-50) >= 30", True),
    ("SCORE(summit^20, noon^10, fish^-1) >= 30", False),
    ("SCORE(summit^20, noon^10) > 30", False),
    ("SCORE(summit, noon, dusk) >= 2", True),
    ("TALLY(trade^2) >= 6", True),
    ("TALLY(trade^2) >= 7", False),
    ("TALLY(trade^2~2) >= 5", False),
    ("words >= 20", True),
    ("words < 10 summit", False),
]


@pytest.mark.parametrize(("query", "expected"), BOOLEAN)
def test_english(query: str, expected: bool) -> None:
    if query.startswith("words >"):
        query += " AND summit"
    assert hit(query, SPEECH) is expected


FIVE = "alpha one two three four five omega"  # five words between
PROXIMITY = [
    ("alpha NEAR/5 omega", True),
    ("alpha NEAR/4 omega", False),
    ("omega NEAR/5 alpha", True),
    ("alpha W/5 omega", True),
    ("alpha NEAR omega", False),  # four, as in Meltwater
    ("alpha NEAR five", True),
    ("alpha ONEAR/5 omega", True),
    ("omega ONEAR/5 alpha", False),
    ("omega PRE/5 alpha", False),
    ("alpha NEAR/5f omega", True),
    ("omega NEAR/5f alpha", False),
    ("alpha NOT NEAR/4 omega", True),
    ("alpha NOT NEAR/5 omega", False),
    ("alpha NOT NEAR/5 nowhere", True),
    ("alpha NEAR/5 alpha", False),  # one mention is not near itself
    ('"one two" NEAR/3 omega', True),
    ('"one two" NEAR/2 omega', False),
    ("(alpha OR beta) NEAR/5 (omega OR psi)", True),
    ("alph* NEAR/5 ome*", True),
    ('"alpha omega"~5', True),
    ('"alpha omega"~4', False),
    ('"omega alpha"~9', False),
    ('"alpha two five"~3', True),
    ('"alpha two five"~2', False),
    ("(alpha NEAR/1 two) NEAR/3 omega", True),
    ("(alpha NEAR/1 two) NEAR/2 omega", False),
    ("(alpha NEAR/5 omega) NEAR/1 three", True),  # between the two
    ("three NEAR/1 (alpha NEAR/5 omega)", True),
    ("(alpha NEAR/5 omega) NEAR/1 alpha", False),
]


@pytest.mark.parametrize(("query", "expected"), PROXIMITY)
def test_proximity(query: str, expected: bool) -> None:
    assert hit(query, FIVE) is expected


SENTENCES = "Lee spoke first. Takaichi answered.\n\nKishida listened."


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("Lee NEAR/S spoke", True),
        ("Lee NEAR/S Takaichi", False),
        ("Lee SENTENCE spoke", True),
        ("Lee W/P Takaichi", True),
        ("Lee PARAGRAPH Kishida", False),
        ("Lee NOT NEAR/S Takaichi", True),
        ("Lee NOT PARAGRAPH Takaichi", False),
        ("Takaichi NEAR/1 Kishida", True),  # words are counted across borders of sentences
    ],
)
def test_sentences_and_paragraphs(query: str, expected: bool) -> None:
    assert hit(query, SENTENCES) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mr. Lee of the U.S. Army met Gen. Park there.", True),
        ("Lee spoke. Park did not.", False),
        ("李氏は「会う。」と述べ、朴氏は黙った。", True),
        ("李氏は述べた。朴氏は黙った。", False),
        ("이 씨는 “만나자”고 했고, 박 씨는 웃었다.", True),
        ("이 씨는 “만나자”라고 했다. 박 씨는 웃었다.", False),
        ("“Never!” Lee said to Park.", True),
    ],
)
def test_ends_of_sentences(text: str, expected: bool) -> None:
    assert hit("(Lee OR 李氏 OR 이) NEAR/S (Park OR 朴氏 OR 박)", text) is expected


def test_a_line_broken_inside_a_sentence_is_no_paragraph() -> None:
    assert hit("Lee NEAR/S Takaichi", "Lee met\nTakaichi at noon.")
    assert not hit("Lee NEAR/P Takaichi", "Lee spoke.\nTakaichi answered.")


def test_headline_and_text_are_apart() -> None:
    both = article("omega stands in the text", title="alpha ends the headline with beta")
    assert hit("alpha AND omega", both)
    assert not hit("beta NEAR/1000 omega", both)
    assert not hit('"beta omega"', both)
    assert not hit("beta NEAR/S omega", both)
    assert not hit("beta NEAR/P omega", both)
    assert not hit('"beta omega"~100', both)


CJK = [
    ("ja", "高市首相は韓国の李大統領と奈良で会談した", "高市", True),
    (
        "ja",
        "高市首相は韓国の李大統領と奈良で会談した",
        "高市 NEAR/5 李大統領",
        True,
    ),  # 首相は韓国の: six characters, three words
    ("ja", "高市首相は韓国の李大統領と奈良で会談した", "高市 NEAR/2 李大統領", False),
    ("ja", "高市首相は韓国の李大統領と奈良で会談した", "会談 ONEAR/9 高市", False),
    ("ja", "東京都の知事", "京都 EXCEPT 東京都", False),
    ("ja", "東京都の知事が京都を訪れた", "京都 EXCEPT 東京都", True),
    ("ja", "京都議定書と京都", "京都 EXCEPT (東京都 OR 京都議定書)", True),
    ("ja", "Ｇ７首脳会議が開幕", "G7", True),
    ("ja", "Ｇ７首脳会議が開幕", '"G7首脳会議"', True),
    ("ja", "タカイチ・サナエ氏", '"タカイチ サナエ"', True),
    ("ko", "이재명은 어제 다카이치 총리를 만났다", "이재명", True),
    ("ko", "이재명은 어제 다카이치 총리를 만났다", "이재명 NEAR/1 다카이치", True),
    ("ko", "한국인과 일본어", "한국", True),  # substring unless excepted
    ("ko", "한국인과 일본어", "한국 EXCEPT 한국인", False),
    ("ko", "국민이 대통령에게 물었다", '" 이 대통령"', False),  # a space inside the quotes: a word begins here
    ("ko", "오늘 이 대통령은 말했다", '" 이 대통령"', True),
    ("ko", "한일정상회담이 열렸다", "한일 ONEAR/1 정상회담", True),
    ("ko", "한·일 정상회담이 열렸다", '"한·일" ONEAR/1 정상회담', True),
    ("zh", "日本首相高市早苗同韩国总统李在明会谈", "李在明 AND 会谈", True),
    ("zh", "日本首相高市早苗同韩国总统李在明会谈", "高市早苗 NEAR/4 李在明", True),
    ("zh", "日本首相高市早苗同韩国总统李在明会谈", "会谈 NEAR/1 日本首相", False),
    ("zh", "南京市长江大桥", "市长 EXCEPT 南京市长江", False),
]


@pytest.mark.parametrize(("language", "text", "query", "expected"), CJK)
def test_unspaced_scripts(language: str, text: str, query: str, expected: bool) -> None:
    assert hit(query, article(text, language=language)) is expected


MODES = [
    ("case:Apple", "Apple pays", True),
    ("case:Apple", "an apple pays", False),
    ("case:US", "the US says", True),
    ("case:US", "tell us more", False),
    ('case:"New York"', "in New York today", True),
    ('case:"New York"', "in new york today", False),
    ("case:(Apple OR Pear)", "a Pear tree", True),
    ("raw:résumé", "his résumé", True),
    ("raw:résumé", "his resume", False),
    ("résumé", "his resume", True),
    ('raw:"Jae-myung"', "Lee Jae-myung", True),
    ('raw:"Jae-myung"', "Lee Jae myung", False),
    ("sub:port", "an airport hall", True),
    ("port", "an airport hall", False),
    ("AT&T", "AT&T grows", True),
    ("AC/DC", "an AC/DC concert", True),
    ("U.S.", "the U.S. army", True),
    ("O'Neill", "Mr O’Neill", True),
    ("a\\*b", "a*b", True),
    ("Lee", "Lee’s plan", True),
    ("Lee", "LEE", True),
    ("Lee", "Leeds", False),
    ("nucle*", "nuclear", True),
    ("nucle*", "a nucleus", True),
    ("colo?r", "colour", True),
    ("colo?r", "color", False),
    ("한*국", "한반도 제국", False),
    ("한?국", "한중국", True),
    ("Jae*myung", "Jaemyung", True),
    ('"Lee Jae*"', "Lee Jae-myung", True),
]


@pytest.mark.parametrize(("query", "text", "expected"), MODES)
def test_ways_of_comparing(query: str, text: str, expected: bool) -> None:
    assert hit(query, text) is expected


def test_facts_about_the_article() -> None:
    seen = MatchInput(
        "Title", "news text", "ko-KR", source="The Daily Paper", country="KR", url="https://example.org/World/1?x=2",
        authors=("Kim Min-ji", "Jo"), section="World news", published_on=date(2026, 1, 13),
    )  # fmt: skip
    for query in (
        "lang:ko", "lang:(en OR ko)", "source:daily", 'source:"The Daily Paper"', "source:dai*", "country:kr",
        "url:example.org/world", "url:*/world", 'author:"Min-ji"', "author:jo", "section:world",
        "published >= 2026-01-13", "published < 2026-01-14", "published = 2026-01-13", "words = 3",
    ):  # fmt: skip
        assert hit(f"news AND {query}", seen), query
    for query in (
        "lang:en",
        "source:dail",
        "country:jp",
        "url:sport",
        "author:mi",
        "published > 2026-01-13",
        "words > 3",
    ):
        assert not hit(f"news AND {query}", seen), query
    assert not hit("news AND published > 2000-01-01", article("news"))  # an unknown day compares with nothing
    assert hit("lang:ko AND NOT sport", seen)  # absences are enough beside a language


HANS, HANT, HAN = (article("会谈 會談", language=tag) for tag in ("zh-Hans", "zh-Hant", "zh"))


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [("zh", (HANS, HANT, HAN)), ("zh-Hant", (HANT,)), ("ZH-tw", (HANT,)), ("zh-CN", (HANS,)), ("ja", ())],
)
def test_chinese_is_asked_for_with_and_without_its_script(wanted: str, taken: tuple[MatchInput, ...]) -> None:
    for one in (HANS, HANT, HAN):
        assert hit(f"lang:{wanted} AND 会谈", one) is (one in taken)
        assert hit(f"NOT lang:{wanted} AND 会谈", one) is (one not in taken)
        assert hit(f"lang:{wanted} AND NOT 会見", one) is (one in taken)
        assert hit("会谈", one, options=f'languages = ["{wanted}"]') is (one in taken)
        assert hit(f"lang:{wanted} AND 会谈", one, options='languages = ["zh", "ko"]') is (one in taken)
        assert hit("lang:zh AND 会谈", one, options=f'languages = ["{wanted}"]') is (one in taken)


def test_fields_languages_and_threshold_of_a_rule() -> None:
    long = article("filler " * 70 + ". Then the summit.", title="Elsewhere")
    assert hit("summit", long)
    assert not hit("summit", long, options='fields = ["title", "lead"]')
    assert hit("body:summit", long, options='fields = ["title", "lead"]')  # a field in the query wins
    assert hit("elsewhere", long, options='fields = ["title"]')
    assert hit("elsewhere", long, options='languages = ["en", "ko"]')
    assert not hit("elsewhere", long, options='languages = ["ko"]')
    assert hit("elsewhere^2 OR summit^3", long, options="threshold = 5")
    assert not hit("elsewhere^2 OR nothing^3", long, options="threshold = 5")


def test_the_lead_is_whole_sentences() -> None:
    body = "one two three. " * 25 + "Here the summit opens. " + "later words follow. " * 20
    assert not hit("lead:opens", article(body))
    assert hit("lead:opens", article("one two three. " * 19 + "Here the summit opens. " + "later words follow. " * 20))
    assert hit("lead:会談", article("文です。" * 10 + "会談した。" + "続く文です。" * 60, language="ja"))
    assert not hit("lead:会談", article("これは文です。" * 40 + "会談した。", language="ja"))


def test_severity_depends_on_further_queries() -> None:
    options = """severity = "normal"
[[rules.severities]]
when = "title:agreed"
severity = "high"
[[rules.severities]]
when = "will"
severity = "info"
"""
    ruleset = pack("summit")
    rule = '[pack]\nid = "p"\nname = "P"\n[[rules]]\nid = "r0"\nname = "R"\nquery = "summit"\n' + options
    engine = Engine(parse_pack(rule))
    assert ruleset.hash != engine.ruleset.hash
    severities = [
        engine.match(article(body, title=title))[0].severity
        for body, title in (("summit", ""), ("summit will", ""), ("summit will", "Agreed"))
    ]
    assert severities == [Severity.NORMAL, Severity.INFO, Severity.HIGH]


def test_evidence_is_exact_and_in_reading_order() -> None:
    text = article("The café’s “Lee Jae‑myung” met\u00a0LEE  JAE MYUNG.", title="lee jae-myung")
    (match,) = matches('"Lee Jae-myung" OR cafe', text)
    assert [(mention.field, mention.text) for mention in match.evidence] == [
        ("title", "lee jae-myung"),
        ("body", "café"),
        ("body", "Lee Jae‑myung"),
        ("body", "LEE  JAE MYUNG"),
    ]
    assert match.evidence_total == 4


def test_only_mentions_that_helped_are_evidence() -> None:
    assert texts("alpha NEAR/1 beta", "alpha far away from here. alpha beta") == ["alpha", "beta"]
    assert texts("京都 EXCEPT 東京都", "東京都と京都") == ["京都"]
    assert texts("alpha OR beta", "beta") == ["beta"]
    assert texts("alpha NOT beta", "alpha") == ["alpha"]
    assert texts("alpha NOT NEAR/1 beta", "alpha beta gamma delta alpha") == ["alpha"]


def test_evidence_is_capped_but_counted() -> None:
    engine = Engine(pack("tick OR tock"), max_evidence=5)
    (match,) = engine.match(article("tick " * 40 + "tock"))
    assert match.evidence_total == 41
    assert [mention.text for mention in match.evidence] == ["tick"] * 4 + ["tock"]


def test_weights_are_shown_and_scores_add_up() -> None:
    (match,) = matches("SCORE(alpha^2, beta^0.5, gamma^-1, delta^7) >= 1", "alpha beta gamma")
    assert (match.score, match.threshold) == (1.5, 1.0)
    assert {mention.text: mention.weight for mention in match.evidence} == {"alpha": 2.0, "beta": 0.5, "gamma": -1.0}
    assert match.why == ("score 1.5 >= 1: “alpha” +2, “beta” +0.5, “gamma” -1",)


def test_best_score_comes_first() -> None:
    engine = Engine(pack("alpha", "alpha AND beta", "SCORE(alpha^9) >= 3", "beta"))
    assert [match.rule_id for match in engine.match(article("alpha beta"))] == ["r2", "r1", "r0", "r3"]


def test_the_same_query_twice_gives_two_matches() -> None:
    assert [match.rule_id for match in Engine(pack("alpha", "alpha")).match(article("alpha"))] == ["r0", "r1"]


def test_counts_leave_out_overlaps() -> None:
    assert hit('COUNT("a b" OR "b c") = 1', "a b c")
    assert hit('ATLEAST/2("b b")', "b b b b")
    assert not hit('ATLEAST/2("b b")', "b b b")
    assert hit("COUNT(정상회담 OR 회담) = 1", article("정상회담", language="ko"))


def test_except_needs_no_more_than_an_overlap() -> None:
    assert not hit('"a b" EXCEPT "b c"', "a b c")
    assert hit('"a b" EXCEPT "b c"', "a b c and a b")
    assert not hit("정상회담 EXCEPT 회담장", article("정상회담장", language="ko"))
    assert hit("정상회담 EXCEPT 회담장", article("정상회담장과 정상회담", language="ko"))


def test_the_same_term_twice_is_near_itself_only_elsewhere() -> None:
    assert hit("alpha NEAR/2 alpha", "alpha one two alpha")
    assert not hit("alpha NEAR/2 alpha", "alpha one two three alpha")
    assert not hit('"a b" NEAR/5 "b a"', "a b a")


def test_sums_at_the_threshold() -> None:
    assert hit("SCORE(alpha^20, beta^10) >= 30", "alpha beta")
    assert not hit("SCORE(alpha^20, beta^10) > 30", "alpha beta")
    assert hit("SCORE(alpha^0.1, beta^0.2) >= 0.3", "alpha beta")
    assert not hit("SCORE(alpha^20, beta^-20, gamma^5) >= 20", "alpha beta gamma")
    assert hit("SCORE(alpha^20, beta^-20) >= 0 AND beta", "alpha beta")
    assert hit("SCORE(alpha^-5, beta^-5) <= -10 AND alpha", "alpha beta")


def test_facts_lead_to_rules_and_leave_others_out() -> None:
    engine = Engine(
        pack(
            "source:dusk AND tax",
            "source:dawn AND tax",
            "lang:ko AND tax",
            "url:/money/ NOT sport",
            "NOT lang:en AND tax",
        )
    )
    given = MatchInput("", "tax", "en", source="Evening Dusk", url="https://example.org/MONEY/1")
    assert engine.matching_ids(given) == ["r0", "r3"]
    assert engine.matching_ids(replace(given, language="ko-KR", source="Dawn", url="")) == ["r1", "r2", "r4"]
    assert engine.always_run == {"r3": "it says only what must be absent"}


def test_rules_without_a_necessary_term_are_named_and_run() -> None:
    engine = Engine(
        pack("lang:ko AND NOT sport", "alpha", "COUNT(alpha) < 2 AND lang:ko", "SCORE(alpha^-1) >= -1 AND lang:en")
    )
    assert list(engine.always_run) == ["r0", "r2", "r3"]
    assert {match.rule_id for match in engine.match(article("beta", language="ko"))} == {"r0", "r2"}


def test_contradictions_and_tautologies_do_no_harm() -> None:
    assert not hit("alpha AND NOT alpha", "alpha")
    assert hit("alpha OR (lang:en AND NOT alpha)", "beta")


def test_reasons_name_what_was_found() -> None:
    (match,) = matches("(Lee NEAR/9 Takaichi) NEAR/S summit AND NOT sport", "Lee held a summit with Takaichi.")
    assert match.why == ("“Lee” + “summit” + “Takaichi” in one sentence",)
    (match,) = matches("ATLEAST/2(fish) AND (salt OR pepper)", "fish and fish and salt")
    assert match.why == ("“fish”: 2 >= 2", "“salt”")


def test_frequencies_change_nothing_but_speed() -> None:
    articles = [article("alpha beta"), article("alpha"), article("beta gamma")]
    ruleset = pack("alpha AND beta", "beta OR gamma", "2 OF (alpha, beta, gamma)")
    plain = Engine(ruleset)
    measured = Engine(ruleset, frequencies=plain.measure(articles))
    assert plain.measure(articles)[" alpha "] == pytest.approx(2 / 3)
    assert [plain.match(each) for each in articles] == [measured.match(each) for each in articles]


def test_an_engine_without_rules_matches_nothing() -> None:
    assert Engine(RuleSet()).match(article("anything")) == ()
