"""Rules applied to stored articles, on both databases."""

from collections.abc import Iterator
from datetime import timedelta
from threading import Thread

import pytest
from sqlalchemy import update

from newswatch.flag.matching import ENGINE_VERSION, Engine
from newswatch.model import DeliveryState
from newswatch.pipeline.apply import PAGE, Applier, Kind
from newswatch.store.database import Database
from newswatch.store.periodic import retain
from newswatch.store.settings import RetentionSettings
from newswatch.store.tables import delivery, notification, past_match, rule_application, rule_match, rule_version
from tests.flag.helpers import pack
from tests.pipeline.archive_world import START, World

STRIKE = Engine(pack("strike"))
CHOIR = Engine(pack("choir"))
TEXT = "The harbour strike began."


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    database = Database(database_url)
    yield World(database)
    database.close()


def applier(world: World, engine: Engine, only: str | None = None) -> Applier:
    world.now.set(world.now() + timedelta(minutes=1))
    return Applier(world.config, world.database, engine, world.routes, world.now, world.new_id, only)


def apply(world: World, engine: Engine, only: str | None = None) -> list[tuple[str, str, int]]:
    """Apply rules and return what changed: kind, rule, article."""
    one = applier(world, engine, only)
    pages = list(one.pages(one.begin(None, restart=False), None))
    return [(change.kind.value, change.rule_id, change.article.article_id) for page in pages for change in page.changes]


def test_a_new_rule_finds_what_is_stored_and_tells_nobody(world: World) -> None:
    article, _ = world.article(TEXT)
    world.article("A choir sang.")
    assert apply(world, STRIKE) == [("added", "r0", article)]
    assert world.matches() == [("r0", article, 1.0)]
    assert world.rows(rule_match.c.backfill) == [(True,)]
    assert world.alerts() == [("r0", article, "backfill")]
    assert world.told() == []
    assert apply(world, STRIKE) == []
    assert world.rows(past_match.c.id) == []


def test_a_match_of_another_index_of_the_same_engine_is_the_same(world: World) -> None:
    world.article(TEXT)
    apply(world, STRIKE)
    with world.database.writing() as connection:
        connection.execute(update(rule_match).values(engine_version=f"{ENGINE_VERSION}/0123456789ab/7"))
    assert apply(world, STRIKE) == []
    with world.database.writing() as connection:
        connection.execute(update(rule_match).values(engine_version="0/0123456789ab/7"))
    assert [kind for kind, _, _ in apply(world, STRIKE)] == ["changed"]
    assert world.rows(rule_match.c.engine_version) == [(STRIKE.version,)]


def test_the_next_article_of_the_story_is_told(world: World) -> None:
    _, story = world.article(TEXT)
    apply(world, STRIKE)
    later, _ = world.article(f"{TEXT} Cranes stand still.", story=story)
    assert world.alert(STRIKE, TEXT, later, story) == [None]
    assert world.alerts() == [("r0", later, None)]
    assert len(world.told()) == 1
    assert world.alert(STRIKE, TEXT, later, story) == []


def test_the_earliest_article_of_a_story_opens_the_alert(world: World) -> None:
    first, story = world.article(TEXT)
    world.article(f"{TEXT} Again.", story=story)
    assert len(apply(world, STRIKE)) == 2
    assert world.alerts() == [("r0", first, "backfill")]


def test_a_changed_rule_replaces_and_withdraws_and_keeps_what_was(world: World) -> None:
    both, _ = world.article("A strike of the choir.")
    strike, _ = world.article(TEXT)
    apply(world, STRIKE)
    changed = Engine(pack("choir^3"))
    assert sorted(apply(world, changed)) == sorted([("changed", "r0", both), ("withdrawn", "r0", strike)])
    assert world.matches() == [("r0", both, 3.0)]
    past = world.rows(past_match.c.article_id, past_match.c.ended_by, past_match.c.score, past_match.c.rule_hash)
    old = STRIKE.ruleset.rules[0].hash
    assert past == [(both, "replaced", 1.0, old), (strike, "withdrawn", 1.0, old)]
    hashes = {row[0] for row in world.rows(rule_version.c.rule_hash)}
    assert hashes == {old, changed.ruleset.rules[0].hash}
    # and back again, as often as one likes
    assert sorted(apply(world, STRIKE)) == sorted([("changed", "r0", both), ("added", "r0", strike)])
    assert apply(world, STRIKE) == []
    assert len(world.rows(past_match.c.id)) == 3


