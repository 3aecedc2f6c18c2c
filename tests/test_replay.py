"""`newswatch replay`: the pipeline over files. The golden files show all that the seed leads to.

After an intended change: `NEWSWATCH_WRITE_GOLDEN=1 pytest tests/test_replay.py`, then read the difference.
"""

import io
import json
import os
from contextlib import redirect_stderr, redirect_stdout
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from newswatch.cli.main import main
from newswatch.config import load_config
from newswatch.errors import InputError, StoreError
from newswatch.replay import Replayed, replay
from newswatch.store.database import Database

_ROOT = Path(__file__).parent.parent
_SEEDS = _ROOT / "seeds"
_GOLDEN = Path(__file__).parent / "golden"

_SUMMIT = (
    "South Korean President Lee Jae-myung and Japanese Prime Minister Takaichi Sanae held a summit in Busan. "
    "The two leaders agreed to share radar data on coastal weather and to meet again in the autumn."
)
_HARBOUR = (
    "The harbour council of Port Ellery voted on Monday to rebuild the northern breakwater before winter. "
    "Fishermen had asked for the work since the storms of last spring damaged forty boats at their moorings."
)


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    monkeypatch.chdir(folder)


def _run(*arguments: str) -> tuple[int, str, str]:
    out, errors = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(errors):
        code = main(["replay", *arguments])
    return code, out.getvalue(), errors.getvalue()


@pytest.fixture(scope="module")
def seed() -> dict[str, Any]:
    code, output, _ = _run(str(_SEEDS), "--format", "json")
    assert code == 0
    document: dict[str, Any] = json.loads(output)
    return document


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_seed_gives_the_golden_output(form: str) -> None:
    code, output, errors = _run(str(_SEEDS), "--format", form)
    golden = _GOLDEN / f"seeds.{form}"
    if os.environ.get("NEWSWATCH_WRITE_GOLDEN"):
        golden.write_text(output, "utf-8")
    assert code == 0, errors
    assert output == golden.read_text("utf-8")


def test_the_seeds_date_is_a_day_without_an_invented_time(seed: dict[str, Any]) -> None:
    article = seed["articles"][0]
    assert (article["published_on"], article["published_at"], article["published_precision"]) == (
        "2026-01-13",
        None,
        "day",
    )


def test_what_was_removed_from_the_seed_is_recorded(seed: dict[str, Any]) -> None:
    removed = [(one["text"], one["line"]) for one in seed["articles"][0]["removed"]]
    assert ("+ ↺ − 16 px", 1) in removed
    assert ("News.Az", 29) in removed


def test_the_seeds_metadata(seed: dict[str, Any]) -> None:
    article = seed["articles"][0]
    assert article["title"] is None
    assert article["display_headline"].startswith("On January 13, South Korean President Lee Jae-myung held a summit")
    assert (article["source_name"], article["authors"], article["language"]) == ("News.Az", [], "en")
    body = "\n\n".join(article["paragraphs"])
    credit = article["credited"][0]
    assert [one["name"] for one in article["credited"]] == ["The Diplomat"]
    assert body[credit["start"] : credit["end"]] == "The Diplomat"
    assert len(article["paragraphs"]) == 13
    assert article["word_count"] == 648


def test_the_seeds_typography_is_kept(seed: dict[str, Any]) -> None:
    paragraphs = seed["articles"][0]["paragraphs"]
    body = "\n".join(paragraphs)
    assert (body.count("“"), body.count("”"), body.count("’")) == (5, 5, 5)
    assert " – " in paragraphs[10]
    assert paragraphs[2].endswith("during the summit meeting")


def test_the_seed_is_flagged_with_its_evidence(seed: dict[str, Any]) -> None:
    article = seed["articles"][0]
    body = "\n\n".join(article["paragraphs"])
    match = next(one for one in article["matches"] if one["rule"] == "kr-jp-summit")
    assert match["score"] >= match["threshold"]
    assert match["why"]
    assert match["evidence"]
    for mention in match["evidence"]:
        assert mention["field"] == "body"
        assert body[mention["start"] : mention["end"]] == mention["text"]
    assert {"lee-jae-myung", "takaichi-sanae"} <= {mention["entity"] for mention in match["evidence"]}


