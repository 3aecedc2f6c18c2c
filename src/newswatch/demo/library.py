"""The articles of the demo world, read from the TOML files in `articles/`.

A file holds `[[articles]]` and `[[copies]]`. A copy names the article it is `of` and what its outlet changed: headline,
dateline, paragraphs cut (`cut`, numbers from 1) and a closing paragraph of its own (`add`).
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class DemoArticle:
    """One article with what a perfect pipeline would make of it."""

    key: str  # unique, ASCII; the last part of its URL
    outlet: str  # key of its outlet
    title: str
    paragraphs: tuple[str, ...]
    author: str
    section: str
    offset_s: float  # seconds after the site's start; negative: there from the start, published that long before
    flagged: bool  # meets the rule kr-jp-summit
    story: str  # copies share one
    kind: str  # what sort of article it is: summit, neighbour, general
    area: str = "news"  # folder of its URL; robots.txt forbids "subscribers"

    @property
    def archive(self) -> bool:
        """Whether it is on the site before the first poll."""
        return self.offset_s < 0

    @property
    def lead(self) -> str:
        """The first paragraph: the summary in feeds."""
        return self.paragraphs[0]

    @property
    def path(self) -> str:
        """Its path on the site."""
        return f"/{self.outlet}/{self.area}/{self.key}"


@cache
def load_articles() -> tuple[DemoArticle, ...]:
    """Return all articles in the order in which they are published."""
    articles: list[DemoArticle] = []
    for file in sorted(files(__package__).joinpath("articles").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            document = tomllib.loads(file.read_text(encoding="utf-8"))
            originals = {item["key"]: item for item in document["articles"]}
            articles += [_article(item) for item in document["articles"]]
            articles += [_copy(item, originals[item["of"]]) for item in document.get("copies", ())]
    return tuple(sorted(articles, key=lambda article: (article.offset_s, article.key)))


def _article(item: dict[str, Any]) -> DemoArticle:
    paragraphs = [" ".join(part.split("\n")) for part in item["text"].strip().split("\n\n")]
    paragraphs[0] = item.get("dateline", "") + paragraphs[0]
    return DemoArticle(
        key=item["key"],
        outlet=item["outlet"],
        title=item["title"],
        paragraphs=tuple(paragraphs),
        author=item["author"],
        section=item["section"],
        offset_s=float(item["offset"]),
        flagged=item["kind"] == "summit",
        story=item.get("story", item["key"]),
        kind=item["kind"],
        area=item.get("area", "news"),
    )


def _copy(item: dict[str, Any], original: dict[str, Any]) -> DemoArticle:
    kept = [
        paragraph
        for number, paragraph in enumerate(original["text"].strip().split("\n\n"), start=1)
        if number not in item.get("cut", ())
    ]
    if "add" in item:
        kept.append(item["add"])
    changed = {name: value for name, value in item.items() if name not in ("of", "cut", "add")}
    return _article({**original, "dateline": "", "story": original["key"], **changed, "text": "\n\n".join(kept)})
