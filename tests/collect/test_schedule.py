"""When a feed is asked next, over virtual days. Names begin with the row of the citizen table."""

import math
import random
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newswatch.collect.schedule import after_poll, first_poll_at
from newswatch.collect.settings import PollingSettings
from newswatch.model import (
    Feed,
    FeedDocument,
    FeedRejected,
    FeedStatus,
    FetchFailure,
    FetchOutcome,
    FetchReason,
    NotModified,
    Page,
    ParsedEntry,
    PollDecision,
    Published,
    Redirect,
)
from tests.collect.conftest import NOW

URL = "https://n.example/feed"
SETTINGS = PollingSettings()
FLOOR = SETTINGS.min_interval
DAY = 86400.0


def feed(**values: object) -> Feed:
    return replace(Feed(id=1, url=URL, name="n"), **values)  # type: ignore[arg-type]


def page(*headers: tuple[bytes, bytes], **values: object) -> Page:
    facts: dict[str, object] = {
        "url": URL,
        "final_url": URL,
        "status": 200,
        "body": b"<rss/>",
        "content_type": None,
        "etag": b'"1"',
        "last_modified": None,
        "headers": headers,
        "redirects": (),
        "fetched_at": NOW,
        "elapsed_s": 0.1,
        "raw_bytes": 6,
    }
    return Page(**{**facts, **values})  # type: ignore[arg-type]


def not_modified(*headers: tuple[bytes, bytes], **values: object) -> NotModified:
    facts: dict[str, object] = {
        "url": URL,
        "final_url": URL,
        "etag": None,
        "last_modified": None,
        "headers": headers,
        "redirects": (),
        "fetched_at": NOW,
        "elapsed_s": 0.1,
    }
    return NotModified(**{**facts, **values})  # type: ignore[arg-type]


def failure(reason: FetchReason = FetchReason.HTTP, **values: object) -> FetchFailure:
    return FetchFailure(URL, reason, "the server answers 500", **values)  # type: ignore[arg-type]


def document(count: int = 20, every: timedelta = timedelta(hours=1), **values: object) -> FeedDocument:
    entries = tuple(
        ParsedEntry(str(n), None, f"t{n}", None, None, published=Published("second", "feed", at=NOW - n * every))
        for n in range(count)
    )
    return FeedDocument("rss", entries, **values)  # type: ignore[arg-type]


def poll(
    subject: Feed,
    outcome: FetchOutcome,
    parsed: FeedDocument | FeedRejected | None = None,
    *,
    new: int = 0,
    unchanged: bool = False,
    now: datetime = NOW,
    jitter: float = 0.5,
) -> PollDecision:
    return after_poll(
        subject,
        outcome,
        document=parsed,
        new_entries=new,
        unchanged_body=unchanged,
        now=now,
        settings=SETTINGS,
        jitter=jitter,
    )


def wait_s(decision: PollDecision, now: datetime = NOW) -> float:
    return (decision.plan.next_poll_at - now).total_seconds()


KNOWN = feed(
    etag=b'"0"',
    last_modified=b"then",
    last_success_at=NOW - timedelta(hours=1),
    entries_per_day=200.0,
    validates=True,
    polls=9,
)


# --- validators --------------------------------------------------------------------------------------------------


def test_c02_c08_c09_a_body_brings_its_own_validators_and_no_others() -> None:
    after = poll(KNOWN, page(etag=None, last_modified=b"now"), document(), new=1).feed
    assert (after.etag, after.last_modified) == (None, b"now")
    same = poll(KNOWN, page(etag=b'"new"'), unchanged=True).feed
    assert (same.etag, same.last_modified) == (b'"new"', None)
    assert after.body_hash == blake2b(b"<rss/>", digest_size=16).hexdigest()


def test_c06_c07_a_304_keeps_what_it_does_not_name() -> None:
    assert poll(KNOWN, not_modified()).feed.etag == b'"0"'
    renewed = poll(KNOWN, not_modified(etag=b'"2"')).feed
    assert (renewed.etag, renewed.last_modified) == (b'"2"', b"then")


@pytest.mark.parametrize(
    "outcome", [failure(), failure(FetchReason.RATE_LIMITED, status=429), failure(FetchReason.RESET)]
)
def test_c10_failures_keep_the_validators(outcome: FetchFailure) -> None:
    after = poll(KNOWN, outcome).feed
    assert (after.etag, after.last_modified, after.body_hash) == (b'"0"', b"then", None)