def test_the_seed_is_one_story_one_alert_and_one_message_each(seed: dict[str, Any]) -> None:
    assert len(seed["stories"]) == 1
    assert [(alert["rule"], alert["suppressed"]) for alert in seed["alerts"]] == [("kr-jp-summit", None)]
    assert [(one["to"], one["state"]) for one in seed["deliveries"]] == [
        ("replay:mail", "delivered"),
        ("replay:slack", "delivered"),
    ]


def _replay(path: Path, *, store: bool = False, database: str | None = None) -> Replayed:
    environ = {} if database is None else {"NEWSWATCH__DATABASE__URL": database}
    return replay(path, load_config(None, environ=environ), store=store)


def _states(found: Replayed) -> list[str]:
    return [one["state"] for one in found.inputs]


def test_json_lines_are_articles_each(tmp_path: Path) -> None:
    file = tmp_path / "given.jsonl"
    lines = [
        {"title": "Leaders meet in Busan", "text": _SUMMIT, "published": "2026-05-05", "url": "https://a.example/1"},
        {"title": "Breakwater to be rebuilt", "text": _HARBOUR, "published": "2026-05-04"},
    ]
    file.write_text("\n".join(json.dumps(line) for line in lines) + "\nnot json\n", "utf-8")
    found = _replay(file)
    assert _states(found) == ["done", "done"]
    # in the order of their dates
    assert [article["title"] for article in found.articles] == ["Breakwater to be rebuilt", "Leaders meet in Busan"]
    assert [bool(article["matches"]) for article in found.articles] == [False, True]
    assert len(found.alerts) == 1
    assert [problem.line for problem in found.problems] == [3]


def test_a_correction_is_written_down_with_the_article(tmp_path: Path) -> None:
    file = tmp_path / "given.jsonl"
    text = f"{_HARBOUR}\n\nCorrection: An earlier version gave another year."
    file.write_text(json.dumps({"title": "Breakwater", "text": text, "published": "2026-05-04"}), "utf-8")
    (found,) = _replay(file).articles
    assert found["notes"] == ["correction: Correction: An earlier version gave another year."]


def test_a_feed_file_is_polled_and_its_entries_become_articles(tmp_path: Path) -> None:
    items = "".join(
        f"<item><guid>{number}</guid><title>{title}</title><pubDate>Tue, 05 May 2026 0{number}:00:00 GMT</pubDate>"
        f"<description><![CDATA[<p>{body}</p>]]></description></item>"
        for number, title, body in ((1, "Breakwater to be rebuilt", _HARBOUR), (2, "Leaders meet in Busan", _SUMMIT))
    )
    file = tmp_path / "feed.xml"
    file.write_text(f"<rss version='2.0'><channel><title>The Lantern</title>{items}</channel></rss>", "utf-8")
    found = _replay(file)
    assert _states(found) == ["done", "done"]
    flagged = [article["title"] for article in found.articles if article["matches"]]
    assert flagged == ["Leaders meet in Busan"]
    assert [delivery["state"] for delivery in found.deliveries] == ["delivered", "delivered"]


def _page(title: str, body: str) -> bytes:
    paragraphs = "".join(f"<p>{sentence}.</p>" for sentence in body.rstrip(".").split(". "))
    return (
        f"<!doctype html><html lang=en><head><title>{title}</title>"
        f'<meta property="og:title" content="{title}">'
        '<meta property="article:published_time" content="2026-05-05T09:30:00+09:00"></head>'
        f"<body><nav><a href=/>Home</a></nav><article><h1>{title}</h1>{paragraphs}</article></body></html>"
    ).encode()


