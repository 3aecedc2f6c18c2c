"""page -> article: what extraction is given, and the text and metadata that it finds."""

from dataclasses import dataclass
from datetime import datetime

from newswatch.model.collect import Published


@dataclass(frozen=True, slots=True)
class CreditedSource:
    """Whom the text credits. `start` and `end` are offsets in the article's text."""

    name: str
    start: int
    end: int
    pattern: str  # which form of words said so


@dataclass(frozen=True, slots=True)
class RemovedText:
    """A line the cleaner took out, kept so that nothing disappears without a trace."""

    text: str
    reason: str  # widget | sign_off | share_bar | copyright | repeated | corpus_header ...
    line: int  # line of the input, from 1


@dataclass(frozen=True, slots=True)
class SiteRule:
    """What is known of one site's pages. `body` and `remove` are XPaths, `lines` regular expressions."""

    why: str = ""
    body: str | None = None
    remove: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExtractRequest:
    """Everything the extraction of one article needs, picklable for a worker process."""

    url: str | None
    body: bytes | None  # the fetched page; None = only the entry's own content
    content_type: str | None
    entry_title: str | None = None
    entry_summary: str | None = None
    entry_content_html: str | None = None
    entry_authors: tuple[str, ...] = ()
    entry_published: Published | None = None
    source_name: str | None = None
    source_language: str | None = None
    page_reason: str | None = None  # why there is no page (reason code of the fetch)
    now: datetime | None = None  # bounds dates in the future
    max_bytes: int = 5_000_000
    min_characters: int = 80  # least text of an article; characters of unspaced scripts count fourfold
    site_lines: frozenset[int] = frozenset()  # lines that the site prints around its articles (extract.site_lines)
    site_rule: SiteRule | None = None  # the operator's, in place of what comes along
    thorough: bool = False  # ask further extractors where the first is in doubt; up to twice the work


@dataclass(frozen=True, slots=True)
class Article:
    """Text and metadata of one article, as extracted. `text` has paragraphs separated by one blank line."""

    text: str
    title: str | None
    display_headline: str  # the title, or one derived from the lead
    language: str  # BCP 47: a primary tag, of Chinese with its script where known; "und" where unknown
    language_confidence: float  # 0 to 1
    method: str  # trafilatura | trafilatura-precision | feed | seed | json-ld ...
    method_reason: str  # why this method was taken
    url: str | None = None
    canonical_url: str | None = None
    authors: tuple[str, ...] = ()
    published: Published | None = None
    modified: Published | None = None
    source_name: str | None = None  # the publisher
    credited: tuple[CreditedSource, ...] = ()
    section: str | None = None
    image_url: str | None = None
    paywall: bool = False
    word_count: int = 0
    removed: tuple[RemovedText, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The text's paragraphs."""
        return tuple(self.text.split("\n\n")) if self.text else ()


@dataclass(frozen=True, slots=True)
class NotAnArticle:
    """The page and the entry gave no text worth an article. `reason` is a code, `detail` is for people."""

    reason: str  # no_text | too_short | not_html | too_large | parse_timeout | parse_crash | listing ...
    detail: str
    notes: tuple[str, ...] = ()


ExtractOutcome = Article | NotAnArticle
