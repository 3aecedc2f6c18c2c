"""Stories drawn, merged and split, and who appears with whom."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newswatch.cli.stories import timeline
from newswatch.ids import IdSource
from newswatch.model import Article, Assignment, Mention, Relation
from newswatch.store import mentions
from newswatch.store.database import Database
from tests.cli.conftest import NOW, Filled, Run
from tests.store.filling import join_story, store_article


@pytest.fixture
def second(filled: Filled, tmp_path: Path) -> tuple[int, int]:
    """A second article in a story of its own; both articles mention two entities. Return its id and its story's."""
    database = Database(f"sqlite:///{tmp_path}/nw.db")
    new_id = IdSource(lambda: NOW + timedelta(hours=1))
    value = Article("They met.", "They met", "They met", "en", 1.0, "seed", "as given", source_name="Dawn")
    with database.writing() as connection:
        stored = store_article(connection, value, url_keys=["other"], new_id=new_id, now=NOW)
        story_id = join_story(
            connection,
            Assignment(None, Relation.ORIGIN, 0.0, None, "first of its story"),
            article_id=stored.article_id,
            headline="They met",
            language="en",
            new_id=new_id,
            now=NOW,
        )
        both = (
            Mention("ada", "person", (("title", 0, 4), ("body", 2, 5))),
            Mention("nara", "place", (("body", 9, 13),)),
        )
        mentions.store(connection, {filled.article: both, stored.article_id: both[:1]}, [])
    database.close()
    return stored.article_id, story_id


def test_two_stories_become_one_and_two_again(run: Run, filled: Filled, second: tuple[int, int]) -> None:
    article, story = second
    assert run("stories", "merge", filled.story, story, "--json").json == {
        "story_id": str(filled.story),
        "merged_id": str(story),
        "articles": 1,
    }
    shown = run("stories", "show", story)
    assert f"story {story} was merged into {filled.story}" in shown.err
    assert f"{story} merged by hand" in shown.out
    assert re.search(r"reports +[▁▂▃▄▅▆▇█]·+ +2", shown.out)
    (row,) = run("stories", "list", "--json").json
    assert (row["phase"], row["article_count"], row["confirmation_count"], row["copy_count"]) == ("breaking", 2, 1, 0)
    assert run("stories", "merge", filled.story, story).code == 2
    made = run("stories", "split", filled.story, article, "--json").json["new_story_id"]
    assert [one["article_id"] for one in run("stories", "show", made, "--json").json["articles"]] == [str(article)]
    refused = run("stories", "split", filled.story, article)
    assert refused.code == 2
    assert f"newswatch stories show {filled.story}" in refused.err
    assert run("stories", "merge", "42", filled.story).code == 1


def test_who_appears_where_and_with_whom(run: Run, filled: Filled, second: tuple[int, int]) -> None:
    found = run("entities", "mentions", "ada", "--json").json
    assert [one["article_id"] for one in found] == [str(second[0]), str(filled.article)]
    assert found[0]["spans"] == [["title", 0, 4], ["body", 2, 5]]
    assert "They met" in run("entities", "mentions", "ada").out
    own, other = run("entities", "together", "ada", "--json").json
    assert (own["entity"], own["articles"]) == ("ada", 2)
    assert (other["entity"], other["type"], other["articles"]) == ("nara", "place", 1)
    (week,) = other["weeks"]
    assert timedelta(0) <= NOW.date() - datetime.fromisoformat(week).date() < timedelta(days=7)
    assert datetime.fromisoformat(week).weekday() == 0
    assert "█" in run("entities", "together", "ada", "--since", "7d").out
    assert "no stored article mentions bob" in run("entities", "together", "bob").err
    assert run("entities", "mentions", "ada", "--since", "2100-01-01", "--json").json == []


def test_a_timeline_has_reports_and_copies() -> None:
    noon = datetime(2026, 1, 13, 12, tzinfo=UTC)
    lines = timeline([(noon, "origin"), (noon, "copy"), (noon + timedelta(hours=47), "report")])
    assert lines[0] == f"reports  █{'·' * 46}█  2"
    assert lines[1] == f"copies   █{'·' * 47}  1"
    assert "2026-01-13 12:00" in lines[2]
    assert lines[2].endswith("2026-01-15 12:00")
