"""The text of a page: the general extractor first, checks that notice a bad result, then the fallbacks in order.

    page (trafilatura) -> JSON-LD articleBody -> data of the page's script -> the feed's content -> the feed's summary

What was taken is named together with the reason, and every other text is kept out of the article.
"""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import islice

import trafilatura
from lxml import etree
from lxml.html import HtmlElement
from trafilatura.readability_lxml import Document

from newswatch.extract.appdata import app_text, has_app_data
from newswatch.extract.htmltext import BREAK, html_to_paragraphs, page_to_paragraphs, split_lines
from newswatch.extract.prune import lighten, mark_repeats, only_article, prune
from newswatch.extract.site_rules import apply_to_tree
from newswatch.extract.text import one_line, weight
from newswatch.extract.tree import is_deep
from newswatch.extract.vote import likeness, medoid
from newswatch.model import SiteRule

_FAST_FROM = 1_000_000  # characters of markup; the extractor's rescue passes take seconds beyond
_DOUBTFUL = 400  # weight of a text under which a second setting is asked
_SEEN = 0.35  # share of the page's long pieces of text that is expected
_LONG_PIECES = etree.XPath("//body/descendant::text()[string-length() >= 80]", smart_strings=False)
_RUNNING = 60  # weight from which a paragraph counts as running text
_NO_TEXT = ("script", "style", "svg", "template", "iframe")
_LINKS, _LINKS_IN, _LINK_TEXT = 1_000, 20_000, 12  # links looked at, characters looked in, shortest link text
_REGROUPED = 0.9  # share of a run-together text that must be found in the page's own paragraphs
_AGREED = 0.9  # what two readings have in common, from which no third is asked
_HAS_A_VOTE = 0.3  # share of the longest reading's weight
_MUCH_LONGER = 2.0  # times; from here on a fallback says more than the page's text


@dataclass(frozen=True, slots=True)
class _Way:
    """How pages are read first, and when that is not trusted.

    Below `doubt` (share of what the page has in paragraphs) they are read again with the rescue passes, and below
    `keep` (share of what those find) the second reading is taken.

    Chosen on public sets of labelled pages: without rescue passes a page costs half; the precise setting leaves the
    boxes around Korean, Japanese and Chinese articles out, which have many paragraphs of their own.
    """

    method: str
    reason: str
    precise: bool
    doubt: float
    keep: float


_EAST_ASIAN = _Way("trafilatura-precision", "Korean, Japanese or Chinese page", precise=True, doubt=0.15, keep=0.5)
_OTHERS = _Way("trafilatura-fast", "page", precise=False, doubt=0.7, keep=0.8)


@dataclass(frozen=True, slots=True)
class Body:
    """Paragraphs of a text, where they come from, and why they were taken."""

    paragraphs: tuple[str, ...]
    method: str
    reason: str

    @property
    def weight(self) -> int:
        """How much is said, comparable between scripts."""
        return sum(weight(paragraph) for paragraph in self.paragraphs)


def page_body(
    tree: HtmlElement | None,
    markup: str,
    url: str | None,
    *,
    title: str | None,
    east_asian: bool,
    thorough: bool = False,
    rule: SiteRule | None = None,
) -> Body:
    """Return the running text of a page; without paragraphs if it has none.

    `tree` is the parsed `markup`, None where none could be built. It loses its scripts and style sheets here.
    `title` settles which of several articles is meant. `east_asian` says that the page is Korean, Japanese or Chinese:
    those read best with the precise setting. `rule` is what is known of the site.
    """
    if tree is None:
        return Body(tuple(page_to_paragraphs(markup)), "plain", "no tree could be built from the page")
    etree.strip_elements(tree, *_NO_TEXT, with_tail=False)  # makes the extractor's copies of the tree cheaper
    if rule is not None:
        apply_to_tree(rule, tree)
    lighten(tree, markup)
    only_article(tree, title)
    mark_repeats(tree)
    prune(tree)
    body = _from_tree(tree, len(markup), url, east_asian=east_asian, thorough=thorough)
    if body.weight < _DOUBTFUL and is_deep(tree):
        plain = Body(tuple(page_to_paragraphs(markup)), "plain", "the page is nested too deeply for a tree")
        return plain if plain.weight > body.weight else body
    return body


def link_share(tree: HtmlElement, paragraphs: Sequence[str]) -> float:
    """Return the share of the extracted text that is the text of links, 0 to 1: near 1 for lists of articles."""
    text = "\n".join(paragraphs)[:_LINKS_IN]
    linked = 0
    for link in islice(tree.iter("a"), _LINKS):
        words = one_line("".join(link.itertext()))
        if len(words) >= _LINK_TEXT and words in text:
            linked += len(words)
    return linked / len(text) if text else 0.0


def _from_tree(tree: HtmlElement, size: int, url: str | None, *, east_asian: bool, thorough: bool) -> Body:
    """Ask the extractor without its rescue passes; ask again if the page seems to say much more.

    Where it says more in paragraphs the rescue passes decide; where only in other elements, which may be anything, the
    readers vote. So they do on every page if `thorough`, unless it is too large.
    """
    way = _EAST_ASIAN if east_asian else _OTHERS
    quick = Body(_trafilatura(tree, url, precise=way.precise, fast=True, recall=not east_asian), way.method, way.reason)
    if size > _FAST_FROM:
        return quick
    if quick.weight >= max(_DOUBTFUL, way.doubt * _paragraphs_weight(tree)):
        doubtful = thorough or quick.weight < _SEEN * _running_weight(tree)
        return _voted(tree, url, quick) if doubtful else quick
    usual = Body(_trafilatura(tree, url), "trafilatura", "the quick pass found less than the page's paragraphs have")
    body = usual if quick.weight < way.keep * usual.weight else quick
    return _voted(tree, url, body) if thorough else body


