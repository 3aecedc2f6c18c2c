"""What the user can set about extraction."""

from typing import Literal

from pydantic import Field

from newswatch.settings import Section


class ExtractionSettings(Section):
    """`[extraction]`: from page to article."""

    respect_robots: bool = True
    """Ask robots.txt before fetching article pages. Feeds you configured are always fetched."""
    mode: Literal["normal", "thorough"] = "normal"
    """`thorough`: a second extractor reads every page, a third where the two disagree; up to twice the work."""
    learn_lines: bool = True
    """Learn from the lines that a site's pages have in common what it prints around its articles, and remove that."""
    sites: str | None = Field(default=None, min_length=1)
    """File with what you know of single publishers' pages (docs/extraction.md). Default: what comes with newswatch."""
    min_characters: int = Field(default=80, ge=1)
    """Shorter texts are not taken for articles. Characters of unspaced scripts count fourfold, Hangul twice."""
    max_attempts: int = Field(default=4, ge=1)
    """Attempts before an entry that brings its worker down is quarantined, or a failing page is given up."""
    archive: str | None = Field(default=None, min_length=1)
    """Folder that keeps fetched article pages as WARC, a file for each day, for `newswatch replay`. Default: none."""
