from datetime import UTC, datetime

import pytest

from newswatch.clock import VirtualClock
from newswatch.ids import IdSource


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(datetime(2026, 1, 13, 9, 0, tzinfo=UTC))


@pytest.fixture
def new_id(clock: VirtualClock) -> IdSource:
    return IdSource(clock)
