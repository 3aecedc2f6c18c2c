"""The articles of the demo world: enough of them, in four languages, consistent with what they claim."""

from collections import Counter

import pytest

from newswatch.demo.library import DemoArticle, load_articles
from newswatch.demo.outlets import OUTLETS

ARTICLES = load_articles()


def test_there_are_ten_or_more_in_each_language() -> None:
    languages = Counter(OUTLETS[article.outlet].language for article in ARTICLES)
    assert set(languages) == {"en", "ko", "ja", "zh"}
    assert min(languages.values()) >= 10


def test_keys_are_unique_and_fit_into_a_path() -> None:
    keys = [article.key for article in ARTICLES]
    assert len(set(keys)) == len(keys)
    assert all(key.isascii() and key.replace("-", "").isalnum() and key.islower() for key in keys)


@pytest.mark.parametrize("article", ARTICLES, ids=lambda article: article.key)
def test_an_article_is_whole(article: DemoArticle) -> None:
    assert article.outlet in OUTLETS
    assert 5 <= len(article.paragraphs) <= 12
    assert all(paragraph == paragraph.strip() and "\n" not in paragraph for paragraph in article.paragraphs)
    assert article.title
    assert article.author
    assert article.section


def test_every_language_has_summits_neighbours_and_general_news() -> None:
    kinds = {(OUTLETS[article.outlet].language, article.kind) for article in ARTICLES}
    assert kinds == {
        (language, kind) for language in ("en", "ko", "ja", "zh") for kind in ("summit", "neighbour", "general")
    }


def test_every_outlet_has_an_archive_so_that_no_feed_is_empty() -> None:
    archives = {(article.outlet, article.section) for article in ARTICLES if article.archive}
    assert {outlet for outlet, _ in archives} == set(OUTLETS)
    assert all((outlet.key, section) in archives for outlet in OUTLETS.values() for _, section in outlet.section_feeds)


def test_wire_stories_have_copies_elsewhere_that_were_changed() -> None:
    stories: dict[str, list[DemoArticle]] = {}
    for article in ARTICLES:
        stories.setdefault(article.story, []).append(article)
    syndicated = [members for members in stories.values() if len(members) > 1]
    assert len(syndicated) >= 3
    for original, *copies in syndicated:
        for copy in copies:
            assert copy.offset_s > original.offset_s
            assert copy.outlet != original.outlet
            assert copy.flagged == original.flagged
            assert copy.title != original.title
            assert copy.paragraphs[0] != original.paragraphs[0]
            shared = set(copy.paragraphs) & set(original.paragraphs)
            assert len(shared) >= 3
            assert len(original.paragraphs) > len(shared) + 1  # the dateline is not the only change
