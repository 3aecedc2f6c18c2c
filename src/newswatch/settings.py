"""Building blocks for the settings that each part owns.

A part's `settings.py` derives its sections from `Section`; `config` composes them. Fields of type `SecretStr` also
accept `<name>_file` in the configuration (see `config`).
"""

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, WithJsonSchema

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)")
_SIZES = {"": 1, "b": 1, "kb": 1_000, "mb": 1_000_000, "gb": 1_000_000_000, "kib": 1024, "mib": 1024**2, "gib": 1024**3}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmg]?i?b?)", re.IGNORECASE)


def parse_duration(value: Any) -> float:
    """Turn "90s", "5m", "1h30m", "2d" or a number of seconds into seconds. Raises ValueError."""
    if isinstance(value, bool):
        raise ValueError('a duration such as "90s", "5m" or "1h30m" is expected')
    if isinstance(value, int | float):
        seconds = float(value)
    elif isinstance(value, timedelta):
        seconds = value.total_seconds()
    else:
        text = str(value).strip().lower().replace(" ", "")
        parts = _PART.findall(text)
        if not parts or "".join(number + unit for number, unit in parts) != text:
            raise ValueError(f'{value!r} is not a duration; write for example "90s", "5m", "1h30m" or "2d"')
        seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
    if not 0 <= seconds < 10 * 366 * 86400:
        raise ValueError(f"{value!r} is out of range: a duration lies between 0 and 10 years")
    return seconds


def format_duration(seconds: float) -> str:
    """Turn seconds into the shortest text that `parse_duration` reads back as the same value."""
    if seconds == 0:
        return "0s"
    if seconds != int(seconds):
        return f"{seconds:g}s"
    rest, parts = int(seconds), []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts)


def parse_size(value: Any) -> int:
    """Turn "15MB", "512 KiB" or a number of bytes into bytes. Raises ValueError."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    found = _SIZE.fullmatch(str(value).strip())
    if not found or found[2].lower() not in _SIZES:
        raise ValueError(f'{value!r} is not a size; write for example "15MB" or "512KiB"')
    return int(float(found[1]) * _SIZES[found[2].lower()])


Duration = Annotated[
    float,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema({"type": ["string", "number"], "pattern": r"^(\d+(\.\d+)?(ms|s|m|h|d|w))+$"}),
]
"""Seconds, written in the configuration as "90s", "5m", "1h30m" or a number."""

ByteSize = Annotated[int, BeforeValidator(parse_size), WithJsonSchema({"type": ["string", "integer"]})]
"""Bytes, written in the configuration as "15MB", "512KiB" or a number."""


class Section(BaseModel):
    """A table of the configuration: frozen, unknown keys refused, defaults validated too."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, use_attribute_docstrings=True)
