"""Seed texts: the given one in every detail, and the form in general."""

import dataclasses
import json
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

from newswatch.extract.article import extract_seed
from newswatch.model import Article, NotAnArticle, Published

ROOT = Path(__file__).parents[2]
SEED = ROOT / "seeds" / "000_fdfe2a588a6cb9b5.txt"
EXPECTED = Path(__file__).parent / "data" / "seed.json"
NOW = datetime(2026, 2, 1, tzinfo=UTC)


def seed(text: str) -> Article:
    found = extract_seed(text, name="a.txt", now=NOW)
    assert isinstance(found, Article), found
    return found


def given() -> Article:
    return seed(SEED.read_text(encoding="utf-8"))


def test_the_seed_is_the_one_that_was_given() -> None:
    assert sha256(SEED.read_bytes()).hexdigest() == "478a4ee92eef9a7e1109a725c754c06f1b4be2f41c266bb01afc06af96c7f210"


def test_the_given_seed_is_understood() -> None:
    expected = json.loads(EXPECTED.read_text(encoding="utf-8"))
    found = given()
    (credit,) = found.credited
    assert {
        "published": found.published
        and [found.published.precision, str(found.published.on), found.published.at, found.published.found_by],
        "title": found.title,
        "display_headline": found.display_headline,
        "source_name": found.source_name,
        "credited": [credit.name, found.text[credit.start : credit.end]],
        "authors": list(found.authors),
        "language": found.language,
        "paragraphs": len(found.paragraphs),
        "words": found.word_count,
        "removed": [[line.text, line.reason, line.line] for line in found.removed],
        "method": found.method,
        "first_words": [" ".join(paragraph.split()[:4]) for paragraph in found.paragraphs],
    } == expected


def test_the_text_of_the_given_seed_is_not_touched() -> None:
    raw = SEED.read_text(encoding="utf-8")
    found = given()
    assert all(paragraph in raw for paragraph in found.paragraphs)
    assert [found.text.count(mark) for mark in "“”’–"] == [5, 5, 5, 1]
    assert found.paragraphs[2].endswith("during the summit meeting")


def test_a_caption_behind_the_header_is_text() -> None:
    found = seed(
        " date 2026-01-13 The mayors on the pier after signing, January 2026.\n\nThe ferry is back. It sails in March."
    )
    assert found.paragraphs[0] == "The mayors on the pier after signing, January 2026."
    assert [line.reason for line in found.removed] == ["corpus_header"]


def test_a_text_without_header_has_no_date() -> None:
    found = seed("The ferry is back.\nIt sails in March.\r\n\r\nSecond paragraph of the text.")
    assert (found.published, found.paragraphs) == (
        None,
        ("The ferry is back. It sails in March.", "Second paragraph of the text."),
    )


def test_a_word_that_begins_like_a_header_is_text() -> None:
    assert seed("date 2026-01-1345 is no date. The ferry is back and it sails in March.").published is None


def test_a_date_that_does_not_exist_is_noted() -> None:
    found = seed(" date 2026-02-30\n\nThe ferry is back and it sails in March.")
    assert found.published is None
    assert "2026-02-30" in found.notes[0]


def test_a_date_in_the_future_is_noted() -> None:
    found = seed(" date 2031-01-01\n\nThe ferry is back and it sails in March.")
    assert found.published is None
    assert "future" in found.notes[0]


def test_a_korean_seed_is_read_the_same_way() -> None:
    found = seed(
        " date 2026-01-13 글자크기\n\n(동해=연합뉴스) 두 도시가 여객선을 다시 띄운다.\n\n무단 전재 및 재배포 금지"
    )
    assert found.published == Published(
        precision="day", found_by="corpus header", on=date(2026, 1, 13), raw="2026-01-13"
    )
    assert (found.language, found.paragraphs) == ("ko", ("(동해=연합뉴스) 두 도시가 여객선을 다시 띄운다.",))
    assert [credit.name for credit in found.credited] == ["연합뉴스"]
    assert [(line.reason, line.line) for line in found.removed] == [
        ("corpus_header", 1),
        ("widget", 1),
        ("copyright", 5),
    ]


def test_a_seed_without_text_says_so() -> None:
    found = extract_seed(" date 2026-01-13 + ↺ − 16 px\n\n", name="a.txt", now=NOW)
    assert isinstance(found, NotAnArticle)
    assert (found.reason, "a.txt" in found.detail) == ("no_text", True)
    assert dataclasses.is_dataclass(extract_seed("", name="b.txt", now=NOW))
