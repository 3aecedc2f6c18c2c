"""What the reader behind a destination wants: zone, digests, quiet hours, how much at the most, and who stands in."""

from datetime import time
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from newswatch.model import Digest
from newswatch.notify.phrases import Language
from newswatch.settings import Section

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(
            f"{name!r} is not a time zone; write for example Asia/Seoul, Europe/Brussels or UTC"
        ) from error
    return name


def _local_time(text: str) -> str:
    try:
        if len(text) == 5 and text[2] == ":":
            time.fromisoformat(text)
            return text
    except ValueError:
        pass
    raise ValueError(f'{text!r} is not a time of day; write for example "08:00" or "22:30"')


Zone = Annotated[str, AfterValidator(_known_zone)]
LocalTime = Annotated[str, AfterValidator(_local_time)]


class QuietHours(Section):
    """When nobody wants to be disturbed, in the destination's zone."""

    from_: LocalTime = Field(alias="from")
    """When it becomes quiet."""
    to: LocalTime
    """When it ends; a time that is not later than `from` is on the next day."""
    days: tuple[Day, ...] = DAYS
    """Days on which it begins."""


class ReaderSettings(Section):
    """What every kind of destination has."""

    zone: Zone = "UTC"
    """Time zone of its reader: of times in messages, digests and quiet hours."""
    language: Language = "en"
    """What messages say besides the news is said in English, Korean (`ko`) or Japanese (`ja`)."""
    digest: Digest | None = None
    """Collect alerts into an hourly, daily or weekly digest instead of sending each. A route can say otherwise."""
    digest_at: tuple[LocalTime, ...] = Field(default=("08:00",), min_length=1)
    """Local times of daily and weekly digests."""
    digest_day: Day = "mon"
    """Day of weekly digests."""
    digest_empty: bool = False
    """Send a digest also when there is nothing to tell, as a sign of life."""
    quiet: tuple[QuietHours, ...] = ()
    """Quiet hours: what comes meanwhile is held and told in one message when they end."""
    flash_breaks_quiet: bool = True
    """Whether alerts of severity flash come also in quiet hours."""
    max_per_hour: int = Field(default=0, ge=0)
    """Single alerts within an hour; the rest comes in one message afterwards. 0: no limit. Flash is never held."""
    fallback: str | None = None
    """Destination that gets high and flash alerts which this one has not taken within `alerts.fallback_after`.
    It also hears of trouble with this one where `[operations]` names no other."""
