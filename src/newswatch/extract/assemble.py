"""The last steps that pages, feed content and seed texts share: clean, name the language, credit, count, headline."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from newswatch.extract.clean import Cleaned, clean_lines
from newswatch.extract.headline import headline_from
from newswatch.extract.language import LanguageGuess, detect_language
from newswatch.extract.source import find_credits, find_reporter
from newswatch.extract.text import join_paragraphs, word_count
from newswatch.model import Article, SiteRule

_SIGN_OFF_LONGEST = 40  # characters


@dataclass(frozen=True, slots=True)
class Draft:
    """An article's cleaned text with its language; everything else is added to it."""

    cleaned: Cleaned
    language: LanguageGuess
    publisher: str | None

    @property
    def text(self) -> str:
        """The article's text."""
        return join_paragraphs(self.cleaned.paragraphs)


def draft(
    paragraphs: Sequence[str],
    *,
    title: str | None,
    publisher: str | None,
    also_published_as: Sequence[str] = (),
    language_hints: Sequence[str | None] = (),
    lines: Sequence[int] | None = None,
    loose: Collection[int] = (),
    site: frozenset[int] = frozenset(),
    rule: SiteRule | None = None,
) -> Draft:
    """Clean paragraphs and find their language.

    Where nobody has named the publisher, the text may: "News.Az reports, citing ...". `also_published_as` are other
    names under which it may sign. `lines` are the input lines of the paragraphs, for the audit trail, `loose` the
    numbers of those that are teasers of other articles, `site` the lines that the site prints around its texts,
    `rule` what is known of the site.
    """
    reporter = None
    if publisher is None or (paragraphs and len(paragraphs[-1]) <= _SIGN_OFF_LONGEST):
        reporter = find_reporter(join_paragraphs(list(paragraphs)))
    names = [name for name in (publisher, reporter, *also_published_as) if name]
    cleaned = clean_lines(paragraphs, title=title, publishers=names, lines=lines, loose=loose, site=site, rule=rule)
    sample = "\n".join([title or "", *cleaned.paragraphs[:8]])
    return Draft(cleaned, detect_language(sample, hints=language_hints), publisher or reporter)


def assemble(drafted: Draft, *, title: str | None, method: str, method_reason: str) -> Article:
    """Return the article of a draft, with credits, word count and headline; metadata is for the caller to add."""
    text, language = drafted.text, drafted.language.language
    return Article(
        text=text,
        title=title,
        display_headline=title or headline_from(text, language),
        language=drafted.language.tag,
        language_confidence=drafted.language.confidence,
        method=method,
        method_reason=method_reason,
        source_name=drafted.publisher,
        credited=find_credits(text, language, publisher=drafted.publisher),
        word_count=word_count(text),
        removed=drafted.cleaned.removed,
    )