def test_c11_a_body_that_is_no_feed_does_not_bring_validators() -> None:
    rejected = FeedRejected(FetchReason.NOT_A_FEED, "the URL leads to an HTML page")
    decision = poll(KNOWN, page(etag=b'"html"'), rejected)
    assert (decision.feed.etag, decision.feed.last_modified, decision.feed.body_hash) == (b'"0"', b"then", None)
    assert (decision.feed.last_reason, decision.feed.fail_count) == ("not_a_feed", 1)
    assert decision.feed.last_error == "the URL leads to an HTML page"


# --- intervals ---------------------------------------------------------------------------------------------------


def simulate(
    subject: Feed, outcome: FetchOutcome, polls: int, **values: object
) -> tuple[list[float], list[float], Feed]:
    """Poll with the same outcome again and again; return the real gaps, the planned ones, and the feed."""
    rng, now, gaps, plans = random.Random(5), NOW, [], []
    for _ in range(polls):
        decision = poll(subject, outcome, now=now, jitter=rng.random(), **values)  # type: ignore[arg-type]
        gaps.append(wait_s(decision, now))
        plans.append(float(decision.plan.interval_s))
        now, subject = decision.plan.next_poll_at, decision.feed
        assert decision.feed.next_poll_at == decision.plan.next_poll_at
    return gaps, plans, subject


def test_c14_a_thousand_304s_never_come_sooner_than_the_floor() -> None:
    gaps, plans, after = simulate(KNOWN, not_modified(), 1000)
    assert min(gaps) >= FLOOR
    assert max(gaps) <= DAY
    assert math.isclose(sum(gaps), sum(plans), rel_tol=0.05)
    assert after.polls == 1009
    assert after.fail_count == 0


def test_c15_servers_that_always_send_everything_are_asked_once_an_hour_at_most() -> None:
    bare = replace(KNOWN, etag=None, last_modified=None, validates=False)
    gaps, _, _ = simulate(bare, page(etag=None), 50, unchanged=True)
    assert min(gaps) >= 3600
    fresh = poll(feed(), page(etag=None), document(), new=20)
    assert wait_s(fresh) >= 3600


def test_c15_validators_that_never_lead_to_a_304_do_not_count() -> None:
    gaps, _, after = simulate(replace(KNOWN, validates=False), page(), 20, unchanged=True)
    assert min(gaps) >= 3600
    assert not after.validates


def test_a_server_that_stops_answering_304_is_asked_less() -> None:
    decision = poll(KNOWN, page(), unchanged=True)
    assert not decision.feed.validates
    assert wait_s(decision) >= 3600


def test_validators_with_something_new_each_time_are_given_the_benefit_of_the_doubt() -> None:
    decision = poll(replace(KNOWN, validates=False), page(), document(), new=3)
    assert wait_s(decision) < 1.2 * FLOOR


@pytest.mark.parametrize("answer", [page, not_modified])
def test_c16_max_age_delays_bodies_and_304s(answer: object) -> None:
    def after(value: bytes) -> float:
        return wait_s(poll(KNOWN, answer((b"cache-control", value)), unchanged=True))  # type: ignore[operator]

    assert after(b"public, max-age=7200") >= 7200
    assert after(b'MAX-AGE="7200"') >= 7200
    assert after(b"no-cache, max-age=7200") < 7200
    assert after(b"max-age=soon") < 7200
    assert after(b"max-age=99999999999999999999") <= DAY


def test_c17_expires_is_measured_by_the_servers_own_clock() -> None:
    def after(expires: bytes, date: bytes = b"Sat, 21 Nov 2026 09:00:00 GMT") -> float:
        return wait_s(poll(KNOWN, not_modified((b"date", date), (b"expires", expires))))

    assert 7200 <= after(b"Sat, 21 Nov 2026 11:00:00 GMT") <= 7200 * 1.1
    plain = wait_s(poll(KNOWN, not_modified()))
    assert after(b"0") == after(b"garbage") == after(b"Sat, 21 Nov 2020 11:00:00 GMT") == plain


def test_c18_the_documents_ttl_holds_for_304s_too() -> None:
    first = poll(KNOWN, page(), document(hints_s=7200), new=1)
    assert wait_s(first) >= 7200
    gaps, _, _ = simulate(first.feed, not_modified(), 10)
    assert min(gaps) >= 7200
    unchanged = poll(first.feed, page(), unchanged=True)
    assert wait_s(unchanged) >= 7200
    assert wait_s(poll(KNOWN, page(), document(hints_s=999999 * 60), new=1)) == DAY
    gone = poll(first.feed, page(), document(), new=1)
    assert wait_s(gone) < 7200


