"""What the user can set about stories."""

from pydantic import Field

from newswatch.settings import Duration, Section


class StorySettings(Section):
    """`[stories]`: which articles belong together."""

    window: Duration = 72 * 3600.0
    """An article joins a story whose latest article is not older than this."""
    copy_similarity: float = Field(default=0.5, gt=0, le=1)
    """Containment of the shorter text in the longer from which an article is a copy."""
