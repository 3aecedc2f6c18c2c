"""How fast messages may follow one another, so that a receiver is not flooded. Pure.

The generic cell rate algorithm (ITU-T I.371, annex A): one instant for each receiver, at which a whole burst may go out
again, says everything. Each message moves it by the time that one message takes.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from newswatch.model import Destination
from newswatch.notify.settings import AppriseDestination, EmailDestination, SlackDestination, SmtpSettings

SLACK_BURST = 3
"""Slack: "no more than one message per second per channel", with "short bursts".
https://docs.slack.dev/apis/web-api/rate-limits/#rate-limits__limits-when-posting-messages"""
MAIL_BURST = 5
APPRISE_BURST = 3


@dataclass(frozen=True, slots=True)
class Pace:
    """What one receiver takes: `burst` messages at once, then one every `every_s` seconds."""

    name: str  # destinations with the same name share it
    every_s: float
    burst: int

    def free_at(self, whole_at: datetime | None, now: datetime) -> datetime:
        """Return when the next message may go: `now` or earlier if it may go at once.

        `whole_at` is when a whole burst may go again, None for a receiver that nothing was sent to.
        """
        return self._believed(whole_at, now) - self._times(self.burst - 1)

    def after(self, whole_at: datetime | None, now: datetime) -> datetime:
        """Return when a whole burst may go again after a message that goes `now`, though it should have waited."""
        return min(max(now, self._believed(whole_at, now)) + self._times(1), now + self._times(self.burst))

    def _believed(self, whole_at: datetime | None, now: datetime) -> datetime:
        """Leave out what a clock has written that has gone back since; clocks of several machines differ a little."""
        return now if whole_at is None or whole_at > now + self._times(2 * self.burst) else whole_at

    def _times(self, number: int) -> timedelta:
        return timedelta(seconds=self.every_s * number)


def pace_of(destination: Destination) -> Pace | None:
    """Return how fast messages may follow one another to a destination; None without a limit.

    Slack limits each channel, whichever destination writes to it. Mail is limited for each server, whoever it is for.
    """
    match destination.settings:
        case SlackDestination(per_second=rate) as slack if rate:
            return Pace(f"slack/{slack.channel or destination.name}", 1 / rate, SLACK_BURST)
        case EmailDestination() if isinstance(destination.smtp, SmtpSettings) and destination.smtp.per_minute:
            smtp = destination.smtp
            return Pace(f"smtp/{smtp.host.lower()}:{smtp.port}", 60 / smtp.per_minute, MAIL_BURST)
        case AppriseDestination(per_minute=rate) if rate:
            return Pace(f"apprise/{destination.name}", 60 / rate, APPRISE_BURST)
        case _:
            return None
