"""What is printed is safe for a terminal and exact for programs."""

from datetime import UTC, date, datetime, timedelta

import pytest

from newswatch.cli.output import Column, ago, clean, clean_text, plain, print_rows
from newswatch.model import Severity


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ""),
        (True, "yes"),
        ("a\nb\t c", "a b c"),
        ("\x1b[31mred\x07", "[31mred"),
        ("left\u202eright", "leftright"),
        (["a", "b"], "a, b"),
        (1.50, "1.5"),
        (Severity.HIGH, "high"),
        (datetime(2026, 1, 13, 9, 5, tzinfo=UTC), "2026-01-13 09:05:00Z"),
    ],
)
def test_clean(value: object, expected: str) -> None:
    assert clean(value) == expected


def test_clean_text_keeps_lines() -> None:
    assert clean_text("a\n\n\x1b]0;title\x07b\u2028c") == "a\n\n]0;titlebc"


@pytest.mark.parametrize(("seconds", "expected"), [(5, "5s ago"), (-90, "in 1m"), (7200, "2h ago"), (200000, "2d ago")])
def test_ago(seconds: int, expected: str) -> None:
    now = datetime(2026, 1, 13, tzinfo=UTC)
    assert ago(now - timedelta(seconds=seconds), now) == expected


def test_ago_never() -> None:
    assert ago(None, datetime(2026, 1, 13, tzinfo=UTC)) == "never"


def test_plain() -> None:
    value = {
        "id": 2**60,
        "alert_ids": [2**60],
        "n": 3,
        "at": datetime(2026, 1, 13, tzinfo=UTC),
        "on": date(2026, 1, 13),
    }
    assert plain(value) == {
        "id": str(2**60),
        "alert_ids": [str(2**60)],
        "n": 3,
        "at": "2026-01-13T00:00:00Z",
        "on": "2026-01-13",
    }


def test_columns_are_aligned_by_width_on_screen(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"name": "연합뉴스", "count": 5}, {"name": "ab", "count": 100}]
    print_rows(rows, [Column("name", "name"), Column("count", "count", right=True)], empty="")
    assert capsys.readouterr().out == "name      count\n연합뉴스      5\nab          100\n"
