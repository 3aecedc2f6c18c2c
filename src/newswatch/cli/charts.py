"""Small drawings of letters: bars and lines of bars."""

from collections.abc import Sequence

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_LEVELS = "▁▂▃▄▅▆▇█"


def bar(share: float, width: int) -> str:
    """Return a bar of `width` cells that is filled to a share of it (0 to 1), blank beyond."""
    eighths = round(max(0.0, min(1.0, share)) * width * 8)
    full, rest = divmod(eighths, 8)
    return f"{'█' * full}{_EIGHTHS[rest] if rest else ''}".ljust(width)


def sparkline(values: Sequence[float]) -> str:
    """Return one character for each value, its height a share of the greatest; a dot where there is nothing."""
    greatest = max(values, default=0)
    if greatest <= 0:
        return "·" * len(values)
    top = len(_LEVELS) - 1
    return "".join(_LEVELS[round(value / greatest * top)] if value > 0 else "·" for value in values)