def test_what_was_is_kept_as_long_as_retention_says(world: World) -> None:
    article, _ = world.article(TEXT)
    apply(world, STRIKE)
    apply(world, CHOIR)  # a minute later
    year = timedelta(seconds=RetentionSettings().past_matches)
    for age, applications, past in ((year - timedelta(seconds=30), 1, 1), (year + timedelta(seconds=30), 0, 0)):
        with world.database.writing() as connection:
            retain(connection, RetentionSettings(past_matches=0), world.now() + age)
            retain(connection, RetentionSettings(), world.now() + age)
        assert len(world.rows(rule_application.c.id)) == applications
        assert world.rows(past_match.c.article_id) == [(article,)] * past


def test_a_story_that_has_lost_its_rule_has_no_alert_until_it_meets_it_again(world: World) -> None:
    article, story = world.article(TEXT)
    apply(world, STRIKE)
    apply(world, CHOIR)
    assert world.alerts() == [("r0", article, "withdrawn")]
    apply(world, STRIKE)
    assert world.alerts() == [("r0", article, "backfill")]
    apply(world, CHOIR)
    later, _ = world.article("A choir sang of it.", story=story)
    assert world.alert(CHOIR, "A choir sang of it.", later, story) == [None]
    assert world.alerts() == [("r0", later, None)]


def test_what_waits_to_be_sent_is_taken_back(world: World) -> None:
    article, story = world.article(TEXT)
    apply(world, STRIKE)
    later, _ = world.article(f"{TEXT} Again.", story=story)
    world.alert(STRIKE, TEXT, later, story)
    assert len(world.told()) == 1
    apply(world, CHOIR)
    assert world.told() == []
    assert world.rows(delivery.c.state) == [(DeliveryState.SUPPRESSED.value,)]
    assert world.alerts() == [("r0", later, "withdrawn")]
    assert world.rows(rule_match.c.id) == []
    assert article != later


def test_an_alert_goes_over_to_an_article_that_still_meets_the_rule(world: World) -> None:
    first, story = world.article(TEXT)
    apply(world, STRIKE)
    second, _ = world.article("A strike of the choir.", story=story)
    world.alert(STRIKE, TEXT, second, story)
    apply(world, STRIKE)
    assert world.alerts() == [("r0", second, None)]
    apply(world, Engine(pack("harbour")))
    assert world.alerts() == [("r0", first, None)]
    assert len(world.told()) == 1


def test_what_was_sent_stays_told(world: World) -> None:
    article, story = world.article(TEXT)
    apply(world, STRIKE)
    later, _ = world.article(f"{TEXT} Again.", story=story)
    world.alert(STRIKE, TEXT, later, story)
    with world.database.writing() as connection:
        connection.execute(update(notification).values(payload="{}"))
    apply(world, CHOIR)
    assert world.alerts() == [("r0", later, None)]
    assert world.matches() == []
    assert article != later


def test_one_rule_alone(world: World) -> None:
    engine = Engine(pack("strike", "harbour"))
    article, _ = world.article(TEXT)
    assert apply(world, engine, only="r1") == [("added", "r1", article)]
    assert apply(world, engine) == [("added", "r0", article)]


def test_matches_of_rules_that_are_not_in_force(world: World) -> None:
    article, _ = world.article(TEXT)
    apply(world, Engine(pack("strike", "harbour")))
    assert apply(world, STRIKE) == []
    assert len(world.matches()) == 2
    assert apply(world, STRIKE, only="r1") == [("withdrawn", "r1", article)]


def test_what_no_rule_has_seen_is_left_to_the_daemon(world: World) -> None:
    world.article(TEXT, matched=False)
    one = applier(world, STRIKE)
    assert [page.left for page in one.pages(one.begin(None, restart=False), None)] == [1]
    assert world.matches() == []