def test_c19_no_poll_falls_into_the_hours_and_days_to_be_skipped() -> None:
    hours, days = (9, 10, 11), (2,)  # Wednesday
    decision = poll(KNOWN, page(), document(skip_hours=hours, skip_days=days), new=1)
    now, subject = NOW, decision.feed
    for _ in range(300):
        at = decision.plan.next_poll_at
        assert at > now
        assert at.hour not in hours
        assert at.weekday() not in days
        now, subject = at, decision.feed
        decision = poll(subject, not_modified(), now=now) if now.minute % 2 else poll(subject, failure(), now=now)


def test_c19_a_window_that_leaves_nothing_is_ignored() -> None:
    decision = poll(KNOWN, page(), document(skip_days=tuple(range(7))), new=1)
    assert wait_s(decision) < DAY


def live(subject: Feed, entries_a_day: float, days: float) -> tuple[Feed, list[float]]:
    """Poll a feed that brings entries at a steady rate for so many virtual days; return the gaps of the second half."""
    rng, now, seen, gaps = random.Random(11), NOW, 0, []
    decision = poll(subject, page(), document(20, timedelta(days=1) / entries_a_day), new=20)
    while (now - NOW).total_seconds() < days * DAY:
        gap = wait_s(decision, now)
        now = decision.plan.next_poll_at
        if (now - NOW).total_seconds() > days * DAY / 2:
            gaps.append(gap)
        out = int((now - NOW) / timedelta(days=1) * entries_a_day)
        new, seen = out - seen, out
        outcome: FetchOutcome = page() if new else not_modified()
        parsed = document(20) if new else None
        decision = poll(decision.feed, outcome, parsed, new=new, now=now, jitter=rng.random())
    return decision.feed, gaps


@pytest.mark.parametrize(
    ("entries_a_day", "expected"), [(1 / 30, DAY), (1, DAY / 2), (6, DAY / 12), (60, FLOOR), (500, FLOOR)]
)
def test_c21_the_interval_follows_the_rate_of_new_entries(entries_a_day: float, expected: float) -> None:
    after, gaps = live(feed(), entries_a_day, 60)
    assert sum(gaps) / len(gaps) == pytest.approx(expected, rel=0.2)
    assert min(gaps) >= FLOOR
    assert after.entries_per_day == pytest.approx(entries_a_day, rel=0.5, abs=0.3)


def test_c21_without_dates_the_rate_is_learned() -> None:
    undated = FeedDocument("rss", tuple(ParsedEntry(str(n), None, "t", None, None) for n in range(20)))
    decision = poll(feed(), page(), undated, new=20)
    assert FLOOR <= wait_s(decision) <= 3600
    now, subject = NOW, decision.feed
    while (now - NOW).days < 40:
        decision = poll(subject, not_modified(), now=now)
        now, subject = decision.plan.next_poll_at, decision.feed
    assert wait_s(decision, subject.last_poll_at or now) >= 0.85 * DAY


def test_one_old_entry_on_top_does_not_slow_a_busy_feed() -> None:
    busy = document(20, timedelta(minutes=30))
    pinned = ParsedEntry(
        "p", None, "p", None, None, published=Published("second", "feed", at=NOW - timedelta(days=900))
    )
    decision = poll(feed(), page(), replace(busy, entries=(pinned, *busy.entries)), new=21)
    assert wait_s(decision) <= 2 * FLOOR


def test_the_users_own_interval_counts_within_the_floors() -> None:
    def after(interval_s: int, **values: object) -> float:
        return wait_s(poll(replace(KNOWN, interval_s=interval_s, **values), not_modified()))  # type: ignore[arg-type]

    assert 600 <= after(600) <= 660
    assert 300 <= after(1) <= 330
    assert 7200 <= after(7200) <= 7920
    bare = replace(KNOWN, interval_s=600, validates=False)
    assert wait_s(poll(bare, page(etag=None), unchanged=True)) >= 3600


# --- failures ----------------------------------------------------------------------------------------------------


def test_c22_retry_after_is_waited_for() -> None:
    limited = failure(FetchReason.RATE_LIMITED, status=429, retry_after_s=7200)
    assert 7200 <= wait_s(poll(KNOWN, limited)) <= 7200 * 1.1
    week = failure(FetchReason.RATE_LIMITED, status=429, retry_after_s=7 * 86400)
    assert wait_s(poll(KNOWN, week, jitter=0)) == 7 * DAY
    assert "asks to wait 2h" in poll(KNOWN, limited).plan.reason


def test_c23_c24_without_retry_after_every_wait_at_least_doubles() -> None:
    gaps, _, _ = simulate(KNOWN, failure(FetchReason.RATE_LIMITED, status=429), 12)
    assert gaps[0] >= FLOOR
    for before, after in pairwise(gaps):
        assert after >= min(2 * before, DAY)
    assert max(gaps) == DAY


