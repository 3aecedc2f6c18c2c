"""Rules against what is stored: backtest, differences of two versions, near misses."""

import io
import re
import signal
from contextlib import redirect_stderr
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from newswatch.cli.archive import each
from newswatch.cli.progress import tracked
from newswatch.clock import VirtualClock
from newswatch.ids import IdSource
from newswatch.model import Article, Assignment, Match, Relation, Severity
from newswatch.store import matches
from newswatch.store.archive import Archived
from newswatch.store.database import Database
from newswatch.store.migrate import upgrade
from newswatch.store.tables import article
from tests.cli.conftest import NOW, Run
from tests.store.filling import join_story, store_article

PACK = """
[pack]
id = "harbours"
name = "Harbours"

[[rules]]
id = "strike"
name = "Strikes in harbours"
query = '(harbour NEAR/5 strike) OR (항구 NEAR/5 파업)'
[[rules.severities]]
when = "title:strike"
severity = "high"

[[rules]]
id = "fire"
name = "Fires in harbours"
query = 'SCORE(harbour^1, fire^2, night^2) >= 4'
"""
_FILLER = "The island has three ferries and a market that opens on Fridays. "


@pytest.fixture
def stored(configured: Path, tmp_path: Path) -> dict[str, int]:
    """Articles of five days and one of last month by name; two of them are copies, two have a stored match."""
    configured.with_name("harbours.toml").write_text(PACK, encoding="utf-8")
    configured.write_text(configured.read_text() + '\n[rules]\npacks = ["./harbours.toml"]\n')
    database = Database(f"sqlite:///{tmp_path}/nw.db")
    upgrade(database)
    rows = [
        ("past", 40, "en", "Dusk", "Strike", "A harbour strike began."),
        ("first", 3, "en", "The Lantern", "Strike stops cranes", "The harbour strike began at noon."),
        ("copy", 2, "en", "Dusk", "Cranes stand still", "The harbour strike began at noon."),
        ("lost", 1, "en", "Dusk", "Choir wins prize", "The choir won a prize."),
        ("korean", 1, "ko", "등대신문", "크레인이 멈췄다", "항구 파업이 시작됐다."),
        (
            "near",
            0,
            "en",
            "Dusk",
            "Harbour",
            f"The harbour is calm. {_FILLER * 3} A strike of lightning came at night.",
        ),
    ]
    ids: dict[str, int] = {}
    clock = VirtualClock(NOW - timedelta(days=50))
    new_id = IdSource(clock)
    story: int | None = None
    with database.writing() as connection:
        for name, days, language, source, title, text in rows:
            clock.set(NOW - timedelta(days=days))
            saved = store_article(
                connection,
                Article(text, title, title, language, 1.0, "seed", "as given", source_name=source),
                url_keys=[name],
                shingles=frozenset(),
                backfill=name == "korean",
                first_seen_at=clock(),
                known_id=None,
                new_id=new_id,
                now=clock(),
            )
            ids[name] = saved.article_id
            if name in ("first", "lost"):
                assert saved.version_id is not None
                found = Match("strike", "S", "old", Severity.NORMAL, 1, 0, (), (), 0, ())
                remembered = {"rule_hash": "old", "rule_id": "strike", "name": "S"}
                matches.remember_rule(connection, **remembered, definition={}, now=clock())
                matches.store(
                    connection,
                    found,
                    article_id=saved.article_id,
                    version_id=saved.version_id,
                    engine_version="1",
                    new_id=new_id,
                    now=clock(),
                )
            if name in ("first", "copy"):
                assigned = Assignment(story, Relation.ORIGIN if story is None else Relation.COPY, 1.0, None, "the same")
                story = join_story(
                    connection,
                    assigned,
                    article_id=saved.article_id,
                    headline=title,
                    language=language,
                    new_id=new_id,
                    now=clock(),
                )
    database.close()
    return ids


def _day(days: int) -> str:
    return (NOW - timedelta(days=days)).date().isoformat()


