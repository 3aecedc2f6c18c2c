"""Pages that mislead extractors, one of our own writing for each: what they end as, and why."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest

from newswatch.extract.article import extract
from newswatch.extract.charset import mended
from newswatch.model import Article, ExtractRequest, NotAnArticle
from tests.extract.story import SENTENCES, STORY

NOW = datetime(2026, 2, 1, tzinfo=UTC)
KOREAN = (
    "두 항구 도시의 시장은 13일 아홉 해 만에 여객선을 다시 띄우기로 합의했다고 밝혔다.",
    "시장은 “주민이 오래 기다렸다”며 3월부터 하루 두 차례 배를 운항하겠다고 말했다.",
    "기술자들은 선착장 공사에 11주가 걸릴 것으로 보고 이달 말까지 말뚝을 점검하기로 했다.",
)
JAPANESE = (
    "東浜市と港町は十三日、九年ぶりに連絡船を再開することで合意したと発表した。",
    "市長は「住民は長く待っていた」と述べ、三月から一日二往復を運航する方針を示した。",
    "技術者は桟橋の工事に十一週間かかるとみて、月末までに杭を点検することにしている。",
)


def outcome(body: str, head: str = "", *, title: str = "The ferry is back", **fields: Any) -> Article | NotAnArticle:
    head = f"<head><meta charset='utf-8'><title>{title}</title>{head}</head>"
    markup = f"<!DOCTYPE html><html>{head}<body>{body}</body></html>".encode()
    return extract(ExtractRequest("https://daily.example/a", markup, "text/html", now=NOW, **fields))


def article(body: str, head: str = "", **fields: Any) -> Article:
    found = outcome(body, head, **fields)
    assert isinstance(found, Article), found
    return found


def json_ld(kind: str = "NewsArticle", **fields: Any) -> str:
    return f'<script type="application/ld+json">{json.dumps({"@type": kind, **fields})}</script>'


def paragraphs(texts: Iterable[str]) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)


def test_a_stub_that_says_so_and_one_that_does_not() -> None:
    wall = "<p>Subscribe to continue reading.</p>"
    assert article(f"<article>{paragraphs(SENTENCES[:2])}{wall}</article>").paywall
    assert article(f"<article>{paragraphs(SENTENCES[:2])}</article>", json_ld(isAccessibleForFree=False)).paywall
    whole = paragraphs(f"{sentence} Of {number}." for number in range(8) for sentence in SENTENCES)
    assert not article(f"<article>{whole}</article>", json_ld(isAccessibleForFree=False)).paywall


def test_a_video_page_with_a_caption_says_that_it_is_one() -> None:
    caption = "<p>Watch the ferry leave the harbour of Eastmere.</p>"
    found = outcome(f"<video></video>{caption}", '<meta property="og:type" content="video.other">')
    assert isinstance(found, NotAnArticle)
    assert (found.reason, "video" in found.detail) == ("video", True)
    assert article(f"<video></video>{STORY}", '<meta property="og:type" content="video.other">').paragraphs == SENTENCES


def test_a_gallery_is_no_article_unless_the_feed_has_a_text() -> None:
    slides = "".join(f"<figure><img><figcaption>Boat {n} of the old fleet.</figcaption></figure>" for n in range(9))
    found = outcome(slides, json_ld("ImageGallery"))
    assert isinstance(found, NotAnArticle)
    assert found.reason == "gallery"
    assert article(slides, json_ld("ImageGallery"), entry_content_html=STORY).method == "feed"


def test_a_live_blog_is_read_whole() -> None:
    posts = "".join(
        f"<article><h3>{hour}:00</h3>{paragraphs(f'{one} It was {hour} o’clock.' for one in SENTENCES)}</article>"
        for hour in range(24)
    )
    found = article(f"<h1>The storm, live</h1>{posts}", json_ld("LiveBlogPosting", headline="The storm, live"))
    assert all(f"It was {hour} o’clock." in found.text for hour in range(24))


def test_of_several_articles_on_a_page_the_one_with_its_title_is_read() -> None:
    others = "".join(
        f"<article><h2>Story {n}</h2>{paragraphs(f'{one} This is story {n}.' for one in SENTENCES)}</article>"
        for n in range(4)
    )
    found = article(others, title="Story 2 | The Daily")
    assert len(found.paragraphs) == 4
    assert all(line.endswith("This is story 2.") for line in found.paragraphs)


def test_a_heading_in_an_article_of_its_own_does_not_cost_the_text() -> None:
    head = "<article><h1>The ferry is back</h1></article>"
    found = article(f"{head}<article><h2>What was agreed</h2>{STORY}</article>")
    assert set(SENTENCES) <= set(found.paragraphs)


def test_a_paragraph_that_is_repeated_on_purpose_stays() -> None:
    refrain = "And the ferry sails, and sails, and sails again."
    found = article(f"<article>{STORY}{paragraphs([refrain] * 10)}</article>")
    assert found.paragraphs == (*SENTENCES, *[refrain] * 10)


def test_an_amp_page_names_the_page_it_stands_for() -> None:
    head = '<link rel="canonical" href="https://daily.example/full">'
    assert article(f"<article>{STORY}</article>", head).canonical_url == "https://daily.example/full"


@pytest.mark.parametrize(
    ("address", "noted"),
    [("/a?page=2", True), ("/a/2", True), ("/another-article", False), ("https://other.example/a?page=2", False)],
)
def test_an_article_of_several_pages_says_so(address: str, noted: bool) -> None:
    found = article(f"<article>{STORY}</article>", f'<link rel="next" href="{address}">')
    assert [note for note in found.notes if "goes on" in note] == (
        [f"the article goes on at https://daily.example{address}; only its first page was read"] if noted else []
    )


def test_toasts_and_copyright_lines_of_korea_and_japan_go() -> None:
    korean = (
        "기사 URL이 복사되었습니다.",
        *KOREAN,
        "<Copyright ⓒ 항구뉴스. 무단 전재 및 재배포 금지>".replace("<", "&lt;"),
    )
    found = article(f"<article>{paragraphs(korean)}</article>", title="여객선 재개")
    assert (found.paragraphs, found.language) == (KOREAN, "ko")
    japanese = ("完了しました", *JAPANESE, "無断転載を禁じます。")
    found = article(f"<article>{paragraphs(japanese)}</article>", title="連絡船、再開へ")
    assert (found.paragraphs, found.language) == (JAPANESE, "ja")
    assert {line.reason for line in found.removed} == {"toast", "copyright"}


def test_the_language_is_that_of_the_text() -> None:
    head = '<meta property="og:locale" content="ko_KR">'
    assert article(f"<article>{STORY}</article>", head, source_language="ja").language == "en"


def test_very_many_links_and_spans_are_read_in_time() -> None:
    links = "".join(f'<li><a href="/{n}">Story number {n} of the harbour</a></li>' for n in range(30_000))
    found = article(f"<article>{STORY}</article><ul>{links}</ul>")
    assert (found.paragraphs, found.method) == (SENTENCES, "trafilatura-fast")
    words = "".join(f"<span>{word} </span>" for word in f"{' '.join(SENTENCES)} ".split() * 80)
    assert article(f"<article><p>{words}</p></article>").word_count > 5_000


def test_a_huge_json_ld_object_is_left_alone() -> None:
    found = article(f"<article>{STORY}</article>", json_ld(articleBody="word " * 400_000))
    assert (found.paragraphs, found.method) == (SENTENCES, "trafilatura-fast")


@pytest.mark.parametrize("text", [*SENTENCES, *KOREAN, *JAPANESE, "« Déjà là », dit-il ; ça alors ! « Où ça ? » là »"])
def test_text_read_in_the_wrong_charset_and_stored_is_put_right(text: str) -> None:
    wrong = "".join(
        bytes([byte]).decode("cp1252") if byte not in {0x81, 0x8D, 0x8F, 0x90, 0x9D} else chr(byte)
        for byte in text.encode()
    )
    assert mended(text) == (text, 0)
    assert mended(wrong * 8)[0] == text * 8


def test_a_page_put_right_says_so() -> None:
    wrong = "".join(f"<p>{text.encode().decode('latin-1')}</p>" for text in JAPANESE)
    found = article(f"<article>{wrong}</article>", title="Harbour")
    assert (found.paragraphs, found.language) == (JAPANESE, "ja")
    assert any("Windows-1252" in note for note in found.notes)
