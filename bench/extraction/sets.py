"""Labelled pages from folders on disk: public sets in the layout in which they are published, and your own.

| set | recognised by |
|---|---|
| https://github.com/scrapinghub/article-extraction-benchmark | `ground-truth.json` beside `html/` |
| https://github.com/Murrough-Foley/web-content-extraction-benchmark, its articles | `dev/ground-truth/` |
| https://github.com/dobbersc/fundus-evaluation | `dataset/ground_truth.json` |
| https://github.com/flairNLP/fundus, test pages of its parsers | `tests/resources/parser/test_data/` |
| https://github.com/mozilla/readability, its test pages | `test/test-pages/` |
| your own | `NAME.html` with `NAME.json` beside it: {"paragraphs": [...], "language": ..., "request": {"url": ...}} |
"""

import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lxml import html as lxml_html

_ISO_MINUTE = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}")
_EAST_ASIAN = ("jp", "kr", "cn", "tw")


@dataclass(frozen=True, slots=True)
class LabelledPage:
    """A page and what is true about it; None where the set does not say."""

    name: str
    path: Path
    url: str | None
    text: str
    title: str | None = None
    language: str | None = None
    published: str | None = None  # ISO 8601, a day or more
    authors: tuple[str, ...] | None = None

    def body(self) -> bytes:
        """Read the page's bytes."""
        return gzip.decompress(self.path.read_bytes()) if self.path.suffix == ".gz" else self.path.read_bytes()


@dataclass(frozen=True, slots=True)
class PageSet:
    """Pages that are reported together."""

    name: str
    pages: list[LabelledPage] = field(default_factory=list)


def read_sets(folder: Path) -> list[PageSet]:
    """Return the sets in a folder: itself, or one in each of its folders. Raises ValueError if there is none."""
    if not folder.is_dir():
        raise ValueError(f"{folder}: there is no such folder")
    for place in (folder, *sorted(path for path in folder.iterdir() if path.is_dir())):
        sets = [found for found in _read(place) if found.pages]
        if sets:
            if place == folder:
                return sets
            others = sorted(path for path in folder.iterdir() if path.is_dir() and path > place)
            return sets + [found for path in others for found in _read(path) if found.pages]
    raise ValueError(f"{folder}: no set of pages is known by this layout (bench/extraction/sets.py lists them)")


def _read(folder: Path) -> Iterator[PageSet]:
    if (folder / "ground-truth.json").exists():
        yield PageSet(folder.name, list(_benchmark(folder)))
    elif (folder / "dev" / "ground-truth").is_dir():
        for part in ("dev", "test"):
            yield PageSet(f"{folder.name} {part}", list(_content_benchmark(folder / part)))
    elif (folder / "dataset" / "ground_truth.json").exists():
        yield PageSet(folder.name, list(_fundus_evaluation(folder / "dataset")))
    elif (pages := folder / "tests" / "resources" / "parser" / "test_data").is_dir():
        found = list(_fundus(pages))
        yield PageSet(f"{folder.name} east asia", [page for country, page in found if country in _EAST_ASIAN])
        yield PageSet(f"{folder.name} elsewhere", [page for country, page in found if country not in _EAST_ASIAN])
    elif (pages := folder / "test" / "test-pages").is_dir():
        yield PageSet(folder.name, list(_readability(pages)))
    else:
        yield PageSet(folder.name, list(_own(folder)))


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _benchmark(folder: Path) -> Iterator[LabelledPage]:
    for key, label in sorted(_json(folder / "ground-truth.json").items()):
        yield LabelledPage(key[:12], folder / "html" / f"{key}.html.gz", label.get("url"), label["articleBody"])


def _content_benchmark(folder: Path) -> Iterator[LabelledPage]:
    for path in sorted((folder / "ground-truth").glob("*.json")):
        document = _json(path)
        label = document["ground_truth"]
        if document["_internal"]["page_type"]["primary"] == "article" and label.get("main_content"):
            yield LabelledPage(
                path.stem,
                folder / "html" / f"{path.stem}.html.gz",
                document.get("url"),
                label["main_content"],
                title=label.get("title") or None,
                published=label.get("publish_date") or None,
                authors=(label["author"],) if label.get("author") else None,
            )


def _fundus_evaluation(folder: Path) -> Iterator[LabelledPage]:
    for name, label in sorted(_json(folder / "ground_truth.json").items()):
        yield LabelledPage(name, folder / "html" / name, label.get("url"), "\n".join(label["body"]))


def _fundus(folder: Path) -> Iterator[tuple[str, LabelledPage]]:
    """Yield the pages whose parser version is certain: as many pages as versions, both in order."""
    for labels in sorted(folder.glob("*/*.json")):
        country = labels.parent.name
        addresses = _json(labels.parent / "meta.info")
        pages = sorted(labels.parent.glob(f"{labels.stem}_[0-9]*.html.gz"))
        versions = sorted(_json(labels).items(), key=lambda item: [int(part) for part in re.findall(r"\d+", item[0])])
        if len(pages) != len(versions):
            continue
        for path, (_, label) in zip(pages, versions, strict=True):
            if body := label.get("body"):
                stated = label.get("publishing_date")
                yield (
                    country,
                    LabelledPage(
                        path.name.removesuffix(".html.gz"),
                        path,
                        addresses[path.name]["url"],
                        "\n".join(_fundus_lines(body)),
                        title=label.get("title"),
                        published=stated if stated and _ISO_MINUTE.match(stated) else None,
                        authors=tuple(label["authors"]) if label.get("authors") else None,
                    ),
                )


def _fundus_lines(body: dict[str, Any]) -> Iterator[str]:
    yield from body["summary"]
    for section in body["sections"]:
        yield from section["headline"]
        yield from section["paragraphs"]


def _readability(folder: Path) -> Iterator[LabelledPage]:
    for expected in sorted(folder.glob("*/expected.html")):
        tree = lxml_html.fromstring(expected.read_bytes(), parser=lxml_html.HTMLParser(encoding="utf-8"))
        stated = _json(expected.with_name("expected-metadata.json"))
        yield LabelledPage(
            expected.parent.name,
            expected.with_name("source.html"),
            None,
            tree.text_content(),
            title=stated.get("title"),
        )


def _own(folder: Path) -> Iterator[LabelledPage]:
    for labels in sorted(folder.glob("*.json")):
        page = labels.with_suffix(".html")
        if page.exists() and "paragraphs" in (label := _json(labels)):
            published = label.get("published")
            yield LabelledPage(
                labels.stem,
                page,
                label.get("request", {}).get("url"),
                "\n".join(label["paragraphs"]),
                title=label.get("title"),
                language=label.get("language"),
                published=published[2] if published else None,
                authors=tuple(label["authors"]) if label.get("authors") else None,
            )