@pytest.mark.parametrize(
    "reason",
    [
        FetchReason.HTTP,
        FetchReason.CONNECT,
        FetchReason.DNS,
        FetchReason.TLS,
        FetchReason.NOT_A_FEED,
        FetchReason.DEADLINE,
    ],
)
def test_c25_failures_are_asked_less_and_less_but_never_given_up(reason: FetchReason) -> None:
    gaps, _, broken = simulate(KNOWN, failure(reason, status=500), 10)
    assert all(after >= before for before, after in pairwise(gaps))
    assert gaps[-1] == DAY
    assert broken.status is FeedStatus.ACTIVE
    assert (broken.fail_count, broken.last_reason, broken.last_error) == (10, reason.value, "the server answers 500")
    healed = poll(broken, page(), document(), new=1)
    assert (healed.feed.fail_count, healed.feed.last_reason, healed.feed.last_error) == (0, None, None)
    assert wait_s(healed) < 1.2 * FLOOR
    assert [event.kind for event in healed.events] == ["recovered"]


def test_c35_a_feed_that_is_pushed_is_polled_more_seldom_until_the_promise_ends() -> None:
    quiet = not_modified()
    usual = wait_s(poll(KNOWN, quiet, jitter=0))
    pushed = replace(KNOWN, pushed_until=NOW + timedelta(days=9))
    assert wait_s(poll(pushed, quiet, jitter=0)) == min(4 * usual, DAY)
    assert wait_s(poll(replace(KNOWN, pushed_until=NOW), quiet, jitter=0)) == usual
    ends = replace(KNOWN, pushed_until=NOW + timedelta(minutes=2))
    assert wait_s(poll(ends, quiet, jitter=0)) == usual + 120
    assert wait_s(poll(pushed, page(), document(1), new=1, jitter=0)) <= usual


def test_c25_jitter_spreads_the_retries() -> None:
    waits = {wait_s(poll(KNOWN, failure(), jitter=n / 10)) for n in range(10)}
    assert len(waits) == 10


def test_failing_is_told_once() -> None:
    subject, told = KNOWN, []
    for _ in range(8):
        decision = poll(subject, failure())
        subject = decision.feed
        told += [event.kind for event in decision.events]
    assert told == ["failing"]


def test_c26_410_ends_the_polling() -> None:
    decision = poll(KNOWN, failure(FetchReason.GONE, status=410))
    assert (decision.feed.status, decision.feed.next_poll_at) == (FeedStatus.GONE, None)
    assert [event.kind for event in decision.events] == ["gone"]


# --- redirects ---------------------------------------------------------------------------------------------------

NEW_URL = "https://new.example/feed"


def moved(*statuses: int) -> Page:
    return page(final_url=NEW_URL, redirects=tuple(Redirect(status, NEW_URL) for status in statuses))


def polls_until_moved(outcome: FetchOutcome, gap: timedelta, polls: int = 12) -> int | None:
    subject = KNOWN
    for number in range(1, polls + 1):
        decision = poll(subject, outcome, document(), new=0, now=NOW + number * gap)
        subject = decision.feed
        if subject.url != URL:
            assert subject.url == NEW_URL
            assert [event.kind for event in decision.events] == ["moved"]
            assert (subject.redirect_url, subject.redirect_count, subject.redirect_since) == (None, 0, None)
            return number
        assert decision.events == ()
    return None


@pytest.mark.parametrize("status", [301, 308])
def test_c27_a_permanent_redirect_is_stored_after_five_polls_and_two_days(status: int) -> None:
    assert polls_until_moved(moved(status), timedelta(days=1)) == 5
    assert polls_until_moved(moved(status), timedelta(hours=6)) == 9
    assert polls_until_moved(moved(301, 308), timedelta(days=1)) == 5


def test_c27_304s_from_the_new_place_count() -> None:
    answer = not_modified(final_url=NEW_URL, redirects=(Redirect(301, NEW_URL),))
    assert polls_until_moved(answer, timedelta(days=1)) == 5


@pytest.mark.parametrize("statuses", [(302,), (303,), (307,), (302, 301), (301, 302)])
def test_c28_temporary_redirects_are_never_stored(statuses: tuple[int, ...]) -> None:
    assert polls_until_moved(moved(*statuses), timedelta(days=1)) is None


def test_c28_a_redirect_to_a_page_that_is_no_feed_is_never_stored() -> None:
    subject = KNOWN
    for number in range(12):
        rejected = FeedRejected(FetchReason.NOT_A_FEED, "HTML")
        subject = poll(subject, moved(301), rejected, now=NOW + timedelta(days=number)).feed
    assert (subject.url, subject.redirect_count) == (URL, 0)


