"""Named places where a test can end the process, to prove that nothing is lost there.

`NEWSWATCH_FAILPOINT=poll.before_commit:3` kills the process (SIGKILL) when that place is passed for the third time.
Unset, as always outside tests, passing a place costs a comparison.
"""

import os
import signal
import threading

NAMES = (
    "poll.before_commit",
    "poll.after_commit",
    "article.before_commit",
    "article.after_commit",
    "match.before_commit",
    "match.after_commit",
    "deliver.attempt_written",
    "deliver.sending",
    "deliver.answer_read",
    "deliver.after_commit",
)


class _Armed:
    def __init__(self, setting: str) -> None:
        name, _, count = setting.partition(":")
        if name not in NAMES:
            raise ValueError(f"NEWSWATCH_FAILPOINT names {name!r}; known places are {', '.join(NAMES)}")
        self.name = name
        self.left = int(count or 1)
        self.lock = threading.Lock()


_armed: _Armed | None = None


def arm(setting: str | None) -> None:
    """Arm the place in `setting` ("name" or "name:nth"), or none. Raises ValueError for an unknown name."""
    global _armed  # noqa: PLW0603 - one process, one armed place
    _armed = _Armed(setting) if setting else None


def reached(name: str) -> None:
    """Pass the place `name`."""
    if _armed is None or _armed.name != name:
        return
    with _armed.lock:
        _armed.left -= 1
        if _armed.left > 0:
            return
    os.kill(os.getpid(), signal.SIGKILL)


arm(os.environ.get("NEWSWATCH_FAILPOINT"))
