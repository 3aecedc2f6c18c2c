"""How feeds are doing, over virtual days, and that it is told once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from newswatch.collect.health import health
from newswatch.collect.schedule import after_poll
from newswatch.collect.settings import PollingSettings
from newswatch.model import (
    Feed,
    FeedDocument,
    FeedHealth,
    FeedStatus,
    FetchFailure,
    FetchReason,
    HealthState,
    NotModified,
    Page,
    ParsedEntry,
    Published,
    Redirect,
)
from tests.collect.conftest import NOW

URL = "https://n.example/feed"
SETTINGS = PollingSettings()
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class Watched:
    """A feed that is polled, and what was told of it."""

    def __init__(self, **values: object) -> None:
        self.feed = replace(Feed(id=1, url=URL, name="n"), **values)  # type: ignore[arg-type]
        self.now = NOW
        self.told: list[str] = []

    def state(self) -> HealthState:
        return self.feed.health

    def _after(self, outcome: Page | NotModified | FetchFailure, document: FeedDocument | None, new: int) -> None:
        decision = after_poll(
            self.feed,
            outcome,
            document=document,
            new_entries=new,
            unchanged_body=False,
            now=self.now,
            settings=SETTINGS,
            jitter=0.5,
        )
        self.feed = decision.feed
        self.told += [event.kind for event in decision.events]

    def new(self, *ages: timedelta, count: int = 1, known: int = 5) -> None:
        """Answer with `known` old entries and new ones of these ages, or `count` without dates."""
        entries = [
            ParsedEntry(
                f"{self.now}-{age}", None, "t", None, None, published=Published("second", "feed", self.now - age)
            )
            for age in ages
        ] or [ParsedEntry(f"{self.now}-{n}", None, "t", None, None) for n in range(count)]
        old = [ParsedEntry(str(n), None, "t", None, None) for n in range(known)]
        page = Page(URL, URL, 200, b"<rss/>", None, b'"1"', None, (), (), self.now, 0.1, 6)
        self._after(page, FeedDocument("rss", (*entries, *old)), len(entries))

    def nothing(self, *redirects: Redirect) -> None:
        url = redirects[-1].url if redirects else URL
        self._after(NotModified(URL, url, None, None, (), redirects, self.now, 0.1), None, 0)

    def fail(self, reason: FetchReason = FetchReason.DNS) -> None:
        self._after(FetchFailure(URL, reason, "no such host"), None, 0)

    def wait(self, by: timedelta) -> None:
        self.now += by


def hourly() -> Watched:
    """A feed that has brought something every hour for three days."""
    watched = Watched()
    watched.new(*(n * HOUR for n in range(72)))
    return watched


def test_a_new_feed_is_new_until_it_is_polled() -> None:
    assert health(Watched().feed, NOW, SETTINGS) == FeedHealth(HealthState.NEW, "new", "not polled yet")
    watched = hourly()
    assert (watched.state(), watched.feed.health_reason, watched.told) == (HealthState.OK, "ok", [])
    assert watched.feed.health_since == NOW


def test_failing_after_three_failures_with_the_reason_and_told_once() -> None:
    watched = hourly()
    watched.fail()
    watched.fail()
    assert watched.state() is HealthState.OK
    for _ in range(6):
        watched.fail()
    assert (watched.state(), watched.feed.health_reason) == (HealthState.FAILING, "dns")
    assert "8 polls in a row failed, the last one because no such host" in str(watched.feed.health_detail)
    watched.fail(FetchReason.HTTP)
    assert watched.feed.health_reason == "http"
    watched.nothing()
    assert watched.state() is HealthState.OK
    assert watched.told == ["failing", "recovered"]


def test_silent_beyond_what_is_usual_and_told_once() -> None:
    watched = hourly()
    for _ in range(40):
        watched.wait(HOUR / 2)
        watched.nothing()
    assert (watched.state(), watched.feed.health_reason, watched.told) == (HealthState.SILENT, "silent", ["silent"])
    assert watched.feed.health_detail == "nothing new for 20h; more than 6h is not usual for it"
    watched.wait(HOUR)
    watched.new(HOUR / 10)
    assert (watched.state(), watched.told) == (HealthState.OK, ["silent", "recovered"])


def test_a_busy_feed_is_not_called_silent_sooner_than_the_setting_says() -> None:
    watched = Watched()
    watched.new(*(timedelta(minutes=2 * n) for n in range(300)))
    watched.wait(timedelta(hours=5, minutes=59))
    watched.nothing()
    assert watched.state() is HealthState.OK
    watched.wait(timedelta(minutes=2))
    watched.nothing()
    assert watched.state() is HealthState.SILENT


def test_an_abandoned_feed_is_shown_as_silent_from_its_first_poll_but_not_told() -> None:
    watched = Watched()
    watched.new(*(700 * DAY + n * DAY for n in range(30)))
    assert (watched.state(), watched.told) == (HealthState.SILENT, [])
    assert watched.feed.last_new_at == NOW - 700 * DAY
    watched.wait(HOUR)
    watched.nothing()
    assert (watched.state(), watched.told) == (HealthState.SILENT, [])


def test_a_daemon_that_was_off_makes_no_feed_silent() -> None:
    watched = hourly()
    watched.wait(20 * DAY)
    assert health(watched.feed, watched.now, SETTINGS).state is HealthState.OK
    watched.new(HOUR, 2 * HOUR, known=0)  # the feed went on, and turned over
    assert watched.state() is HealthState.OK
    # What nobody saw does not count as the feed's own gap.
    for _ in range(40):
        watched.wait(HOUR / 2)
        watched.nothing()
    assert watched.state() is HealthState.SILENT


def test_a_failing_server_makes_no_feed_silent() -> None:
    watched = hourly()
    for _ in range(10):
        watched.wait(DAY)
        watched.fail()
    assert watched.told == ["failing"]
    watched.new(HOUR)
    assert watched.told == ["failing", "recovered"]


def test_a_feed_without_dates_is_judged_by_its_polls() -> None:
    watched = Watched()
    for _ in range(60):
        watched.new()
        watched.wait(2 * HOUR)
    for _ in range(9):
        watched.nothing()
        watched.wait(2 * HOUR)
    assert watched.state() is HealthState.SILENT


def test_a_feed_of_which_little_is_known_is_given_time() -> None:
    watched = Watched()
    watched.new(timedelta(), 7 * DAY)
    for _ in range(10):
        watched.wait(7 * DAY)
        watched.nothing()
    assert watched.state() is HealthState.OK


def test_gone() -> None:
    watched = hourly()
    watched.fail(FetchReason.GONE)
    assert (watched.state(), watched.feed.status, watched.told) == (HealthState.GONE, FeedStatus.GONE, ["gone"])


@pytest.mark.parametrize(("origin", "after_a_month"), [("config", HealthState.MOVED), ("cli", HealthState.OK)])
def test_moved_is_told_once_and_shown_while_the_configuration_names_the_old_address(
    origin: str, after_a_month: HealthState
) -> None:
    watched = Watched(origin=origin)
    watched.new(*(n * 7 * DAY for n in range(30)))
    for _ in range(6):
        watched.nothing(Redirect(301, "https://new.example/feed?token=t0psecret"))
        watched.wait(DAY)
    assert (watched.state(), watched.told) == (HealthState.MOVED, ["moved"])
    assert watched.feed.moved_from == URL
    assert "t0psecret" not in str(watched.feed.health_detail)
    watched.wait(31 * DAY)
    watched.nothing()
    assert watched.state() is after_a_month
    assert watched.told == ["moved"]


def test_disabled_is_said_whatever_else_is_true() -> None:
    assert health(replace(hourly().feed, status=FeedStatus.DISABLED, fail_count=9), NOW, SETTINGS).state == "disabled"
