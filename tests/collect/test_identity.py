"""Entries recognised, told apart and issued again."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from newswatch.collect.corrections import corrections, mark_of, notice
from newswatch.collect.identity import may_be_reissue, recognised, reissue, told_apart, unknown
from newswatch.model import KnownEntry, ParsedEntry, Published
from tests.collect.conftest import NOW


def entry(
    key: str = "g1", link: str | None = "https://n.example/1", title: str = "A title", **values: object
) -> ParsedEntry:
    value = ParsedEntry(key, link, title, None, None, published=Published("second", "feed", at=NOW), content_hash="h")
    return replace(value, **values)  # type: ignore[arg-type]


def known(value: ParsedEntry, first_seen_at: datetime = NOW - timedelta(days=9), **values: object) -> KnownEntry:
    at = value.published.at if value.published else None
    stored = KnownEntry(1, value.key, value.content_hash, value.link, value.title, at, first_seen_at)
    return replace(stored, **values)  # type: ignore[arg-type]


LATER = Published("second", "feed", at=NOW + timedelta(days=365))


def test_f25_a_guid_that_is_used_again_is_another_entry_with_a_lasting_key() -> None:
    again = entry(link="https://n.example/2", title="Another story", published=LATER)
    (apart,) = told_apart([again], {"g1": known(entry())})
    assert apart.key != "g1"
    assert told_apart([again], {"g1": known(entry())}) == [apart]
    assert unknown([apart], {"g1": known(entry())}) == [apart]


@pytest.mark.parametrize(
    "edit",
    [
        {"title": "A title, corrected", "published": LATER},
        {"link": "https://n.example/moved", "published": LATER},
        {"link": "https://n.example/1?utm_source=rss", "title": "Other", "published": LATER},
        {"link": "https://n.example/better-slug", "title": "Better title"},  # published at the same instant
        {"link": None, "title": "Other", "published": LATER},
    ],
)
def test_an_edit_is_no_other_entry(edit: dict[str, object]) -> None:
    edited = entry(**edit)  # type: ignore[arg-type]
    assert told_apart([edited], {"g1": known(entry())}) == [edited]


def test_f26_a_new_guid_with_the_same_link_and_title_is_the_same_entry() -> None:
    old = known(entry("tag:n.example,2026:1"))
    new = entry("https://n.example/?p=1", link="http://n.example/1/?utm_medium=rss", title="A  TITLE")
    (same,) = recognised([new], [old])
    assert same.key == old.key


def test_a_link_alone_is_no_identity() -> None:
    live = [entry("g2", title="14:05 The talks begin"), entry("g3", title="14:20 The talks end")]
    assert recognised(live, [known(entry("g1", title="14:00 The leaders arrive"))]) == live
    both = [entry("g1"), entry("g2")]  # the old one stands beside it
    assert recognised(both, [known(entry("g1"))]) == both
    twice = recognised([entry("g2"), entry("g3")], [known(entry("g1"))])
    assert [value.key for value in twice] == ["g1", "g3"]


def many(count: int, start: int = 0) -> list[ParsedEntry]:
    return [entry(f"new{n}", f"https://n.example/new/{n}", f"Title {n}") for n in range(start, start + count)]


def test_f28_a_flood_of_old_titles_is_issued_again() -> None:
    old = [known(replace(value, key=f"old-{value.key}", link=f"{value.link}/old")) for value in many(500)]
    found = reissue([*many(500), *many(3, start=900)], old, NOW)
    assert len(found.keys) == 500
    assert found.event is not None
    assert found.event.kind == "reissued"
    assert found.event.detail.startswith("500 of 503 new entries were there before")


def test_f28_what_is_new_or_comes_every_day_is_not_issued_again() -> None:
    assert not may_be_reissue(many(9))
    assert reissue(many(50), [], NOW).keys == frozenset()
    assert reissue(many(50), [known(value, NOW - timedelta(hours=1)) for value in many(50)], NOW).event is None
    columns = [known(value) for value in many(9)]
    assert reissue(many(50), columns, NOW).keys == frozenset()


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("CORRECTED-Leaders meet in Nara", "correction"),
        ("Correction: Korea-Japan-Summit story", "correction"),
        ("[정정] 한일 정상회담 일정", "correction"),
        ("정정보도문", "correction"),
        ("【訂正】首脳会談の日程", "correction"),
        ("首脳会談の日程（訂正）", "correction"),
        ("（更正）韩日首脑会晤", "correction"),
        ("WITHDRAWAL-Leaders meet", "retraction"),
        ("[전문취소] 한일 정상회담", "retraction"),
        ("【撤稿】韩日首脑会晤", "retraction"),
        ("Retracted: a study of tides", "retraction"),
        ("Court corrects itself on appeal", None),
        ("Corrections officers strike", None),
        ("Seoul withdraws its ambassador", None),
        ("Kill Bill returns to cinemas", None),
        ("政府、法案を撤回", None),
        (None, None),
    ],
)
def test_marks_of_corrections_and_retractions(title: str | None, kind: str | None) -> None:
    assert mark_of(title) == kind


def test_f27_a_correction_is_told_when_it_comes() -> None:
    old = known(entry(title="Leaders meet in Nara"))
    now = entry(title="CORRECTED-Leaders meet in Kyoto")
    (event,) = corrections([now, entry("g2", title="Ferries run")], {"g1": old})
    assert (event.kind, event.detail) == (
        "correction",
        "CORRECTED-Leaders meet in Kyoto (before: Leaders meet in Nara)",
    )
    assert corrections([now], {"g1": known(now)}) == []
    assert [event.kind for event in corrections([now], {})] == ["correction"]


@pytest.mark.parametrize(
    ("title", "text", "said"),
    [
        ("[정정] 일정", "두 정상이 만난다.", "correction: [정정] 일정"),
        (
            "Ferries run",
            "They run.\n\nCorrection: The ferry runs daily.",
            "correction: Correction: The ferry runs daily.",
        ),
        ("Ferries run", "訂正：便数に誤りがありました。\n\n本文", "correction: 訂正：便数に誤りがありました。"),
        ("Ferries run", "RETRACTED: This report was wrong.\n\nText.", "retraction: RETRACTED: This report was wrong."),
        ("Ferries run", "One.\n\nTwo.\n\nCorrection: three.\n\nFour.\n\nFive.\n\nSix.", None),
        ("Ferries run", "The court (correction) said so.", None),
        (None, "", None),
    ],
)
def test_articles_say_themselves_what_they_correct(title: str | None, text: str, said: str | None) -> None:
    assert notice(title, text) == said
