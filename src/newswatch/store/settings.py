"""What the user can set about storage."""

from typing import Literal

from pydantic import SecretStr

from newswatch.settings import Duration, Section


class DatabaseSettings(Section):
    """`[database]`: where everything is stored."""

    url: SecretStr = SecretStr("sqlite:///newswatch.db")
    """`sqlite:///relative/path.db`, `sqlite:////absolute/path.db` or `postgresql://user:password@host/name`."""
    migrate: Literal["auto", "check", "off"] = "auto"
    """At start: bring the schema up to date, refuse to start when it is not, or do not look."""


class RetentionSettings(Section):
    """`[retention]`: how long things are kept. `"0s"` keeps them for ever."""

    texts: Duration = 365 * 86400.0
    """Article texts. Metadata, matches and alerts stay."""
    mentions: Duration = 2 * 365 * 86400.0
    """Which articles mention which entities."""
    past_matches: Duration = 365 * 86400.0
    """Matches that were replaced or withdrawn, and the record of rules applied to the archive."""
    site_lines: Duration = 90 * 86400.0
    """What was learned of sites that no article came from since. At most 20 000 sites are kept in any case."""
    fetch_log: Duration = 30 * 86400.0
    """The record of polls."""
    dead_letters: Duration = 30 * 86400.0
    """Deliveries that were given up."""
