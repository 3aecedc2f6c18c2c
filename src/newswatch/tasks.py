"""What worker processes run for the pipeline, importing no more than that needs."""

from newswatch.extract.article import extract
from newswatch.group.similarity import shingles
from newswatch.model import Article, ExtractOutcome, ExtractRequest


def extract_article(request: ExtractRequest) -> tuple[ExtractOutcome, frozenset[int]]:
    """Return what extraction makes of a page, and the article's shingles (empty where there is no article)."""
    outcome = extract(request)
    return outcome, article_shingles(outcome) if isinstance(outcome, Article) else frozenset()


def article_shingles(value: Article) -> frozenset[int]:
    """Return the sampled shingles of an article's text."""
    return shingles(value.text, value.language)
