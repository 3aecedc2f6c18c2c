"""Articles come into stories by what they tell, whatever the database, the batches and the restarts between them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import func, select, update

from newswatch.clock import VirtualClock
from newswatch.config import Config
from newswatch.flag.matching import Engine
from newswatch.flag.packs import load_packs
from newswatch.group.settings import StorySettings
from newswatch.group.similarity import sampled
from newswatch.ids import IdSource
from newswatch.model import Article, Match, MatchInput, Relation, Severity
from newswatch.pipeline.alerting import Alerted, open_alerts
from newswatch.pipeline.placing import place
from newswatch.pipeline.regrouping import merge_by_hand, split_by_hand
from newswatch.store import articles, events, matches, mentions, moves, stories
from newswatch.store.database import Database
from newswatch.store.tables import (
    alert,
    article,
    article_shingle,
    article_version,
    notification,
    story,
    story_member,
    story_term,
    story_vector,
)
from tests.pipeline.archive_world import World
from tests.store.filling import store_article

START = datetime(2026, 1, 13, 9, tzinfo=UTC)
TEXTS = Path(__file__).parents[1] / "group" / "data" / "events.jsonl"


@cache
def engine() -> Engine:
    return Engine(load_packs([str(TEXTS.with_name("people.toml"))], base=TEXTS.parent))


class Desk:
    """What putting articles into stories needs, and a shortcut from text to story."""

    def __init__(self, database: Database, **settings: Any) -> None:
        self.database = database
        self.config = Config(stories=StorySettings(**{"events": "all", **settings}))
        self.flagged: set[int] = set()
        self.now = VirtualClock(START)
        self.new_id = IdSource(self.now)

    def add(
        self,
        title: str,
        text: str,
        *,
        language: str = "en",
        source: str = "Dusk",
        hours: float = 0,
        found_by: frozenset[int] = frozenset(),
    ) -> int:
        """Store an article that came after so many hours; it waits for its story."""
        self.now.set(max(self.now(), START + timedelta(hours=hours)))
        value = Article(text, title, title, language, 1.0, "seed", "as given", source_name=source)
        with self.database.writing() as connection:
            stored = store_article(
                connection, value, url_keys=[title], shingles=found_by, new_id=self.new_id, now=self.now()
            )
        return stored.article_id

    def place(self, batch: int = 100) -> None:
        """Put everything that waits into stories."""
        while True:
            with self.database.writing() as connection:
                waiting = articles.waiting(connection, batch)
                if not waiting:
                    return
                mentioned = {
                    one.article_id: engine().mentions(
                        engine().document(MatchInput(one.title or "", one.text, one.language))
                    )
                    for one in waiting
                }
                mentions.store(connection, mentioned, [])
                place(self, connection, waiting, mentioned, self.flagged)
                articles.mark_matched(connection, [one.version_id for one in waiting], self.now())

    def stories(self) -> dict[int, int]:
        """Return the story of each article."""
        with self.database.reading() as connection:
            ids = list(connection.execute(select(article.c.id)).scalars())
            return stories.of_articles(connection, ids)

    def story(self, story_id: int) -> Mapping[str, Any]:
        with self.database.reading() as connection:
            found = stories.get(connection, story_id)
        assert found is not None
        return found


@pytest.fixture
def embedded(make_database: Any) -> Iterator[Database]:
    opened = Database(make_database("sqlite"))
    yield opened
    opened.close()


@cache
def texts() -> list[dict[str, Any]]:
    lines = TEXTS.read_text("utf-8").splitlines()
    return sorted(map(json.loads, lines), key=lambda one: one["hours"])


def run(desk: Desk, *, batch: int) -> list[int]:
    """Place the texts and return the number of each one's story, stories being numbered as they come."""
    ids = []
    for one in texts():
        ids.append(
            desk.add(one["title"], one["text"], language=one["language"], source=one["source"], hours=one["hours"])
        )
        if batch == 1:
            desk.place()
    desk.place(batch)
    found = desk.stories()
    numbers: dict[int, int] = {}
    return [numbers.setdefault(found[article_id], len(numbers)) for article_id in ids]


def groups(numbers: Sequence[int]) -> set[tuple[str, ...]]:
    found: dict[int, list[str]] = {}
    for number, one in zip(numbers, texts(), strict=True):
        found.setdefault(number, []).append(f"{one['event']}/{one['language']}")
    return {tuple(sorted(members)) for members in found.values()}


