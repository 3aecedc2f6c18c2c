"""What the user can set about the worker processes."""

from pydantic import Field

from newswatch.settings import ByteSize, Duration, Section


class WorkerSettings(Section):
    """`[workers]`: processes that parse feeds and extract articles, so that no input can stop the daemon."""

    processes: int | None = Field(default=None, ge=1, le=64)
    """How many. Default: one less than the cores, at least one."""
    deadline: Duration = Field(default=20.0, gt=0)
    """CPU time for one feed or page; a worker that needs more is stopped."""
    max_memory: ByteSize = 1_000_000_000
    """Address space of one worker."""
