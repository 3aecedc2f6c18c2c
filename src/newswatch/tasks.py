"""What worker processes run for the pipeline, importing no more than that needs.

The daemon names these functions and never calls them. What only they need is imported when they run, or it would take
10 MB of the daemon too; the fork server imports it once for all workers.
"""

from dataclasses import dataclass

from newswatch.extract.site_lines import EdgeLines, edge_lines
from newswatch.group.similarity import sampled
from newswatch.model import Article, ExtractOutcome, ExtractRequest, Sample
from newswatch.search_tokens import SearchText, search_text

SEED_TYPE = "text/vnd.newswatch.seed"
"""Content type under which a replay hands over a seed text (UTF-8) in place of a page."""


@dataclass(frozen=True, slots=True)
class Extraction:
    """What extraction makes of a page, what the article's copies and words are found by, and its site's lines."""

    outcome: ExtractOutcome
    sample: Sample
    tokens: SearchText
    edges: EdgeLines


def extract_article(request: ExtractRequest) -> Extraction:
    """Extract the article of a page."""
    from newswatch.extract.article import extract, extract_seed  # noqa: PLC0415 - as above

    if request.content_type == SEED_TYPE and request.body is not None:
        outcome = extract_seed(request.body.decode("utf-8"), name=request.entry_title or "seed", now=request.now)
    else:
        outcome = extract(request)
    if not isinstance(outcome, Article):
        return Extraction(outcome, Sample(), search_text("", ""), EdgeLines())
    found_by = sampled(outcome.text, outcome.language)
    tokens = search_text(outcome.title or "", outcome.text)
    return Extraction(outcome, found_by, tokens, edge_lines(outcome))
