"""Pages made to break extractors: each ends as an article or as a reason, never as a crash or another text."""

import json

import pytest

from newswatch.extract.article import extract
from newswatch.model import Article, ExtractRequest, NotAnArticle

P = "<p>The mayors agreed on day {} to reopen the ferry line between their cities, nine years after the last boat.</p>"
STORY = "".join(P.format(number) for number in range(5))


def outcome(body: str, head: str = "") -> Article | NotAnArticle:
    markup = f'<!DOCTYPE html><html lang="en"><head><title>Ferry returns</title>{head}</head><body>{body}</body></html>'
    return extract(ExtractRequest(url="https://daily.example/a", body=markup.encode(), content_type="text/html"))


@pytest.mark.parametrize(
    ("body", "head"),
    [
        ("<div>" * 20_000 + STORY + "</div>" * 20_000, ""),
        ("<div>" * 5_000 + STORY, ""),
        ("<div>" * 200 + STORY, ""),
        ("<p>" + "<span>" * 20_000 + STORY, ""),
        ("<p>" * 20_000 + STORY, ""),
        (f"<article>{STORY}</article>" + "".join(f'<a href="/{n}">Story {n}</a> ' for n in range(20_000)), ""),
        (f"<article>{STORY}<p>{'<span>x </span>' * 5_000}</p></article>", ""),
        (
            f"<article>{STORY}</article>",
            f'<script type="application/ld+json">{json.dumps([{"@type": "Thing"}] * 50_000)}</script>',
        ),
        (f"<article>{STORY}</article>", "<script>" + "var a = '<p>not text</p>';" * 20_000 + "</script>"),
        (f"<article>{STORY}</article>", "<meta name=author content='" + "a, " * 50_000 + "'>"),
        (f"<article>{STORY}</article>".replace(" ", " \x00"), ""),
        (f"<article>{STORY}<p {' '.join(f'a{n}=x' for n in range(5_000))}>x</p></article>", ""),
    ],
    ids=(
        "20000-divs 5000-divs 200-divs 20000-spans-deep 20000-open-p 20000-links 5000-spans json-ld scripts "
        "author nul attributes"
    ).split(),
)
def test_the_story_survives(body: str, head: str) -> None:
    found = outcome(body, head)
    assert isinstance(found, Article), found
    assert found.title == "Ferry returns"
    kept = [number for number in range(5) if f"agreed on day {number} to reopen" in found.text]
    assert kept == list(range(5))
    assert "not text" not in found.text


def test_a_page_of_five_megabytes_is_an_article() -> None:
    found = outcome("<article>" + "".join(P.format(number) for number in range(40_000))[:4_900_000] + "</article>")
    assert isinstance(found, Article)
    assert (found.method, len(found.paragraphs) > 30_000) == ("trafilatura-fast", True)


@pytest.mark.parametrize(
    "body", ["<!--" * 50_000, "<p>" + "A " * 20_000, "<table>" + "<tr><td>x</td></tr>" * 5_000, "<" * 100_000]
)
def test_rubbish_has_an_outcome(body: str) -> None:
    assert isinstance(outcome(body), Article | NotAnArticle)
