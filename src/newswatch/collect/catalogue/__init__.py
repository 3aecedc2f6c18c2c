"""The catalogue: public feeds that come with newswatch, for a start."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class CatalogueFeed:
    """One feed of the catalogue. `checked` tells whether somebody has seen it work."""

    name: str
    url: str
    source: str
    language: str
    country: str
    tier: int
    checked: bool
    note: str = ""


@cache
def catalogue() -> tuple[CatalogueFeed, ...]:
    """Return the feeds of the catalogue in its order."""
    text = (files(__name__) / "feeds.toml").read_text(encoding="utf-8")
    return tuple(CatalogueFeed(**values) for values in tomllib.loads(text)["feeds"])


def chosen(
    words: Sequence[str] = (), *, language: str | None = None, country: str | None = None, tier: int | None = None
) -> list[CatalogueFeed]:
    """Return the feeds with all `words` in name, source or address, of this language ("zh" has "zh-Hant") and so on."""
    return [
        feed
        for feed in catalogue()
        if all(word.casefold() in f"{feed.name} {feed.source} {feed.url}".casefold() for word in words)
        and (language is None or f"{feed.language}-".casefold().startswith(f"{language}-".casefold()))
        and (country is None or feed.country == country.upper())
        and (tier is None or feed.tier == tier)
    ]


def named(name: str) -> list[CatalogueFeed]:
    """Return the feed of this name, else all whose names contain it."""
    exact = [feed for feed in catalogue() if feed.name.casefold() == name.casefold()]
    return exact or [feed for feed in catalogue() if name.casefold() in feed.name.casefold()]
