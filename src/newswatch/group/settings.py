"""What the user can set about stories."""

from typing import Literal

from pydantic import Field

from newswatch.settings import Duration, Section


class StorySettings(Section):
    """`[stories]`: which articles belong together."""

    window: Duration = 72 * 3600.0
    """An article joins a story whose latest article is not older than this."""
    copy_similarity: float = Field(default=0.5, gt=0, le=1)
    """Containment of the shorter text in the longer from which an article is a copy."""
    events: Literal["named", "all", "off"] = "named"
    """Which articles are put into one story when they report the same event without being copies: those that meet a
    rule or name an entity of the packs, all, or none."""
    report_similarity: float = Field(default=0.2, gt=0, le=1)
    """Likeness of an article's headline, lead and names to a story's from which it reports the same event."""
    merge_similarity: float = Field(default=0.3, gt=0, le=1)
    """Likeness of two stories from which they become one."""
    fade: Duration = Field(default=72 * 3600.0, gt=0)
    """Time without news after which a story's likeness to an article counts half."""
    across_languages: Duration = 48 * 3600.0
    """An article joins a story in another language only within this time. `"0s"` keeps languages apart."""
