"""What the user can set about extraction and its worker processes."""

from pydantic import Field

from newswatch.settings import ByteSize, Duration, Section


class ExtractionSettings(Section):
    """`[extraction]`: from page to article."""

    respect_robots: bool = True
    """Ask robots.txt before fetching article pages. Feeds you configured are always fetched."""
    min_characters: int = Field(default=80, ge=1)
    """Texts shorter than this (25 for unspaced scripts are counted fourfold) are not taken for articles."""
    max_attempts: int = Field(default=4, ge=1)
    """Attempts before an entry that brings its worker down is quarantined, or a failing page is given up."""


class WorkerSettings(Section):
    """`[workers]`: processes that parse feeds and extract articles, so that no input can stop the daemon."""

    processes: int | None = Field(default=None, ge=1, le=64)
    """How many. Default: one less than the cores, at least one."""
    deadline: Duration = Field(default=20.0, gt=0)
    """CPU time for one feed or page; a worker that needs more is stopped."""
    max_memory: ByteSize = 1_000_000_000
    """Address space of one worker."""
