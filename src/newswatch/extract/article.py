"""From what was fetched to an article, or to the reason why there is none.

    bytes -> text -> tree -> metadata and body -> checks and fallbacks -> cleaned lines -> language, dates, credits

Pure: runs in a worker process. What goes wrong in the input comes out as a value; an exception is a bug.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from newswatch.extract.around import loose_ends, standfirst
from newswatch.extract.assemble import Draft, assemble, draft
from newswatch.extract.authors import clean_authors
from newswatch.extract.body import Body, choose_body, link_share, page_body
from newswatch.extract.charset import decode, mended
from newswatch.extract.dates import date_in_url, find_published
from newswatch.extract.headline import headline_from
from newswatch.extract.htmltext import html_to_paragraphs
from newswatch.extract.judge import refuse_bytes, refuse_text
from newswatch.extract.language import primary_tag
from newswatch.extract.metadata import PageMetadata, next_page, read_metadata, trafilatura_metadata, visible_dates
from newswatch.extract.seed import extract_seed
from newswatch.extract.site_rules import rule_for, shipped_rules
from newswatch.extract.text import east_asian_share, one_line, shorten, weight, word_count
from newswatch.extract.tree import parse_html
from newswatch.languages import primary
from newswatch.model import Article, ExtractOutcome, ExtractRequest, NotAnArticle, Published, SiteRule

__all__ = ["extract", "extract_seed", "headline_from"]

_LONGEST_TITLE = 400
_FEWEST_WORDS = 5
_STUB_WEIGHT = 1_500  # a text that says less and is not free is a stub
_STUB_SHARE = 0.5  # of the words the page says it has
_EAST_ASIAN = 0.2  # share of the title's characters
_LISTED = 0.7  # share of link text from which a page is a list of articles
_THIN = frozenset({"no_text", "too_short"})
_LOST = 20  # undecodable characters worth a note


@dataclass(frozen=True, slots=True)
class _PageParts:
    """What was read from the page: its own statements, its text, its tree for later questions."""

    metadata: PageMetadata = field(default_factory=PageMetadata)
    body: Body | None = None
    tree: HtmlElement | None = None
    refusal: NotAnArticle | None = None
    notes: tuple[str, ...] = ()
    loose: frozenset[int] = frozenset()
    markup: str = ""


def extract(request: ExtractRequest) -> ExtractOutcome:
    """Return the article of a page and its feed entry, or why there is none.

    The page's text comes first; the page's JSON-LD, the feed's content and the feed's summary follow where it has
    none, is no article (a consent page, a PDF), or says less than half. `method` and `method_reason` tell what was
    taken. Without a page (`body` is None) only the entry is read.
    """
    rule = request.site_rule or rule_for(_host(request.url), shipped_rules())
    page = _read_page(request, rule) if request.body is not None else _PageParts()
    nothing = page.refusal or _no_page(request)
    lead = page.body or Body((), "none", nothing.detail)
    body = choose_body(lead, page.metadata.article_body, page.markup, request.entry_content_html, request.entry_summary)
    title = _title(page.metadata, request)
    drafted = draft(
        body.paragraphs,
        title=title,
        publisher=_publisher(request, page.metadata),
        also_published_as=[name for name in (page.metadata.publisher, _host(request.url)) if name],
        language_hints=(page.metadata.language, request.source_language),
        loose=page.loose if body is lead else (),
        site=request.site_lines,
        rule=rule,
    )
    refused = _refuse(drafted, body, title, nothing, request)
    if refused is not None:
        if page.metadata.shows and refused.reason in _THIN:
            refused = _for_show(page.metadata.shows, refused.detail)
        return replace(refused, notes=page.notes)
    article = assemble(drafted, title=title, method=body.method, method_reason=body.reason)
    return _with_metadata(article, page, request, stub=_is_stub(drafted, article, page.metadata))


def _read_page(request: ExtractRequest, rule: SiteRule | None) -> _PageParts:
    body = request.body or b""
    if len(body) > request.max_bytes:
        detail = f"the page has {len(body):,} bytes, more than the {request.max_bytes:,} allowed"
        return _PageParts(refusal=NotAnArticle("too_large", detail))
    refusal = refuse_bytes(body, request.content_type)
    if refusal is not None:
        return _PageParts(refusal=refusal)
    decoded = decode(body, request.content_type)
    notes = [f"{decoded.lost} characters could not be read as {decoded.encoding}"] if decoded.lost >= _LOST else []
    markup, mends = mended(decoded.text)
    if mends:
        notes.append(f"{mends} characters were UTF-8 read as Windows-1252 by the publisher, and are put right")
    tree = parse_html(markup)
    metadata = PageMetadata() if tree is None else read_metadata(tree, request.url, entry_title=request.entry_title)
    if tree is not None and (further := next_page(tree, markup, request.url)):
        notes.append(f"the article goes on at {further}; only its first page was read")
    east_asian = _is_east_asian(metadata, request)
    text = page_body(
        tree,
        markup,
        request.url,
        title=metadata.title,
        east_asian=east_asian,
        thorough=request.thorough,
        rule=rule,
    )
    loose: frozenset[int] = frozenset()
    if tree is not None and text.paragraphs:
        stated = metadata.description or next(iter(html_to_paragraphs(request.entry_summary or "")), None)
        shown = standfirst(tree, stated, text.paragraphs)
        text = replace(text, paragraphs=(shown, *text.paragraphs)) if shown else text
        loose = loose_ends(tree, text.paragraphs, title=metadata.title)
    listing = metadata.is_listing
    if tree is not None and not metadata.is_article and not listing:
        listing = link_share(tree, text.paragraphs) > _LISTED
    refusal = refuse_text(
        text.paragraphs, title=metadata.title, min_weight=1, is_article=metadata.is_article, is_listing=listing
    )
    if refusal is not None and metadata.shows and refusal.reason in _THIN:
        refusal = _for_show(metadata.shows, refusal.detail)
    return _PageParts(metadata, None if refusal else text, tree, refusal, tuple(notes), loose, markup)


def _is_east_asian(metadata: PageMetadata, request: ExtractRequest) -> bool:
    """Judge by the title, where there is one: pages are often declared to be in another language than they are."""
    title = metadata.title or request.entry_title
    if title:
        return east_asian_share(title) > _EAST_ASIAN
    return primary_tag(metadata.language or request.source_language) in {"ko", "ja", "zh"}


def _no_page(request: ExtractRequest) -> NotAnArticle:
    reason = request.page_reason or "no_page"
    return NotAnArticle("no_text", f"there is no page ({reason}) and the feed carries no text")


def _refuse(
    drafted: Draft, body: Body, title: str | None, nothing: NotAnArticle, request: ExtractRequest
) -> NotAnArticle | None:
    """Judge what is left after cleaning. A feed's summary counts together with its headline."""
    paragraphs = drafted.cleaned.paragraphs
    if not paragraphs:
        return nothing if nothing.reason != "no_text" else replace(nothing, detail=_nothing_left(drafted, nothing))
    size = sum(map(weight, paragraphs)) + (weight(title or "") if body.method == "feed-summary" else 0)
    if size >= request.min_characters and word_count(drafted.text) >= _FEWEST_WORDS:
        return None
    if request.body is not None and nothing.reason not in {"no_text", "too_short"}:
        return nothing
    return NotAnArticle("too_short", f"only {len(drafted.text)} characters of text: {drafted.text[:80]!r}")


