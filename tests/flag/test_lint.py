"""What is allowed in rules but hardly meant."""

import random
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newswatch.errors import RuleError
from newswatch.flag.certainty import Reasoner
from newswatch.flag.findings import CODES, MEASURED, ROUTED, settle
from newswatch.flag.lint import lint
from newswatch.flag.matching import Engine
from newswatch.flag.packs import load_packs, parse_pack, shipped_packs
from newswatch.flag.query import parse
from newswatch.flag.sample import ENOUGH, take
from newswatch.model import MatchInput
from tests.flag.helpers import HEAD, article, pack
from tests.flag.test_properties import QUERY
from tests.flag.test_properties import _text as random_text

ROOT = Path(__file__).parents[2]
FINDINGS = [
    ("mixed-operators", "alpha AND beta OR gamma", 1, "AND binds tighter than OR here"),
    ("adjacent-words", "alpha beta", 7, "words side by side must all be there"),
    ("lower-case-operator", "alpha and beta", 7, "and is a term here (write AND for the operator"),
    ("lower-case-operator", "alpha near/5f beta", 7, "write NEAR/5f for the operator"),
    ("lower-case-operator", "alpha w/s beta", 7, "write W/S for the operator"),
    ("lone-minus", "Seoul - Tokyo", 7, "this - means NOT"),
    ("short-term", "EU AND alpha", 1, "EU is very short (use case:EU, or a longer term)"),
    (
        "inside-words",
        "京都",
        1,
        "京都 is short and found inside longer words (for example 京都 EXCEPT (东京都 OR 京都議定書",
    ),
    ("inside-words", "京都 EXCEPT 東京都", 1, "(for example 京都 EXCEPT (東京都 OR 东京都 OR 京都議定書))"),
    ("inside-words", "한국", 1, "한국 EXCEPT (한국어 OR 한국인)"),
    ("inside-words", "일본", 1, "일본 EXCEPT (일본뇌염 OR 일본어 OR 일본인)"),
    ("inside-words", "나라", 1, "나라 EXCEPT (나라살림 OR 나라장터 OR 우리나라)"),
    ("inside-words", "李 AND 会談", 1, "李 is short and found inside longer words (use a longer term)"),
    ("inside-words", "国会 AND 예산", 1, "国会 EXCEPT 中国会计"),
    ("wide-wildcard", "co* AND alpha", 1, "co* stands for very many words"),
    ("wide-wildcard", 'alpha OR "heads of st*"', 10, "st* stands for very many words"),
    ("contradiction", "alpha AND NOT alpha", 11, "alpha is both wanted and excluded"),
    ("contradiction", "alpha AND (beta AND NOT alpha)", 21, "alpha is both wanted and excluded"),
    ("contradiction", "alpha AND lang:ko AND lang:ja", 23, "lang:ja and lang:ko exclude each other"),
    ("contradiction", "alpha AND country:(KR OR JP) AND country:CN", 34, "exclude each other"),
    ("contradiction", "alpha published > 2026-02-01 published < 2026-02-01", 30, "exclude each other"),
    ("contradiction", "alpha AND words > 500 AND words < 100", 27, "words < 100 and words > 500 exclude each other"),
    ("contradiction", "title:alpha NEAR/5 body:beta", 1, "headline and text are never near each other"),
    ("contradiction", "alpha EXCEPT (beta OR alpha)", 1, "EXCEPT leaves out every mention of alpha"),
    ("contradiction", "alpha AND COUNT(beta) < 0", 11, "COUNT(…) < 0 can never hold"),
    ("contradiction", "alpha AND SCORE(beta^2) < 0", 11, "SCORE(…) < 0 can never hold"),
    ("contradiction", "alpha AND SCORE(beta^2) = 3", 11, "SCORE(…) = 3 can never hold"),
    ("contradiction", "2 OF (alpha, beta AND NOT beta, gamma EXCEPT gamma)", 1, "the whole query can never hold"),
    ("always-true", "beta AND (alpha OR NOT alpha)", 20, "alpha or its absence is always there"),
    ("always-true", "alpha AND COUNT(beta) >= 0", 11, "COUNT(…) >= 0 always holds"),
    ("always-true", "alpha AND words >= 0", 11, "words >= 0 always holds"),
    ("always-true", "alpha AND SCORE(beta^2, gamma^-1) >= -1", 11, "SCORE(…) >= -1 always holds"),
    ("no-effect", "title:alpha NOT NEAR/5 body:beta", 1, "leaves nothing out"),
    ("no-effect", "alpha~3 AND beta", 1, "~3 limits mentions in TALLY only"),
    ("repeated", "alpha OR beta OR alpha", 18, "alpha stands here twice"),
    ("repeated", "alpha AND beta AND alpha", 20, "alpha stands here twice"),
    ("covered", "정상회담 OR 한일정상회담", 9, "한일정상회담 is found wherever 정상회담 is"),
    ("covered", 'Lee OR "Lee Jae-myung"', 8, '"Lee Jae-myung" is found wherever Lee is (remove it, or remove Lee)'),
    ("covered", "summit* OR summits", 12, "summits is found wherever summit* is"),
    ("unreachable-threshold", "SCORE(alpha^2, beta^3, gamma^-9) >= 6", 1, "add up to 5 at most, 6 is never reached"),
    ("unreachable-threshold", "SCORE(alpha^2, beta^3) > 5", 1, "add up to 5 at most, never to more"),
    ("unreachable-threshold", "TALLY(alpha^2~3, beta^-1) >= 7", 1, "add up to 6 at most"),
    ("unreachable-threshold", "SCORE(alpha^2, (beta AND NOT beta)^9) >= 6", 1, "add up to 2 at most"),
    (
        "always-run",
        "lang:ko AND NOT sport",
        1,
        "for every article: it says only what must be absent",
    ),
    ("always-run", "alpha OR lang:ko", 1, "for every article: it asks only for facts about the article"),
    ("always-run", "COUNT(alpha) < 2 AND lang:ko", 1, "no mention at all compares as asked (< 2)"),
    ("always-run", "SCORE(lang:ko^5, alpha^3) >= 4", 1, "its sum can be reached without any term"),
    ("always-run", "SCORE(alpha^-1) >= -2 AND lang:ko", 1, "its sum can be reached without any term"),
    ("always-run", "2 OF (alpha, lang:ko, words > 9)", 1, "so many of its items need no term"),
]


