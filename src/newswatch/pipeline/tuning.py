"""Keeps the rules quick: joins what edits have added to the index, and learns which words are rare these days.

Which clause of a rule leads to it is chosen by how many of the latest articles meet it. That changes speed, never
results, so it may be a few hours old and is not stored: after a start the lengths of words guide until it is measured.
"""

import asyncio
import time
from itertools import islice

import structlog

from newswatch.flag.matching import Engine
from newswatch.pipeline.context import Context
from newswatch.store import archive

log = structlog.get_logger("newswatch.rules")

TICK_S = 3600.0
_MEASURE_EVERY_S = 6 * 3600.0
_LATEST, _EVERY = 10_000, 5  # every fifth of the latest 10 000 articles: shares are known to a tenth of a per cent
_FEW = 200  # rules; so few are quick in any order


class Tuning:
    """Replaces the context's engine by one that does the same, quicker."""

    def __init__(self, context: Context) -> None:
        """Begin with an engine that nothing is known for."""
        self._context = context
        self._measured_at: float | None = None

    async def tick(self) -> None:
        """Join the indexes if there are two; measure words anew every few hours. Threads do the work."""
        engine = self._context.engine
        due = self._measured_at is None or time.monotonic() - self._measured_at >= _MEASURE_EVERY_S
        if due and len(engine.ruleset.rules) >= _FEW:
            self._measured_at = time.monotonic()
            tuned = await asyncio.to_thread(self._tuned, engine)
        else:
            tuned = await asyncio.to_thread(engine.settled)
        if tuned is not engine and self._context.engine is engine:  # no reload came between
            self._context.engine = tuned
            log.debug("index of rules made anew", rules=len(tuned.ruleset.rules), terms=tuned.patterns)

    def _tuned(self, engine: Engine) -> Engine:
        latest = islice(archive.scan(self._context.database), 0, _LATEST, _EVERY)
        frequencies = engine.measure(one.given for one in latest)
        return engine.settled(frequencies) if frequencies else engine.settled()