def _for_show(what: str, detail: str) -> NotAnArticle:
    return NotAnArticle(what, f"the page is there for a {what}, and its text is no article: {detail}")


def _nothing_left(drafted: Draft, nothing: NotAnArticle) -> str:
    removed = drafted.cleaned.removed
    return f"nothing but chrome: {removed[0].text[:80]!r} ({removed[0].reason})" if removed else nothing.detail


def _title(metadata: PageMetadata, request: ExtractRequest) -> str | None:
    title = metadata.title or one_line(request.entry_title or "")
    return shorten(title, _LONGEST_TITLE) or None


def _publisher(request: ExtractRequest, metadata: PageMetadata) -> str | None:
    return request.source_name or metadata.publisher or _host(request.url)


def _host(url: str | None) -> str | None:
    try:
        host = urlsplit(url or "").hostname
    except ValueError:
        return None
    return host.removeprefix("www.") if host else None


def _is_stub(drafted: Draft, article: Article, metadata: PageMetadata) -> bool:
    """A page that is not free is a stub only if text is missing: many such pages carry all of it."""
    if drafted.cleaned.walled:
        return True
    if metadata.is_free is not False:
        return False
    stated = metadata.stated_words
    return weight(article.text) < _STUB_WEIGHT or (stated is not None and article.word_count < _STUB_SHARE * stated)


def _with_metadata(article: Article, page: _PageParts, request: ExtractRequest, *, stub: bool) -> Article:
    metadata, language = page.metadata, primary(article.language)
    published, notes = find_published(
        metadata.dates,
        feed=request.entry_published,
        later=lambda: _weaker_dates(page.tree, request.url),
        language=language,
        now=request.now,
    )
    modified, _ = find_published(metadata.modified, feed=None, language=language, now=request.now)
    authors = metadata.authors or clean_authors(request.entry_authors, publisher=article.source_name)
    if not authors and page.tree is not None:
        authors = clean_authors(trafilatura_metadata(page.tree, request.url)[0], publisher=article.source_name)
    return replace(
        article,
        url=request.url,
        canonical_url=metadata.canonical_url,
        authors=tuple(name for name in authors if name.casefold() != (article.source_name or "").casefold()),
        published=published,
        modified=modified if _is_later(modified, published) else None,
        section=metadata.section,
        image_url=metadata.image_url,
        paywall=stub,
        notes=(*page.notes, *notes),
    )


def _weaker_dates(tree: HtmlElement | None, url: str | None) -> Iterator[tuple[str, str]]:
    """Yield what may be the date of a page that does not state one, best first, the costly question last."""
    if tree is not None:
        yield from visible_dates(tree)
    yield from date_in_url(url)
    if tree is not None:
        _, day = trafilatura_metadata(tree, url)
        if day:
            yield "trafilatura", day


def _is_later(modified: Published | None, published: Published | None) -> bool:
    if modified is None or modified.at is None or published is None or published.at is None:
        return modified is not None and published is None
    return modified.at > published.at