@pytest.mark.parametrize(("code", "query", "column", "words"), FINDINGS)
def test_findings(code: str, query: str, column: int, words: str) -> None:
    findings = lint(Engine(pack(query)))
    named = [finding for finding in findings if finding.code == code and words in str(finding)]
    assert [(finding.line, finding.column) for finding in named] == [(1, column)], findings
    assert all(finding.remedy and finding.where == "r0" and finding.code in CODES for finding in findings)


@pytest.mark.parametrize(
    "query",
    [
        "(alpha AND beta) OR gamma",
        '"alpha beta"',
        "京都 EXCEPT (東京都 OR 东京都 OR 京都議定書)",
        "word:京都 AND 首脳会談",
        '" 나라" AND 정상회담',  # a space asks for the word's edge
        "東京",  # 東京都 is Tokyo too
        "港 EXCEPT (香港 OR 空港)",
        "case:EU",
        "G7 OR G20",
        "visit* ONEAR/3 (by OR of) ONEAR/3 minister",
        "正常化 OR 首脳会談",
        "alpha AND NOT beta",
        'alpha NEAR/3 (Lee OR "Lee Jae-myung")',  # the longer mention reaches farther
        "TALLY(alpha^2~3) >= 2",
        "SCORE(title:alpha^2, alpha^1) >= 3",
        "alpha AND lang:(ko OR ja) AND lang:ko",
        "alpha published >= 2026-01-01 AND published <= 2026-01-01".replace("alpha published", "alpha AND published"),
        "title:alpha NEAR/5 text:beta",
        "COUNT(alpha) = 0 AND beta",
        "Seoul -Tokyo",
        "case:(US OR USA)",
        "nucle* OR wom?n",
    ],
)
def test_sound_rules_are_left_alone(query: str) -> None:
    assert lint(Engine(pack(query))) == []


def test_the_rules_languages_fields_and_threshold_are_looked_at() -> None:
    def codes(query: str, options: str) -> list[tuple[str, str]]:
        return [(finding.code, finding.message) for finding in lint(Engine(pack(query, options=options)))]

    assert codes("alpha AND lang:ja", 'languages = ["ko"]') == [
        ("contradiction", "the whole query can never hold"),
        ("contradiction", "lang:ja and the rule's languages exclude each other"),
    ]
    assert codes("alpha AND lang:ko-KR", 'languages = ["ko"]') == []
    assert codes("alpha AND lang:zh-TW", 'languages = ["zh"]') == []
    assert codes("alpha AND lang:zh-TW", 'languages = ["zh-Hans"]')[-1:] == [
        ("contradiction", 'lang:"zh-TW" and the rule\'s languages exclude each other')
    ]
    assert codes("alpha NEAR/3 body:beta", 'fields = ["title"]')[0][0] == "contradiction"
    assert codes("alpha^2 OR (beta AND gamma^3)", "threshold = 7") == [
        ("unreachable-threshold", "the score is 6 at most, the threshold of 7 is never reached")
    ]
    assert codes("alpha^2 OR (beta AND gamma^3)", "threshold = 6") == []
    assert codes('Lee OR "Lee Jae-myung"', "threshold = 2") == []  # both add to the score
    assert codes("京都", 'cjk = "word"') == []