def test_backtest_counts_and_compares(run: Run, stored: dict[str, int]) -> None:
    found = run("rules", "backtest", "--json").json
    assert (found["articles"], found["interrupted"]) == (5, False)
    strike = next(one for one in found["rules"] if one["rule"] == "strike")
    assert (strike["matches"], strike["alerts"], strike["gained"], strike["lost"]) == (3, 2, 2, 1)
    assert strike["matches_by_day"] == {_day(3): 1, _day(2): 1, _day(1): 1}
    assert strike["sources"] == {"Dusk": 1, "The Lantern": 1, "등대신문": 1}
    assert strike["languages"] == {"en": 2, "ko": 1}
    assert strike["severities"] == {"normal": 2, "high": 1}
    samples = {kind: [one["article_id"] for one in rows] for kind, rows in strike["samples"].items()}
    assert samples == {
        "gained": [str(stored["korean"]), str(stored["copy"])],
        "lost": [str(stored["lost"])],
        "kept": [str(stored["first"])],
    }


def test_backtest_tells_who_would_have_been_told(run: Run, stored: dict[str, int]) -> None:
    (strike,) = run("rules", "backtest", "--rule", "strike", "--json").json["rules"]
    # a story is told once, when its first article comes; what came with the first poll of a feed is not told
    assert strike["alerts_by_day"] == {_day(3): 1, _day(1): 1}
    assert strike["told_by_day"] == {"desk": {_day(3): 1}}


def test_a_story_whose_first_article_is_not_told_is_told_with_the_next(
    run: Run, stored: dict[str, int], tmp_path: Path
) -> None:
    database = Database(f"sqlite:///{tmp_path}/nw.db")
    with database.writing() as connection:
        connection.execute(update(article).where(article.c.id == stored["first"]).values(backfill=True))
    (strike,) = run("rules", "backtest", "--rule", "strike", "--json").json["rules"]
    assert strike["told_by_day"] == {"desk": {_day(2): 1}}
    assert strike["not_told"] == {"backfill": 1}
    with database.writing() as connection:
        connection.execute(update(article).values(backfill=True))
    (strike,) = run("rules", "backtest", "--rule", "strike", "--json").json["rules"]
    assert (strike["told_by_day"], strike["alerts_by_day"]) == ({}, {_day(3): 1, _day(1): 1})
    database.close()


def test_rules_that_a_story_meets_at_a_time_share_a_message(run: Run, stored: dict[str, int], tmp_path: Path) -> None:
    rule = "[[rules]]\nid = '{0}'\nname = 'R'\nquery = '{0}'\n"
    rules = "".join(map(rule.format, ("harbour", "strike", "choir", "cranes")))
    (tmp_path / "other.toml").write_text(f'[pack]\nid = "o"\nname = "O"\n{rules}')
    found = run("rules", "backtest", "--pack", "other.toml", "--json").json
    # harbour, strike and cranes are met by one story of two articles: told once, on the first of them
    assert found["messages_by_day"] == {"desk": {_day(3): 1, _day(1): 1, _day(0): 1}}
    out = run("rules", "backtest", "--pack", "other.toml").out
    assert re.search(r"^desk +3 +·+█·?█?█?\S* +1$", out, re.MULTILINE)


def test_backtest_for_people(run: Run, stored: dict[str, int]) -> None:
    out = run("rules", "backtest").out
    assert "of 5 articles" in out
    assert "gained: 2 articles" in out
    assert "sources: Dusk 1, The Lantern 1, 등대신문 1" in out
    assert f"{stored['lost']} {_day(1)} [en] Dusk: Choir wins prize" in out
    assert "and 1 more" in run("rules", "backtest", "--samples", 1).out
    assert "gained: 2 articles" not in run("rules", "backtest", "--samples", 0).out
    assert "past" not in out
    assert run("rules", "backtest", "--since", "60d", "--json").json["articles"] == 6


