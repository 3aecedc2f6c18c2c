"""Which alerts add nothing for a reader: a flash alert on a story, once told, stands for the lower ones that follow."""

from collections.abc import Collection

from sqlalchemy import Connection

from newswatch.model import Severity
from newswatch.store import alerts


def inhibited(connection: Connection, alert_ids: Collection[int], told: Collection[int]) -> dict[int, str]:
    """Return which alerts of a story are not to be told to a destination that was `told` of others, with the reason.

    Lower ones, as long as a flash alert that was told there stands. What was told itself stays told.
    """
    new = [one for one in alert_ids if one not in told]
    if not new or not told:
        return {}
    standing = alerts.by_ids(connection, alerts.standing(connection, list(told)))
    flash = next((row for row in standing if row["severity"] == Severity.FLASH), None)
    if flash is None:
        return {}
    reason = f"inhibited: {flash['rule_name']} (flash) was told there on the same story"
    return {row["id"]: reason for row in alerts.by_ids(connection, new) if row["severity"] != Severity.FLASH}