def test_independent_reports_of_an_event_are_one_story_in_and_across_languages(database: Database) -> None:
    found = groups(run(Desk(database), batch=100))
    summit = ("en", "en", "en", "ja", "ja", "ko", "ko", "zh", "zh")
    assert tuple(f"summit/{language}" for language in summit) in found
    assert ("ferry/en",) * 3 in found
    assert {("cup/en",), ("museum/ko",), ("rice/ja",), ("library/zh",), ("second summit/en",)} <= found
    assert all(len({member.partition("/")[0] for member in members}) == 1 for members in found), "no two events in one"


def test_batches_and_restarts_change_nothing(embedded: Database, make_database: Any) -> None:
    other = Database(make_database("sqlite"))
    try:
        assert run(Desk(embedded), batch=100) == run(Desk(other), batch=1)
    finally:
        other.close()


def test_chinese_is_one_language_in_both_scripts(embedded: Database) -> None:
    desk = Desk(embedded)
    one = desk.add("海豚湾发生地震", "海豚湾昨日清晨发生地震,白石市多人受伤。", language="zh-Hans")
    two = desk.add("白石市清晨地震", "白石市清晨地震,海豚灣多處停電,多人受傷送醫。", language="zh-Hant", source="Dawn")
    desk.place()
    found = desk.stories()
    assert found[one] == found[two]
    with embedded.reading() as connection:
        members = stories.members(connection, found[one])
    assert [(member.language, member.relation) for member in members] == [
        ("zh-Hans", Relation.ORIGIN),
        ("zh-Hant", Relation.REPORT),
    ]


def test_languages_are_kept_apart_on_request(embedded: Database) -> None:
    found = groups(run(Desk(embedded, across_languages="0s"), batch=100))
    assert all(len({member.partition("/")[2] for member in members}) == 1 for members in found)


def test_only_copies_form_stories_on_request(embedded: Database) -> None:
    assert run(Desk(embedded, events="off"), batch=100) == list(range(len(texts())))


def test_articles_that_name_nobody_and_meet_no_rule_are_only_looked_through_for_copies(embedded: Database) -> None:
    desk = Desk(embedded, events="named")
    found = groups(run(desk, batch=100))
    assert any(len(members) == 9 for members in found), "the summit names people"
    assert ("ferry/en",) in found
    one, two = (desk.add(f"Ferry {word}", f"The {word} ferry Aster capsized.", hours=300) for word in ("Aster", "big"))
    desk.flagged = {one, two}
    desk.place()
    assert desk.stories()[one] == desk.stories()[two]


def test_placing_takes_old_articles_out_of_the_index_of_copies(database: Database) -> None:
    desk = Desk(database, events="off")

    def indexed() -> int:
        with desk.database.reading() as connection:
            return connection.execute(select(func.count()).select_from(article_shingle)).scalar_one()

    for number in range(20):
        desk.add(f"Old {number}", "x", found_by=frozenset(Random(number).sample(range(1 << 60), 16)))
    desk.place()
    assert indexed() == 20 * 16
    for number in range(10):
        desk.add(f"New {number}", "x", hours=7 * 24)
        desk.place()
    assert 0 < indexed() < 20 * 16


def test_many_copies_that_waited_together_are_one_story(embedded: Database) -> None:
    desk = Desk(embedded, events="off")
    text = texts()[0]["text"]
    ids = [desk.add(f"Copy {number}", text, found_by=sampled(text, "en").shingles) for number in range(30)]
    desk.place()
    assert len({desk.stories()[article_id] for article_id in ids}) == 1


def test_stories_that_turn_out_to_be_one_are_merged_and_the_older_id_stays(database: Database) -> None:
    desk = Desk(database, report_similarity=0.6, merge_similarity=0.3)
    first = desk.add("Ferry capsizes", "The ferry Marigold capsized off Kestrel Bay in heavy seas.", source="Dusk")
    desk.place()
    second = desk.add("Search for Marigold passengers", "Boats search Kestrel Bay for the missing.", source="Dawn")
    desk.place()
    before = desk.stories()
    assert before[first] != before[second], "not alike enough at first"
    text = "The ferry Marigold capsized off Kestrel Bay. Boats search heavy seas for missing passengers."
    third = desk.add("Ferry Marigold capsizes, search for passengers", text, source="Noon")
    desk.config = Config(stories=StorySettings(events="all", report_similarity=0.3))
    desk.place()
    after = desk.stories()
    assert set(after.values()) == {before[first]}
    with database.reading() as connection:
        assert moves.current(connection, before[second]) == before[first]
        (edit,) = moves.edits(connection, before[first])
        assert [member.relation for member in stories.members(connection, before[first])].count(Relation.ORIGIN) == 1
        assert [row["id"] for row in stories.listing(connection, limit=9)] == [before[first]]
    assert (edit["kind"], edit["by_hand"]) == ("merge", False)
    assert second in edit["article_ids"]
    assert desk.story(before[first])["article_count"] == 3
    assert third in after


