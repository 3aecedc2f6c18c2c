"""The line cleaner: what goes, what stays, and the trail it leaves."""

import pytest

from newswatch.extract.clean import clean_lines

STORY = (
    "The mayors of Harborview and Eastmere agreed on Tuesday to reopen the ferry line between their cities.",
    "The agreement foresees two crossings a day from March and four in the summer season.",
    "Engineers expect the work to take eleven weeks, and divers are to inspect the piles before the end of the month.",
)

JUNK = [
    ("+ ↺ − 16 px", "widget"),
    ("A A A", "widget"),
    ("글자크기 조절", "widget"),
    ("文字サイズ", "widget"),
    ("Advertisement", "widget"),
    ("広告", "widget"),
    ("Share on Facebook Twitter WhatsApp", "share_bar"),
    ("Share this article", "share_bar"),
    ("공유하기", "share_bar"),
    ("シェアする", "share_bar"),
    ("分享到：微信 微博", "share_bar"),
    ("기사 URL이 복사되었습니다.", "toast"),
    ("リンクをコピーしました", "toast"),
    ("Link copied to clipboard", "toast"),
    ("<Copyright ⓒ 항구뉴스. 무단 전재 및 재배포 금지>", "copyright"),
    ("© 2026 Harbour Daily. All rights reserved.", "copyright"),
    ("無断転載・複製を禁じます", "copyright"),
    ("版权所有，未经授权不得转载", "copyright"),
    ("Read more: Why the ferry stopped", "read_more"),
    ("관련기사", "read_more"),
    ("▶ 많이 본 뉴스", "read_more"),
    ("関連記事：橋の通行料", "read_more"),
    ("相关阅读：过桥费再次推迟", "read_more"),
    ("The post Ferry returns appeared first on Harbour Daily.", "read_more"),
    ("Sign up for our newsletter and get the morning briefing.", "subscribe"),
    ("제보는 카카오톡 okharbour", "subscribe"),
    ("Subscribe to continue reading", "paywall"),
    ("この記事は会員限定です。残り1234文字", "paywall"),
    ("Photo: Lee Ha-na/Reuters", "credit_line"),
    ("[사진=연합뉴스]", "credit_line"),
    ("（责任编辑：王小明）", "editor"),
    ("(끝)", "editor"),
    ("Reporting by Jane Doe; Editing by Bo Li", "editor"),
    ("홍길동 기자 gildong@harbournews.example", "contact"),
    ("By Jane Doe", "contact"),
    ("Published: January 13, 2026 10:30", "date_line"),
    ("입력 2026.01.13 14:49", "date_line"),
    ("2026年1月13日 14:49", "date_line"),
    ("Harbour Daily", "sign_off"),
    ("Two cities bring back their ferry", "title_repeated"),
]


@pytest.mark.parametrize(("line", "reason"), JUNK)
def test_chrome_is_removed_and_recorded(line: str, reason: str) -> None:
    for text, number in (([line, *STORY], 1), ([*STORY, line], 4)):
        cleaned = clean_lines(text, title="Two cities bring back their ferry", publishers=["Harbour Daily"])
        if reason == "title_repeated" and number == 4:
            continue
        assert cleaned.paragraphs == STORY
        assert [(removed.text, removed.reason, removed.line) for removed in cleaned.removed] == [(line, reason, number)]


@pytest.mark.parametrize(
    "line",
    [
        "Share prices fell on Tuesday after the mayors spoke.",
        "The X factor was the weather.",
        "On January 13, 2026, the council voted.",
        "2026年1月13日、首相は会談した。",
        "1월 13일 회담이 열렸다.",
        "끝났다.",
        "1 सितंबर की रात हुई थी चोरी",
        "player.setav health",
        "“No.”",
        "Yes, he said.",
        "Harbour Daily readers had asked for it since 2019, and they got it.",
        "Copying the plan of its neighbour, the city asked for more.",
        "The newsletter of the citizens’ group, which the mayor reads, had warned of noise for months.",
        "版权法修订草案将于三月提交审议，市长表示支持。",
    ],
)
def test_text_stays(line: str) -> None:
    for text in ([line, *STORY], [*STORY, line]):
        assert clean_lines(text, title="Two cities", publishers=["Harbour Daily"]).paragraphs == tuple(text)


def test_lines_that_may_be_text_are_only_removed_at_the_edge() -> None:
    text = [*STORY, *STORY, "Related articles", *STORY, *STORY]
    assert clean_lines(text).paragraphs == tuple(text)


def test_the_wall_is_reported() -> None:
    assert clean_lines([*STORY, "Log in to continue reading"]).walled
    assert not clean_lines(STORY).walled


def test_input_lines_are_the_callers() -> None:
    cleaned = clean_lines(["16 px", *STORY], lines=[1, 3, 5, 7])
    assert [removed.line for removed in cleaned.removed] == [1]


def test_long_paragraphs_are_never_chrome() -> None:
    text = ["© " + "word " * 200, "Share " * 300, "Related " * 300]
    assert clean_lines(text).paragraphs == tuple(text)
