"""What worker processes run for the pipeline, importing no more than that needs."""

from newswatch.extract.article import extract, extract_seed
from newswatch.group.similarity import shingles
from newswatch.model import Article, ExtractOutcome, ExtractRequest

SEED_TYPE = "text/vnd.newswatch.seed"
"""Content type under which a replay hands over a seed text (UTF-8) in place of a page."""


def extract_article(request: ExtractRequest) -> tuple[ExtractOutcome, frozenset[int]]:
    """Return what extraction makes of a page, and the article's shingles (empty where there is no article)."""
    if request.content_type == SEED_TYPE and request.body is not None:
        outcome = extract_seed(request.body.decode("utf-8"), name=request.entry_title or "seed", now=request.now)
    else:
        outcome = extract(request)
    return outcome, shingles(outcome.text, outcome.language) if isinstance(outcome, Article) else frozenset()