def test_an_article_that_is_revised_meanwhile_is_left_to_the_daemon(world: World) -> None:
    article, _ = world.article(TEXT)
    one = applier(world, STRIKE)
    page, found = one._read(0, 1 << 62, None)
    world.article("The strike is over.", known=article)
    application = one.begin(None, restart=False)
    assert one._write(page, found, application.id, article, last=True).left == 1
    assert world.matches() == []


def test_a_preview_changes_nothing(world: World) -> None:
    article, _ = world.article(TEXT)
    (page,) = applier(world, STRIKE).preview(None)
    (change,) = page.changes
    assert (change.kind, change.article.article_id, change.before) == (Kind.ADDED, article, None)
    assert world.matches() == []
    assert world.rows(rule_application.c.id) == []
    assert apply(world, STRIKE) == [("added", "r0", article)]
    (page,) = applier(world, STRIKE).preview(None)
    assert page.changes == ()


@pytest.fixture
def many(world: World) -> World:
    """More articles than fit on two pages."""
    for number in range(2 * PAGE + 5):
        world.now.set(START + timedelta(minutes=number))
        world.article(f"{number} {TEXT}")
    return world


def test_broken_off_it_goes_on_where_it_stopped(many: World) -> None:
    one = applier(many, STRIKE)
    begun = one.begin(None, restart=False)
    assert next(iter(one.pages(begun, None))).articles == PAGE
    again = applier(many, STRIKE)
    resumed = again.begin(None, restart=False)
    assert (resumed.id, resumed.resumed, resumed.articles, resumed.added) == (begun.id, True, PAGE, PAGE)
    assert [page.articles for page in again.pages(resumed, None)] == [PAGE, 5]
    assert len(many.matches()) == 2 * PAGE + 5
    ((articles_, added, finished),) = many.rows(
        rule_application.c.articles, rule_application.c.added, rule_application.c.finished_at
    )
    assert (articles_, added, finished) == (2 * PAGE + 5, 2 * PAGE + 5, many.now())
    assert not applier(many, STRIKE).begin(None, restart=False).resumed


@pytest.mark.parametrize(
    ("engine", "only", "minutes", "restart", "resumed"),
    [
        (STRIKE, None, 50, False, True),
        (STRIKE, None, 190, False, True),
        (STRIKE, None, 49, False, False),
        (STRIKE, None, None, False, False),
        (STRIKE, None, 50, True, False),
        (STRIKE, "r0", 50, False, False),
        (CHOIR, None, 50, False, False),
    ],
)
def test_it_goes_on_only_with_the_same_rules_and_time(
    engine: Engine, only: str | None, minutes: int | None, restart: bool, resumed: bool, world: World
) -> None:
    since = START + timedelta(minutes=50)
    begun = applier(world, STRIKE).begin(since, restart=False)
    wanted = None if minutes is None else START + timedelta(minutes=minutes)
    next_one = applier(world, engine, only).begin(wanted, restart=restart)
    assert next_one.resumed is resumed
    assert (next_one.id == begun.id) is resumed
    if not resumed:  # what was broken off before the last one is not taken up again
        list(applier(world, engine, only).pages(next_one, wanted))
        assert not applier(world, engine, only).begin(wanted, restart=False).resumed


def test_since(many: World) -> None:
    since = START + timedelta(minutes=2 * PAGE)
    one = applier(many, STRIKE)
    assert [page.articles for page in one.pages(one.begin(since, restart=False), since)] == [5]
    assert len(many.matches()) == 5


def test_two_at_a_time_and_a_daemon_between(many: World) -> None:
    """Two applications and a writer that stores and matches articles meanwhile: every match once, nothing lost."""
    fresh: list[int] = []

    def work() -> None:
        one = applier(many, STRIKE)
        list(one.pages(one.begin(None, restart=False), None))

    def store() -> None:
        for number in range(20):
            article, story = many.article(f"fresh {number} {TEXT}")
            many.alert(STRIKE, TEXT, article, story)
            fresh.append(article)

    threads = [Thread(target=target) for target in (work, store, work)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    old = [article for _, article, _ in many.matches() if article not in fresh]
    assert len(old) == len(set(old)) == 2 * PAGE + 5
    left = sorted(set(fresh) - _matched(many))
    assert apply(many, STRIKE) == [("added", "r0", article) for article in left]


def _matched(world: World) -> set[int]:
    return {article for _, article, _ in world.matches()}