def test_a_page_is_extracted_as_of_its_own_date(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_bytes(_page("Leaders meet in Busan", _SUMMIT))
    found = _replay(file)
    article = found.articles[0]
    assert article["title"] == "Leaders meet in Busan"
    assert datetime.fromisoformat(article["published_at"]) == datetime.fromisoformat("2026-05-05T00:30:00+00:00")
    assert [alert["opened_at"] for alert in found.alerts] == ["2026-05-05T00:30:00+00:00"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # warcio's writer leaves a file open
def test_a_warc_archive_is_replayed(tmp_path: Path) -> None:
    file = tmp_path / "pages.warc.gz"
    with file.open("wb") as stream:
        writer = WARCWriter(stream, gzip=True)
        for number, (title, body) in enumerate((("Leaders meet in Busan", _SUMMIT), ("Breakwater", _HARBOUR))):
            headers = StatusAndHeaders("200 OK", [("Content-Type", "text/html; charset=utf-8")], protocol="HTTP/1.1")
            record = writer.create_warc_record(
                f"https://news.example/{number}",
                "response",
                payload=io.BytesIO(_page(title, body)),
                http_headers=headers,
                warc_headers_dict={"WARC-Date": "2026-05-05T01:00:00Z"},
            )
            writer.write_record(record)
    found = _replay(file)
    assert [article["url"] for article in found.articles] == ["https://news.example/0", "https://news.example/1"]
    assert len(found.alerts) == 1


def test_copies_join_the_story_and_are_announced_once(tmp_path: Path) -> None:
    file = tmp_path / "copies.jsonl"
    long = (
        _SUMMIT
        + " "
        + " ".join(
            f"Point {number} of their statement concerns the ferry line between the two coasts and its timetable."
            for number in range(8)
        )
    )
    lines = [
        {"title": "Leaders meet in Busan", "text": long, "published": "2026-05-05", "source": "The Lantern"},
        {"title": "Two leaders, one radar", "text": long, "published": "2026-05-05", "source": "Harbour Post"},
    ]
    file.write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    found = _replay(file)
    assert len(found.articles) == 2
    assert [len(story["articles"]) for story in found.stories] == [2]
    assert [member["relation"] for member in found.stories[0]["articles"]] == ["origin", "copy"]
    assert len(found.alerts) == 1
    assert len(found.deliveries) == 2


def test_what_a_site_prints_around_its_articles_is_learned(make_empty_database: Any, database_kind: str) -> None:
    imprint = "Reporters of the Herald can be reached through the harbour office."
    lines = [
        {
            "title": f"Pier {number} again",
            "text": f"The council spoke of pier number {number} all evening.\n\n{_HARBOUR[number:]}\n\n{imprint}",
            "published": f"2026-05-0{number}",
            "url": f"https://herald.example/{number}",
        }
        for number in range(1, 6)
    ]
    file = Path("pages.jsonl")
    file.write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    found = _replay(file, store=True, database=make_empty_database(database_kind))
    assert [[line["reason"] for line in article["removed"]] for article in found.articles] == [
        [],
        [],
        [],
        *[["site_line"]] * 2,
    ]


def test_nothing_to_replay_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds nothing that can be replayed"):
        _replay(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="no such file"):
        _replay(tmp_path / "nowhere.txt")


def test_a_stored_replay_is_there_once_and_leaves_no_work(make_empty_database: Any, database_kind: str) -> None:
    url = make_empty_database(database_kind)
    first = _replay(_SEEDS, store=True, database=url)
    second = _replay(_SEEDS, store=True, database=url)
    assert len(first.articles) == len(second.articles) == 1
    database = Database(url)
    with database.reading() as connection:
        counts = {
            table: connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
            for table in ("article", "rule_match", "story", "alert", "delivery")
        }
        feeds = connection.execute(text("SELECT status FROM feed")).scalars().all()
    database.close()
    assert counts == {"article": 1, "rule_match": 1, "story": 1, "alert": 1, "delivery": 2}
    assert feeds == ["disabled"]


def test_a_stored_replay_does_not_take_a_daemons_work(make_database: Any, database_kind: str) -> None:
    url = make_database(database_kind)
    database = Database(url)
    with database.writing() as connection:
        connection.execute(
            text(
                "INSERT INTO feed (id, url, url_key, host_key, name, origin, next_poll_at, created_at) VALUES "
                "(1, 'https://a.example/', 'k', 'a.example', 'A', 'cli', '2025-01-01 00:00:00', '2025-01-01 00:00:00')"
            )
        )
    database.close()
    with pytest.raises(StoreError, match=r"work of a daemon waits in this database \(poll\)"):
        _replay(_SEEDS, store=True, database=url)
