import pytest

from newswatch.notify.text import clean_line, clean_with_map, cluster_count, merge_spans, truncate, web_url


def test_clean_line_makes_one_safe_line() -> None:
    raw = "  A\r\nB\u2028C\x00D\u202e gnihtemos\u202c \ud800 \t e\u0301  "

    assert clean_line(raw) == "A B C D gnihtemos \N{REPLACEMENT CHARACTER} e\u0301"
    assert clean_line(None) == ""


def test_joined_emoji_survive_cleaning() -> None:
    assert clean_line("family 👨‍👩‍👧 and flag 🏴󠁧󠁢󠁥󠁮󠁧󠁿") == "family 👨‍👩‍👧 and flag 🏴󠁧󠁢󠁥󠁮󠁧󠁿"


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("short", 10, "short"),
        ("words are kept whole here", 12, "words are…"),
        ("한국과 일본 정상이 나라에서 만났다", 10, "한국과 일본…"),
        ("日韓首脳会談が奈良で開かれた", 8, "日韓首脳会談が…"),
        ("👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧", 3, "👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧"),
        ("👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧", 2, "👨‍👩‍👧…"),
    ],
)
def test_truncate_counts_what_people_count(text: str, limit: int, expected: str) -> None:
    assert truncate(text, limit) == expected


def test_truncate_bounds_stacked_marks() -> None:
    cut = truncate("Z" + "\u0301" * 5000, 10)

    assert len(cut) <= 81
    assert cut.endswith("…")


@pytest.mark.parametrize("text", ["a  b\tc", "x\u202ey", "\n\nlead", "plain", "tail \n"])
def test_map_leads_every_character_to_its_place(text: str) -> None:
    cleaned, places = clean_with_map(text)

    assert len(places) == len(text) + 1
    assert places[-1] == len(cleaned)
    for index, char in enumerate(text):
        if char.isalpha():
            assert cleaned[places[index]] == char


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://a.example/x?y=1&z=2", True),
        ("HTTP://a.example/", True),
        ("javascript:alert(1)", False),
        ("https:///no-host", False),
        ("https://a.example/a b", False),
        ("https://a.example/<script>", False),
        ("https://a.example/\u202eevil", False),
        ("https://[broken", False),
        ("https://a.example/" + "x" * 2000, False),
        ("", False),
        (None, False),
    ],
)
def test_only_plain_web_addresses_are_linked(url: str | None, kept: bool) -> None:
    assert web_url(url) == (url if kept else None)


def test_spans_are_merged() -> None:
    assert merge_spans([(5, 8), (0, 2), (7, 9), (2, 3), (4, 4)]) == ((0, 3), (5, 9))


def test_clusters() -> None:
    assert cluster_count("각e\u0301🇰🇷") == 3
