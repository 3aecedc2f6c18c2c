"""Lists as CSV: read back as written, opened by Excel in Korea and Japan, and never run as formulas."""

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newswatch.cli.csv_output import print_csv
from tests.cli.conftest import Filled, Run

LISTS = ["articles", "matches", "stories", "alerts", "deliveries"]
TEXTS = [
    "한일 정상, 나라에서 회담",
    "日韓首脳が奈良で会談",
    "中日韩峰会",
    'He said "yes", then left; 5 > 3',
    "émigré 🇰🇷🇯🇵 \u200d",
    "",
]
FORMULAS = ["=1+1", '=HYPERLINK("http://x.example","a")', "+82 2", "-1 + 1", "@SUM(A1)", "＝cmd|' /C calc'!A0", "＠a"]


def read(text: str) -> list[dict[str, str]]:
    """Return the rows as a program that knows UTF-8 with a byte order mark reads them."""
    return list(csv.DictReader(io.StringIO(text.encode().decode("utf-8-sig"), newline="")))


def printed(capsys: pytest.CaptureFixture[str], *headlines: object) -> str:
    print_csv([{"headline": headline, "n": 1.5, "left out": 2} for headline in headlines], ("headline", "n"))
    return capsys.readouterr().out


def test_a26_korean_and_japanese_come_back_as_they_were(capsys: pytest.CaptureFixture[str]) -> None:
    output = printed(capsys, *TEXTS)
    assert output.startswith("\ufeffheadline,n\r\n")  # EF BB BF is what tells Excel not to read CP949 or CP932
    assert [row["headline"] for row in read(output)] == TEXTS
    assert output.count("\r\n") == output.count("\n") == len(TEXTS) + 1


def test_nothing_is_a_formula(capsys: pytest.CaptureFixture[str]) -> None:
    rows = read(printed(capsys, *FORMULAS))
    assert [row["headline"] for row in rows] == [f"'{text}" for text in FORMULAS]


def test_values_that_are_no_texts(capsys: pytest.CaptureFixture[str]) -> None:
    instant = datetime(2026, 1, 13, 9, tzinfo=UTC)
    values = [None, True, -3, -0.5, instant, ["r1", "r2"], "two\r\nlines\x00", 228389911002005404]
    found = [row["headline"] for row in read(printed(capsys, *values))]
    assert found == ["", "yes", "-3", "-0.5", "2026-01-13T09:00:00Z", "r1, r2", "two lines", "228389911002005404"]


@pytest.mark.parametrize("noun", LISTS)
def test_lists_as_csv(noun: str, run: Run, filled: Filled) -> None:
    rows = run(noun, "list", "--json").json
    found = read(run(noun, "list", "--csv").out)
    assert len(found) == len(rows) == 1
    key = "id" if "id" in found[0] else "article_id"
    assert found[0][key] == rows[0][key]
    assert set(found[0]) <= set(rows[0])


@pytest.mark.parametrize("noun", LISTS)
def test_an_empty_list_has_its_first_line(noun: str, run: Run, configured: Path) -> None:
    assert run("db", "upgrade").code == 0
    ran = run(noun, "list", "--csv")
    assert (ran.code, ran.out.count("\r\n")) == (0, 1)