def test_backtest_of_another_pack(run: Run, stored: dict[str, int], tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text(PACK.replace("strike)", "prize)"))
    strike = run("rules", "backtest", "--pack", "other.toml", "--json").json["rules"][0]
    assert (strike["matches"], strike["lost"]) == (1, 2)
    assert run("rules", "backtest", "--rule", "other").code == 1


def test_backtest_of_an_empty_archive(run: Run, configured: Path) -> None:
    assert run("db", "upgrade").code == 0
    ran = run("rules", "backtest")
    assert (ran.code, "of 0 articles" in ran.out) == (0, True)


def test_diff(run: Run, stored: dict[str, int], tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text(
        PACK.replace("(harbour NEAR/5 strike)", "((harbour NEAR/5 strike) OR choir)")
        .replace("OR (항구 NEAR/5 파업)", "")
        .replace('severity = "high"', 'severity = "flash"')
    )
    ran = run("rules", "diff", "harbours.toml", "other.toml", "--json")
    assert ran.code == 1
    (strike,) = ran.json["rules"]
    assert (strike["gained"], strike["lost"], strike["changed"], strike["same"]) == (1, 1, 1, 1)
    (changed,) = strike["samples"]["changed"]
    assert (changed["was"], changed["severity"], changed["headline"]) == ("high", "flash", "Strike stops cranes")
    (gained,), (lost,) = strike["samples"]["gained"], strike["samples"]["lost"]
    assert gained["why"] == "“Choir”, “choir”"
    assert "harbour: not found" in gained["but"]
    assert (lost["why"], lost["was_score"]) == ("", 1)
    assert "not found" in lost["but"]
    out = run("rules", "diff", "harbours.toml", "other.toml").out
    assert "other severity or score: 1 article" in out
    assert "high -> flash: " in out
    assert "    before: " in out
    assert "    now: " in out


def test_diff_of_scores(run: Run, stored: dict[str, int], tmp_path: Path) -> None:
    for weight in (1, 2):
        rule = f"[[rules]]\nid = 'r'\nname = 'R'\nquery = 'choir^{weight}'\n"
        (tmp_path / f"{weight}.toml").write_text(f'[pack]\nid = "o"\nname = "O"\n{rule}')
    ran = run("rules", "diff", "1.toml", "2.toml")
    assert (ran.code, "normal, score 1 -> 2: “Choir”" in ran.out) == (1, True)
    (found,) = run("rules", "diff", "1.toml", "2.toml", "--json").json["rules"]
    (changed,) = found["samples"]["changed"]
    assert (found["changed"], changed["was_score"], changed["score"]) == (1, 1, 2)


def test_diff_with_a_rule_that_one_version_lacks(run: Run, stored: dict[str, int], tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text(PACK.replace('id = "strike"', 'id = "stoppage"'))
    found = {one["rule"]: one for one in run("rules", "diff", "harbours.toml", "other.toml", "--json").json["rules"]}
    assert (found["strike"]["lost"], found["stoppage"]["gained"]) == (3, 3)
    assert found["strike"]["samples"]["lost"][0]["but"] == "there is no such rule"


def test_diff_of_the_same_rules(run: Run, stored: dict[str, int]) -> None:
    ran = run("rules", "diff", "harbours.toml", "harbours.toml")
    assert ran.code == 0
    assert ran.out.splitlines()[1].split() == ["strike", "0", "0", "0", "3"]
    assert run("rules", "diff", "harbours.toml", "none.toml").code == 2


def test_near_misses(run: Run, stored: dict[str, int]) -> None:
    found = run("matches", "near", "--json").json
    assert [(one["rule_id"], one["article_id"]) for one in found] == [
        ("strike", str(stored["near"])),
        ("fire", str(stored["near"])),
    ]
    assert found[0]["missing"][0].endswith("limit 5")
    assert (found[1]["score"], found[1]["threshold"]) == (3, 4)
    assert "distance " in run("matches", "near", "strike").out
    assert len(run("matches", "near", "--limit", 1, "--json").json) == 1
    assert run("matches", "near", "--since", "2100-01-01").err.startswith("no article came near")
    assert run("matches", "near", "other").code == 1


@pytest.mark.parametrize(
    ("query", "near"),
    [
        ("harbour AND night AND football", True),
        ("harbour AND football AND chess", False),
        ("football AND NOT chess", False),
        ("harbour AND NOT lightning", True),
        ("football OR (harbour AND chess)", True),
        ("football OR chess", False),
        ("3 OF (harbour, night, football, chess)", True),
        ("3 OF (harbour, golf, football, chess)", False),
        ("harbour EXCEPT harbour", True),
        ("body:harbour NOT NEAR/9 calm", True),
        ("SCORE(harbour^1, chess^4) >= 3", False),
        ("SCORE(harbour^2, chess^4) >= 4", True),
        ("lang:en AND football", False),
        ("TALLY(harbour^1, lightning^1) >= 6", True),
    ],
)
def test_what_is_near(query: str, near: bool, run: Run, stored: dict[str, int], tmp_path: Path) -> None:
    rule = f"[[rules]]\nid = 'r'\nname = 'R'\nquery = '{query}'\n"
    (tmp_path / "other.toml").write_text(f'[pack]\nid = "o"\nname = "O"\n{rule}')
    found = run("matches", "near", "--pack", "other.toml", "--json", "--since", "12h").json
    assert [one["article_id"] for one in found] == ([str(stored["near"])] if near else [])


def test_what_another_rule_has_is_not_near_the_rule_that_excludes_it(
    run: Run, stored: dict[str, int], tmp_path: Path
) -> None:
    rule = "[[rules]]\nid = '{0}'\nname = 'R'\nquery = '{1}'\n"
    rest = rule.format("rest", "harbour AND NOT lightning")
    (tmp_path / "other.toml").write_text(f'[pack]\nid = "o"\nname = "O"\n{rest}')
    near = ("matches", "near", "rest", "--pack", "other.toml", "--json", "--since", "12h")
    assert len(run(*near).json) == 1
    (tmp_path / "other.toml").write_text(f'[pack]\nid = "o"\nname = "O"\n{rest}{rule.format("all", "lightning")}')
    assert run(*near).json == []


def test_a_rule_for_another_language_or_a_least_score_is_near(run: Run, stored: dict[str, int], tmp_path: Path) -> None:
    rule = "[[rules]]\nid = '{0}'\nname = 'R'\nquery = 'harbour'\n{1}\n"
    rules = (
        rule.format("ja", "languages = ['ja']")
        + rule.format("two", "threshold = 2")
        + rule.format("nine", "threshold = 9")
    )
    (tmp_path / "other.toml").write_text(f'[pack]\nid = "o"\nname = "O"\n{rules}')
    found = run("matches", "near", "--pack", "other.toml", "--json", "--since", "12h").json
    assert [one["rule_id"] for one in found] == ["ja", "two"]


def test_ctrl_c_ends_a_look_at_the_archive(
    stored: dict[str, int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = []

    def take(one: Archived) -> None:
        seen.append(one.article_id)
        if len(seen) == 2:
            signal.raise_signal(signal.SIGINT)

    database = Database(f"sqlite:///{tmp_path}/nw.db")
    before = signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # ignored where a shell runs this in the background
    try:
        assert each(database, None, "looking", take) == (2, True)
    finally:
        signal.signal(signal.SIGINT, before)
    database.close()
    assert seen == [stored["near"], stored["korean"]]
    assert "interrupted after 2 of 6 articles" in capsys.readouterr().err


def test_progress_is_shown_on_a_terminal_only() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for stream, shown in ((Terminal(), True), (io.StringIO(), False)):
        with redirect_stderr(stream):
            assert list(tracked(iter("abc"), total=3, doing="reading articles")) == ["a", "b", "c"]
        assert ("reading articles" in stream.getvalue()) is shown