def test_c28_a_place_that_serves_other_entries_is_never_stored() -> None:
    subject = KNOWN
    for number in range(12):
        subject = poll(subject, moved(301), document(), new=20, now=NOW + timedelta(days=number)).feed
    assert subject.url == URL


def test_c28_a_break_in_between_starts_anew() -> None:
    subject = KNOWN
    for number in range(4):
        subject = poll(subject, moved(301), document(), now=NOW + timedelta(days=number)).feed
    assert subject.redirect_count == 4
    assert poll(subject, page(), document()).feed.redirect_count == 0
    assert poll(subject, failure()).feed.redirect_count == 4
    elsewhere = page(final_url="https://x.example/", redirects=(Redirect(301, "https://x.example/"),))
    assert poll(subject, elsewhere, document()).feed.redirect_count == 1


def test_a_feed_with_credentials_stays_where_it_is() -> None:
    subject = replace(KNOWN, url="https://me:pw@n.example/feed")
    for number in range(12):
        subject = poll(subject, moved(301), document(), now=NOW + timedelta(days=number)).feed
    assert subject.url == "https://me:pw@n.example/feed"


# --- F31 and the rest --------------------------------------------------------------------------------------------


def test_f31_two_polls_of_a_full_feed_that_do_not_overlap_are_a_gap() -> None:
    slow = replace(KNOWN, entries_per_day=4.0)
    decision = poll(slow, page(), document(), new=20)
    assert [event.kind for event in decision.events] == ["gap"]
    assert wait_s(decision) < wait_s(poll(slow, page(), document(), new=19))
    assert poll(feed(), page(), document(), new=20).events == ()


def test_a_feed_that_turns_over_quickly_is_asked_sooner() -> None:
    slow = replace(KNOWN, entries_per_day=4.0)
    assert wait_s(poll(slow, page(), document(), new=11)) < 0.6 * wait_s(poll(slow, page(), document(), new=10))
    assert "more than half" in poll(slow, page(), document(), new=11).plan.reason
    few = [poll(slow, page(), document(count=4), new=new) for new in (2, 3)]
    assert all("more than half" not in decision.plan.reason for decision in few)


def test_first_polls_are_spread() -> None:
    assert first_poll_at(NOW, 0, 1) == NOW
    times = [first_poll_at(NOW, n, 600) for n in range(600)]
    assert times[0] == NOW
    for second in range(60):
        begin = NOW + timedelta(seconds=second)
        assert sum(begin <= at < begin + timedelta(seconds=1) for at in times) == 10


OUTCOMES = st.one_of(
    st.builds(
        lambda status, wait: failure(FetchReason.RATE_LIMITED, status=status, retry_after_s=wait),
        st.sampled_from([429, 503]),
        st.none() | st.integers(0, 7 * 86400),
    ),
    st.builds(failure, st.sampled_from([reason for reason in FetchReason if reason is not FetchReason.GONE])),
    st.builds(lambda value: not_modified((b"cache-control", value)), st.binary(max_size=20)),
    st.builds(lambda value: page((b"expires", value), (b"date", value)), st.binary(max_size=30)),
    st.just(moved(301)),
)


@given(st.lists(st.tuples(OUTCOMES, st.integers(0, 20), st.floats(0, 0.999), st.booleans()), max_size=30))
def test_every_wait_lies_between_floor_and_cap(steps: list[tuple[FetchOutcome, int, float, bool]]) -> None:
    subject, now = feed(), NOW
    for outcome, new, jitter, unchanged in steps:
        parsed = document() if isinstance(outcome, Page) and not unchanged else None
        decision = poll(subject, outcome, parsed, new=new if parsed else 0, unchanged=unchanged, now=now, jitter=jitter)
        gap = wait_s(decision, now)
        cap = DAY
        if isinstance(outcome, FetchFailure) and outcome.retry_after_s:
            cap = max(DAY, outcome.retry_after_s * (1 + SETTINGS.jitter))
        assert FLOOR <= gap <= cap
        assert decision.plan.reason
        subject, now = decision.feed, decision.plan.next_poll_at
    assert subject.polls == len(steps)


def test_a_clock_that_jumps_back_breaks_nothing() -> None:
    decision = poll(KNOWN, page(), document(), new=1, now=NOW - timedelta(days=30))
    assert wait_s(decision, NOW - timedelta(days=30)) >= FLOOR
    assert decision.feed.last_poll_at == NOW - timedelta(days=30)