def _voted(tree: HtmlElement, url: str | None, first: Body) -> Body:
    """Ask a second reader, and a third where the two disagree; return the reading most like the others.

    A reader that finds next to nothing has failed and has no vote.
    """
    second = Body(_trafilatura(tree, url, precise=True), "trafilatura-precision", "")
    alike = likeness(first.paragraphs, second.paragraphs)
    if alike >= _AGREED:
        return first
    asked = (first, second, Body(_readability(tree), "readability", ""))
    most = max(reading.weight for reading in asked)
    voters = [reading for reading in asked if reading.weight >= _HAS_A_VOTE * most]
    chosen, common = medoid([reading.paragraphs for reading in voters])
    taken = voters[chosen]
    if taken is first or (len(voters) < 2 and first.paragraphs):
        return first
    reason = f"two readers had {alike:.0%} in common; this one has most with the others ({common:.0%})"
    return Body(taken.paragraphs, taken.method, reason)


def _readability(tree: HtmlElement) -> tuple[str, ...]:
    return tuple(html_to_paragraphs(Document(deepcopy(tree)).summary()))


def choose_body(
    page: Body | None,
    stated: Sequence[str],
    markup: str,
    content_html: str | None,
    summary: str | None,
) -> Body:
    """Return the page's text, or the first fallback that says clearly more.

    `stated` is the JSON-LD articleBody, `markup` the page, in which scripts carry data, `content_html` and `summary`
    are the feed's.
    """
    best = page or Body((), "none", "no page")
    json_ld = Body(tuple(stated), "json-ld", "")
    feed = Body(tuple(html_to_paragraphs(content_html)) if content_html else (), "feed", "")
    others = [(json_ld, "the page's own articleBody"), (feed, "the feed's content")]
    if max(best.weight, json_ld.weight) < _DOUBTFUL and has_app_data(markup):
        others.insert(1, (Body(app_text(markup), "script-data", ""), "the data for the page's script"))
    for other, what in others:
        if other.weight > _MUCH_LONGER * best.weight:
            best = Body(other.paragraphs, other.method, _why(what, other, best))
    if best.weight >= _DOUBTFUL or not summary:
        return best
    short = Body(tuple(html_to_paragraphs(summary)), "feed-summary", "")
    if short.weight > _MUCH_LONGER * best.weight:
        best = Body(short.paragraphs, short.method, _why("the feed's summary", short, best))
    return best


def _why(what: str, taken: Body, left: Body) -> str:
    if not left.paragraphs:
        return f"{what}, because {left.reason if left.method == 'none' else 'the page gave no text'}"
    return f"{what} has {taken.weight:,} characters, {left.method} found {left.weight:,}"


def _trafilatura(
    tree: HtmlElement, url: str | None, *, precise: bool = False, fast: bool = False, recall: bool = False
) -> tuple[str, ...]:
    found = trafilatura.bare_extraction(
        tree,
        url=url,
        fast=fast,
        favor_precision=precise,
        favor_recall=recall,
        include_comments=False,
        with_metadata=False,
        output_format="xml",  # the tree is read below; the text form would join what <br> separates
    )
    body = getattr(found, "body", None)
    paragraphs = tuple(_paragraphs(body)) if body is not None else ()
    return _regrouped(tree, paragraphs[0]) if len(paragraphs) == 1 else paragraphs


def _regrouped(tree: HtmlElement, text: str) -> tuple[str, ...]:
    """Return a short text that the extractor's last resort ran together as the page's own paragraphs.

    That last resort also glues the heading to the text; it goes, being no part of a paragraph.
    """
    found: list[str] = []
    position = 0
    for element in tree.iter("p"):
        paragraph = one_line("".join(element.itertext()))
        start = text.find(paragraph, position) if paragraph else -1
        if start >= 0:
            found.append(paragraph)
            position = start + len(paragraph)
    return tuple(found) if sum(map(len, found)) >= _REGROUPED * len(text.replace(" ", "")) else (text,)


def _paragraphs(element: etree._Element) -> Iterator[str]:
    """Yield the paragraphs of the extractor's own tree: p, head, list, quote, table and their like."""
    if element.text and element.tag in {"body", "div", "quote", "list"}:
        yield from split_lines(element.text)
    for child in element:
        if child.tag in {"body", "div", "quote", "list", "table"}:
            yield from _paragraphs(child)
        elif child.tag == "row":
            yield from filter(None, [one_line(" ".join("".join(cell.itertext()) for cell in child))])
        else:
            yield from split_lines("".join(_pieces(child)))
            if child.tag in {"item", "p"}:
                yield from (line for nested in child.iterchildren("list", "quote") for line in _paragraphs(nested))
        if child.tail and child.tag != "lb":
            yield from split_lines(child.tail)


def _pieces(element: etree._Element) -> Iterator[str]:
    """Yield the text inside one paragraph, with BREAK for line breaks and without nested lists."""
    if element.text:
        yield element.text
    for child in element:
        if child.tag == "lb":
            yield BREAK
        elif child.tag == "p":
            yield BREAK + BREAK
            yield from _pieces(child)
            yield BREAK + BREAK
        elif child.tag not in {"list", "quote"}:
            yield from _pieces(child)
        if child.tail:
            yield child.tail


def _running_weight(tree: HtmlElement) -> int:
    """Return how much the page says in pieces that are long enough to be sentences, whatever element they are in."""
    return sum(map(weight, _LONG_PIECES(tree)))


def _paragraphs_weight(tree: HtmlElement) -> int:
    """Return how much the page says in paragraphs that are long enough to be running text."""
    weights = (weight("".join(paragraph.itertext())) for paragraph in tree.iter("p"))
    return sum(value for value in weights if value >= _RUNNING)
