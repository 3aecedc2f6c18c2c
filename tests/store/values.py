"""Values that the store's tests begin with."""

from dataclasses import replace
from datetime import date

from newswatch.model import Article, CreditedSource, Feed, ParsedEntry, Published, RemovedText


def feed(number: int = 1, **changes: object) -> Feed:
    value = Feed(id=0, url=f"https://news{number}.example/feed?a=1", name=f"Feed {number}", source_name="The Lantern")
    return replace(value, **changes)  # type: ignore[arg-type]


def entry(number: int = 1, **changes: object) -> ParsedEntry:
    value = ParsedEntry(
        key=f"guid-{number}",
        link=f"https://news1.example/{number}",
        title=f"Title {number}",
        summary="A summary.",
        content_html=None,
        authors=("Ada Reyes",),
        published=Published(precision="day", found_by="feed", on=date(2026, 1, 13)),
        content_hash=f"hash-{number}",
    )
    return replace(value, **changes)  # type: ignore[arg-type]


def article(text: str = "The harbour reopened.\n\nFerries run again.", **changes: object) -> Article:
    value = Article(
        text=text,
        title="Harbour reopens",
        display_headline="Harbour reopens",
        language="en",
        language_confidence=0.99,
        method="trafilatura",
        method_reason="first choice",
        url="https://news1.example/1",
        authors=("Ada Reyes",),
        published=Published(precision="day", found_by="json-ld", on=date(2026, 1, 13)),
        source_name="The Lantern",
        credited=(CreditedSource("Harbour Wire", 0, 11, "citing"),),
        word_count=6,
        removed=(RemovedText("Share", "share_bar", 1),),
    )
    return replace(value, **changes)  # type: ignore[arg-type]
