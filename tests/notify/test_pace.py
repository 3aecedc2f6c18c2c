"""How fast messages follow one another: never more than a burst and the rate, and no slower than that."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from newswatch.model import Destination
from newswatch.notify.pace import Pace, pace_of
from newswatch.notify.settings import DestinationSettings, SmtpSettings
from tests.notify.values import NOW

SLACK = Pace("slack/C1", 1.0, 3)
MAIL = Pace("smtp/m:25", 3.0, 5)


def sent(pace: Pace, asked: list[datetime]) -> list[datetime]:
    """Send one message at each instant at which it may go."""
    went: list[datetime] = []
    whole_at = None
    for now in asked:
        if pace.free_at(whole_at, now) <= now:
            whole_at = pace.after(whole_at, now)
            went.append(now)
    return went


def at(*seconds: float) -> list[datetime]:
    return [NOW + timedelta(seconds=number) for number in seconds]


def test_a_burst_and_then_one_at_a_time() -> None:
    asked = at(*(number / 10 for number in range(61)))

    assert sent(SLACK, asked) == at(0, 0.1, 0.2, 1, 2, 3, 4, 5, 6)
    assert sent(SLACK, at(0, 0, 0, 0, 10, 10, 10, 10)) == at(0, 0, 0, 10, 10, 10)


def test_free_at_is_when_it_goes() -> None:
    whole_at = None
    for _ in range(5):
        whole_at = MAIL.after(whole_at, NOW)

    assert MAIL.free_at(None, NOW) <= NOW
    assert MAIL.free_at(whole_at, NOW) == NOW + timedelta(seconds=3)


@given(pace=st.sampled_from([SLACK, MAIL]), gaps=st.lists(st.floats(0, 20), max_size=60))
def test_no_stretch_of_time_has_more_than_a_burst_and_the_rate(pace: Pace, gaps: list[float]) -> None:
    asked = [NOW]
    for gap in gaps:
        asked.append(asked[-1] + timedelta(seconds=gap))
    went = sent(pace, asked)

    for first, start in enumerate(went):
        for last in range(first, len(went)):
            seconds = (went[last] - start).total_seconds()
            assert last - first + 1 <= pace.burst + seconds / pace.every_s + 1e-3
    refused = [now for now in asked if now not in went]
    assert all(sum(now - timedelta(seconds=pace.every_s) < one <= now for one in went) for now in refused)


def test_who_does_not_wait_counts_and_makes_others_wait_no_longer_than_a_burst_takes() -> None:
    whole_at = None
    for _ in range(100):
        whole_at = SLACK.after(whole_at, NOW)

    assert SLACK.free_at(whole_at, NOW) == NOW + timedelta(seconds=1)


def test_a_clock_that_went_back_stops_nothing() -> None:
    whole_at = SLACK.after(None, NOW + timedelta(hours=3))

    assert SLACK.free_at(whole_at, NOW) <= NOW
    assert SLACK.after(whole_at, NOW) == NOW + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("settings", "pace"),
    [
        ({"type": "slack", "token": "x", "channel": "C1"}, Pace("slack/C1", 1.0, 3)),
        ({"type": "slack", "token": "x", "channel": "C1", "per_second": 0.5}, Pace("slack/C1", 2.0, 3)),
        ({"type": "slack", "webhook_url": "https://hooks.slack.com/s"}, Pace("slack/desk", 1.0, 3)),
        ({"type": "slack", "token": "x", "channel": "C1", "per_second": 0}, None),
        ({"type": "email", "to": ["a@example.org"]}, Pace("smtp/mail.example:587", 3.0, 5)),
        ({"type": "apprise", "url": "discord://1/2"}, Pace("apprise/desk", 3.0, 3)),
        ({"type": "webhook", "url": "https://h.example/"}, None),
        ({"type": "terminal"}, None),
    ],
)
def test_who_shares_a_pace(settings: dict[str, object], pace: Pace | None) -> None:
    smtp = SmtpSettings.model_validate({"host": "Mail.example", "from": "n@example.org"})
    value: object = TypeAdapter(DestinationSettings).validate_python(settings)

    assert pace_of(Destination("desk", value, smtp)) == pace
