from dataclasses import replace
from datetime import timedelta

from newswatch.model import Evidence, MatchedArticle, Message, NotificationKind, Relation, Severity
from newswatch.notify.compose import MAX_OTHERS, compose
from tests.notify.values import NOW, article, evidence, match

BODY = "The leaders met in Nara for a summit."


def matched(article_id: int = 1, *, body: str = BODY, **changes: object) -> MatchedArticle:
    return MatchedArticle(article_id, "", body, replace(match(evidence(body, "Nara")), **changes))  # type: ignore[arg-type]


def composed(*members: object, hits: list[MatchedArticle] | None = None) -> Message:
    return compose(
        kind=NotificationKind.NEW,
        story_id=7,
        members=members,  # type: ignore[arg-type]
        matched=[matched()] if hits is None else hits,
        backfill=False,
    )


def test_the_headline_is_that_of_the_best_article_that_met_a_rule() -> None:
    members = [
        article(1, tier=2),
        article(2, tier=2, relation=Relation.COPY),
        article(3, tier=1, relation=Relation.COPY),
        article(4, tier=1, relation=Relation.REPORT),
    ]

    result = composed(*members, hits=[matched(1), matched(2), matched(3)])

    assert result.headline == "Headline 3"
    assert result.source_name == "Source 3"
    assert [other.article_id for other in result.others] == [4, 1, 2]


def test_counts_of_articles_sources_and_languages() -> None:
    members = [
        article(1, source_name="Yonhap", language="ko"),
        article(2, source_name="YONHAP", language="en"),
        article(3, source_name=None, url="https://www.a.example/x", language="und"),
        article(4, source_name=None, url="https://a.example/y", language="ko"),
        article(5, source_name=None, url=None, language="ja"),
        article(6, source_name="Yonhap", language="zh-Hant"),
        article(7, source_name="Yonhap", language="zh-Hans"),
    ]

    result = composed(*members)

    assert (result.article_count, result.source_count) == (7, 3)
    assert result.languages == ("ko", "ja", "en", "zh")  # of the article shown, then in the order of the others
    assert {other.language for other in result.others} >= {"zh-Hant", "zh-Hans"}


def test_thirty_copies_and_three_rules_are_one_message() -> None:
    members = [article(n, relation=Relation.COPY if n > 1 else Relation.ORIGIN) for n in range(1, 42)]
    rules = [("a", Severity.NORMAL, 0.9), ("b", Severity.FLASH, 0.6), ("c", Severity.NORMAL, 0.95)]
    hits = [
        matched(n, rule_id=rule, rule_name=f"Rule {rule}", severity=severity, score=score)
        for n in range(1, 42)
        for rule, severity, score in rules
    ]

    result = composed(*members, hits=hits)

    assert [reason.rule_id for reason in result.reasons] == ["b", "c", "a"]
    assert result.severity is Severity.FLASH
    assert (result.article_count, result.source_count, len(result.others)) == (41, 41, MAX_OTHERS)


def test_a_reason_carries_the_best_score_and_each_thing_found_once() -> None:
    body = "李在明 and Lee Jae-myung met in Nara, NARA."
    first = replace(
        match(evidence(body, "李在明", entity="lee"), evidence(body, "Lee Jae-myung", entity="lee")), score=0.6
    )
    nara = (evidence(body, "Nara"), replace(evidence(body, "NARA"), term="nara"))
    second = replace(match(*nara), score=0.9, severity=Severity.NORMAL)
    hits = [MatchedArticle(1, "", body, first), MatchedArticle(2, "", body, second)]

    (reason,) = composed(article(1), article(2), hits=hits).reasons

    assert reason.score == 0.9
    assert reason.severity is Severity.HIGH
    assert reason.terms == ("Nara", "李在明")
    assert reason.why == ("leader near leader",)


def test_other_publishers_come_before_more_of_the_same() -> None:
    members = [
        article(1, source_name="A"),
        article(2, source_name="A"),
        article(3, source_name="B"),
        article(4, source_name="B"),
        article(5, source_name="C"),
    ]

    assert [other.article_id for other in composed(*members).others] == [3, 5, 2, 4]


def test_order_does_not_depend_on_the_order_of_the_arguments() -> None:
    members = [article(n) for n in range(1, 6)]
    hits = [matched(n) for n in range(1, 6)]

    assert composed(*members, hits=hits) == composed(*reversed(members), hits=hits[::-1])


def test_hostile_texts_are_cleaned() -> None:
    hostile = article(
        1,
        headline="A\r\nBcc: x@y.example\u2028" + "9" * 5000,
        url="javascript:alert(1)",
        source_name="\x00Evil\nSource",
        credited=("\ud800", "", "Name"),
        language="en\r\n",
    )

    result = composed(hostile)

    assert result.headline.startswith("A Bcc: x@y.example 9")
    assert len(result.headline) <= 300
    assert (result.url, result.source_name, result.language) == (None, "Evil Source", "en")
    assert result.credited == ("\N{REPLACEMENT CHARACTER}", "Name")


def test_nothing_known_still_gives_a_message() -> None:
    empty = composed(hits=[])
    titled = compose(
        kind=NotificationKind.TEST,
        story_id=1,
        members=[],
        matched=[MatchedArticle(9, "Title", "", match(Evidence("body", 0, 5, "x", "x")))],
    )

    assert (empty.headline, empty.article_count, empty.severity) == ("(no headline)", 1, Severity.INFO)
    assert (titled.headline, titled.snippets) == ("Title", ())


def test_earlier_articles_win_between_equals() -> None:
    members = [article(1, first_seen_at=NOW + timedelta(minutes=5)), article(2, relation=Relation.ORIGIN)]

    assert composed(*members, hits=[matched(1), matched(2)]).headline == "Headline 2"