def test_what_no_article_can_join_is_dropped(database: Database) -> None:
    desk = Desk(database)
    desk.add("Ferry capsizes", "The ferry Marigold capsized off Kestrel Bay.")
    desk.place()
    desk.add("Rovers win the cup", "A goal in extra time decided it.", hours=100)
    desk.place()
    with database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(story_vector)).scalar_one() == 1
        terms = select(func.count(func.distinct(story_term.c.vector_id))).select_from(story_term)
        assert connection.execute(terms).scalar_one() == 1
        assert connection.execute(select(func.count()).select_from(story)).scalar_one() == 2


def test_a_copy_keeps_its_story_open(embedded: Database) -> None:
    desk = Desk(embedded)
    first = desk.add("Ferry capsizes", "The ferry Marigold capsized off Kestrel Bay in heavy seas.")
    desk.place()
    with embedded.writing() as connection:
        events.touch(connection, desk.stories()[first], START + timedelta(hours=60))
    late = desk.add(
        "Why the ferry capsized", "Heavy seas off Kestrel Bay: the Marigold capsized by its cargo.", hours=100
    )
    desk.place()
    assert desk.stories()[late] == desk.stories()[first]


def test_common_words_are_counted_and_halved(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_MOST_COUNTED", 4)
    with database.writing() as connection:
        for _ in range(4):
            events.count(connection, [7], events.counts(connection, []).get(0, 0))
        events.count(connection, [8], 4)
        assert events.counts(connection, [7, 8]) == {0: 3, 7: 2, 8: 1}


SIX = [
    ("Ferry capsizes", "The ferry Marigold capsized off Kestrel Bay in heavy seas.", "Dusk"),
    ("Ferry Marigold capsizes", "Heavy seas off Kestrel Bay capsized the ferry Marigold on Tuesday.", "Dawn"),
    ("Ferry Marigold capsizes off Kestrel Bay", "Boats look for the passengers of the ferry Marigold.", "Noon"),
]


def _ferry(desk: Desk) -> tuple[list[int], int]:
    ids = [desk.add(title, text, source=source) for title, text, source in SIX]
    desk.place()
    (story_id,) = set(desk.stories().values())
    return ids, story_id


def test_a_split_by_hand_is_not_undone_and_a_merge_by_hand_ends_it(database: Database) -> None:
    desk = Desk(database, merge_similarity=0.1)
    ids, story_id = _ferry(desk)
    with database.writing() as connection:
        other = split_by_hand(desk, connection, story_id, [ids[2]])
    assert desk.stories() == {ids[0]: story_id, ids[1]: story_id, ids[2]: other}
    assert desk.story(other)["headline"] == SIX[2][0]
    later = desk.add(
        "Ferry Marigold off Kestrel Bay capsizes: passengers", "Heavy seas capsized it on Tuesday; boats look."
    )
    desk.place()
    found = desk.stories()
    assert found[ids[0]] == story_id, "however alike, they stay two"
    assert found[ids[2]] == other
    assert found[later] in {story_id, other}
    with database.writing() as connection:
        assert moves.apart(connection, other, story_id)
        merge_by_hand(desk, connection, story_id, other)
        assert not moves.apart(connection, other, story_id)
        assert moves.current(connection, other) == story_id
        assert [one["kind"] for one in moves.edits(connection, story_id)] == ["split", "merge"]
    assert set(desk.stories().values()) == {story_id}


def test_what_is_kept_apart_stays_so_when_its_story_is_merged(embedded: Database) -> None:
    desk = Desk(embedded)
    ids, story_id = _ferry(desk)
    third = desk.add("Rovers win the cup", "A goal in extra time decided it.")
    desk.place()
    with embedded.writing() as connection:
        other = split_by_hand(desk, connection, story_id, [ids[2]])
        merge_by_hand(desk, connection, desk_story := stories.of_articles(connection, [third])[third], other)
        assert moves.apart(connection, story_id, desk_story)
        assert moves.apart(connection, desk_story, story_id)


@pytest.mark.parametrize("wanted", [[], [0, 1, 2], [0, 99]])
def test_a_split_leaves_something_and_takes_only_what_is_there(embedded: Database, wanted: list[int]) -> None:
    desk = Desk(embedded)
    ids, story_id = _ferry(desk)
    with embedded.writing() as connection, pytest.raises(ValueError, match="with others left"):
        split_by_hand(desk, connection, story_id, [ids[one] if one < 3 else one for one in wanted])


def test_copies_reports_and_independent_confirmations_are_counted_apart(database: Database) -> None:
    desk = Desk(database)
    world = World(database)
    _, story_id = world.article("one")  # from Dusk
    for text in ("two", "three"):
        world.article(text, story=story_id)
    with database.writing() as connection:
        ids = list(connection.execute(select(article.c.id).order_by(article.c.id)).scalars())
        connection.execute(update(story_member).where(story_member.c.article_id == ids[2]).values(relation="report"))
        stories.recount(connection, story_id)
    assert (desk.story(story_id)["copy_count"], desk.story(story_id)["confirmation_count"]) == (1, 0), "Dusk itself"
    with database.writing() as connection:
        connection.execute(update(article).where(article.c.id == ids[2]).values(source_name="Dawn"))
        stories.recount(connection, story_id)
    assert desk.story(story_id)["confirmation_count"] == 1
    with database.writing() as connection:
        cited = [{"name": "DUSK", "start": 0, "end": 4, "pattern": "citing"}]
        own = article_version.c.article_id == ids[2]
        connection.execute(update(article_version).where(own).values(credited=cited))
        stories.recount(connection, story_id)
    assert desk.story(story_id)["confirmation_count"] == 0, "who cites the origin confirms nothing"


def _met(article_id: int) -> tuple[Match, ...]:
    return (Match("r", "Rule", f"h{article_id}", Severity.HIGH, 2.0, 1.0, (), (), 0, ()),)


def test_merging_moves_alerts_and_what_waits_to_be_sent(database: Database) -> None:
    world = World(database)
    first, kept = world.article("one")
    second, gone = world.article("two")
    with database.writing() as connection:
        opened = open_alerts(world, connection, _alerted(second), _met(second), gone)
        assert opened
        merge_by_hand(world, connection, kept, gone)
        assert connection.execute(select(alert.c.story_id)).scalar_one() == kept
        assert connection.execute(select(notification.c.story_id)).scalar_one() == kept
        assert open_alerts(world, connection, _alerted(first), _met(first), kept) == (), "told already"


def test_of_two_alerts_of_a_rule_the_kept_storys_goes_on_and_the_other_is_history(database: Database) -> None:
    world = World(database)
    first, kept = world.article("one")
    second, gone = world.article("two")
    with database.writing() as connection:
        for article_id, story_id in ((first, kept), (second, gone)):
            open_alerts(world, connection, _alerted(article_id), _met(article_id), story_id)
        connection.execute(update(notification).where(notification.c.story_id == gone).values(payload="told"))
        merge_by_hand(world, connection, kept, gone)
        assert sorted(connection.execute(select(alert.c.story_id)).scalars()) == sorted([kept, gone])
        assert sorted(connection.execute(select(notification.c.story_id)).scalars()) == sorted([kept, gone])
        assert open_alerts(world, connection, _alerted(second), _met(second), kept) == ()


def test_a_story_split_off_is_not_told_again(database: Database) -> None:
    world = World(database)
    first, story_id = world.article("one")
    second, _ = world.article("two", story=story_id)
    with database.writing() as connection:
        (match,) = _met(second)
        matches.remember_rule(
            connection, rule_hash=match.rule_hash, rule_id="r", name="Rule", definition={}, now=world.now()
        )
        version = connection.execute(select(article.c.current_version_id).where(article.c.id == second)).scalar_one()
        matches.store(
            connection,
            match,
            article_id=second,
            version_id=version,
            engine_version="1",
            new_id=world.new_id,
            now=world.now(),
        )
        open_alerts(world, connection, _alerted(first), _met(first), story_id)
        other = split_by_hand(world, connection, story_id, [second])
        assert open_alerts(world, connection, _alerted(second), _met(second), other) == ()
        assert connection.execute(select(func.count()).select_from(notification)).scalar_one() == 1


def _alerted(article_id: int) -> Alerted:
    return Alerted(article_id, "en", False, None, START)
