"""`Published` values to columns and back."""

from typing import Any

from sqlalchemy import RowMapping

from newswatch.model import Published


def to_columns(published: Published | None) -> dict[str, Any]:
    """Return the `published_*` columns of a value."""
    return {
        "published_at": published.at if published else None,
        "published_on": published.on if published else None,
        "published_precision": published.precision if published else None,
        "published_by": published.found_by if published else None,
        "published_raw": published.raw if published else None,
        "published_zone_assumed": bool(published and published.zone_assumed),
    }


def from_row(row: RowMapping) -> Published | None:
    """Return the value that a row's `published_*` columns hold, None if it has no date."""
    if row["published_precision"] is None:
        return None
    return Published(
        precision=row["published_precision"],
        found_by=row["published_by"],
        at=row["published_at"],
        on=row["published_on"],
        raw=row["published_raw"],
        zone_assumed=bool(row["published_zone_assumed"]),
    )
