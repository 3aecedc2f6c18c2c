"""Breaking, developing, fading: by the hours at which articles came."""

from datetime import UTC, datetime, timedelta

import pytest

from newswatch.group.phases import Phase, phase

NOON = datetime(2026, 1, 13, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("arrived", "now", "expected"),
    [
        ([0], 5.9, Phase.BREAKING),
        ([0], 6, Phase.DEVELOPING),
        ([0], 12, Phase.FADING),
        ([0, 1, 2, 3, 20], 21, Phase.DEVELOPING),
        ([0, 1, 2, 3, 4, 20], 21, Phase.FADING),
        ([0, 1, 2, 3, 4, 20, 21], 21, Phase.DEVELOPING),
        ([], 0, Phase.FADING),
    ],
)
def test_phases(arrived: list[float], now: float, expected: Phase) -> None:
    assert phase([NOON + timedelta(hours=hour) for hour in arrived], NOON + timedelta(hours=now)) is expected
