"""When an alert that nobody was told of is decided anew."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from newswatch.flag.matching import Engine
from newswatch.model import Published
from newswatch.store.database import Database
from tests.flag.helpers import pack
from tests.pipeline.archive_world import START, World

ENGINE = Engine(pack("strike"))
TEXT = "The harbour strike began."
OLD = Published("second", "json-ld", at=START - timedelta(days=3))


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    database = Database(database_url)
    yield World(database)
    database.close()


def test_the_next_article_of_a_story_that_was_back_filled_is_told(world: World) -> None:
    first, story = world.article(TEXT)
    assert world.alert(ENGINE, TEXT, first, story, backfill=True) == ["backfill"]
    assert world.told() == []
    second, _ = world.article(f"{TEXT} Again.", story=story)
    assert world.alert(ENGINE, TEXT, second, story, backfill=True) == []
    assert world.alerts() == [("r0", first, "backfill")]
    assert world.alert(ENGINE, TEXT, second, story) == [None]
    assert world.alerts() == [("r0", second, None)]
    assert [destination for destination, _ in world.told()] == ["desk"]


def test_a_story_is_told_once(world: World) -> None:
    first, story = world.article(TEXT)
    assert world.alert(ENGINE, TEXT, first, story) == [None]
    second, _ = world.article(f"{TEXT} Again.", story=story)
    assert world.alert(ENGINE, TEXT, second, story) == []
    assert len(world.told()) == 1


def test_a_revision_of_the_article_does_not_tell_of_it(world: World) -> None:
    first, story = world.article(TEXT)
    assert world.alert(ENGINE, TEXT, first, story, backfill=True) == ["backfill"]
    assert world.alert(ENGINE, TEXT, first, story) == []
    assert world.told() == []


def test_old_news_are_told_when_something_new_comes(world: World) -> None:
    first, story = world.article(TEXT)
    assert world.alert(ENGINE, TEXT, first, story, published=OLD) == ["too_old"]
    second, _ = world.article(f"{TEXT} Again.", story=story)
    assert world.alert(ENGINE, TEXT, second, story, published=OLD) == []
    assert world.alert(ENGINE, TEXT, second, story, published=Published("second", "json-ld", at=START)) == [None]


def test_a_route_that_comes_later_takes_what_comes_later(world: World) -> None:
    routes, world.routes = world.routes, ()
    first, story = world.article(TEXT)
    assert world.alert(ENGINE, TEXT, first, story) == ["no_route"]
    world.routes = routes
    assert world.alert(ENGINE, TEXT, first, story) == []
    second, _ = world.article(f"{TEXT} Again.", story=story)
    assert world.alert(ENGINE, TEXT, second, story) == [None]
