"""The catalogue is usable as it is, though nobody has asked its addresses."""

from collections import Counter

from newswatch.collect.catalogue import catalogue, chosen, named
from newswatch.collect.targets import read_target
from newswatch.config import Config, FeedSettings
from newswatch.store.feeds import feed_key

FIELDS = ("url", "name", "source", "language", "country", "tier")


def test_every_feed_can_be_watched() -> None:
    settings = [FeedSettings(**{name: getattr(feed, name) for name in FIELDS}) for feed in catalogue()]
    assert [value.name for value in Config(feeds=tuple(settings)).feed_values] == [feed.name for feed in catalogue()]
    for feed in catalogue():
        assert read_target(feed.url).authorization is None


def test_names_and_addresses_are_there_once() -> None:
    for values in ([feed.name.casefold() for feed in catalogue()], [feed_key(feed.url) for feed in catalogue()]):
        assert [value for value, count in Counter(values).items() if count > 1] == []


def test_korea_and_japan_are_covered_in_four_languages() -> None:
    counts = Counter(feed.language.partition("-")[0] for feed in catalogue())
    assert set(counts) == {"en", "ko", "ja", "zh"}
    assert min(counts.values()) >= 15
    assert {feed.country for feed in catalogue()} >= {"KR", "JP", "CN", "TW", "US", "GB"}
    assert all(feed.tier == 3 for feed in catalogue() if feed.source == "Google News")


def test_nothing_claims_to_be_checked() -> None:
    assert not any(feed.checked for feed in catalogue())


def test_choosing() -> None:
    assert [feed.name for feed in named("the diplomat")] == ["The Diplomat"]
    assert len(named("guardian")) == 3
    assert [feed.name for feed in chosen(["guardian", "japan"])] == ["The Guardian, Japan"]
    assert {feed.country for feed in chosen(country="kr", tier=1)} == {"KR"}
    assert chosen(language="z") == []
