"""What a site prints around its articles is learned from its pages, and nothing else."""

from typing import Any

from newswatch.extract.article import extract
from newswatch.extract.site_lines import EdgeLines, SiteLines, edge_lines
from newswatch.model import Article, ExtractRequest

IMPRINT = "Eastmere Herald reporters can be reached through the harbour office."
ADDRESS = "Write to us if you know more about the harbour."
DATELINE = "EASTMERE, Jan. 13"


def text(number: int) -> list[str]:
    return [
        f"The council of Eastmere spoke about pier number {number} on Tuesday and decided nothing at all about it.",
        f"A member said that the {number} members who were absent would have to be asked first, one by one.",
        f"The mayor of city {number} said that he would rather have a ferry than another meeting about the ferry.",
    ]


def read(paragraphs: list[str], known: SiteLines | None = None) -> Article:
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    request: dict[str, Any] = {"site_lines": known.learned()} if known else {}
    markup = f"<html><head><title>Council</title></head><body><article>{body}</article></body></html>"
    outcome = extract(ExtractRequest("https://herald.example/a", markup.encode(), "text/html", **request))
    assert isinstance(outcome, Article), outcome
    return outcome


def taught(*pages: list[str]) -> SiteLines:
    site = SiteLines()
    for page in pages:
        site = site.after(edge_lines(read(page, site)))
    return site


def test_a_line_of_three_pages_is_removed_from_the_fourth_and_recorded() -> None:
    site = taught(*([*text(number), IMPRINT] for number in range(3)))
    found = read([*text(3), IMPRINT], site)
    assert found.paragraphs == tuple(text(3))
    assert [(line.text, line.reason, line.line) for line in found.removed] == [(IMPRINT, "site_line", 4)]
    assert read([*text(3), IMPRINT], taught(*([*text(number), IMPRINT] for number in range(2)))).removed == ()


def test_a_line_that_was_removed_keeps_counting() -> None:
    site = taught(*([*text(number), IMPRINT] for number in range(20)))
    assert read([*text(21), IMPRINT], site).paragraphs == tuple(text(21))


def test_only_what_reaches_the_edge_is_removed() -> None:
    site = taught(*([*text(number), IMPRINT] for number in range(3)))
    inside = [*text(3)[:2], IMPRINT, text(3)[2]]
    assert read(inside, site).paragraphs == tuple(inside)


def test_the_same_article_again_teaches_nothing() -> None:
    site = taught(*([DATELINE, *text(7), IMPRINT] for _ in range(5)))
    assert (site.pages, site.learned()) == (1, frozenset())


def test_a_dateline_and_a_background_of_some_articles_stay() -> None:
    background = "The two cities have been without a ferry since a storm broke the pier in 2017."
    pages = [[DATELINE, "SEOUL", *text(n), *([background] if n % 6 == 5 else [])] for n in range(24)]
    assert taught(*pages).learned() == frozenset()
    assert taught(*pages[:4]).learned() == frozenset()


def test_a_long_paragraph_is_never_learned() -> None:
    long = "The ferry was the pride of two cities, and its captain a man whom everybody knew by name. " * 4
    assert taught(*([*text(number), long.strip()] for number in range(6))).learned() == frozenset()


def test_a_line_the_site_no_longer_prints_is_forgotten() -> None:
    site = taught(*([*text(number), IMPRINT] for number in range(4)))
    assert site.learned()
    for number in range(5):
        site = site.after(EdgeLines(frozenset({100 + number}), 1000 + number))
    assert not site.learned()


def test_what_is_known_is_bounded_and_survives_storing() -> None:
    site = SiteLines()
    for number in range(400):
        site = site.after(EdgeLines(frozenset({-1, 2**62, *range(number * 10, number * 10 + 7)}), number + 1))
    assert SiteLines.unpack(site.pack()) == site
    assert len(site.pack()) < 5_000
    assert {-1, 2**62} <= site.learned()
    assert SiteLines.unpack(SiteLines().pack()) == SiteLines()


def test_nothing_is_removed_if_nothing_would_be_left() -> None:
    site = taught(*([*text(number), IMPRINT, ADDRESS] for number in range(3)))
    only = [IMPRINT, ADDRESS]
    assert read(only, site).paragraphs == tuple(only)
