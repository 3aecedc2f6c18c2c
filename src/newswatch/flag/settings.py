"""What the user can set about rules."""

from pydantic import Field

from newswatch.settings import Section


class RulesSettings(Section):
    """`[rules]`: which rule packs are in force."""

    packs: tuple[str, ...] = ("korea-japan-summit",)
    """Names of packs that come with newswatch, or paths of your own (relative to the configuration file)."""
    max_evidence: int = Field(default=50, ge=1)
    """Mentions stored for each match; the number found is always stored."""