def test_lists_and_further_severities_are_looked_at_once() -> None:
    lists = '[lists]\nplace = ["京都", "Nara", "Nara"]\nwords = "alpha AND NOT alpha"\n'
    further = '[[rules.severities]]\nwhen = "beta OR EU"\nseverity = "high"\n'
    rules = "".join(f'[[rules]]\nid = "{name}"\nname = "R"\nquery = "@place AND gamma"\n' for name in "ab")
    found = lint(Engine(parse_pack(f"{HEAD}{lists}{rules}{further}")))
    assert [(finding.where, finding.code, finding.line) for finding in found] == [
        ("list place", "repeated", None),
        ("list place", "inside-words", None),
        ("list words", "contradiction", None),
        ("list words", "contradiction", None),
        ("b", "short-term", None),
    ]


@given(QUERY, st.integers(0, 1 << 30))
@settings(max_examples=150, deadline=None)
def test_what_never_or_always_holds_does_so(query: str, seed: int) -> None:
    chance = random.Random(seed)
    engine = Engine(pack(f"({query}) AND lang:en", options='languages = ["en"]'))
    reasoner = Reasoner({}, ["en"])
    value = reasoner.look(parse(query))
    for finding in lint(engine):
        assert finding.remedy
    for _ in range(3 if value is not None else 0):
        given = article(random_text(chance, 0, 25), title=random_text(chance, 0, 4))
        assert bool(engine.match(given)) is value, (query, given)


PACKS = [*shipped_packs(), *(str(path) for path in sorted((ROOT / "examples" / "packs").iterdir()))]


@pytest.mark.parametrize("name", PACKS, ids=lambda name: Path(name).stem)
def test_packs_that_come_along_have_no_findings(name: str) -> None:
    engine = Engine(load_packs([name], base=ROOT))
    kept, _ = settle(lint(engine), engine.ruleset.ignores, set(CODES) - MEASURED - ROUTED)
    assert kept == []


def test_a_lexicon_of_ones_own() -> None:
    assert "奈良公園" in str(lint(Engine(pack("奈良")), lexicon=["奈良公園"])[0])


# --- with the archive ---


def codes(query: str, articles: list[MatchInput], most: float = 0.1) -> dict[str, str]:
    engine = Engine(pack(query))
    return {finding.code: finding.message for finding in lint(engine, sample=take(engine, articles), most=most)}


def archive(*texts: str) -> list[MatchInput]:
    """Return a hundred articles: one with each text, the others about nothing."""
    return [article(text) for text in (*texts, *(f"w{number}" for number in range(ENOUGH - len(texts))))]


def test_terms_in_too_many_articles_are_named() -> None:
    assert codes("alpha", archive(*["alpha"] * 6)) == {"frequent-term": "alpha stands in 6% of recent articles"}
    assert codes("alpha", archive(*["alpha"] * 5)) == {}  # 5 % is not more than 5 %
    assert codes("alpha", archive(*["alpha"] * 6)[:-1]) == {}  # too few articles to tell
    news = archive("alpha news", *["news"] * 50)
    assert codes("alpha AND news", news) == {"frequent-term": "news stands in 51% of recent articles"}
    assert codes("alpha AND news", archive("alpha news", *["news"] * 49)) == {}
    assert codes("alpha NEAR/3 news", news) == {}  # it says something there
    engine = Engine(pack("@words AND alpha", extra='[lists]\nwords = ["news"]\n'))
    assert lint(engine, sample=take(engine, news)) == []  # so it may in a list


def test_rules_that_match_much_or_nothing_are_named() -> None:
    articles = archive("alpha")
    assert codes("w7 OR w8", articles) == {}
    assert codes("beta", articles) == {"matches-nothing": f"this rule matches none of the last {ENOUGH} articles"}
    assert codes("beta", articles[1:]) == {}  # too few to tell
    many = " OR ".join(f"w{number}" for number in range(11))
    assert codes(many, articles) == {"matches-much": f"this rule matches 11 of the last {ENOUGH} articles"}
    assert codes(many, articles, most=0.2) == {}


def test_rules_whose_necessary_terms_are_frequent_are_named() -> None:
    found = codes("(alpha OR beta) AND NOT w1", archive(*["alpha", "beta"] * 11), most=1)
    assert found["frequent-presearch"] == "the rarest terms it needs stand in up to 22% of recent articles"
    assert "frequent-presearch" not in codes("(alpha OR beta) AND w4", archive(*["alpha", "beta"] * 11))


def test_wildcards_that_explode_are_named() -> None:
    articles = [article(f"state{'abcdefghijklmnopqrstuvwxyz'[number % 26]}{number} alpha") for number in range(60)]
    found = codes("state* AND omega", articles)
    assert found["many-forms"].startswith("state* stood for 60 words in recent articles, among them statea0, ")
    assert "many-forms" not in codes("state* AND omega", articles[:40])


def test_longer_words_of_the_archive_are_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {
        "ja": "東京都の職員が京都へ。東京都の議員も。",
        "ko": "우리나라 수출이 크게 늘었다.",
        "zh": "南京市长江大桥",
        "en": "東京都",
    }
    articles = [article(text, language=language) for language, text in texts.items()]
    engine = Engine(pack("京都 OR 나라 OR 市长"))
    sample = take(engine, articles)
    assert sample.inside["京都"] == {"東京都": 2}
    assert sample.inside["나라"] == {"우리나라": 1}
    assert list(sample.inside["市长"]) == ["市长江"]
    (finding,) = [one for one in lint(engine, sample=sample) if (one.code, one.term) == ("inside-words", "京都")]
    assert finding.message == "京都 stands inside longer words, in recent articles 2 times in 東京都"
    assert finding.remedy.startswith("for example 京都 EXCEPT (東京都 OR ")
    for module in ("sudachipy", "kiwipiepy", "rjieba"):
        monkeypatch.setitem(sys.modules, module, None)
    assert take(engine, articles).inside == {}


def test_twenty_thousand_alternatives_are_looked_at_quickly() -> None:
    chance = random.Random(3)
    words = sorted({"".join(chance.choices("高市早苗李在明会談首脳", k=6)) for _ in range(20_000)})
    assert lint(Engine(pack(" OR ".join(words)))) == []
    latin = " OR ".join(f"w{number}x" for number in range(20_000))
    assert lint(Engine(pack(latin))) == []


# --- what a pack's author accepts ---

IGNORING = """
[lists]
place = ["奈良", "京都"]
[[rules]]
id = "r"
name = "R"
query = "EU AND @place"
"""


def ignored(text: str) -> tuple[list[str], list[str]]:
    engine = Engine(parse_pack(f"{HEAD}{IGNORING}{text}", "own.toml"))
    kept, accepted = settle(lint(engine), engine.ruleset.ignores, set(CODES) - MEASURED - ROUTED)
    return [f"{finding.where} {finding.code}" for finding in kept], [reason for _, reason in accepted]


def test_findings_are_accepted_with_a_reason() -> None:
    assert ignored("") == (["list place inside-words", "list place inside-words", "r short-term"], [])
    assert ignored('[[lint_ignore]]\nfinding = "inside-words"\nreason = "places"\n') == (
        ["r short-term"], ["places", "places"],
    )  # fmt: skip
    one = '[[lint_ignore]]\nfinding = "inside-words"\nlists = "place"\nterm = "奈良"\nreason = "places"\n'
    assert ignored(one) == (["list place inside-words", "r short-term"], ["places"])
    wrong = '[[lint_ignore]]\nfinding = "short-term"\nlists = "place"\nreason = "no"\n'
    assert ignored(wrong)[0][-1] == "own.toml unused-ignore"
    archive = '[[lint_ignore]]\nfinding = "frequent-term"\nreason = "known only with the archive"\n'
    assert "own.toml unused-ignore" not in ignored(archive)[0]


@pytest.mark.parametrize(
    ("entry", "line", "words"),
    [
        ('finding = "short-terms"\nreason = "x"', 12, "no finding of lint 'short-terms' (did you mean short-term?)"),
        ('finding = "short-term"\nrules = "q"\nreason = "x"', 13, "there is no rule in this pack 'q'"),
        (
            'finding = "short-term"\nlists = "plase"\nreason = "x"',
            13,
            "no list in this pack 'plase' (did you mean place?)",
        ),
        ('finding = "short-term"\nreason = " "', 13, "a finding is ignored without a reason"),
        ('finding = "short-term"', 11, "reason is missing"),
        (
            'finding = "short-term"\nreson = "x"\nreason = "y"',
            13,
            "unknown key lint_ignore.reson (did you mean reason?)",
        ),
    ],
)
def test_what_is_accepted_is_checked(entry: str, line: int, words: str) -> None:
    with pytest.raises(RuleError) as caught:
        parse_pack(f"{HEAD}{IGNORING}[[lint_ignore]]\n{entry}\n", "own.toml")
    assert words in str(caught.value)
    assert caught.value.problems[0].line == line


def test_accepting_changes_no_hash() -> None:
    plain = parse_pack(f"{HEAD}{IGNORING}")
    with_entry = parse_pack(f'{HEAD}{IGNORING}[[lint_ignore]]\nfinding = "inside-words"\nreason = "places"\n')
    assert plain.hash == with_entry.hash
